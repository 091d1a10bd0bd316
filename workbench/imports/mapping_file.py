"""The fields of a mapping's file, and its JSON Schema for editors."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from wejourney.accounts import APP_ID_FORM, OPEN_PLATFORM_FORM
from wejourney.events.event_types import EVENT_TYPES, ProfileChanged, TagAdded
from wejourney.people.identities import IdentityKind
from wejourney.people.profile_fields import form_of
from wejourney.time_zones import is_time_zone
from workbench.imports.mapping import (
    IMPORTED,
    TMALL,
    Amount,
    Column,
    Constant,
    EventRule,
    ImportMapping,
    Moment,
    Only,
    PersonColumn,
    Texts,
)
from workbench.imports.values import InvalidValueError, moment_of
from workbench.language.forms import (
    DEFINITIONS,
    PLAIN,
    Field,
    Fields,
    Form,
    Group,
    Record,
    Schema,
    by_name,
    choice,
    list_of,
    object_schema,
    one_or_more,
    plain,
)
from workbench.language.mistakes import FileReading, phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node

SHIPPED = Path(__file__).parent / "mappings"

_ENCODINGS = ("utf-8", "gb18030")

# --- single values -------------------------------------------------------------------------------


def _matching(pattern: str, hint: str) -> Form:
    """A text of this form; `hint` says it to people."""

    def read(source: Source, node: Node, at: Location, what: str) -> str:
        text = source.string(node, at, what)
        if at not in source.broken and not re.fullmatch(pattern, text):
            source.give_up(at, node, phrase("invalid choice", value=text, what=what), phrase(hint))
        return text

    return Form({"type": "string", "pattern": f"^({pattern})$"}, read)


def _read_time_zone(source: Source, node: Node, at: Location, what: str) -> object:
    text = source.string(node, at, what)
    if at not in source.broken and not is_time_zone(text):
        source.give_up(at, node, phrase("invalid choice", value=text, what=what), phrase("time zone form"))
    return None if at in source.broken else ZoneInfo(text)


def _read_delimiter(source: Source, node: Node, at: Location, what: str) -> str:
    text = source.string(node, at, what)
    if text == "tab":
        return "\t"
    if at not in source.broken and (len(text) != 1 or text in '"\r\n'):
        source.give_up(at, node, phrase("invalid choice", value=text, what=what), phrase("delimiter form"))
    return text or ","


_COLUMN = plain("a column")
_APP = _matching(APP_ID_FORM, "app id form")
_OPEN_PLATFORM = _matching(OPEN_PLATFORM_FORM, "open platform form")
_NAME = _matching(r"[a-z][a-z0-9_-]{0,63}", "source form")
_REGION = _matching("[A-Z]{2}", "region form")

# --- where a value comes from --------------------------------------------------------------------


def _origin(column: str | None = None, value: str | None = None) -> Column | Constant:
    return Constant(value) if value is not None else Column(column or "")


_ORIGIN_FIELDS: Fields = {
    "column": Field("The column's header; in JSON the field, or the way to it with dots.", _COLUMN),
    "value": Field("The same text in every row.", plain("a value")),
}
_ONE_ORIGIN: list[Schema] = [{"required": ["column"]}, {"required": ["value"]}]


def _one_origin(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    """A column or a value, and not both."""
    origins = [(name, node) for name, node in found.items() if name in _ORIGIN_FIELDS]
    if len(origins) != 1:
        source.mistake(at, phrase("column or value"))
        source.broken.add(at)
        return {}
    [(name, node)] = origins
    return {name: _ORIGIN_FIELDS[name].form.read(source, node, (*at, name), f"`{name}`")}


_ORIGIN_GROUP = Group(_ORIGIN_FIELDS, _one_origin)
_ORIGIN_RECORD = Record(_origin, _ORIGIN_FIELDS, "a value", _ORIGIN_GROUP)


def _column_or(record: Record[Any], make: Any, schema: Schema) -> Form:
    """A column by its header alone, or a record."""

    def read(source: Source, node: Node, at: Location, what: str) -> object:
        if isinstance(node, MappingNode):
            return record.read(source, node, at, what)
        return make(_COLUMN.read(source, node, at, what))

    return Form({"anyOf": [PLAIN.schema, schema]}, read)


ORIGIN = _column_or(_ORIGIN_RECORD, Column, object_schema(_ORIGIN_FIELDS, oneOf=_ONE_ORIGIN))

_AMOUNT_FIELDS: Fields = {
    "column": _ORIGIN_FIELDS["column"],
    "unit": Field("What the numbers of the column count.", choice("yuan", "fen")),
}
_AMOUNT_RECORD = Record(Amount, _AMOUNT_FIELDS, "an amount")
AMOUNT = Form(_AMOUNT_RECORD.schema(), _AMOUNT_RECORD.read)


def _moment(form: str = "", **origin: str) -> Moment:
    return Moment(_origin(**origin), form)


_MOMENT_FIELDS: Fields = {
    **_ORIGIN_FIELDS,
    "form": Field(
        "How the time is written: epoch, epoch_ms, or the codes of strptime such as %d/%m/%Y; default: "
        "ISO 8601, also with slashes.",
        plain("a value"),
    ),
}
_MOMENT_RECORD = Record(_moment, _MOMENT_FIELDS, "a time", _ORIGIN_GROUP)


def _read_moment(source: Source, node: Node, at: Location, what: str) -> object:
    moment = _ANY_MOMENT.read(source, node, at, what)
    if isinstance(moment, Moment) and isinstance(moment.origin, Constant):
        try:
            moment_of(moment.origin.text, moment.form, UTC, _NEVER)
        except InvalidValueError as error:
            source.give_up(at, node, error.reason)
    return moment


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_ANY_MOMENT = _column_or(
    _MOMENT_RECORD, lambda name: Moment(Column(name)), object_schema(_MOMENT_FIELDS, oneOf=_ONE_ORIGIN)
)
MOMENT = Form(_ANY_MOMENT.schema, _read_moment)


def _texts(separator: str = "", **origin: str) -> Texts:
    return Texts(_origin(**origin), separator)


_TEXTS_FIELDS: Fields = {
    **_ORIGIN_FIELDS,
    "separator": Field("What stands between several texts in one value.", plain("a value")),
}
_TEXTS_RECORD = Record(_texts, _TEXTS_FIELDS, "a tag", _ORIGIN_GROUP)
TEXTS = _column_or(
    _TEXTS_RECORD, lambda name: Texts(Column(name)), object_schema(_TEXTS_FIELDS, oneOf=_ONE_ORIGIN)
)


def _only(column: str, values: tuple[str, ...] = ()) -> Only:
    return Only(column, values)


_ONLY_FIELDS: Fields = {
    "column": _ORIGIN_FIELDS["column"],
    "values": Field(
        "The values that are meant; default: every value, but no empty cell.", one_or_more(plain("a value"))
    ),
}
_ONLY_RECORD = Record(_only, _ONLY_FIELDS, "a value")
ONLY = Form(_ONLY_RECORD.schema(), _ONLY_RECORD.read)

# --- the person ----------------------------------------------------------------------------------


def _identity_form(kind: IdentityKind) -> Form:
    column: Fields = {"column": _ORIGIN_FIELDS["column"]}
    match kind:
        case IdentityKind.OPENID:
            within = Field("The app of the openids; default: that of the command.", _APP, "within")
            record = Record(partial(PersonColumn, kind), {**column, "app_id": within}, "`openid`")
        case IdentityKind.UNION_ID:
            documentation = "The account of the Open Platform, as the account's secret names it."
            within = Field(documentation, _OPEN_PLATFORM, "within")
            record = Record(_union, {**column, "open_platform": within}, "`union_id`")
            return Form(record.schema(), record.read)
        case IdentityKind.PHONE:
            region = Field("The country of numbers without a country code; default: CN.", _REGION)
            record = Record(partial(PersonColumn, kind), {**column, "region": region}, "`phone`")
        case _:  # an identity that needs nothing besides
            record = Record(partial(PersonColumn, kind), column, f"`{kind}`")
    return _column_or(record, partial(PersonColumn, kind), record.schema())


def _union(column: str, within: str) -> PersonColumn:
    """A union id says nothing without the account that it is of."""
    return PersonColumn(IdentityKind.UNION_ID, column, within)


_PERSON: Fields = {
    kind.value: Field(documentation, _identity_form(kind))
    for kind, documentation in {
        IdentityKind.OPENID: "The openid of an app.",
        IdentityKind.UNION_ID: "The union id of an account of the Open Platform.",
        IdentityKind.PHONE: "A phone number; only its keyed hash is kept.",
        IdentityKind.MEMBER: "The brand's own number of a member or contact.",
        IdentityKind.WECOM: "The external user id of the brand's WeCom.",
        IdentityKind.TMALL_OUID: "Tmall's id of a buyer in one shop.",
        IdentityKind.TMALL_OMID: "Tmall's id of a member across shops.",
        IdentityKind.JD: "JD's id of a buyer.",
        IdentityKind.YOUZAN: "Youzan's id of a buyer.",
    }.items()
}


def _read_person(source: Source, node: Node, at: Location, what: str) -> tuple[PersonColumn, ...]:
    found = source.fields(node, at, _PERSON, what)
    if not found and at not in source.broken:
        source.give_up(at, node, phrase("empty", what=what), phrase("its fields", names=tuple(_PERSON)))
    read = (_PERSON[name].form.read(source, value, (*at, name), f"`{name}`") for name, value in found.items())
    return tuple(column for column in read if isinstance(column, PersonColumn))


PERSON = Form(object_schema(_PERSON, minProperties=1), _read_person)

# --- the events ----------------------------------------------------------------------------------

_COMMON: Fields = {
    "key": Field("The column with the source's own number of the row, such as the order's.", _COLUMN),
    "at": Field("When it happened; default: the mapping's `at`.", MOMENT),
    "only": Field("Only rows with this value are this event; default: all.", ONLY),
}


def _read_changes(source: Source, node: Node, at: Location, what: str) -> object:
    changes: Any = by_name(ORIGIN, None).read(source, node, at, what)
    for name, origin in changes.items():
        if name in ("points", "tags", "segments", "date") or not re.fullmatch(_FIELD_NAME, name):
            source.give_up(at, node, phrase("not a profile field", name=name))
        elif isinstance(origin, Constant) and not form_of(name).fits(origin.text):
            form = form_of(name).form
            source.give_up(at, node, phrase("import invalid profile value", name=name, form=form))
    return changes


_FIELD_NAME = r"(date\.)?[A-Za-z][A-Za-z0-9_-]*"
_CHANGES = Form(by_name(ORIGIN, None).schema, _read_changes)


def _fields_of(kind: str) -> Fields:
    """What a rule of this kind takes besides what all of them take."""
    if kind == ProfileChanged.kind:
        return {"set": Field("Profile fields and where their values come from.", _CHANGES, target="changes")}
    if kind == TagAdded.kind:
        return {"tag": Field("The tag, or several tags in one value.", TEXTS, target="tags")}
    return {
        name: Field(f"`{name}` of the event.", ORIGIN if field.unit is None else AMOUNT)
        for name, field in EVENT_TYPES[kind].fields.items()
        if name not in _NOT_IMPORTED
    }


_NOT_IMPORTED = frozenset({"by", "by_payer", "transaction", "merchant"})
"""What only WeChat Pay and runs tell."""


def _rule_record(kind: str) -> Record[EventRule]:
    fields, own = _fields_of(kind), EVENT_TYPES[kind].fields
    direct = kind in (ProfileChanged.kind, TagAdded.kind)
    required = tuple(fields) if direct else tuple(name for name in fields if own[name].is_required)

    def read(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
        values = {
            field.target or name: field.form.read(source, found[name], (*at, name), f"`{name}`")
            for name, field in fields.items()
            if name in found
        }
        return values if direct else {"fields": values}

    def make(key: str, **values: Any) -> EventRule:
        return EventRule(kind, key, **values)

    return Record(make, {**_COMMON, **fields}, f"`{kind}`", Group(tuple(fields), read, required))


_RULES = {kind: _rule_record(kind) for kind in IMPORTED}


def _read_rule(source: Source, node: Node, at: Location, _what: str) -> object:
    found = source.fields(node, at, _RULES, "an event")
    if len(found) != 1:
        if at not in source.broken:
            source.give_up(at, node, phrase("one event"), phrase("its fields", names=tuple(_RULES)))
        return None
    [(kind, rule)] = found.items()
    return _RULES[kind].read(source, rule, (*at, kind), f"`{kind}`")


EVENTS = list_of(
    Form(
        {
            "type": "object",
            "properties": {kind: record.schema() for kind, record in _RULES.items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
        _read_rule,
    )
)

# --- the whole file ------------------------------------------------------------------------------

MAPPING_FIELDS: Fields = {
    "source": Field(
        "The system that the file comes from: with it and its own numbers, rows are known again.", _NAME
    ),
    "person": Field("Which columns name the person; all of them are the same person's.", PERSON),
    "events": Field("The events that each row is.", EVENTS),
    "at": Field("When rows happened whose event does not say it: the time of the export.", MOMENT),
    "time_zone": Field(
        "The time zone of times that have none; default: UTC.",
        Form({"type": "string"}, _read_time_zone),
    ),
    "format": Field("What the file is; default: by its name.", choice("csv", "jsonl")),
    "encoding": Field("The encoding of the file; default: utf-8, with or without BOM.", choice(*_ENCODINGS)),
    "delimiter": Field(
        "What stands between cells: one character, or tab.", Form(PLAIN.schema, _read_delimiter)
    ),
}


_MAPPING = Record(ImportMapping, MAPPING_FIELDS, "a mapping")


def read_mapping(path: Path) -> FileReading[ImportMapping]:
    """Read a file of a mapping. Raises OSError."""
    source = Source(str(path))
    root = source.read(path)
    mapping = _MAPPING.read(source, root, (), "") if root is not None else None
    if mapping is not None:
        _check(source, mapping)
    return FileReading.of(mapping, source.mistakes)


def _check(source: Source, mapping: ImportMapping) -> None:
    """What the fields say together."""
    if mapping.source in TMALL:
        for column in mapping.person:
            if column.kind is IdentityKind.PHONE:
                source.mistake(("person", "phone"), phrase("tmall phone"), phrase("tmall identities"))
    if not mapping.events and len(mapping.person) == 1:
        source.mistake(("person",), phrase("mapping without effect"), phrase("mapping needs"))


def mapping_schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A mapping of wejourney",
        "description": "Which columns of a file name the person, and which events its rows are.",
        **_MAPPING.schema(),
        "$defs": {"plain": DEFINITIONS["plain"].schema},
    }
