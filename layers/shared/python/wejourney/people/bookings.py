"""When the bookings of a person are, by what was said last of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import BookingCancelled, BookingChanged, BookingMade

BOOKING_TIME = "booking.time"
"""The name of the date that is the time of the booking that a run is about; in a profile none has a dot."""

MOST_BOOKINGS = 20
"""Of one person. Of more, those that are over go first, then those that were told of the longest ago."""


class BookingStatus(StrEnum):
    """What was said last of a booking. What was said in one second counts in this order."""

    MADE = "made"
    CHANGED = "changed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Booking:
    """What was said last of a booking, and when (`at`, UTC).

    `starts_at` is its time, kept as a date of a profile is; empty where it is cancelled.
    """

    at: datetime
    status: BookingStatus
    starts_at: str = ""

    @property
    def is_cancelled(self) -> bool:
        return self.status is BookingStatus.CANCELLED


type Bookings = Mapping[str, Booking]
"""By the brand's own number of the booking."""


def bookings_after(known: Bookings, event: InboundEvent) -> Bookings | None:
    """The bookings of a person after an event; None where it tells of none."""
    match event.body:
        case BookingMade(booking=name, starts_at=starts_at):
            told = Booking(event.at, BookingStatus.MADE, starts_at)
        case BookingChanged(booking=name, starts_at=starts_at):
            told = Booking(event.at, BookingStatus.CHANGED, starts_at)
        case BookingCancelled(booking=name):
            told = Booking(event.at, BookingStatus.CANCELLED)
        case _:  # an event that is about no booking
            return None
    return bookings_of_both(known, {name: told})


def bookings_of_both(one: Bookings, other: Bookings) -> Bookings:
    """What is known of the bookings of a person who was known as two."""
    both = {name: max(told, other[name], key=_weight) for name, told in one.items() if name in other}
    found = {**one, **other, **both}
    excess = len(found) - MOST_BOOKINGS
    if excess <= 0:
        return found
    gone = frozenset(_first_to_go(found)[:excess])
    return {name: told for name, told in found.items() if name not in gone}


def listed(bookings: Bookings) -> list[dict[str, Any]]:
    """The bookings for people to read; what is masked of them is a value, and no name."""
    return [{"booking": name, **vars(told)} for name, told in sorted(bookings.items())]


def forgotten(before: Bookings, after: Bookings) -> int:
    """How many bookings that are still to come were left out to make room for others."""
    newest = max((told.at for told in after.values()), default=datetime.max.replace(tzinfo=UTC))
    return sum(name not in after and not _is_over(told, newest) for name, told in before.items())


def _weight(told: Booking) -> tuple[datetime, int, str]:
    return told.at, list(BookingStatus).index(told.status), told.starts_at


def _first_to_go(found: Bookings) -> list[str]:
    newest = max(told.at for told in found.values())
    return sorted(found, key=lambda name: (not _is_over(found[name], newest), found[name].at, name))


def _is_over(told: Booking, at: datetime) -> bool:
    """Whether it is cancelled, or was more than a day before: its time may be that of any time zone."""
    # Late: the callback must start fast, and knows of few bookings.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from wejourney.people.profile_dates import moment_of  # noqa: PLC0415

    if told.is_cancelled:
        return True
    return moment_of(told.starts_at, 0, None, ZoneInfo("UTC")) < at - timedelta(days=1)
