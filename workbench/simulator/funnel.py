"""What a population makes of a journey: how many came how far, and what it took."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.simulator.run_interpreter import FINISHED
from workbench.simulator.trace import TraceEvent, What

_COUNTED = (What.SENT, What.NOT_SENT, What.ANSWERED, What.CAME, What.REACHED, What.TIME_OVER)

LEFT = "left"
"""What the counts of a step call runs that ended there, but not by themselves."""


@dataclass
class Funnel:
    """Counts over many people. `steps` counts by step what happened there; `reached` once for each run.

    A message that is not sent counts once, with the reason of its last channel.
    """

    people: int = 0
    entered: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    not_sent: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    events: int = 0

    def add(self, journey: str, happenings: Iterable[TraceEvent]) -> None:
        """Count what happened to one person in this journey."""
        self.people += 1
        reached: set[str] = set()
        last = ""
        for one in happenings:
            if one.what is What.EVENT:
                self.events += 1
            elif one.journey == journey:
                last = one.step or last
                reached.add(last)
                self._count(one)
                if one.what is What.ENDED and not one.step and one.text != FINISHED:
                    self.steps[last, LEFT] += 1
        self.reached.update(reached - {""})

    def _count(self, one: TraceEvent) -> None:
        match one.what:
            case What.STARTED:
                self.entered += 1
            case What.ENDED:
                self.ended[one.text] += 1
            case What.REFUSED:
                self.refused[reason_of(one.text)] += 1
            case _ if one.what in _COUNTED and not one.details.get("more"):
                self.steps[one.step, one.what.value] += 1
                self._count_more(one)

    def _count_more(self, one: TraceEvent) -> None:
        if one.what is What.SENT:
            self.channels[one.details["channel"]] += 1
        elif one.what is What.NOT_SENT:
            self.not_sent[reason_of(one.text)] += 1
        elif one.what is What.ANSWERED:
            self.answers[one.details["question"], one.text] += 1

    def __add__(self, other: "Funnel") -> "Funnel":
        """Both together."""
        return Funnel(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        answers: dict[str, dict[str, int]] = {}
        for (question, answer), count in sorted(self.answers.items()):
            answers.setdefault(question, {})[answer] = count
        steps: dict[str, dict[str, int]] = {step: {"reached": self.reached[step]} for step in self.reached}
        for (step, what), count in sorted(self.steps.items()):
            steps[step][what] = count
        return {
            "people": self.people,
            "entered": self.entered,
            "events": self.events,
            "steps": dict(sorted(steps.items())),
            "answers": answers,
            **{name: _sorted(getattr(self, name)) for name in ("ended", "refused", "not_sent", "channels")},
        }


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def reason_of(text: str) -> str:
    """The reason without what differs from person to person: times and counts."""
    return text.partition(":")[0]
