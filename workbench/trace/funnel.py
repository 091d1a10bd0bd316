"""How far people came in a journey, by simulated traces or a deployment's counts; as people read it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, assert_never

from rich.table import Table
from rich.text import Text

from wejourney.journeys import counting
from wejourney.journeys.runs import OPENING_STEP
from wejourney.messaging.merge_fields import OTHER
from wejourney.messaging.sending import MessageStatus
from wejourney.reasons import Finished, GoalReached, HeldOut, Reason, Stopped, without_details
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, HandOver, Send, Step, WaitDate, WaitEvent
from workbench.language.traversal import places_of
from workbench.trace import trace_events
from workbench.trace.goal_effect import GoalEffect, Group
from workbench.wording.journey_parts import Wording, first_line, label, paths_in_words
from workbench.wording.picture_phrases import Language
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import FUNNEL_WORDS


class Outcome(StrEnum):
    """What is counted at a step.

    `goal`, `left`: simulated runs that ended there, at the goal or without one. A deployment does not count
    them: no row says how far a run had come when it was ended.
    """

    PENDING = "pending"
    SENT = "sent"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    ANSWERED = "answered"
    CAME = "came"
    DATE_CAME = "date_came"
    DATE_MOVED = "date_moved"
    DATE_PASSED = "date_passed"
    TIMED_OUT = "timed_out"
    GOAL = "goal"
    LEFT = "left"


def held_out_once(trace: Iterable[trace_events.TraceEvent]) -> Iterator[trace_events.TraceEvent]:
    """The trace of one person as a deployment counts it: held out of a journey once, until they unfollow."""
    held_out: set[str] = set()
    for event in trace:
        match event:
            case trace_events.EventReceived(event=received) if received.body.type.erases:
                held_out.clear()
            case trace_events.JourneyRefused(reason=HeldOut()):
                if event.journey in held_out:
                    continue
                held_out.add(event.journey)
            case _:  # whatever else happens is counted as it is
                pass
        yield event


@dataclass
class Funnel:
    """Counts over many people. `entered`: runs; `reached`: runs by step; `steps`: what happened there.

    `pauses`: those of simulated runs in quiet hours.
    `goals`: the entries that a goal counts for, and those that reached it, as they are counted.
    A message that is not sent counts once, with the reason of its last channel. A deployment counts runs and
    no `people`.
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
    goals: Counter[counting.Count] = field(default_factory=Counter)
    events: int = 0
    pauses: int = 0

    def add(self, journey: str, trace: Iterable[trace_events.TraceEvent]) -> None:
        """Count what happened to one person in this journey."""
        self.people += 1
        reached: set[tuple[str, str]] = set()
        last_step: dict[str, str] = {}
        for event in held_out_once(trace):
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
            case trace_events.GoalWindowOpened():
                self.goals.update(counting.counts_of(counting.CountedGoal(event.held_out, reached=False)))
            case trace_events.GoalCounted():
                self.goals[counting.goal_reached(held_out=event.held_out)] += 1
            case trace_events.QuietPause():
                self.pauses += 1
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
            case trace_events.DatePassed():
                outcome = Outcome.DATE_PASSED
            case trace_events.TimedOut():
                outcome = Outcome.TIMED_OUT
            case (
                trace_events.EventReceived() | trace_events.WaitStarted() | trace_events.BranchTaken()
                | trace_events.TagsChanged() | trace_events.ProfileChanged() | trace_events.ConsentChanged()
                | trace_events.CouponIssued() | trace_events.PointsChanged() | trace_events.Published()
                | trace_events.JourneyCalled()
                | trace_events.MessagePending()
            ):  # fmt: skip
                pass  # It shows only how far a run came.
            case _:
                assert_never(event)
        if outcome is not None and step:
            self.steps[step, outcome] += 1

    @property
    def effect(self) -> GoalEffect | None:
        """What the journey changes; None where it has no goal, or nobody came."""
        if not self.goals:
            return None
        entered, held_out = (
            Group(self.goals[counting.GOAL, name], self.goals[counting.GOAL, name, counting.REACHED])
            for name in (counting.ENTERED, counting.HELD_OUT)
        )
        return GoalEffect(entered, held_out)

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
            steps.setdefault(step, {"reached": 0})[outcome.value] = count
        return {
            **({"people": self.people} if self.people else {}),
            "entered": self.entered,
            **({"events": self.events} if self.events else {}),
            "steps": steps,
            "answers": answers,
            **{name: _reasons(getattr(self, name)) for name in ("ended", "refused", "not_sent")},
            "channels": dict(sorted(self.channels.items())),
            **({"goal": self.effect.to_dict()} if self.effect is not None else {}),
        }


def counted_funnel(counted: Iterable[tuple[str, Mapping[counting.Count, int]]]) -> Funnel:
    """The funnel from the counts of a deployment, each with the version that it is of."""
    versions: dict[str, Counter[counting.Count]] = {}
    for version, counts in counted:
        versions.setdefault(version, Counter()).update(counts)
    return sum(map(_of_version, versions.values()), Funnel())


