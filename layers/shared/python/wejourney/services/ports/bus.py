"""The event bus, on which other systems listen."""

from collections.abc import Mapping
from typing import Any, Protocol


class Bus(Protocol):
    """Where other systems hear what journeys ask of them."""

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        """Publish an event. One that is published again has the same `id` in its detail."""
