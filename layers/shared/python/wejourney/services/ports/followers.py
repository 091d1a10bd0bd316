"""The records of followers, as the inbox, the steps of a run and operators change them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EventBody
from wejourney.events.positions import Position, StepPositions
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import Ended, FollowerState, LiveRun, OpenWait, PastEvent, Run, RunStart, Wake
from wejourney.loyalty.benefits.coupons import CouponIssue
from wejourney.messaging.sending import Message
from wejourney.people.contacts import Contact
from wejourney.people.erasure import Erasure, RunKey, TakenJourney
from wejourney.people.followers import Follower, StepChange
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.merging import Flag
from wejourney.reasons import RunEnd
from wejourney.services.loyalty.ports import Entry


@dataclass(frozen=True)
class Effects:
    """What a recorded event started, woke and ended, and what it has shown of its person (`found`).

    Done again, all of it changes nothing.

    One that `is_quiet` changed nothing when it was kept.
    """

    start: RunStart | None = None
    wakes: tuple[Wake, ...] = ()
    ended: tuple[Ended, ...] = ()
    found: tuple[EventBody, ...] = ()
    is_quiet: bool = False


@dataclass(frozen=True)
class ClosedWait:
    """When a wait was given up, and the step positions of its run then."""

    at: datetime
    step_positions: StepPositions


class FollowerInbox(Protocol):
    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that a decision needs about whose openid this is, as it is now."""

    def read_again(self, follower: Follower) -> FollowerState:
        """The same of a person who was read, seen through the same contact; they may be merged since."""

    def owners(self, identities: Iterable[Identity]) -> Mapping[Identity, str]:
        """Which people these identities are, by our own ids: those that are somebody's."""

    def person(self, person_id: str) -> Follower | None:
        """A person by our own id, or whom they were merged into, seen through any of their contacts."""

    def joined(self, person_id: str, contact: Contact) -> FollowerState:
        """All that a decision needs about a person, seen through a contact that is to be one of theirs."""

    def merge(self, younger: Follower, older: Follower, by: IdentityKind, at: datetime) -> tuple[RunKey, ...]:
        """Make one person of two: all that is on record of the younger one becomes the older one's.

        Returns the runs that have ended by it. What is interrupted is completed by whoever reads one of them.
        Raises StaleFollowerError when one of them has changed.
        """

    def flag(self, flag: Flag) -> bool:
        """Note that a human has to say whether two people are one; False where that is noted, or was said.

        Both are on record: raises StaleFollowerError where one of them was erased or merged meanwhile.
        """

    def are_flagged(self, one: Follower, other: Follower) -> bool:
        """Whether a human is asked, or has said, that these two are not one, by whatever identity."""

    def record(self, received: Received) -> None:
        """Write an event with all its effects, or nothing.

        A run that it ends is recorded as ended; its live record is deleted, or marked as ended where it is to
        be kept; its wait is deleted. A wait that it wakes is closed with what ended it on record; one that is
        woken to wait `again` can be opened again.

        Raises AlreadyDoneError when the event is on record, StaleFollowerError when the decision was
        made on a follower that has changed since.
        """

    def keep(self, received: Received) -> None:
        """Write an event that changes nothing (`Received.is_quiet`), whatever the follower is by now.

        One that makes nobody known is kept for ACCOUNT_EVENTS_KEPT. Raises AlreadyDoneError when the event is
        on record.
        """

    def forget(self, event: InboundEvent, person_ids: Iterable[str]) -> None:
        """Delete an event of people who are not known any more."""

    def past_event(self, event: InboundEvent, follower: Follower) -> PastEvent | None:
        """An event that is on record, with the runs that it has reached."""

    def effects(self, event: InboundEvent, follower: Follower | None) -> Effects | None:
        """What an event on record started, woke and ended; None when it is not on record.

        None for a follower is an event about nobody.

        A run that has gone on since, from what the event had woken it to, needs no waking.
        """

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        """As `FollowerRecords.answer_early`."""

    def end_run(self, person_id: str, run: LiveRun, end: RunEnd, at: datetime) -> bool:
        """Record how a run ended. False when that was on record before, or its follower was erased.

        If the engine has ended it, the follower's revision changes: a task of the run may be at work still.

        A newer run of the same journey and key, whose record has taken this one's place, is left alone.
        Raises StaleFollowerError while the person is being merged with another.
        """

    def erasure(self, app_id: str, openid: str) -> Erasure | None:
        """The last erasure of this follower, if that was a short while ago."""

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
        """Leave the mark of an erasure of this follower by this event, before anything is erased.

        `taken` are the journeys that are to be remembered, with `is_remembered` the openid is also without
        any. Returns the mark with all `runs` that are to be
        stopped and with who came `back`, those that an interrupted attempt found included.
        """

    def erase(self, subject: Subject, erasure: Erasure) -> bool:
        """Forget everything about the erased lives of an openid but the mark, or much of it.

        Whether nothing is left. Who has the openid since stays. Of a person who has other contacts only what
        belongs to this one is forgotten.
        """

    def forget_media(self, person_id: str) -> None:
        """Delete the files of a person, and what is on record of them."""

    def save(self, before: Follower | None, after: Follower, taken: Iterable[TakenJourney] = ()) -> None:
        """Write what is known. Raises StaleFollowerError when the stored follower is another by then.

        `taken` are the journeys that are remembered of somebody who was not known (None). A contact that is
        not on record, through which the person is seen afterwards, joins them.
        """

    def erased(self, event: InboundEvent) -> None:
        """The erasure is complete: its mark forgets the runs, which are stopped, and who came back."""


