"""What mistakes say of the shape of a value, for every field of the language and every wrong shape."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from workbench.language import condition_fields, content_fields, journey_fields, step_fields
from workbench.language.condition_fields import CONDITION, CONDITION_FIELDS
from workbench.language.forms import DEFINITIONS, Field, Schema
from workbench.language.mistakes import Mistake
from workbench.language.source import Source

SHAPES: tuple[object, ...] = (
    *(None, [], {}, [[]], [{}], [None], [["a"]], [{"a": 1}]),
    *({"two": None}, {"two": []}, {"two": {}}, {"two": ["a"]}, {"two": [{"a": 1}]}, {"two": {"a": "b"}}),
)
"""Empty and wrong shapes: of the value itself, and of what is in it."""

TYPES_SAID = {
    r"must be a single value": {"scalar"},
    r"must be a list": {"array"},
    r"has no fields$": {"object"},
    r"cannot be a list": {"scalar", "object"},
}
"""The types that the field may have if a mistake says so of it."""


def tables() -> Iterator[Mapping[str, Field]]:
    for module in (condition_fields, content_fields, journey_fields, step_fields):
        for value in vars(module).values():
            if (
                isinstance(value, Mapping)
                and value
                and all(isinstance(part, Field) for part in value.values())
            ):
                yield value


FIELDS = {
    f"{number}.{name}": (name, field)
    for number, table in enumerate(tables())
    for name, field in table.items()
}


def types_of(schema: Schema) -> set[str]:
    if "$ref" in schema:
        return types_of(DEFINITIONS[schema["$ref"].rpartition("/")[2]].schema)
    if "anyOf" in schema:
        return set().union(*(types_of(part) for part in schema["anyOf"]))
    types = schema.get("type", "string")
    return {
        type_ if type_ in ("array", "object") else "scalar"
        for type_ in ([types] if isinstance(types, str) else types)
    }


def mistakes_in(name: str, field: Field, value: object) -> list[Mistake]:
    source = Source("file")
    root = source.compose(json.dumps({name: value}))
    assert root is not None
    if CONDITION_FIELDS.get(name) is field:
        CONDITION.read(source, root, (), "")
    else:
        node = source.fields(root, (), None, "a file")[name]
        field.form.read(source, node, (name,), f"`{name}`")
    return source.mistakes


def is_valid(schema: Schema, value: object) -> bool:
    definitions: dict[str, Any] = {name: form.schema for name, form in DEFINITIONS.items()}
    return Draft202012Validator({**schema, "$defs": definitions}).is_valid(value)


@pytest.mark.parametrize(("name", "field"), FIELDS.values(), ids=FIELDS.keys())
def test_what_a_mistake_says_of_the_shape_of_a_field_is_true(name: str, field: Field) -> None:
    types = types_of(field.form.schema)
    for shape in SHAPES:
        found = mistakes_in(name, field, shape)
        assert found or is_valid(field.form.schema, shape), shape
        for mistake in found:
            assert mistake.hint, (shape, mistake)
            of_the_field = re.match(rf"(?:write )?`{name}`,? ?(.*)", mistake.message)
            if of_the_field is None:
                continue
            for said, allowed in TYPES_SAID.items():
                assert not re.search(said, of_the_field[1]) or types <= allowed, (shape, mistake)
            if mistake.message.startswith("write "):
                assert types == {"object"}, (shape, mistake)
            if mistake.hint.startswith("write it after the colon") and "is missing" in mistake.message:
                assert shape is None, (shape, mistake)
            if of_the_field[1] == "is empty":
                assert shape in ([], {}), (shape, mistake)


@pytest.mark.parametrize("value", ["", " x", " [a]", " {}"], ids=["none", "a text", "a list", "empty"])
@pytest.mark.parametrize(
    ("name", "help_"),
    {
        "data": "write one line per field of the template, `thing1: text`",
        "items": "write one line per choice, `choice: text`",
        "choices": "write `choice: words`, or remove it to accept any text",
        "attribute": "write `name: value`, or remove the field",
        "answer": "write `name: value`, or remove the field",
        "set": "write `name: value`, such as `city: Paris`",
    }.items(),
)
def test_a_field_of_names_says_what_to_write_below_it_whatever_is_there(
    name: str, help_: str, value: str
) -> None:
    [form] = {field.form.read: field.form for known, field in FIELDS.values() if known == name}.values()
    source = Source("file")
    root = source.compose(f"{name}:{value}\n")
    assert root is not None

    form.read(source, source.fields(root, (), None, "a file")[name], (name,), f"`{name}`")

    assert [mistake.hint.removeprefix("below it, indented further, ") for mistake in source.mistakes] == [
        help_
    ]
