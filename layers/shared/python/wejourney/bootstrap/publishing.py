"""The composition root of publish_events, which needs a bus and starts without all else."""

from wejourney.adapters.aws.event_bus import EventBus
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.clock import Clock
from wejourney.settings import setting

LIMITS = Limits(connect=2, read=5, attempts=3)


def event_bus() -> EventBus:
    return EventBus(SignedClient("events", LIMITS, Clock().real_now), setting("EVENT_BUS"))
