"""What comes before what in a journey: answers and steps that are spoken of, steps that are never reached.

A path carries the questions that may have been asked on it, and the named steps. Where paths meet again, a
question counts as asked when it was on one of them: a condition on its answer just does not hold for the
others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from wejourney.journeys.answers import OTHER
from wejourney.journeys.definition import Condition
from wejourney.messaging.merge_fields import fields_of
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.mistakes import nearest
from workbench.language.questions import question_of
from workbench.language.source import Location, Source
from workbench.language.traversal import conditions_in, steps_of, texts_in, words_of

type Asked = Mapping[str, tuple[step_types.Ask, ...]]
"""The questions asked so far by their names; more than one where paths meet."""


@dataclass(frozen=True)
class Path:
    """What is true of a run that comes this way.

    `named` are the messages and questions taken so far; `goes_on` says that more follows the steps at hand.
    """

    asked: Asked = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    goes_on: bool = False


def check_flow(journey: Journey, source: Source) -> None:
    """Add the mistakes in the order of this journey's steps."""
    _check_answers_in_opening(journey, source)
    _check_splits(journey, source)
    _check_steps(journey.steps, Path(), source, ("steps",))


def _check_steps(steps: tuple[step_types.Step, ...], path: Path, source: Source, at: Location) -> Path | None:
    """Check a list of steps; returns what is true after it, or None when no path leaves it."""
    here: Path | None = path
    for i, step in enumerate(steps):
        if here is None:
            message = "this step is unreachable: the run has ended before it"
            source.mistake((*at, i), message, "move it before the end, or remove it")
            return None
        goes_on = path.goes_on or i < len(steps) - 1
        after = _check_step(step, replace(here, goes_on=goes_on), source, (*at, i))
        here = after if after is None else replace(after, goes_on=path.goes_on)
    return here


def _check_step(step: step_types.Step, path: Path, source: Source, at: Location) -> Path | None:
    _check_merge_fields(step, path, source, at)
    after: Path | None = path
    match step:
        case step_types.Stop():
            after = None
        case step_types.Send():
            after = _check_send(step, path, source, at)
        case step_types.Ask():
            after = _check_ask(step, path, source, at)
        case step_types.Wait() | step_types.WaitUntil():
            _check_end(path, source, at)
        case step_types.WaitDate() | step_types.WaitEvent():
            if not step.otherwise:
                _check_end(path, source, at)
            after = _meet(path, _check_steps(step.otherwise, path, source, (*at, "otherwise")))
        case step_types.Branch():
            after = _check_branch(step, path, source, at)
        case step_types.Split():
            after = _check_split(step, path, source, at)
        case (
            step_types.HandOver()
            | step_types.Notify()
            | step_types.Tag()
            | step_types.Untag()
            | step_types.Set()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
        ):
            pass
        case _:
            assert_never(step)
    return after


def _check_end(path: Path, source: Source, at: Location) -> None:
    if not path.goes_on:
        source.mistake(at, "no step follows this wait", "end the path with `stop`, or remove the wait")


def _check_send(send: step_types.Send, path: Path, source: Source, at: Location) -> Path | None:
    sent = _named(send.name, path, source, at)
    if send.not_sent is None:
        return sent
    return _meet(sent, _check_steps(send.not_sent, path, source, (*at, "not_sent")))


def _named(name: str | None, path: Path, source: Source, at: Location) -> Path:
    if name is None:
        return path
    if name in path.named:
        source.mistake((*at, "name"), f"the name `{name}` is already used", "give this step another name")
    return replace(path, named=path.named | {name})


def _check_ask(ask: step_types.Ask, path: Path, source: Source, at: Location) -> Path | None:
    if ask.name in path.asked:
        message = f"the question `{ask.name}` is asked twice; the second answer would replace the first"
        source.mistake((*at, "name"), message, "give this question another name")
    elif ask.name in path.named:
        source.mistake((*at, "name"), f"the name `{ask.name}` is already used", "give this step another name")
    put = replace(path, named=path.named | {ask.name})
    answered = replace(put, asked={**path.asked, ask.name: (ask,)})
    # On the path without an answer there is none to speak of, and the question may be put again.
    silent = replace(
        path,
        asked={name: asks for name, asks in path.asked.items() if name != ask.name},
        named=path.named - {ask.name},
    )
    after = _meet(answered, _check_steps(ask.unanswered, silent, source, (*at, "unanswered")))
    if ask.not_sent is not None:
        after = _meet(after, _check_steps(ask.not_sent, silent, source, (*at, "not_sent")))
    return after


