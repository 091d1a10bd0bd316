"""Names in conditions and patterns that do not exist, and values that cannot be."""

import re
from typing import assert_never

from wejourney.events.event_types import EVENT_TYPES
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.text_matching import is_visible
from wejourney.events.values import IsKnown, NumberRange, Wanted
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import AVAILABLE, POINTS, BalanceTest
from wejourney.people.bookings import BOOKING_TIME
from wejourney.people.counters import LONGEST_PERIOD, CounterTest
from workbench.checks.contents import check_text
from workbench.language.mistakes import nearest, phrase, verbatim
from workbench.language.source import Location, Source

_TAG = re.compile(r"^\w[\w.:-]{0,29}$")
"""WeChat's own tags have at most 30 characters; the same here, so that a tag can be synchronised.

https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag
"""

MOST_PARTS = 100
"""Of a condition, those inside it aside."""

_NUMBER = re.compile(r"^[0-9]+$", re.ASCII)
_KNOWN_NAME = re.compile(r"^\w[\w-]{0,29}$")


def check_condition(condition: Condition, source: Source, at: Location) -> None:
    """Add the mistakes of one condition; those inside it are checked on their own."""
    names = ("tags", "without_tags", "segments", "dates", "without_dates")
    lists = (*names, "attributes", "answers", "counters", "balances", "offers", "events", "any")
    parts = sum(len(getattr(condition, name)) for name in lists)
    if parts > MOST_PARTS:
        source.mistake(at, phrase("large condition", n=parts, most=MOST_PARTS), phrase("smaller condition"))
    check_tags(condition.tags, source, (*at, "tags"))
    check_tags(condition.without_tags, source, (*at, "without_tags"))
    both = sorted({*condition.tags} & {*condition.without_tags})
    if both:
        message = phrase("required and excluded", tag=both[0])
        source.mistake((*at, "without_tags"), message, phrase("remove one"))
    for i, name in enumerate(condition.segments):
        check_known_name(name, "a segment", source, (*at, "segments", i))
    for dates in (condition.dates, condition.without_dates):
        for i, name in enumerate(dates):
            where = (*at, "dates", name) if (*at, "dates", name) in source else (*at, "dates", i)
            check_date_name(name, source, where)
    for name, value in condition.attributes.items():
        check_known_name(name, "an attribute", source, (*at, "attributes", name))
        _check_value(value, source, (*at, "attributes", name))
    for name, answer in condition.answers.items():
        _check_value(answer, source, (*at, "answers", name))
    for name in ("tier", "scene"):
        if getattr(condition, name) is not None:
            check_text(getattr(condition, name), source, (*at, name))
    for i, count in enumerate(condition.events):
        _check_count(count, source, (*at, "events", i))
    for test in condition.counters:
        _check_counter(test, source, (*at, "counters", test.name))
    for balance in condition.balances:
        _check_balance(balance, source, (*at, "balances", balance.name))
    least, most = condition.points_from, condition.points_to
    if least is not None and most is not None and least > most:
        message = phrase("impossible balance", least=least, most=most)
        source.mistake((*at, "points_to"), message, verbatim(f"`from: {most}, to: {least}`"))


def _check_counter(test: CounterTest, source: Source, at: Location) -> None:
    check_known_name(test.name, "a counter", source, at)
    if not 1 <= test.days <= LONGEST_PERIOD:
        source.mistake((*at, "days"), phrase("counter period", days=test.days, most=LONGEST_PERIOD))
    if test.least is None and test.most is None:
        source.mistake(at, phrase("counter without bounds", name=test.name), phrase("counter form"))
    elif test.least is not None and test.most is not None and test.least > test.most:
        message = phrase("impossible range", least=test.least, most=test.most)
        source.mistake((*at, "most"), message, verbatim(f"`from: {test.most}, to: {test.least}`"))


def _check_balance(test: BalanceTest, source: Source, at: Location) -> None:
    if (test.asset, test.part) == (POINTS, AVAILABLE):
        source.mistake_in_name(at, phrase("balance of points"), verbatim("`points: {from: 1}`"))
    elif test.least is None and test.most is None:
        source.mistake(at, phrase("counter without bounds", name=test.name), phrase("balance form"))
    elif test.least is not None and test.most is not None and test.least > test.most:
        message = phrase("impossible range", least=test.least, most=test.most)
        source.mistake((*at, "most"), message, verbatim(f"`from: {test.most}, to: {test.least}`"))


def _check_value(value: Wanted, source: Source, at: Location) -> None:
    match value:
        case str():
            check_text(value, source, at)
        case NumberRange(least=int(least), most=int(most)) if least > most:
            message = phrase("impossible range", least=least, most=most)
            source.mistake((*at, "most"), message, verbatim(f"`from: {most}, to: {least}`"))
        case NumberRange() | IsKnown():
            pass
        case _:
            assert_never(value)


def _check_count(count: EventCount, source: Source, at: Location) -> None:
    check_pattern(count.pattern, source, (*at, "pattern"))
    if count.at_least < 1:
        source.mistake((*at, "at_least"), phrase("times too small"), phrase("use not"))


def check_pattern(pattern: EventPattern, source: Source, at: Location) -> None:
    if pattern.at_least is not None and pattern.at_least < 1:
        written = "points" if pattern.event == "points" else "total"
        hint = verbatim("`points: 1`") if written == "points" else phrase("any amount")
        source.mistake((*at, "at_least"), phrase("too small", written=written), hint)
    for name in ("scene", "key", "url"):
        if getattr(pattern, name) is not None:
            check_text(getattr(pattern, name), source, (*at, name))
    for i, keyword in enumerate(pattern.keywords):
        check_text(keyword, source, (*at, "keywords", i))
    if pattern.name is not None:
        check_text(pattern.name, source, (*at, "name"))
    type_ = EVENT_TYPES[pattern.event]
    names = type_.body.property_names
    for one in pattern.properties:
        where = (*at, "properties", one.name)
        if names is not None and one.name not in names:
            message = phrase("no such property", event=pattern.event, name=one.name)
            source.mistake_in_name(where, message, nearest(one.name, names))
        elif set("*＊{}") & set(one.name) or not is_visible(one.name):
            source.mistake_in_name(where, phrase("invalid property", name=one.name), phrase("property form"))
        elif (
            names is not None
            and type_.fields[one.name].unit is not None
            and isinstance(one.wanted, str)
            and not _NUMBER.match(one.wanted)
        ):
            message = phrase("not a whole number", what=f"`{one.name}`")
            source.mistake(where, message, phrase("number example"))
        _check_value(one.wanted, source, where)
    if pattern.event == "tag" and pattern.name is not None and "*" not in pattern.name:
        check_tag(pattern.name, source, (*at, "name"))


def check_tags(tags: tuple[str, ...], source: Source, at: Location) -> None:
    for i, tag in enumerate(tags):
        check_tag(tag, source, (*at, i))


def check_tag(tag: str, source: Source, at: Location) -> None:
    if not _TAG.match(tag):
        source.mistake(at, phrase("invalid tag", tag=tag), phrase("tag form"))


def check_date_name(name: str, source: Source, at: Location) -> None:
    if name != BOOKING_TIME:
        check_known_name(name, "a date", source, at)


def check_known_name(name: str, what: str, source: Source, at: Location) -> None:
    if not _KNOWN_NAME.match(name):
        source.mistake(at, phrase("invalid known name", name=name, what=what), phrase("known name form"))
