"""A condition taken apart: what each part of it wants, what was there, and whether that is enough."""

from collections.abc import Iterator, Mapping

from wejourney.events.text_matching import matches_glob
from wejourney.journeys.conditions import NOTHING, History, happened, holds, how_often
from wejourney.journeys.definition import Condition, EventCount
from wejourney.people.followers import Follower
from wejourney.reasons import Fact, Part


def parts_of(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History = NOTHING
) -> tuple[Part, ...]:
    """The parts of a condition. All of them hold when `conditions.holds` says that the condition does."""
    known = follower or Follower(app_id="", openid="", person_id="")
    return (
        *_of_facts(condition, known),
        *_of_sets(condition, known),
        *_of_what_is_noted(condition, known),
        *(_answer(name, wanted, answers.get(name)) for name, wanted in condition.answers.items()),
        *(_count(count, history) for count in condition.events),
        *_of_conditions(condition, follower, answers, history),
    )


def _of_facts(condition: Condition, known: Follower) -> Iterator[Part]:
    for fact in (Fact.CUSTOMER, Fact.MEMBER, Fact.LANGUAGE, Fact.SOURCE, Fact.TIER):
        wanted, found = getattr(condition, fact), getattr(known, fact)
        if wanted is not None:
            yield Part(fact, wanted, found, wanted == found)
    if condition.scene is not None:
        yield Part(Fact.SCENE, condition.scene, known.scene, matches_glob(condition.scene, known.scene))


def _of_sets(condition: Condition, known: Follower) -> Iterator[Part]:
    for tag in condition.tags:
        yield _membership(Fact.TAG, tag, wanted=True, found=tag in known.tags)
    for tag in condition.without_tags:
        yield _membership(Fact.TAG, tag, wanted=False, found=tag in known.tags)
    for segment in condition.segments:
        yield _membership(Fact.SEGMENT, segment, wanted=True, found=segment in known.segments)
    for name in condition.dates:
        yield _membership(Fact.DATE, name, wanted=True, found=name in known.dates)


def _membership(fact: Fact, name: str, *, wanted: bool, found: bool) -> Part:
    return Part(fact, wanted, found, wanted == found, name)


def _of_what_is_noted(condition: Condition, known: Follower) -> Iterator[Part]:
    points, least, most = known.points, condition.points_from, condition.points_to
    if least is not None:
        yield Part(Fact.POINTS_FROM, least, points, points >= least)
    if most is not None:
        yield Part(Fact.POINTS_TO, most, points, points <= most)
    for name, wanted in condition.attributes.items():
        value = known.attributes.get(name)
        yield Part(Fact.ATTRIBUTE, wanted, value, value == wanted, name)


def _answer(name: str, wanted: str, given: str | None) -> Part:
    return Part(Fact.ANSWER, wanted, given, given == wanted, name)


def _count(count: EventCount, history: History) -> Part:
    found, held = how_often(count, history), happened(count, history)
    return Part(Fact.EVENTS, count.at_least, found, held, count=count)


def _of_conditions(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History
) -> Iterator[Part]:
    if condition.any:
        ways = tuple(_whole(alternative, follower, answers, history) for alternative in condition.any)
        held = sum(way.holds for way in ways)
        yield Part(Fact.ANY, 1, held, held > 0, inner=ways)
    if condition.none is not None:
        inner = parts_of(condition.none, follower, answers, history)
        found = holds(condition.none, follower, answers, history)
        yield Part(Fact.NONE, wanted=False, found=found, holds=not found, inner=inner)


def _whole(
    condition: Condition, follower: Follower | None, answers: Mapping[str, str], history: History
) -> Part:
    found = holds(condition, follower, answers, history)
    inner = parts_of(condition, follower, answers, history)
    return Part(Fact.ALL, wanted=True, found=found, holds=found, inner=inner)
