"""What an explanation consists of."""

from dataclasses import dataclass
from enum import StrEnum

from wejourney.events.event_types import EventBody
from wejourney.journeys.definition import Again, EventPattern
from wejourney.reasons import NotStarted, Part
from workbench.trace.trace_events import RunEnded, RunStarted, TraceEvent


@dataclass(frozen=True)
class EventRule:
    """The trigger means events that fit a pattern."""

    wanted: EventPattern
    found: EventBody
    holds: bool


@dataclass(frozen=True)
class AgainRule:
    """The journey may be taken again, or not: what an earlier run has against it."""

    wanted: Again
    found: NotStarted | None

    @property
    def holds(self) -> bool:
        """Whether no earlier run is in the way."""
        return self.found is None


@dataclass(frozen=True)
class EndRule:
    """The goal (`reason` is None) or an exit has not been reached yet."""

    reason: str | None
    holds: bool


@dataclass(frozen=True)
class HoldoutRule:
    """The lot is at least so high: who has a lower one is kept out."""

    lot: int
    least: int

    @property
    def holds(self) -> bool:
        """Whether the follower may enter."""
        return self.lot >= self.least


type Rule = Part | EventRule | AgainRule | EndRule | HoldoutRule
"""A rule of entry, or a part of the trigger's condition, with what was found."""


class Verdict(StrEnum):
    """What is on record of an event that could have started a journey."""

    STARTED = "started"
    REFUSED = "refused"
    OTHER_EVENT = "other_event"
    NOT_LISTENING = "not_listening"


class Note(StrEnum):
    """Why not all of a run can be told."""

    HISTORY_IS_GONE = "history_is_gone"
    OTHER_VERSION = "other_version"


@dataclass(frozen=True)
class Attempt:
    """An event that is of the kind that starts the journey. `rules` are all rules of entry, with values.

    `run_id` is the run that it started. `verdict` is what is on record, not what the rules would say today;
    `reason` is why it was refused.
    """

    at: str
    event: str
    rules: tuple[Rule, ...]
    verdict: Verdict
    run_id: str | None = None
    reason: NotStarted | None = None


@dataclass(frozen=True)
class RunFinding:
    """One run as its trace tells it; its messages that it has not come to; what cannot be told of it."""

    started: RunStarted
    trace: tuple[TraceEvent, ...]
    not_reached: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether its end is on record."""
        return any(isinstance(event, RunEnded) for event in self.trace)


@dataclass(frozen=True)
class Explanation:
    """What is on record of one person and one journey; so many `earlier` attempts are left out."""

    journey: str
    openid: str
    attempts: tuple[Attempt, ...]
    runs: tuple[RunFinding, ...]
    earlier: int = 0
