"""What other systems hear of an event: somebody has decided of each field whether it is told or masked."""

import dataclasses
import json

import pytest

from tests.support.builders import NOON, OPENID, SUBJECT
from wejourney.events.event import own_event
from wejourney.events.event_types import (
    EVENT_TYPES,
    MiniProgramEvent,
    OtherEvent,
    ProfileChanged,
    TextReceived,
)
from wejourney.people.disclosure.published_event import CLEAR, published_event
from wejourney.people.profile_fields import HIDDEN

MASKED = {"changes", "details", "identity", "text", "url"}
"""What people write, who they are and what is known of them, and pages, whose address may have parameters.

Properties of a mini program's events are told where we know what they are."""

FIELDS = sorted(
    {
        (name, spec.name)
        for name, type_ in EVENT_TYPES.items()
        if type_.body is not OtherEvent
        for spec in dataclasses.fields(type_.body)
        if spec.name != "kind"
    }
)


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_somebody_has_decided_of_each_field_whether_it_is_told(kind: str, field: str) -> None:
    assert (field in CLEAR) != (field in MASKED), f"{kind}.{field}"


@pytest.mark.parametrize("kind", sorted(name for name, one in EVENT_TYPES.items() if one.body is OtherEvent))
def test_the_fields_of_a_type_that_nothing_uses_are_masked(kind: str) -> None:
    told = published_event(
        own_event(OtherEvent(kind, {"name": "Anna", "phone": "13812348000"}), "1", SUBJECT, NOON), "p"
    )

    assert "nna" not in json.dumps(told)
    assert "12348" not in json.dumps(told)


def test_what_is_known_of_a_person_is_masked_and_a_private_value_hidden() -> None:
    sealed = "sealed:k1:" + "QUJD" * 8
    body = ProfileChanged({"name": "王芳", "email": "fang@example.com", "address": sealed})
    told = published_event(own_event(body, "1", SUBJECT, NOON), "p1")

    assert told["fields"]["changes"] == {"name": "王**", "email": "f**", "address": HIDDEN}
    assert told["person_id"] == "p1"


@pytest.mark.parametrize(
    ("name", "details", "is_told"),
    [
        ("product.viewed", {"product": "ring"}, True),
        ("group.failed", {"group": "G-1", "offer": "rings", "why": "too_few"}, True),
        ("game.ranked", {"game": "hoops", "period": "2026-W48", "rank": "1", "score": "90"}, True),
        ("custom.feedback", {"text": "my number is 13800138000"}, False),
        ("address.chosen", {"city": "Nanjing", "district": "Gulou"}, False),
    ],
)
def test_properties_of_mini_programs_are_told_where_we_know_what_they_are(
    name: str, details: dict[str, str], *, is_told: bool
) -> None:
    told = published_event(own_event(MiniProgramEvent(name, "A-1", "", details), "1", SUBJECT, NOON), "p1")

    assert (told["fields"]["details"] == details) is is_told
    assert told["fields"]["order"] == "A-1"


def test_a_text_is_masked_and_the_openid_is_nowhere() -> None:
    told = published_event(own_event(TextReceived("call 13812348000"), "1", SUBJECT, NOON), "p1")

    assert "13812348000" not in json.dumps(told)
    assert OPENID not in json.dumps(told)
