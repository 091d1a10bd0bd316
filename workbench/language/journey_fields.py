"""The fields of a journey's file, and its JSON Schema for editors.

The schema completes, documents and underlines while one writes. It knows the form of a file; what a journey
means is for `wejourney check`, and what that accepts, the schema accepts.
"""

import json
from collections.abc import Mapping
from functools import partial
from operator import itemgetter
from typing import Any

from wejourney.events.event_types import REENTRY_KEYS
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from wejourney.messaging.contents import LocalizedText
from workbench.language import condition_fields, content_fields, forms
from workbench.language.condition_fields import CONDITION, CONDITION_FIELDS, REQUIRED_IN_TRIGGER
from workbench.language.forms import PLAIN, Field, Fields, Form, Record, define, single
from workbench.language.journey import Journey
from workbench.language.mistakes import nearest, phrase, verbatim
from workbench.language.parse_values import ALL_DAY, QUIET_DAYS, quiet_hours
from workbench.language.source import Location, Source
from workbench.language.step_fields import STEPS
from workbench.language.yaml_nodes import MappingNode, Node, SequenceNode

# --- the trigger ---------------------------------------------------------------------------------


def _read_event(source: Source, node: Node, at: Location, what: str) -> object:
    if isinstance(node, SequenceNode):
        hint = phrase("one file per event")
        source.give_up(at, node, phrase("several trigger events"), hint)
        return None
    return condition_fields.EVENT.read(source, node, at, what)


_EVENT = Form(condition_fields.EVENT.schema, _read_event)
_PATTERN: Fields = {
    "event": Field("The event that starts the journey.", _EVENT),
    **condition_fields.TRIGGER_FIELDS,
}
TRIGGER_FIELDS: Fields = {
    **_PATTERN,
    "when": Field("A condition on the profile; default: every follower.", condition_fields.ANY_CONDITION),
}
_OF_THE_PROFILE = {
    name: verbatim(f"`when: {{{name}: …}}`") for name in CONDITION_FIELDS if name not in TRIGGER_FIELDS
}


