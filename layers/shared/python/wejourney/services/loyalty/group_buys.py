"""People join a group in a mini program; each of them hears once whether it came about."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.errors import StaleBooksError
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.events.mini_program_events import GROUP_COMPLETED, GROUP_FAILED, GROUP_JOINED
from wejourney.loyalty.benefits.groups import Group, GroupStatus, Joiner, opened
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower, where_following
from wejourney.services.loyalty.bookkeeping import Pause, until_done
from wejourney.services.loyalty.holding import settle_due
from wejourney.services.loyalty.ports import Failed, People, raise_failure
from wejourney.services.ports.inbox import Announcements


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
        offer, group_id = body.details.get("offer", ""), body.details.get("group", "")
        terms = self.programme.groups.get(offer)
        if terms is None:
            return
        joiner = Joiner(person.person_id, event.id, event.subject, body.order)

        def attempt() -> None:
            known = self.records.group(offer, group_id)
            before = self._with_each_once(known or opened(terms, offer, group_id, event.at))
            if before.has(event.id):
                self._tell(before)
            elif self._is_in(before, person):
                self._tell_joiner(joiner, before, GROUP_FAILED, "already_in")
            elif (after := before.joined(joiner, event.at, self.now())) is None:
                self._tell_joiner(joiner, before, GROUP_FAILED, "too_late")
            else:
                self.records.keep(after)
                self._tell(after)

        until_done(attempt, event.id, self.pause)

    def settle_due(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Settle the groups whose time is over, and tell of those of which not all have heard; how many.

        It can stop at any point and run again.
        """

        def settle(group: Group) -> None:
            with suppress(StaleBooksError):  # Somebody has joined meanwhile: it is due as it is then.
                settled = group.failed(self.now())
                if settled is not group:
                    self.records.keep(settled)
                self._tell(settled)

        return settle_due(self.records.due(self.now()), self.records.due_group, settle, self.failed, has_time)

    def _is_in(self, group: Group, person: Follower) -> bool:
        ids = {person.person_id, *person.merged}
        return any(joiner.person_id in ids for joiner in group.joiners)

    def _with_each_once(self, group: Group) -> Group:
        """The group before its last place is taken, without who has turned out to be somebody in it as well.

        They hear that it failed for their second order.
        """
        if group.status is not GroupStatus.OPEN or group.missing != 1:
            return group
        found = group.without_repeated(self._id_of)
        for joiner in group.joiners:
            if joiner not in found.joiners:
                self._tell_joiner(joiner, group, GROUP_FAILED, "already_in")
        return found

    def _id_of(self, person_id: str) -> str:
        person = self.people.person(person_id)
        return person.person_id if person is not None else person_id

    def _tell(self, group: Group) -> None:
        """Tell everybody in a settled group. Told again, it is the same event for each of them."""
        if group.status is GroupStatus.OPEN:
            return
        name = GROUP_COMPLETED if group.status is GroupStatus.COMPLETE else GROUP_FAILED
        for joiner in group.joiners:
            self._tell_joiner(joiner, group, name, "" if name == GROUP_COMPLETED else "too_few")
        with suppress(StaleBooksError):
            self.records.told(group)

    def _tell_joiner(self, joiner: Joiner, group: Group, name: str, why: str) -> None:
        person = self.people.person(joiner.person_id)
        if person is None:
            return
        details = {"group": group.id, "offer": group.offer, **({"why": why} if why else {})}
        body = MiniProgramEvent(name, joiner.order, "", details)
        at = group.settled_at or self.now()
        subject = (where_following(person) or person).subject
        self.inbox.tell([own_event(body, f"group {joiner.event_id}", subject, at)])
