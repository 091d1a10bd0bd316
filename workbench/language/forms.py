"""The forms of values in a journey's file: how one is read, and what the JSON Schema says of it."""

import dataclasses
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from workbench.language import parse_values
from workbench.language.mistakes import Phrase, nearest, phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node, SequenceNode

type Schema = Mapping[str, Any]

type Reader = Callable[[Source, Node, Location, str], object]
"""Reads the node of a part of the journey; mistakes call it by the text.

What it returns is meaningless if the source then holds this part, or one in it, as `broken`.
"""


@dataclass(frozen=True)
class Form:
    """What a value looks like."""

    schema: Schema
    read: Reader


@dataclass(frozen=True)
class Field:
    """A field of a file. `target` is its name in the types of a journey, where that is another."""

    documentation: str
    form: Form
    target: str = ""


type Fields = Mapping[str, Field]

DEFINITIONS: dict[str, Form] = {}
"""The forms that have a name in the schema."""


def ref(name: str) -> Form:
    """The form of this name, which may be defined later."""

    def read(source: Source, node: Node, at: Location, what: str) -> object:
        return DEFINITIONS[name].read(source, node, at, what)

    return Form({"$ref": f"#/$defs/{name}"}, read)


def called(noun: str, read: Reader) -> Reader:
    """A reader whose mistakes call the value by this noun, not by the field: that can hold more than one."""
    return lambda source, node, at, _what: read(source, node, at, noun)


def define(name: str, schema: Schema, read: Reader) -> Form:
    """A form that has a name in the schema."""
    DEFINITIONS[name] = Form(schema, read)
    return ref(name)


# --- single values -------------------------------------------------------------------------------


def text_schema(pattern: str, description: str) -> Schema:
    return {"type": "string", "pattern": rf"^\s*{pattern}\s*$", "description": description}


def choice(*values: str) -> Form:
    def read(source: Source, node: Node, at: Location, what: str) -> str:
        value = source.string(node, at, what)
        if value not in values and at not in source.broken:
            source.give_up(at, node, phrase("invalid choice", value=value, what=what), nearest(value, values))
        return value

    return Form({"enum": list(values)}, read)


_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_IDENTIFIER = "Small letters, digits, - and _, a letter first."
_PERCENT = {"type": "string", "pattern": r"^\s*\d+ ?%?\s*$"}
TIME_PATTERN = r"([01]?\d|2[0-3]):[0-5]\d"
HOURS_PATTERN = rf"{TIME_PATTERN}\s*-\s*{TIME_PATTERN}"

PLAIN = define("plain", {**_SCALAR, "description": "A single value, read as text."}, Source.string)
LITERAL = Form(PLAIN.schema, Source.literal)
"""A text that is compared as it is."""

PATTERN = Form(PLAIN.schema, Source.pattern)
"""A text in which `*` stands for any text."""

NAME = define(
    "step_name",
    {**_SCALAR, "pattern": parse_values.STEP_NAME.pattern, "description": _IDENTIFIER},
    Source.string,
)
DURATION = define(
    "duration",
    text_schema(r"(\d+d)? ?(\d+h)? ?(\d+m)? ?(\d+s)?", "A time like 90s, 30m, 2h or 1d 12h."),
    called("a duration", parse_values.duration),
)
TIME = define(
    "time",
    text_schema(TIME_PATTERN, 'A time of day in the follower\'s time zone, like "09:00".'),
    called("a time of day", parse_values.time_of_day),
)
INTERVAL = Form(
    DURATION.schema,
    called("a duration", partial(parse_values.duration, longest=parse_values.LONGEST_APART)),
)


def plain(noun: str) -> Form:
    return Form(PLAIN.schema, called(noun, Source.string))


def literal(noun: str) -> Form:
    return Form(PLAIN.schema, called(noun, Source.literal))


BOOLEAN = Form({"type": "boolean"}, parse_values.truth)
WHOLE_NUMBER = Form({"type": "integer"}, parse_values.whole_number)
COUNT = Form({"type": "integer", "minimum": 1}, parse_values.whole_number)
PERCENT = Form({"anyOf": [WHOLE_NUMBER.schema, _PERCENT]}, parse_values.percent)

# --- several values ------------------------------------------------------------------------------


def list_of(form: Form) -> Form:
    def read(source: Source, node: Node, at: Location, what: str) -> tuple[object, ...]:
        nodes = source.items(node, at, what)
        return tuple(form.read(source, entry, (*at, i), what) for i, entry in enumerate(nodes))

    return Form({"type": "array", "items": form.schema, "minItems": 1}, read)


def one_or_more(form: Form) -> Form:
    """One value, or a list of them; always read as several."""
    several = list_of(form)

    def read(source: Source, node: Node, at: Location, what: str) -> object:
        if isinstance(node, SequenceNode):
            return several.read(source, node, at, what)
        source.note(at, node)
        return (form.read(source, node, (*at, 0), what),)

    return Form({"anyOf": [form.schema, several.schema]}, read)


