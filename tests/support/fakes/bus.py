"""The event bus in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeBus:
    """What was published, as often as it was."""

    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        self.published.append((event_name, detail))

    @property
    def once(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What a system makes of it that drops repetitions by their `id`."""
        return list(
            {(what, detail["id"]): (what, detail) for what, detail in reversed(self.published)}.values()
        )[::-1]
