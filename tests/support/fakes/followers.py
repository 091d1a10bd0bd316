"""The records of followers in memory; `tests/functional/test_contracts.py` compares them with the table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.items import Row, item_of
from wejourney.errors import (
    AlreadyDoneError,
    AnsweredError,
    FollowerGoneError,
    RunEndedError,
    StaleFollowerError,
)
from wejourney.events.event import InboundEvent
from wejourney.events.positions import Position, StepPositions
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import Ended, FollowerState, LiveRun, OpenWait, Run, RunStart, Wake
from wejourney.messaging.sending import Message
from wejourney.people.erasure import Erasure, RunKey
from wejourney.people.followers import Follower, StepChange
from wejourney.reasons import RunEnd
from wejourney.services.ports.followers import Effects, PastEvent
from workbench.operations.timeline import entries_of, order

type Key = tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """How a wait ended: by an event at a position, with an answer maybe; or by its limit."""

    position: Position | None = None
    answer: str | None = None
    step_positions: StepPositions = field(default_factory=dict)


@dataclass
class Partition:
    """All that is on record of one follower."""

    follower: Follower | None = None
    runs: dict[Key, LiveRun] = field(default_factory=dict)
    ends: dict[str, RunEnd | None] = field(default_factory=dict)
    waits: dict[Key, OpenWait] = field(default_factory=dict)
    events: dict[Position, Received] = field(default_factory=dict)
    taken_by: dict[Position, set[str]] = field(default_factory=dict)
    messages: dict[Key, Message] = field(default_factory=dict)
    outcomes: dict[Key, Outcome] = field(default_factory=dict)
    steps: dict[Key, StepChange] = field(default_factory=dict)
    written: dict[str, Row] = field(default_factory=dict)
    """The rows that people read, as the table holds them."""

    def write(self, row: Row) -> None:
        self.written[row["sk"]] = row

    def lives(self, journey: str, key: str, run_id: str) -> bool:
        """Whether this run holds its journey's place."""
        live = self.runs.get((journey, key))
        return live is not None and live.run_id == run_id and not live.ended

    def require(self, before: Follower) -> None:
        """The follower is as they were decided upon."""
        known = self.follower and (self.follower.rev, self.follower.person_id)
        if known != (before.rev, before.person_id):
            raise StaleFollowerError

    def require_person(self, follower: Follower) -> Follower:
        """The follower is there, and no other life of the same openid."""
        if self.follower is None or self.follower.person_id != follower.person_id:
            raise FollowerGoneError
        return self.follower

    def runs_of(self, position: Position) -> frozenset[str]:
        """The runs that an event has started or woken."""
        received = self.events[position]
        started = {received.start.run.id} if received.start else set()
        woken = {wake.run.id for wake in received.wakes}
        return frozenset(started | woken | self.taken_by.get(position, set()))

    def take_away(self, run: LiveRun) -> None:
        """The run lives no more, but may be kept to decide on the next one."""
        live = self.runs.pop((run.journey, run.key))
        if live.retain_after_end:
            self.runs[run.journey, run.key] = replace(live, ended=True)

    def close_waits_of(self, run_id: str) -> None:
        for key in [key for key in self.waits if key[0] == run_id]:
            del self.waits[key]


