"""The values that people write in a form of their own: durations, times of day, percentages, and names."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from wejourney.journeys.definition import DayHours, QuietHours
from wejourney.languages import tag_of
from wejourney.people.profile_fields import LONGEST_VALUE, TEXT, form_of
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.language.durations import DAY, LONGEST, InvalidDurationError, parse_duration
from workbench.language.mistakes import Phrase, nearest, phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node, SequenceNode

FILE_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
"""How a journey and a content of the library are named: as their files, without `.yaml`."""

STEP_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,29}$")
"""How questions, choices, messages and splits are named."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

QUIET_DAYS: Mapping[str, tuple[int, ...]] = {
    "weekdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    **{name: (number,) for number, name in enumerate(WEEKDAYS)},
}
"""The days that quiet hours are written for."""

ALL_DAY = "all day"

LANGUAGES = (
    *("zh", "en", "zh-Hans", "zh-Hant", "zh-TW", "zh-HK", "ar", "de", "es", "fr", "he", "hi", "id", "it"),
    *("ja", "ko", "ms", "pl", "pt", "ru", "th", "tr", "vi"),
)
"""The languages of WeChat's own interface; a text can be for one of their regions, too."""

_LETTERS = "|".join(
    "".join(f"[{letter.upper()}{letter}]" for letter in language)
    for language in LANGUAGES
    if "-" not in language
)
LANGUAGE_PATTERN = rf"^({_LETTERS})([-_][A-Za-z]{{4}})?([-_]([A-Za-z]{{2}}|[0-9]{{3}}))?$"
"""How a language is written: `zh_TW` and `ZH-tw` are `zh-TW`."""

_LATIN_AMERICA = "419"
_SCRIPTS = {"zh": ("Hans", "Hant")}


def known_language(text: str) -> str | None:
    """The canonical tag of a language that a follower can have; None for any other text."""
    tag = tag_of(text)
    if tag is None:
        return None
    language, *others = tag.split("-")
    if language not in LANGUAGES:
        return None
    possible = _regions() | {*_SCRIPTS.get(language, ()), _LATIN_AMERICA}
    is_known = possible.issuperset(others)
    return tag if is_known else None


