"""Positions in a timeline: their order, and their one form as text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.events.positions import BEGINNING, NEVER, Position

SECONDS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
IDS = st.text("0123456789abcdef", max_size=4)
POSITIONS = st.one_of(
    st.builds(Position, SECONDS | st.just(NOON), IDS),
    st.builds(Position, SECONDS | st.just(NOON), IDS).map(lambda position: position.just_after),
    st.sampled_from([BEGINNING]),
)


@given(POSITIONS, POSITIONS)
def test_positions_sort_as_their_texts_do(one: Position, other: Position) -> None:
    assert (one < other) is (str(one) < str(other))
    assert Position.parse(str(one)) == one


@given(POSITIONS)
def test_every_position_is_after_the_beginning_and_before_a_step_that_was_not_taken(one: Position) -> None:
    assert BEGINNING <= one < NEVER


@given(st.datetimes(timezones=st.timezones()), IDS)
def test_the_position_of_a_moment_is_before_all_events_of_its_second(at: datetime, id_: str) -> None:
    try:
        begin = Position.at(at)
    except OverflowError:
        return
    event = Position(begin.second, id_)
    assert begin == event.start_of_second <= event < event.just_after
    assert timedelta(0) <= at - begin.second < timedelta(seconds=1)
    assert Position.parse(str(begin)) == begin


def test_what_follows_an_event_is_before_the_next_one_of_its_second() -> None:
    assert Position(NOON, "1").just_after < Position(NOON, "2")
    assert Position(NOON).just_after > Position(NOON, "f" * 32), (
        "after a second's beginning means after it all"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-11-23T04:00:00", "2026-11-23T04:00:00Z", "2026-11-23Z#1", "2026-11-23T04:00:00.5Z#1"),
        *("2026-11-23T04:00:00+08:00Z#1", "2026-13-23T04:00:00Z#1", "2026-11-23T04:00:00Z#1#2", "x" * 500),
        f"2026-11-23T04:00:00Z#{'1' * 65}",
    ],
)
def test_a_text_that_is_no_position_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a position|month must be") as error:
        Position.parse(text)
    assert len(str(error.value)) < 150
