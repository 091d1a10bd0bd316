"""What comes before what in a journey: answers that are used, steps that are never reached.

A path carries the questions that may have been asked on it. Where paths meet again, a question counts
as asked when it was on one of them: a condition on its answer just does not hold for the others.
"""

from collections.abc import Mapping

from wejourney.domain.journeys import Ask, Branch, Condition, Journey, Send, Step, Stop
from wejourney.domain.routing import OTHER
from wejourney.language.mistakes import nearest
from wejourney.language.source import Location, Source
from wejourney.language.walk import conditions_in

type Asked = Mapping[str, frozenset[str] | None]
"""The questions asked so far and the answers they can have; None for any text."""


def check_flow(journey: Journey, source: Source) -> None:
    """Add the mistakes in the order of this journey's steps."""
    _check_steps(journey.steps, {}, source, ("steps",))


def _check_steps(steps: tuple[Step, ...], asked: Asked, source: Source, at: Location) -> Asked | None:
    """Check a list of steps; returns what is true after it, or None when no path leaves it."""
    here: Asked | None = asked
    for i, step in enumerate(steps):
        if here is None:
            source.mistake((*at, i), "this step is never reached: the run has stopped before it")
            return None
        here = _check_step(step, here, source, (*at, i))
    return here


def _check_step(step: Step, asked: Asked, source: Source, at: Location) -> Asked | None:
    match step:
        case Stop():
            return None
        case Send() if step.not_sent is not None:
            return _meet(asked, _check_steps(step.not_sent, asked, source, (*at, "not_sent")))
        case Ask():
            return _check_ask(step, asked, source, at)
        case Branch():
            return _check_branch(step, asked, source, at)
        case _:
            return asked


def _check_ask(ask: Ask, asked: Asked, source: Source, at: Location) -> Asked | None:
    if ask.name in asked:
        message = f"`{ask.name}` was asked before; a second answer would replace the first"
        source.mistake((*at, "name"), message, "give this question a name of its own")
    answers = frozenset({*ask.choices, OTHER}) if ask.choices else None
    answered = {**asked, ask.name: answers}
    # On the path without an answer there is none to speak of, and the question may be put again.
    silent = {name: answers for name, answers in asked.items() if name != ask.name}
    after = _meet(answered, _check_steps(ask.unanswered, silent, source, (*at, "unanswered")))
    if ask.not_sent is not None:
        after = _meet(after, _check_steps(ask.not_sent, silent, source, (*at, "not_sent")))
    return after


def _check_branch(branch: Branch, asked: Asked, source: Source, at: Location) -> Asked | None:
    after: Asked | None = None
    for i, case in enumerate(branch.cases):
        _check_answers(case.when, asked, source, (*at, "cases", i, "when"))
        after = _meet(after, _check_steps(case.steps, asked, source, (*at, "cases", i, "steps")))
    return _meet(after, _check_steps(branch.otherwise, asked, source, (*at, "otherwise")))


def _check_answers(condition: Condition, asked: Asked, source: Source, at: Location) -> None:
    for place, one in conditions_in(condition, at):
        for name, answer in one.answers.items():
            where = (*place, "answers", name)
            if name not in asked:
                source.mistake_in_name(
                    where, f"`{name}` has not been asked on this path", nearest(name, asked)
                )
            elif answer not in (asked[name] or {answer}):
                message = f"`{answer}` is no answer to `{name}`"
                source.mistake(where, message, nearest(answer, sorted(asked[name] or ())))


def _meet(one: Asked | None, other: Asked | None) -> Asked | None:
    if one is None or other is None:
        return other if one is None else one
    met = dict(one)
    for name, answers in other.items():
        mine = met.get(name, frozenset())
        met[name] = None if answers is None or mine is None else mine | answers
    return met
