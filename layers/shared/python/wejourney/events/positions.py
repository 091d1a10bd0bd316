"""Places in a follower's timeline, which events, steps and waits are compared by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from wejourney.plain_data import WrittenAsText

_FORM = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z#([\w-]{0,64}~{0,3})", re.ASCII)
_AFTER = "~"
"""Sorts after every id of an event."""


@dataclass(frozen=True, order=True)
class Position(WrittenAsText):
    """A place in a timeline.

    WeChat's clock ticks seconds: within one (`second`, UTC), events stand in the order in which they arrived
    (`InboundEvent.arrival`), those that were kept without it in that of their ids; an empty `mark` is before
    all of them. Positions written as strings sort alike.
    """

    second: datetime
    mark: str = ""

    @classmethod
    def at(cls, moment: datetime) -> "Position":
        """The position before everything that happens from the second of this moment on."""
        return cls(moment.astimezone(UTC).replace(microsecond=0))

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position that `str` wrote. Raises ValueError."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"not a position in a timeline: {text[:80]!r}")
        return cls(datetime.fromisoformat(found[1]).replace(tzinfo=UTC), found[2])

    @property
    def start_of_second(self) -> "Position":
        """The position before everything of the same second."""
        return Position(self.second)

    @property
    def just_after(self) -> "Position":
        """The position behind this one, and before the next event."""
        return Position(self.second, self.mark + _AFTER)

    def __str__(self) -> str:
        """The form in sort keys, rows and the data of executions."""
        return f"{self.second.isoformat(timespec='seconds')[:19]}Z#{self.mark}"


BEGINNING: Final = Position(datetime.min.replace(tzinfo=UTC))

NEVER: Final = Position(datetime.max.replace(tzinfo=UTC), _AFTER)
"""After all events: the position of a step that was not taken."""

type StepPositions = Mapping[str, Position]
"""The positions of a run's named steps that were taken."""
