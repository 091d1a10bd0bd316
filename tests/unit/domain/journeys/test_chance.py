"""Chance that is the same for the same person."""

from collections import Counter

import pytest

from wejourney.journeys.chance import (
    OF,
    buckets_of,
    draw,
    holdout_bucket,
    holdout_buckets,
    is_held_out,
    split_name,
)

PEOPLE = [f"person-{number}" for number in range(10_000)]


def test_a_draw_never_changes() -> None:
    """Whoever runs on after a deployment stays in the same share: these numbers must not move."""
    assert [draw("ann", "welcome#teaser"), draw("bob", "welcome#teaser")] == [8434, 369]
    assert split_name("welcome", "teaser") == "welcome#teaser"


def test_draws_are_spread_evenly() -> None:
    tenths = Counter(draw(person, "welcome#teaser") * 10 // OF for person in PEOPLE)

    assert sorted(tenths) == list(range(10))
    chi_square = sum((count - 1000) ** 2 / 1000 for count in tenths.values())
    assert chi_square < 27.9  # 9 degrees of freedom: one even draw in a thousand is worse


def test_splits_draw_independently() -> None:
    both = Counter((draw(one, "a#x") < OF // 2, draw(one, "b#x") < OF // 2) for one in PEOPLE)
    chi_square = sum((count - 2500) ** 2 / 2500 for count in both.values())
    assert len(both) == 4
    assert chi_square < 16.3  # 3 degrees of freedom


@pytest.mark.parametrize("percents", [(100,), (50, 50), (1, 98, 1), (33, 33, 34)])
def test_every_lot_belongs_to_one_share(percents: tuple[int, ...]) -> None:
    shares = buckets_of(percents)

    assert [lot for lots in shares for lot in lots] == list(range(OF))
    assert [len(lots) * 100 // OF for lots in shares] == list(percents)


def test_a_holdout_is_the_lowest_lots_of_a_draw_of_its_own() -> None:
    assert holdout_bucket("ann", "welcome") == draw("ann", "welcome#holdout") == 5104
    assert holdout_buckets(5) == range(500)


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 100])
def test_a_holdout_keeps_out_its_share(percent: int) -> None:
    share = sum(is_held_out(person, "welcome", percent) for person in PEOPLE) / len(PEOPLE)
    assert abs(share - percent / 100) < 0.015
    assert percent not in (0, 100) or share == percent / 100


def test_a_larger_holdout_contains_a_smaller_one() -> None:
    small, large = ({one for one in PEOPLE if is_held_out(one, "welcome", share)} for share in (5, 10))
    assert small < large