@cache
def _regions() -> frozenset[str]:
    """The codes of countries (ISO 3166)."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if not line.startswith("#"))


type Reader[T] = Callable[[Source, Node, Location], T]

LONGEST_APART = 366 * DAY
"""Seconds; how far a moment may be from a date, and one start of a journey from the next."""

LARGEST = 1_000_000_000
"""Of any number: points, fen, an order of priority."""

_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$", re.ASCII)
_PERCENT = re.compile(r"^(\d{1,3}) ?%?$", re.ASCII)


def duration(
    source: Source, node: Node, at: Location, what: str = "a duration", longest: int = LONGEST
) -> int:
    """Seconds."""
    text = source.string(node, at, what)
    if at not in source.broken:
        try:
            return parse_duration(text, longest)
        except InvalidDurationError as exc:
            source.mistake(at, exc.message, exc.hint)
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


def time_of_day(source: Source, node: Node, at: Location, what: str) -> int:
    """Minutes after midnight."""
    text = source.string(node, at, what)
    return 0 if at in source.broken else _minutes(source, text, at)


def weekday_and_time(source: Source, node: Node, at: Location, what: str) -> tuple[int | None, int]:
    """A weekday, if one is written, and minutes after midnight."""
    text = source.string(node, at, what)
    if at in source.broken:
        return None, 0
    day, _, time = text.strip().rpartition(" ")
    return _weekday(source, day.strip(), at) if day else None, _minutes(source, time, at)


def weekday(source: Source, node: Node, at: Location, what: str) -> int | None:
    """0 for Monday to 6; None for every day."""
    text = source.string(node, at, what)
    return None if at in source.broken or text == "day" else _weekday(source, text, at, "day")


def hours(source: Source, node: Node, at: Location, what: str) -> tuple[int, int]:
    text = source.string(node, at, what)
    start, dash, end = (part.strip() for part in text.partition("-"))
    if dash and _TIME.match(start) and _TIME.match(end):
        return _minutes(source, start, at), _minutes(source, end, at)
    if at not in source.broken:
        source.mistake(at, phrase("invalid hours", text=text), phrase("hours form"))
    return 0, 1


def quiet_hours(source: Source, node: Node, at: Location, what: str) -> QuietHours:
    """Those of every day, or by day: a name of one day counts more than one of several."""
    if isinstance(node, SequenceNode):
        source.give_up(at, node, phrase("value list", what=what), phrase("quiet form"))
        return QuietHours(0, 1)
    if not isinstance(node, MappingNode):
        return QuietHours(*hours(source, node, at, what))
    found = source.fields(node, at, None, what, hint=phrase("quiet form"))
    if not found and at not in source.broken:
        source.give_up(at, node, phrase("empty", what=what), phrase("quiet form"))
    days: dict[int, DayHours] = {}
    for name in sorted(found, key=lambda name: name in WEEKDAYS):
        if name not in QUIET_DAYS:
            source.mistake((*at, name), phrase("unknown weekday", text=name), nearest(name, QUIET_DAYS))
            source.broken.add(at)
            continue
        start, end = _day_hours(source, found[name], (*at, name), f"`{name}`")
        days |= {day: DayHours(day, start, end) for day in QUIET_DAYS[name]}
    return QuietHours(0, 0, tuple(days[day] for day in sorted(days)))


def _day_hours(source: Source, node: Node, at: Location, what: str) -> tuple[int, int]:
    if source.string(node, at, what).strip() == ALL_DAY:
        return 0, DAY // 60
    return hours(source, node, at, what)


def percent(source: Source, node: Node, at: Location, what: str) -> int:
    text = source.string(node, at, what)
    found = _PERCENT.match(text.strip())
    if found is None and at not in source.broken:
        source.mistake(at, phrase("not a percentage", what=what), phrase("percentage form"))
    return int(found[1]) if found else 1


def whole_number(source: Source, node: Node, at: Location, what: str, least: int = -LARGEST) -> int:
    """A whole number, not smaller than `least` and not larger than people mean."""
    value = source.scalar(node, at, what)
    if not isinstance(value, int) or isinstance(value, bool):
        if at not in source.broken:
            source.mistake(at, phrase("not a whole number", what=what), phrase("number example"))
        return 1
    if not least <= value <= LARGEST:
        bound = phrase("at least number", n=least) if value < least else phrase("at most number", n=LARGEST)
        source.mistake(at, phrase("out of range", what=what), bound)
        return 1
    return value


def truth(source: Source, node: Node, at: Location, what: str) -> bool:
    value = source.scalar(node, at, what)
    if not isinstance(value, bool) and at not in source.broken:
        source.give_up(
            at, node, phrase("not true or false", what=what), phrase("write true", name=str(what).strip("`"))
        )
    return value is True


def language(source: Source, node: Node, at: Location, what: str) -> str:
    code = source.string(node, at, what)
    tag = known_language(code)
    if tag is None and at not in source.broken:
        source.mistake(at, phrase("unknown language", language=code), nearest(code, LANGUAGES))
    return tag or code


def follow_source(source: Source, node: Node, at: Location, what: str) -> str:
    """The source of a follow. A name in WeChat's own form may be newer than this version."""
    name = source.string(node, at, what)
    is_new = name.startswith("ADD_SCENE_") and name not in SOURCES
    if name not in SOURCES.values() and not is_new and at not in source.broken:
        hint = (
            phrase("write that", right=f"`{SOURCES[name]}`")
            if name in SOURCES
            else nearest(name, SOURCES.values())
        )
        source.mistake(at, phrase("unknown source", name=name), hint)
    return name


def form_expected(name: str, value: str) -> Phrase | None:
    """What a value of this field of a profile must look like, None when it does."""
    form = form_of(name)
    if form.fits(value):
        return None
    if form is TEXT:
        return phrase("length of a text", longest=LONGEST_VALUE)
    return phrase(f"form of {name.partition('.')[0]}")


def _minutes(source: Source, text: str, at: Location) -> int:
    found = _TIME.match(text.strip())
    if found is None:
        source.mistake(at, phrase("invalid time", text=text), phrase("time form"))
        return 0
    return int(found[1]) * 60 + int(found[2])


def _weekday(source: Source, text: str, at: Location, *others: str) -> int:
    if text not in WEEKDAYS:
        source.mistake(at, phrase("unknown weekday", text=text), nearest(text, (*WEEKDAYS, *others)))
        return 0
    return WEEKDAYS.index(text)
