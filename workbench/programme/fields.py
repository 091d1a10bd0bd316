"""The fields of infra/programme.yaml."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import partial
from operator import itemgetter
from typing import Any

from wejourney.loyalty.earning_rules import (
    HUNDREDTHS,
    AmountOf,
    AtMost,
    Days,
    EarningRule,
    Multiplier,
    Pending,
    PerProperty,
    Rounding,
)
from wejourney.loyalty.expiry import LONGEST, EndOf, Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.time_zones import is_time_zone
from workbench.language import forms, parse_values
from workbench.language.condition_fields import (
    AWAITED_FIELDS,
    AWAITED_PATTERN,
    REQUIRED_FIELDS,
    pattern_schema,
)
from workbench.language.durations import DAY
from workbench.language.forms import Field, Fields, Form, Record
from workbench.language.mistakes import phrase
from workbench.language.parse_values import STEP_NAME
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node

_FACTOR = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LARGEST = 1_000_000
"""Of what one event gives, and of the yuan or the property's number for which it does."""


def _form[T](record: Record[T], **more: object) -> Form:
    return Form(record.schema(**more), record.read)


def _enum[T: StrEnum](kind: type[T]) -> Form:
    form = forms.choice(*kind)

    def read(source: Source, node: Node, at: Location, what: str) -> T:
        name = str(form.read(source, node, at, what))
        return kind(name) if name in set(kind) else next(iter(kind))

    return Form(form.schema, read)


# --- single values -------------------------------------------------------------------------------


def _read_count(source: Source, node: Node, at: Location, what: str, most: int = _LARGEST) -> int:
    value = parse_values.whole_number(source, node, at, what, least=1)
    if value > most:
        source.mistake(at, phrase("out of range", what=what), phrase("at most number", n=most))
    return value


def _count(most: int = _LARGEST) -> Form:
    return Form({"type": "integer", "minimum": 1, "maximum": most}, partial(_read_count, most=most))


_COUNT = _count()
_CAP = _count(parse_values.LARGEST)


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


_PERIOD = Form({"type": "string", "pattern": r"^\s*[1-9]\d{0,3} (day|month)s?\s*$"}, _read_period)


def _read_day(source: Source, node: Node, at: Location, what: str) -> str:
    text = source.string(node, at, what).strip()
    try:
        is_day = bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        is_day = False
    if not is_day and at not in source.broken:
        source.give_up(at, node, phrase("not a day", what=what), phrase("day form"))
    return text


_ISO_DAY = Form({"type": "string", "pattern": r"^\s*\d{4}-\d{2}-\d{2}\s*$"}, _read_day)


def _read_zone(source: Source, node: Node, at: Location, what: str) -> str:
    name = source.string(node, at, what)
    if at not in source.broken and not is_time_zone(name):
        source.mistake(at, phrase("unknown time zone", zone=name), phrase("time zone example"))
    return name


_ZONE = Form({"type": "string"}, _read_zone)


def _read_factor(source: Source, node: Node, at: Location, what: str) -> int:
    """Hundredths."""
    found = _FACTOR.fullmatch(source.string(node, at, what).strip())
    hundredths = int(found[1]) * HUNDREDTHS + int((found[2] or "").ljust(2, "0")) if found else 0
    if not 0 < hundredths <= 100 * HUNDREDTHS and at not in source.broken:
        source.give_up(at, node, phrase("not a factor", what=what), phrase("factor form"))
    return hundredths


_FACTOR_FORM = Form({"type": ["string", "number"]}, _read_factor)


