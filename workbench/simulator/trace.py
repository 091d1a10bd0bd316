"""What happens in a simulation: one record for each thing that a reader of the transcript wants to see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class What(StrEnum):
    """The kinds of happenings."""

    EVENT = "event"
    STARTED = "started"
    REFUSED = "refused"
    SENT = "sent"
    NOT_SENT = "not_sent"
    ANSWERED = "answered"
    CAME = "came"
    REACHED = "reached"
    TIME_OVER = "time_over"
    WAITS = "waits"
    WAY = "way"
    TAGS = "tags"
    POINTS = "points"
    PROFILE = "profile"
    TOLD = "told"
    CALLED = "called"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One thing that happened, `at` a moment of the virtual clock (UTC), in a run of `journey` at `step`.

    `text` is what was said, chosen or decided; `details` is what else belongs to this kind. An event came, a
    date is reached.
    """

    at: datetime
    what: What
    journey: str = ""
    step: str = ""
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The form of `simulate --json`."""
        data = {"at": self.at.isoformat(), "what": self.what.value}
        named = {"journey": self.journey, "step": self.step, "text": self.text}
        return data | {name: value for name, value in named.items() if value} | dict(self.details)
