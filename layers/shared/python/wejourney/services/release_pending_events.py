"""Put the events that waited for an identity into the inbox, when somebody is known by it."""

from dataclasses import dataclass

from wejourney.events.event import Subject
from wejourney.people.identities import Identity
from wejourney.services.ports.inbox import BulkInbox
from wejourney.services.ports.pending_events import PendingEvents


@dataclass(frozen=True)
class ReleasePendingEvents:
    pending: PendingEvents
    inbox: BulkInbox

    def __call__(self, identity: Identity, contact: Subject) -> int:
        """Queue all events of an identity as history of a contact, and return how many those were.

        An event is deleted after it is queued: a crash in between queues it twice, which changes nothing.
        Raises InboxUnavailableError.
        """
        released = 0
        while events := self.pending.first(identity):
            self.inbox.tell_in_bulk([event.about(contact, history=True) for event in events])
            self.pending.remove(identity, events)
            released += len(events)
        return released
