"""Ways that nobody can go, compared with all that can happen in small journeys."""

from collections.abc import Iterator

import pytest

from tests.support.examples.brute_force import Game, Here, Move, Place, Todo
from tests.support.examples.small_journeys import GRID, small_journey
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.checks.branches import unreachable_parts
from workbench.language.journey import Journey
from workbench.language.step_types import Branch, Send, Split
from workbench.language.traversal import steps_of

BATCH = 400


class Generous(Game):
    """A game in which every message may leave, late: no path ends before its end."""

    def _paid(self, here: Here) -> Here:
        return here

    def _send(self, step: Send, place: Place, rest: Todo, here: Here) -> Iterator[Move]:
        for label, then, there in super()._send(step, place, rest, here):
            yield label, then, there.at(there.now)


def told_of(journey: Journey) -> set[tuple[Place, int]]:
    """The ways that are told to be never taken, by their step and their number in it."""
    steps = dict(steps_of(journey))
    told = set()
    for one in unreachable_parts(journey):
        match one.at:
            case (*at, "cases" | "shares", int(i)) | (*at, "cases", int(i), "when"):
                told.add((tuple(at), i))
            case (*at, "otherwise"):
                branch = steps[tuple(at)]
                assert isinstance(branch, Branch)
                told.add((tuple(at), len(branch.cases)))
            case step:
                assert step in steps
    return told


def written_ways(journey: Journey) -> set[tuple[Place, int]]:
    """All ways that the author wrote."""
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


def steps_told_of(journey: Journey) -> set[Place]:
    """The steps that are told to be never reached, though the one before them is."""
    return {one.at for one in unreachable_parts(journey)} & {place for place, _ in steps_of(journey)}


def first_unreached(journey: Journey, game: Game) -> set[Place]:
    """The steps that nobody came to, though somebody came to the one before them."""
    places = [place for place, _ in steps_of(journey)]
    return {(*at, i) for *at, i in places if (*at, int(i) - 1) in game.reached} - game.reached


@pytest.mark.parametrize("first", range(0, 2 * BATCH, BATCH))
def test_a_way_is_told_to_be_never_taken_exactly_when_nobody_goes_it(first: int) -> None:
    told_ways = 0
    for number in range(first, first + BATCH):
        journey = small_journey(number)
        game = Generous(journey, RULE_SETS["2020"], grid=GRID, words=("yes", "no", "other"))
        assert next(game.violations(), None) is None
        told = told_of(journey)

        assert not told & game.taken, f"journey {number}"
        reached = {place for place, _ in game.taken}
        missed = {way for way in written_ways(journey) - game.taken - told if way[0] in reached}
        assert not missed, f"journey {number}"
        told_ways += len(told)
        assert steps_told_of(journey) == first_unreached(journey, game), f"journey {number}"

    assert told_ways > BATCH / 100
