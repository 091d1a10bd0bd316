"""Going through all steps of a journey, whatever path they are on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import assert_never

from wejourney.journeys.definition import Condition, EventPattern
from wejourney.messaging.contents import Content, LocalizedText
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.source import Location

type Places[T] = tuple[tuple[Location, T], ...]
"""Parts of a step, each with its place in it."""


@dataclass(frozen=True)
class StepParts:
    """What several kinds of steps have.

    `paths` are the lists of steps in a step, `contents` what it can say to the follower, `texts` its other
    texts with merge fields, `conditions` what it looks at, `patterns` the events that it waits for.
    """

    paths: Places[tuple[step_types.Step, ...]] = ()
    contents: Places[Content] = ()
    texts: Places[str] = ()
    conditions: Places[Condition] = ()
    patterns: Places[EventPattern] = ()


def parts_of_step(step: step_types.Step) -> StepParts:
    """The parts of a step: everything that goes through those of all steps finds them here."""
    match step:
        case step_types.Send() | step_types.Ask() | step_types.Notify() | step_types.HandOver():
            return _parts_of_talk(step)
        case step_types.WaitDate():
            return StepParts(((("otherwise",), step.otherwise),))
        case step_types.WaitEvent():
            return StepParts(((("otherwise",), step.otherwise),), patterns=((("pattern",), step.pattern),))
        case step_types.Branch() | step_types.Split():
            return _parts_of_choice(step)
        case step_types.Set():
            return StepParts(texts=tuple((("values", name), text) for name, text in step.values.items()))
        case (
            step_types.Wait()
            | step_types.WaitUntil()
            | step_types.Tag()
            | step_types.Untag()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
            | step_types.Stop()
        ):
            return StepParts()
        case _:
            assert_never(step)


def _parts_of_talk(step: step_types.TalkStep) -> StepParts:
    match step:
        case step_types.Send():
            contents: Places[Content] = ((("content",), step.content),)
            contents += tuple((("instead", i), content) for i, content in enumerate(step.instead))
            return StepParts(_not_sent(step), contents)
        case step_types.Ask():
            contents = () if step.content is None else ((("content",), step.content),)
            return StepParts(((("unanswered",), step.unanswered), *_not_sent(step)), contents)
        case step_types.Notify():
            return StepParts(texts=tuple((("text", language), text) for language, text in step.text.items()))
        case step_types.HandOver():
            return StepParts(patterns=(((), step_types.CHAT_IS_CLOSED),))
        case _:
            assert_never(step)


def _not_sent(step: step_types.Send | step_types.Ask) -> Places[tuple[step_types.Step, ...]]:
    return () if step.not_sent is None else ((("not_sent",), step.not_sent),)


def _parts_of_choice(step: step_types.ChoiceStep) -> StepParts:
    match step:
        case step_types.Branch():
            paths: Places[tuple[step_types.Step, ...]] = tuple(
                (("cases", i, "steps"), case.steps) for i, case in enumerate(step.cases)
            )
            return StepParts(
                paths=(*paths, (("otherwise",), step.otherwise)),
                conditions=tuple((("cases", i, "when"), case.when) for i, case in enumerate(step.cases)),
            )
        case step_types.Split():
            return StepParts(
                tuple((("shares", i, "steps"), share.steps) for i, share in enumerate(step.shares))
            )
        case _:
            assert_never(step)


def lists_of(journey: Journey) -> Iterator[tuple[Location, tuple[step_types.Step, ...]]]:
    """Every list of steps, an outer one before those in it."""
    yield from _lists(journey.steps, ("steps",))


def _lists(
    steps: tuple[step_types.Step, ...], at: Location
) -> Iterator[tuple[Location, tuple[step_types.Step, ...]]]:
    yield at, steps
    for i, step in enumerate(steps):
        for name, path in paths_of(step):
            yield from _lists(path, (*at, i, *name))


def paths_of(step: step_types.Step) -> Iterator[tuple[Location, tuple[step_types.Step, ...]]]:
    """The lists of steps inside a step."""
    yield from parts_of_step(step).paths


def steps_of(journey: Journey) -> Iterator[tuple[Location, step_types.Step]]:
    """Every step."""
    for at, steps in lists_of(journey):
        for i, step in enumerate(steps):
            yield (*at, i), step


def contents_of(journey: Journey) -> Iterator[tuple[Location, Content]]:
    """Everything that can be said."""
    if journey.opening is not None:
        yield ("opening",), journey.opening
    for at, step in steps_of(journey):
        yield from contents_in(step, at)


def contents_in(step: step_types.Step, at: Location) -> Iterator[tuple[Location, Content]]:
    """What a step can say to the follower."""
    yield from (((*at, *name), content) for name, content in parts_of_step(step).contents)


def words_of(content: Content, at: Location) -> Iterator[tuple[Location, str, LocalizedText]]:
    """The translated texts of a content: place, field and text."""
    for spec in fields(content):
        value = getattr(content, spec.name)
        if spec.name == "items":
            for i, item in enumerate(value):
                yield (*at, "items", i, "text"), "item", item.text
        elif spec.name == "data":
            for name, words in value.items():
                yield (*at, "data", name), name, words
        elif isinstance(value, Mapping) and value:
            yield (*at, spec.name), spec.name, value


def texts_in(step: step_types.Step, at: Location) -> Iterator[tuple[Location, str]]:
    """The texts of a step in which merge fields are filled in, in every language."""
    for place, content in contents_in(step, at):
        for here, _, words in words_of(content, place):
            yield from (((*here, language), text) for language, text in words.items())
    yield from (((*at, *name), text) for name, text in parts_of_step(step).texts)


def conditions_in(condition: Condition, at: Location) -> Iterator[tuple[Location, Condition]]:
    """A condition and those in it."""
    yield at, condition
    for i, one in enumerate(condition.any):
        yield from conditions_in(one, (*at, "any", i))
    if condition.none is not None:
        yield from conditions_in(condition.none, (*at, "none"))


def endings_of(journey: Journey) -> Iterator[tuple[Location, Condition]]:
    """The goal and the exits."""
    if journey.goal is not None:
        yield ("goal",), journey.goal
    for i, one in enumerate(journey.exits):
        yield ("exits", i, "when"), one.when


def conditions_of(journey: Journey) -> Iterator[tuple[Location, Condition]]:
    """Every condition, those of the journey itself first."""
    yield from conditions_in(journey.trigger.when, ("trigger", "when"))
    for at, condition in endings_of(journey):
        yield from conditions_in(condition, at)
    for at, step in steps_of(journey):
        for name, condition in parts_of_step(step).conditions:
            yield from conditions_in(condition, (*at, *name))


def patterns_of(journey: Journey) -> Iterator[tuple[Location, EventPattern]]:
    """Every event that a run waits for or counts."""
    for at, step in steps_of(journey):
        yield from (((*at, *name), pattern) for name, pattern in parts_of_step(step).patterns)
    for at, condition in conditions_of(journey):
        for i, count in enumerate(condition.events):
            yield (*at, "events", i, "pattern"), count.pattern


def needs_answer(condition: Condition, name: str) -> bool:
    """Whether the condition cannot hold without an answer to this question."""
    either = bool(condition.any) and all(needs_answer(alternative, name) for alternative in condition.any)
    return name in condition.answers or either


def always_stops(step: step_types.Step) -> bool:
    """Whether no run goes on after this step."""
    if isinstance(step, step_types.ChoiceStep):
        return all(any(always_stops(one) for one in path) for _, path in paths_of(step))
    return isinstance(step, step_types.Stop)