_STEP_OUTCOMES: Mapping[str, Outcome] = {
    MessageStatus.RESERVED: Outcome.PENDING,
    MessageStatus.WAITING: Outcome.PENDING,
    MessageStatus.SENT: Outcome.SENT,
    MessageStatus.UNKNOWN: Outcome.UNKNOWN,
    MessageStatus.NOT_SENT: Outcome.NOT_SENT,
    counting.CAME: Outcome.CAME,
    counting.TIMED_OUT: Outcome.TIMED_OUT,
}


def _of_version(counts: Mapping[counting.Count, int]) -> Funnel:
    """The funnel of one version. There, a step has a message in every run that comes to it, or in none."""
    funnel, messages, waits = Funnel(), Counter[str](), Counter[str]()
    for count, number in counts.items():
        match count:
            case (counting.ENTERED,):
                funnel.entered += number
            case (counting.ENDED, reason):
                funnel.ended[counting.reason_of_text(reason)] += number
            case (counting.REFUSED, reason):
                funnel.refused[counting.reason_of_text(reason)] += number
            case (counting.NOT_SENT, reason):
                funnel.not_sent[counting.reason_of_text(reason)] += number
            case (counting.GOAL, *_):
                funnel.goals[count] += number
            case (counting.CHANNEL, channel):
                funnel.channels[channel] += number
            case (counting.CHOICE, step, question, choice):
                funnel.answers[question, choice] += number
                funnel.steps[step, Outcome.ANSWERED] += number
                waits[step] += number
            case (counting.STEP, step, what):
                funnel.steps[step, _STEP_OUTCOMES[what]] += number
                (waits if what in (counting.CAME, counting.TIMED_OUT) else messages)[step] += number
            case _:
                raise ValueError(f"nothing is counted as {count}")
    funnel.reached.update({step: messages[step] or waits[step] for step in {*messages, *waits}})
    return funnel


def _reasons(counts: Mapping[Reason, int]) -> list[dict[str, Any]]:
    words = ReasonWords()
    found = [{**words.with_text(reason), "count": count} for reason, count in counts.items()]
    return sorted(found, key=lambda counted: str(counted["text"]))


# --- for people ----------------------------------------------------------------------------------

_COLUMNS: Mapping[str, tuple[Outcome, ...]] = {
    "sent": (Outcome.SENT,),
    "unknown": (Outcome.UNKNOWN,),
    "not_sent": (Outcome.NOT_SENT,),
    "in_time": (Outcome.ANSWERED, Outcome.CAME),
    "late": (Outcome.TIMED_OUT, Outcome.DATE_PASSED),
    "left": (Outcome.LEFT,),
}
"""The columns, and what is counted in them."""

type _Places = list[tuple[str, Step | None]]


def funnel_table(funnel: Funnel, journey: Journey, language: Language) -> Table:
    """How many runs came to each step, and what happened there."""
    opening = [(OPENING_STEP, None)] if journey.opening is not None else []
    return _table(funnel, journey.name, [*opening, *places_of(journey).items()], journey, language)


def counted_funnel_table(funnel: Funnel, name: str, journey: Journey | None, language: Language) -> Table:
    """The same of a deployment's counts: only the steps that leave a record."""
    steps = places_of(journey) if journey is not None else {}
    on_record = {
        place for place, step in steps.items() if isinstance(step, Send | Ask | WaitEvent | HandOver)
    }
    if journey is not None and journey.opening is not None:
        on_record.add(OPENING_STEP)
    places = sorted(on_record | funnel.reached.keys(), key=trace_events.place_order)
    return _table(funnel, name, [(place, steps.get(place)) for place in places], journey, language)


def count_tables(funnel: Funnel, language: Language) -> Iterator[Table | Text]:
    """Why people did not enter, how runs ended, the goal, the messages and why not sent, the answers."""
    words = FUNNEL_WORDS[language]
    if funnel.refused:
        whole = funnel.people or funnel.entered + funnel.refused.total()
        yield _counts(words["refused"], _named(funnel.refused, language), whole)
        if HeldOut() in funnel.refused and not funnel.goals:
            yield Text(words["held out without goal"])
    ended = _named(funnel.ended, language)
    if (going_on := funnel.entered - funnel.ended.total()) > 0:
        ended[words["going on"]] = going_on
    if ended:
        yield _counts(words["ended"], ended, funnel.entered)
    if funnel.effect is not None:
        yield _effect(funnel.effect, language)
        if (verdict := funnel.effect.verdict()) is not None:
            yield Text(words[f"goal {verdict}"])
    yield _messages(funnel, language)
    if funnel.not_sent:
        yield _counts(words["why not sent"], _named(funnel.not_sent, language), funnel.not_sent.total())
    other = Wording(language).say("any other answer")
    for question in dict.fromkeys(question for question, _ in funnel.answers):
        given = {
            other if answer == OTHER else answer: count
            for (asked, answer), count in funnel.answers.items()
            if asked == question
        }
        yield _counts(words["answers to"].format(question=question), given, sum(given.values()))


