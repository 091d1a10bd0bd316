"""How far the runs of a journey came, counted from their records."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.journeys.runs import ANSWERED, OPENING_STEP, UNANSWERED, MessageStatus
from wejourney.reasons import run_end_from
from workbench.wording.reason_words import ReasonWords


@dataclass(frozen=True)
class StepCount:
    """What became of one step's messages and question, over all runs."""

    step: str
    sent: int
    not_sent: int
    answered: int
    unanswered: int

    @property
    def entered(self) -> int:
        """How many runs came to this step and have its outcome."""
        return max(self.sent + self.not_sent, self.answered + self.unanswered)


@dataclass(frozen=True)
class Funnel:
    """The counts of one journey.

    `ended` counts runs by how they ended, `live` those that go on. `held_out` counts the people who would
    have begun it.
    """

    journey: str
    started: int
    held_out: int
    ended: Mapping[str, int]
    steps: tuple[StepCount, ...]


def funnel_of(journey: str, entries: Iterable[Mapping[str, Any]]) -> Funnel:
    """Count the runs, messages and answers of a journey."""
    runs: Counter[str] = Counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    held_out = 0
    for entry in entries:
        if entry["kind"] == "run":
            runs[ReasonWords()(run_end_from(entry["end"])) if entry.get("end") else "live"] += 1
        elif entry["kind"] == "holdout":
            held_out += 1
        else:
            outcomes[entry["step"], entry.get("status") or entry["outcome"]] += 1
    steps = sorted({step for step, _ in outcomes}, key=_place)
    return Funnel(
        journey=journey,
        started=runs.total(),
        held_out=held_out,
        ended=dict(runs),
        steps=tuple(
            StepCount(
                step=step,
                sent=outcomes[step, MessageStatus.SENT] + outcomes[step, MessageStatus.UNKNOWN],
                not_sent=outcomes[step, MessageStatus.NOT_SENT],
                answered=outcomes[step, ANSWERED],
                unanswered=outcomes[step, UNANSWERED],
            )
            for step in steps
        ),
    )


def _place(step: str) -> list[tuple[int, str]]:
    """The opening first, then steps as they stand in the file."""
    if step == OPENING_STEP:
        return [(-1, "")]
    return [(int(part) if part.isdecimal() else 0, part) for part in step.split(".")]
