"""Followers in DynamoDB: every effect in one transaction with the record that it happened."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    WAIT,
    RawItem,
    Row,
    columns_of,
    item_of,
    read_row,
    state_of,
    unpacked_token,
    value_of,
)
from wejourney.adapters.dynamo.table import Column, RefusedWriteError, Table, Transaction
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
from wejourney.journeys.runs import ANSWERED, Ended, FollowerState, LiveRun, OpenWait, Run, RunStart, Wake
from wejourney.messaging.sending import Message
from wejourney.people.erasure import MARK_LASTS, Erasure, RunKey
from wejourney.people.followers import Follower, StepChange
from wejourney.plain_data import from_plain
from wejourney.reasons import RunEnd, reason_from
from wejourney.services.ports.followers import Effects, PastEvent

ERASED_AT_ONCE = 10_000
"""Rows: 400 calls of DynamoDB, which take less than the 15 seconds that an event may take."""


@dataclass(frozen=True)
class FollowerStore:
    """The followers' table; FollowerInbox and FollowerRecords say what each method does."""

    table: Table

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        """Writes that are committed at the end. Of several refused ones the first of these errors counts."""
        write = Transaction(self.table)
        yield write
        try:
            write.commit()
        except RefusedWriteError as refused:
            for error in (AlreadyDoneError, FollowerGoneError, RunEndedError):
                if any(failed is error for failed, _ in refused.failed):
                    raise error from refused
            raise StaleFollowerError from refused

    # --- the inbox -------------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        pk = rows.partition(app_id, openid)
        return state_of(self.table.query(pk, FOLLOWER))

    def record(self, received: Received) -> None:
        """Write an event with all its effects.

        One transaction takes 30 runs that end, or 45 that wake, at once. For an event with more it raises
        TooManyWritesError, and the inbox puts the event aside.
        """
        event, pk = received.event, rows.pk_of(received.event)
        with self._transaction() as write:
            write.create(rows.event_row(received), AlreadyDoneError)
            if received.follower is not None:
                _save(write, received.before, received.follower)
            replaced = _replaced(received)
            for ended in received.ended:
                write.update(
                    rows.row_key(pk, rows.RUN, ended.run.run_id), _ended_as(ended.end, event.at), _THERE
                )
                if ended.run is not replaced:
                    _take_away(write, pk, ended.run)
            if received.ended:
                # A wait whose run has ended must not take what the follower says next.
                runs = {ended.run.run_id for ended in received.ended}
                for wait in state_of(self.table.query(pk, WAIT)).waits:
                    if wait.run_id in runs:
                        write.delete(rows.row_key(pk, WAIT, wait.run_id, wait.step))
            for woken in received.woken:
                write.delete(rows.wait_row(pk, woken.wait), rows.holds_token(woken.wait))
                if not woken.again:
                    write.create(rows.answer_row(pk, woken.wait, woken.answer, event))
            if received.start is not None:
                _start(write, pk, received.start, event, replaced)
            for journey in received.held_out:
                write.put(rows.holdout_row(pk, journey, event.at))

    def effects(self, event: InboundEvent) -> Effects | None:
        item = self.table.get(rows.event_key(event))
        if item is None:
            return None
        row = columns_of(item)
        start = None
        if "starts" in row:
            # For the engine: what lives is on record already.
            run = Run.from_dict(row["starts"])
            start = RunStart(run, LiveRun(run.journey, run.id, event.id, key=run.key))
        wakes = tuple(self._wake(event, wake) for wake in row.get("wakes", ()))
        ended = tuple(
            Ended(LiveRun(end["journey"], end["run_id"], event_id=""), reason_from(end["end"]))
            for end in row.get("ends", ())
        )
        return Effects(start, wakes, ended)

    def _wake(self, event: InboundEvent, wake: Row) -> Wake:
        run = Run.from_dict(wake["run"])
        if "token" in wake:
            return Wake(wake["token"], run)
        ended = self.table.get(rows.row_key(rows.pk_of(event), rows.ANSWER, run.id, wake["step"]))
        if ended is None:
            raise StaleFollowerError  # Erased at this very moment.
        return Wake(unpacked_token(columns_of(ended)["token"]), run)

    def erasure(self, app_id: str, openid: str) -> Erasure | None:
        """The mark of the last erasure. One that has expired may be there still: it marks nothing newer."""
        item = self.table.get(rows.erasure_key(app_id, openid))
        return rows.erasure_from(item, app_id, openid) if item else None

    def mark_erasure(
        self, event: InboundEvent, runs: Iterable[RunKey], now: datetime, back: Follower | None = None
    ) -> Erasure:
        same_second = self.table.query(rows.pk_of(event), f"{rows.EVENT}{Position.at(event.at)}")
        seen = frozenset({event.id, *(item["sk"]["S"].rpartition("#")[2] for item in same_second)})
        before = self.erasure(event.subject.app_id, event.subject.openid)
        erasure = Erasure(event.at, tuple(runs), seen, unfinished=True, back=back).with_what_is_left_of(
            before
        )
        self.table.put(rows.erasure_row(event, erasure, now + MARK_LASTS))
        return erasure

    def erase(self, app_id: str, openid: str) -> bool:
        """Delete rows of the partition, ERASED_AT_ONCE or a few more.

        The follower's own row goes first: without it a task that is under way writes nothing any more.
        """
        pk = rows.partition(app_id, openid)
        self.table.delete(rows.row_key(pk, FOLLOWER))
        return self.table.delete_partition(pk, ERASED_AT_ONCE)

    def erased(self, event: InboundEvent) -> None:
        mark = rows.erasure_key(event.subject.app_id, event.subject.openid)
        self.table.update(mark, [Column(name).remove() for name in ("runs", "unfinished", "back")])

    # --- the steps of a run ----------------------------------------------------------------------

    def add_message(
        self, before: Follower, after: Follower, message: Message, wait: OpenWait | None = None
    ) -> None:
        with self._transaction() as write:
            _change(write, before, after)
            write.create(rows.message_row(rows.pk_of(before), message), AlreadyDoneError)
            if wait is not None:
                write.put(rows.wait_row(rows.pk_of(before), wait))

    def reserve_again(
        self, follower: Follower, stored: Message, message: Message, wait: OpenWait | None
    ) -> None:
        pk, tries = rows.pk_of(follower), Column("tries")
        with self._transaction() as write:
            write.check(rows.follower_row(follower), _unchanged(follower))
            untouched: Condition = Column("status") == stored.status.value
            untouched &= tries == value_of(stored.tries) if stored.tries else tries.does_not_exist()
            write.put(rows.message_row(pk, message), untouched)
            if wait is not None:
                write.put(rows.wait_row(pk, wait))

    def message(self, follower: Follower, run_id: str, step: str) -> Message | None:
        item = self.table.get(rows.row_key(rows.pk_of(follower), rows.MESSAGE, run_id, step))
        return rows.message_from(item) if item else None

    def sent(self, follower: Follower, message: Message) -> None:
        row = rows.message_row(rows.pk_of(follower), message)
        changed = ("status", "settled_at", "reason")
        actions = [Column(name).set(value_of(row[name])) for name in changed if row.get(name) is not None]
        try:
            self.table.update(row, actions, _THERE)
        except RefusedWriteError as refused:
            raise FollowerGoneError from refused

    def not_sent(self, before: Follower, after: Follower, message: Message) -> None:
        pk = rows.pk_of(before)
        with self._transaction() as write:
            write.put(rows.message_row(pk, message), _THERE, FollowerGoneError)
            write.delete(rows.row_key(pk, WAIT, message.run_id, message.step))
            if after is not before:
                _change(write, before, after)

    def change(self, before: Follower, after: Follower, run_id: str, change: StepChange) -> None:
        with self._transaction() as write:
            _change(write, before, after)
            write.create(rows.step_row(rows.pk_of(before), run_id, change), AlreadyDoneError)

    def changed(self, follower: Follower, run_id: str, step: str) -> StepChange:
        item = self.table.get(rows.row_key(rows.pk_of(follower), rows.STEP, run_id, step))
        if item is None:
            raise FollowerGoneError
        return read_row(StepChange, columns_of(item))

    def events(self, follower: Follower, since: Position) -> tuple[PastEvent, ...]:
        pk = rows.pk_of(follower)
        found = self.table.query(pk, rows.EVENT, after=f"{rows.EVENT}{since}")
        return tuple(map(past_event, found))

    def newest_events(self, follower: Follower, since: Position) -> Iterator[InboundEvent]:
        found = self.table.newest(rows.pk_of(follower), rows.EVENT, after=f"{rows.EVENT}{since}")
        return (past_event(item).event for item in found)

    # --- waits -----------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        pk = rows.pk_of(follower)
        with self._transaction() as write:
            write.check(rows.row_key(pk, rows.ANSWER, wait.run_id, wait.step), _ABSENT, AlreadyDoneError)
            write.create(rows.wait_row(pk, wait), AlreadyDoneError)
            _require_run(write, follower, wait)

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        with self._transaction() as write:
            write.put(rows.wait_row(rows.pk_of(follower), wait), _THERE, AlreadyDoneError)
            _require_run(write, follower, wait)

    def close_wait(self, run: Run, step: str, at: datetime) -> StepPositions:
        follower = run.follower
        pk = rows.pk_of(follower)
        try:
            with self._transaction() as write:
                write.check(rows.follower_row(follower), _same_person(follower), FollowerGoneError)
                write.delete(rows.row_key(pk, WAIT, run.id, step))
                write.create(rows.unanswered_row(pk, run, step, at), AlreadyDoneError)
        except AlreadyDoneError:
            ended = self._ended(follower, run.id, step)
            if ended.get("outcome") == ANSWERED:
                raise AnsweredError from None
            positions: StepPositions = from_plain(StepPositions, ended.get("step_positions", {}))
            return positions
        return run.step_positions

    def drop_wait(self, follower: Follower, wait: OpenWait) -> None:
        with self._transaction() as write:
            row = rows.wait_row(rows.pk_of(follower), wait)
            write.delete(row, rows.holds_token(wait), AlreadyDoneError)

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        row = self._ended(follower, run_id, step)
        if row.get("outcome") != ANSWERED:
            return None
        return row.get("answer"), Position.parse(row["position"])

    def _ended(self, follower: Follower, run_id: str, step: str) -> Row:
        return columns_of(self.table.get(rows.row_key(rows.pk_of(follower), rows.ANSWER, run_id, step)) or {})

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        pk = rows.pk_of(follower)
        with self._transaction() as write:
            write.delete(rows.wait_row(pk, wait), rows.holds_token(wait), AlreadyDoneError)
            write.create(rows.answer_row(pk, wait, answer, event), AlreadyDoneError)
            free = _THERE if wait.question is None else _THERE & _HAD_NO_EFFECT
            write.update(rows.event_key(event), [Column("taken_by").add(value_of({wait.run_id}))], free)

    # --- the end of a run, and what operators write -------------------------------------------------

    def end_run(self, app_id: str, openid: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        pk = rows.partition(app_id, openid)
        state = self.read(app_id, openid)
        record, going_on = rows.row_key(pk, rows.RUN, run.run_id), _THERE & Column("end").does_not_exist()
        try:
            with self._transaction() as write:
                write.update(record, _ended_as(end, at), going_on, AlreadyDoneError)
                for live in state.live_runs:
                    if live.run_id == run.run_id:
                        _take_away(write, pk, live)
                for wait in state.waits:
                    if wait.run_id == run.run_id:
                        write.delete(rows.row_key(pk, WAIT, wait.run_id, wait.step))
        except AlreadyDoneError:
            return False
        return True

    def save(self, before: Follower | None, after: Follower) -> None:
        with self._transaction() as write:
            _save(write, before, after)


_THERE: Condition = Column("pk").exists()
_ABSENT: Condition = Column("pk").does_not_exist()

_HAD_NO_EFFECT: Condition = (
    Column("starts").does_not_exist() & Column("wakes").does_not_exist() & Column("taken_by").does_not_exist()
)
"""The event started, woke and answered nothing: what `past_event` tells without a run."""


def _save(write: Transaction, before: Follower | None, after: Follower) -> None:
    if before is None:
        write.create(rows.follower_row(after))
    else:
        _change(write, before, after)


def _change(write: Transaction, before: Follower, after: Follower) -> None:
    """Change what differs, if the follower is still as it was decided upon."""
    if after is before:
        write.check(rows.follower_row(before), _unchanged(before))
        return
    old, new = item_of(rows.follower_row(before)), item_of(rows.follower_row(after))
    actions: list[Action] = [Column(name).remove() for name in old.keys() - new.keys()]
    actions += [Column(name).set(value) for name, value in new.items() if old.get(name) != value]
    write.update(rows.follower_row(after), actions, _unchanged(before))


def _unchanged(follower: Follower) -> Condition:
    same: Condition = (Column("rev") == follower.rev) & _same_person(follower)
    return same


def _same_person(follower: Follower) -> Condition:
    """The follower is there, and is no other life of the same openid."""
    return Column("person_id") == follower.person_id


def _require_run(write: Transaction, follower: Follower, wait: OpenWait) -> None:
    """A wait is written if its follower is still there and its run still lives."""
    newer = Column("rev").add(1)
    write.update(rows.follower_row(follower), [newer], _same_person(follower), FollowerGoneError)
    live = rows.live_run_key(rows.pk_of(follower), wait.run["journey"], wait.run.get("key", ""))
    write.check(live, rows.lives(wait.run_id), RunEndedError)


def _replaced(received: Received) -> LiveRun | None:
    """The run that the event ends and whose place the run takes that it starts."""
    if received.start is None:
        return None
    place = (received.start.live.journey, received.start.live.key)
    runs = (ended.run for ended in received.ended)
    return next((run for run in runs if (run.journey, run.key) == place), None)


def _start(
    write: Transaction, pk: str, start: RunStart, event: InboundEvent, replaced: LiveRun | None
) -> None:
    """One live run per journey, follower and key; the row of one that has ended may be overwritten."""
    if replaced is not None:
        free: Condition = Column("run_id") == replaced.run_id
    else:
        free = _ABSENT | (Column("expires_at") <= event.at.isoformat()) | Column("ended").exists()
    write.put(rows.live_run_row(pk, start.live), free)
    write.create(rows.run_row(pk, start.run, event.at))
    if start.opening is not None:
        write.create(rows.message_row(pk, start.opening))


def _take_away(write: Transaction, pk: str, live: LiveRun) -> None:
    """A run lives no more: its row goes, or stays as ended where it decides on the next run."""
    key, same = rows.live_run_key(pk, live.journey, live.key), Column("run_id") == live.run_id
    if live.retain_after_end:
        write.update(key, [Column("ended").set(value=True)], same)
    else:
        write.delete(key, same)


def _ended_as(end: RunEnd, at: datetime) -> list[Action]:
    return [Column("end").set(value_of(end)), Column("ended_at").set(value_of(at))]


def past_event(item: RawItem) -> PastEvent:
    """The event of a row of the timeline."""
    row = columns_of(item)
    started = {row["starts"]["id"]} if "starts" in row else set()
    woken = {wake["run"]["id"] for wake in row.get("wakes", ())}
    return PastEvent(
        InboundEvent.from_record(row["event"]), row.get("taken_by", frozenset()) | started | woken
    )
