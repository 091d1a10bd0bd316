"""Followers in DynamoDB: every effect in one transaction with the record that it happened."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    WAIT,
    RawItem,
    columns_of,
    identity_key,
    item_of,
    partition,
    read_row,
    state_of,
    value_of,
)
from wejourney.adapters.dynamo.ledger_store import add_postings
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import (
    AlreadyDoneError,
    AnsweredError,
    FollowerGoneError,
    PostingConflictError,
    StaleFollowerError,
)
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.positions import Position, StepPositions
from wejourney.journeys.receiving import Received, acted_at, resume
from wejourney.journeys.runs import (
    ANSWERED,
    Ended,
    FollowerState,
    LiveRun,
    OpenWait,
    PastEvent,
    Run,
    RunStart,
    Wake,
)
from wejourney.loyalty.ledger import Posting
from wejourney.messaging.sending import Message
from wejourney.people.erasure import MARK_LASTS, Erasure, RunKey, erasure_by
from wejourney.people.followers import Follower, StepChange
from wejourney.plain_data import from_plain
from wejourney.reasons import EndedByEngine, RunEnd, reason_from
from wejourney.services.ports.followers import ClosedWait, Effects

ERASED_AT_ONCE = 10_000
"""Rows: 400 calls of DynamoDB, which take less than the 15 seconds that an event may take."""


@dataclass(frozen=True)
class FollowerStore:
    """The followers' table; FollowerInbox and FollowerRecords say what each method does.

    `ledger` is the name of the ledger's table, for those who post.
    """

    table: Table
    ledger: str = ""

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        """Writes that are committed at the end. Of several refused ones the first of these errors counts."""
        write = Transaction(self.table)
        yield write
        try:
            write.commit()
        except RefusedWriteError as refused:
            for error in (AlreadyDoneError, FollowerGoneError, StaleFollowerError):
                if any(failed is error for failed, _ in refused.failed):
                    raise error from refused
            for _, posting in refused.failed:
                raise PostingConflictError(posting["key"]["S"] if posting else "") from refused
            raise StaleFollowerError from refused

    # --- the inbox -------------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        person_id = self.person_id_of(app_id, openid)
        return self.read_person(person_id) if person_id is not None else FollowerState()

    def person_id_of(self, app_id: str, openid: str) -> str | None:
        """Which person this openid is; None: it is nobody's."""
        item = self.table.get(identity_key(app_id, openid))
        return item["person_id"]["S"] if item else None

    def read_person(self, person_id: str) -> FollowerState:
        return state_of(self.table.query(partition(person_id), FOLLOWER))

    def record(self, received: Received) -> None:
        """Write an event with all its effects.

        One transaction takes 24 runs that end at their goal, or 95 that wake, at once. For an event with more
        it raises TooManyWritesError, and the inbox puts the event aside.
        """
        event = received.event
        pk = rows.timeline_pk(event.subject, received.follower)
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
                write.delete(rows.wait_key(pk, ended.run.run_id))
            for woken in received.woken:
                closed = rows.DROPPED if woken.again else rows.ended_by(woken.answer, event, woken.wait.step)
                write.update(rows.wait_key(pk, woken.wait.run_id), closed, rows.holds_token(woken.wait))
            if received.start is not None:
                _start(write, pk, received.start, event, replaced)
            for journey in received.held_out:
                _add_holdout(write, pk, journey, event)
            for window in received.opened_windows:
                write.create(rows.goal_window_row(pk, window))
            for window in received.reached_windows:
                write.update(rows.goal_window_key(pk, window), rows.goal_reached(window), rows.NOT_REACHED)

    def keep(self, received: Received) -> None:
        try:
            self.table.put(rows.event_row(received), _ABSENT)
        except RefusedWriteError as refused:
            raise AlreadyDoneError from refused

    def forget(self, event: InboundEvent, person_ids: Iterable[str]) -> None:
        for person_id in person_ids:
            self.table.delete(rows.event_key(partition(person_id), event))

    def past_event(self, event: InboundEvent, follower: Follower) -> PastEvent | None:
        item = self.table.get(rows.event_key(rows.pk_of(follower), event))
        return past_event(item) if item is not None else None

    def effects(self, event: InboundEvent, follower: Follower | None) -> Effects | None:
        pk = rows.timeline_pk(event.subject, follower)
        item = self.table.get(rows.event_key(pk, event))
        if item is None:
            return None
        row = columns_of(item)
        # As it came first: a repetition has another number in the inbox.
        event = InboundEvent.from_record(row["event"])
        start = None
        if "starts" in row:
            # For the engine: what lives is on record already.
            run = Run.from_dict(row["starts"])
            start = RunStart(run, LiveRun(run.journey, run.id, event.id, key=run.key))
        again = (Wake(wake["token"], Run.from_dict(wake["run"])) for wake in row.get("wakes", ()))
        wakes = (*again, *self._wakes(pk, event, rows.ends_of_waits(row)))
        ended = tuple(
            Ended(LiveRun(end["journey"], end["run_id"], event_id=""), reason_from(end["end"]))
            for end in row.get("ends", ())
        )
        return Effects(start, wakes, ended, is_quiet=row.get("quiet", False))

    def _wakes(self, pk: str, event: InboundEvent, took: Sequence[Mapping[str, Any]]) -> Iterator[Wake]:
        """The runs that wait no more because of an event, and have not waited for anything since."""
        items = self.table.query(pk, FOLLOWER) if took else []
        follower, waits = state_of(items).follower, {item["sk"]["S"]: columns_of(item) for item in items}
        for told in took:
            row = waits.get(WAIT + told["run_id"])
            if follower is not None and row is not None and row.get("step") == told["step"]:
                wait = rows.wait_from(told, row)
                run = resume(wait, follower, event.position, told.get("answer"), acted_at(event, event.at))
                yield Wake(wait.token, run)

    def erasure(self, app_id: str, openid: str) -> Erasure | None:
        """The mark of the last erasure. One that has expired may be there still: it marks nothing newer."""
        subject = Subject(app_id, openid)
        item = self.table.get(rows.erasure_key(subject))
        return rows.erasure_from(item, subject) if item else None

    def mark_erasure(
        self,
        event: InboundEvent,
        follower: Follower | None,
        runs: Iterable[RunKey],
        now: datetime,
        back: Follower | None = None,
    ) -> Erasure:
        pk = rows.timeline_pk(event.subject, follower)
        same_second = self.table.query(pk, f"{rows.EVENT}{Position.at(event.at)}")
        seen = frozenset({event.id, *(item["sk"]["S"].rpartition("#")[2] for item in same_second)})
        erasure = erasure_by(event, follower, runs, seen, back).with_what_is_left_of(
            self.erasure(event.subject.app_id, event.subject.openid)
        )
        self.table.put(rows.erasure_row(event, erasure, now + MARK_LASTS))
        return erasure

    def erase(self, subject: Subject, person_ids: Iterable[str]) -> bool:
        """Delete rows, ERASED_AT_ONCE or a few more of each person.

        The follower's own row goes first, with what leads to it: without it a task that is under way writes
        nothing any more.
        """
        identity, partitions = identity_key(subject.app_id, subject.openid), [rows.timeline_pk(subject, None)]
        for person_id in person_ids:
            partitions.append(partition(person_id))
            with suppress(AlreadyDoneError), self._transaction() as write:
                write.delete(identity, Column("person_id") == person_id, AlreadyDoneError)
                write.delete(rows.row_key(partitions[-1], FOLLOWER))
        return all(self.table.delete_partition(pk, ERASED_AT_ONCE) for pk in partitions)

    def erased(self, event: InboundEvent) -> None:
        mark = rows.erasure_key(event.subject)
        self.table.update(mark, [Column(name).remove() for name in ("runs", "unfinished", "back")])

    # --- the steps of a run ----------------------------------------------------------------------

    def add_message(
        self,
        before: Follower,
        after: Follower,
        message: Message,
        wait: OpenWait | None = None,
        postings: Sequence[Posting] = (),
    ) -> None:
        with self._transaction() as write:
            _change(write, before, after)
            write.create(rows.message_row(rows.pk_of(before), message), AlreadyDoneError)
            if wait is not None:
                _open_with_message(write, before, wait)
            add_postings(write, postings, Table(self.ledger, self.table.client))

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
                _open_with_message(write, follower, wait)

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

    def not_sent(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        pk = rows.pk_of(before)
        with self._transaction() as write:
            write.put(rows.message_row(pk, message), _THERE, FollowerGoneError)
            if wait is not None:
                write.update(rows.wait_key(pk, wait.run_id), rows.DROPPED)
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
        found = self.table.query(pk, rows.EVENT, after=f"{rows.EVENT}{since.start_of_second}")
        since_then = (past for past in map(past_event, found) if past.event.position >= since)
        return tuple(sorted(since_then, key=lambda past: past.event.position))

    def newest_events(self, follower: Follower, since: Position) -> Iterator[InboundEvent]:
        after = f"{rows.EVENT}{since.start_of_second}"
        found = self.table.newest(rows.pk_of(follower), rows.EVENT, after=after)
        events = (past_event(item).event for item in found)
        return (event for event in events if event.position >= since)

    # --- waits -----------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        free = ~rows.is_over(wait.step) & ~rows.is_waiting(wait.step)
        self._open(follower, wait, free)

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        self._open(follower, wait, rows.is_waiting(wait.step))

    def _open(self, follower: Follower, wait: OpenWait, condition: Condition) -> None:
        with self._transaction() as write:
            row = rows.wait_key(rows.pk_of(follower), wait.run_id)
            write.update(row, rows.opened(wait), condition, AlreadyDoneError)
            _change(write, follower, follower.changed())

    def close_wait(self, run: Run, step: str, at: datetime, *, asked: bool = True) -> ClosedWait:
        follower = run.follower
        pk = rows.pk_of(follower)
        try:
            with self._transaction() as write:
                write.check(rows.follower_row(follower), _THERE, FollowerGoneError)
                row, not_yet = rows.wait_key(pk, run.id), ~rows.is_over(step)
                write.update(row, rows.given_up(step), not_yet, AlreadyDoneError)
                write.create(rows.unanswered_row(pk, run, step, at, asked=asked), AlreadyDoneError)
        except AlreadyDoneError:
            item = self.table.get(rows.row_key(pk, rows.UNANSWERED_WAIT, run.id, step))
            if item is None:
                raise AnsweredError from None
            columns = columns_of(item)
            positions: StepPositions = from_plain(StepPositions, columns.get("step_positions", {}))
            return ClosedWait(datetime.fromisoformat(columns["at"]), positions)
        return ClosedWait(at, run.step_positions)

    def drop_wait(self, follower: Follower, wait: OpenWait) -> None:
        with self._transaction() as write:
            row = rows.wait_key(rows.pk_of(follower), wait.run_id)
            write.update(row, rows.DROPPED, rows.holds_token(wait), AlreadyDoneError)

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        row = columns_of(self.table.get(rows.wait_key(rows.pk_of(follower), run_id)) or {})
        if (row.get("step"), row.get("ended")) != (step, ANSWERED):
            return None
        return row.get("answer"), Position.parse(row["position"])

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        with self._transaction() as write:
            row = rows.wait_key(rows.pk_of(follower), wait.run_id)
            closed = rows.ended_by(answer, event, wait.step)
            write.update(row, closed, rows.holds_token(wait), AlreadyDoneError)
            free = _THERE if wait.question is None else _THERE & _HAD_NO_EFFECT
            took = Column("took").add(value_of({rows.taken(wait, answer, event)}))
            marked = (Column(name).set(value) for name, value in rows.TAKEN.items())
            write.update(rows.event_key(rows.pk_of(follower), event), [*marked, took], free)

    # --- the end of a run, and what operators write -------------------------------------------------

    def end_run(self, person_id: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        """Writes in this order: who finds the end on record finds nothing of the run that lives."""
        pk = partition(person_id)
        for live in self.read_person(person_id).live_runs:
            if live.run_id == run.run_id:
                # Or an event has ended the run, or another one has its place by now.
                with suppress(RefusedWriteError):
                    _take_away(self.table, pk, live)
        self.table.delete(rows.wait_key(pk, run.run_id))
        if isinstance(end, EndedByEngine):
            # A task may be at work: what it has decided to post, it decides anew.
            with suppress(RefusedWriteError):
                self.table.update(rows.row_key(pk, FOLLOWER), [Column("rev").add(1)], _THERE)
        going_on = _THERE & Column("end").does_not_exist()
        try:
            self.table.update(rows.row_key(pk, rows.RUN, run.run_id), _ended_as(end, at), going_on)
        except RefusedWriteError:
            return False
        return True

    def save(self, before: Follower | None, after: Follower) -> None:
        with self._transaction() as write:
            _save(write, before, after)


_THERE: Condition = Column("pk").exists()
_ABSENT: Condition = Column("pk").does_not_exist()

_HAD_NO_EFFECT: Condition = Column("starts").does_not_exist() & Column("took").does_not_exist()
"""The event started nothing and ended no wait for it: what `past_event` tells without a run."""


def _save(write: Transaction, before: Follower | None, after: Follower) -> None:
    if before is None:
        write.create(rows.identity_row(after))
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


def _open_with_message(write: Transaction, follower: Follower, wait: OpenWait) -> None:
    """Open the wait for the answer to a message, unless it is over: an attempt may come late."""
    row, not_yet = rows.wait_key(rows.pk_of(follower), wait.run_id), ~rows.is_over(wait.step)
    write.update(row, rows.opened(wait), not_yet, AlreadyDoneError)


def _unchanged(follower: Follower) -> Condition:
    same: Condition = Column("rev") == follower.rev
    return same


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
    write.create(rows.run_row(pk, start, event.at))


def _add_holdout(write: Transaction, pk: str, journey: str, event: InboundEvent) -> None:
    """Who is kept out again stays with the first day on which they were."""
    row = rows.holdout_row(pk, journey, event.at)
    columns = ((Column(name), value) for name, value in row.items() if name not in ("pk", "sk"))
    write.update(row, [column.set(column.if_not_exists(value_of(value))) for column, value in columns])


def _take_away(write: Transaction | Table, pk: str, live: LiveRun) -> None:
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
    took = {told["run_id"] for told in rows.ends_of_waits(row)}
    event, opt_out = InboundEvent.from_record(row["event"]), row.get("opt_out", False)
    return PastEvent(event, frozenset(started | took), opt_out)