def _read_days_pending(source: Source, node: Node, at: Location, what: str) -> int:
    seconds = parse_values.duration(source, node, at, what)
    if seconds % DAY and at not in source.broken and seconds > 1:
        source.mistake(at, phrase("not whole days", what=what), phrase("such as", text="7d"))
    return -(-seconds // DAY)


_WHOLE_DAYS = Form(forms.DURATION.schema, _read_days_pending)

# --- the parts of a rule -------------------------------------------------------------------------

_SETTLEMENT = "settlement"


def _pending(until: str, at_most: int) -> Pending:
    return Pending(at_most, until_settlement=until == _SETTLEMENT)


_UNTIL = Record(
    _pending,
    {
        "until": Field(
            "`settlement`: until WeChat has settled the order of a mini program.",
            forms.choice(_SETTLEMENT),
        ),
        "at_most": Field("How long it waits for that, in whole days.", _WHOLE_DAYS),
    },
    "`pending`",
)


def _read_pending(source: Source, node: Node, at: Location, what: str) -> Pending | None:
    if isinstance(node, MappingNode):
        return _UNTIL.read(source, node, at, what)
    return Pending(_read_days_pending(source, node, at, what))


_PENDING = Form({"anyOf": [_WHOLE_DAYS.schema, _UNTIL.schema()]}, _read_pending)

_AT_MOST = _form(
    Record(
        AtMost,
        {
            "per_day": Field("Units of the asset per person and day.", _CAP),
            "total": Field("Units of the asset per person.", _CAP),
            "times": Field("How often the rule gives something to a person.", _CAP),
        },
        "`at_most`",
        empty=(phrase("empty", what="`at_most`"), phrase("such as", text="at_most: {per_day: 10}")),
    )
)

_BY_PROPERTY = forms.by_name(_COUNT, phrase("such as", text="per_property: {score: 100}"))


def _read_per_property(source: Source, node: Node, at: Location, what: str) -> PerProperty | None:
    found: Mapping[str, Any] = _BY_PROPERTY.read(source, node, at, what)  # type: ignore[assignment]  # by_name reads a mapping
    if len(found) > 1:
        source.give_up(at, node, phrase("one property", what=what), phrase("remove one"))
    return next((PerProperty(name, each) for name, each in found.items()), None)


_DAYS: Fields = {
    "from": Field("The first day, in the programme's zone.", _ISO_DAY, "first"),
    "to": Field("The last day, included.", _ISO_DAY, "last"),
}


def _read_days(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    written = {name: found[name] for name in _DAYS if name in found}
    values: dict[str, Any] = forms.read_values(source, written, at, _DAYS)
    days = Days(**values)
    if days.last and days.last < days.first:
        source.mistake((*at, "last"), phrase("ends before it begins"), phrase("swap days"))
    return {"days": days}


_OWN_FIELDS: Fields = {
    "gives": Field("How many units of the asset an event gives.", _COUNT),
    "asset": Field("Which asset; default: `points`.", forms.LITERAL),
    "per_yuan": Field("It gives them for so many yuan of what was paid, in proportion.", _COUNT),
    "amount": Field(
        "Which amount: the `total` (default), or what was paid of it `by_payer` after coupons.",
        _enum(AmountOf),
    ),
    "per_property": Field(
        "It gives them for so much of a number that the event has: {property: number}.",
        Form({**_BY_PROPERTY.schema, "maxProperties": 1}, _read_per_property),
    ),
    "round": Field("How parts of a unit are rounded: `down` (default), `half_up` or `up`.", _enum(Rounding)),
    "pending": Field(
        "Whole days until it can be spent, or {until: settlement, at_most: duration}.", _PENDING
    ),
    "at_most": Field("What one person gets by it at most.", _AT_MOST),
    "once_per": Field("A property of the event: each value of it gives once.", forms.LITERAL),
    "members_only": Field("Whether only members earn by it.", forms.BOOLEAN),
    "only_the_best": Field(
        "Whether of all rules of an event that say so only the one that gives most does.", forms.BOOLEAN
    ),
}
_RULE_FIELDS: Fields = {**AWAITED_FIELDS, **_OWN_FIELDS, **_DAYS}


def _read_rule_groups(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    values: Mapping[str, object] = AWAITED_PATTERN.read(source, found, at)
    return {**values, **_read_days(source, found, at)}


_RULE = _form(
    Record(
        EarningRule,
        _RULE_FIELDS,
        "a rule",
        forms.Group({*AWAITED_FIELDS, *_DAYS}, _read_rule_groups, AWAITED_PATTERN.required),
    ),
    **pattern_schema(AWAITED_FIELDS, REQUIRED_FIELDS),
)

# --- the programme -------------------------------------------------------------------------------

_ASSET = _form(
    Record(
        Expiry,
        {
            "expires": Field(
                "How long members can spend it, such as `12 months`; default: for ever.", _PERIOD
            ),
            "unclaimed_expires": Field(
                "How long it waits for who has not joined; default: for ever.", _PERIOD
            ),
            "at_end_of": Field("Until the end of that `day` (default), `month` or `year`.", _enum(EndOf)),
        },
        "an asset",
    )
)
_NAME_FORM = phrase("step name form")


def _by_name(form: Form, what: str, hint: str) -> Form:
    by_name = forms.by_name(form, phrase("such as", text=hint))

    def read(source: Source, node: Node, at: Location, named: str) -> object:
        found: Mapping[str, object] = by_name.read(source, node, at, named)  # type: ignore[assignment]  # by_name reads a mapping
        for name in found:
            if not STEP_NAME.match(name):
                source.mistake_in_name((*at, name), phrase("invalid name", name=name, what=what), _NAME_FORM)
        return found

    return Form({**by_name.schema, "propertyNames": {"pattern": STEP_NAME.pattern}}, read)


_MULTIPLIER = _form(
    Record(
        Multiplier,
        {
            "rules": Field("The rules that give more.", forms.names("a rule")),
            "times": Field("By what it is multiplied, such as 2 or 1.5.", _FACTOR_FORM, "hundredths"),
            "tier": Field("Only for people of these tiers.", forms.names("a tier"), "tiers"),
            **_DAYS,
        },
        "a multiplier",
        forms.Group(_DAYS, _read_days),
    )
)

PROGRAMME_FIELDS: Fields = {
    "zone": Field("The time zone in which its days begin, such as Asia/Shanghai (default).", _ZONE),
    "assets": Field(
        "What people can have: points, stamps, gifts.",
        _by_name(_ASSET, "an asset", "points: {expires: 12 months}"),
    ),
    "rules": Field(
        "What events give.", _by_name(_RULE, "a rule", "purchases: {event: payment, gives: 1, per_yuan: 1}")
    ),
    "multipliers": Field(
        "When, and for whom, rules give more.",
        _by_name(_MULTIPLIER, "a multiplier", "double: {rules: purchases, times: 2}"),
    ),
}
_PROGRAMME = Record(Programme, PROGRAMME_FIELDS, "the programme")


def read_programme_fields(source: Source, root: Node) -> Programme | None:
    return _PROGRAMME.read(source, root, (), "the programme")


def programme_schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The loyalty programme: infra/programme.yaml.",
        **_PROGRAMME.schema(),
        "$defs": {name: form.schema for name, form in sorted(forms.DEFINITIONS.items(), key=itemgetter(0))},
    }
