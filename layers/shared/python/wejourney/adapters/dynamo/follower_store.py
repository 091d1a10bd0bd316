"""Followers in DynamoDB: every effect in one transaction with the record that it happened."""

from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.table import RefusedWriteError, Transaction, read_index, read_partition
from wejourney.domain.errors import AlreadyDoneError, AnsweredError, FollowerGoneError, StaleFollowerError
from wejourney.domain.events import FOLLOW, InboundEvent, second_of
from wejourney.domain.followers import Follower, FollowerState, LiveRun, OpenWait
from wejourney.domain.inbox import Received
from wejourney.domain.routing import is_answer
from wejourney.domain.runs import Message, Run, RunStart, Wake


class FollowerStore:
    """The followers' table, for the services' ports FollowerInbox and FollowerRecords."""

    def __init__(self, table_name: str) -> None:
        rows.FollowersTable.Meta.table_name = table_name

    # --- the inbox -------------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that a decision needs, in one query."""
        pk = rows.partition(app_id, openid)
        return rows.state_from(read_partition(rows.FollowersTable, pk, rows.FOLLOWER))

    def record(self, received: Received) -> None:
        """Write an event with all its effects."""
        event = received.event
        pk = rows.partition(event.app_id, event.openid)
        write = Transaction(rows.FollowersTable)
        write.create("event", _event_row(pk, received))
        if received.follower is not None and received.before is None:
            write.create("follower", rows.follower_row(received.follower))
        elif received.follower is not None and received.before is not None:
            _change(write, received.before, received.follower)
        if received.start is not None:
            _start(write, pk, received.start, event)
        if received.answered is not None:
            wait = received.answered.wait
            write.delete("wait", rows.wait_row(pk, wait), rows.WaitRow.token == wait.token)
            write.create("answer", _answer_row(pk, wait, received.answered.answer, event))
        self._commit(write, (event.app_id, event.openid), done="event")

    def effects(self, event: InboundEvent) -> tuple[RunStart | None, Wake | None]:
        """What a recorded event started and woke."""
        pk = rows.partition(event.app_id, event.openid)
        row = rows.EventRow.get(pk, rows.event_sk(event), consistent_read=True)
        start = RunStart(Run.from_dict(row.starts)) if row.starts else None
        return start, Wake(row.token, Run.from_dict(row.wakes)) if row.wakes else None

    def erase(self, app_id: str, openid: str) -> None:
        """Delete every row of the partition.

        The follower's own row goes first: without it a task that is under way writes nothing any more.
        """
        pk = rows.partition(app_id, openid)
        rows.FollowersTable(pk=pk, sk=rows.FOLLOWER).delete()
        while found := read_partition(rows.FollowersTable, pk):
            with rows.FollowersTable.batch_write(auto_commit=True) as batch:
                for raw in found:
                    batch.delete(rows.FollowersTable(pk=pk, sk=raw["sk"]["S"]))

    # --- the steps of a run ----------------------------------------------------------------------

    def load(self, app_id: str, openid: str) -> Follower | None:
        """The follower as it is now."""
        pk = rows.partition(app_id, openid)
        raw = rows.FollowersTable.connection().get_item(pk, rows.FOLLOWER, consistent_read=True).get("Item")
        return rows.follower_from(raw) if raw else None

    def reserve(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        """Take the allowance and put the message in the outbox; with a question, open its wait."""
        pk = rows.partition(before.app_id, before.openid)
        write = Transaction(rows.FollowersTable)
        _change(write, before, after)
        write.create("message", rows.message_row(pk, message))
        if wait is not None:
            write.put("wait", rows.wait_row(pk, wait))
        self._commit(write, before, done="message")

    def reserve_again(self, follower: Follower, message: Message, wait: OpenWait | None) -> None:
        """The same for a message whose allowance is taken already."""
        pk = rows.partition(follower.app_id, follower.openid)
        write = Transaction(rows.FollowersTable)
        write.put("message", rows.message_row(pk, message), rows.MessageRow.pk.exists())
        if wait is not None:
            write.put("wait", rows.wait_row(pk, wait))
        self._commit(write, follower, gone="message")

    def message(self, follower: Follower, run_id: str, step: str) -> Message | None:
        """A message of the outbox."""
        pk = rows.partition(follower.app_id, follower.openid)
        try:
            row = rows.MessageRow.get(pk, f"{rows.MESSAGE}{run_id}#{step}", consistent_read=True)
        except rows.MessageRow.DoesNotExist:
            return None
        return rows.message_from(row)

    def sent(self, follower: Follower, message: Message) -> None:
        """Record that a message was sent, or that nobody knows. One write, for every message."""
        row = rows.message_row(rows.partition(follower.app_id, follower.openid), message)
        actions: list[Action] = [rows.MessageRow.status.set(message.status.value)]
        if message.reason:
            actions.append(rows.MessageRow.reason.set(message.reason))
        try:
            row.update(actions, condition=rows.MessageRow.pk.exists())
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise FollowerGoneError from error

    def not_sent(self, before: Follower, after: Follower, message: Message) -> None:
        """Record why a reserved message was not sent (yet), and close its wait."""
        pk = rows.partition(before.app_id, before.openid)
        write = Transaction(rows.FollowersTable)
        write.put("message", rows.message_row(pk, message), rows.MessageRow.pk.exists())
        write.delete("wait", _wait_key(pk, message.run_id, message.step))
        if after is not before:
            _change(write, before, after)
        self._commit(write, before, gone="message")

    def refuse(self, follower: Follower, message: Message) -> None:
        """Record a message that never entered the outbox."""
        pk = rows.partition(follower.app_id, follower.openid)
        write = Transaction(rows.FollowersTable)
        write.check("follower", rows.follower_row(follower), _unchanged(follower))
        write.create("message", rows.message_row(pk, message))
        self._commit(write, follower, done="message")

    def retag(self, before: Follower, after: Follower, run_id: str, step: str, at: datetime) -> None:
        """Change the tags."""
        pk = rows.partition(before.app_id, before.openid)
        write = Transaction(rows.FollowersTable)
        _change(write, before, after)
        row = rows.TagsRow(
            pk=pk,
            sk=f"{rows.STEP}{run_id}#{step}",
            at=at.isoformat(),
            run_id=run_id,
            step=step,
            added=set(after.tags - before.tags) or None,
            removed=set(before.tags - after.tags) or None,
        )
        write.create("step", row)
        self._commit(write, before, done="step")

    # --- questions -------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        """Open a wait. Its row changes the follower's rev, so that an event meanwhile decides again."""
        pk = rows.partition(follower.app_id, follower.openid)
        write = Transaction(rows.FollowersTable)
        write.check("answer", _answer_key(pk, wait.run_id, wait.step), rows.AnswerRow.pk.does_not_exist())
        write.create("wait", rows.wait_row(pk, wait))
        same = rows.FollowerRow.person_id == follower.person_id
        write.update("gone", rows.follower_row(follower), [rows.FollowerRow.rev.add(1)], same)
        self._commit(write, follower, done=("answer", "wait"), gone="gone")

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        """Replace the token of an open wait."""
        pk = rows.partition(follower.app_id, follower.openid)
        write = Transaction(rows.FollowersTable)
        write.put("wait", rows.wait_row(pk, wait), rows.WaitRow.pk.exists())
        same = rows.FollowerRow.person_id == follower.person_id
        write.update("gone", rows.follower_row(follower), [rows.FollowerRow.rev.add(1)], same)
        self._commit(write, follower, done="wait", gone="gone")

    def close_wait(self, run: Run, step: str, at: datetime) -> None:
        """The limit has passed. A question that was never asked has no wait, and that is fine."""
        pk = rows.partition(run.follower.app_id, run.follower.openid)
        closed = _answer_key(pk, run.id, step)
        closed.at, closed.run_id, closed.step = at.isoformat(), run.id, step
        closed.journey, closed.outcome = run.journey, rows.UNANSWERED
        closed.shard = rows.shard_of(run.journey, run.id)
        write = Transaction(rows.FollowersTable)
        write.delete("wait", _wait_key(pk, run.id, step), rows.WaitRow.pk.exists())
        write.create("answer", closed)
        try:
            self._commit(write, run.follower, done=("wait", "answer"))
        except AlreadyDoneError:
            if self.answer(run.follower, run.id, step) is not None:
                raise AnsweredError from None

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str, str] | None:
        """The recorded answer and the position of its event; None while or when there is none."""
        key = _answer_key(rows.partition(follower.app_id, follower.openid), run_id, step)
        try:
            row = rows.AnswerRow.get(key.pk, key.sk, consistent_read=True)
        except rows.AnswerRow.DoesNotExist:
            return None
        return (row.answer, row.heard) if row.outcome == rows.ANSWERED else None

    def answer_early(self, follower: Follower, wait: OpenWait, answer: str, event: InboundEvent) -> None:
        """Record an answer that came before its wait was opened, and close that."""
        pk = rows.partition(follower.app_id, follower.openid)
        write = Transaction(rows.FollowersTable)
        write.delete("wait", rows.wait_row(pk, wait), rows.WaitRow.token == wait.token)
        write.create("answer", _answer_row(pk, wait, answer, event))
        self._commit(write, follower, done=("wait", "answer"))

    def first_message_after(self, follower: Follower, position: str) -> InboundEvent | None:
        """The first thing that the follower said after this position."""
        pk = rows.partition(follower.app_id, follower.openid)
        # WeChat's clock ticks seconds, so what came in the same second counts as after. An event that has
        # started or woken a run, such as the one at the position itself, has had its effect.
        after = rows.EVENT + second_of(position)
        for raw in read_partition(rows.FollowersTable, pk, rows.EVENT, after=after):
            row = rows.EventRow.from_raw_data(raw)
            event = InboundEvent.from_dict(row.event)
            if is_answer(event) and not row.starts and not row.wakes:
                return event
        return None

    # --- the end of a run, and reading for people --------------------------------------------------

    def end_run(self, app_id: str, openid: str, run: LiveRun, status: str, at: datetime) -> bool:
        """Record how a run ended. False when it had ended before, or its follower was erased."""
        pk = rows.partition(app_id, openid)
        write = Transaction(rows.FollowersTable)
        live = rows.LiveRunRow(pk=pk, sk=rows.LIVE_RUN + run.journey)
        write.delete("live", live, rows.LiveRunRow.run_id == run.run_id)
        ended = [rows.RunRow.status.set(status), rows.RunRow.ended_at.set(at.isoformat())]
        write.update("run", rows.RunRow(pk=pk, sk=rows.RUN + run.run_id), ended, rows.RunRow.pk.exists())
        for raw in read_partition(rows.FollowersTable, pk, f"{rows.WAIT}{run.run_id}#"):
            # A question that nobody waits for any more must not swallow what the follower says next.
            write.delete(raw["sk"]["S"], rows.WaitRow(pk=pk, sk=raw["sk"]["S"]))
        try:
            write.commit()
        except RefusedWriteError as refused:
            if refused.conflict:
                raise StaleFollowerError(self.load(app_id, openid)) from refused
            return False
        return True

    def save(self, before: Follower | None, after: Follower) -> None:
        """Write what an operator or an import knows of a follower."""
        write = Transaction(rows.FollowersTable)
        if before is None:
            write.create("follower", rows.follower_row(after))
        else:
            _change(write, before, after)
        self._commit(write, after)

    def timeline(self, app_id: str, openid: str) -> list[dict[str, Any]]:
        """All that happened with a follower, by time: `{"at", "kind", ...}`.

        Kinds are `event`, `run`, `message`, `answer` and `tags`; the other fields are those of the rows.
        """
        items = read_partition(rows.FollowersTable, rows.partition(app_id, openid))
        return sorted(filter(None, map(_timeline_entry, items)), key=_order)

    def by_journey(self, journey: str) -> list[dict[str, Any]]:
        """All runs, messages and answers of a journey, as in `timeline`."""
        return [
            entry
            for shard in range(rows.SHARDS)
            for raw in read_index(rows.FollowersTable, rows.BY_JOURNEY, "shard", f"{journey}#{shard}")
            if (entry := _timeline_entry(raw))
        ]

    def _commit(
        self,
        write: Transaction,
        whose: Follower | tuple[str, str],
        *,
        done: str | tuple[str, ...] = (),
        gone: str = "",
    ) -> None:
        """Commit; a failed write named in `done` was done before, in `gone` has lost its follower.

        `whose` is the follower, or app id and openid.
        """
        try:
            write.commit()
        except RefusedWriteError as refused:
            if refused.failed.keys() & ({done} if isinstance(done, str) else set(done)):
                raise AlreadyDoneError from refused
            if gone in refused.failed:
                raise FollowerGoneError from refused
            raw = refused.failed.get("follower")
            key = (whose.app_id, whose.openid) if isinstance(whose, Follower) else whose
            current = rows.follower_from(raw) if raw else self.load(*key)
            raise StaleFollowerError(current) from refused


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
    """The follower is as it was decided upon, and no other life of the same openid."""
    row = rows.FollowerRow
    same: Condition = (row.rev == follower.rev) & (row.person_id == follower.person_id)
    return same


