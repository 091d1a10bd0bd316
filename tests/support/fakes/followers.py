"""The records of followers in memory; `tests/functional/test_contracts.py` compares them with the table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.support.fakes.loyalty.coupons import FakeCoupons
from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.items import RawItem, Row, item_of, partition
from wejourney.errors import (
    AlreadyDoneError,
    AnsweredError,
    FollowerGoneError,
    StaleFollowerError,
)
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import Merged
from wejourney.events.positions import Position
from wejourney.journeys.receiving import Received, acted_at, resume
from wejourney.journeys.runs import (
    Ended,
    FollowerState,
    GoalWindow,
    LiveRun,
    OpenWait,
    PastEvent,
    Run,
    RunStart,
    Wake,
)
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.benefits.coupons import CouponIssue
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.messaging.sending import Message
from wejourney.people.consents import consent_told
from wejourney.people.contacts import Contact
from wejourney.people.counters import without
from wejourney.people.erasure import Erasure, RunKey, TakenJourney, erasure_by
from wejourney.people.followers import Follower, StepChange
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.merging import Flag, merged
from wejourney.plain_data import changed
from wejourney.reasons import EndedByEngine, RunEnd
from wejourney.reasons import Merged as MergedAway
from wejourney.services.loyalty.ports import Entry
from wejourney.services.ports.followers import ClosedWait, Effects
from workbench.operations.timeline import entries_of, order
from workbench.simulator.books import BookRows

type Key = tuple[str, str]

type RowChange = tuple[RawItem | None, RawItem | None]
"""A row before and after a write; None: it is not there."""


@dataclass(frozen=True)
class Outcome:
    """The event that ended a wait, by its position, and its answer, if the wait was for one."""

    position: Position
    answer: str | None = None


@dataclass
class Waits:
    """The last wait of a run, and the steps of those that are over."""

    step: str = ""
    wait: OpenWait | None = None
    is_open: bool = False
    outcome: Outcome | None = None
    over: set[str] = field(default_factory=set)

    def waits_at(self, step: str) -> bool:
        return self.is_open and self.step == step

    def open(self, wait: OpenWait) -> None:
        self.step, self.wait, self.is_open, self.outcome = wait.step, wait, True, None

    def close(self, step: str, outcome: Outcome | None) -> None:
        self.step, self.is_open, self.outcome = step, False, outcome
        self.over.add(step)


@dataclass
class Partition:
    """All that is on record of one follower."""

    follower: Follower | None = None
    runs: dict[Key, LiveRun] = field(default_factory=dict)
    ends: dict[str, RunEnd | None] = field(default_factory=dict)
    waits_of: dict[str, Waits] = field(default_factory=dict)
    goal_windows: dict[Key, GoalWindow] = field(default_factory=dict)
    events: dict[Position, Received] = field(default_factory=dict)
    took: dict[Position, dict[str, tuple[str, str | None]]] = field(default_factory=dict)
    """By event: the steps of the runs whose waits it has ended, with the answers."""
    messages: dict[Key, Message] = field(default_factory=dict)
    unanswered: dict[Key, ClosedWait] = field(default_factory=dict)
    steps: dict[Key, StepChange] = field(default_factory=dict)
    written: dict[str, Row] = field(default_factory=dict)
    """The rows that people read, as the table holds them."""
    stream: list[RowChange] = field(default_factory=list, compare=False)

    @property
    def waits(self) -> dict[str, OpenWait]:
        """The open waits of live runs, by run."""
        live = {run.run_id for run in self.runs.values() if not run.ended}
        return {
            run: waits.wait
            for run, waits in sorted(self.waits_of.items())
            if waits.is_open and waits.wait is not None and run in live
        }

    def write(self, row: Row) -> None:
        before = self.written.get(row["sk"])
        self.stream.append((item_of(before) if before else None, item_of(row)))
        self.written[row["sk"]] = row

    def change(self, before: Follower | None, after: Follower) -> None:
        """Write what differs: a step knows of its follower what has travelled with its run."""
        if self.follower is None or before is None:
            self.follower = after
            return
        changes = {name: value for name, value in vars(after).items() if value != getattr(before, name)}
        if "told_at" in changes:
            changes["told_at"] = {**self.follower.told_at, **after.told_at}
        self.follower = replace(self.follower, **changes)

    def lives(self, journey: str, key: str, run_id: str) -> bool:
        """Whether this run holds its journey's place."""
        live = self.runs.get((journey, key))
        return live is not None and live.run_id == run_id and not live.ended

    def require(self, before: Follower) -> None:
        """The follower is as they were decided upon."""
        known = self.follower
        if known is None or (known.person_id, known.rev) != (before.person_id, before.rev):
            raise StaleFollowerError

    def runs_of(self, position: Position) -> frozenset[str]:
        """The runs that an event has started, or that waited for it."""
        received = self.events[position]
        started = {received.start.run.id} if received.start else set()
        woken = {one.wait.run_id for one in received.woken if not one.again}
        return frozenset(started | woken | self.took.get(position, {}).keys())

    def past(self, position: Position) -> PastEvent:
        received = self.events[position]
        return PastEvent(received.event, self.runs_of(position), received.is_opt_out)

    def take_away(self, run: LiveRun) -> None:
        """The run lives no more, but may be kept to decide on the next one."""
        live = self.runs.pop((run.journey, run.key))
        if live.retain_after_end:
            self.runs[run.journey, run.key] = replace(live, ended=True)

    def is_over(self, wait: OpenWait | None) -> bool:
        return wait is not None and wait.step in self.row_of(wait.run_id).over

    def row_of(self, run_id: str) -> Waits:
        return self.waits_of.setdefault(run_id, Waits())


