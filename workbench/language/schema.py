"""The JSON Schema of journey files, for editors: it completes, documents and underlines while one writes.

It knows the form of a file; what a journey means is for `wejourney check`, and what that accepts, it accepts.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from wejourney.messaging.contents import ANY_LANGUAGE, PASSIVE_KINDS
from workbench.language import vocabulary as words
from workbench.language.vocabulary import Field, Fields, Form, one_or_more, ref

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TIME = r"([01]?\d|2[0-3]):[0-5]\d"
_DAYS = "|".join(words.WEEKDAYS)


def journey_schema() -> dict[str, Any]:
    """The schema of a file of infra/journeys; that of infra/contents is `#/$defs/stored_content`."""
    return {
        "$schema": _DRAFT,
        "title": "A journey of wejourney",
        "description": "One file in infra/journeys: a trigger and the steps that follow.",
        **_fields(words.JOURNEY),
        "$defs": {**_values(), **_whole(), **_conditions(), **_contents(), **_steps()},
    }


def schema_text() -> str:
    """The schema as it is committed in docs/journey.schema.json."""
    return json.dumps(journey_schema(), ensure_ascii=False, indent=2) + "\n"


# --- building blocks -----------------------------------------------------------------------------


def _fields(fields: Fields, **more: Any) -> dict[str, Any]:
    required = [name for name, field in fields.items() if field.required]
    return {
        "type": "object",
        "properties": {name: _property(name, field) for name, field in fields.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **more,
    }


def _property(name: str, field: Field) -> dict[str, Any]:
    return {"title": name.replace("_", " "), "description": field.says, **field.form}


def _by_name(form: Form, **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": form, "minProperties": 1, **more}


def _text(pattern: str, says: str) -> dict[str, Any]:
    return {"type": "string", "pattern": rf"^\s*{pattern}\s*$", "description": says}


def _pattern(fields: Fields, needed: Mapping[str, str]) -> dict[str, Any]:
    """Fields with the pattern of an event: each of these belongs to some events, and some need one."""
    events_of = {
        name: [event for event, names in words.EVENTS.items() if name in names]
        for name in fields
        if any(name in names for names in words.EVENTS.values())
    }
    return _fields(
        fields,
        dependentSchemas={
            name: {"properties": {"event": {"enum": events}}} for name, events in events_of.items()
        },
        allOf=[
            {
                "if": {"properties": {"event": {"const": event}}, "required": ["event"]},
                "then": {"required": [name]},
            }
            for event, name in needed.items()
        ],
    )


def _one_of(names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"required": [name]} for name in names]


# --- the parts of a journey ----------------------------------------------------------------------


def _values() -> dict[str, Any]:
    plain = ref("plain")
    return {
        "plain": {"type": ["string", "number", "boolean"], "description": "A single value, read as text."},
        "step_name": {
            "type": ["string", "number", "boolean"],
            "pattern": words.STEP_NAME.pattern,
            "description": "Small letters, digits, - and _, a letter first.",
        },
        "duration": _text(r"(\d+d)? ?(\d+h)? ?(\d+m)? ?(\d+s)?", "A time like 90s, 30m, 2h or 1d 12h."),
        "time": _text(_TIME, 'A time of day in the follower\'s time zone, like "09:00".'),
        "moment": _text(rf"(({_DAYS})\s+)?{_TIME}", 'A time like "09:00", or monday 09:00.'),
        "quiet": _text(rf"{_TIME}\s*-\s*{_TIME}", 'Hours like "22:00-08:00".'),
        "words": {
            "description": "A text by language, or one text for all; `|-` starts several lines.",
            "anyOf": [plain, _by_name(plain, propertyNames={"enum": [*words.LANGUAGES, ANY_LANGUAGE]})],
        },
        "words_by_name": _by_name(ref("words")),
        "plain_by_name": _by_name(plain),
        "names_by_name": _by_name(one_or_more(plain)),
        "values_by_name": _by_name(plain, propertyNames={"pattern": r"^(date\.)?[^.]+$"}),
    }


def _whole() -> dict[str, Any]:
    passive = {name: words.SAID[name] for name in words.SAID if name in PASSIVE_KINDS or name == "content"}
    return {
        "event": {"enum": list(words.EVENTS), "description": "An event type."},
        "heard_event": {
            "enum": [event for event in words.EVENTS if event not in words.NEVER_HEARD],
            "description": "An event type that can occur during a run.",
        },
        "trigger": _pattern(words.TRIGGER, words.NEEDED_TO_START),
        "again": {
            "anyOf": [
                {"enum": ["always", "never"]},
                _fields(words.AGAIN, minProperties=1, maxProperties=1),
            ]
        },
        "exit": _fields(words.EXIT),
        "opening": _fields(passive, oneOf=_one_of(passive)),
    }


def _conditions() -> dict[str, Any]:
    return {
        "condition": _fields(words.CONDITION, minProperties=1, description="All parts must hold."),
        "any_condition": _fields(words.CONDITION, description="All parts must hold; it may be empty."),
        "points_range": _fields(words.POINTS_RANGE, minProperties=1),
        "event_count": _pattern(words.EVENT_COUNT, words.NEEDED),
    }


def _contents() -> dict[str, Any]:
    return {
        "news": _fields(words.NEWS),
        "mini_program": _fields(words.MINI_PROGRAM),
        "menu": _fields(words.MENU),
        "template": _fields(words.TEMPLATE),
        "notice": _fields(words.NOTICE),
        "mass": _fields(words.MASS),
        "said": _fields(words.SAID, oneOf=_one_of(words.SAID)),
        "stored_content": _fields(words.CONTENT, oneOf=_one_of(words.CONTENT)),
    }


def _steps() -> dict[str, Any]:
    nothing_said = {"not": {"anyOf": _one_of(words.SAID)}}
    return {
        "steps": {"type": "array", "items": ref("step"), "minItems": 1},
        "step": _fields(
            words.STEP, minProperties=1, maxProperties=1, description="One step: exactly one field."
        ),
        "send": _fields(words.SEND, oneOf=_one_of(words.SAID)),
        "ask": _fields(words.ASK, oneOf=[*_one_of(words.SAID), nothing_said]),
        "notify": _fields(words.NOTIFY),
        "hand_over": _fields(words.HAND_OVER),
        "wait_until": _fields(words.WAIT_UNTIL),
        "wait_date": _fields(words.WAIT_DATE),
        "wait_event": _pattern(words.WAIT_EVENT, words.NEEDED),
        "branch": {
            "type": "array",
            "items": {"anyOf": [_fields(words.CASE), _fields(words.OTHERWISE)]},
            "minItems": 1,
        },
        "split": _fields(words.SPLIT),
        "share": _fields(words.SHARE),
        "award": _fields(words.AWARD),
    }
