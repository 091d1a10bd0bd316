"""Two people become one: the rows of the younger one are moved to the older one's partition.

1. Both rows are marked in one transaction: from then on nobody writes about the younger person, and whoever
   reads either of them completes the merge first.
2. The rows are moved, each with all that is in it, by transactions that put them there and delete them here.
   An event that both were told of is taken off the counts of the younger one as its row goes.
3. What they have in the books is moved by two transactions in one: one gives, the other takes.
4. One transaction makes the older person both, points all identities to them, and leaves of the younger one
   what leads to the older: runs know people by our own id.

Each step can be repeated, by several workers at once.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    LIVE_RUN,
    RawItem,
    columns_of,
    partition,
    person_of,
    read_row,
    row_key,
    value_of,
)
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.segment_store import AT_ONCE as SEGMENTS_AT_ONCE
from wejourney.adapters.dynamo.segment_store import write_segments
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import StaleFollowerError
from wejourney.events.event import own_event
from wejourney.events.event_types import Merged
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import LiveRun
from wejourney.people.counters import without
from wejourney.people.erasure import RunKey
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.people.merging import merged
from wejourney.reasons import Merged as MergedAway

LEADS_ON_FOR = timedelta(days=400)
"""How long a merged person's id leads to who they are: longer than a run, which lasts a year at most."""

_AT_ONCE = 30
"""Rows of one transaction, two writes each: of at most 4 MB."""


_IDENTITIES_AT_ONCE = 17
"""Openids and other identities that begin to lead to the older one in the last transaction.

Its other writes are 83 at most: each of the two can be in 20 segments.
"""