class FakeFollowers:
    """The records of all followers; those of the only one can be looked at as they are."""

    def __init__(self, follower: Follower | None = None, runs: Iterable[LiveRun] = ()) -> None:
        self.person_ids: dict[Key, str] = {}
        """Which person an openid is."""
        self.partitions: dict[str, Partition] = {}
        """By person, and by openid those of nobody."""
        self.identities: dict[Identity, str] = {}
        """Whose an identity is, besides openids."""
        self.remembered: dict[Key, Erasure] = {}
        """What is remembered of an openid that was erased."""
        self.flags: dict[tuple[str, str], Flag] = {}
        self.leads_on: dict[str, str] = {}
        """Whom people were merged into."""
        self.marks: dict[Key, Erasure] = {}
        self.book_rows = BookRows()
        self.coupons = FakeCoupons()
        self.ends: dict[str, RunEnd] = {}
        """How runs ended, also of those who were erased since."""
        self.stream: list[RowChange] = []
        """All changes of the rows that people read, in order, as the table's stream has them."""
        if follower is not None:
            self.person_ids[follower.app_id, follower.openid] = follower.person_id
            self.partitions[rows.pk_of(follower)] = Partition(
                follower,
                {(run.journey, run.key): run for run in runs},
                {run.run_id: None for run in runs},
                stream=self.stream,
            )

    def of(self, app_id: str, openid: str) -> Partition:
        """The records of whoever has this openid."""
        person_id = self.person_ids.get((app_id, openid))
        nobodys = rows.timeline_pk(Subject(app_id, openid), None)
        return self._at(nobodys if person_id is None else partition(person_id))

    def _at(self, pk: str) -> Partition:
        return self.partitions.setdefault(pk, Partition(stream=self.stream))

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
        records.waits_of.pop(run_id, None)

    def _of(self, follower: Follower) -> Partition:
        return self._at(partition(self._now(follower.person_id)))

    def _about(self, event: InboundEvent, follower: Follower | None) -> Partition:
        return self._at(rows.timeline_pk(event.subject, follower))

    # --- the inbox ---------------------------------------------------------------------------

    def read(self, app_id: str, openid: str) -> FollowerState:
        person_id = self.person_ids.get((app_id, openid))
        if person_id is None:
            erasure = self.remembered.get((app_id, openid))
            if erasure is None:
                return FollowerState()
            return FollowerState(erased_at=erasure.at).with_remembered(map(LiveRun.of, erasure.taken))
        return self._read(person_id, Subject(app_id, openid))

    def read_again(self, follower: Follower) -> FollowerState:
        return self._read(self._now(follower.person_id), follower.subject)

    def note_nothing(self, event: InboundEvent, follower: Follower, nothing: Mapping[str, str]) -> None:
        self._note(event, follower, nothing=dict(nothing))

    def note_unrewarded(self, event: InboundEvent, follower: Follower, why: WhyNoReward) -> None:
        self._note(event, follower, unrewarded=why)

    def _note(self, event: InboundEvent, follower: Follower, **noted: Any) -> None:
        pk = partition(self._now(follower.person_id))
        records, sk = self._at(pk), str(rows.event_key(pk, event)["sk"])
        if sk in records.written:
            records.write({**records.written[sk], **noted})

    def _now(self, person_id: str) -> str:
        while person_id in self.leads_on:
            person_id = self.leads_on[person_id]
        return person_id

    def owners(self, identities: Iterable[Identity]) -> Mapping[Identity, str]:
        return {identity: self.identities[identity] for identity in identities if identity in self.identities}

    def person(self, person_id: str) -> Follower | None:
        return self._at(partition(self._now(person_id))).follower

    def joined(self, person_id: str, contact: Contact) -> FollowerState:
        person = self.person(person_id)
        if person is None:
            return FollowerState()
        state = self._read(person.person_id, person.subject)
        return replace(state, follower=person.joined_by(contact), joins=True)

    def merge(self, younger: Follower, older: Follower, by: IdentityKind, at: datetime) -> tuple[RunKey, ...]:
        mine, theirs = self._of(older), self._of(younger)
        mine.require(older)
        theirs.require(younger)
        assert mine.follower is not None
        assert theirs.follower is not None
        for position in mine.events.keys() & theirs.events.keys():
            received = theirs.events[position]
            counts = without(theirs.follower.counts, received.amounts, received.event.at)
            theirs.follower = changed(theirs.follower, counts=counts)
        ended = []
        for place, run in theirs.runs.items():
            other = mine.runs.get(place)
            if other is None or (other.ended and not run.ended):
                mine.runs[place] = run
            elif not run.ended:
                ended.append(RunKey(run.journey, run.run_id))
                self._has_ended(theirs, run.run_id, MergedAway(), at)
        for name in ("ends", "waits_of", "goal_windows", "events", "took", "messages", "unanswered", "steps"):
            setattr(mine, name, {**getattr(theirs, name), **getattr(mine, name)})
        pk = rows.pk_of(older)
        for sk, row in theirs.written.items():
            mine.written.setdefault(sk, {**row, "pk": pk})
        balances = self.book_rows.move(younger.person_id, older.person_id, at)
        begun = changed(mine.follower, rev=mine.follower.rev + 1, merging=frozenset({younger.person_id}))
        mine.follower = merged(begun, theirs.follower, balances)
        for contact in theirs.follower.contacts:
            self.person_ids[contact.app_id, contact.openid] = older.person_id
        for identity in theirs.follower.identities:
            self.identities[identity] = older.person_id
        self.leads_on[younger.person_id] = older.person_id
        del self.partitions[rows.pk_of(younger)]
        event = own_event(Merged(younger.person_id, by.value), younger.person_id, mine.follower.subject, at)
        received = Received(event, begun, mine.follower)
        mine.events[event.place_on_record] = received
        mine.write(rows.event_row(received, merged=theirs.follower))
        return tuple(ended)

    def tell_balance(self, person: Follower, asset: str, balance: Balance) -> None:
        """What the books write to the row of somebody who is on record."""
        records = self._at(partition(person.person_id))
        assert records.follower is not None
        records.follower = changed(records.follower.having(asset, balance), rev=records.follower.rev + 1)

    def are_flagged(self, one: Follower, other: Follower) -> bool:
        pairs = ({self._now(flag.person), self._now(flag.other)} for flag in self.flags.values())
        return {one.person_id, other.person_id} in pairs

    def flag(self, flag: Flag) -> bool:
        if None in [self._at(partition(person_id)).follower for person_id in (flag.person, flag.other)]:
            raise StaleFollowerError
        return self.flags.setdefault((flag.identity_kind, flag.pair), flag) is flag

    def _read(self, person_id: str, seen_through: Subject) -> FollowerState:
        records = self._at(partition(person_id))
        follower = records.follower.seen_through(seen_through) if records.follower is not None else None
        runs = sorted(records.runs.items(), key=lambda run: "#".join(run[0]))
        windows = sorted(records.goal_windows.items(), key=lambda window: "#".join(window[0]))
        return FollowerState(
            follower,
            tuple(run for _, run in runs),
            tuple(records.waits.values()),
            tuple(window for _, window in windows),
        )

    def record(self, received: Received) -> None:
        event = received.event
        pk = rows.timeline_pk(event.subject, received.follower)
        records = self._at(pk)
        if event.place_on_record in records.events:
            raise AlreadyDoneError
        self._require(records, received)
        if (received.before is None or received.joins) and received.follower is not None:
            self._knows(received.follower)
        for identity in received.claimed:
            assert received.follower is not None
            self.identities[identity] = received.follower.person_id
        for run in received.remembered:
            records.runs[run.journey, run.key] = run
        records.events[event.place_on_record] = received
        records.write(rows.event_row(received))
        records.follower = received.follower or records.follower
        for ended in received.ended:
            records.take_away(ended.run)
            self._has_ended(records, ended.run.run_id, ended.end, event.at)
        for woken in received.woken:
            if woken.again:
                records.row_of(woken.wait.run_id).is_open = False
            else:
                self._answered(records, woken.wait, woken.answer, event)
        if received.start is not None:
            live = received.start.live
            records.runs[live.journey, live.key] = live
            records.ends[live.run_id] = None
            records.write(rows.run_row(pk, received.start, event.at))
        if received.follower is not None and (consent := consent_told(event)) is not None:
            records.write(rows.consent_row(pk, consent))
        for journey in received.held_out:
            held_out = rows.holdout_row(pk, journey, event.at)
            if held_out["sk"] not in records.written:
                records.write(held_out)
        for window in received.opened_windows:
            records.goal_windows[window.journey, window.run_id] = window
            records.write(rows.goal_window_row(pk, window))
        for window in received.reached_windows:
            reached = replace(window, goal=None)
            records.goal_windows[window.journey, window.run_id] = reached
            records.write(rows.goal_window_row(pk, reached))

    def _knows(self, follower: Follower) -> None:
        """The openid is this person's from now on."""
        key = (follower.app_id, follower.openid)
        if key in self.person_ids:
            raise StaleFollowerError
        self.person_ids[key] = follower.person_id

    def _require(self, records: Partition, received: Received) -> None:
        """The decision was made on what is still there."""
        if received.before is not None:
            records.require(received.before)
        for identity in received.claimed:
            owner = self.identities.get(identity)
            if owner is not None and (received.follower is None or owner != received.follower.person_id):
                raise StaleFollowerError
        ended = {(one.run.journey, one.run.key): one.run.run_id for one in received.ended}
        holding = {place: live.run_id for place, live in records.runs.items() if place in ended}
        stale = holding != ended
        for woken in received.woken:
            stale |= not self._is_open(records, woken.wait)
        if received.start is not None:
            place = (received.start.live.journey, received.start.live.key)
            there = records.runs.get(place)
            free = there is None or there.is_over(received.event.at) or place in ended
            stale |= not free or received.start.run.id in records.ends
        stale |= any((one.journey, one.run_id) in records.goal_windows for one in received.opened_windows)
        there_now = (records.goal_windows.get((one.journey, one.run_id)) for one in received.reached_windows)
        stale |= any(one is None or one.reached_at is not None for one in there_now)
        if stale:
            raise StaleFollowerError

    def keep(self, received: Received) -> None:
        event = received.event
        records = self._about(event, received.follower)
        if event.place_on_record in records.events:
            raise AlreadyDoneError
        records.events[event.place_on_record] = received
        records.write(rows.event_row(received))

    def forget(self, event: InboundEvent, person_ids: Iterable[str]) -> None:
        for pk in map(partition, person_ids):
            records = self._at(pk)
            records.events.pop(event.place_on_record, None)
            records.written.pop(str(rows.event_key(pk, event)["sk"]), None)

    def forget_media(self, person_id: str) -> None:
        written = self._at(partition(person_id)).written
        for sk in [sk for sk in written if sk.startswith(rows.MEDIA)]:
            del written[sk]

    def past_event(self, event: InboundEvent, follower: Follower) -> PastEvent | None:
        records = self._of(follower)
        if event.place_on_record not in records.events:
            return None
        return records.past(event.place_on_record)

    def effects(self, event: InboundEvent, follower: Follower | None) -> Effects | None:
        records = self._about(event, follower)
        received = records.events.get(event.place_on_record)
        if received is None:
            return None
        event = received.event
        start = None
        if received.start is not None:
            run = _travelled(received.start.run)
            start = RunStart(run, LiveRun(run.journey, run.id, event.id, key=run.key))
        wakes = [Wake(one.wait.token, _travelled(one.run)) for one in received.woken if one.again]
        for run_id, (step, answer) in sorted(records.took.get(event.place_on_record, {}).items()):
            parked = records.row_of(run_id)
            state = self._read(records.follower.person_id, event.subject) if records.follower else None
            speaking = state.speaking_with(run_id) if state is not None else None
            if speaking is not None and parked.wait is not None and parked.step == step:
                going_on = resume(parked.wait, speaking, event.position, answer, acted_at(event, event.at))
                wakes.append(Wake(parked.wait.token, going_on))
        ended = (Ended(_named(one.run), one.end) for one in received.ended)
        return Effects(start, tuple(wakes), tuple(ended), received.found, is_quiet=received.is_quiet)

    def end_run(self, person_id: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        records = self._at(partition(self._now(person_id)))
        for live in list(records.runs.values()):
            if live.run_id == run.run_id:
                records.take_away(live)
        records.waits_of.pop(run.run_id, None)
        if isinstance(end, EndedByEngine) and records.follower is not None:
            records.follower = records.follower.changed()
        if records.ends.get(run.run_id, end) is not None:
            return False
        self._has_ended(records, run.run_id, end, at)
        return True

    def seal_key(self, person_id: str, run_id: str) -> str:
        row = self._at(partition(self._now(person_id))).written.get(rows.RUN + run_id)
        if row is None or not row.get("seal_key"):
            raise FollowerGoneError
        return str(row["seal_key"])

    def erasure(self, app_id: str, openid: str) -> Erasure | None:
        return self.marks.get((app_id, openid))

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
        key = (event.subject.app_id, event.subject.openid)
        second = Position.at(event.at)
        positions = self._about(event, follower).events
        same = {one.event.id for position, one in positions.items() if position.start_of_second == second}
        seen = frozenset({event.id, *same})
        erasure = erasure_by(event, follower, runs, seen, back, taken, is_remembered=is_remembered)
        erasure = erasure.with_what_is_left_of(self.marks.get(key))
        self.marks[key] = erasure
        return erasure

    def erase(self, subject: Subject, erasure: Erasure) -> bool:
        key = (subject.app_id, subject.openid)
        if self.person_ids.get(key) in erasure.person_ids:
            del self.person_ids[key]
            if erasure.taken or erasure.is_remembered:
                self.remembered[key] = erasure
        self._delete(rows.timeline_pk(subject, None))
        for person_id in erasure.person_ids:
            records = self._at(partition(person_id))
            person = records.follower
            if person is None or not any(one.subject != subject for one in person.contacts):
                if person is not None:
                    gone = {person.person_id, *person.merged}
                    self.flags = {
                        place: one
                        for place, one in self.flags.items()
                        if gone.isdisjoint((one.person, one.other))
                    }
                for identity in person.identities if person is not None else ():
                    del self.identities[identity]
                self._delete(partition(person_id))
            elif (left := person.seen_through(subject)) is not None:
                self._leave(records, left, erasure.contact_id)
        return True

    def _delete(self, pk: str) -> None:
        erased = self.partitions.pop(pk, Partition())
        self.stream += [(item_of(row), None) for row in erased.written.values()]

    def _leave(self, records: Partition, left: Follower, contact_id: str) -> None:
        """A person loses the contact that they are seen through, and what belongs to it."""
        first, *others = left.others
        records.follower = changed(
            left, **vars(first), others=tuple(others), rev=left.rev + 1, lots=left.drawn_by
        )
        gone = {run.run_id for run in records.runs.values() if contact_id and run.contact_id == contact_id}
        records.runs = {
            place: LiveRun.of(run.taken) if run.run_id in gone else run
            for place, run in records.runs.items()
            if run.run_id not in gone or run.retain_after_end
        }
        records.events = {at: one for at, one in records.events.items() if one.event.subject != left.subject}
        for run_id in gone:
            records.waits_of.pop(run_id, None)
        kept = {str(rows.event_key("", one.event)["sk"]) for one in records.events.values()}
        records.written = {
            sk: row
            for sk, row in records.written.items()
            if row.get("run_id") not in gone and (not sk.startswith(rows.EVENT) or sk in kept)
        }

    def erased(self, event: InboundEvent) -> None:
        key = (event.subject.app_id, event.subject.openid)
        self.marks[key] = replace(
            self.marks[key], runs=(), taken=(), unfinished=False, back=None, contact_id=""
        )

    # --- what operators read and write ---------------------------------------------------------

    def timeline(self, app_id: str, openid: str) -> list[dict[str, Any]]:
        written = self.of(app_id, openid).written
        raw = (item_of(written[sk]) for sk in sorted(written))
        return sorted(entries_of(raw), key=order)

    def save(self, before: Follower | None, after: Follower, taken: Iterable[TakenJourney] = ()) -> None:
        records = self._of(after)
        if before is not None:
            records.require(before)
        if before is None or len(after.contacts) > len(before.contacts):
            self._knows(after)
        records.change(before, after)
        records.runs |= {(run.journey, run.key): run for run in map(LiveRun.of, taken)}

    # --- the steps of a run ------------------------------------------------------------------

    def add_message(
        self,
        before: Follower,
        after: Follower,
        message: Message,
        wait: OpenWait | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        records = self._of(before)
        if (message.run_id, message.step) in records.messages or records.is_over(wait):
            raise AlreadyDoneError
        self._post(records, before, entries)
        records.change(before, after)
        self._put(records, rows.pk_of(before), message, wait)

    def reserve_again(
        self, follower: Follower, stored: Message, message: Message, wait: OpenWait | None
    ) -> None:
        records = self._of(follower)
        there = records.messages.get((message.run_id, message.step))
        if records.is_over(wait):
            raise AlreadyDoneError
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

    def not_sent(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        records = self._of(before)
        if (message.run_id, message.step) not in records.messages:
            raise FollowerGoneError
        if after is not before:
            records.require(before)
            records.change(before, after)
        self._put(records, rows.pk_of(before), message, None)
        if wait is not None:
            records.row_of(wait.run_id).is_open = False

    def _put(self, records: Partition, pk: str, message: Message, wait: OpenWait | None) -> None:
        records.messages[message.run_id, message.step] = message
        records.write(rows.message_row(pk, message))
        if wait is not None:
            records.row_of(wait.run_id).open(wait)

    def _post(self, records: Partition, before: Follower, entries: Sequence[Entry]) -> None:
        if self.book_rows.are_posted(entries):
            raise AlreadyDoneError
        records.require(before)
        if not self.book_rows.are_unchanged(entries):
            raise StaleFollowerError
        self.book_rows.write(entries)

    def change(
        self,
        before: Follower,
        after: Follower,
        run_id: str,
        change: StepChange,
        entries: Sequence[Entry] = (),
        issue: CouponIssue | None = None,
    ) -> None:
        records = self._of(before)
        if (run_id, change.step) in records.steps:
            raise AlreadyDoneError
        self._post(records, before, entries)
        if issue is not None:
            self.coupons.issue(issue)
        records.steps[run_id, change.step] = change
        records.write(rows.step_row(rows.pk_of(before), run_id, change))
        if change.consent_record is not None:
            records.write(rows.consent_row(rows.pk_of(before), change.consent_record))
        records.change(before, after)

    def changed(self, follower: Follower, run_id: str, step: str) -> StepChange:
        change = self._of(follower).steps.get((run_id, step))
        if change is None:
            raise FollowerGoneError
        return change

    def events(self, follower: Follower, since: Position) -> tuple[PastEvent, ...]:
        records = self._of(follower)
        found = (past for past in map(records.past, records.events) if past.event.position >= since)
        return tuple(sorted(found, key=lambda past: past.event.position))

    def newest_events(self, follower: Follower, since: Position) -> Iterator[InboundEvent]:
        records = self._of(follower)
        events = (records.past(place).event for place in sorted(records.events, reverse=True))
        return (event for event in events if event.position >= since)

    # --- waits -------------------------------------------------------------------------------

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        waits = self._of(follower).row_of(wait.run_id)
        if wait.step in waits.over or waits.waits_at(wait.step):
            raise AlreadyDoneError
        self._park(follower, wait)

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        if not self._of(follower).row_of(wait.run_id).waits_at(wait.step):
            raise AlreadyDoneError
        self._park(follower, wait)

    def _park(self, follower: Follower, wait: OpenWait) -> None:
        records = self._of(follower)
        records.require(follower)
        records.row_of(wait.run_id).open(wait)
        records.change(follower, follower.changed())

    def close_wait(self, run: Run, step: str, at: datetime, *, asked: bool = True) -> ClosedWait:
        records, key = self._of(run.follower), (run.id, step)
        if key in records.unanswered:
            return records.unanswered[key]
        if step in records.row_of(run.id).over:
            raise AnsweredError
        if records.follower is None:
            raise FollowerGoneError
        closed = records.unanswered[key] = ClosedWait(at, run.step_positions)
        records.row_of(run.id).close(step, None)
        records.write(rows.unanswered_row(rows.pk_of(run.follower), run, step, at, asked=asked))
        return closed

    def drop_wait(self, follower: Follower, wait: OpenWait) -> None:
        records = self._of(follower)
        if not self._is_open(records, wait):
            raise AlreadyDoneError
        records.row_of(wait.run_id).is_open = False

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        waits = self._of(follower).row_of(run_id)
        if waits.step != step or waits.outcome is None:
            return None
        return waits.outcome.answer, waits.outcome.position

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        records = self._of(follower)
        if not self._is_open(records, wait):
            raise AlreadyDoneError
        position = event.place_on_record
        if position not in records.events or (wait.question is not None and records.runs_of(position)):
            raise StaleFollowerError
        self._answered(records, wait, answer, event)
        row = records.written[str(rows.event_key(rows.pk_of(follower), event)["sk"])]
        records.write({**row, **rows.TAKEN, "took": {*row["took"], rows.taken(wait, answer, event)}})

    def _answered(self, records: Partition, wait: OpenWait, answer: str | None, event: InboundEvent) -> None:
        records.row_of(wait.run_id).close(wait.step, Outcome(event.position, answer))
        records.took.setdefault(event.place_on_record, {})[wait.run_id] = (wait.step, answer)

    def _is_open(self, records: Partition, wait: OpenWait) -> bool:
        waits = records.row_of(wait.run_id)
        return waits.is_open and waits.wait is not None and waits.wait.token == wait.token


def _travelled(run: Run) -> Run:
    """A run as it comes back from a row: not all of its follower travels."""
    return Run.from_dict(run.to_dict())


def _named(run: LiveRun) -> LiveRun:
    """A run as far as it takes to stop it."""
    return LiveRun(run.journey, run.run_id, event_id="")
