"""Going through all steps of a journey, whatever path they are on."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from wejourney.journeys.definition import (
    Ask,
    Branch,
    Condition,
    Journey,
    Notify,
    Send,
    Set,
    Split,
    Step,
    Stop,
    WaitDate,
    WaitEvent,
)
from wejourney.messaging.contents import Content, LocalizedText
from workbench.language.source import Location


def lists_of(journey: Journey) -> Iterator[tuple[Location, tuple[Step, ...]]]:
    """Every list of steps, an outer one before those in it."""
    yield from _lists(journey.steps, ("steps",))


def _lists(steps: tuple[Step, ...], at: Location) -> Iterator[tuple[Location, tuple[Step, ...]]]:
    yield at, steps
    for i, step in enumerate(steps):
        for name, path in paths_of(step):
            yield from _lists(path, (*at, i, *name))


def paths_of(step: Step) -> Iterator[tuple[Location, tuple[Step, ...]]]:
    """The lists of steps inside a step."""
    match step:
        case Ask():
            yield ("unanswered",), step.unanswered
            if step.not_sent is not None:
                yield ("not_sent",), step.not_sent
        case Send():
            if step.not_sent is not None:
                yield ("not_sent",), step.not_sent
        case Branch():
            for i, case in enumerate(step.cases):
                yield ("cases", i, "steps"), case.steps
            yield ("otherwise",), step.otherwise
        case WaitDate() | WaitEvent():
            yield ("otherwise",), step.otherwise
        case Split():
            for i, share in enumerate(step.shares):
                yield ("shares", i, "steps"), share.steps
        case _:
            pass


def steps_of(journey: Journey) -> Iterator[tuple[Location, Step]]:
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


def contents_in(step: Step, at: Location) -> Iterator[tuple[Location, Content]]:
    """What a step can say to the follower."""
    if isinstance(step, Send | Ask) and step.content is not None:
        yield (*at, "content"), step.content
    if isinstance(step, Send):
        for i, content in enumerate(step.instead):
            yield (*at, "instead", i), content


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


def texts_in(step: Step, at: Location) -> Iterator[tuple[Location, str]]:
    """The texts of a step in which merge fields are filled in, in every language."""
    for place, content in contents_in(step, at):
        for here, _, words in words_of(content, place):
            yield from (((*here, language), text) for language, text in words.items())
    if isinstance(step, Notify):
        yield from (((*at, "text", language), text) for language, text in step.text.items())
    if isinstance(step, Set):
        yield from (((*at, "values", name), value) for name, value in step.values.items())


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
        if isinstance(step, Branch):
            for i, case in enumerate(step.cases):
                yield from conditions_in(case.when, (*at, "cases", i, "when"))


def needs_answer(condition: Condition, name: str) -> bool:
    """Whether the condition cannot hold without an answer to this question."""
    either = bool(condition.any) and all(needs_answer(one, name) for one in condition.any)
    return name in condition.answers or either


def always_stops(step: Step) -> bool:
    """Whether no run goes on after this step."""
    if isinstance(step, Branch):
        paths = (*(case.steps for case in step.cases), step.otherwise)
        return all(any(always_stops(one) for one in path) for path in paths)
    if isinstance(step, Split):
        return all(any(always_stops(one) for one in share.steps) for share in step.shares)
    return isinstance(step, Stop)
