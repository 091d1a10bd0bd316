"""The queue of events that are to be processed."""

from collections.abc import Sequence
from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent


class InboxUnavailableError(WejourneyError):
    """The inbox did not take an event."""


class Inbox(Protocol):
    def put(self, event: InboundEvent, opening: str | None) -> None:
        """Queue an event, with the name of the journey whose opening answers it.

        Raises InboxUnavailableError, and CallbackRefusedError for what no queue message can hold.
        """


class Announcements(Protocol):
    """The door to the inbox for events of our own."""

    def tell(self, events: Sequence[InboundEvent]) -> None:
        """Queue events in this order. One that is told again has the same id, and changes nothing."""


class BulkInbox(Protocol):
    """The door to the inbox for many events at once, whose order does not matter."""

    def tell_in_bulk(self, events: Sequence[InboundEvent]) -> None:
        """Queue events, few calls for many. As `Announcements.tell`, else.

        Raises InboxUnavailableError; some of the events may be queued then.
        """
