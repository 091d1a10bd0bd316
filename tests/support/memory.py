"""The services' ports in memory, for tests that run journeys in virtual time.

`MemoryFollowers` keeps the promises of `wejourney.services.ports`, as the table does: each write with the
record of its step, refused when the follower has changed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from wejourney.accounts import Account
from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.follower_store import answer_row, event_row, unanswered_row
from wejourney.adapters.dynamo.table import Row
from wejourney.adapters.dynamo.timeline import entries_of
from wejourney.errors import (
    AlreadyDoneError,
    AnsweredError,
    FollowerGoneError,
    RunEndedError,
    StaleFollowerError,
    WeChatError,
)
from wejourney.events.events import InboundEvent
from wejourney.events.positions import Position, StepPositions
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import Message, Run, RunStart, Wake
from wejourney.loyalty.ledger import Posting, StatementLine
from wejourney.metrics import Metric
from wejourney.people.erasure import Erasure
from wejourney.people.followers import Follower, FollowerState, LiveRun, OpenWait, WeChatUserInfo
from wejourney.reasons import RunEnd, to_dict
from wejourney.services.ports.followers import Change, Effects, PastEvent

type Key = tuple[str, str]

PK = "app#follower"


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
    runs: dict[Key, LiveRun] = field(default_factory=dict)
    ends: dict[str, RunEnd] = field(default_factory=dict)
    waits: dict[Key, OpenWait] = field(default_factory=dict)
    events_by_position: dict[Position, Received] = field(default_factory=dict)
    woken_early: dict[Position, set[str]] = field(default_factory=dict)
    messages: dict[Key, Message] = field(default_factory=dict)
    answers: dict[Key, tuple[str | None, Position] | None] = field(default_factory=dict)
    steps: dict[Key, Change] = field(default_factory=dict)
    mark: Erasure | None = None
    written: dict[str, Row] = field(default_factory=dict)
    """The rows that people read, as the store writes them."""

    def timeline(self) -> list[dict[str, Any]]:
        """What `FollowerStore.timeline` would give."""
        return list(entries_of(json.loads(json.dumps(row.serialize())) for row in self.written.values()))

    def _write(self, row: Row) -> None:
        self.written[row.sk] = row

    # --- the inbox ---------------------------------------------------------------------------

    def read(self, _app_id: str, _openid: str) -> FollowerState:
        return FollowerState(self.follower, tuple(self.runs.values()), tuple(self.waits.values()))

    def record(self, received: Received) -> None:
        if received.event.position in self.events_by_position:
            raise AlreadyDoneError
        if received.before is not None:
            self._check(received.before)
        self.follower = received.follower
        self.events_by_position[received.event.position] = received
        self._write(event_row(PK, received))
        for woken in received.woken:
            wait = self.waits.pop((woken.wait.run_id, woken.wait.step))
            if not woken.again:
                self.answers[wait.run_id, wait.step] = (woken.answer, received.event.position)
                self._write(answer_row(PK, wait, woken.answer, received.event))
        for ended in received.ended:
            self.end(ended.run.run_id, ended.end, received.event.at)
        if received.start is not None:
            live = received.start.live
            self.runs[live.journey, live.key] = live
            self._write(rows.run_row(PK, received.start.run, received.event.at))
            if received.start.opening is not None:
                self.messages[live.run_id, received.start.opening.step] = received.start.opening
                self._write(rows.message_row(PK, received.start.opening))
        for journey in received.held_out:
            self._write(rows.holdout_row(PK, journey, received.event.at))

    def effects(self, event: InboundEvent) -> Effects:
        received = self.events_by_position[event.position]
        return Effects(received.start, received.wakes, received.ended)

    def erasure(self, _app_id: str, _openid: str) -> Erasure | None:
        return self.mark

    def mark_erasure(self, event: InboundEvent, runs: Iterable[LiveRun], _now: datetime) -> Erasure:
        seen = frozenset(
            past.event.id for past in self.events_by_position.values() if past.event.at == event.at
        ) | {event.id}
        self.mark = Erasure(event.at, tuple(runs), seen).with_what_is_left_of(self.mark)
        return self.mark

    def erase(self, _app_id: str, _openid: str) -> None:
        self.follower = None
        self.written.clear()
        for kept in (self.runs, self.waits, self.events_by_position, self.messages, self.answers):
            kept.clear()

    def save(self, before: Follower | None, after: Follower) -> None:
        assert before == self.follower
        self.follower = after

    def runs_stopped(self, _event: InboundEvent) -> None:
        assert self.mark is not None
        self.mark = replace(self.mark, runs=())

    def end_run(self, _app_id: str, _openid: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        lived = self.lives(run.run_id)
        self.end(run.run_id, end, at)
        return lived

    def end(self, run_id: str, end: RunEnd, at: datetime) -> None:
        """Record that a run has ended, unless it has been before."""
        for key, live in list(self.runs.items()):
            if live.run_id == run_id and not live.ended:
                self.ends[run_id] = end
                row = self.written.get(f"{rows.RUN}{run_id}")
                if isinstance(row, rows.RunRow):
                    row.end, row.ended_at = to_dict(end), at.isoformat()
                del self.runs[key]
                if live.retain_after_end:
                    self.runs[key] = replace(live, ended=True)
        for key in [key for key in self.waits if key[0] == run_id]:
            del self.waits[key]

    # --- the steps of a run ------------------------------------------------------------------

    def reserve(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        self._once(message, self.messages)
        self._check(before)
        self.follower = after
        self._put(message, wait)

    def reserve_again(
        self, follower: Follower, stored: Message, message: Message, wait: OpenWait | None
    ) -> None:
        self._check(follower)
        if self.messages[message.run_id, message.step] != stored:
            raise StaleFollowerError
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

    def change(self, before: Follower, after: Follower, run_id: str, step: str, at: datetime) -> None:
        if (run_id, step) in self.steps:
            raise AlreadyDoneError
        self._check(before)
        self.steps[run_id, step] = Change(at, after.tags - before.tags, before.tags - after.tags)
        self._write(rows.step_row(PK, before, after, run_id, step, at))
        self.follower = after

    def changed(self, _follower: Follower, run_id: str, step: str) -> Change:
        return self.steps[run_id, step]

    def events(self, _follower: Follower, since: Position) -> tuple[PastEvent, ...]:
        return tuple(
            PastEvent(self.events_by_position[position].event, self._runs_of(position))
            for position in sorted(self.events_by_position)
            if position >= since
        )

    def _runs_of(self, position: Position) -> frozenset[str]:
        received = self.events_by_position[position]
        woken = {one.wait.run_id for one in received.woken}
        started = {received.start.live.run_id} if received.start else set()
        return frozenset(woken | started | self.woken_early.get(position, set()))

    # --- waits -------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        key = (wait.run_id, wait.step)
        current = self._living(follower, wait)
        if key in self.answers or key in self.waits:
            raise AlreadyDoneError
        self.waits[key] = wait
        self.follower = current.changed()

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        current = self._living(follower, wait)
        if (wait.run_id, wait.step) not in self.waits:
            raise AlreadyDoneError
        self.waits[wait.run_id, wait.step] = wait
        self.follower = current.changed()

    def close_wait(self, run: Run, step: str, at: datetime) -> StepPositions:
        if self.answers.get((run.id, step)) is not None:
            raise AnsweredError
        self.waits.pop((run.id, step), None)
        self.answers[run.id, step] = None
        self._write(unanswered_row(PK, run, step, at))
        return run.step_positions

    def drop_wait(self, wait: OpenWait) -> None:
        open_now = self.waits.get((wait.run_id, wait.step))
        if open_now is None or open_now.token != wait.token:
            raise AlreadyDoneError
        del self.waits[wait.run_id, wait.step]

    def answer(self, _follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        return self.answers.get((run_id, step))

    def answer_early(
        self, _follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        if (wait.run_id, wait.step) not in self.waits:
            raise AlreadyDoneError
        if wait.question is not None and self._runs_of(event.position):
            raise StaleFollowerError
        del self.waits[wait.run_id, wait.step]
        self.answers[wait.run_id, wait.step] = (answer, event.position)
        self._write(answer_row(PK, wait, answer, event))
        self.woken_early.setdefault(event.position, set()).add(wait.run_id)

    def _living(self, follower: Follower, wait: OpenWait) -> Follower:
        if self.follower is None or self.follower.person_id != follower.person_id:
            raise FollowerGoneError
        if not self.lives(wait.run_id):
            raise RunEndedError
        return self.follower

    def lives(self, run_id: str) -> bool:
        return any(live.run_id == run_id and not live.ended for live in self.runs.values())

    def _check(self, before: Follower) -> None:
        known = self.follower and (self.follower.rev, self.follower.person_id)
        if known != (before.rev, before.person_id):
            raise StaleFollowerError

    def _once(self, message: Message, rows: Mapping[Key, Message]) -> None:
        if (message.run_id, message.step) in rows:
            raise AlreadyDoneError

    def _put(self, message: Message, wait: OpenWait | None) -> None:
        if self.follower is None:
            raise FollowerGoneError
        self.messages[message.run_id, message.step] = message
        self._write(rows.message_row(PK, message))
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
    """What was started, woken and stopped: the test is the engine."""

    started: list[RunStart] = field(default_factory=list)
    woken: dict[str, Run] = field(default_factory=dict)
    stopped: dict[str, RunEnd] = field(default_factory=dict)
    """By the id of the run: why."""

    def start(self, start: RunStart) -> None:
        self.started.append(start)

    def wake(self, wake: Wake) -> None:
        self.woken.setdefault(wake.token, wake.run)

    def stop(self, run: LiveRun, end: RunEnd) -> None:
        self.stopped.setdefault(run.run_id, end)


@dataclass
class MemoryInbox:
    """Events of our own: all that were `told`, and those `queued` that are yet to be worked on.

    As SQS does, it drops a repetition within five minutes.
    """

    queued: list[InboundEvent] = field(default_factory=list)
    told: list[InboundEvent] = field(default_factory=list)

    def tell(self, events: Sequence[InboundEvent]) -> None:
        for event in events:
            ago = event.at - timedelta(minutes=5)
            if not any(before.id == event.id and before.at > ago for before in self.told):
                self.queued.append(event)
            self.told.append(event)


@dataclass
class MemoryBus:
    """What other systems were told, each once by its id."""

    published: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        self.published.setdefault(f"{event_name} {detail['id']}", (event_name, detail))


@dataclass
class MemoryWeChat:
    """WeChat as an account sees it: what arrived when, and the errors it answers with, one a call."""

    clock: MemoryClock
    known: WeChatUserInfo = field(default_factory=WeChatUserInfo)
    arrived: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    errors: list[WeChatError | None] = field(default_factory=list)

    def user_info(self, _account: Account, _openid: str) -> WeChatUserInfo:
        return self.known

    def send(self, _account: Account, _openid: str, content: Mapping[str, Any]) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.arrived.append((self.clock.now(), content))


@dataclass
class MemoryLedger:
    """The postings by key, of runs that live as `records` have it."""

    records: MemoryFollowers
    postings: dict[str, Posting] = field(default_factory=dict)

    def statement(self, account: str) -> list[StatementLine]:
        return [
            StatementLine(posting.at, posting.key, posting.reason, entry.points)
            for posting in self.postings.values()
            for entry in posting.entries
            if entry.account == account
        ]

    def post(self, posting: Posting, run: Run) -> bool:
        if posting.key not in self.postings and not self.records.lives(run.id):
            raise RunEndedError
        return self.postings.setdefault(posting.key, posting) is posting

    def balance(self, account: str) -> int:
        entries = (entry for posting in self.postings.values() for entry in posting.entries)
        return sum(entry.points for entry in entries if entry.account == account)


@dataclass
class MemoryMeter:
    """Counts."""

    counts: dict[str, int] = field(default_factory=dict)

    def count(self, metric: Metric, **_dimensions: str) -> None:
        self.counts[metric] = self.counts.get(metric, 0) + 1
