"""Going through all steps of a journey, whatever path they are on."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, assert_never, cast

from wejourney.events.matching import EventPattern
from wejourney.events.values import fits
from wejourney.journeys.definition import Condition
from wejourney.messaging.contents import Content, LocalizedText
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.source import RETRY, Location

type Places[T] = tuple[tuple[Location, T], ...]
"""Parts of a step, each with its place in it."""


class StepParts(NamedTuple):
    """What several kinds of steps have.

    `paths` are the lists of steps in a step, `contents` what it can say to the follower, `texts` its other
    texts with merge fields, `conditions` what it looks at, `patterns` the events that it waits for.
    """

    paths: Places[tuple[step_types.Step, ...]] = ()
    contents: Places[Content] = ()
    texts: Places[str] = ()
    conditions: Places[Condition] = ()
    patterns: Places[EventPattern] = ()


_NO_PARTS = StepParts()


def parts_of_step(step: step_types.Step) -> StepParts:
    """The parts of a step: everything that goes through those of all steps finds them here."""
    match step:
        case (
            step_types.Wait()
            | step_types.WaitUntil()
            | step_types.Tag()
            | step_types.Untag()
            | step_types.Agree()
            | step_types.Withdraw()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
            | step_types.Stop()
        ):
            return _NO_PARTS
        case step_types.Send():
            contents = ((("content",), step.content), *_numbered("instead", step.instead))
            return StepParts(_path("not_sent", step.not_sent), contents)
        case step_types.Ask():
            paths = (*_path("unanswered", step.unanswered), *_path("not_sent", step.not_sent))
            return StepParts(paths, (*_content("content", step.content), *_content("again", step.again)))
        case step_types.Notify():
            texts = tuple((("text", language), text) for language, text in step.text.items())
            return StepParts(texts=((("staff",), step.staff), *texts))
        case step_types.HandOver():
            return StepParts(texts=((("staff",), step.staff),), patterns=(((), step_types.CHAT_IS_CLOSED),))
        case step_types.WaitDate():
            return StepParts((*_path("otherwise", step.otherwise), *_path("passed", step.passed)))
        case step_types.WaitEvent():
            return StepParts(_path("otherwise", step.otherwise), patterns=((("pattern",), step.pattern),))
        case step_types.Branch():
            cases = tuple((("cases", i, "steps"), case.steps) for i, case in enumerate(step.cases))
            conditions = tuple((("cases", i, "when"), case.when) for i, case in enumerate(step.cases))
            return StepParts((*cases, (step.otherwise_at, step.otherwise)), conditions=conditions)
        case step_types.Repeat():
            return StepParts(_path("steps", step.steps), conditions=((("until",), step.until),))
        case step_types.Split():
            shares = ((("shares", i, "steps"), share.steps) for i, share in enumerate(step.shares))
            return StepParts(tuple(shares))
        case step_types.Set():
            return StepParts(texts=tuple((("values", name), text) for name, text in step.values.items()))
        case _:
            assert_never(step)


def _path(name: str, steps: tuple[step_types.Step, ...] | None) -> Places[tuple[step_types.Step, ...]]:
    return () if steps is None else (((name,), steps),)


def _content(name: str, content: Content | None) -> Places[Content]:
    return () if content is None else (((name,), content),)


def _numbered[T](name: str, parts: tuple[T, ...]) -> Places[T]:
    return tuple(((name, i), part) for i, part in enumerate(parts))


def paths_of(step: step_types.RunStep) -> Iterator[tuple[Location, tuple[step_types.Step, ...]]]:
    """The paths that a run can take in a step: those of its file, and what is done again."""
    yield from parts_of_step(step).paths
    if isinstance(step, step_types.Ask) and step.retries:
        yield RETRY, (step.asked_again,)


def steps_of(journey: Journey) -> Iterator[tuple[Location, step_types.Step]]:
    """Every step, those of an outer list before those in them."""
    yield from _steps_in(journey.steps, ("steps",))


def _steps_in(steps: tuple[step_types.Step, ...], at: Location) -> Iterator[tuple[Location, step_types.Step]]:
    yield from (((*at, i), step) for i, step in enumerate(steps))
    for i, step in enumerate(steps):
        for name, path in parts_of_step(step).paths:
            yield from _steps_in(path, (*at, i, *name))


def rewritten[T](part: T, rewrite: Callable[[Any], Mapping[str, Any]]) -> T:
    """A part of a journey, and all in it, with the fields that `rewrite` gives each dataclass in it."""
    return cast("T", _rewritten(part, rewrite))


def _rewritten(part: Any, rewrite: Callable[[Any], Mapping[str, Any]]) -> Any:
    if isinstance(part, tuple):
        return tuple(_rewritten(inner, rewrite) for inner in part)
    if isinstance(part, Mapping):
        return {name: _rewritten(inner, rewrite) for name, inner in part.items()}
    if not is_dataclass(part) or isinstance(part, type):
        return part
    inner = {spec.name: _rewritten(getattr(part, spec.name), rewrite) for spec in fields(part)}
    return replace(part, **{**inner, **rewrite(part)})


def splits_of(journey: Journey) -> tuple[str, ...]:
    """The names of its splits."""
    return tuple(sorted({step.name for _, step in steps_of(journey) if isinstance(step, step_types.Split)}))


def contents_of(journey: Journey) -> Iterator[tuple[Location, Content]]:
    """Everything that can be said."""
    if journey.opening is not None:
        yield ("opening",), journey.opening
    for at, step in steps_of(journey):
        yield from contents_in(step, at)


def contents_in(step: step_types.Step, at: Location) -> Iterator[tuple[Location, Content]]:
    """What a step can say to the follower."""
    yield from (((*at, *name), content) for name, content in parts_of_step(step).contents)


def localized_texts_of(content: Content, at: Location) -> Iterator[tuple[Location, str, LocalizedText]]:
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
        for here, _, words in localized_texts_of(content, place):
            yield from (((*here, language), text) for language, text in words.items())
    yield from (((*at, *name), text) for name, text in parts_of_step(step).texts)


def conditions_in(condition: Condition, at: Location) -> Iterator[tuple[Location, Condition]]:
    yield at, condition
    for i, alternative in enumerate(condition.any):
        yield from conditions_in(alternative, (*at, "any", i))
    if condition.none is not None:
        yield from conditions_in(condition.none, (*at, "none"))


def endings_of(journey: Journey) -> Iterator[tuple[Location, Condition]]:
    if journey.goal is not None:
        yield ("goal",), journey.goal
    for i, ending in enumerate(journey.exits):
        yield ("exits", i, "when"), ending.when


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
    wanted = condition.answers.get(name)
    return (wanted is not None and not fits(wanted, None)) or either


def always_stops(step: step_types.Step) -> bool:
    """Whether no run goes on after this step."""
    if isinstance(step, step_types.ChoiceStep):
        return all(any(always_stops(inner) for inner in path) for _, path in paths_of(step))
    return isinstance(step, step_types.Stop)


# --- places as transcripts and state names show them: `3`, `3.case1.2`, `5.unanswered.1` -----------


def places_of(journey: Journey) -> dict[str, step_types.RunStep]:
    """Every step by its place, in the order of the file."""
    return dict(_places(journey.steps, ""))


def _places(steps: Sequence[step_types.Step], prefix: str) -> Iterator[tuple[str, step_types.RunStep]]:
    for place, step in placed(steps, prefix):
        yield place, step
        for name, path in paths_of(step):
            yield from _places(path, prefix_of(place, word_of(name)))


def placed(steps: Sequence[step_types.Step], prefix: str = "") -> list[tuple[str, step_types.RunStep]]:
    """The steps of one path, each with its place, without the steps in them."""
    return [
        (f"{prefix}{number}", step) for number, step in enumerate(step_types.taken(tuple(steps)), start=1)
    ]


_NEXT_ROUND = re.compile(r"(.+)\.round(\d+)\.\d+")


def otherwise_of(step: step_types.Branch, place: str) -> str:
    """The place of what a branch does where no case holds."""
    return prefix_of(place, word_of(step.otherwise_at))[:-1]


def prefix_of(place: str, word: str) -> str:
    """What the places begin with on a path of the step at this place; `word` is the path's."""
    if word.startswith("round") and (before := _NEXT_ROUND.fullmatch(place)):
        # The next round stands in the one before it; its name does not.
        number = int(before[2]) + 1
        place = before[1] if word == f"round{number}" else place
    return f"{place}.{word}."


def word_of(name: Location) -> str:
    """`case2` for the second of the cases, `share1` for the first of the shares."""
    if len(name) == 1:
        return str(name[0])
    return f"{str(name[0]).removesuffix('s')}{int(name[1]) + 1}"