def _read_pattern(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
    return condition_fields.read_pattern(source, found, at, _PATTERN, REQUIRED_IN_TRIGGER)


_TRIGGER_GROUP = forms.Group(_PATTERN, _read_pattern, required=["event"])
_TRIGGER = Record(Trigger, TRIGGER_FIELDS, "a trigger", _TRIGGER_GROUP, hints=_OF_THE_PROFILE)
TRIGGER = _TRIGGER.define("trigger", **condition_fields.pattern_schema(TRIGGER_FIELDS, REQUIRED_IN_TRIGGER))

# --- the whole file ------------------------------------------------------------------------------

_KEY = Form({"enum": list(REENTRY_KEYS)}, PLAIN.read)
_AGAIN: Fields = {
    "after": Field("Time since the last start.", single(partial(Again, "after"), "seconds", forms.INTERVAL)),
    "per": Field(
        "Once for each value of the event's field: `order` or `booking`.",
        single(lambda key: Again("per", key=key), "key", _KEY),
    ),
}


def _read_again(source: Source, node: Node, at: Location, what: str) -> object:
    if isinstance(node, SequenceNode):
        source.give_up(at, node, phrase("again list"), phrase("again form"))
        return None
    if not isinstance(node, MappingNode):
        mode = source.string(node, at, what)
        if mode not in ("always", "never") and at not in source.broken:
            hint = nearest(mode, ("always", "never", "{after: 30d}", "{per: order}"))
            source.mistake(at, phrase("invalid again", mode=mode), hint)
        return Again("never") if mode == "never" else Again()
    found = source.fields(node, at, _AGAIN, what)
    if len(found) != 1:
        source.mistake(at, phrase("again fields"), phrase("again field names"))
        return Again()
    [(name, value)] = found.items()
    return _AGAIN[name].form.read(source, value, at, f"`{name}`")


_ONE_FIELD = forms.object_schema(_AGAIN, minProperties=1, maxProperties=1)
_EVERY_DAY = forms.text_schema(forms.HOURS_PATTERN, 'Hours like "22:00-08:00".')
_ONE_DAY = forms.text_schema(
    rf"({forms.HOURS_PATTERN}|{ALL_DAY})", f'Hours like "22:00-08:00", or {ALL_DAY}.'
)
_BY_DAY = {
    "type": "object",
    "propertyNames": {"enum": list(QUIET_DAYS)},
    "additionalProperties": _ONE_DAY,
    "minProperties": 1,
}
_EXIT: Fields = {
    "when": Field("The condition that ends the run.", CONDITION),
    "reason": Field("The reason, shown with the run.", content_fields.TEXT),
}


def _exit(when: Condition, reason: LocalizedText) -> Exit:
    return Exit(when, content_fields.reason_of(reason), content_fields.texts_of(reason))


_EXITS = forms.list_of(Record(_exit, _EXIT, "an exit").define("exit"))
_PRIORITY_HELP = "An event starts the first journey that matches: by falling priority, then by name."
_AGAIN_HELP = "Whether a follower can enter again; default: always, with one live run at a time."
_QUIET_HELP = 'Hours in the follower\'s time zone in which nothing is sent by itself: "22:00-08:00".'
_GOAL_WITHIN_HELP = (
    "How long after an entry the goal counts, for those who entered and those held out; default: 7d."
)
_HOLDOUT_HELP = "The share of followers who do not enter, to measure the effect: 0 to 50 percent."
_CONSENT_HELP = (
    "The purpose that the follower must have agreed to for the messages of the steps, of infra/consents.yaml."
)
_SPEAKS_TO_HELP = (
    "The account in whose chat the journey speaks, by its name in infra/accounts.yaml; default: where the "
    "follower did something, else where they can be reached."
)
JOURNEY_FIELDS: Fields = {
    "title": Field("The journey's name for people.", content_fields.TEXT),
    "trigger": Field("The event that starts the journey.", TRIGGER),
    "speaks_to": Field(_SPEAKS_TO_HELP, forms.NAME),
    "opening": Field("Sent at once as the passive reply to the event.", content_fields.OPENING),
    "steps": Field("The steps that follow, in order.", STEPS),
    "priority": Field(_PRIORITY_HELP, forms.WHOLE_NUMBER),
    "again": Field(
        _AGAIN_HELP, define("again", {"anyOf": [{"enum": ["always", "never"]}, _ONE_FIELD]}, _read_again)
    ),
    "quiet": Field(_QUIET_HELP, define("quiet", {"anyOf": [_EVERY_DAY, _BY_DAY]}, quiet_hours)),
    "holdout": Field(_HOLDOUT_HELP, forms.PERCENT),
    "consent": Field(_CONSENT_HELP, forms.NAME),
    "goal": Field("The journey's purpose: the run ends as a success when this holds.", CONDITION),
    "goal_within": Field(_GOAL_WITHIN_HELP, forms.DURATION),
    "exits": Field("Other conditions that end a run at once.", _EXITS),
}


def read_journey(source: Source, node: Node) -> Journey | None:
    """The journey of a whole file; None when a mistake hides what it is."""
    return Record(partial(Journey, source.name), JOURNEY_FIELDS, "a journey").read(source, node, (), "")


def journey_schema() -> dict[str, Any]:
    """The schema of a file of infra/journeys; that of infra/contents is `#/$defs/stored_content`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A journey of wejourney",
        "description": "One file in infra/journeys: a trigger and the steps that follow.",
        **Record(partial(Journey, ""), JOURNEY_FIELDS, "a journey").schema(),
        "$defs": {name: form.schema for name, form in sorted(forms.DEFINITIONS.items(), key=itemgetter(0))},
    }


def schema_text(schema: Mapping[str, Any] | None = None) -> str:
    return json.dumps(schema or journey_schema(), ensure_ascii=False, indent=2) + "\n"
