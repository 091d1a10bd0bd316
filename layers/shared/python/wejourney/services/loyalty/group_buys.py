"""People join a group in a mini program; each of them hears once whether it came about."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, assert_never

from wejourney.errors import StaleBooksError, WejourneyError
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import GROUP_COMPLETED, GROUP_FAILED, GROUP_JOINED
from wejourney.loyalty.benefits.groups import Group, GroupStatus, Joiner, opened
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Pause, until_done
from wejourney.services.loyalty.holding import settle_due
from wejourney.services.loyalty.ports import Failed, People, heard_by, raise_failure
from wejourney.services.ports.inbox import Announcements


class WhyFailed(StrEnum):
    """Why somebody is in no group: `why` of the event."""

    TOO_FEW = "too_few"
    TOO_LATE = "too_late"
    ALREADY_IN = "already_in"
    NO_OFFER = "no_offer"


class Place(NamedTuple):
    """A group of an offer."""

    offer: str
    group: str


class UnheardError(WejourneyError):
    """A group has failed for somebody who was erased: their order has to be refunded by hand."""

    def __init__(self, group: Group, joiner: Joiner) -> None:
        super().__init__(f"group-buy {group.offer} has failed for order {joiner.order}, whose buyer has left")
        self.group, self.joiner = group, joiner


class GroupRecords(Protocol):
    def group(self, offer: str, group_id: str) -> Group | None: ...

    def due_group(self, key: str) -> Group | None: ...

    def keep(self, group: Group) -> None:
        """Keep a group as it is after a change. Raises StaleBooksError when somebody else has changed it."""

    def told(self, group: Group) -> None:
        """Note that all have heard what became of it. Raises StaleBooksError."""

    def due(self, now: datetime) -> Iterator[str]:
        """The keys of open groups whose time is over, and of settled ones that not all have heard of."""


@dataclass(frozen=True)
class GroupBuys:
    """`now` is the time. `failed` is told of whose group cannot be settled."""

    records: GroupRecords
    people: People
    programme: Programme
    inbox: Announcements
    now: Callable[[], datetime]
    pause: Pause = time.sleep
    failed: Failed = raise_failure

    def joined(self, event: InboundEvent, person: Follower) -> None:
        """Take whoever joins by this event into their group; done again, it changes nothing.

        Who comes too late, or is in it already by another order, hears that it failed for that order. Raises
        LedgerBusyError.
        """
        body = event.body
        if not isinstance(body, MiniProgramEvent) or body.name != GROUP_JOINED or event.history:
            return
        place = Place(body.details.get("offer", ""), body.details.get("group", ""))
        terms = self.programme.groups.get(place.offer)
        joiner = Joiner(person.person_id, event.id, body.order, event.at)
        if terms is None:
            self._refuse(joiner, place, WhyFailed.NO_OFFER)
            return

        def attempt() -> None:
            known = self.records.group(*place) or opened(terms, *place, event.at)
            before = self._with_each_once(known)
            mine = self._place_of(person, before)
            if before.has(event.id) or (mine is not None and mine.order == joiner.order):
                self._tell(before)
            elif mine is not None or before.has_order(joiner.order):
                self._refuse(joiner, place, WhyFailed.ALREADY_IN)
            elif (after := before.joined(joiner, self.now())) is None:
                self._refuse(joiner, place, WhyFailed.TOO_LATE)
            else:
                for left_out in set(known.joiners) - set(before.joiners):
                    self._refuse(left_out, place, WhyFailed.ALREADY_IN)
                self.records.keep(after)
                self._tell(after)

        until_done(attempt, event.id, self.pause)

    def settle_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Settle the groups whose time is over, and tell of those of which not all have heard; how many.

        It can stop at any point and run again. `failed` is told of who cannot hear any more that their group
        has failed: the shop has their money.
        """

        def settle(group: Group) -> None:
            with suppress(StaleBooksError):  # Somebody has joined meanwhile: it is due as it is then.
                settled = group.failed(self.now())
                if settled is not group:
                    self.records.keep(settled)
                for joiner in self._tell(settled):
                    if settled.status is GroupStatus.FAILED:
                        self.failed(joiner.person_id, UnheardError(settled, joiner))

        return settle_due(self.records.due(self.now()), self.records.due_group, settle, self.failed, has_time)

    def _place_of(self, person: Follower, group: Group) -> Joiner | None:
        ids = {person.person_id, *person.merged}
        return next((joiner for joiner in group.joiners if joiner.person_id in ids), None)

    def _with_each_once(self, group: Group) -> Group:
        """The group before its last place is taken, without who has turned out to be in it already."""
        if group.status is not GroupStatus.OPEN or group.missing != 1:
            return group
        return group.without_repeated(self._id_of)

    def _id_of(self, person_id: str) -> str:
        person = self.people.person(person_id)
        return person.person_id if person is not None else person_id

    def _tell(self, group: Group) -> list[Joiner]:
        """Tell everybody in a settled group, by the same event if again; returns whom nobody can tell."""
        match group.status:
            case GroupStatus.OPEN:
                return []
            case GroupStatus.COMPLETE:
                name, why = GROUP_COMPLETED, None
            case GroupStatus.FAILED:
                name, why = GROUP_FAILED, WhyFailed.TOO_FEW
            case _:
                assert_never(group.status)
        place, at = Place(group.offer, group.id), group.settled_at or group.until
        unheard = [one for one in group.joiners if not self._tell_joiner(one, place, name, why, at)]
        with suppress(StaleBooksError):
            self.records.told(group)
        return unheard

    def _refuse(self, joiner: Joiner, place: Place, why: WhyFailed) -> None:
        self._tell_joiner(joiner, place, GROUP_FAILED, why, joiner.at)

    def _tell_joiner(
        self, joiner: Joiner, place: Place, name: str, why: WhyFailed | None, at: datetime
    ) -> bool:
        """Whether there is somebody to tell."""
        person = self.people.person(joiner.person_id)
        if person is None:
            return False
        details = {"group": place.group, "offer": place.offer, **({"why": why.value} if why else {})}
        body = MiniProgramEvent(name, joiner.order, "", details)
        subject = heard_by(person)
        self.inbox.tell([own_event(body, f"group {joiner.event_id}", subject, at)])
        return True
