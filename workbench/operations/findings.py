"""What an explanation consists of."""

from dataclasses import dataclass
from typing import Any

from wejourney.reasons import Part
from workbench.trace.events import RunEnded, RunStarted, TraceEvent


@dataclass(frozen=True)
class Rule:
    """A rule of entry besides the parts of the condition, in words: what it wants, and what there was."""

    words: str
    wanted: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Attempt:
    """An event that is of the kind that starts the journey. `rules` are all rules of entry, with values.

    `run_id` is the run that it started. `verdict` is what is on record, not what the rules would say today;
    `reason` is the refusal's, as data.
    """

    at: str
    event: str
    rules: tuple[Rule | Part, ...]
    verdict: str
    run_id: str | None = None
    reason: dict[str, Any] | None = None


@dataclass(frozen=True)
class RunFinding:
    """One run as its trace tells it; its messages that it has not come to; what cannot be told of it."""

    started: RunStarted
    trace: tuple[TraceEvent, ...]
    not_reached: tuple[str, ...]
    notes: tuple[str, ...] = ()

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
