"""How far people came in a journey, counted from their traces: simulated ones or recorded ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from wejourney.reasons import Finished, GoalReached, Reason, Stopped, without_details
from workbench.trace import trace_events
from workbench.wording.reason_words import ReasonWords


class Outcome(StrEnum):
    """What is counted at a step. `goal`, `left`: runs that ended there, at the goal or without one."""

    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    ANSWERED = "answered"
    CAME = "came"
    DATE_CAME = "date_came"
    DATE_MOVED = "date_moved"
    TIMED_OUT = "timed_out"
    GOAL = "goal"
    LEFT = "left"


@dataclass
class Funnel:
    """Counts over many people. `entered`: runs; `reached`: runs by step; `steps`: what happened there.

    A message that is not sent counts once, with the reason of its last channel.
    """

    people: int = 0
    entered: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    steps: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    ended: Counter[Reason] = field(default_factory=Counter)
    refused: Counter[Reason] = field(default_factory=Counter)
    not_sent: Counter[Reason] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    events: int = 0

    def add(self, journey: str, trace: Iterable[trace_events.TraceEvent]) -> None:
        """Count what happened to one person in this journey."""
        self.people += 1
        reached: set[tuple[str, str]] = set()
        last_step: dict[str, str] = {}
        for event in trace:
            if isinstance(event, trace_events.EventReceived):
                self.events += not event.by_run
            elif event.journey == journey:
                last_step[event.run] = step = event.step or last_step.get(event.run, "")
                reached.add((event.run, step))
                self._count(event, step)
        self.reached.update(step for _, step in reached if step)

    def _count(self, event: trace_events.TraceEvent, step: str) -> None:
        """Count an event; `step` is the last one that its run came to."""
        outcome: Outcome | None = None
        match event:
            case trace_events.RunStarted():
                self.entered += 1
            case trace_events.RunEnded(end=end):
                self.ended[end] += 1
                if not (event.step or isinstance(end, Finished | Stopped)):
                    outcome = Outcome.GOAL if isinstance(end, GoalReached) else Outcome.LEFT
            case trace_events.JourneyRefused():
                self.refused[without_details(event.reason)] += 1
            case trace_events.MessageSent():
                outcome = Outcome.SENT
                self.channels[event.channel] += 1
            case trace_events.MessageUnknown():
                outcome = Outcome.UNKNOWN
            case trace_events.MessageNotSent():
                if not event.retried:
                    outcome = Outcome.NOT_SENT
                    self.not_sent[without_details(event.reason)] += 1
            case trace_events.Answered():
                outcome = Outcome.ANSWERED
                self.answers[event.question, event.answer] += 1
            case trace_events.WaitEnded():
                dated = isinstance(event.awaited, trace_events.AwaitedDate)
                outcome = Outcome.DATE_CAME if dated else Outcome.CAME
            case trace_events.DateMoved():
                outcome = Outcome.DATE_MOVED
            case trace_events.TimedOut():
                outcome = Outcome.TIMED_OUT
            case (
                trace_events.EventReceived() | trace_events.WaitStarted() | trace_events.BranchTaken()
                | trace_events.TagsChanged() | trace_events.ProfileChanged() | trace_events.PointsChanged()
                | trace_events.Published() | trace_events.JourneyCalled() | trace_events.MessagePending()
            ):  # fmt: skip
                pass  # It shows only how far a run came.
            case _:
                assert_never(event)
        if outcome is not None and step:
            self.steps[step, outcome] += 1

    def ended_at(self, step: str) -> int:
        """How many runs ended when they had come to this step, and not by themselves."""
        return self.steps[step, Outcome.GOAL] + self.steps[step, Outcome.LEFT]

    def __add__(self, other: "Funnel") -> "Funnel":
        return Funnel(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        answers: dict[str, dict[str, int]] = {}
        for (question, answer), count in sorted(self.answers.items()):
            answers.setdefault(question, {})[answer] = count
        steps = {step: {"reached": count} for step, count in sorted(self.reached.items())}
        for (step, outcome), count in sorted(self.steps.items()):
            steps[step][outcome.value] = count
        return {
            "people": self.people,
            "entered": self.entered,
            **({"events": self.events} if self.events else {}),
            "steps": steps,
            "answers": answers,
            **{name: _reasons(getattr(self, name)) for name in ("ended", "refused", "not_sent")},
            "channels": dict(sorted(self.channels.items())),
        }


def recorded_funnel(
    journey: str,
    traces: Iterable[Sequence[trace_events.TraceEvent]],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Funnel:
    """The funnel of a journey in a period: of the runs that started and the refusals that happened in it.

    `until` is after the period.
    """

    def is_inside(at: datetime) -> bool:
        return (since is None or at >= since) and (until is None or at < until)

    funnel = Funnel()
    for trace in traces:
        started = (event for event in trace if isinstance(event, trace_events.RunStarted))
        runs = {event.run for event in started if is_inside(event.at)}
        events = [
            event
            for event in trace
            if event.journey == journey and (event.run in runs if event.run else is_inside(event.at))
        ]
        if events:
            funnel.add(journey, events)
    return funnel


def _reasons(counts: Mapping[Reason, int]) -> list[dict[str, Any]]:
    words = ReasonWords()
    found = [{**words.with_text(reason), "count": count} for reason, count in counts.items()]
    return sorted(found, key=lambda counted: str(counted["text"]))
