"""What an explanation consists of."""

from dataclasses import dataclass
from typing import Any

from wejourney.reasons import Part


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
class Way:
    """One way out of a choice, with the parts of its condition."""

    name: str
    verdict: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class StepFinding:
    """What became of one step of a run, and why; `at` is empty for what never happened."""

    step: str
    at: str
    what: str
    verdict: str
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True)
class RunFinding:
    """One run from its start to its end; `notes` say what cannot be told of it."""

    run_id: str
    version: str
    started_at: str
    steps: tuple[StepFinding, ...]
    end: str
    ended_at: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """What is on record of one person and one journey; so many `earlier` attempts are left out."""

    journey: str
    openid: str
    attempts: tuple[Attempt, ...]
    runs: tuple[RunFinding, ...]
    earlier: int = 0
