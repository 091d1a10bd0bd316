"""Followers in DynamoDB: every effect in one transaction with the record that it happened."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    LIVE_RUN,
    WAIT,
    RawItem,
    Row,
    columns_of,
    erased_state,
    identity_key,
    partition,
    person_of,
    read_row,
    row_key,
    state_of,
    value_of,
)
from wejourney.adapters.dynamo.loyalty.books_store import add_entries
from wejourney.adapters.dynamo.loyalty.coupon_store import add_issue
from wejourney.adapters.dynamo.merges import Merges
from wejourney.adapters.dynamo.segment_store import AT_ONCE as SEGMENTS_AT_ONCE
from wejourney.adapters.dynamo.segment_store import write_segments
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.adapters.dynamo.uploads.upload_rows import keys_outside
from wejourney.errors import (
    AlreadyDoneError,
    AnsweredError,
    FollowerGoneError,
    MissingSettingError,
    NoneLeftError,
    StaleFollowerError,
)
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EVENT_TYPES
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
from wejourney.loyalty.benefits.coupons import CouponIssue
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.games import WhyUnranked
from wejourney.messaging.sending import Message
from wejourney.people.consents import consent_told
from wejourney.people.contacts import Contact
from wejourney.people.erasure import MARK_LASTS, Erasure, RunKey, TakenJourney, erasure_by
from wejourney.people.followers import Follower, StepChange
from wejourney.people.identities import Identity, IdentityKind, openid_identity
from wejourney.people.merging import Flag
from wejourney.plain_data import changed, from_plain
from wejourney.reasons import EndedByEngine, RunEnd, reason_from
from wejourney.services.loyalty.ports import Entry
from wejourney.services.media.ports import MediaObjects
from wejourney.services.ports.followers import ClosedWait, Effects
from wejourney.services.uploads.ports import UploadDeletion

MAX_CONFLICTS = 5
"""How often an erasure is tried again because a task changes the person."""

_AT_ONCE = 25
"""Identities, and ids of merged people, that go in one transaction with the person and 20 segments."""

_ENDED_WITH_AN_EVENT = 12
"""Runs that end, and goals that are reached, in the transaction of an event, of four writes each."""

_ENDED_AT_ONCE, _WINDOWS_AT_ONCE = 32, 98
"""Runs that end, of three writes each, and goals that are reached in a transaction of their own."""

ERASED_AT_ONCE = 10_000
"""Rows: 400 calls of DynamoDB, which take less than the 15 seconds that an event may take."""


@dataclass(frozen=True)
class FollowerStore:
    """The followers' table; FollowerInbox and FollowerRecords say what each method does.

    `ledger` is the name of the ledger's table, for those who post; `media` and `uploads` have the files of
    people, for those who erase.
    """

    table: Table
    ledger: str = ""
    media: MediaObjects | None = None
    uploads: UploadDeletion | None = None

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        """Writes that are committed at the end. Of several refused ones the first of these errors counts."""
        write = Transaction(self.table)
        yield write
        try:
            write.commit()
        except RefusedWriteError as refused:
            for error in (AlreadyDoneError, FollowerGoneError, StaleFollowerError, NoneLeftError):
                if any(failed is error for failed, _ in refused.failed):
                    raise error from refused
            raise StaleFollowerError from refused

    # --- the inbox -------------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        row = columns_of(self.table.get(identity_key(openid_identity(app_id, openid))) or {})
        if "person_id" not in row:
            return erased_state(row)
        return self._read(row["person_id"], Subject(app_id, openid))

    def read_again(self, follower: Follower) -> FollowerState:
        return self._read(follower.person_id, follower.subject)

    def _read(self, person_id: str, seen_through: Subject) -> FollowerState:
        """The person as they are when all merges that have begun are complete."""
        state = state_of(self.table.query(partition(person_id), FOLLOWER), seen_through)
        if state.merged_into is not None:
            self.merges.finish(person_id, state.merged_into)
            return self._read(state.merged_into, seen_through)
        if state.follower is not None and state.follower.merging:
            for merging_id in sorted(state.follower.merging):
                self.merges.finish(merging_id, person_id)
            return self._read(person_id, seen_through)
        return state

    def person_id_of(self, identity: Identity) -> str | None:
        """Whose identity this is; None: nobody's. Somebody who was merged with another person is that one."""
        item = self.table.get(identity_key(identity))
        return item["person_id"]["S"] if item and "person_id" in item else None

    def owners(self, identities: Iterable[Identity]) -> Mapping[Identity, str]:
        by_pk = {identity_key(identity)["pk"]: identity for identity in identities}
        rows_found = map(columns_of, self.table.get_all(map(identity_key, by_pk.values())))
        return {by_pk[row["pk"]]: row["person_id"] for row in rows_found if "person_id" in row}

    def joined(self, person_id: str, contact: Contact) -> FollowerState:
        items = self.table.query(partition(person_id), FOLLOWER)
        state = state_of(items, contact.subject)
        if state.merged_into is not None:
            self.merges.finish(person_id, state.merged_into)
            return self.joined(state.merged_into, contact)
        row = next((columns_of(item) for item in items if item["sk"]["S"] == FOLLOWER), None)
        if row is None:
            return FollowerState()
        return replace(state, follower=person_of(row).joined_by(contact), joins=True)

    def person(self, person_id: str) -> Follower | None:
        items = self.table.query(partition(person_id), FOLLOWER)
        row = columns_of(items[0]) if items else {}
        if "merged_into" in row:
            self.merges.finish(person_id, row["merged_into"])
            return self.person(row["merged_into"])
        return person_of(row) if row else None

    def merge(self, younger: Follower, older: Follower, by: IdentityKind, at: datetime) -> tuple[RunKey, ...]:
        self.merges.begin(younger, older, by, at)
        return self.merges.finish(younger.person_id, older.person_id)

    def flag(self, flag: Flag) -> bool:
        try:
            with self._transaction() as write:
                write.create(rows.flag_row(flag), AlreadyDoneError)
                for person_id in {flag.person, flag.other}:
                    write.check(row_key(partition(person_id), FOLLOWER), _NOT_MERGED)
                    write.create(rows.flagged_row(person_id, flag), AlreadyDoneError)
        except AlreadyDoneError:
            return False
        return True

    def are_flagged(self, one: Follower, other: Follower) -> bool:
        first, second = (
            {item["sk"]["S"] for item in self.table.query(rows.pk_of(person), rows.FLAGGED)}
            for person in (one, other)
        )
        return not first.isdisjoint(second)

    def flags(self) -> list[Flag]:
        """Those that no human has settled yet, the oldest first."""
        found = map(columns_of, self.table.query(rows.FLAGS))
        flags = (read_row(Flag, row) for row in found if "settled" not in row)
        return sorted(flags, key=lambda flag: (flag.at, flag.digest))

    def settle(self, flag: Flag, *, merged: bool) -> None:
        """Note what a human has said: the same pair is not flagged again, unless one of them was erased."""
        said = "merged" if merged else "separate"
        with suppress(RefusedWriteError):
            self.table.update(rows.flag_key(flag.digest), [Column("settled").set(said)], _THERE)

    @property
    def merges(self) -> Merges:
        return Merges(self.table, self._ledger)

    @property
    def _ledger(self) -> Table:
        return Table(self.ledger, self.table.client)

    def record(self, received: Received) -> None:
        """Write an event with all its effects.

        A person can have a run for each of their orders. Of very many that end, the first end before, each
        as long as the event is not on record and the person is as they were. One transaction takes 95 runs
        that wake: for an event that wakes more it raises TooManyWritesError, and the inbox puts it aside.
        """
        event = received.event
        pk = rows.timeline_pk(event.subject, received.follower)
        replaced = _replaced(received)
        ending = sorted(received.ended, key=lambda ended: ended.run is replaced)
        for some in batched(ending[:-_ENDED_WITH_AN_EVENT], _ENDED_AT_ONCE, strict=False):
            with self._transaction() as write:
                write.check(rows.event_key(pk, event), _ABSENT, AlreadyDoneError)
                if received.before is not None:
                    write.check(row_key(pk, FOLLOWER), _unchanged(received.before))
                for ended in some:
                    _end(write, pk, ended, event, replaced)
        for windows in batched(
            received.reached_windows[:-_ENDED_WITH_AN_EVENT], _WINDOWS_AT_ONCE, strict=False
        ):
            with self._transaction() as write:
                write.check(rows.event_key(pk, event), _ABSENT, AlreadyDoneError)
                for window in windows:
                    write.update(
                        rows.goal_window_key(pk, window), rows.goal_reached(window), rows.NOT_REACHED
                    )
        with self._transaction() as write:
            write.create(rows.event_row(received), AlreadyDoneError)
            if received.follower is not None:
                _save(write, received.before, received.follower, joins=received.joins)
                for identity in received.claimed:
                    claim = rows.identity_row(identity, received.follower.person_id)
                    write.put(claim, rows.UNCLAIMED | (Column("person_id") == received.follower.person_id))
                for run in received.remembered:
                    write.put(rows.live_run_row(pk, run))
                if (consent := consent_told(event)) is not None:
                    write.put(rows.consent_row(pk, consent))
            for ended in ending[-_ENDED_WITH_AN_EVENT:]:
                _end(write, pk, ended, event, replaced)
            for woken in received.woken:
                closed = rows.DROPPED if woken.again else rows.ended_by(woken.answer, event, woken.wait.step)
                write.update(rows.wait_key(pk, woken.wait.run_id), closed, rows.holds_token(woken.wait))
            if received.start is not None:
                _start(write, pk, received.start, event, replaced)
            for journey in received.held_out:
                _add_holdout(write, pk, journey, event)
            for window in received.opened_windows:
                write.create(rows.goal_window_row(pk, window))
            for window in received.reached_windows[-_ENDED_WITH_AN_EVENT:]:
                write.update(rows.goal_window_key(pk, window), rows.goal_reached(window), rows.NOT_REACHED)

    def keep(self, received: Received) -> None:
        try:
            self.table.put(rows.event_row(received), _ABSENT)
        except RefusedWriteError as refused:
            raise AlreadyDoneError from refused

    def forget(self, event: InboundEvent, person_ids: Iterable[str]) -> None:
        for person_id in person_ids:
            self.table.delete(rows.event_key(partition(person_id), event))

    def note_nothing(self, event: InboundEvent, follower: Follower, nothing: Mapping[str, str]) -> None:
        self._note(event, follower, Column("nothing").set(value_of(dict(nothing))))

    def note_unrewarded(self, event: InboundEvent, follower: Follower, why: WhyNoReward) -> None:
        self._note(event, follower, Column("unrewarded").set(value_of(why)))

    def note_unranked(self, event: InboundEvent, follower: Follower, why: WhyUnranked) -> None:
        self._note(event, follower, Column("unranked").set(value_of(why)))

    def _note(self, event: InboundEvent, follower: Follower, noted: Action) -> None:
        def write(follower: Follower) -> None:
            try:
                self.table.update(rows.event_key(rows.pk_of(follower), event), [noted], _THERE)
            except RefusedWriteError as refused:
                raise FollowerGoneError from refused

        with suppress(FollowerGoneError):  # They were erased meanwhile, and the event with them.
            self._where_they_are(follower, write)

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
        found = tuple(EVENT_TYPES[body["kind"]].read(body) for body in row.get("found", ()))
        return Effects(start, wakes, ended, found, is_quiet=row.get("quiet", False))

    def _wakes(self, pk: str, event: InboundEvent, took: Sequence[Mapping[str, Any]]) -> Iterator[Wake]:
        """The runs that wait no more because of an event, and have not waited for anything since."""
        items = self.table.query(pk, FOLLOWER) if took else []
        state, waits = state_of(items, event.subject), {item["sk"]["S"]: columns_of(item) for item in items}
        for told in took:
            row, follower = waits.get(WAIT + told["run_id"]), state.speaking_with(told["run_id"])
            live = state.live_run(told["run_id"])
            if follower and live and row is not None and row.get("step") == told["step"]:
                wait = rows.wait_from(told, row).of_run(live)
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
        taken: Iterable[TakenJourney] = (),
        *,
        is_remembered: bool = False,
    ) -> Erasure:
        pk = rows.timeline_pk(event.subject, follower)
        same_second = self.table.query(pk, f"{rows.EVENT}{Position.at(event.at)}")
        seen = frozenset({event.id, *(item["sk"]["S"].rpartition("#")[2] for item in same_second)})
        erasure = erasure_by(event, follower, runs, seen, back, taken, is_remembered=is_remembered)
        erasure = erasure.with_what_is_left_of(self.erasure(event.subject.app_id, event.subject.openid))
        self.table.put(rows.erasure_row(event, erasure, now + MARK_LASTS))
        return erasure

    def erase(self, subject: Subject, erasure: Erasure) -> bool:
        """Delete rows, ERASED_AT_ONCE or a few more of each person.

        The person's own row goes first, with what leads to it: without it a task that is under way writes
        nothing any more. A person who has other contacts stays, with what belongs to those.
        """
        nobodys = rows.timeline_pk(subject, None)
        done = [self._erase_once(subject, erasure, person_id) for person_id in erasure.person_ids]
        return self.table.delete_partition(nobodys, ERASED_AT_ONCE) and all(done)

    def _erase_once(self, subject: Subject, erasure: Erasure, person_id: str) -> bool:
        """Raises StaleFollowerError when the person changes all the time."""
        for _ in range(MAX_CONFLICTS):
            with suppress(StaleFollowerError):
                return self._erase(subject, erasure, person_id)
        raise StaleFollowerError

    def _erase(self, subject: Subject, erasure: Erasure, person_id: str) -> bool:
        pk = partition(person_id)
        row = columns_of(self.table.get(row_key(pk, FOLLOWER)) or {})
        if "merged_into" in row:
            self.merges.finish(person_id, row["merged_into"])
            if row["merged_into"] not in erasure.person_ids:
                raise StaleFollowerError  # What is to be erased of the older one has not been looked for.
            return True
        if "contacts" in row:
            person = person_of(row)
            for merging_id in sorted(person.merging):
                self.merges.finish(merging_id, person_id)
                raise StaleFollowerError  # Who is merged into them has contacts of their own.
            others = [contact for contact in person.contacts if contact.subject != subject]
            if others:
                if len(others) < len(person.contacts):
                    self._leave(person, subject, erasure)
                return self._delete_contact(pk, subject, erasure.contact_id)
            while len(person.segments) > SEGMENTS_AT_ONCE:
                person = self._leave_segments(person)
            identities, merged_ids = sorted(person.identities), sorted(person.merged)
            for identity in identities[_AT_ONCE:]:
                with suppress(RefusedWriteError):  # It is nobody's already.
                    self.table.delete(identity_key(identity), Column("person_id") == person_id)
            for merged_id in merged_ids[_AT_ONCE:]:
                self.table.delete(row_key(partition(merged_id), FOLLOWER))
            with self._transaction() as write:
                self._disown(write, person_id, rows.openid_of(person), erasure)
                for identity in identities[:_AT_ONCE]:
                    self._disown(write, person_id, identity)
                for merged_id in merged_ids[:_AT_ONCE]:
                    write.delete(row_key(partition(merged_id), FOLLOWER))
                write.delete(rows.follower_row(person), _unchanged(person))
                write_segments(write, person, None)
        # The person is gone by now, so that no flag is added; the rows that lead to the flags go after them.
        flagged = (item["sk"]["S"].removeprefix(rows.FLAGGED) for item in self.table.query(pk, rows.FLAGGED))
        self.table.delete_all(map(rows.flag_key, flagged))
        return self.table.delete_partition(pk, ERASED_AT_ONCE, self._delete_files)

    def _delete_files(self, items: Iterable[RawItem]) -> None:
        """Delete the files that these items tell of, and what leads to them, before the items go."""
        found = list(items)
        for kind, bucket in ((rows.MEDIA, self.media), (rows.UPLOAD, self.uploads)):
            names = [item["file"]["S"] for item in found if item["sk"]["S"].startswith(kind)]
            if names and bucket is None:
                raise MissingSettingError("the bucket of files", "who erases")
            if names and bucket is not None:
                bucket.delete(names)
        self.table.delete_all(key for item in found for key in keys_outside(item))

    def forget_media(self, person_id: str) -> None:
        items = self.table.query(partition(person_id), rows.MEDIA)
        self._delete_files(items)
        self.table.delete_all({"pk": item["pk"]["S"], "sk": item["sk"]["S"]} for item in items)

    def _leave_segments(self, person: Follower) -> Follower:
        """A person who is erased leaves as many segments as one transaction takes."""
        left = person.changed(segments=frozenset(sorted(person.segments)[SEGMENTS_AT_ONCE:]))
        with self._transaction() as write:
            rows.change(write, person, left)
        return left

    def _leave(self, person: Follower, subject: Subject, erasure: Erasure) -> None:
        """A person loses one of their contacts."""
        seen = person.seen_through(subject)
        if seen is None:
            return
        first, *others = seen.others
        left = changed(seen, **vars(first), others=tuple(others), rev=seen.rev + 1, lots=seen.drawn_by)
        with self._transaction() as write:
            self._disown(write, person.person_id, rows.openid_of(seen), erasure)
            rows.change(write, seen, left)

    def _disown(
        self, write: Transaction, person_id: str, identity: Identity, erasure: Erasure | None = None
    ) -> None:
        """An identity is nobody's any more; what is remembered of an openid stays (`remembered_row`)."""
        if erasure is not None and (erasure.taken or erasure.is_remembered):
            app_id, _, openid = identity.value.partition("#")
            write.put(rows.remembered_row(Subject(app_id, openid), erasure), Column("person_id") == person_id)
        else:
            write.delete(identity_key(identity), Column("person_id") == person_id)

    def _delete_contact(self, pk: str, subject: Subject, contact_id: str) -> bool:
        """Delete what belongs to one contact of a person: its events, and the runs that spoke with it."""
        found = self.table.query(pk)
        runs = {item["run_id"]["S"] for item in found if _speaks_with(item, contact_id)}
        theirs = []
        for row in map(columns_of, found):
            event = row.get("event", {})
            is_about_it = (event.get("app_id"), event.get("openid")) == (subject.app_id, subject.openid)
            is_about_it |= row["sk"].startswith((rows.MEDIA, rows.UPLOAD)) and row["contact"] == contact_id
            if _run_of(row) in runs and row.get("retain_after_end"):
                self._remember(pk, read_row(LiveRun, row))
            elif is_about_it or _run_of(row) in runs:
                theirs.append({"pk": row["pk"], "sk": row["sk"]})
            elif actions := rows.without_runs(row, runs):
                took = row.get("took", frozenset())
                same = Column("took") == value_of(took) if took else Column("took").does_not_exist()
                try:
                    self.table.update(row, actions, _THERE & same)
                except RefusedWriteError as refused:
                    raise StaleFollowerError from refused
        # The runs last: an interrupted attempt finds by them what is theirs.
        theirs.sort(key=lambda key: key["sk"].startswith(rows.RUN))
        gone = {key["sk"] for key in theirs[:ERASED_AT_ONCE]}
        self._delete_files(item for item in found if item["sk"]["S"] in gone)
        self.table.delete_all(theirs[:ERASED_AT_ONCE])
        return len(theirs) <= ERASED_AT_ONCE

    def _remember(self, pk: str, run: LiveRun) -> None:
        """The person has taken the journey, whichever contact it spoke with."""
        with suppress(RefusedWriteError):  # Another run has its place by now.
            self.table.put(rows.live_run_row(pk, LiveRun.of(run.taken)), Column("run_id") == run.run_id)

    def erased(self, event: InboundEvent) -> None:
        mark = rows.erasure_key(event.subject)
        self.table.update(
            mark,
            [
                Column(name).remove()
                for name in ("runs", "unfinished", "back", "taken", "is_remembered", "contact_id")
            ],
        )

    def seal_key(self, person_id: str, run_id: str) -> str:
        """The key to the data of a run's execution. Raises FollowerGoneError where it was deleted."""
        item = self.table.get(row_key(partition(person_id), rows.RUN, run_id))
        if item is not None and "seal_key" in item:
            return str(item["seal_key"]["S"])
        row = columns_of(self.table.get(row_key(partition(person_id), FOLLOWER)) or {})
        if "merged_into" not in row:
            raise FollowerGoneError
        self.merges.finish(person_id, row["merged_into"])
        return self.seal_key(row["merged_into"], run_id)

    # --- the steps of a run ----------------------------------------------------------------------

    def add_message(
        self,
        before: Follower,
        after: Follower,
        message: Message,
        wait: OpenWait | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        with self._transaction() as write:
            rows.change(write, before, after)
            write.create(rows.message_row(rows.pk_of(before), message), AlreadyDoneError)
            if wait is not None:
                _open_with_message(write, before, wait)
            add_entries(write, entries, self._ledger)

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
        item = self.table.get(row_key(rows.pk_of(follower), rows.MESSAGE, run_id, step))
        return rows.message_from(item) if item else None

    def sent(self, follower: Follower, message: Message) -> None:
        self._where_they_are(follower, lambda follower: self._sent(follower, message))

    def _where_they_are[T](self, follower: Follower, write: Callable[[Follower], T]) -> T:
        """Write about a person; about whom they were merged into, if that is why nothing is there."""
        try:
            return write(follower)
        except (AlreadyDoneError, AnsweredError, FollowerGoneError):
            row = columns_of(self.table.get(row_key(rows.pk_of(follower), FOLLOWER)) or {})
            if "merged_into" not in row:
                raise
            self.merges.finish(follower.person_id, row["merged_into"])
            return self._where_they_are(changed(follower, person_id=row["merged_into"]), write)

    def _sent(self, follower: Follower, message: Message) -> None:
        row = rows.message_row(rows.pk_of(follower), message)
        changed = ("status", "settled_at", "reason")
        actions = [Column(name).set(value_of(row[name])) for name in changed if row.get(name) is not None]
        try:
            self.table.update(row, actions, _THERE)
        except RefusedWriteError as refused:
            raise FollowerGoneError from refused

    def not_sent(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        if after is before:
            self._where_they_are(before, lambda follower: self._not_sent(follower, follower, message, wait))
        else:
            self._not_sent(before, after, message, wait)

    def _not_sent(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        pk = rows.pk_of(before)
        with self._transaction() as write:
            write.put(rows.message_row(pk, message), _THERE, FollowerGoneError)
            if wait is not None:
                write.update(rows.wait_key(pk, wait.run_id), rows.DROPPED)
            if after is not before:
                rows.change(write, before, after)

    def change(
        self,
        before: Follower,
        after: Follower,
        run_id: str,
        change: StepChange,
        entries: Sequence[Entry] = (),
        issue: CouponIssue | None = None,
    ) -> None:
        with self._transaction() as write:
            rows.change(write, before, after)
            write.create(rows.step_row(rows.pk_of(before), run_id, change), AlreadyDoneError)
            if change.consent_record is not None:
                write.put(rows.consent_row(rows.pk_of(before), change.consent_record))
            add_entries(write, entries, self._ledger)
            if issue is not None:
                add_issue(write, issue, self._ledger)

    def changed(self, follower: Follower, run_id: str, step: str) -> StepChange:
        item = self.table.get(row_key(rows.pk_of(follower), rows.STEP, run_id, step))
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
            rows.change(write, follower, follower.changed())

    def close_wait(self, run: Run, step: str, at: datetime, *, asked: bool = True) -> ClosedWait:
        def close(follower: Follower) -> ClosedWait:
            return self._close_wait(follower, run, step, at, asked=asked)

        return self._where_they_are(run.follower, close)

    def _close_wait(
        self, follower: Follower, run: Run, step: str, at: datetime, *, asked: bool
    ) -> ClosedWait:
        pk = rows.pk_of(follower)
        try:
            with self._transaction() as write:
                write.check(row_key(pk, FOLLOWER), _NOT_MERGED, FollowerGoneError)
                row, not_yet = rows.wait_key(pk, run.id), ~rows.is_over(step)
                write.update(row, rows.given_up(step), not_yet, AlreadyDoneError)
                write.create(rows.unanswered_row(pk, run, step, at, asked=asked), AlreadyDoneError)
        except AlreadyDoneError:
            item = self.table.get(row_key(pk, rows.UNANSWERED_WAIT, run.id, step))
            if item is None:
                raise AnsweredError from None
            columns = columns_of(item)
            positions: StepPositions = from_plain(StepPositions, columns.get("step_positions", {}))
            return ClosedWait(datetime.fromisoformat(columns["at"]), positions)
        return ClosedWait(at, run.step_positions)

    def drop_wait(self, follower: Follower, wait: OpenWait) -> None:
        self._where_they_are(follower, lambda follower: self._drop_wait(follower, wait))

    def _drop_wait(self, follower: Follower, wait: OpenWait) -> None:
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
        self._where_they_are(follower, lambda follower: self._answer_early(follower, wait, answer, event))

    def _answer_early(
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
        items = self.table.query(partition(person_id), FOLLOWER)
        row = columns_of(items[0]) if items else {}
        if "merged_into" in row:
            if "contacts" in row:
                raise StaleFollowerError  # Their rows are being moved, by one who may write the books.
            return self.end_run(row["merged_into"], run, end, at)
        pk = partition(person_id)
        for item in items:
            live = read_row(LiveRun, columns_of(item)) if item["sk"]["S"].startswith(LIVE_RUN) else None
            if live is not None and live.run_id == run.run_id:
                # Or an event has ended the run, or another one has its place by now.
                with suppress(RefusedWriteError):
                    _take_away(self.table, pk, live)
        self.table.delete(rows.wait_key(pk, run.run_id))
        if isinstance(end, EndedByEngine):
            # A task may be at work: what it has decided to post, it decides anew.
            with suppress(RefusedWriteError):
                self.table.update(row_key(pk, FOLLOWER), [Column("rev").add(1)], _THERE)
        going_on = _THERE & Column("end").does_not_exist()
        try:
            self.table.update(row_key(pk, rows.RUN, run.run_id), rows.ended_as(end, at), going_on)
        except RefusedWriteError:
            return False
        return True

    def save(self, before: Follower | None, after: Follower, taken: Iterable[TakenJourney] = ()) -> None:
        joins = before is not None and len(after.contacts) > len(before.contacts)
        with self._transaction() as write:
            _save(write, before, after, joins=joins)
            for run in map(LiveRun.of, taken):
                write.put(rows.live_run_row(rows.pk_of(after), run))


_THERE: Condition = Column("pk").exists()
_NOT_MERGED: Condition = Column("contacts").exists() & Column("merged_into").does_not_exist()
_ABSENT: Condition = Column("pk").does_not_exist()

_HAD_NO_EFFECT: Condition = Column("starts").does_not_exist() & Column("took").does_not_exist()
"""The event started nothing and ended no wait for it: what `past_event` tells without a run."""


def _save(write: Transaction, before: Follower | None, after: Follower, *, joins: bool = False) -> None:
    if before is None:
        write.put(rows.identity_row(rows.openid_of(after), after.person_id), rows.UNCLAIMED)
        write.create(rows.follower_row(after))
        write_segments(write, None, after)
    else:
        rows.change(write, before, after, joins=joins)


def _open_with_message(write: Transaction, follower: Follower, wait: OpenWait) -> None:
    """Open the wait for the answer to a message, unless it is over: an attempt may come late."""
    row, not_yet = rows.wait_key(rows.pk_of(follower), wait.run_id), ~rows.is_over(wait.step)
    write.update(row, rows.opened(wait), not_yet, AlreadyDoneError)


def _unchanged(follower: Follower) -> Condition:
    same: Condition = Column("rev") == follower.rev
    return same


def _speaks_with(run: RawItem, contact_id: str) -> bool:
    return bool(contact_id) and run.get("contact_id", {}).get("S") == contact_id


def _run_of(row: Row) -> str:
    """The run that a row belongs to."""
    if row.get("sk", "").startswith(WAIT):
        return str(row["sk"]).removeprefix(WAIT)
    return str(row.get("run_id", ""))


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


def _end(write: Transaction, pk: str, ended: Ended, event: InboundEvent, replaced: LiveRun | None) -> None:
    """An event ends a run; the row of one that is `replaced` is written by the run that takes its place."""
    write.update(row_key(pk, rows.RUN, ended.run.run_id), rows.ended_as(ended.end, event.at), _THERE)
    if ended.run is not replaced:
        _take_away(write, pk, ended.run)
    write.delete(rows.wait_key(pk, ended.run.run_id))


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


def past_event(item: RawItem) -> PastEvent:
    """The event of a row of the timeline."""
    row = columns_of(item)
    started = {row["starts"]["id"]} if "starts" in row else set()
    took = {told["run_id"] for told in rows.ends_of_waits(row)}
    event, opt_out = InboundEvent.from_record(row["event"]), row.get("opt_out", False)
    return PastEvent(event, frozenset(started | took), opt_out)
