"""Tiers by what is earned or spent in a window: reached at once, kept for a while, never lost by spending."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney.loyalty.expiry import Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import (
    FOR_EVER,
    Missing,
    Tier,
    Tiers,
    TierStanding,
    missing,
    review,
)
from wejourney.people.counters import DailyAmounts
from wejourney.plain_data import from_plain, to_plain

BASIC, SILVER, GOLD = Tier("basic", 0), Tier("silver", 1000), Tier("gold", 5000)
TIERS = Tiers((BASIC, SILVER, GOLD), grace=Period(3, "month"))
NOVEMBER = date(2026, 11, 28)
DAY = timedelta(days=1)


def standing_of(
    tiers: Tiers, earned: Mapping[str, int], today: date, before: TierStanding | None = None
) -> TierStanding:
    return review(tiers, earned, before or TierStanding(), today)


# --- what a tier is reached by -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earned", "tier"), [(0, "basic"), (999, "basic"), (1000, "silver"), (4999, "silver"), (5000, "gold")]
)
def test_a_tier_is_reached_with_its_amount_and_not_with_one_less(earned: int, tier: str) -> None:
    assert standing_of(TIERS, {"2026-11": earned}, NOVEMBER).tier == tier


def test_without_a_tier_for_all_nobody_has_one_before_the_first() -> None:
    assert standing_of(Tiers((SILVER, GOLD)), {"2026-11": 999}, NOVEMBER) == TierStanding()


@pytest.mark.parametrize(
    ("months", "first", "last"),
    [(1, "2026-11", "2026-10"), (3, "2026-09", "2026-08"), (12, "2025-12", "2025-11")],
)
def test_the_window_is_the_running_month_and_those_before_it(months: int, first: str, last: str) -> None:
    tiers = replace(TIERS, months=months)
    assert tiers.within({first: 1}, NOVEMBER) == 1
    assert tiers.within({last: 1}, NOVEMBER) == 0
    assert tiers.within({"2026-12": 1}, NOVEMBER) == 0, "what is to come"


def test_what_is_missing_to_the_next_tier_and_until_when_the_tier_is_sure() -> None:
    earned = {"2026-03": 1200, "2026-11": 300}
    standing = standing_of(TIERS, earned, NOVEMBER)
    assert (standing.tier, standing.since) == ("silver", "2026-11-28")
    assert standing.until == "2027-05-31", "1200 of March count to the end of February, and three months more"
    assert missing(TIERS, earned, standing, NOVEMBER) == Missing("gold", 3500)


def test_nothing_is_missing_above_the_highest_tier() -> None:
    earned = {"2026-11": 9000}
    assert missing(TIERS, earned, standing_of(TIERS, earned, NOVEMBER), NOVEMBER) is None


def test_without_a_tier_the_first_one_is_the_next() -> None:
    tiers = Tiers((SILVER, GOLD))
    assert missing(tiers, {"2026-11": 1}, TierStanding(), NOVEMBER) == Missing("silver", 999)


# --- when it is lost -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grace", "first", "last"),
    [
        (None, date(2027, 1, 1), "2026-12-31"),
        (Period(30, "day"), date(2027, 1, 1), "2027-01-30"),
        (Period(1, "month"), date(2028, 2, 1), "2028-02-29"),
        (Period(1, "month"), date(2027, 2, 1), "2027-02-28"),
        (Period(3, "month"), date(2027, 11, 1), "2028-01-31"),
        (Period(12, "month"), date(2028, 2, 29), "2029-02-27"),
        (Period(1, "month"), date(2028, 1, 31), "2028-02-28"),
    ],
)
def test_the_grace_period_ends_on_the_day_before_its_first_came_again(
    grace: Period | None, first: date, last: str
) -> None:
    assert Tiers(grace=grace).kept_until(first) == last


def test_a_tier_is_lost_on_the_day_after_its_last_one() -> None:
    earned = {"2026-11": 5000}
    held = standing_of(TIERS, earned, NOVEMBER)
    assert held.until == "2028-01-31"
    assert review(TIERS, earned, held, date(2028, 1, 31)).tier == "gold"
    assert review(TIERS, earned, held, date(2028, 2, 1)) == TierStanding(
        "basic", "2028-02-01", {"basic": FOR_EVER}
    )


def test_who_loses_a_tier_falls_to_what_they_have_reached() -> None:
    earned = {"2026-11": 5000, "2027-06": 1000}
    held = standing_of(TIERS, earned, date(2027, 6, 1))
    fallen = review(TIERS, earned, held, date(2028, 2, 1))
    assert (fallen.tier, fallen.since, fallen.until) == ("silver", "2028-02-01", "2028-08-31")


def test_step_by_step_the_next_lower_tier_is_kept_for_a_grace_period() -> None:
    tiers, earned = replace(TIERS, one_step=True), {"2026-11": 5000}
    held = standing_of(tiers, earned, NOVEMBER)
    fallen = review(tiers, earned, held, date(2028, 2, 1))
    assert (fallen.tier, fallen.since, fallen.until) == ("silver", "2028-02-01", "2028-04-30")
    assert review(tiers, earned, fallen, date(2028, 5, 1)).tier == "basic"
    found_late = review(tiers, earned, held, date(2028, 7, 1))
    assert (found_late.tier, found_late.since) == ("basic", "2028-05-01")


def test_what_is_taken_back_costs_the_tier_after_the_grace_period_only() -> None:
    held = standing_of(TIERS, {"2026-11": 5000}, NOVEMBER)
    after_return = review(TIERS, {"2026-11": 0}, held, date(2026, 12, 5))
    assert (after_return.tier, after_return.until) == ("gold", "2027-03-04")
    assert review(TIERS, {"2026-11": 0}, after_return, date(2027, 3, 5)).tier == "basic"


def test_a_tier_that_another_system_has_told_is_kept_for_the_grace_period() -> None:
    told = review(TIERS, {}, TierStanding("gold"), NOVEMBER)
    assert (told.tier, told.since, told.until) == ("gold", "", "2027-02-27")


def test_a_tier_that_the_programme_has_no_more_is_lost_at_once() -> None:
    lost = review(TIERS, {}, TierStanding("platinum", "2025-01-01", {"platinum": FOR_EVER}), NOVEMBER)
    assert (lost.tier, lost.since) == ("basic", "2026-11-28")


# --- days and zones ------------------------------------------------------------------------------


def test_a_month_begins_in_the_zone_of_the_programme() -> None:
    new_year = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    shanghai, new_york = Programme("Asia/Shanghai"), Programme("America/New_York")
    assert shanghai.day_of(new_year) == date(2027, 1, 1)
    assert shanghai.start_of(date(2027, 1, 1)) == new_year
    assert shanghai.day_of(new_year - timedelta(seconds=1)) == new_york.day_of(new_year) == date(2026, 12, 31)


def test_a_window_of_twelve_months_with_29_february_is_counted_whole() -> None:
    first, last = date(2027, 3, 1), date(2028, 2, 29)
    spent = DailyAmounts.of([(first.toordinal(), 300), (last.toordinal(), 700)])
    assert TIERS.within(spent.by_month, last) == 1000
    assert TIERS.within(spent.by_month, last + DAY) == 700


# --- as written ----------------------------------------------------------------------------------


@pytest.mark.parametrize("grace", [None, Period(30, "day"), Period(3, "month")])
def test_tiers_and_standings_come_back_as_they_were_written(grace: Period | None) -> None:
    tiers = replace(TIERS, grace=grace, one_step=True)
    assert from_plain(Tiers, to_plain(tiers)) == tiers
    standing = TierStanding("gold", "2026-11-28", {"gold": "2028-01-31"})
    assert from_plain(TierStanding, to_plain(standing)) == standing


# --- whole lives ---------------------------------------------------------------------------------

LEVELS = st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True).map(
    lambda amounts: tuple(Tier(f"tier-{amount}", amount) for amount in sorted(amounts))
)
GRACES = st.none() | st.builds(Period, st.integers(1, 4) | st.just(45), st.sampled_from(["day", "month"]))
PROGRAMMES = st.builds(Tiers, levels=LEVELS, months=st.integers(1, 12), grace=GRACES, one_step=st.booleans())
EARLIEST = date(2027, 9, 15)


@dataclass(frozen=True)
class Change:
    """On a day so many days after the one before, so much is earned; `taken_back` of what was."""

    days: int
    earned: int
    taken_back: int = 0


EARNINGS = st.lists(st.builds(Change, st.integers(1, 70), st.integers(1, 60)), min_size=1, max_size=8)
CHANGES = st.lists(
    st.builds(Change, st.integers(1, 70), st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8
)


def life(changes: list[Change]) -> Iterator[tuple[date, Mapping[str, int]]]:
    """The days of changes, with what is earned by month after each."""
    day, earned = EARLIEST, dict[str, int]()
    for change in changes:
        day += timedelta(days=change.days)
        month = day.isoformat()[:7]
        for known in earned:
            earned[known] -= min(earned[known], change.taken_back)
        earned[month] = earned.get(month, 0) + change.earned
        yield day, dict(earned)


def rank(tiers: Tiers, standing: TierStanding) -> int:
    return next((i for i, level in enumerate(tiers.levels) if level.name == standing.tier), -1)


def reached(tiers: Tiers, earned: Mapping[str, int], day: date) -> int:
    return max(
        (i for i, level in enumerate(tiers.levels) if tiers.within(earned, day) >= level.at_least),
        default=-1,
    )


def daily(
    tiers: Tiers, changes: list[Change], more_days: int = 200
) -> Iterator[tuple[date, int, TierStanding]]:
    """Each day of a life: what is reached by then, and the standing, looked at every day."""
    lives, standing = [*life(changes)], TierStanding()
    end = lives[-1][0] + timedelta(days=more_days)
    for (begin, earned), (next_day, _) in pairwise([*lives, (end, {})]):
        for number in range((next_day - begin).days):
            today = begin + timedelta(days=number)
            standing = review(tiers, earned, standing, today)
            assert review(tiers, earned, standing, today) == standing
            yield today, reached(tiers, earned, today), standing


@settings(max_examples=40)
@given(PROGRAMMES, CHANGES)
def test_a_tier_is_reached_at_once_and_never_lost_before_its_grace_period_is_over(
    tiers: Tiers, changes: list[Change]
) -> None:
    kept_until = [""] * len(tiers.levels)
    for today, has_reached, standing in daily(tiers, changes):
        for i in range(has_reached + 1):
            kept_until[i] = tiers.kept_until(today + DAY)
        least = max(
            (i for i, last in enumerate(kept_until) if i <= has_reached or last >= today.isoformat()),
            default=-1,
        )
        if tiers.one_step:
            assert rank(tiers, standing) >= least
        else:
            assert rank(tiers, standing) == least


@settings(max_examples=40)
@given(PROGRAMMES, EARNINGS, st.sets(st.integers(0, 800)))
def test_how_often_and_when_a_standing_is_reviewed_changes_nothing(
    tiers: Tiers, changes: list[Change], skipped: set[int]
) -> None:
    """The event of an earning is followed by a review before and after it is posted.

    Of the days between any may be left out, by a job that stops.
    """
    by_day = {today: standing for today, _, standing in daily(tiers, changes)}
    standing, lives = TierStanding(), dict(life(changes))
    earned: Mapping[str, int] = {}
    for number, today in enumerate(by_day):
        if today in lives:
            before, earned = earned, lives[today]
            standing = review(tiers, before, standing, today)
        elif number in skipped or number % 7:
            continue
        standing = review(tiers, earned, standing, today)
        assert standing == by_day[today]


@settings(max_examples=40)
@given(PROGRAMMES, EARNINGS, st.data())
def test_who_has_earned_more_never_stands_lower_nor_for_shorter(
    tiers: Tiers, changes: list[Change], data: st.DataObject
) -> None:
    extra = [data.draw(st.integers(0, 30)) for _ in changes]
    more = [replace(one, earned=one.earned + add) for one, add in zip(changes, extra, strict=True)]
    for (_, _, poor), (_, _, rich) in zip(daily(tiers, changes), daily(tiers, more), strict=True):
        assert rank(tiers, rich) >= rank(tiers, poor)
        assert rich.tier != poor.tier or rich.until >= poor.until


@settings(max_examples=40)
@given(PROGRAMMES, EARNINGS)
def test_a_tier_is_sure_until_the_day_that_was_told_if_nothing_more_is_earned(
    tiers: Tiers, changes: list[Change]
) -> None:
    *_, (day, earned) = life(changes)
    *_, (_, _, standing) = daily(tiers, changes, 1)
    if standing.until != FOR_EVER:
        last = date.fromisoformat(standing.until)
        assert review(tiers, earned, standing, max(last, day)).tier == standing.tier
        assert rank(tiers, review(tiers, earned, standing, last + DAY)) < rank(tiers, standing)
