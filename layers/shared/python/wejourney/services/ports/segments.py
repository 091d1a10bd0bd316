"""Who is in which segment, as operators list it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class SegmentPage:
    """Some people of a segment by our own ids; `after` continues the list, None at its end."""

    person_ids: tuple[str, ...]
    after: str | None


class SegmentLists(Protocol):
    def counts(self) -> Mapping[str, int]:
        """How many people are in each segment that ever had any."""

    def members(self, segment: str, most: int, after: str | None = None) -> SegmentPage:
        """At most so many people, those after an earlier page. Raises ValueError for what is no place."""
