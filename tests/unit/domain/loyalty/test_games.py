"""Which rounds count on a leader board, on which board, and in which order people are on it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON, SUBJECT
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.loyalty.earning_rules import Days
from wejourney.loyalty.games import (
    LATE,
    LOOKED_BACK,
    Counts,
    Every,
    GameTerms,
    Played,
    Round,
    Standing,
    WhyUnranked,
    board_on,
    closed_boards,
)

ZONE = "Asia/Shanghai"
TERMS = GameTerms(highest=500, rounds_per_hour=3)
DAY = date(2026, 11, 28)


def played(score: int, number: int = 0, at: datetime = NOON) -> Round:
    return Round("rings", f"r{number}", score, at, f"{number:032x}")


ROUNDS = st.lists(
    st.builds(
        played,
        st.integers(0, 5),
        st.integers(0, 10**6),
        st.integers(0, 2).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one.event_id,
)


def standing_after(rounds: list[Round], counts: Counts) -> Standing:
    terms, before = GameTerms(500, 100, counts), Played()
    for one in rounds:
        before = Played(before.after(one, terms))
    assert before.standing is not None
    return before.standing


@given(ROUNDS, st.randoms(use_true_random=False), st.sampled_from(Counts))
def test_where_somebody_stands_does_not_depend_on_the_order_in_which_rounds_are_known(
    rounds: list[Round], random: object, counts: Counts
) -> None:
    shuffled = sorted(rounds, key=lambda _: random.random())  # type: ignore[attr-defined]  # hypothesis gives object
    found = standing_after(rounds, counts)
    assert standing_after(shuffled, counts) == found
    scores = [one.score for one in rounds]
    assert found.score == (max(scores) if counts is Counts.BEST else sum(scores))
    last = max if counts is Counts.SUM else min
    counted = [one for one in rounds if counts is Counts.SUM or one.score == found.score]
    assert (found.at, found.event_id) == last((one.at, one.event_id) for one in counted)


STANDINGS = st.builds(
    Standing,
    st.sampled_from([0, 1, 9, 10, 99, 10**9, 10**15]),
    st.integers(0, 3).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    st.sampled_from(["0" * 32, "a" * 32, "f" * 32]),
)


@given(st.lists(STANDINGS, unique=True))
def test_a_place_sorts_by_score_then_by_time_and_says_what_it_stands_for(standings: list[Standing]) -> None:
    by_place = sorted(standings, key=lambda one: one.place)
    assert by_place == sorted(standings, key=lambda one: (-one.score, one.at, one.event_id))
    assert [Standing.at_place(one.place) for one in standings] == standings
    assert all(one.is_before(other) for one, other in pairwise(by_place))


@pytest.mark.parametrize(
    ("score", "before", "why"),
    [
        (500, Played(), None),
        (501, Played(), WhyUnranked.SCORE_TOO_HIGH),
        (1, Played(rounds=2), None),
        (1, Played(rounds=3), WhyUnranked.TOO_MANY_ROUNDS),
        (1, Played(rounds=3, counted_by="e"), WhyUnranked.COUNTED_BEFORE),
        (501, Played(counted_by="e"), WhyUnranked.SCORE_TOO_HIGH),
    ],
)
def test_a_round_counts_up_to_the_highest_score_so_many_times_an_hour_and_once(
    score: int, before: Played, why: WhyUnranked | None
) -> None:
    assert before.why_unranked(played(score), TERMS) is why


@pytest.mark.parametrize(
    ("every", "days", "day", "period", "last"),
    [
        (Every.DAY, Days(), DAY, "2026-11-28", DAY),
        (Every.WEEK, Days(), date(2026, 11, 30), "2026-W49", date(2026, 12, 6)),
        (Every.WEEK, Days(), date(2026, 11, 29), "2026-W48", date(2026, 11, 29)),
        (Every.WEEK, Days(), date(2027, 1, 1), "2026-W53", date(2027, 1, 3)),
        (Every.WEEK, Days("2026-11-23", "2026-11-26"), date(2026, 11, 23), "2026-W48", date(2026, 11, 26)),
        (None, Days("2026-11-01", "2026-11-30"), DAY, "2026-11-01..2026-11-30", date(2026, 11, 30)),
        (None, Days("", "2026-11-30"), DAY, "..2026-11-30", date(2026, 11, 30)),
        (None, Days("2026-11-01"), DAY, "2026-11-01..", None),
        (None, Days(), DAY, "all", None),
    ],
)
def test_a_board_is_of_a_day_a_week_or_all_days_and_closes_an_hour_after_the_last(
    every: Every | None, days: Days, day: date, period: str, last: date | None
) -> None:
    board = board_on("rings", GameTerms(1, 1, every=every, days=days), day, ZONE)
    assert board is not None
    assert board.period == period
    if last is None:
        assert board.closes_at is board.ends_at is None
        assert board.takes(NOON + timedelta(days=10_000))
        return
    midnight = datetime(last.year, last.month, last.day, 16, tzinfo=NOON.tzinfo)
    assert board.closes_at == midnight + LATE
    assert board.takes(board.closes_at - timedelta(seconds=1))
    assert not board.takes(board.closes_at)
    assert board.ends_at == midnight - timedelta(seconds=1)


NOVEMBER = GameTerms(1, 1, days=Days("2026-11-01", "2026-11-30"))


@pytest.mark.parametrize(
    "other",
    [
        replace(NOVEMBER, days=Days("2026-11-28", "2026-11-30")),
        replace(NOVEMBER, days=Days("", "2026-11-30")),
        replace(NOVEMBER, days=Days()),
        replace(NOVEMBER, counts=Counts.SUM),
        replace(NOVEMBER, every=Every.DAY),
        replace(NOVEMBER, every=Every.WEEK),
    ],
)
def test_a_campaign_with_other_days_or_another_way_to_count_has_another_board(other: GameTerms) -> None:
    one, another = (board_on("rings", terms, DAY, ZONE) for terms in (NOVEMBER, other))
    assert one is not None
    assert another is not None
    assert one.id != another.id


@pytest.mark.parametrize("last", ["2026-11-29", "2026-12-06", ""])
def test_a_campaign_that_ends_on_another_day_keeps_its_board_and_has_another_result(last: str) -> None:
    ends = replace(NOVEMBER, days=Days("2026-11-01", last))
    one, another = (board_on("rings", terms, DAY, ZONE) for terms in (NOVEMBER, ends))
    assert one is not None
    assert another is not None
    assert one.id == another.id
    assert one.result_id != another.result_id


@pytest.mark.parametrize("every", [*Every, None])
def test_days_at_the_end_of_the_calendar_break_no_board(every: Every | None) -> None:
    terms = GameTerms(1, 1, every=every, days=Days("2026-01-01", "9999-12-31"))
    assert board_on("rings", terms, date.max, ZONE) is None
    board = board_on("rings", terms, DAY, ZONE)
    assert board is not None
    assert (board.closes_at is None) == (every is None)


def test_a_game_has_no_board_before_and_after_its_days() -> None:
    terms = GameTerms(1, 1, days=Days("2026-11-01", "2026-11-30"))
    for day in (date(2026, 10, 31), date(2026, 12, 1)):
        assert board_on("rings", terms, day, ZONE) is None


@pytest.mark.parametrize("every", [*Every, None])
@given(back=st.integers(0, 60), hours=st.integers(0, 48))
def test_each_board_that_ends_is_found_closed_for_days_and_never_before_it_closes(
    every: Every | None, back: int, hours: int
) -> None:
    days = Days("2026-11-02", "2026-12-20")
    terms, now = GameTerms(1, 1, every=every, days=days), NOON + timedelta(hours=hours)
    day = now.date() - timedelta(days=back)
    board, found = (
        board_on("rings", terms, day, "UTC"),
        list(closed_boards("rings", terms, now.date(), now, "UTC")),
    )
    assert all(not one.takes(now) for one in found)
    if board is not None and board.closes_at is not None:
        is_recent = now - timedelta(days=LOOKED_BACK - 1) < board.closes_at <= now
        assert not is_recent or board in found


def scored(**details: str) -> InboundEvent:
    return own_event(MiniProgramEvent("game.scored", details=details), "1", SUBJECT, NOON)


def test_an_event_without_a_round_is_a_round_of_its_own() -> None:
    event = scored(game="rings", score="70")
    assert Round.of(event) == Round("rings", event.id, 70, NOON, event.id)
    assert Round.of(scored(game="rings", score="7", round="r1")) == Round("rings", "r1", 7, NOON, event.id)


@pytest.mark.parametrize("details", [{"game": "rings"}, {"game": "rings", "score": "many"}])
def test_an_event_without_a_score_is_no_round(details: dict[str, str]) -> None:
    assert Round.of(scored(**details)) is None