@dataclass(frozen=True)
class Merges:
    """`table` has the people, `ledger` the books."""

    table: Table
    ledger: Table

    def begin(self, younger: Follower, older: Follower, by: IdentityKind, at: datetime) -> None:
        """Mark both. Raises StaleFollowerError when one of them has changed since, or is merged already."""
        for person_id in younger.merging:
            self.finish(person_id, younger.person_id)
        into = {"merged_into": older.person_id, "merged_by": by.value, "merged_at": at}
        marks: list[Action] = [Column(name).set(value_of(value)) for name, value in into.items()]
        free: Condition = Column("merged_into").does_not_exist()
        alone: Condition = free & Column("merging").does_not_exist()
        marked = [Column("rev").add(1), Column("merging").add(value_of({younger.person_id}))]
        write = Transaction(self.table)
        write.update(_row(younger.person_id), [*marks, Column("rev").add(1)], _is(younger) & alone)
        write.update(_row(older.person_id), marked, _is(older) & free)
        self._commit(write)

    def finish(self, younger_id: str, older_id: str) -> tuple[RunKey, ...]:
        """Complete a merge that has begun, if it is not complete.

        Returns the runs that end by it: of a journey that the older person is in as well. Raises
        StaleFollowerError when another worker is at it.
        """
        row = columns_of(self.table.get(_row(younger_id)) or {})
        if "contacts" not in row:
            return ()
        at = datetime.fromisoformat(row["merged_at"])
        ended = tuple(self._move_rows(younger_id, older_id, at))
        self._complete(younger_id, older_id)
        return ended

    # --- the rows --------------------------------------------------------------------------------

    def _move_rows(self, younger_id: str, older_id: str, at: datetime) -> Iterator[RunKey]:
        while items := self._rows_of(younger_id):
            for some in batched(items, _AT_ONCE, strict=False):
                write = Transaction(self.table)
                for item in some:
                    write.move(item, partition(older_id), rows.MAY_APPEAR)
                try:
                    write.commit()
                except RefusedWriteError:
                    for item in some:
                        yield from self._move(item, older_id, at)

    def _rows_of(self, person_id: str) -> list[RawItem]:
        """Rows of somebody besides their own, 1 MB or a few more."""
        page = self.table.first_page(partition(person_id))
        return [item for item in page if item["sk"]["S"] != FOLLOWER]

    def _move(self, item: RawItem, older_id: str, at: datetime) -> Iterator[RunKey]:
        """Move one row.

        One that the older person has as well stays as it is there, but for a live run, for a leader board on
        which the younger one stands better, and for an hour in which more rounds of theirs have counted.
        """
        there = self.table.get({"pk": partition(older_id), "sk": item["sk"]["S"]})
        write = Transaction(self.table)
        ended: RunKey | None = None
        if there is None:
            write.move(item, partition(older_id), rows.MAY_APPEAR)
        elif _counts_for_more(item, there):
            self._make_room(there)
            return
        elif not item["sk"]["S"].startswith(LIVE_RUN):
            write.remove(item, rows.MAY_APPEAR)
            if item["sk"]["S"].startswith(rows.EVENT):
                self._count_once(write, item)
        else:
            here, theirs = (read_row(LiveRun, columns_of(one)) for one in (item, there))
            if not here.ended and not theirs.ended:
                ended = RunKey(here.journey, here.run_id)
                self._end(here, item["pk"]["S"], older_id, at)
                write.remove(item, rows.MAY_APPEAR)
            elif _decides_more(here, theirs):
                self._make_room(there)
                return
            else:
                write.remove(item, rows.MAY_APPEAR)
        with suppress(RefusedWriteError):  # It has changed, or is moved already: the next page tells.
            write.commit()
            if ended is not None:
                yield ended

    def _make_room(self, there: RawItem) -> None:
        """Delete a row of the older person: the younger one's is moved with the next page."""
        write = Transaction(self.table)
        write.remove(there, rows.MAY_APPEAR)
        with suppress(RefusedWriteError):  # It has changed: the next page tells.
            write.commit()

    def _count_once(self, write: Transaction, item: RawItem) -> None:
        """Take an event of both people off the counts of the younger one, as its row goes."""
        event = columns_of({name: item[name] for name in ("at", "amounts") if name in item})
        if "amounts" not in event:
            return
        row = columns_of(self.table.get({"pk": item["pk"]["S"], "sk": FOLLOWER}) or {})
        if "contacts" in row:  # Else the merge is complete, and the item is gone.
            younger, at = person_of(row), datetime.fromisoformat(event["at"])
            rows.change(write, younger, younger.changed(counts=without(younger.counts, event["amounts"], at)))

    def _end(self, run: LiveRun, younger: str, older_id: str, at: datetime) -> None:
        """Record that a run ends by the merge, wherever its row is by now."""
        going_on: Condition = Column("pk").exists() & Column("end").does_not_exist()
        for pk in (younger, partition(older_id)):
            with suppress(RefusedWriteError):
                self.table.update(
                    row_key(pk, rows.RUN, run.run_id), rows.ended_as(MergedAway(), at), going_on
                )
            self.table.delete(rows.wait_key(pk, run.run_id))

    # --- the people ------------------------------------------------------------------------------

    def _complete(self, younger_id: str, older_id: str) -> None:
        row = columns_of(self.table.get(_row(younger_id)) or {})
        if "contacts" not in row:
            return None
        younger = person_of(row)
        there = columns_of(self.table.get(_row(older_id)) or {})
        if "contacts" not in there or "merged_into" in there:
            raise StaleFollowerError
        older, at, by = person_of(there), datetime.fromisoformat(row["merged_at"]), row["merged_by"]
        if len(younger.segments) > SEGMENTS_AT_ONCE:
            self._move_segments(younger, older)
            return self._complete(younger_id, older_id)
        # After the older one was read: what is posted in their books meanwhile changes their revision.
        both = merged(older, younger, BooksStore(self.ledger, self.table).move(younger_id, older_id, at))
        event = own_event(Merged(younger.person_id, by), younger.person_id, both.subject, at)
        theirs: Condition = Column("person_id") == younger.person_id
        identities = (*map(rows.openid_of, younger.views), *sorted(younger.identities))
        for identity in identities[_IDENTITIES_AT_ONCE:]:
            with suppress(RefusedWriteError):  # It leads to the older one already.
                self.table.put(rows.identity_row(identity, older_id), theirs)
        write = Transaction(self.table)
        rows.change(write, older, both)
        for identity in identities[:_IDENTITIES_AT_ONCE]:
            write.put(rows.identity_row(identity, older_id), theirs)
        leads_on = {"merged_into": older_id, "expires_at": int((at + LEADS_ON_FOR).timestamp())}
        write.put({**_row(younger.person_id), **leads_on}, _is(younger))
        write_segments(write, younger, None)
        write.create(rows.event_row(Received(event, older, both), merged=younger))
        self._commit(write)
        return None

    def _move_segments(self, younger: Follower, older: Follower) -> None:
        """Move as many segments of the younger one as one transaction takes."""
        some = frozenset(sorted(younger.segments)[:SEGMENTS_AT_ONCE])
        write = Transaction(self.table)
        rows.change(write, older, older.changed(segments=older.segments | some))
        rows.change(write, younger, younger.changed(segments=younger.segments - some))
        self._commit(write)

    @staticmethod
    def _commit(write: Transaction) -> None:
        try:
            write.commit()
        except RefusedWriteError as refused:
            raise StaleFollowerError from refused


def _row(person_id: str) -> dict[str, str]:
    return {"pk": partition(person_id), "sk": FOLLOWER}


def _is(person: Follower) -> Condition:
    same: Condition = Column("rev") == person.rev
    return same


def _counts_for_more(here: RawItem, there: RawItem) -> bool:
    """Of two rows with the same sk: whether `here` has the better standing, or more rounds of an hour."""
    sk = here["sk"]["S"]
    if sk.startswith(rows.BOARD):
        return bool(here["place"]["S"] < there["place"]["S"])
    return sk.startswith(rows.GAME_HOUR) and int(here["number"]["N"]) > int(there["number"]["N"])


def _decides_more(here: LiveRun, theirs: LiveRun) -> bool:
    """Of two runs of a journey: the one that lives, else the one that began later."""
    if here.ended != theirs.ended:
        return not here.ended
    return here.started_at is not None and (theirs.started_at is None or here.started_at > theirs.started_at)
