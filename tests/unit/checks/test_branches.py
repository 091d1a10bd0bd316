"""Unreachable paths, compared with all that can happen in small journeys."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.support.examples.brute_force import Game, Here, Move, Place, Todo, values_near
from tests.support.examples.small_journeys import GRID, small_journey
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.values import IsKnown, NumberRange, Wanted
from wejourney.journeys.definition import Condition, Exit, Trigger
from wejourney.messaging.contents import Text
from workbench.checks.branches import unreachable_parts
from workbench.language.journey import Journey
from workbench.language.source import written_at
from workbench.language.step_types import Ask, Branch, Case, Send, Set, Split, Step, Stop, Tag
from workbench.language.traversal import steps_of

BATCH = 400


class Generous(Game):
    """A game in which every message may leave, late: no path ends before its end.

    Which allowances there are makes no difference: acts open none, and one reading of the rules is played.
    """

    def _starts(self) -> Iterator[tuple[Todo, Here]]:
        return ((todo, here) for todo, here in super()._starts() if here.reading is self.rules.readings[0])

    def _does(self, here: Here, kind: str) -> Here:
        return here

    def _paid(self, here: Here) -> Here:
        return here

    def _send(self, step: Send, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        for label, then, there in super()._send(step, place, rest, here):
            yield label, then, there.at(there.now)


def reported_paths(journey: Journey) -> set[tuple[Place, int]]:
    """The paths that are reported as unreachable, by their step and their number in it."""
    steps = dict(steps_of(journey))
    told = set()
    for part in unreachable_parts(journey):
        match part.at:
            case (*at, "cases" | "shares", int(i)) | (*at, "cases", int(i), "when"):
                told.add((tuple(at), i))
            case (*at, "otherwise"):
                branch = steps[tuple(at)]
                assert isinstance(branch, Branch)
                told.add((tuple(at), len(branch.cases)))
            case step:
                assert step in steps
    return told


def written_paths(journey: Journey) -> set[tuple[Place, int]]:
    """All paths that the author wrote."""
    ways = set()
    for place, step in steps_of(journey):
        match step:
            case Branch():
                ways |= {(place, i) for i in range(len(step.cases) + bool(step.otherwise))}
            case Split():
                ways |= {(place, i) for i in range(len(step.shares))}
            case _:  # no choice
                pass
    return ways


def reported_steps(journey: Journey) -> set[Place]:
    """The steps that are reported as unreachable after one that is reached."""
    return {part.at for part in unreachable_parts(journey)} & {place for place, _ in steps_of(journey)}


def first_unreached(journey: Journey, game: Game) -> set[Place]:
    """The steps that no follower reached, although one reached the step before."""
    places = [place for place, _ in steps_of(journey)]
    reached = set(map(written_at, game.reached))
    return {(*at, i) for *at, i in places if (*at, int(i) - 1) in reached} - reached


@pytest.mark.parametrize("first", range(0, 2 * BATCH, BATCH))
def test_a_path_is_reported_as_unreachable_exactly_if_no_follower_takes_it(first: int) -> None:
    reported_count = 0
    for number in range(first, first + BATCH):
        journey = small_journey(number)
        game = Generous(journey, RULE_SETS["2020"], grid=GRID, words=("yes", "no", "other"))
        assert next(game.violations(), None) is None
        told = reported_paths(journey)

        taken = {(written_at(place), way) for place, way in game.taken}
        assert not told & taken, f"journey {number}"
        reached = {place for place, _ in taken}
        missed = {way for way in written_paths(journey) - taken - told if way[0] in reached}
        assert not missed, f"journey {number}"
        reported_count += len(told)
        assert reported_steps(journey) == first_unreached(journey, game), f"journey {number}"

    assert reported_count > BATCH / 100


WANTED: tuple[Wanted, ...] = (
    *("rings", "gifts", "5"),
    *(NumberRange(least, most) for least, most in ((5, None), (None, 5), (5, 8), (7, 7), (None, 3), (9, 20))),
    *(IsKnown(known=True), IsKnown(known=False)),
)
STOP = Condition(events=(EventCount(EventPattern("text", keywords=("stop",))),))


def journey_of_values(number: int) -> tuple[Journey, list[str]]:
    """A question that takes any text, and branches on its answer and on an attribute.

    Also the words to answer with: those at which a verdict of its conditions can change.
    """
    random = Random(number)  # noqa: S311
    on_attribute = random.random() < 0.5
    words = {"stop", "other"}

    def size() -> dict[str, Wanted]:
        wanted = random.choice(WANTED)
        words.update(values_near(wanted))
        return {"size": wanted}

    def condition() -> Condition:
        one, other = (
            Condition(attributes=wanted) if on_attribute else Condition(answers=wanted)
            for wanted in (size() for _ in range(2))
        )
        match random.randint(0, 5):
            case 0:
                return Condition(none=one)
            case 1:
                return Condition(any=(one, other))
            case 2 if one != other:
                return Condition(any=(one,), none=other)
            case _:
                return one

    def branch() -> Step:
        cases = tuple(Case(condition(), (Tag((f"t{i}",)),)) for i in range(random.randint(1, 3)))
        return Branch(cases, (Tag(("else",)),) if random.random() < 0.5 else ())

    first: tuple[Step, ...] = (Ask("size", GRID, Text({"any": "?"}), unanswered=(Stop("none"),)),)
    if on_attribute:
        first = (Set({"size": random.choice(["5", "rings", "7.5"])}),) if random.random() < 0.3 else ()
    exits = (Exit(STOP, "wants no more"),) if random.random() < 0.5 else ()
    steps = (*first, branch(), branch())
    return Journey("values", {"any": "T"}, Trigger("follow"), steps, exits=exits), sorted(words)


@pytest.mark.parametrize("first", range(0, 2 * BATCH, BATCH))
def test_ranges_known_values_and_texts_exclude_each_other_exactly_as_they_do_for_followers(
    first: int,
) -> None:
    reported_count = 0
    for number in range(first, first + BATCH):
        journey, words = journey_of_values(number)
        game = Generous(journey, RULE_SETS["2020"], grid=GRID, words=words)
        assert next(game.violations(), None) is None
        told = reported_paths(journey)

        assert not told & game.taken, f"journey {number}"
        reached = {place for place, _ in game.taken}
        missed = {way for way in written_paths(journey) - game.taken - told if way[0] in reached}
        assert not missed, f"journey {number}"
        reported_count += len(told)

    assert reported_count > BATCH / 20