class FollowerRecords(Protocol):
    """The records of followers, as the steps of a run change them.

    Each write is one transaction with the record of its step. A write takes the follower as it was
    decided upon and as it shall be; it raises StaleFollowerError when the stored one is another by
    then, AlreadyDoneError when the step is on record, and FollowerGoneError when nobody is stored.
    """

    def read_again(self, follower: Follower) -> FollowerState:
        """As `FollowerInbox.read_again`."""

    def save(self, before: Follower | None, after: Follower) -> None:
        """As `FollowerInbox.save`."""

    def change(
        self,
        before: Follower,
        after: Follower,
        run_id: str,
        change: StepChange,
        entries: Sequence[Entry] = (),
        issue: CouponIssue | None = None,
    ) -> None:
        """Change the tags, or what else is known of the follower, or issue a coupon. `entries` as above.

        Raises NoneLeftError when there are no more of these coupons.
        """

    def changed(self, follower: Follower, run_id: str, step: str) -> StepChange:
        """What a step has changed that has its own record: no message had followed it."""

    def events(self, follower: Follower, since: Position) -> tuple[PastEvent, ...]:
        """The follower's events from this position on, by position."""

    def newest_events(self, follower: Follower, since: Position) -> Iterator[InboundEvent]:
        """The same, the newest second first, read as they are asked for."""

    def add_message(
        self,
        before: Follower,
        after: Follower,
        message: Message,
        wait: OpenWait | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Take the allowance and put the message in the outbox, or record one that was refused.

        With a question, open its wait. `after` has made the message's `changes`, too. The `entries` are
        posted with it. Raises StaleFollowerError when the follower, or their books, have changed.
        """

    def reserve_again(
        self, follower: Follower, stored: Message, message: Message, wait: OpenWait | None
    ) -> None:
        """The same for a message that was not taken yet; its allowance is taken already.

        Raises StaleFollowerError when the follower has changed, or the message is not as it was `stored`:
        another worker calls for it. Raises AlreadyDoneError when the wait is over.
        """

    def message(self, follower: Follower, run_id: str, step: str) -> Message | None: ...

    def sent(self, follower: Follower, message: Message) -> None:
        """Record that a message was sent, or that nobody knows."""

    def not_sent(self, before: Follower, after: Follower, message: Message, wait: OpenWait | None) -> None:
        """Record why a reserved message was not sent (yet), and close its wait."""

    def open_wait(self, follower: Follower, wait: OpenWait) -> None:
        """Open the wait of a run, in the place of its last one.

        The follower changes by one revision with it, so that an event meanwhile is decided again, and no wait
        is opened for a run that an event has ended. Raises AlreadyDoneError when the wait is open, or when
        what ended it is on record.
        """

    def park_again(self, follower: Follower, wait: OpenWait) -> None:
        """Replace the token of an open wait. Raises AlreadyDoneError when it is over, else as `open_wait`."""

    def close_wait(self, run: Run, step: str, at: datetime, *, asked: bool = True) -> ClosedWait:
        """The limit of a wait for an answer or an event has passed: close it, with that on record.

        Returns what is on record, which an earlier attempt may have written. Raises
        AnsweredError when what it waits for came first. A wait that was never opened, because its question
        was not sent, is closed, too, as not `asked`.
        """

    def drop_wait(self, follower: Follower, wait: OpenWait) -> None:
        """Close a wait for a date without a record, so that it can be opened again.

        Raises AlreadyDoneError when it is not open, or with another token.
        """

    def answer(self, follower: Follower, run_id: str, step: str) -> tuple[str | None, Position] | None:
        """What ended a wait: the answer (None where it was an event), and the position of its event."""

    def answer_early(
        self, follower: Follower, wait: OpenWait, answer: str | None, event: InboundEvent
    ) -> None:
        """Close a wait by what had come before it was opened: the event has woken this run then.

        Raises AlreadyDoneError when the wait is over, StaleFollowerError when it waits for an answer and the
        event has had an effect meanwhile.
        """