def _start(write: Transaction, pk: str, start: RunStart, event: InboundEvent) -> None:
    run = start.run
    live = rows.LiveRunRow(
        pk=pk,
        sk=rows.LIVE_RUN + run.journey,
        journey=run.journey,
        run_id=run.id,
        event_id=event.id,
        over_by=start.over_by.isoformat() if start.over_by else None,
    )
    free = rows.LiveRunRow.pk.does_not_exist() | (rows.LiveRunRow.over_by <= event.at.isoformat())
    write.put("live", live, free)
    record = rows.RunRow(
        pk=pk,
        sk=rows.RUN + run.id,
        at=event.at.isoformat(),
        run_id=run.id,
        journey=run.journey,
        shard=rows.shard_of(run.journey, run.id),
        version=run.version,
        status="live",
    )
    write.create("run", record)
    if start.opening is not None:
        write.create("opening", rows.message_row(pk, start.opening))


def _event_row(pk: str, received: Received) -> rows.EventRow:
    event, wake = received.event, received.wake
    return rows.EventRow(
        pk=pk,
        sk=rows.event_sk(event),
        at=event.at.isoformat(),
        event=event.to_dict(),
        starts=received.start.run.to_dict() if received.start else None,
        token=wake.token if wake else None,
        wakes=wake.run.to_dict() if wake else None,
        note=received.note,
    )


