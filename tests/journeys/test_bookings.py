"""A journey that is taken once per booking waits for the time of its own booking.

Each life is lived by the compiled journey with the real services, and by the simulator: they must agree.
"""

from datetime import timedelta

import pytest

from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import START, Act, tell
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Again, Condition, Exit, QuietHours, Trigger
from wejourney.people.bookings import BOOKING_TIME
from workbench.language.journey import Journey
from workbench.language.step_types import Branch, Case, Notify, Step, Stop, Wait, WaitDate

SECOND, HOUR, DAY, HOURS = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), 3600
SHANGHAI = timedelta(hours=8)


def tells(text: str) -> Notify:
    return Notify("staff", {"any": text})


REMINDS = tells("reminded of {booking.time|?}")


GONE, PASSED = (tells("gone"), Stop("gone")), (tells("passed"), Stop("passed"))


def wait(offset: int = -24 * HOURS, passed: tuple[Step, ...] = PASSED) -> WaitDate:
    return WaitDate(BOOKING_TIME, 30 * 24 * HOURS, offset=offset, otherwise=GONE, passed=passed)


def per_booking(
    *steps: Step, exits: tuple[Exit, ...] = (), quiet: QuietHours | None = None, when: Condition | None = None
) -> Journey:
    trigger = Trigger("booking.made", when=when or Condition())
    again = Again("per", key="booking")
    return Journey("reminder", {"any": "R"}, trigger, steps, again=again, exits=exits, quiet=quiet)


REMINDER = per_booking(wait(), REMINDS)


def aware(at: timedelta) -> str:
    return f"{START + at:%Y-%m-%dT%H:%M}+00:00"


def shown(at: timedelta) -> str:
    local = START + SHANGHAI + at
    return f"{local.day} {local:%B, %H:%M}"


def reminded(at: timedelta) -> str:
    return f"reminded of {shown(at)}"


def made(booking: str, day: timedelta, after: timedelta = timedelta()) -> Act:
    return tell("booking.made", after, booking=booking, starts_at=aware(day))


def moved(booking: str, day: timedelta, after: timedelta) -> Act:
    return tell("booking.changed", after, booking=booking, starts_at=aware(day))


def cancelled(booking: str, after: timedelta) -> Act:
    return tell("booking.cancelled", after, booking=booking)


type Told = tuple[timedelta, str]
"""What the staff is told, and when."""


def lives(journey: Journey, *acts: Act, told: list[Told]) -> None:
    """The deployed journey tells just this, each to the second, and the simulator plays the same life."""
    agreement = Agreement.of(journey)
    world = agreement.world(acts, (), "current")
    texts: list[str] = []
    for at, text in told:
        world.live_on(at - SECOND)
        assert [detail["text"] for _, detail in world.bus.once] == texts, f"before {at}"
        texts.append(text)
        world.live_on(at)
        assert [detail["text"] for _, detail in world.bus.once] == texts, f"at {at}"
    world.live_on(100 * DAY)
    assert [detail["text"] for _, detail in world.bus.once] == texts
    played = agreement.played(acts, (), "current")
    assert agreement.seen_by(played, played.play()) == agreement.seen_in(world)


# --- its own booking -------------------------------------------------------------------------------------


@pytest.mark.capability(row="13")
@pytest.mark.parametrize("day", [3, 9], ids=["closer", "later"])
def test_a_moved_booking_moves_the_wait_of_its_own_run_and_no_other(day: int) -> None:
    acts = [made("A", 5 * DAY), made("B", 6 * DAY, HOUR), moved("A", day * DAY, DAY)]
    told = [((day - 1) * DAY, reminded(day * DAY)), (5 * DAY, reminded(6 * DAY))]

    lives(REMINDER, *acts, told=sorted(told))


@pytest.mark.capability(row="13")
def test_a_cancelled_booking_ends_the_wait_at_once_and_the_other_booking_keeps_its_own() -> None:
    acts = [made("A", 5 * DAY), made("B", 6 * DAY, HOUR), cancelled("A", DAY)]

    lives(REMINDER, *acts, told=[(DAY, "gone"), (5 * DAY, reminded(6 * DAY))])


