"""Unreachable paths, compared with all that can happen in small journeys."""

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
    return {(*at, i) for *at, i in places if (*at, int(i) - 1) in game.reached} - game.reached


@pytest.mark.parametrize("first", range(0, 2 * BATCH, BATCH))
def test_a_path_is_reported_as_unreachable_exactly_if_no_follower_takes_it(first: int) -> None:
    reported_count = 0
    for number in range(first, first + BATCH):
        journey = small_journey(number)
        game = Generous(journey, RULE_SETS["2020"], grid=GRID, words=("yes", "no", "other"))
        assert next(game.violations(), None) is None
        told = reported_paths(journey)

        assert not told & game.taken, f"journey {number}"
        reached = {place for place, _ in game.taken}
        missed = {way for way in written_paths(journey) - game.taken - told if way[0] in reached}
        assert not missed, f"journey {number}"
        reported_count += len(told)
        assert reported_steps(journey) == first_unreached(journey, game), f"journey {number}"

    assert reported_count > BATCH / 100
