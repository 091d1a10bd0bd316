"""Followers in DynamoDB: every effect in one transaction with the record that it happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.reading import FOLLOWER, WAIT, follower_of, state_of
from wejourney.adapters.dynamo.table import RefusedWriteError, Row, Table, Transaction
from wejourney.adapters.dynamo.timeline import entries_of, order
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
from wejourney.journeys.runs import ANSWERED, UNANSWERED, Ended, Message, Run, RunStart, Wake
from wejourney.people.erasure import ACCOUNT_EVENTS_KEPT, MARK_LASTS, Erasure
from wejourney.people.followers import Follower, FollowerState, LiveRun, OpenWait
from wejourney.plain_data import from_plain, to_plain
from wejourney.reasons import RunEnd, reason_from
from wejourney.services.ports.followers import Change, Effects, PastEvent


@dataclass(frozen=True)
class FollowerStore:
    """The followers' table, for the services' ports FollowerInbox and FollowerRecords."""

    table: Table

    # --- the inbox -------------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that a decision needs, in one query."""
        pk = rows.partition(app_id, openid)
        return state_of(self.table.query(pk, FOLLOWER))

    def record(self, received: Received) -> None:
        """Write an event with all its effects.

        One transaction takes 30 runs that end, or 45 that wake, at once. For an event with more it raises
        TooManyWritesError, and the inbox puts the event aside.
        """
        event = received.event
        pk = rows.pk_of(event)
        write = Transaction(self.table)
        write.create("event", event_row(pk, received))
        if received.follower is not None and received.before is None:
            write.create("follower", rows.follower_row(received.follower))
        elif received.follower is not None and received.before is not None:
            _change(write, received.before, received.follower)
        replaced = _replaced(received)
        for ended in received.ended:
            _end(write, pk, ended, event, replaced=ended.run is replaced)
        if received.ended:
            self._close_waits_of(write, pk, {ended.run.run_id for ended in received.ended})
        for woken in received.woken:
            wait = woken.wait
            row = rows.wait_row(pk, wait)
            write.delete(row.sk, row, rows.WaitRow.token == wait.token)
            if not woken.again:
                write.create(f"answer {row.sk}", answer_row(pk, wait, woken.answer, event))
        if received.start is not None:
            _start(write, pk, received.start, event, replaced)
        for journey in received.held_out:
            write.put(f"holdout {journey}", rows.holdout_row(pk, journey, event.at))
        self._commit(write, done="event")

    def _close_waits_of(self, write: Transaction, pk: str, runs: set[str]) -> None:
        """A wait whose run has ended must not swallow what the follower says next."""
        for raw in self.table.query(pk, WAIT):
            if raw["run_id"]["S"] in runs:
                sk = raw["sk"]["S"]
                write.delete(sk, rows.WaitRow(pk=pk, sk=sk))

    def effects(self, event: InboundEvent) -> Effects:
        """What a recorded event started, woke and ended."""
        pk = rows.pk_of(event)
        row = self.table.get(rows.EventRow(pk=pk, sk=rows.event_sk(event)))
        if row is None:
            raise StaleFollowerError
        start = _start_again(Run.from_dict(row.starts), event) if row.starts else None
        wakes = tuple(Wake(wake["token"], Run.from_dict(wake["run"])) for wake in row.wakes or ())
        ended = tuple(
            Ended(LiveRun(end["journey"], end["run_id"], event_id=""), reason_from(end["end"]))
            for end in row.ends or ()
        )
        return Effects(start, wakes, ended)

    def erasure(self, app_id: str, openid: str) -> Erasure | None:
        """The mark of the last erasure. One that has expired may be there still: it marks nothing newer."""
        row = self.table.get(rows.erasure_key(app_id, openid))
        return rows.erasure_from(row) if row else None

    def mark_erasure(self, event: InboundEvent, runs: Iterable[LiveRun], now: datetime) -> Erasure:
        """Leave the mark, with what the one before it has not done yet."""
        same_second = self.table.query(rows.pk_of(event), f"{rows.EVENT}{Position.at(event.at)}")
        seen = frozenset({event.id, *(raw["sk"]["S"].rpartition("#")[2] for raw in same_second)})
        before = self.erasure(event.subject.app_id, event.subject.openid)
        erasure = Erasure(event.at, tuple(runs), seen).with_what_is_left_of(before)
        self.table.put(rows.erasure_row(event, erasure, now + MARK_LASTS))
        return erasure

    def erase(self, app_id: str, openid: str) -> None:
        """Delete every row of the partition.

        The follower's own row goes first: without it a task that is under way writes nothing any more.
        """
        pk = rows.partition(app_id, openid)
        self.table.delete(Row(pk=pk, sk=FOLLOWER))
        self.table.delete_partition(pk)

    def runs_stopped(self, event: InboundEvent) -> None:
        """Take the runs from the mark."""
        mark = rows.erasure_key(event.subject.app_id, event.subject.openid)
        self.table.update(mark, [rows.ErasureRow.runs.remove()])

    # --- the steps of a run ----------------------------------------------------------------------

    def load(self, app_id: str, openid: str) -> Follower | None:
        """The follower alone, as it is now."""
        raw = self.table.get_raw(Row(pk=rows.partition(app_id, openid), sk=FOLLOWER))
        return follower_of(raw) if raw else None

    def reserve(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        """Take the allowance and put the message in the outbox; with a question, open its wait."""
        pk = rows.pk_of(before)
        write = Transaction(self.table)
        _change(write, before, after)
        write.create("message", rows.message_row(pk, message))
        if wait is not None:
            write.put("wait", rows.wait_row(pk, wait))
        self._commit(write, done="message")

    def reserve_again(
        self, follower: Follower, stored: Message, message: Message, wait: OpenWait | None
    ) -> None:
        """The same for a message whose allowance is taken already."""
        pk = rows.pk_of(follower)
        write = Transaction(self.table)
        write.check("follower", rows.follower_row(follower), _unchanged(follower))
        tries, row = dict(stored.tries), rows.MessageRow
        untouched: Condition = row.status == stored.status.value
        untouched &= row.tries == tries if tries else row.tries.does_not_exist()
        write.put("message", rows.message_row(pk, message), untouched)
        if wait is not None:
            write.put("wait", rows.wait_row(pk, wait))
        self._commit(write)

    def message(self, follower: Follower, run_id: str, step: str) -> Message | None:
        """A message of the outbox."""
        row = self.table.get(rows.message_key(rows.pk_of(follower), run_id, step))
        return rows.message_from(row) if row else None

    def sent(self, follower: Follower, message: Message) -> None:
        """Record that a message was sent, or that nobody knows. One write, for every message."""
        row = rows.message_row(rows.pk_of(follower), message)
        actions: list[Action] = [rows.MessageRow.status.set(message.status.value)]
        if message.settled_at:
            actions.append(rows.MessageRow.settled_at.set(message.settled_at.isoformat()))
        if message.reason:
            actions.append(rows.MessageRow.reason.set(to_plain(message.reason)))
        try:
            self.table.update(row, actions, rows.MessageRow.pk.exists())
        except RefusedWriteError as refused:
            raise FollowerGoneError from refused

    def not_sent(self, before: Follower, after: Follower, message: Message) -> None:
        """Record why a reserved message was not sent (yet), and close its wait."""
        pk = rows.pk_of(before)
        write = Transaction(self.table)
        write.put("message", rows.message_row(pk, message), rows.MessageRow.pk.exists())
        write.delete("wait", rows.wait_key(pk, message.run_id, message.step))
        if after is not before:
            _change(write, before, after)
        self._commit(write, gone="message")

    def refuse(self, follower: Follower, message: Message) -> None:
        """Record a message that never entered the outbox."""
        pk = rows.pk_of(follower)
        write = Transaction(self.table)
        write.check("follower", rows.follower_row(follower), _unchanged(follower))
        write.create("message", rows.message_row(pk, message))
        self._commit(write, done="message")

    def change(self, before: Follower, after: Follower, run_id: str, step: str, at: datetime) -> None:
        """Change tags and other facts of the profile."""
        pk = rows.pk_of(before)
        write = Transaction(self.table)
        _change(write, before, after)
        write.create("step", rows.step_row(pk, before, after, run_id, step, at))
        self._commit(write, done="step")

    def changed(self, follower: Follower, run_id: str, step: str) -> Change:
        """What a step on record has changed."""
        row = self.table.get(rows.step_key(rows.pk_of(follower), run_id, step))
        if row is None:
            raise FollowerGoneError
        added, removed = frozenset(row.added or ()), frozenset(row.removed or ())
        return Change(datetime.fromisoformat(row.at), added, removed)

    def events(self, follower: Follower, since: Position) -> tuple[PastEvent, ...]:
        """What happened from this position on, in order; all of it from the empty position."""
        pk = rows.pk_of(follower)
        found = self.table.query(pk, rows.EVENT, after=f"{rows.EVENT}{since}")
        return tuple(_past_event(rows.EventRow.from_raw_data(raw)) for raw in found)

    # --- waits -----------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        """Open a wait. Its row changes the follower's rev, so that an event meanwhile decides again."""
        pk = rows.pk_of(follower)
        write = Transaction(self.table)
        write.check("answer", _answer_key(pk, wait.run_id, wait.step), rows.AnswerRow.pk.does_not_exist())
        write.create("wait", rows.wait_row(pk, wait))
        self._commit_wait(write, follower, wait, done=("answer", "wait"))

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        """Replace the token of an open wait."""
        pk = rows.pk_of(follower)
        write = Transaction(self.table)
        write.put("wait", rows.wait_row(pk, wait), rows.WaitRow.pk.exists())
        self._commit_wait(write, follower, wait, done="wait")

    def _commit_wait(
        self, write: Transaction, follower: Follower, wait: OpenWait, *, done: str | tuple[str, ...]
    ) -> None:
        """Commit the write of a wait, if its follower is still there and its run still lives."""
        pk = rows.pk_of(follower)
        newer = rows.FollowerRow.rev.add(1)
        write.update("gone", rows.follower_row(follower), [newer], _same_person(follower))
        live = rows.live_run_key(pk, wait.run["journey"], wait.run["key"])
        write.check("ended", live, rows.lives(wait.run_id))
        self._commit(write, done=done, gone="gone", ended="ended")

    def close_wait(self, run: Run, step: str, at: datetime) -> StepPositions:
        """The limit has passed. What was never waited for is closed all the same."""
        follower = run.follower
        pk = rows.pk_of(follower)
        write = Transaction(self.table)
        write.check("gone", rows.follower_row(follower), _same_person(follower))
        write.delete("wait", rows.wait_key(pk, run.id, step))
        write.create("answer", unanswered_row(pk, run, step, at))
        try:
            self._commit(write, done="answer", gone="gone")
        except AlreadyDoneError:
            ended = self._ended(follower, run.id, step)
            if ended is not None and ended.outcome == ANSWERED:
                raise AnsweredError from None
            kept = (ended.step_positions if ended is not None else None) or {}
            positions: StepPositions = from_plain(StepPositions, kept)
            return positions
        return run.step_positions

    def drop_wait(self, wait: OpenWait) -> None:
        """Delete a wait without a record, so that it can be opened again."""
        pk = rows.partition(wait.run["app_id"], wait.run["openid"])
        write = Transaction(self.table)
        write.delete("wait", rows.wait_row(pk, wait), rows.WaitRow.token == wait.token)
        self._commit(write, done="wait")

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        """What ended a wait: the answer (None of an event) and the event's position; None if nothing did."""
        row = self._ended(follower, run_id, step)
        if row is None or row.outcome != ANSWERED:
            return None
        return row.answer, Position.parse(row.position)

    def _ended(self, follower: Follower, run_id: str, step: str) -> rows.AnswerRow | None:
        return self.table.get(_answer_key(rows.pk_of(follower), run_id, step))

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        """Record what came before its wait was opened, and close that."""
        pk = rows.pk_of(follower)
        write = Transaction(self.table)
        write.delete("wait", rows.wait_row(pk, wait), rows.WaitRow.token == wait.token)
        write.create("answer", answer_row(pk, wait, answer, event))
        row = rows.EventRow(pk=pk, sk=rows.event_sk(event))
        free: Condition = rows.EventRow.pk.exists()
        if wait.question is not None:
            free &= _had_no_effect()
        write.update("event", row, [rows.EventRow.taken_by.add({wait.run_id})], free)
        self._commit(write, done=("wait", "answer"))

    # --- the end of a run, and reading for people --------------------------------------------------

    def end_run(self, app_id: str, openid: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        """Record how a run ended, however: with the waits that it leaves behind."""
        pk = rows.partition(app_id, openid)
        state = self.read(app_id, openid)
        write = Transaction(self.table)
        record = rows.RunRow(pk=pk, sk=rows.RUN + run.run_id)
        going_on: Condition = rows.RunRow.pk.exists() & rows.RunRow.end.does_not_exist()
        write.update("run", record, _ended_as(end, at), going_on)
        for live in state.live_runs:
            if live.run_id == run.run_id:
                _take_away(write, pk, live)
        for wait in state.waits:
            if wait.run_id == run.run_id:
                row = rows.wait_key(pk, wait.run_id, wait.step)
                write.delete(row.sk, row)
        try:
            write.commit()
        except RefusedWriteError as refused:
            if "run" not in refused.failed:
                raise StaleFollowerError from refused
            return False
        return True

    def save(self, before: Follower | None, after: Follower) -> None:
        """Write what an operator or an import knows of a follower."""
        write = Transaction(self.table)
        if before is None:
            write.create("follower", rows.follower_row(after))
        else:
            _change(write, before, after)
        self._commit(write)

    def timeline(self, app_id: str, openid: str) -> list[dict[str, Any]]:
        """All that happened with a follower, by time, as entries of `wejourney.adapters.dynamo.timeline`."""
        items = self.table.query(rows.partition(app_id, openid))
        return sorted(entries_of(items), key=order)

    def by_journey(self, journey: str, since: datetime | None = None) -> list[dict[str, Any]]:
        """All runs, messages and answers of a journey, and whom it is kept from, with what the index holds.

        What began earlier than `since` is not read.
        """
        keys: Iterable[Condition] = (
            rows.RunRow.shard == f"{journey}#{shard}" for shard in range(rows.SHARDS)
        )
        if since is not None:
            start = since.astimezone(UTC).isoformat()
            keys = (key & (rows.RunRow.at >= start) for key in keys)
        return [entry for key in keys for entry in entries_of(self.table.query_index(rows.BY_JOURNEY, key))]

    def _commit(
        self, write: Transaction, *, done: str | tuple[str, ...] = (), gone: str = "", ended: str = ""
    ) -> None:
        """Commit; the names say what a failed write means: done before, its follower gone, its run ended."""
        try:
            write.commit()
        except RefusedWriteError as refused:
            if refused.failed.keys() & ({done} if isinstance(done, str) else set(done)):
                raise AlreadyDoneError from refused
            if gone in refused.failed:
                raise FollowerGoneError from refused
            if ended in refused.failed:
                raise RunEndedError from refused
            raise StaleFollowerError from refused


def _change(write: Transaction, before: Follower, after: Follower) -> None:
    """Change what differs, if the follower is still as it was decided upon."""
    old, new = rows.follower_columns(before), rows.follower_columns(after)
    actions: list[Action] = []
    for name, value in new.items():
        if value != old[name]:
            column = getattr(rows.FollowerRow, name)
            actions.append(column.remove() if value is None else column.set(value))
    write.update("follower", rows.follower_row(after), actions, _unchanged(before))


def _unchanged(follower: Follower) -> Condition:
    """The follower is as it was decided upon."""
    same: Condition = (rows.FollowerRow.rev == follower.rev) & _same_person(follower)
    return same


def _same_person(follower: Follower) -> Condition:
    """The follower is there, and is no other life of the same openid."""
    same: Condition = rows.FollowerRow.person_id == follower.person_id
    return same


def _replaced(received: Received) -> LiveRun | None:
    """The run that the event ends and whose place the run takes that it starts."""
    if received.start is None:
        return None
    place = (received.start.live.journey, received.start.live.key)
    ended = (one.run for one in received.ended)
    return next((run for run in ended if (run.journey, run.key) == place), None)


def _start(
    write: Transaction, pk: str, start: RunStart, event: InboundEvent, replaced: LiveRun | None
) -> None:
    """One live run per journey, follower and key; the row of one that has ended may be overwritten."""
    row = rows.LiveRunRow
    free = row.pk.does_not_exist() | (row.expires_at <= event.at.isoformat()) | row.ended.exists()
    if replaced is not None:
        free = row.run_id == replaced.run_id
    write.put("live", rows.live_run_row(pk, start.live), free)
    write.create("run", rows.run_row(pk, start.run, event.at))
    if start.opening is not None:
        write.create("opening", rows.message_row(pk, start.opening))


def _start_again(run: Run, event: InboundEvent) -> RunStart:
    """The start of a recorded run, for the engine: what lives is on record already."""
    return RunStart(run, LiveRun(run.journey, run.id, event.id, key=run.key))


def _end(write: Transaction, pk: str, ended: Ended, event: InboundEvent, *, replaced: bool) -> None:
    """Record how an event ended a run; `replaced`: the run that it starts takes the live row."""
    run = ended.run
    record = rows.RunRow(pk=pk, sk=rows.RUN + run.run_id)
    write.update(f"end {record.sk}", record, _ended_as(ended.end, event.at), rows.RunRow.pk.exists())
    if not replaced:
        _take_away(write, pk, run)


def _take_away(write: Transaction, pk: str, live: LiveRun) -> None:
    """A run lives no more: its row goes, or stays as ended where it decides on the next run."""
    row, same = rows.live_run_key(pk, live.journey, live.key), rows.LiveRunRow.run_id == live.run_id
    if live.retain_after_end:
        write.update(row.sk, row, [rows.LiveRunRow.ended.set(True)], same)
    else:
        write.delete(row.sk, row, same)


def _ended_as(end: RunEnd, at: datetime) -> list[Action]:
    return [rows.RunRow.end.set(to_plain(end)), rows.RunRow.ended_at.set(at.isoformat())]


def _had_no_effect() -> Condition:
    """The event started, woke and answered nothing: what `_past_event` tells without a run."""
    row = rows.EventRow
    free: Condition = row.starts.does_not_exist() & row.wakes.does_not_exist() & row.taken_by.does_not_exist()
    return free


def _past_event(row: rows.EventRow) -> PastEvent:
    runs = [row.starts["id"]] if row.starts else []
    runs += [wake["run"]["id"] for wake in row.wakes or ()]
    return PastEvent(InboundEvent.from_record(row.event), frozenset(runs) | (row.taken_by or set()))


def event_row(pk: str, received: Received) -> rows.EventRow:
    """The record of an event and of what it led to."""
    event = received.event
    return rows.EventRow(
        pk=pk,
        sk=rows.event_sk(event),
        at=event.at.isoformat(),
        event=event.to_dict(),
        starts=received.start.run.to_dict() if received.start else None,
        wakes=[{"token": wake.token, "run": wake.run.to_dict()} for wake in received.wakes] or None,
        ends=[_ended_to_dict(ended) for ended in received.ended] or None,
        refused={name: to_plain(why) for name, why in received.refused.items()} or None,
        note=received.note,
        expires_at=None if received.follower else int((event.at + ACCOUNT_EVENTS_KEPT).timestamp()),
    )


def _ended_to_dict(ended: Ended) -> dict[str, Any]:
    return {"journey": ended.run.journey, "run_id": ended.run.run_id, "end": to_plain(ended.end)}


def _answer_key(pk: str, run_id: str, step: str) -> rows.AnswerRow:
    return rows.AnswerRow(pk=pk, sk=f"{rows.ANSWER}{run_id}#{step}")


def answer_row(pk: str, wait: OpenWait, answer: str | None, event: InboundEvent) -> rows.AnswerRow:
    """The record of a wait that an event has ended."""
    row = _answer_key(pk, wait.run_id, wait.step)
    # What came before its wait was opened ends it when it is opened.
    row.at, row.run_id, row.step = max(event.at, wait.asked_at).isoformat(), wait.run_id, wait.step
    row.journey, row.name = wait.run["journey"], wait.name or None
    row.shard = rows.shard_of(wait.run["journey"], wait.run_id)
    row.outcome, row.answer, row.position = ANSWERED, answer, str(event.position)
    return row


def unanswered_row(pk: str, run: Run, step: str, at: datetime) -> rows.AnswerRow:
    """The record of a wait whose time limit has passed."""
    row = _answer_key(pk, run.id, step)
    row.at, row.run_id, row.step = at.isoformat(), run.id, step
    row.journey, row.outcome = run.journey, UNANSWERED
    row.shard = rows.shard_of(run.journey, run.id)
    row.step_positions = to_plain(run.step_positions) or None
    return row