def _table(funnel: Funnel, name: str, places: _Places, journey: Journey | None, language: Language) -> Table:
    words = FUNNEL_WORDS[language]
    counted = [words["run" if funnel.entered == 1 else "runs"].format(n=funnel.entered)]
    if funnel.people:
        counted.insert(0, words["person" if funnel.people == 1 else "people"].format(n=funnel.people))
    title = words["title"].format(journey=name, counted=words["and"].join(counted))
    table = Table(words["step"], title=title)
    table.title_justify = "left"
    table.columns[0].no_wrap = True
    table.add_column("", overflow="fold")
    columns = [name for name in _COLUMNS if any(_count(place, step, name, funnel) for place, step in places)]
    for heading in (words["reached"], "%", *(words[name] for name in columns)):
        table.add_column(heading, justify="right", no_wrap=True)
    wording, shown = Wording(language), set[str]()
    leading = paths_in_words(journey, wording) if journey is not None else {}
    for place, step in places:
        for path in (path for path in _paths_to(place) if path in leading and path not in shown):
            shown.add(path)
            table.add_row(Text(path), Text(leading[path]), style="dim")
        reached = funnel.reached[place]
        share = f"{100 * reached / funnel.entered:.1f}" if reached and funnel.entered else ""
        counts = (_count(place, step, name, funnel) for name in columns)
        cells = (f"{count:,}" if count else "" for count in counts)
        text = _label(journey, place, step, wording)
        table.add_row(Text(place), Text(text), f"{reached:,}", share, *cells, style="" if reached else "dim")
    return table


def _paths_to(place: str) -> Iterator[str]:
    """The places of the paths that lead to a step, the outermost first: `1.case2`, `1.case2.3.share1`."""
    parts = place.split(".")
    yield from (".".join(parts[:end]) for end in range(2, len(parts), 2))


def _count(place: str, step: Step | None, column: str, funnel: Funnel) -> int:
    # Events that come to a wait for a date move it: it is over when the date has come.
    dated = column == "in_time" and isinstance(step, WaitDate)
    return sum(funnel.steps[place, what] for what in ((Outcome.DATE_CAME,) if dated else _COLUMNS[column]))


def _label(journey: Journey | None, place: str, step: Step | None, wording: Wording) -> str:
    if step is not None:
        return label(step, wording)
    opening = journey.opening if journey is not None and place == OPENING_STEP else None
    return first_line(opening, wording) if opening is not None else ""


def _messages(funnel: Funnel, language: Language) -> Table:
    """The messages by channel, and those that no channel took: how many, and how many per run."""
    words, channel = FUNNEL_WORDS[language], ReasonWords(language).channel
    table = _numbers(words["messages"], words["a run"])
    unknown = sum(count for (_, outcome), count in funnel.steps.items() if outcome is Outcome.UNKNOWN)
    rows = [(channel(name), count) for name, count in funnel.channels.most_common()]
    rows += [(words["outcome unknown"], unknown)] if unknown else []
    for name, count in (*rows, (words["not sent"], funnel.not_sent.total())):
        table.add_row(name, f"{count:,}", f"{count / max(1, funnel.entered):.2f}")
    return table


def _effect(effect: GoalEffect, language: Language) -> Table:
    """Both sides, and their difference in percentage points."""
    words = FUNNEL_WORDS[language]
    table = Table(words["goal"])
    for heading in (words["entries"], words["goal reached"], "%"):
        table.add_column(heading, justify="right")
    for name, group in (("goal entered", effect.entered), ("goal held out", effect.held_out)):
        rate = f"{100 * group.rate:.1f}" if group.entries else ""
        table.add_row(words[name], f"{group.entries:,}", f"{group.reached:,}", rate)
    if (interval := effect.interval()) is not None:
        between = words["interval"].format(low=100 * interval.low, high=100 * interval.high)
        table.add_section()
        table.add_row(words["goal difference"], "", "", f"{100 * effect.difference:+.1f}{between}")
    return table


def _named(counts: Mapping[Reason, int], language: Language) -> dict[str, int]:
    words = ReasonWords(language)
    return {words(reason): count for reason, count in counts.items()}


def _numbers(title: str, heading: str) -> Table:
    table = Table(title)
    table.add_column("", justify="right")
    table.add_column(heading, justify="right")
    return table


def _counts(title: str, counts: Mapping[str, int], whole: int) -> Table:
    table = _numbers(title, "%")
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(Text(name), f"{count:,}", f"{100 * count / max(1, whole):.1f}")
    return table
