"""Compiled journeys in virtual time, with the real services and a scripted follower.

Everything of sfnx, the engine of these tests, is used here and nowhere else.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sfnx.testing import Call, Execution, Failure, InvalidDefinition, Unsupported, Wait, run
from sfnx.testing import check as check_with_sfnx

from tests.support.memory import (
    MemoryAccounts,
    MemoryClock,
    MemoryFollowers,
    MemoryLedger,
    MemoryMeter,
    MemoryRuns,
    MemoryWeChat,
)
from wejourney.accounts import Account
from wejourney.domain.errors import WejourneyError
from wejourney.domain.events import InboundEvent, from_wechat
from wejourney.domain.followers import Follower
from wejourney.domain.routing import Entry, route
from wejourney.domain.rules import RULE_SETS
from wejourney.services.asking import Asking
from wejourney.services.outbox import Outbox
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.process_event import ProcessEvent

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
APP_ID, ACCOUNT = "wx1234567890abcdef", "gh_1234567890ab"


def refused_by_engine(definition: Mapping[str, Any]) -> str:
    """Why the engine would not take this definition; empty when it would."""
    try:
        check_with_sfnx(definition)
    except (InvalidDefinition, Unsupported) as exc:
        return str(exc)
    return ""


@dataclass(frozen=True)
class Act:
    """Something that the follower does, this long after the start."""

    after: timedelta
    fields: Mapping[str, str] = field(default_factory=dict)
    becomes_member: bool = False


def follow(scene: str | None = None) -> Act:
    key = f"qrscene_{scene}" if scene else ""
    return Act(timedelta(), {"MsgType": "event", "Event": "subscribe", "EventKey": key})


def unfollow(after: timedelta) -> Act:
    return Act(after, {"MsgType": "event", "Event": "unsubscribe"})


def say(text: str, after: timedelta) -> Act:
    return Act(after, {"MsgType": "text", "MsgId": str(int(after.total_seconds())), "Content": text})


def tap(item: str, after: timedelta) -> Act:
    return Act(after, {**say(item, after).fields, "bizmsgmenuid": item})


def join(after: timedelta) -> Act:
    """Become a member, in a store: WeChat is not told."""
    return Act(after, becomes_member=True)


@dataclass
class World:
    """One account, one follower and the clock, around the real services."""

    entries: tuple[Entry, ...]
    acts: Iterable[Act] = ()
    follower: Follower | None = None
    language: str = "en"
    rules: str = "current"
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(START))
    runs: MemoryRuns = field(default_factory=MemoryRuns)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    late: bool = False
    """The time limit of a task fires although the answer is on record: the two met."""

    def __post_init__(self) -> None:
        account = Account(
            APP_ID, "token", "k" * 43, "secret", language=self.language, rules=RULE_SETS[self.rules]
        )
        accounts = MemoryAccounts(account)
        self.ahead = sorted(self.acts, key=lambda act: act.after)
        self.records = MemoryFollowers(self.follower)
        self.wechat = MemoryWeChat(self.clock)
        outbox = Outbox(accounts, self.records, self.wechat, self.clock, self.meter)
        asking = Asking(self.records, outbox, self.runs, self.clock)
        self.perform = PerformActions(self.records, self.ledger, outbox, asking, self.clock)
        self.process = ProcessEvent(
            accounts, self.records, self.runs, self.wechat, self.clock, self.meter, self.entries
        )
        self._tokens = 0

    # --- the follower ------------------------------------------------------------------------

    def live(self, until: datetime, token: str | None = None) -> None:
        """Let time pass, and the follower act, until then or until the token's run is woken."""
        while self.ahead and START + self.ahead[0].after <= until and token not in self.runs.woken:
            act = self.ahead.pop(0)
            self.clock.pass_to(START + act.after)
            if act.becomes_member:
                self._become_member()
            else:
                event = self._event(act)
                # The callback has asked the same question a moment before, and said the opening.
                greeted = route(event, self.records.read(APP_ID, event.openid), self.entries).starts
                self.process(event, greeted.name if greeted and greeted.opening else None)
        if token not in self.runs.woken:
            self.clock.pass_to(until)

    def _become_member(self) -> None:
        if self.records.follower is not None:
            self.records.follower = self.records.follower.tagged(add=["c"]).changed(member=True)

    def begin(self) -> None:
        """Let the first event happen."""
        self.live(START)

    def _event(self, act: Act) -> InboundEvent:
        when = str(int((START + act.after).timestamp()))
        return from_wechat(
            APP_ID, {"FromUserName": "lee", "ToUserName": ACCOUNT, "CreateTime": when, **act.fields}
        )

    # --- the engine --------------------------------------------------------------------------

    def run(self, definition: Mapping[str, Any]) -> Execution:
        """Run the journey that the first event starts, to its end."""
        self.begin()
        start = self.runs.started[0].run
        concrete = json.loads(json.dumps(definition).replace("${Partition}", "aws-cn"))
        self._limits = {name: state.get("TimeoutSeconds") for name, state in concrete["States"].items()}
        return run(concrete, start.to_dict(), self._task, on_wait=self._wait)

    def _wait(self, wait: Wait) -> None:
        self.live(self.clock.now() + timedelta(seconds=cast("int", wait.seconds)))

    def _task(self, call: Call) -> object:
        """One invocation of the function, through JSON as it is on the wire."""
        payload = json.loads(json.dumps(cast("dict[str, Any]", call.arguments)["Payload"]))
        waits = call.resource.endswith(".waitForTaskToken")
        if waits:
            self._tokens += 1
            payload["token"] = f"token-{self._tokens}"
        try:
            result = self.perform(Task.from_payload(payload)).to_dict()
        except WejourneyError as error:
            # A retry waits; how long exactly is the engine's, and random.
            self.clock.pass_by(10)
            raise Failure(type(error).__name__, str(error)) from error
        return self._answer(payload["token"], self._limits[call.state]) if waits else {"Payload": result}

    def _answer(self, token: str, within: int) -> object:
        self.live(self.clock.now() + timedelta(seconds=within), token)
        if token not in self.runs.woken or self.late:
            self.late = False
            raise Failure("States.Timeout", "nobody answered")
        return self.runs.woken[token].to_dict()

    # --- what can be seen ----------------------------------------------------------------------

    @property
    def heard(self) -> list[tuple[timedelta, str]]:
        """What the follower received: when, after the start, and of which type."""
        openings = (one for one in self.records.messages.values() if one.channel == "passive")
        arrived = [*((one.at, one.content) for one in openings), *self.wechat.arrived]
        return [(at - START, str(content["type"])) for at, content in sorted(arrived, key=lambda one: one[0])]

    @property
    def tags(self) -> set[str]:
        return set(self.records.follower.tags) if self.records.follower else set()

    @property
    def points(self) -> list[int]:
        return [posting.entries[1].points for posting in self.ledger.postings.values()]
