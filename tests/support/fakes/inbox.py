"""The inbox in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from wejourney.events.event import InboundEvent


@dataclass
class FakeInbox:
    """Events that were `told`, and those `queued` that are yet to be worked on.

    As SQS does, it drops a repetition within five minutes.
    """

    queued: list[InboundEvent] = field(default_factory=list)
    told: list[InboundEvent] = field(default_factory=list)

    def tell(self, events: Sequence[InboundEvent]) -> None:
        for event in events:
            ago = event.at - timedelta(minutes=5)
            if not any(before.id == event.id and before.at > ago for before in self.told):
                self.queued.append(event)
            self.told.append(event)

    def tell_in_bulk(self, events: Sequence[InboundEvent]) -> None:
        self.tell(events)
