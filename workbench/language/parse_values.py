"""The values that people write in a form of their own: lengths of time, times of day, percents."""

import re
from collections.abc import Callable, Mapping

from ruamel.yaml.nodes import Node

from workbench.language.durations import DAY, LONGEST, parse_duration
from workbench.language.mistakes import nearest
from workbench.language.source import Location, Source
from workbench.language.vocabulary import WEEKDAYS

type Reader[T] = Callable[[Source, Node, Location], T]

LONGEST_APART = 366 * DAY
"""Seconds; how far a moment may be from a date, and one start of a journey from the next."""

LARGEST = 1_000_000_000
"""Of any number: points, fen, an order of priority."""

_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$", re.ASCII)
_PERCENT = re.compile(r"^(\d{1,3}) ?%?$", re.ASCII)


def duration(source: Source, node: Node, at: Location, longest: int = LONGEST) -> int:
    """Seconds."""
    text = source.string(node, at, "a duration")
    if at not in source.broken:
        try:
            return parse_duration(text, longest)
        except ValueError as exc:
            message, _, hint = str(exc).rpartition(": ")
            source.mistake(at, message, hint)
    return 1


def entries[T](source: Source, fields: Mapping[str, Node], name: str, read: Reader[T]) -> dict[str, T]:
    """The values of a field whose own fields have names that the author chose; none without the field."""
    if name not in fields:
        return {}
    inner = source.fields(fields[name], (name,), None, f"`{name}`")
    return {key: read(source, node, (name, key)) for key, node in inner.items()}


def listed[T](source: Source, fields: Mapping[str, Node], name: str, read: Reader[T]) -> tuple[T, ...]:
    """The entries of a field that is a list; none without the field."""
    nodes = source.items(fields[name], (name,), f"`{name}`") if name in fields else []
    return tuple(read(source, node, (name, i)) for i, node in enumerate(nodes))


def time_of_day(source: Source, node: Node, at: Location) -> int:
    """Minutes after midnight."""
    text = source.string(node, at, "a time of day")
    return 0 if at in source.broken else _minutes(source, text, at)


def moment(source: Source, node: Node, at: Location) -> dict[str, int]:
    """A time of day, with a weekday or without."""
    text = source.string(node, at, "a time of day")
    if at in source.broken:
        return {"time": 0}
    day, _, time = text.strip().rpartition(" ")
    if not day:
        return {"time": _minutes(source, time, at)}
    return {"weekday": _weekday(source, day.strip(), at), "time": _minutes(source, time, at)}


def weekday(source: Source, node: Node, at: Location) -> int | None:
    """0 for Monday to 6; None for every day."""
    text = source.string(node, at, "a weekday")
    return None if at in source.broken or text == "day" else _weekday(source, text, at, "day")


def hours(source: Source, node: Node, at: Location) -> dict[str, int]:
    """From one time of day to another."""
    text = source.string(node, at, "`quiet`")
    if at in source.broken:
        return {"start": 0, "end": 1}
    start, dash, end = (part.strip() for part in text.partition("-"))
    if not dash or _TIME.match(start) is None or _TIME.match(end) is None:
        source.mistake(at, f"`{text}` is not a range of hours", 'write them like "22:00-08:00"')
        return {"start": 0, "end": 1}
    return {"start": _minutes(source, start, at), "end": _minutes(source, end, at)}


def percent(source: Source, node: Node, at: Location, what: str) -> int:
    """A share of a hundred."""
    text = source.string(node, at, what)
    found = _PERCENT.match(text.strip())
    if found is None and at not in source.broken:
        source.mistake(at, f"{what} must be a whole percentage", "write it like 30%")
    return int(found[1]) if found else 1


def whole_number(source: Source, node: Node, at: Location, what: str, least: int = -LARGEST) -> int:
    """A whole number, not smaller than `least` and not larger than people mean."""
    value = source.scalar(node, at, what)
    if not isinstance(value, int) or isinstance(value, bool):
        if at not in source.broken:
            source.mistake(at, f"{what} must be a whole number", "such as 10")
        return 1
    if not least <= value <= LARGEST:
        bound = f"at least {least:,}" if value < least else f"at most {LARGEST:,}"
        source.mistake(at, f"{what} is out of range", bound)
        return 1
    return value


def _minutes(source: Source, text: str, at: Location) -> int:
    found = _TIME.match(text.strip())
    if found is None:
        source.mistake(at, f"`{text}` is not a time of day", 'write it like "09:00"')
        return 0
    return int(found[1]) * 60 + int(found[2])


def _weekday(source: Source, text: str, at: Location, *others: str) -> int:
    if text not in WEEKDAYS:
        source.mistake(at, f"`{text}` is not a weekday", nearest(text, (*WEEKDAYS, *others)))
        return 0
    return WEEKDAYS.index(text)
