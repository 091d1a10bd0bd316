"""What a run uses of AWS, event by event and state by state.

What the code asks of DynamoDB, WeChat and EventBridge is measured once per event and per action, and is data
in measured_usage.yaml. What else AWS bills follows from how often a function is called.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, assert_never

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from wejourney.events.event_types import (
    ConsentGiven,
    ConsentWithdrawn,
    Followed,
    Paid,
    PointsChanged,
    ProfileChanged,
    TagAdded,
)
from wejourney.events.matching import EventPattern
from wejourney.journeys import action_types
from wejourney.journeys.conditions import offers_in
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.messaging.contents import Content, localise
from wejourney.messaging.merge_fields import OFFERS, fields_looked_up, private_fields
from wejourney.plain_data import to_plain
from workbench.compiler.task_states import actions_of
from workbench.estimate.prices import TRANSITIONS, Assumptions, Usage

CALLBACK = "WechatCallbackFunction"
INBOX = "ProcessInboxFunction"
TASK = "PerformActionsFunction"
CLOSE = "CloseRunFunction"

MEASURED = Path(__file__).with_name("measured_usage.yaml")

SHORT_CONTENT = 700
"""Bytes of a content in one language, as JSON in UTF-8. With no more its row takes one write unit (1 KB)."""

type Waits = action_types.AskAction | action_types.AwaitAction
"""What parks a task's token until something comes."""