class FakeFollowers:
    """The records of all followers; those of the only one can be looked at as they are."""

    def __init__(self, follower: Follower | None = None, runs: Iterable[LiveRun] = ()) -> None:
        self.partitions: dict[Key, Partition] = {}
        self.marks: dict[Key, Erasure] = {}
        self.ends: dict[str, RunEnd] = {}
        """How runs ended, also of those who were erased since."""
        if follower is not None:
            self.partitions[follower.app_id, follower.openid] = Partition(
                follower, {(run.journey, run.key): run for run in runs}, {run.run_id: None for run in runs}
            )

    def of(self, app_id: str, openid: str) -> Partition:
        """The records of one follower."""
        return self.partitions.setdefault((app_id, openid), Partition())

    @property
    def only(self) -> Partition:
        """The records of the only follower; empty when there is none."""
        found = [one for one in self.partitions.values() if one != Partition()]
        assert len(found) <= 1
        return found[0] if found else Partition()

    @property
    def follower(self) -> Follower | None:
        return self.only.follower

    def lives(self, run: Run) -> bool:
        """Whether a run is live, for the ledger."""
        return self._of(run.follower).lives(run.journey, run.key, run.id)

    def end(self, run_id: str, end: RunEnd, at: datetime) -> None:
        """Record that a live run has ended, for the engine of a test."""
        for records in self.partitions.values():
            for live in list(records.runs.values()):
                if live.run_id == run_id and not live.ended:
                    records.take_away(live)
                    self._has_ended(records, run_id, end, at)

    def _has_ended(self, records: Partition, run_id: str, end: RunEnd, at: datetime) -> None:
        records.ends[run_id] = self.ends[run_id] = end
        row = records.written.get(rows.RUN + run_id)
        if row is not None:
            records.write({**row, "end": end, "ended_at": at})
        records.close_waits_of(run_id)

    def _of(self, follower: Follower) -> Partition:
        return self.of(follower.app_id, follower.openid)

    # --- the inbox ---------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        records = self.of(app_id, openid)
        runs = sorted(records.runs.items(), key=lambda run: "#".join(run[0]))
        waits = sorted(records.waits.items(), key=lambda wait: "#".join(wait[0]))
        return FollowerState(
            records.follower, tuple(run for _, run in runs), tuple(wait for _, wait in waits)
        )

    def record(self, received: Received) -> None:
        event = received.event
        records = self.of(event.subject.app_id, event.subject.openid)
        if event.position in records.events:
            raise AlreadyDoneError
        self._require(records, received)
        pk = rows.pk_of(event)
        records.events[event.position] = received
        records.write(rows.event_row(received))
        records.follower = received.follower or records.follower
        for ended in received.ended:
            records.take_away(ended.run)
            self._has_ended(records, ended.run.run_id, ended.end, event.at)
        for woken in received.woken:
            key = (woken.wait.run_id, woken.wait.step)
            del records.waits[key]
            if not woken.again:
                records.outcomes[key] = Outcome(event.position, woken.answer)
                records.write(rows.answer_row(pk, woken.wait, woken.answer, event))
        if received.start is not None:
            live = received.start.live
            records.runs[live.journey, live.key] = live
            records.ends[live.run_id] = None
            records.write(rows.run_row(pk, received.start.run, event.at))
            if received.start.opening is not None:
                self._put(records, pk, received.start.opening, None)
        for journey in received.held_out:
            records.write(rows.holdout_row(pk, journey, event.at))

    def _require(self, records: Partition, received: Received) -> None:
        """The decision was made on what is still there."""
        if received.before is not None:
            records.require(received.before)
        elif received.follower is not None and records.follower is not None:
            raise StaleFollowerError
        ended = {(one.run.journey, one.run.key): one.run.run_id for one in received.ended}
        holding = {place: live.run_id for place, live in records.runs.items() if place in ended}
        stale = holding != ended
        for woken in received.woken:
            key = (woken.wait.run_id, woken.wait.step)
            open_now = records.waits.get(key)
            stale |= open_now is None or open_now.token != woken.wait.token
            stale |= key in records.outcomes and not woken.again
        if received.start is not None:
            place = (received.start.live.journey, received.start.live.key)
            there = records.runs.get(place)
            free = there is None or there.is_over(received.event.at) or place in ended
            stale |= not free or received.start.run.id in records.ends
            opening = received.start.opening
            stale |= opening is not None and (opening.run_id, opening.step) in records.messages
        if stale:
            raise StaleFollowerError

    def effects(self, event: InboundEvent) -> Effects | None:
        received = self.of(event.subject.app_id, event.subject.openid).events.get(event.position)
        if received is None:
            return None
        start = None
        if received.start is not None:
            run = _travelled(received.start.run)
            start = RunStart(run, LiveRun(run.journey, run.id, event.id, key=run.key))
        wakes = tuple(Wake(wake.token, _travelled(wake.run)) for wake in received.wakes)
        ended = (Ended(_named(one.run), one.end) for one in received.ended)
        return Effects(start, wakes, tuple(ended))

    def end_run(self, app_id: str, openid: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        records = self.of(app_id, openid)
        if records.ends.get(run.run_id, end) is not None:
            return False
        for live in list(records.runs.values()):
            if live.run_id == run.run_id:
                records.take_away(live)
        self._has_ended(records, run.run_id, end, at)
        return True

    def erasure(self, app_id: str, openid: str) -> Erasure | None:
        return self.marks.get((app_id, openid))

    def mark_erasure(
        self, event: InboundEvent, runs: Iterable[RunKey], now: datetime, back: Follower | None = None
    ) -> Erasure:
        key = (event.subject.app_id, event.subject.openid)
        second = Position.at(event.at)
        positions = self.of(*key).events
        same = {one.event.id for position, one in positions.items() if position.start_of_second == second}
        erasure = Erasure(event.at, tuple(runs), frozenset({event.id, *same}), unfinished=True, back=back)
        erasure = erasure.with_what_is_left_of(self.marks.get(key))
        self.marks[key] = erasure
        return erasure

    def erase(self, app_id: str, openid: str) -> bool:
        self.partitions.pop((app_id, openid), None)
        return True

    def erased(self, event: InboundEvent) -> None:
        key = (event.subject.app_id, event.subject.openid)
        self.marks[key] = replace(self.marks[key], runs=(), unfinished=False, back=None)

    # --- what operators read and write ---------------------------------------------------------

    def timeline(self, app_id: str, openid: str) -> list[dict[str, Any]]:
        written = self.of(app_id, openid).written
        raw = (item_of(written[sk]) for sk in sorted(written))
        return sorted(entries_of(raw), key=order)

    def save(self, before: Follower | None, after: Follower) -> None:
        records = self._of(after)
        if before is not None:
            records.require(before)
        elif records.follower is not None:
            raise StaleFollowerError
        records.follower = after

    # --- the steps of a run ------------------------------------------------------------------

    def add_message(
        self, before: Follower, after: Follower, message: Message, wait: OpenWait | None = None
    ) -> None:
        records = self._of(before)
        if (message.run_id, message.step) in records.messages:
            raise AlreadyDoneError
        records.require(before)
        records.follower = after
        self._put(records, rows.pk_of(before), message, wait)

    def reserve_again(
        self, follower: Follower, stored: Message, message: Message, wait: OpenWait | None
    ) -> None:
        records = self._of(follower)
        there = records.messages.get((message.run_id, message.step))
        records.require(follower)
        if there is None or (there.status, there.tries) != (stored.status, stored.tries):
            raise StaleFollowerError
        self._put(records, rows.pk_of(follower), message, wait)

    def message(self, follower: Follower, run_id: str, step: str) -> Message | None:
        return self._of(follower).messages.get((run_id, step))

    def sent(self, follower: Follower, message: Message) -> None:
        records = self._of(follower)
        there = records.messages.get((message.run_id, message.step))
        if there is None:
            raise FollowerGoneError
        told = replace(
            there,
            status=message.status,
            reason=message.reason or there.reason,
            settled_at=message.settled_at or there.settled_at,
        )
        self._put(records, rows.pk_of(follower), told, None)

    def not_sent(self, before: Follower, after: Follower, message: Message) -> None:
        records = self._of(before)
        if (message.run_id, message.step) not in records.messages:
            raise FollowerGoneError
        if after is not before:
            records.require(before)
            records.follower = after
        self._put(records, rows.pk_of(before), message, None)
        records.waits.pop((message.run_id, message.step), None)

    def _put(self, records: Partition, pk: str, message: Message, wait: OpenWait | None) -> None:
        records.messages[message.run_id, message.step] = message
        records.write(rows.message_row(pk, message))
        if wait is not None:
            records.waits[wait.run_id, wait.step] = wait

    def change(self, before: Follower, after: Follower, run_id: str, change: StepChange) -> None:
        records = self._of(before)
        if (run_id, change.step) in records.steps:
            raise AlreadyDoneError
        records.require(before)
        records.steps[run_id, change.step] = change
        records.write(rows.step_row(rows.pk_of(before), run_id, change))
        records.follower = after

    def changed(self, follower: Follower, run_id: str, step: str) -> StepChange:
        change = self._of(follower).steps.get((run_id, step))
        if change is None:
            raise FollowerGoneError
        return change

    def events(self, follower: Follower, since: Position) -> tuple[PastEvent, ...]:
        records = self._of(follower)
        return tuple(
            PastEvent(records.events[position].event, records.runs_of(position))
            for position in sorted(records.events)
            if position >= since
        )

    def newest_events(self, follower: Follower, since: Position) -> Iterator[InboundEvent]:
        return (past.event for past in reversed(self.events(follower, since)))

    # --- waits -------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        records, key = self._of(follower), (wait.run_id, wait.step)
        if key in records.outcomes or key in records.waits:
            raise AlreadyDoneError
        self._park(records, follower, wait)

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        records = self._of(follower)
        if (wait.run_id, wait.step) not in records.waits:
            raise AlreadyDoneError
        self._park(records, follower, wait)

    def _park(self, records: Partition, follower: Follower, wait: OpenWait) -> None:
        current = records.require_person(follower)
        if not records.lives(wait.run["journey"], wait.run.get("key", ""), wait.run_id):
            raise RunEndedError
        records.waits[wait.run_id, wait.step] = wait
        records.follower = current.changed()

    def close_wait(self, run: Run, step: str, at: datetime) -> StepPositions:
        records, key = self._of(run.follower), (run.id, step)
        before = records.outcomes.get(key)
        if before is not None:
            if before.position is not None:
                raise AnsweredError
            return before.step_positions
        records.require_person(run.follower)
        records.waits.pop(key, None)
        records.outcomes[key] = Outcome(step_positions=run.step_positions)
        records.write(rows.unanswered_row(rows.pk_of(run.follower), run, step, at))
        return run.step_positions

    def drop_wait(self, follower: Follower, wait: OpenWait) -> None:
        records = self._of(follower)
        self._require_open(records, wait)
        del records.waits[wait.run_id, wait.step]

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        outcome = self._of(follower).outcomes.get((run_id, step))
        if outcome is None or outcome.position is None:
            return None
        return outcome.answer, outcome.position

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        records = self._of(follower)
        self._require_open(records, wait)
        position = event.position
        if position not in records.events or (wait.question is not None and records.runs_of(position)):
            raise StaleFollowerError
        del records.waits[wait.run_id, wait.step]
        records.outcomes[wait.run_id, wait.step] = Outcome(position, answer)
        records.write(rows.answer_row(rows.pk_of(follower), wait, answer, event))
        records.taken_by.setdefault(position, set()).add(wait.run_id)

    def _require_open(self, records: Partition, wait: OpenWait) -> None:
        open_now = records.waits.get((wait.run_id, wait.step))
        if open_now is None or open_now.token != wait.token:
            raise AlreadyDoneError


def _travelled(run: Run) -> Run:
    """A run as it comes back from a row: not all of its follower travels."""
    return Run.from_dict(run.to_dict())


def _named(run: LiveRun) -> LiveRun:
    """A run as far as it takes to stop it."""
    return LiveRun(run.journey, run.run_id, event_id="")