def _answer_key(pk: str, run_id: str, step: str) -> rows.AnswerRow:
    return rows.AnswerRow(pk=pk, sk=f"{rows.ANSWER}{run_id}#{step}")


def _wait_key(pk: str, run_id: str, step: str) -> rows.WaitRow:
    return rows.WaitRow(pk=pk, sk=f"{rows.WAIT}{run_id}#{step}")


def _answer_row(pk: str, wait: OpenWait, answer: str, event: InboundEvent) -> rows.AnswerRow:
    row = _answer_key(pk, wait.run_id, wait.step)
    row.at, row.run_id, row.step = event.at.isoformat(), wait.run_id, wait.step
    row.journey, row.name = wait.run["journey"], wait.name
    row.shard = rows.shard_of(wait.run["journey"], wait.run_id)
    row.outcome, row.answer, row.heard = rows.ANSWERED, answer, event.position
    return row


def _order(entry: dict[str, Any]) -> tuple[str, int]:
    """By time; within a second first what caused, then what followed from it."""
    if entry["kind"] == "event" and entry["event"]["kind"] == FOLLOW:
        return entry["at"], 0
    caused = {"run": 1, "message": 2 if entry.get("channel") == "passive" else 5, "event": 3, "answer": 4}
    return entry["at"], caused.get(entry["kind"], 5)


_KINDS: dict[str, tuple[str, type[rows.FollowersTable]]] = {
    rows.EVENT: ("event", rows.EventRow),
    rows.RUN: ("run", rows.RunRow),
    rows.MESSAGE: ("message", rows.MessageRow),
    rows.ANSWER: ("answer", rows.AnswerRow),
    rows.STEP: ("tags", rows.TagsRow),
}
_PRIVATE = {"pk", "sk", "shard", "token", "starts", "wakes"}


def _timeline_entry(raw: dict[str, Any]) -> dict[str, Any] | None:
    kind, row = next(
        (found for prefix, found in _KINDS.items() if raw["sk"]["S"].startswith(prefix)), (None, None)
    )
    if kind is None or row is None:
        return None
    fields = row.from_raw_data(raw).attribute_values
    return {"kind": kind, "openid": raw["pk"]["S"].partition("#")[2]} | {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in fields.items()
        if name not in _PRIVATE
    }
