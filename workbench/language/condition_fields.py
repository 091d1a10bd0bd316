"""The fields of conditions and of patterns of events."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wejourney.events.event_types import EVENT_TYPES, NARROWING_FIELDS, OF_THE_CALENDAR
from wejourney.events.matching import EventCount, EventPattern, Property
from wejourney.events.values import FARTHEST, MOST_METRES, IsKnown, Near, NumberRange, Wanted, microdegrees
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import AMOUNTS, BalanceTest
from wejourney.messaging.merge_fields import MergeField
from wejourney.people.counters import CounterTest
from wejourney.people.lifecycle import Stage
from wejourney.wire.official_account.subscribe_scenes import SOURCES
from workbench.language import forms, parse_values
from workbench.language.forms import (
    BOOLEAN,
    COUNT,
    LITERAL,
    PATTERN,
    PLAIN,
    Field,
    Fields,
    Form,
    called,
    define,
    literal,
    names,
)
from workbench.language.mistakes import alternatives, nearest, phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node, SequenceNode

# --- values --------------------------------------------------------------------------------------

_VALUE_TESTS: Fields = {
    "from": Field("The value is a number, at least this one.", forms.WHOLE_NUMBER, "least"),
    "to": Field("The value is a number, at most this one.", forms.WHOLE_NUMBER, "most"),
    "known": Field("Whether there is a value.", BOOLEAN),
}
_KNOWN: Fields = {"known": _VALUE_TESTS["known"]}
_VALUE_TEST = define("value_test", forms.object_schema(_VALUE_TESTS, minProperties=1), PLAIN.read)
_KNOWN_TEST = define("known_test", forms.object_schema(_KNOWN, required=["known"]), PLAIN.read)


def _read_value_test(source: Source, node: MappingNode, at: Location, what: str) -> Wanted:
    found = source.fields(node, at, _VALUE_TESTS, what)
    if not node.value:
        source.give_up(at, node, phrase("empty value test", what=what), phrase("value test form"))
    if "known" in found and len(found) > 1:
        source.mistake_at(found["known"], phrase("known and bounds", what=what), phrase("remove one"))
    values: dict[str, Any] = forms.read_values(source, found, at, _VALUE_TESTS)
    return IsKnown(values["known"]) if "known" in values else NumberRange(**values)


def _value(noun: str) -> Form:
    """A text, bounds of a number, or whether there is a value."""
    text = literal(noun)

    def read(source: Source, node: Node, at: Location, what: str) -> object:
        if isinstance(node, MappingNode):
            return _read_value_test(source, node, at, what)
        if isinstance(node, SequenceNode):
            source.give_up(at, node, phrase("value list", what=what), phrase("value test form"))
            return ""
        return text.read(source, node, at, what)

    return Form({"anyOf": [text.schema, _VALUE_TEST.schema]}, read)


_REMOVE = phrase("value or no field")
_ATTRIBUTES = forms.by_name(_value("a value"), _REMOVE)
_VALUES = define("wanted_by_name", _ATTRIBUTES.schema, _ATTRIBUTES.read)
_ANSWERS = Form(_VALUES.schema, forms.by_name(_value("an answer"), _REMOVE).read)


def _read_properties(source: Source, node: Node, at: Location, what: str) -> tuple[Property, ...]:
    values: Mapping[str, Any] = _ATTRIBUTES.read(source, node, at, what)  # type: ignore[assignment]
    return tuple(Property(name, wanted) for name, wanted in values.items())


# --- places --------------------------------------------------------------------------------------


def _degrees(most: int) -> Form:
    def read(source: Source, node: Node, at: Location, what: str) -> int:
        value = microdegrees(source.string(node, at, what).strip(), most)
        if value is None and at not in source.broken:
            source.give_up(at, node, phrase("not degrees", what=what), phrase("degrees form", n=most))
        return value or 0

    return Form({"type": "number", "minimum": -most, "maximum": most}, read)


def _read_metres(source: Source, node: Node, at: Location, what: str) -> int:
    value = parse_values.whole_number(source, node, at, what, least=1)
    if value > MOST_METRES:
        source.mistake(at, phrase("out of range", what=what), phrase("at most number", n=MOST_METRES))
    return value


_PLACE: Fields = {
    "latitude": Field("Degrees north; negative: south.", _degrees(FARTHEST["latitude"])),
    "longitude": Field("Degrees east; negative: west.", _degrees(FARTHEST["longitude"])),
    "metres": Field(
        "How far around it.", Form({"type": "integer", "minimum": 1, "maximum": MOST_METRES}, _read_metres)
    ),
}
_NEAR = forms.Record(Near, _PLACE, "a place").define("place")

# --- patterns of events --------------------------------------------------------------------------

_TYPES = {name: EVENT_TYPES[name] for name in NARROWING_FIELDS}

REQUIRED_FIELDS = {name: type_.required_field for name, type_ in _TYPES.items() if type_.required_field}
"""The field without which an event of a type matches nothing."""

REQUIRED_IN_TRIGGER = REQUIRED_FIELDS | {
    name: type_.required_in_trigger for name, type_ in _TYPES.items() if type_.required_in_trigger
}
"""The field without which a journey would start at every event of a type."""

_EVENT = forms.choice(*NARROWING_FIELDS)
EVENT = define("event", {**_EVENT.schema, "description": "An event type."}, _EVENT.read)


def _read_awaited(source: Source, node: Node, at: Location, what: str) -> object:
    name = _EVENT.read(source, node, at, what)
    if name in OF_THE_CALENDAR:
        hint = phrase("only starts a journey")
        source.mistake(at, phrase("cannot be awaited", name=name), hint)
    return name


_AWAITED = [name for name in NARROWING_FIELDS if name not in OF_THE_CALENDAR]
_AWAITED_EVENT = define(
    "awaited_event",
    {"enum": _AWAITED, "description": "An event type that can occur during a run."},
    _read_awaited,
)


def _events_with(name: str) -> list[str]:
    return [event for event, names in NARROWING_FIELDS.items() if name in names]


def _of_its_events(name: str, field: Field) -> Field:
    """The field, documented with the events that it narrows: `Follow and scan: …`."""
    *others, last = (event.replace("_", " ") for event in _events_with(name))
    events = " and ".join(filter(None, (", ".join(others), last))).capitalize()
    return replace(field, documentation=f"{events}: {field.documentation}")


_NARROWING: Fields = {
    "scene": Field("the scene of the QR code; `*` matches any text.", PATTERN),
    "keywords": Field("the words, one or several; `*` matches any text.", names("a keyword", Source.pattern)),
    "key": Field("the key of the account menu's button.", LITERAL),
    "url": Field("the page that the menu's button opens; `*` matches any text.", PATTERN),
    "tag": Field("the tag that was added; `*` matches any text.", PATTERN, "name"),
    "journey": Field(
        "the journey whose `start` step it was; `*` matches any text; default: any.", PATTERN, "name"
    ),
    "segment": Field("the segment that was entered; `*` matches any text.", PATTERN, "name"),
    "tier": Field("the tier that is reached or fallen to; `*` matches any text.", PATTERN, "name"),
    "name": Field("the name of its event; `*` matches any text.", PATTERN),
    "points": Field("the balance that is reached from below.", COUNT, "at_least"),
    "total": Field("the minimum amount, in fen.", COUNT, "at_least"),
    "near": Field("the place, and how far around it.", _NEAR),
    "property": Field(
        "its details, each a value, {from, to} or {known}.",
        Form(_VALUES.schema, _read_properties),
        "properties",
    ),
}
PATTERN_FIELDS: Fields = {name: _of_its_events(name, field) for name, field in _NARROWING.items()}


def _read_before(source: Source, node: Node, at: Location, what: str) -> int:
    return -parse_values.duration(source, node, at, what, parse_values.LONGEST_APART)


_BEFORE = Form(forms.INTERVAL.schema, called("a duration", _read_before))
MOMENT_FIELDS: Fields = {
    "before": Field("Duration before the date.", _BEFORE, "offset"),
    "after": Field("Duration after the date.", forms.INTERVAL, "offset"),
    "at": Field('Time of day in the follower\'s time zone, such as "09:00".', forms.TIME, "time"),
    "yearly": Field("Whether the date returns each year, as a birthday does.", BOOLEAN),
}
_EVERY = Form({"enum": [*parse_values.WEEKDAYS, "day"]}, called("a weekday", parse_values.weekday))
TRIGGER_FIELDS: Fields = {
    **PATTERN_FIELDS,
    "date": Field("The name of a date in the profile, such as `birthday`.", LITERAL, "name"),
    **MOMENT_FIELDS,
    "every": Field("Schedule: a weekday, or `day` (default).", _EVERY, "weekday"),
    "recognise_first": Field(
        "Follow: whether somebody who is not known is greeted only when WeChat has told who they are.",
        BOOLEAN,
    ),
}


def read_pattern(
    source: Source, found: Mapping[str, Node], at: Location, fields: Fields, required: Mapping[str, str]
) -> dict[str, object]:
    """The event, and those of these fields that narrow it."""
    event = ""
    if "event" in found:
        event = str(fields["event"].form.read(source, found["event"], (*at, "event"), "`event`"))
    if event in required and required[event] not in found:
        message = phrase("event detail missing", name=required[event], event=event)
        source.mistake(at, message, phrase("write field", name=required[event]))
    narrowing = {}
    for name in [name for name in found if name in TRIGGER_FIELDS]:
        if name in NARROWING_FIELDS.get(event, fields):
            narrowing[name] = found[name]
        else:
            message = phrase("field of another event", name=name, events=alternatives(_events_with(name)))
            source.mistake_at(found[name], message, phrase("remove it"))
    return {"event": event, **forms.read_values(source, narrowing, at, fields)}


def pattern_schema(fields: Fields, required: Mapping[str, str]) -> dict[str, object]:
    """What the schema says of the fields that belong to some events, and of those that an event requires."""
    return {
        "dependentSchemas": {
            name: {"properties": {"event": {"enum": _events_with(name)}}}
            for name in fields
            if _events_with(name)
        },
        "allOf": [
            {
                "if": {"properties": {"event": {"const": event}}, "required": ["event"]},
                "then": {"required": [name]},
            }
            for event, name in required.items()
        ],
    }


AWAITED_FIELDS: Fields = {"event": Field("The event.", _AWAITED_EVENT), **PATTERN_FIELDS}


def _read_awaited_pattern(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    values = read_pattern(source, found, (*at, "pattern"), AWAITED_FIELDS, REQUIRED_FIELDS)
    make: Callable[..., EventPattern] = EventPattern
    return {"pattern": make(**values)}


AWAITED_PATTERN = forms.Group(AWAITED_FIELDS, _read_awaited_pattern, required=["event"])

# --- conditions ----------------------------------------------------------------------------------


def _read_days(source: Source, node: Node, at: Location, what: str) -> int:
    days = parse_values.whole_number(source, node, at, what)
    if days not in (7, 30, 365) and isinstance(source.scalar(node, at, what), int):
        source.mistake(at, phrase("event period", days=days), phrase("event periods"))
        return 7
    return days


_DAYS = Form({"enum": [7, 30, 365]}, _read_days)
_EVENT_COUNT: Fields = {
    **AWAITED_FIELDS,
    "times": Field("Minimum count; default: 1.", COUNT, "at_least"),
    "days": Field("Only events of the last 7, 30 or 365 days.", _DAYS),
    "scope": Field("Count events since: `run` (this run), `ever`, or the name of a step.", PLAIN),
}
_COUNT = forms.Record(EventCount, _EVENT_COUNT, "an event", AWAITED_PATTERN)
COUNTED_EVENT = _COUNT.define("event_count", **pattern_schema(_EVENT_COUNT, REQUIRED_FIELDS))

_POINTS_RANGE: Fields = {
    "from": Field("Minimum.", forms.WHOLE_NUMBER, "points_from"),
    "to": Field("Maximum.", forms.WHOLE_NUMBER, "points_to"),
}


def _read_points(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    node = found.get("points")
    if node is None:
        return {}
    if isinstance(node, SequenceNode):
        source.give_up((*at, "points"), node, phrase("points list"), phrase("points form"))
        return {}
    if not isinstance(node, MappingNode):
        least = parse_values.whole_number(source, node, (*at, "points_from"), "`points`")
        return {"points_from": least}
    bounds = source.fields(node, (*at, "points"), _POINTS_RANGE, "`points`")
    if not bounds:
        source.mistake_at(node, phrase("points without bounds"), phrase("points bounds"))
    return forms.read_values(source, bounds, at, _POINTS_RANGE)


_COUNTER_FIELDS: Fields = {
    "days": Field("The last days, today included: 1 to 365.", forms.WHOLE_NUMBER),
    "from": Field("Minimum.", forms.WHOLE_NUMBER, "least"),
    "to": Field("Maximum.", forms.WHOLE_NUMBER, "most"),
}


def _counter_bounds(
    days: int, least: int | None = None, most: int | None = None
) -> tuple[int, int | None, int | None]:
    return days, least, most


_COUNTER = forms.Record(_counter_bounds, _COUNTER_FIELDS, "a counter").define("counter_test")
_COUNTERS_BY_NAME = forms.by_name(_COUNTER, phrase("counter form"))


def _read_counters(source: Source, node: Node, at: Location, what: str) -> tuple[CounterTest, ...]:
    found: Mapping[str, Any] = _COUNTERS_BY_NAME.read(source, node, at, what)  # type: ignore[assignment]
    return tuple(CounterTest(name, *bounds) for name, bounds in found.items() if bounds is not None)


_COUNTERS = Form(_COUNTERS_BY_NAME.schema, _read_counters)
_BALANCE_BOUNDS: Fields = {name: _COUNTER_FIELDS[name] for name in ("from", "to")}
_BALANCE = forms.Record(NumberRange, _BALANCE_BOUNDS, "a balance").define("balance_test")
_BALANCES_BY_NAME = forms.by_name(_BALANCE, phrase("balance form"))


def _read_balances(source: Source, node: Node, at: Location, what: str) -> tuple[BalanceTest, ...]:
    """They are named as merge fields name them: `stamps`, `points.unclaimed`."""
    tests: list[BalanceTest] = []
    for name, bounds in _BALANCES_BY_NAME.read(source, node, at, what).items():  # type: ignore[attr-defined]
        asset, part = MergeField(f"balance.{name}", None).balance or ("", "")
        if part not in AMOUNTS:
            known = [f"{name.partition('.')[0]}.{part}" for part in AMOUNTS[1:]]
            source.mistake_in_name((*at, name), phrase("unknown balance", name=name), nearest(name, known))
        elif bounds is not None:
            tests.append(BalanceTest(asset, part, bounds.least, bounds.most))
    return tuple(tests)


_BALANCES = Form(_BALANCES_BY_NAME.schema, _read_balances)
_STAGE_NAME = forms.choice(*Stage)


def _read_stage(source: Source, node: Node, at: Location, what: str) -> Stage | None:
    name = str(_STAGE_NAME.read(source, node, at, what))
    return Stage(name) if name in set(Stage) else None


_DATE_NAMES = names("a date")
_DATES = Form(
    {
        "anyOf": [
            _DATE_NAMES.schema,
            {"type": "object", "additionalProperties": _KNOWN_TEST.schema, "minProperties": 1},
        ]
    },
    PLAIN.read,
)


def _read_dates(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    """The dates that are known, and those that are not."""
    node = found.get("date")
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        return {"dates": _DATE_NAMES.read(source, node, (*at, "dates"), "`date`")}
    here = (*at, "dates")
    wanted: dict[str, bool] = {}
    for name, test in forms.named_nodes(source, node, here, "`date`", phrase("known date form")).items():
        fields = source.fields(test, (*here, name), _KNOWN, f"`{name}`", hint=phrase("known date form"))
        values = forms.read_values(source, fields, (*here, name), _KNOWN)
        if isinstance(test, MappingNode) and not test.value:
            source.give_up((*here, name), test, phrase("empty", what=f"`{name}`"), phrase("known date form"))
        wanted[name] = values.get("known") is True
    return {
        "dates": tuple(name for name, is_known in wanted.items() if is_known),
        "without_dates": tuple(name for name, is_known in wanted.items() if not is_known),
    }


_RANGE = define("points_range", forms.object_schema(_POINTS_RANGE, minProperties=1), PLAIN.read)
_POINTS = Form({"anyOf": [forms.WHOLE_NUMBER.schema, _RANGE.schema]}, PLAIN.read)
_LANGUAGE = Form(
    {
        "anyOf": [
            {"enum": list(parse_values.LANGUAGES)},
            {"type": "string", "pattern": parse_values.LANGUAGE_PATTERN},
        ]
    },
    parse_values.language,
)
_SOURCE = Form(
    {"anyOf": [{"enum": list(SOURCES.values())}, {"type": "string", "pattern": "^ADD_SCENE_"}]},
    parse_values.follow_source,
)
CONDITION = forms.ref("condition")
CONDITION_FIELDS: Fields = {
    "tag": Field("The follower has all of these tags.", names("a tag"), "tags"),
    "without_tag": Field("The follower has none of these tags.", names("a tag"), "without_tags"),
    "customer": Field("Whether the person has bought something.", BOOLEAN),
    "member": Field("Whether the person is a member.", BOOLEAN),
    "language": Field("The person's language.", _LANGUAGE),
    "source": Field("The source of the follow.", _SOURCE),
    "scene": Field("The QR code of the follow; `*` matches any text.", PATTERN),
    "segment": Field("The person is in all of these segments.", names("a segment"), "segments"),
    "stage": Field("The person's stage in the lifecycle.", Form(_STAGE_NAME.schema, _read_stage)),
    "counter": Field("What was counted in the last days: {name: {days, from, to}}.", _COUNTERS, "counters"),
    "tier": Field("The person's tier.", LITERAL),
    "points": Field("The points balance: a minimum, or {from, to}.", _POINTS),
    "balance": Field(
        "What they have of an asset, or a part of it: {points.unclaimed: {from, to}}.", _BALANCES, "balances"
    ),
    "attribute": Field(
        "These attributes of the person have these values: a text, {from, to} or {known}.",
        _VALUES,
        "attributes",
    ),
    "date": Field("These dates of the profile are known, or {name: {known: false}}.", _DATES),
    "answer": Field(
        "These questions have these answers: a text, {from, to} or {known}.", _ANSWERS, "answers"
    ),
    "offer": Field(
        "All of these offers of the programme apply to the person now.", names("an offer"), "offers"
    ),
    "event": Field("These events happened.", forms.one_or_more(COUNTED_EVENT), "events"),
    "any": Field("One of several conditions holds.", forms.list_of(CONDITION)),
    "not": Field("This condition does not hold.", CONDITION, "none"),
}
_GROUP = forms.Group(
    ["points", "date"],
    lambda source, found, at: {**_read_points(source, found, at), **_read_dates(source, found, at)},
)
_ANY = forms.Record(Condition, CONDITION_FIELDS, "a condition", _GROUP)
_EMPTY = (phrase("empty condition"), phrase("use otherwise"))
replace(_ANY, empty=_EMPTY).define("condition", description="All parts must hold.")
ANY_CONDITION = _ANY.define("any_condition", description="All parts must hold; it may be empty.")
