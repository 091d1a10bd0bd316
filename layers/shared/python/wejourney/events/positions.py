"""Places in a follower's timeline, which events, steps and waits are compared by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_SEPARATOR = "Z#"
_AFTER = "~"
"""Sorts after every id of an event."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in a timeline.

    WeChat's clock ticks seconds: within one (`second`, UTC), events stand in the order of their ids; an empty
    `mark` is before all of them. Positions written as strings sort alike.
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
        second, _, mark = text.partition(_SEPARATOR)
        return cls(datetime.fromisoformat(second).replace(tzinfo=UTC), mark)

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
        return f"{self.second.isoformat(timespec='seconds')[:19]}{_SEPARATOR}{self.mark}"


BEGINNING: Final = Position(datetime.min.replace(tzinfo=UTC))
"""Before all events."""

NEVER: Final = Position(datetime.max.replace(tzinfo=UTC), _AFTER)
"""After all events: the position of a step that was not taken."""

type StepPositions = Mapping[str, Position]
"""The positions of a run's named steps that were taken."""


def step_positions_to_dict(positions: StepPositions) -> dict[str, str]:
    """The form in rows and in the data of executions."""
    return {name: str(position) for name, position in positions.items()}


def step_positions_from_dict(data: Mapping[str, str]) -> StepPositions:
    """The positions that `step_positions_to_dict` wrote."""
    return {name: Position.parse(text) for name, text in data.items()}
