"""Single values of infra/programme.yaml."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import partial

from wejourney.loyalty.earning_rules import HUNDREDTHS
from wejourney.loyalty.expiry import LONGEST, Period
from wejourney.time_zones import is_time_zone
from workbench.language import forms, parse_values
from workbench.language.durations import DAY
from workbench.language.forms import Form, Record
from workbench.language.mistakes import phrase
from workbench.language.parse_values import STEP_NAME
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import Node

_FACTOR_PATTERN = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LARGEST = 1_000_000
"""Of what one event gives, and of the yuan or the property's number for which it does."""


def form_of[T](record: Record[T], **more: object) -> Form:
    return Form(record.schema(**more), record.read)


def enum[T: StrEnum](kind: type[T]) -> Form:
    form = forms.choice(*kind)

    def read(source: Source, node: Node, at: Location, what: str) -> T:
        name = str(form.read(source, node, at, what))
        return kind(name) if name in set(kind) else next(iter(kind))

    return Form(form.schema, read)


def _read_count(
    source: Source, node: Node, at: Location, what: str, most: int = _LARGEST, least: int = 1
) -> int:
    value = parse_values.whole_number(source, node, at, what, least=least)
    if value > most:
        source.mistake(at, phrase("out of range", what=what), phrase("at most number", n=most))
    return value


def _count(most: int = _LARGEST, least: int = 1) -> Form:
    read = partial(_read_count, most=most, least=least)
    return Form({"type": "integer", "minimum": least, "maximum": most}, read)


COUNT = _count()
GROUP_SIZE = _count(20, 2)
SHOWN = _count(100)
ROUNDS = _count(1_000)
CAP = _count(parse_values.LARGEST)


def _read_period(source: Source, node: Node, at: Location, what: str) -> Period:
    text = source.string(node, at, what)
    try:
        return Period.parse(text.strip())
    except ValueError:
        if at not in source.broken:
            source.give_up(
                at,
                node,
                phrase("not a period", what=what),
                phrase("period form", month=LONGEST["month"], day=LONGEST["day"]),
            )
        return Period(1, "day")


PERIOD = Form({"type": "string", "pattern": r"^\s*[1-9]\d{0,3} (day|month)s?\s*$"}, _read_period)


def _read_day(source: Source, node: Node, at: Location, what: str) -> str:
    text = source.string(node, at, what).strip()
    try:
        is_day = bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        is_day = False
    if not is_day and at not in source.broken:
        source.give_up(at, node, phrase("not a day", what=what), phrase("day form"))
    return text


ISO_DAY = Form({"type": "string", "pattern": r"^\s*\d{4}-\d{2}-\d{2}\s*$"}, _read_day)


def _read_zone(source: Source, node: Node, at: Location, what: str) -> str:
    name = source.string(node, at, what)
    if at not in source.broken and not is_time_zone(name):
        source.mistake(at, phrase("unknown time zone", zone=name), phrase("time zone example"))
    return name


ZONE = Form({"type": "string"}, _read_zone)


def _read_factor(source: Source, node: Node, at: Location, what: str) -> int:
    """Hundredths."""
    found = _FACTOR_PATTERN.fullmatch(source.string(node, at, what).strip())
    hundredths = int(found[1]) * HUNDREDTHS + int((found[2] or "").ljust(2, "0")) if found else 0
    if not 0 < hundredths <= 100 * HUNDREDTHS and at not in source.broken:
        source.give_up(at, node, phrase("not a factor", what=what), phrase("factor form"))
    return hundredths


FACTOR = Form({"type": ["string", "number"]}, _read_factor)


def _joins_today(source: Source, node: Node, at: Location, what: str) -> bool:
    return forms.choice("today").read(source, node, at, what) == "today"


JOINS_TODAY = Form(forms.choice("today").schema, _joins_today)


_LONGEST_DAYS = 1_000 * DAY
"""Of a gift card, or a coupon, that is worth something for years."""


def read_whole_days(source: Source, node: Node, at: Location, what: str) -> int:
    seconds = parse_values.duration(source, node, at, what, _LONGEST_DAYS)
    if seconds % DAY and at not in source.broken and seconds > 1:
        source.mistake(at, phrase("not whole days", what=what), phrase("such as", text="7d"))
    return -(-seconds // DAY)


WHOLE_DAYS = Form(forms.DURATION.schema, read_whole_days)


_NAME_FORM = phrase("step name form")


def named(form: Form, what: str, hint: str) -> Form:
    by_name = forms.by_name(form, phrase("such as", text=hint))

    def read(source: Source, node: Node, at: Location, named: str) -> object:
        found: Mapping[str, object] = by_name.read(source, node, at, named)  # type: ignore[assignment]  # by_name reads a mapping
        for name in found:
            if not STEP_NAME.match(name):
                source.mistake_in_name((*at, name), phrase("invalid name", name=name, what=what), _NAME_FORM)
        return found

    return Form({**by_name.schema, "propertyNames": {"pattern": STEP_NAME.pattern}}, read)
