import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.language.durations import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d 12h", 129_600), ("1d12h", 129_600), ("90d", 7_776_000)],
)
def test_a_duration_is_days_hours_minutes_and_seconds_in_that_order(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "2", "h", "2 hours", "12h 1d", "1h 1h", "-2h", "1.5h", "２h小时"])
def test_what_is_not_a_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 90s, 30m, 2h or 1d 12h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0s", "0d 0h", "91d", "90d 1s", "99999999999h"])
def test_a_duration_is_more_than_nothing_and_at_most_ninety_days(text: str) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        parse_duration(text)


@given(st.integers(1, LONGEST))
def test_every_duration_reads_as_what_it_was_written_from(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds
