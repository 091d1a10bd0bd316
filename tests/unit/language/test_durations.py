import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, QuietHours
from wejourney.messaging.contents import Text
from workbench.language.durations import LONGEST, format_duration, longest_silence, parse_duration
from workbench.language.step_types import (
    Ask,
    Branch,
    Case,
    HandOver,
    Send,
    Share,
    Split,
    Step,
    Tag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)

HOUR = 3600
TAG = Tag(("a",))
NIGHT = QuietHours(22 * 60, 8 * 60)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d 12h", 129_600), ("1d12h", 129_600), ("90d", 7_776_000)],
)
def test_a_duration_is_days_hours_minutes_and_seconds_in_that_order(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "2", "h", "2 hours", "12h 1d", "1h 1h", "-2h", "1.5h", "２h小时"])
def test_an_invalid_duration_is_rejected_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 90s, 30m, 2h or 1d 12h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0s", "0d 0h"])
def test_a_duration_of_zero_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=f"`{text}` is too short: at least 1s"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["91d", "90d 1s", "99999999999h"])
def test_a_duration_is_at_most_ninety_days(text: str) -> None:
    with pytest.raises(ValueError, match=f"`{text}` is too long: at most 90d"):
        parse_duration(text)


@given(st.integers(1, LONGEST))
def test_a_formatted_duration_parses_to_the_same_seconds(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


SILENCES: list[tuple[Step, int]] = [
    (TAG, 0),
    (Wait(HOUR), HOUR),
    (WaitUntil(time=0), 25 * HOUR),
    (WaitUntil(time=0, weekday=0), (7 * 24 + 1) * HOUR),
    (WaitDate("d", within=5, otherwise=(Wait(HOUR),)), HOUR + 5),
    (WaitEvent(EventPattern("payment"), within=5, otherwise=(Wait(HOUR),)), HOUR + 5),
    (HandOver("s", within=5), 5),
    (Ask("q", within=5, unanswered=(Wait(HOUR),), not_sent=(Wait(2 * HOUR),)), 2 * HOUR),
    (Ask("q", within=5, unanswered=(Wait(HOUR),)), HOUR + 5),
    (Send(Text({"any": "a"}), not_sent=(Wait(HOUR),)), HOUR),
    (Branch((Case(Condition(member=True), (Wait(HOUR),)),), (Wait(2 * HOUR),)), 2 * HOUR),
    (Split("s", (Share(50, (Wait(HOUR),)), Share(50))), HOUR),
]


@pytest.mark.parametrize(("step", "seconds"), SILENCES)
def test_the_longest_path_of_a_step_counts(step: Step, seconds: int) -> None:
    assert longest_silence((step, Wait(1))) == seconds + 1


def test_the_longest_silence_adds_quiet_hours_to_every_wait() -> None:
    steps = (Wait(1), Ask("q", within=1), WaitUntil(time=0))

    # From 22:00 to 8:00 are ten hours, eleven when daylight saving ends.
    assert longest_silence(steps, NIGHT) == longest_silence(steps) + 3 * 11 * HOUR
