"""Bookings: what was said last of each is known, whatever the order, as far as there is room."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS, SUBJECT
from wejourney.adapters.dynamo.follower_rows import follower_row
from wejourney.adapters.dynamo.items import columns_of, item_of, person_of
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import BookingCancelled, BookingChanged, BookingMade, MiniProgramEvent
from wejourney.people.bookings import (
    BOOKING_TIME,
    MOST_BOOKINGS,
    Booking,
    BookingStatus,
    bookings_after,
    forgotten,
)
from wejourney.people.followers import Follower, after, is_told_again
from wejourney.people.merging import merged

PERSON = Follower(APP_ID, OPENID, "person", following=True)
DAY = timedelta(days=1)
TIMES = ("2026-12-01T18:00", "2026-12-02T09:30+08:00", "2027-03-28T02:30", "2020-01-01T00:00")


def made(booking: str, starts_at: str = TIMES[0], after: timedelta = timedelta()) -> InboundEvent:
    return told_at(BookingMade(booking, starts_at), after)


def moved(booking: str, starts_at: str, after: timedelta) -> InboundEvent:
    return told_at(BookingChanged(booking, starts_at), after)


def cancelled(booking: str, after: timedelta) -> InboundEvent:
    return told_at(BookingCancelled(booking), after)


def told_at(body: Any, after: timedelta) -> InboundEvent:
    return own_event(body, f"{body} {after}", SUBJECT, NOON + after)


def told(person: Follower, event: InboundEvent) -> Follower:
    return after(person, event, SETTINGS.rules)


_said = st.builds(
    lambda kind, booking, time, seconds: told_at(
        kind(booking) if kind is BookingCancelled else kind(booking, time), timedelta(seconds=seconds)
    ),
    st.sampled_from([BookingMade, BookingChanged, BookingCancelled]),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(TIMES),
    st.integers(0, 3),
)


@pytest.mark.capability(row="13")
@settings(max_examples=300)
@given(said=st.lists(_said, max_size=10), data=st.data())
def test_the_same_bookings_are_known_in_whatever_order_events_arrive_and_people_merge(
    said: list[InboundEvent], data: st.DataObject
) -> None:
    expected = reduce(told, said, PERSON).bookings
    shuffled = data.draw(st.permutations(said))
    parted = data.draw(st.integers(0, len(said)))
    one, other = (reduce(told, some, PERSON) for some in (shuffled[:parted], shuffled[parted:]))

    assert reduce(told, [*shuffled, *shuffled], PERSON).bookings == expected
    assert merged(one, replace(other, person_id="other"), {}).bookings == expected


def test_a_booking_that_was_cancelled_stays_so_when_it_is_told_late_that_it_was_made() -> None:
    events = [cancelled("A", 2 * DAY), made("A"), moved("A", TIMES[1], DAY)]
    person = reduce(told, events, PERSON)

    assert person.bookings == {"A": Booking(NOON + 2 * DAY, BookingStatus.CANCELLED)}
    assert person.date(BOOKING_TIME, "A") is None
    assert is_told_again(person, events[1]), "it starts no journey"
    assert not is_told_again(person, moved("A", TIMES[1], 3 * DAY)), "it is booked again"


@pytest.mark.parametrize("first", range(6))
def test_what_is_said_of_a_booking_in_one_second_counts_in_its_own_order(first: int) -> None:
    events = [made("A"), moved("A", TIMES[1], timedelta()), cancelled("A", timedelta())]
    rotated = [*events[first % 3 :], *events[: first % 3]]
    person = reduce(told, rotated[: 2 if first >= 3 else 3], PERSON)

    said = [event.body.kind.removeprefix("booking.") for event in rotated[: 2 if first >= 3 else 3]]
    assert person.bookings["A"].status == max(said, key=[*BookingStatus].index)


def test_each_run_sees_the_time_of_its_own_booking_only() -> None:
    person = reduce(told, [made("A", TIMES[0]), made("B", TIMES[1])], PERSON)
    person = replace(person, dates={"booking": "2026-12-24"})

    assert [person.date(BOOKING_TIME, booking) for booking in ("A", "B", "C", "")] == [*TIMES[:2], None, None]
    assert person.date("booking", "A") == "2026-12-24", "the date of the profile of that name stays"


# --- the bound -------------------------------------------------------------------------------------------

AHEAD = "2027-12-01T18:00"


def many(number: int, starts_at: str = AHEAD) -> list[InboundEvent]:
    return [made(f"B-{n:02}", starts_at, timedelta(minutes=n)) for n in range(number)]


def test_of_more_bookings_than_there_is_room_for_those_that_are_over_go_first() -> None:
    over = [made("old", "2026-11-01T18:00", 2 * DAY), made("off", AHEAD, DAY), cancelled("off", 3 * DAY)]
    person = reduce(told, [*over, *many(MOST_BOOKINGS)], PERSON)

    assert person.bookings.keys() == {f"B-{n:02}" for n in range(MOST_BOOKINGS)}


def test_of_too_many_that_are_to_come_those_that_were_told_of_longest_ago_go_and_are_counted() -> None:
    known = reduce(told, many(MOST_BOOKINGS), PERSON)
    person = told(known, made("one more", AHEAD, DAY))

    assert known.bookings.keys() - person.bookings.keys() == {"B-00"}
    assert forgotten(known.bookings, person.bookings) == 1
    assert forgotten(person.bookings, person.bookings) == 0


def test_a_booking_that_is_over_is_left_out_without_being_counted() -> None:
    known = reduce(told, [made("old", "2026-11-01T18:00"), *many(MOST_BOOKINGS - 1)], PERSON)
    person = told(known, made("one more", AHEAD, DAY))

    assert "old" not in person.bookings
    assert forgotten(known.bookings, person.bookings) == 0


@given(said=st.lists(st.integers(0, 2 * MOST_BOOKINGS), max_size=60), data=st.data())
def test_bookings_to_come_are_the_same_in_any_order_also_beyond_the_bound(
    said: list[int], data: st.DataObject
) -> None:
    events = [made(f"B-{n % 30:02}", AHEAD, timedelta(minutes=n)) for n in said]
    known = reduce(told, events, PERSON).bookings

    assert len(known) <= MOST_BOOKINGS
    assert reduce(told, data.draw(st.permutations(events)), PERSON).bookings == known


def test_an_event_about_something_else_tells_of_no_booking() -> None:
    assert bookings_after({}, told_at(MiniProgramEvent("custom.x", booking="A"), DAY)) is None


# --- the row ---------------------------------------------------------------------------------------------


def test_the_row_of_a_person_has_the_bookings_and_without_them_no_column() -> None:
    person = reduce(told, [*many(3), cancelled("B-01", DAY)], PERSON)
    item = item_of(follower_row(person))

    assert person_of(columns_of(item)).bookings == person.bookings
    assert "bookings" not in item_of(follower_row(PERSON))


def test_twenty_bookings_take_less_than_a_kilobyte_of_the_row() -> None:
    person = reduce(told, many(MOST_BOOKINGS), PERSON)
    column = item_of(follower_row(person))["bookings"]["B"]

    assert len(column) < 700
