"""What a journey wants of a value: this text, a number in a range, that it is known, or a place near by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any, ClassVar, Self, assert_never

from wejourney.events.numbers import Number
from wejourney.events.text_matching import is_compared_whole, keyword, meaning
from wejourney.plain_data import Tagged, WrittenAsText


class _Test(Tagged):
    tag = "wants"


@dataclass(frozen=True)
class NumberRange(_Test):
    """The value is a number from `least` to `most`, both included; None: without a bound."""

    wants: ClassVar[str] = "range"
    least: int | None = None
    most: int | None = None

    def holds(self, text: str) -> bool:
        """Whether the text is such a number, however it is typed."""
        number = Number.read(text)
        return number is not None and number.is_between(self.least, self.most)


@dataclass(frozen=True)
class IsKnown(_Test):
    """There is a value, or there is none."""

    wants: ClassVar[str] = "known"
    known: bool


type Wanted = str | NumberRange | IsKnown
"""A text is compared by its meaning, as what people type is."""


def fits(wanted: Wanted, found: str | None) -> bool:
    """Whether a value, None where there is none, is what is wanted."""
    match wanted:
        case str():
            return found is not None and (
                found == wanted
                or (all(map(is_compared_whole, (found, wanted))) and keyword(wanted) == meaning(found))
            )
        case NumberRange():
            return found is not None and wanted.holds(found)
        case IsKnown():
            return (found is not None) is wanted.known
        case _:
            assert_never(wanted)


def example(wanted: Wanted) -> str | None:
    """A value that fits."""
    match wanted:
        case str():
            return wanted
        case NumberRange():
            return str(next(bound for bound in (wanted.least, wanted.most, 0) if bound is not None))
        case IsKnown():
            return "something" if wanted.known else None
        case _:
            assert_never(wanted)


LATITUDE, LONGITUDE = "latitude", "longitude"
"""The details of an event that say where it happened: degrees north and east, as texts."""

FARTHEST = {LATITUDE: 90, LONGITUDE: 180}
MOST_METRES = 100_000

_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?", re.ASCII)
_MICRO = 1_000_000
_EARTH = 6_371_000
"""Its mean radius in metres."""


def microdegrees(text: object, most: int) -> int | None:
    """Degrees in millionths; None for what is no number of them, or more than `most`."""
    if not isinstance(text, str) or not _DEGREES.fullmatch(text):
        return None
    value = round(float(text) * _MICRO)
    return value if abs(value) <= most * _MICRO else None


@dataclass(frozen=True)
class Near(WrittenAsText):
    """Within so many metres of a place, which is in millionths of a degree.

    Written as `48.869800,2.329900,500`.
    """

    latitude: int
    longitude: int
    metres: int

    @classmethod
    def parse(cls, text: str) -> Self:
        latitude, longitude, metres = text.split(",")
        return cls(round(float(latitude) * _MICRO), round(float(longitude) * _MICRO), int(metres))

    def __str__(self) -> str:
        return f"{self.latitude / _MICRO:.6f},{self.longitude / _MICRO:.6f},{self.metres}"

    def holds(self, details: Mapping[str, Any]) -> bool:
        """Whether the details of an event say that it happened there."""
        latitude, longitude = (microdegrees(details.get(name), most) for name, most in FARTHEST.items())
        return (
            latitude is not None
            and longitude is not None
            and self._metres_to(latitude, longitude) <= self.metres
        )

    def _metres_to(self, latitude: int, longitude: int) -> float:
        """The way along the earth's surface (haversine)."""
        here, there = radians(self.latitude / _MICRO), radians(latitude / _MICRO)
        east = radians((longitude - self.longitude) / _MICRO)
        chord = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(east / 2) ** 2
        return 2 * _EARTH * asin(min(1.0, sqrt(chord)))

    def example(self) -> dict[str, str]:
        """The details of an event that happened there."""
        return {LATITUDE: f"{self.latitude / _MICRO:.6f}", LONGITUDE: f"{self.longitude / _MICRO:.6f}"}
