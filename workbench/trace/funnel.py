"""How far people came in a journey, counted from their traces: simulated ones or recorded ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from wejourney.reasons import (
    EndedByEngine,
    EndedByJourney,
    EndedByOperator,
    Exited,
    Finished,
    GoalReached,
    Reason,
    RunEnd,
    Stopped,
    Unfollowed,
    without_details,
)
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
    """Counts over many people. `steps` counts by step what happened there; `reached` counts each run once.

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
        last: dict[str, str] = {}
        for event in trace:
            if isinstance(event, trace_events.EventReceived):
                self.events += not event.by_run
            elif event.journey == journey:
                last[event.run] = step = event.step or last.get(event.run, "")
                reached.add((event.run, step))
                self._count(event)
                if isinstance(event, trace_events.RunEnded) and not event.step:
                    self._count_end(step, event.end)
        self.reached.update(step for _, step in reached if step)

    def _count_end(self, last: str, end: RunEnd) -> None:
        """Count an end that no step is known to have made, at the last step that the run came to."""
        match end:
            case Finished() | Stopped():
                pass
            case GoalReached():
                self.steps[last, Outcome.GOAL] += 1
            case Exited() | Unfollowed() | EndedByJourney() | EndedByOperator() | EndedByEngine():
                self.steps[last, Outcome.LEFT] += 1
            case _:
                assert_never(end)

    def ended_at(self, step: str) -> int:
        """How many runs ended when they had come to this step, and not by themselves."""
        return self.steps[step, Outcome.GOAL] + self.steps[step, Outcome.LEFT]

    def _count(self, event: trace_events.TraceEvent) -> None:
        match event:
            case trace_events.RunStarted():
                self.entered += 1
            case trace_events.RunEnded():
                self.ended[event.end] += 1
            case trace_events.JourneyRefused():
                self.refused[without_details(event.reason)] += 1
            case (
                trace_events.MessageSent()
                | trace_events.MessageNotSent()
                | trace_events.MessageUnknown()
                | trace_events.MessagePending()
            ):
                self._count_message(event)
            case (
                trace_events.Answered()
                | trace_events.WaitEnded()
                | trace_events.DateMoved()
                | trace_events.TimedOut()
            ):
                self._count_wait(event)
            case (
                trace_events.EventReceived() | trace_events.WaitStarted() | trace_events.BranchTaken()
                | trace_events.TagsChanged() | trace_events.ProfileChanged() | trace_events.PointsChanged()
                | trace_events.Published() | trace_events.JourneyCalled()
            ):  # fmt: skip
                pass  # It shows only how far a run came.
            case _:
                assert_never(event)

    def _count_message(self, event: trace_events.MessageEvent) -> None:
        match event:
            case trace_events.MessageSent():
                self._at(event, Outcome.SENT)
                self.channels[event.channel] += 1
            case trace_events.MessageUnknown():
                self._at(event, Outcome.UNKNOWN)
            case trace_events.MessageNotSent():
                if not event.retried:
                    self._at(event, Outcome.NOT_SENT)
                    self.not_sent[without_details(event.reason)] += 1
            case trace_events.MessagePending():
                pass
            case _:
                assert_never(event)

    def _count_wait(self, event: trace_events.WaitEvent) -> None:
        match event:
            case trace_events.Answered():
                self._at(event, Outcome.ANSWERED)
                self.answers[event.question, event.answer] += 1
            case trace_events.WaitEnded():
                dated = isinstance(event.awaited, trace_events.AwaitedDate)
                self._at(event, Outcome.DATE_CAME if dated else Outcome.CAME)
            case trace_events.DateMoved():
                self._at(event, Outcome.DATE_MOVED)
            case trace_events.TimedOut():
                self._at(event, Outcome.TIMED_OUT)
            case _:
                assert_never(event)

    def _at(self, event: trace_events.TraceEvent, outcome: Outcome) -> None:
        self.steps[event.step, outcome] += 1

    def __add__(self, other: "Funnel") -> "Funnel":
        """Both together."""
        return Funnel(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        answers: dict[str, dict[str, int]] = {}
        for (question, answer), count in sorted(self.answers.items()):
            answers.setdefault(question, {})[answer] = count
        steps: dict[str, dict[str, int]] = {step: {"reached": self.reached[step]} for step in self.reached}
        for (step, outcome), count in sorted(self.steps.items()):
            steps[step][outcome.value] = count
        return {
            "people": self.people,
            "entered": self.entered,
            **({"events": self.events} if self.events else {}),
            "steps": dict(sorted(steps.items())),
            "answers": answers,
            **{name: _reasons(getattr(self, name)) for name in ("ended", "refused", "not_sent")},
            "channels": dict(sorted(self.channels.items())),
        }


def within(
    trace: Sequence[trace_events.TraceEvent], journey: str, since: datetime | None, until: datetime | None
) -> list[trace_events.TraceEvent]:
    """What belongs to the journey's runs that started in a period, and its refusals in the period.

    `until` is after the period.
    """

    def inside(at: datetime) -> bool:
        return (since is None or at >= since) and (until is None or at < until)

    runs = {event.run for event in trace if isinstance(event, trace_events.RunStarted) and inside(event.at)}
    return [
        event
        for event in trace
        if event.journey == journey and (event.run in runs if event.run else inside(event.at))
    ]


def recorded_funnel(
    journey: str,
    traces: Iterable[Sequence[trace_events.TraceEvent]],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Funnel:
    """The funnel of the people whom a journey met in a period, from the traces of all."""
    funnel = Funnel()
    for trace in traces:
        met = within(trace, journey, since, until)
        if met:
            funnel.add(journey, met)
    return funnel


def _reasons(counts: Mapping[Reason, int]) -> list[dict[str, Any]]:
    words = ReasonWords()
    found = [{**words.data(reason), "count": count} for reason, count in counts.items()]
    return sorted(found, key=lambda one: str(one["text"]))
