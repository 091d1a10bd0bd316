"""The fields of events: the bounds of their values, and how patterns of journeys are compared with them."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args

from wejourney.bounds import LONGEST_NAME
from wejourney.events.text_matching import matches_glob, means
from wejourney.events.values import example, fits

MOST_CHANGES, MOST_FEN = 100, 10**15
LONGEST_DATE_TIME = 40
"""Characters; 32 tell microseconds and a zone."""

type Name = str
"""A tag, a segment or another name, of 1 to 256 characters."""
type Key = str
"""An order or a booking, what a journey can be taken once for; may be empty."""
type DateTime = str
"""A day with a time of day, in ISO 8601; without a zone it is one where the person is."""
type Points = int
type Fen = int
"""Not below zero, also of what comes back: an event says which way it goes."""
type Currency = str
"""A code of ISO 4217, such as JPY. An amount is in hundredths of it, as fen are of CNY."""
CNY = "CNY"
"""The currency in which a deployment adds up amounts: those in another one are no fen."""
type Changes = Mapping[str, str | bool]
"""Up to 100 values of a profile by name, as `people.followers.profile_changes` takes them."""


@dataclass(frozen=True)
class EventField:
    """A field of an event. `fits`: what values it takes; a number's `unit` is given where people write it."""

    fits: Callable[[Any], bool]
    unit: Literal["points", "fen"] | None = None
    is_required: bool = False
    is_date_time: bool = False


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and not value.isspace()


def _is_number(value: Any) -> bool:
    return type(value) is int and abs(value) < MOST_FEN


def _is_date_time(value: Any) -> bool:
    # Late: the callback must start fast, and reads no such value.
    from wejourney.people.profile_fields import DATE_TIME  # noqa: PLC0415

    return isinstance(value, str) and len(value) <= LONGEST_DATE_TIME and DATE_TIME.fits(value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def _are_changes(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) <= MOST_CHANGES and all(map(_is_change, value.items()))


def _is_change(change: tuple[Any, Any]) -> bool:
    # Late: the callback must start fast, and no profile changes by it.
    from wejourney.people.profile_fields import YES_OR_NO_FIELDS, expected  # noqa: PLC0415

    name, value = change
    if not _is_name(name) or not isinstance(value, str | bool):
        return False
    if isinstance(value, bool):
        return name in YES_OR_NO_FIELDS
    return value == "" or expected(name, value) is None


def _is_currency(value: Any) -> bool:
    # Late: the callback must start fast, and WeChat tells of no order in another currency.
    from wejourney.events.currencies import CURRENCIES  # noqa: PLC0415

    return isinstance(value, str) and (value == CNY or value in CURRENCIES)


_FITS: Mapping[Any, Callable[[Any], bool]] = {
    str: lambda value: isinstance(value, str),
    Name: _is_name,
    Key: lambda value: value == "" or _is_name(value),
    DateTime: _is_date_time,
    Points: _is_number,
    Fen: lambda value: _is_number(value) and value >= 0,
    Currency: _is_currency,
    Changes: _are_changes,
    Mapping[str, str]: _are_texts,
    Mapping[str, Any]: lambda value: isinstance(value, Mapping),
}
_UNITS: Mapping[Any, Literal["points", "fen"]] = {Points: "points", Fen: "fen"}


def field_of(spec: "dataclasses.Field[Any]", annotation: Any) -> EventField:
    """What the annotation of a dataclass's field says of its values."""
    is_optional = NoneType in get_args(annotation)
    kind = next(arg for arg in get_args(annotation) if arg is not NoneType) if is_optional else annotation
    fits, missing = _FITS[kind], dataclasses.MISSING
    return EventField(
        (lambda value: value is None or fits(value)) if is_optional else fits,
        _UNITS.get(kind),
        is_required=spec.default is missing and spec.default_factory is missing,
        is_date_time=kind is DateTime,
    )


@dataclass(frozen=True)
class Comparison:
    """How a value of a pattern is compared with a field; `example` is a value of the field that fits."""

    fits: Callable[[Any, Any], bool]
    example: Callable[[Any], Any]


GLOB = Comparison(matches_glob, lambda wanted: (wanted or "").replace("*", ""))
SENDER = Comparison(lambda wanted, by: matches_glob(wanted, by or ""), GLOB.example)
"""The journey that caused an event; `*` also means an operator, who is none."""
SCENE = Comparison(matches_glob, lambda wanted: (wanted or "").replace("*", "1") or None)
EXACT = Comparison(lambda wanted, value: bool(wanted == value), lambda wanted: wanted)
KEYWORDS = Comparison(means, lambda wanted: next(iter(wanted), "").replace("*", ""))
AT_LEAST = Comparison(lambda wanted, value: bool(value >= wanted), lambda wanted: wanted or 1)
YUAN_AT_LEAST = Comparison(
    lambda wanted, amount: amount[1] == CNY and bool(amount[0] >= wanted), lambda wanted: (wanted or 1, CNY)
)
"""An amount and its currency; none in another currency is so much."""
PROPERTIES = Comparison(
    lambda wanted, values: all(fits(one.wanted, values.get(one.name)) for one in wanted),
    lambda wanted: {one.name: value for one in wanted if (value := example(one.wanted)) is not None},
)
PLACE = Comparison(lambda near, details: near.holds(details), lambda near: near.example() if near else {})
PASSED = Comparison(
    lambda wanted, balance: bool(balance[0] < wanted <= balance[1]), lambda wanted: (0, wanted or 1)
)
"""The balance reached the number with this event: it was below it before."""


@dataclass(frozen=True)
class Narrowing:
    """A field of a pattern that narrows an event.

    It is `file_field` in a journey file and `pattern_field` in `EventPattern`. It is compared with the
    event's `event_fields`, a pair where there are two.
    """

    file_field: str
    comparison: Comparison
    pattern_field: str
    event_fields: tuple[str, ...]

    def fits(self, wanted: Any, body: object) -> bool:
        values = tuple(getattr(body, name) for name in self.event_fields)
        return self.comparison.fits(wanted, values if len(values) > 1 else values[0])

    def example(self, wanted: Any) -> dict[str, Any]:
        """Values of the event's fields that fit."""
        value = self.comparison.example(wanted)
        values = value if len(self.event_fields) > 1 else (value,)
        return dict(zip(self.event_fields, values, strict=True))


def narrowed_by(
    file_field: str, comparison: Comparison, pattern_field: str = "", event_fields: tuple[str, ...] = ()
) -> tuple[Narrowing]:
    return (Narrowing(file_field, comparison, pattern_field or file_field, event_fields or (file_field,)),)
