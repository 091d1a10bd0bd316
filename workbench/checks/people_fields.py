"""The fields of infra/profile.yaml and of a segment's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.people.counters import CountedEvents, TimeOfDay
from wejourney.people.lifecycle import Stage, StageRule
from wejourney.people.profile_model import AttributeType, ProfileModel
from wejourney.people.rfm import RfmScale
from workbench.language import forms, parse_values
from workbench.language.condition_fields import (
    AWAITED_FIELDS,
    AWAITED_PATTERN,
    CONDITION,
    REQUIRED_FIELDS,
    pattern_schema,
)
from workbench.language.forms import Field, Fields, Form, Record
from workbench.language.mistakes import phrase
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node

PROFILE = Path("infra/profile.yaml")


def _form[T](record: Record[T], **more: object) -> Form:
    return Form(record.schema(**more), record.read)


_TYPE = forms.choice(*AttributeType)


def _read_type(source: Source, node: Node, at: Location, what: str) -> AttributeType:
    name = str(_TYPE.read(source, node, at, what))
    return AttributeType(name) if name in set(AttributeType) else AttributeType.TEXT


@dataclass(frozen=True)
class DeclaredAttribute:
    """An attribute as the file declares it."""

    type: AttributeType
    private: bool = False


_ATTRIBUTE = Record(
    DeclaredAttribute,
    {
        "type": Field("What its values are.", Form(_TYPE.schema, _read_type)),
        "private": Field(
            "Whether its values are encrypted: conditions see only whether it is known.", forms.BOOLEAN
        ),
    },
    "an attribute",
)


def _read_attribute(source: Source, node: Node, at: Location, what: str) -> DeclaredAttribute | None:
    if isinstance(node, MappingNode):
        return _ATTRIBUTE.read(source, node, at, what)
    return DeclaredAttribute(_read_type(source, node, at, what))


_ATTRIBUTES = forms.by_name(
    Form({"anyOf": [_TYPE.schema, _ATTRIBUTE.schema()]}, _read_attribute), phrase("value or no field")
)

_EVENTS, _AMOUNT = "events", "amount"
_UNIT = forms.choice(_EVENTS, _AMOUNT)


def _read_hours(source: Source, node: Node, at: Location, what: str) -> TimeOfDay:
    return TimeOfDay(*parse_values.hours(source, node, at, what))


_HOURS = Form(forms.text_schema(forms.HOURS_PATTERN, 'Hours like "22:00-08:00".'), _read_hours)
_COUNTED_FIELDS: Fields = {
    **AWAITED_FIELDS,
    "counts": Field(
        "`events` (default), or `amount`: the fen of a payment; a refund subtracts its own.",
        Form(_UNIT.schema, lambda source, node, at, what: _UNIT.read(source, node, at, what) == _AMOUNT),
        "amount",
    ),
    "hours": Field('Hours in Beijing time in which an event counts: "18:00-23:00".', _HOURS, "hours"),
}
_COUNTED = _form(
    Record(CountedEvents, _COUNTED_FIELDS, "a counter", AWAITED_PATTERN),
    **pattern_schema(_COUNTED_FIELDS, REQUIRED_FIELDS),
)


def _the_pattern(pattern: EventPattern) -> EventPattern:
    return pattern


_PATTERN = _form(
    Record(_the_pattern, AWAITED_FIELDS, "an event", AWAITED_PATTERN),
    **pattern_schema(AWAITED_FIELDS, REQUIRED_FIELDS),
)
_STAGE = forms.choice(*Stage)


def _read_stage(source: Source, node: Node, at: Location, what: str) -> Stage:
    name = str(_STAGE.read(source, node, at, what))
    return Stage(name) if name in set(Stage) else Stage.AWARE


_STAGE_RULE = _form(
    Record(
        StageRule,
        {
            "after": Field(
                "One of these stages must have been reached.",
                forms.one_or_more(Form(_STAGE.schema, _read_stage)),
            ),
            "events": Field("Each of these events moves people into the stage.", forms.one_or_more(_PATTERN)),
        },
        "a stage",
    )
)

_BOUNDS = forms.list_of(forms.WHOLE_NUMBER)
_RFM = _form(
    Record(
        RfmScale,
        {
            "orders": Field("The counter of orders.", forms.LITERAL),
            "spend": Field("The counter of what was paid, in fen.", forms.LITERAL),
            "recency": Field("Days since the last order up to which the score is 5, 4, 3 and 2.", _BOUNDS),
            "frequency": Field("Orders of a year from which on the score is 2, 3, 4 and 5.", _BOUNDS),
            "monetary": Field("Fen of a year from which on the score is 2, 3, 4 and 5.", _BOUNDS),
        },
        "`rfm`",
    )
)

_FIELDS: Fields = {
    "attributes": Field("All attributes that there are, with their types.", _ATTRIBUTES),
    "counters": Field(
        "What is counted of a person, day by day.",
        forms.by_name(forms.one_or_more(_COUNTED), phrase("value or no field")),
    ),
    "stages": Field(
        "What moves people into the stages of the lifecycle.",
        forms.by_name(_STAGE_RULE, phrase("value or no field")),
    ),
    "rfm": Field("Scores for recency, frequency and monetary value of purchases.", _RFM),
}


def _profile(
    attributes: Mapping[str, DeclaredAttribute] = MappingProxyType({}), **others: Any
) -> ProfileModel:
    types = {name: attribute.type for name, attribute in attributes.items()}
    private = frozenset(name for name, attribute in attributes.items() if attribute.private)
    return ProfileModel(types, private, **others)


_PROFILE = Record(_profile, _FIELDS, "the profile")


def read_profile(source: Source, root: Node) -> ProfileModel | None:
    return _PROFILE.read(source, root, (), "the profile")


def _the_condition(when: Condition) -> Condition:
    return when


_SEGMENT = Record(_the_condition, {"when": Field("Who is in the segment.", CONDITION)}, "a segment")


def read_segment(source: Source, root: Node) -> Condition | None:
    return _SEGMENT.read(source, root, (), "a segment")


def profile_schema() -> dict[str, Any]:
    return _schema_of(_PROFILE, "What is kept of people: infra/profile.yaml.")


def segment_schema() -> dict[str, Any]:
    return _schema_of(_SEGMENT, "One file in infra/segments: who is in the segment.")


def _schema_of[T](record: Record[T], description: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": description,
        **record.schema(),
        "$defs": {name: form.schema for name, form in sorted(forms.DEFINITIONS.items(), key=itemgetter(0))},
    }