def names(noun: str, read: Callable[[Source, Node, Location, str], str] = Source.literal) -> Form:
    """One text, or a list of them, each read by `read`; `noun` is for each."""
    return Form(one_or_more(PLAIN).schema, partial(Source.strings, entry=noun, read=read))


def named_nodes(source: Source, node: Node, at: Location, what: str, hint: Phrase | None) -> dict[str, Node]:
    """The entries of a mapping by the author's names; `hint` says what to write if there are none."""
    found = source.fields(node, at, None, what, hint=hint)
    if not found and at not in source.broken:
        source.give_up(at, node, phrase("empty", what=what), hint)
    return found


def by_name(form: Form, hint: Phrase | None) -> Form:
    def read(source: Source, node: Node, at: Location, what: str) -> dict[str, object]:
        found = named_nodes(source, node, at, what, hint)
        return {name: form.read(source, value, (*at, name), f"`{name}`") for name, value in found.items()}

    return Form({"type": "object", "additionalProperties": form.schema, "minProperties": 1}, read)


# --- records -------------------------------------------------------------------------------------

_EXAMPLES = {
    "trigger": "trigger: {event: follow}",
    "event": "event: follow",
    "within": "within: 1d",
    "when": "when: {tag: vip}",
    "percent": "percent: 50",
    "points": "points: 10",
}
"""For fields that are missing, where the name alone does not say what to write."""


def _example(name: str) -> Phrase:
    """The hint for a field that is missing."""
    if name == "steps":
        return phrase("steps form")
    return phrase("such as", text=_EXAMPLES[name]) if name in _EXAMPLES else phrase("write field", name=name)


@dataclass(frozen=True)
class Group:
    """Fields of a record that are read together; the values are by the parameters of the record."""

    names: Collection[str]
    read: Callable[[Source, Mapping[str, Node], Location], Mapping[str, object]]
    required: Collection[str] = ()


NO_GROUP = Group((), lambda _source, _found, _at: {})


@dataclass(frozen=True)
class Record[T]:
    """Fields that are the parameters of `make`: one without a default is required.

    `empty` has the mistake of a record without any field and its hint, `hints` those for fields of elsewhere.
    """

    make: Callable[..., T]
    fields: Fields
    what: str
    group: Group = NO_GROUP
    empty: tuple[Phrase, Phrase] | None = None
    hints: Mapping[str, Phrase] = dataclasses.field(default_factory=dict)

    @cached_property
    def required(self) -> list[str]:
        parameters = inspect.signature(self.make).parameters.values()
        needed = {parameter.name for parameter in parameters if parameter.default is parameter.empty}
        single = {
            name: field.target or name for name, field in self.fields.items() if name not in self.group.names
        }
        return [name for name in self.fields if name in self.group.required or single.get(name) in needed]

    def schema(self, **more: object) -> Schema:
        required: Schema = {"required": self.required} if self.required else {}
        minimum: Schema = {"minProperties": 1} if self.empty else {}
        return {**object_schema(self.fields), **required, **minimum, **more}

    def define(self, name: str, **more: object) -> Form:
        return define(name, self.schema(**more), self.read)

    def read(self, source: Source, node: Node, at: Location, _what: str) -> T | None:
        if self.empty is not None and isinstance(node, MappingNode) and not node.value:
            source.mistake_at(node, *self.empty)
        found = source.fields(node, at, self.fields, self.what, self.hints)
        return None if at in source.broken else self.build(source, found, at)

    def build(self, source: Source, found: Mapping[str, Node], at: Location) -> T | None:
        """What is made of the fields that were found; None when a mistake hides what it is."""
        broken = len(source.broken)
        for name in self.required:
            if name not in found:
                source.mistake(at, phrase("field missing", name=name), _example(name))
                source.broken.add((*at, name))
        ungrouped = {name: node for name, node in found.items() if name not in self.group.names}
        values = read_values(source, ungrouped, at, self.fields)
        values |= self.group.read(source, found, at)
        return self.make(**values) if len(source.broken) == broken else None


def read_values(source: Source, found: Mapping[str, Node], at: Location, fields: Fields) -> dict[str, object]:
    """The values of these fields by their targets; two of one target exclude each other."""
    values: dict[str, object] = {}
    written: dict[str, str] = {}
    for name, node in found.items():
        target = fields[name].target or name
        if target in written:
            message = phrase("exclusive fields", other=written[target], name=name)
            source.mistake_at(node, message, phrase("remove one"))
        written[target] = name
        values[target] = fields[name].form.read(source, node, (*at, target), f"`{name}`")
    return values


def single[T](make: Callable[..., T], target: str, form: Form) -> Form:
    """One value that is written without the name of its parameter."""

    def read(source: Source, node: Node, at: Location, what: str) -> T | None:
        broken = len(source.broken)
        value = form.read(source, node, (*at, target), what)
        return make(**{target: value}) if len(source.broken) == broken else None

    return Form(form.schema, read)


def object_schema(fields: Fields, **more: object) -> Schema:
    properties = {
        name: {"title": name.replace("_", " "), "description": field.documentation, **field.form.schema}
        for name, field in fields.items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def requires_one_of(names: Iterable[str]) -> list[Schema]:
    return [{"required": [name]} for name in names]
