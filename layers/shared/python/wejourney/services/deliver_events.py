"""Events of other systems: to the inbox if their person is known; else they wait for an identity."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import Identified, ProfileChanged
from wejourney.events.pending import PendingEvent
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.people.told_events import ToldEvents, identified
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.pending_events import Identities, Pending, PendingEvents
from wejourney.services.release_pending_events import ReleasePendingEvents


@dataclass(frozen=True)
class Delivered:
    """How many events were queued, and the ids of those that wait."""

    queued: int = 0
    waiting: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DeliverEvents:
    """Where events go. As `history` they start no journey.

    What waits for an identity has no private values of the `profile`: there is no key for them yet.
    """

    identities: Identities
    pending: PendingEvents
    inbox: BulkInbox
    now: Callable[[], datetime]
    history: bool = False
    profile: ProfileModel = ANY_PROFILE

    def __call__(self, told: Collection[ToldEvents]) -> Delivered:
        """Deliver events. Done again, it changes nothing. Raises InboxUnavailableError."""
        contacts = self.identities.find({identity for one in told for identity in one.identities})
        known = [one for one in told if _is_known(one, contacts)]
        unknown = [one for one in told if not _is_known(one, contacts)]
        queued = [event for one in known for event in self._events(one, contacts)]
        self.inbox.tell_in_bulk(queued)
        if unknown:
            self._keep([pending for one in unknown for pending in self._pending(one)])
        return Delivered(len(queued), frozenset(event.id for one in unknown for event in one.events))

    def _events(self, told: ToldEvents, contacts: Mapping[Identity, Subject]) -> Iterator[InboundEvent]:
        """The events of a person who is known, or of a contact that becomes known by this."""
        known = next((identity for identity in told.identities if identity in contacts), None)
        if known is None:
            known = next(identity for identity in told.identities if identity.kind is IdentityKind.OPENID)
            contact = _contact_of(known)
            yield identified(known, self.now()).about(contact, history=self.history)
        else:
            contact = contacts[known]
        names = [identity for identity in told.identities if identity.kind is not IdentityKind.OPENID]
        for identity, link in told.links(known).items():
            if contacts.get(identity) == contact:
                continue
            if identity.kind is not IdentityKind.OPENID:
                yield link.about(contact, history=self.history)
                continue
            # Nobody is told an openid: it is told what leads to the person.
            for name in names:
                body, cause = Identified(name.kind, name.value), f"told {name} {link.at.isoformat()}"
                yield replace(own_event(body, cause, _contact_of(identity), link.at), history=self.history)
        for event in told.events:
            yield event.about(contact, history=self.history)

    def _pending(self, told: ToldEvents) -> Iterator[Pending]:
        """Whichever identity appears first brings all events, and tells the other identities."""
        for identity in told.identities:
            for event in (*map(self._without_private, told.events), *told.links(identity).values()):
                yield identity, event

    def _without_private(self, event: PendingEvent) -> PendingEvent:
        if not isinstance(event.body, ProfileChanged):
            return event
        told = event.body.changes.items()
        changes = {name: value for name, value in told if not self.profile.is_private(name)}
        return replace(event, body=replace(event.body, changes=changes))

    def _keep(self, pending: Collection[Pending]) -> None:
        """Keep events, then look for their people once more: one of the two sees the other."""
        self.pending.keep(pending, self.now())
        release = ReleasePendingEvents(self.pending, self.inbox)
        appeared = self.identities.find({identity for identity, _ in pending})
        for identity, contact in appeared.items():
            release(identity, contact)


def _is_known(told: ToldEvents, contacts: Mapping[Identity, Subject]) -> bool:
    return any(identity in contacts or identity.kind is IdentityKind.OPENID for identity in told.identities)


def _contact_of(identity: Identity) -> Subject:
    """The contact of an openid."""
    app_id, _, openid = identity.value.partition("#")
    return Subject(app_id, openid)