def _check_branch(branch: step_types.Branch, path: Path, source: Source, at: Location) -> Path | None:
    after: Path | None = None
    for i, case in enumerate(branch.cases):
        here = (*at, "cases", i)
        _check_condition(case.when, path, source, (*here, "when"))
        after = _meet(after, _check_steps(case.steps, path, source, (*here, "steps")))
    return _meet(after, _check_steps(branch.otherwise, path, source, (*at, "otherwise")))


def _check_split(split: step_types.Split, path: Path, source: Source, at: Location) -> Path | None:
    after: Path | None = None
    for i, share in enumerate(split.shares):
        after = _meet(after, _check_steps(share.steps, path, source, (*at, "shares", i, "steps")))
    return after


# --- what is spoken of ---------------------------------------------------------------------------


def _check_condition(condition: Condition, path: Path, source: Source, at: Location) -> None:
    for place, one in conditions_in(condition, at):
        for name, answer in one.answers.items():
            where = (*place, "answers", name)
            if name not in path.asked:
                source.mistake_in_name(where, _not_asked(name), _ask_before(name, path))
            elif not any(_can_be_answered(ask, answer) for ask in path.asked[name]):
                source.mistake(
                    where, f"`{answer}` is not an answer to `{name}`", _answers(path.asked[name], answer)
                )
        for i, count in enumerate(one.events):
            if count.scope not in ("run", "ever", *path.named):
                message = f"no step named `{count.scope}` comes before this one"
                hint = nearest(count.scope, ("run", "ever", *sorted(path.named)))
                source.mistake((*place, "events", i, "scope"), message, hint)


def _check_merge_fields(step: step_types.Step, path: Path, source: Source, at: Location) -> None:
    for place, text in texts_in(step, at):
        for one in fields_of(text):
            if one.is_known and one.answer is not None and one.answer not in path.asked:
                source.mistake(place, _not_asked(one.answer), _ask_before(one.answer, path))


def _not_asked(name: str) -> str:
    return f"the question `{name}` is not asked on this path"


def _ask_before(name: str, path: Path) -> str:
    return nearest(name, path.asked) or f"ask it first: `ask: {{name: {name}, …}}`"


def _can_be_answered(ask: step_types.Ask, answer: str) -> bool:
    if ask.choices:
        return answer in {*ask.choices, OTHER}
    return answer == OTHER or question_of(ask, ()).value(answer) == answer


def _answers(asks: tuple[step_types.Ask, ...], answer: str) -> str:
    """What can be answered, for one who wrote something else."""
    choices = sorted({choice for ask in asks for choice in (*ask.choices, OTHER)})
    if any(ask.choices for ask in asks):
        return nearest(answer, choices) or f"one of {', '.join(choices)}"
    return f"a {asks[0].parse} in its normalized form, such as 42 or +8613912345678; or `{OTHER}`"


def _check_answers_in_opening(journey: Journey, source: Source) -> None:
    if journey.opening is None:
        return
    for place, _, words in words_of(journey.opening, ("opening",)):
        for language, text in words.items():
            if any(one.answer is not None for one in fields_of(text)):
                hint = "use it in a message after the question"
                source.mistake((*place, language), "no question is answered before the opening", hint)


def _check_splits(journey: Journey, source: Source) -> None:
    """Splits of one name draw the same lot: their shares must be the same, or the ways would not be."""
    shares: dict[str, list[int]] = {}
    for at, step in steps_of(journey):
        if isinstance(step, step_types.Split):
            mine = [share.percent for share in step.shares]
            if shares.setdefault(step.name, mine) != mine:
                message = f"an earlier split `{step.name}` has other shares"
                source.mistake((*at, "name"), message, "use the same shares, or another name")


def _meet(one: Path | None, other: Path | None) -> Path | None:
    if one is None or other is None:
        return other if one is None else one
    met = dict(one.asked)
    for name, asks in other.asked.items():
        mine = met.get(name, ())
        met[name] = (*mine, *(ask for ask in asks if ask not in mine))
    return Path(met, one.named | other.named, one.goes_on)
