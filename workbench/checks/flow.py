"""What comes before what in a journey: answers and steps that are referred to, steps that are never reached.

A path carries the questions that may have been asked on it, and the named steps. Where paths meet again, a
question counts as asked when it was on one of them: a condition on its answer just does not hold for the
others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from wejourney.events.values import NumberRange
from wejourney.journeys.definition import Condition
from wejourney.messaging.merge_fields import OTHER, fields_of
from wejourney.people.profile_dates import is_date
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.mistakes import Phrase, nearest, phrase
from workbench.language.questions import question_of
from workbench.language.source import Location, Source, is_later_round
from workbench.language.traversal import (
    conditions_in,
    localized_texts_of,
    parts_of_step,
    paths_of,
    steps_of,
    texts_in,
)
from workbench.proof.program import END, Node, program


@dataclass(frozen=True)
class Path:
    """What is true of a run that comes this way: its questions by their names, and its named steps.

    A name has more than one question where paths meet. `coupons` are those that it may have issued.
    """

    asked: Mapping[str, tuple[step_types.Ask, ...]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    coupons: frozenset[str] = frozenset()

    def __or__(self, other: "Path") -> "Path":
        """What is true where both meet."""
        asked = dict(self.asked)
        for name, asks in other.asked.items():
            mine = asked.get(name, ())
            asked[name] = (*mine, *(ask for ask in asks if ask not in mine))
        return Path(asked, self.named | other.named, self.coupons | other.coupons)


def check_flow(journey: Journey, source: Source) -> None:
    _check_answers_in_opening(journey, source)
    _check_splits(journey, source)
    nodes = program(journey)
    paths: dict[int, Path] = {len(nodes) - 1: Path()}
    reached: set[Location] = set()
    for number in range(len(nodes) - 1, END, -1):
        node = nodes[number]
        if number not in paths:
            *outer, index = node.at
            if (*outer, int(index) - 1) in reached:
                message = phrase("after the end")
                source.mistake(node.at, message, phrase("move before the end"))
            continue
        reached.add(node.at)
        if node.step is not None and not _is_taken_again(node):
            _check_step(node.step, node, paths[number], source)
        for following, path in _following(node, paths[number]):
            paths[following] = paths[following] | path if following in paths else path


def _is_taken_again(node: Node) -> bool:
    """Whether the step is one of an earlier round, where it has been checked."""
    is_next_round = isinstance(node.step, step_types.Round) and node.step.round > 1
    return is_next_round or is_later_round(node.at)


def _following(node: Node, path: Path) -> Iterator[tuple[int, Path]]:
    """The nodes that can come next, with what is true then.

    Only what follows a step knows its name: on the step's own paths it was not sent, or not answered.
    """
    step = node.step
    after = path
    if isinstance(step, step_types.Ask):
        # On the path without an answer there is none to refer to, and the question may be asked again.
        asked = {name: asks for name, asks in path.asked.items() if name != step.name}
        after = replace(path, asked={**asked, step.name: (step,)}, named=path.named | {step.name})
        path = replace(path, asked=asked, named=path.named - {step.name})
    elif isinstance(step, step_types.Send) and step.name is not None:
        after = replace(path, named=path.named | {step.name})
    elif isinstance(step, step_types.Give) and step.terms is not None:
        after = replace(path, coupons=path.coupons | {step.name})
    if not isinstance(step, step_types.ChoiceStep | step_types.Stop):
        yield node.next, after
    yield from ((number, path) for number in node.ways.values())


def _check_step(step: step_types.RunStep, node: Node, path: Path, source: Source) -> None:
    at = node.at
    if (
        isinstance(step, step_types.WaitStep)
        and node.next == END
        and not any(steps for _, steps in paths_of(step))
    ):
        source.mistake(at, phrase("wait at the end"), phrase("stop or no wait"))
    if isinstance(step, step_types.Ask) and step.name in path.asked:
        message = phrase("asked twice", name=step.name)
        source.mistake((*at, "name"), message, phrase("rename question"))
    elif isinstance(step, step_types.Send | step_types.Ask) and step.name in path.named:
        message = phrase("name taken", name=step.name)
        source.mistake((*at, "name"), message, phrase("rename step"))
    if isinstance(step, step_types.Round):
        # Its condition can look at what the round before has asked.
        _check_condition(step.cases[0].when, path | _within(step.otherwise), source, (*at, "until"))
    else:
        for place, condition in parts_of_step(step).conditions:
            _check_condition(condition, path, source, (*at, *place))
    for place, text in texts_in(step, at):
        for merge_field in fields_of(text):
            answer = merge_field.answer
            if merge_field.is_known and answer is not None and answer not in path.asked:
                source.mistake(place, _not_asked(answer), _ask_before(answer, path))
            coupon = merge_field.coupon
            if merge_field.is_known and coupon is not None:
                _check_shown(coupon, step, path, source, place)
            is_message = isinstance(step, step_types.Send | step_types.Ask)
            if merge_field.is_known and merge_field.is_looked_up and not is_message:
                message = phrase("only in message", name=merge_field.name)
                source.mistake(place, message, phrase("private in message"))


def _check_shown(coupon: str, step: step_types.RunStep, path: Path, source: Source, place: Location) -> None:
    """A code is for the person alone, who is issued it before."""
    if not isinstance(step, step_types.Send | step_types.Ask):
        source.mistake(place, phrase("coupon told", name=coupon), phrase("private in message"))
    elif coupon not in path.coupons:
        hint = nearest(coupon, path.coupons) or phrase("issue first", name=coupon)
        source.mistake(place, phrase("not issued", name=coupon), hint)


def _within(steps: tuple[step_types.Step, ...]) -> Path:
    """What is true after all of these steps, and those on their paths, as written."""
    path = Path()
    for step in steps:
        if isinstance(step, step_types.Send | step_types.Ask) and step.name is not None:
            path = replace(path, named=path.named | {step.name})
        if isinstance(step, step_types.Ask):
            path = replace(path, asked={**path.asked, step.name: (step,)})
        for _, inner in parts_of_step(step).paths:
            path |= _within(inner)
    return path


# --- what is referred to -------------------------------------------------------------------------


def _check_condition(condition: Condition, path: Path, source: Source, at: Location) -> None:
    for place, part in conditions_in(condition, at):
        for name, answer in part.answers.items():
            where = (*place, "answers", name)
            if name not in path.asked:
                source.mistake_in_name(where, _not_asked(name), _ask_before(name, path))
            elif isinstance(answer, NumberRange):
                if all(ask.choices for ask in path.asked[name]):
                    source.mistake(where, phrase("range of choices", name=name), _choices(path.asked[name]))
            elif isinstance(answer, str) and not any(
                _can_be_answered(ask, answer) for ask in path.asked[name]
            ):
                message = phrase("not an answer", answer=answer, name=name)
                source.mistake(where, message, _answers(path.asked[name], answer))
        for i, count in enumerate(part.events):
            if count.scope not in ("run", "ever", *path.named):
                message = phrase("no step before", scope=count.scope)
                hint = nearest(count.scope, ("run", "ever", *sorted(path.named)))
                source.mistake((*place, "events", i, "scope"), message, hint)


def _not_asked(name: str) -> Phrase:
    return phrase("not asked", name=name)


def _ask_before(name: str, path: Path) -> Phrase:
    return nearest(name, path.asked) or phrase("ask first", name=name)


def _can_be_answered(ask: step_types.Ask, answer: str) -> bool:
    if ask.choices:
        return answer in {*ask.choices, OTHER}
    if ask.parse == "date":
        return answer == OTHER or is_date(answer)
    return answer == OTHER or question_of(ask, ()).value(answer) == answer


def _answers(asks: tuple[step_types.Ask, ...], answer: str) -> Phrase:
    """The hint for an answer that cannot be given."""
    if any(ask.choices for ask in asks):
        return nearest(answer, _names(asks)) or _choices(asks)
    return phrase("normalized form", what=f"a {asks[0].parse}", other=OTHER)


def _choices(asks: tuple[step_types.Ask, ...]) -> Phrase:
    return phrase("one of", names=tuple(_names(asks)))


def _names(asks: tuple[step_types.Ask, ...]) -> list[str]:
    return sorted({choice for ask in asks for choice in (*ask.choices, OTHER)})


def _check_answers_in_opening(journey: Journey, source: Source) -> None:
    if journey.opening is None:
        return
    for place, _, words in localized_texts_of(journey.opening, ("opening",)):
        for language, text in words.items():
            if any(merge_field.answer is not None for merge_field in fields_of(text)):
                hint = phrase("use after question")
                source.mistake((*place, language), phrase("answer in opening"), hint)
            if any(merge_field.coupon is not None for merge_field in fields_of(text)):
                source.mistake((*place, language), phrase("coupon in opening"), phrase("use after coupon"))
            for merge_field in fields_of(text):
                if merge_field.is_known and merge_field.is_looked_up:
                    message = phrase("not in opening", name=merge_field.name)
                    source.mistake((*place, language), message, phrase("private in message"))


def _check_splits(journey: Journey, source: Source) -> None:
    """Splits of one name draw the same bucket for a person: their shares must be the same."""
    shares: dict[str, list[int]] = {}
    for at, step in steps_of(journey):
        if isinstance(step, step_types.Split):
            mine = [share.percent for share in step.shares]
            if shares.setdefault(step.name, mine) != mine:
                message = phrase("other shares", name=step.name)
                source.mistake((*at, "name"), message, phrase("same shares"))