class MeasuredUsage(BaseModel):
    """The file: the functions' memory in MB, and what each event, state and action asks of AWS and WeChat."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    memory_mb: Mapping[str, int]
    requests: Mapping[str, Mapping[str, float]]


@cache
def load_measured() -> MeasuredUsage:
    """Read the committed measurements."""
    return MeasuredUsage.model_validate(YAML(typ="safe", pure=True).load(MEASURED.read_text("utf-8")))


@dataclass(frozen=True)
class Model:
    """The usage of everything that happens in a run.

    `subscribed_kinds` are the kinds of events of our own that some journey reacts to: a run tells the
    inbox of those. `people` says which attributes are private, and which offers messages list.
    """

    assumptions: Assumptions
    measured: MeasuredUsage
    subscribed_kinds: frozenset[str] = frozenset()
    people: PeopleRules = NO_RULES

    # --- events ------------------------------------------------------------------------------------

    def start(self, entry: JourneyEntry) -> Usage:
        """The event that starts a run."""
        is_new = entry.trigger.event == Followed.kind
        usage = self._event(calls_wechat=is_new) + Usage({TRANSITIONS: 1})
        usage += self._requests("start of a new follower's run" if is_new else "start of a run")
        if is_new:
            usage += self._requests("union id of a new follower") * self.assumptions.union_ids
        usage += self._order(entry.trigger)
        if entry.goal is not None:
            usage += self._requests("goal")
        if entry.opening is not None:
            usage += Usage({"openings": 1}) + self._requests("opening", entry.opening)
        return usage

    def woken(self, wait: Waits) -> Usage:
        """The event that ends a wait: an answer, or what was waited for."""
        if isinstance(wait, action_types.AskAction):
            return self._event() + self._requests("answer")
        return self._event() + self._requests("awaited event") + self._order(wait.pattern)

    def _order(self, pattern: EventPattern | None) -> Usage:
        """What is written of an order that was paid, for its refunds."""
        is_payment = pattern is not None and pattern.event == Paid.kind
        return self._requests("order of a payment") if is_payment else Usage()

    def other_event(self) -> Usage:
        """An event that neither starts nor wakes anything."""
        return self._event() + self._requests("other event")

    def _event(self, *, calls_wechat: bool = False) -> Usage:
        """An event on its way through the API, the callback, the queue and process_inbox."""
        assumed = self.assumptions
        received = {
            "events": 1,
            "api_gateway.requests": 1,
            "sqs.requests": assumed.sqs_requests,
            "cloudwatch_logs.kilobytes": assumed.access_log_bytes / 1000,
        }
        inbox_ms = assumed.inbox_ms + (assumed.wechat_ms if calls_wechat else 0)
        return Usage(received) + self._call(CALLBACK, assumed.callback_ms) + self._call(INBOX, inbox_ms)

    # --- states ------------------------------------------------------------------------------------

    def task(self, actions: Sequence[action_types.Action]) -> Usage:
        """A state that performs actions: one of the `paths_through` those that it has."""
        usage = self._requests("state entered")
        if not actions:
            usage += self._requests("task without actions")
        written = action_types.changes_written_with_message(actions)
        held = [change for change in written if not self._is_private(change)]
        for action in actions:
            usage += self._action(action, held)
        assumed = self.assumptions
        usage += self._call(TASK, assumed.task_ms + usage.get("messages", 0) * assumed.wechat_ms)
        announced = usage.get("own events", 0)
        if not announced:
            return usage
        # In one call process_inbox gets all that is told at once.
        event = Usage({"sqs.requests": assumed.sqs_requests}) + self._requests("own event")
        return usage + event * announced + self._call(INBOX, assumed.inbox_ms * announced)

    def _action(self, action: action_types.Action, held: Sequence[action_types.ProfileAction]) -> Usage:
        """An action; a message is written with the changes that are `held` back for it."""
        match action:
            case action_types.SendAction():
                return self._requests(action.do, action.content, held) + self._shown(action.content)
            case action_types.AskAction():
                asked = action.do if action.content else "ask without a message"
                return self._requests(asked, action.content, held) + self._shown(action.content)
            case action_types.TagAction():
                told = self._own_events(TagAdded.kind, len(action.add))
                return told if action in held else told + self._requests(action.do)
            case action_types.SetAction():
                told = self._own_events(ProfileChanged.kind)
                done = "set of a private value" if self._is_private(action) else action.do
                return told if action in held else told + self._requests(done)
            case action_types.ConsentAction():
                kind = ConsentGiven.kind if action.given else ConsentWithdrawn.kind
                return self._own_events(kind) + self._requests(action.do)
            case action_types.AwardAction():
                told = self._own_events(PointsChanged.kind)
                awarded = "award with a message" if action in held else action.do
                return told + self._requests(f"{awarded} that a journey hears" if told else awarded)
            case (
                action_types.AwaitAction()
                | action_types.CloseAction()
                | action_types.QuietAction()
                | action_types.PauseAction()
                | action_types.CouponAction()
                | action_types.TellAction()
                | action_types.CallAction()
                | action_types.BranchAction()
            ):
                return self._requests(action.do)
            case action_types.CheckAction(conditions=conditions):
                looks = any(name for condition in conditions.values() for name in offers_in(condition))
                checked = self._requests(action.do)
                return checked + self._requests("offers of a branch") if looks else checked
            case _:
                assert_never(action)

    def _is_private(self, change: action_types.ProfileAction) -> bool:
        """Whether a change seals values: it is written alone."""
        return isinstance(change, action_types.SetAction) and any(
            map(self.people.profile.is_private, change.values)
        )

    def _shown(self, content: Content | None) -> Usage:
        """What offers and private values of a message take, in the template's default language."""
        if content is None:
            return Usage()
        lists = self.people.programme.listed_offers and OFFERS in fields_looked_up(content)
        offers = self._requests("offers of a message") if lists else Usage()
        shows = any(map(self.people.profile.is_private, private_fields(localise(content, "zh", "zh"))))
        return offers + self._requests("private value of a message") if shows else offers

    def _own_events(self, kind: str, count: int = 1) -> Usage:
        return Usage({"own events": count} if kind in self.subscribed_kinds else {})

    def end(self) -> Usage:
        """The end of a run, recorded."""
        recorded = Usage({"eventbridge.events": 1}) + self._requests("end of a run")
        return recorded + self._call(CLOSE, self.assumptions.close_ms)

    def _requests(
        self, what: str, content: Content | None = None, held: Sequence[action_types.ProfileAction] = ()
    ) -> Usage:
        """What was measured, and more for a content whose row weighs more than 1 KB."""
        usage = Usage(self.measured.requests[what])
        if content is None:
            return usage
        return usage + Usage(self.measured.requests["kilobyte more"]) * further_kilobytes(content, held)

    def _call(self, function: str, ms: float) -> Usage:
        return Usage(
            {
                "lambda.requests": 1,
                "lambda.gb_seconds": self.measured.memory_mb[function] / 1024 * ms / 1000,
                "cloudwatch_logs.kilobytes": self.assumptions.log_bytes / 1000,
            }
        )


def further_kilobytes(content: Content, held: Sequence[action_types.ProfileAction] = ()) -> int:
    """How many KB the row of a message takes besides the first, in the template's default language."""
    written = [localise(content, "zh", "zh"), *map(to_plain, held)]
    size = sum(len(json.dumps(one, ensure_ascii=False).encode()) for one in written)
    return max(0, math.ceil((size - SHORT_CONTENT) / 1024))


def waits_of(state: Mapping[str, Any]) -> list[Waits]:
    """What parks the token of a task until something comes; the time of day comes by itself."""
    return [
        action
        for action in actions_of(state)
        if isinstance(action, action_types.AskAction)
        or (isinstance(action, action_types.AwaitAction) and action.until is None and action.quiet is None)
    ]