@pytest.mark.capability(row="13")
def test_an_exit_on_the_cancellation_ends_only_the_run_of_that_booking() -> None:
    off = Condition(events=(EventCount(EventPattern("booking.cancelled")),))
    journey = per_booking(wait(), REMINDS, exits=(Exit(off, "cancelled"),))
    acts = [made("A", 5 * DAY), made("B", 6 * DAY, HOUR), cancelled("A", DAY)]

    lives(journey, *acts, told=[(5 * DAY, reminded(6 * DAY))])


def test_a_booking_that_is_moved_into_the_past_takes_the_way_of_what_has_passed() -> None:
    lives(REMINDER, made("A", 5 * DAY), moved("A", HOUR, DAY), told=[(DAY, "passed")])


def test_a_booking_that_is_made_for_a_time_in_the_past_has_passed() -> None:
    lives(REMINDER, made("A", -5 * DAY), told=[(timedelta(), "passed")])


def test_a_booking_that_is_further_away_than_the_limit_takes_the_other_way_at_the_limit() -> None:
    lives(REMINDER, made("A", 50 * DAY), told=[(30 * DAY, "gone")])


def test_a_booking_that_is_made_again_after_it_was_cancelled_is_waited_for_if_the_run_still_waits() -> None:
    journey = per_booking(Wait(2 * 24 * HOURS), wait(), REMINDS)
    acts = [made("A", 5 * DAY), cancelled("A", HOUR), moved("A", 7 * DAY, DAY)]

    lives(journey, *acts, told=[(6 * DAY, reminded(7 * DAY))])


@pytest.mark.parametrize("day", [5, 6])
def test_a_time_without_a_zone_is_one_where_the_person_is(day: int) -> None:
    local = f"{START + SHANGHAI + day * DAY:%Y-%m-%dT%H:%M}"
    act = tell("booking.made", timedelta(), booking="A", starts_at=local)

    lives(REMINDER, act, told=[((day - 1) * DAY, reminded(day * DAY))])


def test_a_cancellation_in_quiet_hours_is_acted_on_when_they_are_over() -> None:
    quiet = QuietHours(9 * 60, 12 * 60)
    journey = per_booking(wait(), REMINDS, quiet=quiet)

    lives(journey, made("A", 5 * DAY, 3 * HOUR), cancelled("A", DAY), told=[(DAY + 2 * HOUR, "gone")])


def test_a_wait_after_the_booking_counts_from_its_time() -> None:
    journey = per_booking(wait(), REMINDS, wait(2 * 24 * HOURS, passed=()), tells("thanked"))
    acts = [made("A", 5 * DAY), moved("A", 6 * DAY, DAY)]

    lives(journey, *acts, told=[(5 * DAY, reminded(6 * DAY)), (8 * DAY, "thanked")])


# --- conditions ------------------------------------------------------------------------------------------


def test_a_condition_asks_whether_the_time_of_its_own_booking_is_known() -> None:
    known = Case(Condition(dates=(BOOKING_TIME,)), (tells("known"),))
    unknown = Case(Condition(without_dates=(BOOKING_TIME,)), (tells("unknown"),))
    journey = per_booking(Wait(48 * HOURS), Branch((known,)), Branch((unknown,)))
    acts = [made("A", 5 * DAY), made("B", 6 * DAY, HOUR), cancelled("A", DAY)]

    lives(journey, *acts, told=[(2 * DAY, "unknown"), (2 * DAY + HOUR, "known")])


def test_the_condition_of_a_trigger_sees_the_time_of_the_booking_that_starts_the_journey() -> None:
    journey = per_booking(tells("begun"), when=Condition(dates=(BOOKING_TIME,)))

    lives(journey, made("A", 5 * DAY, HOUR), told=[(HOUR, "begun")])
