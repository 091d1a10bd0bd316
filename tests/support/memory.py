"""The services' ports in memory, for tests that run journeys in virtual time.

`MemoryFollowers` keeps the promises of `wejourney.services.ports`, as the table does: each write with the
record of its step, refused when the follower has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from wejourney.accounts import Account
from wejourney.domain.errors import (
    AlreadyDoneError,
    AnsweredError,
    FollowerGoneError,
    StaleFollowerError,
    WeChatError,
)
from wejourney.domain.events import InboundEvent, second_of
from wejourney.domain.followers import Follower, FollowerState, LiveRun, OpenWait, WhatWeChatKnows
from wejourney.domain.inbox import Received
from wejourney.domain.ledger import Posting
from wejourney.domain.routing import is_answer
from wejourney.domain.runs import Message, Run, RunStart, Wake

type Key = tuple[str, str]


@dataclass
class MemoryClock:
    """Virtual time: it passes when it is told to."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def pass_to(self, at: datetime) -> None:
        self.at = max(self.at, at)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class MemoryFollowers:
    """One follower and all that is on record of them."""

    follower: Follower | None = None
    runs: dict[str, LiveRun] = field(default_factory=dict)
    waits: dict[Key, OpenWait] = field(default_factory=dict)
    events: dict[str, Received] = field(default_factory=dict)
    messages: dict[Key, Message] = field(default_factory=dict)
    answers: dict[Key, tuple[str, str] | None] = field(default_factory=dict)
    steps: set[Key] = field(default_factory=set)

    # --- the inbox ---------------------------------------------------------------------------

    def read(self, _app_id: str, _openid: str) -> FollowerState:
        return FollowerState(self.follower, tuple(self.runs.values()), tuple(self.waits.values()))

    def record(self, received: Received) -> None:
        if received.event.position in self.events:
            raise AlreadyDoneError
        if received.before is not None:
            self._check(received.before)
        self.follower = received.follower
        self.events[received.event.position] = received
        if received.start is not None:
            run = received.start.run
            self.runs[run.journey] = LiveRun(run.journey, run.id, received.event.id)
            if received.start.opening is not None:
                self.messages[run.id, received.start.opening.step] = received.start.opening
        if received.answered is not None:
            wait = received.answered.wait
            del self.waits[wait.run_id, wait.step]
            self.answers[wait.run_id, wait.step] = (received.answered.answer, received.event.position)

    def effects(self, event: InboundEvent) -> tuple[RunStart | None, Wake | None]:
        received = self.events[event.position]
        return received.start, received.wake

    def erase(self, _app_id: str, _openid: str) -> None:
        self.follower = None
        for rows in (self.runs, self.waits, self.events, self.messages, self.answers):
            rows.clear()

    # --- the steps of a run ------------------------------------------------------------------

    def load(self, _app_id: str, _openid: str) -> Follower | None:
        return self.follower

    def reserve(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        self._once(message, self.messages)
        self._check(before)
        self.follower = after
        self._put(message, wait)

    def reserve_again(self, follower: Follower, message: Message, wait: OpenWait | None) -> None:
        self._check(follower)
        self._put(message, wait)

    def message(self, _follower: Follower, run_id: str, step: str) -> Message | None:
        return self.messages.get((run_id, step))

    def sent(self, _follower: Follower, message: Message) -> None:
        self._put(message, None)

    def not_sent(self, before: Follower, after: Follower, message: Message) -> None:
        if after is not before:
            self._check(before)
            self.follower = after
        self._put(message, None)
        self.waits.pop((message.run_id, message.step), None)

    def refuse(self, follower: Follower, message: Message) -> None:
        self._once(message, self.messages)
        self._check(follower)
        self._put(message, None)

    def retag(self, before: Follower, after: Follower, run_id: str, step: str, _at: datetime) -> None:
        if (run_id, step) in self.steps:
            raise AlreadyDoneError
        self._check(before)
        self.steps.add((run_id, step))
        self.follower = after

    # --- questions ---------------------------------------------------------------------------

    def open_wait(self, _follower: Follower, wait: OpenWait) -> None:
        key = (wait.run_id, wait.step)
        if self.follower is None:
            raise FollowerGoneError
        if key in self.answers or key in self.waits:
            raise AlreadyDoneError
        self.waits[key] = wait
        self.follower = self.follower.changed()

    def park_again(self, _follower: Follower, wait: OpenWait) -> None:
        if self.follower is None:
            raise FollowerGoneError
        if (wait.run_id, wait.step) not in self.waits:
            raise AlreadyDoneError
        self.waits[wait.run_id, wait.step] = wait
        self.follower = self.follower.changed()

    def close_wait(self, run: Run, step: str, _at: datetime) -> None:
        if self.waits.pop((run.id, step), None) is not None:
            self.answers[run.id, step] = None
        elif self.answers.get((run.id, step)) is not None:
            raise AnsweredError

    def answer(self, _follower: Follower, run_id: str, step: str) -> tuple[str, str] | None:
        return self.answers.get((run_id, step))

    def answer_early(self, _follower: Follower, wait: OpenWait, answer: str, event: InboundEvent) -> None:
        if self.waits.pop((wait.run_id, wait.step), None) is None:
            raise AlreadyDoneError
        self.answers[wait.run_id, wait.step] = (answer, event.position)

    def first_message_after(self, _follower: Follower, position: str) -> InboundEvent | None:
        later = (self.events[at] for at in sorted(self.events) if at > second_of(position))
        idle = (one.event for one in later if one.start is None and one.answered is None)
        return next((event for event in idle if is_answer(event)), None)

    def _check(self, before: Follower) -> None:
        known = self.follower and (self.follower.rev, self.follower.person_id)
        if known != (before.rev, before.person_id):
            raise StaleFollowerError(self.follower)

    def _once(self, message: Message, rows: Mapping[Key, Message]) -> None:
        if (message.run_id, message.step) in rows:
            raise AlreadyDoneError

    def _put(self, message: Message, wait: OpenWait | None) -> None:
        if self.follower is None:
            raise FollowerGoneError
        self.messages[message.run_id, message.step] = message
        if wait is not None:
            self.waits[wait.run_id, wait.step] = wait


@dataclass
class MemoryAccounts:
    """One account."""

    account: Account

    def get(self, _app_id: str) -> Account:
        return self.account


@dataclass
class MemoryRuns:
    """What was started and woken: the test is the engine."""

    started: list[RunStart] = field(default_factory=list)
    woken: dict[str, Run] = field(default_factory=dict)
    stopped: list[LiveRun] = field(default_factory=list)

    def start(self, start: RunStart) -> None:
        self.started.append(start)

    def wake(self, wake: Wake) -> None:
        self.woken[wake.token] = wake.run

    def stop(self, run: LiveRun, _reason: str) -> None:
        self.stopped.append(run)


@dataclass
class MemoryWeChat:
    """WeChat as an account sees it: what arrived when, and the errors it answers with, one a call."""

    clock: MemoryClock
    known: WhatWeChatKnows = field(default_factory=WhatWeChatKnows)
    arrived: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    errors: list[WeChatError | None] = field(default_factory=list)

    def user_info(self, _account: Account, _openid: str) -> WhatWeChatKnows:
        return self.known

    def send(self, _account: Account, _openid: str, content: Mapping[str, Any]) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.arrived.append((self.clock.now(), content))


@dataclass
class MemoryLedger:
    """The postings by key."""

    postings: dict[str, Posting] = field(default_factory=dict)

    def post(self, posting: Posting) -> bool:
        return self.postings.setdefault(posting.key, posting) is posting

    def points(self, account: str) -> int:
        entries = (entry for posting in self.postings.values() for entry in posting.entries)
        return sum(entry.points for entry in entries if entry.account == account)


@dataclass
class MemoryMeter:
    """Counts."""

    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, **_dimensions: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1
