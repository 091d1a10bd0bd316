"""What is shown of a person to those who may not see it in clear."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wejourney.people.disclosure.masking import all_masked, opened
from wejourney.people.profile_fields import HIDDEN, sealed_text

SECRET = "SECRET-WORD-OF-A-PERSON"
SEALED = sealed_text("key", "c2VjcmV0")

NAMES = st.sampled_from(["openid", "value", "tags", "note", "attributes", "fields", "dates", "scene", "x"])
VALUES = st.recursive(
    st.sampled_from([SECRET, 7, True, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def texts(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for inner in value.values() for text in texts(inner)]
        case list():
            return [text for inner in value for text in texts(inner)]
        case str():
            return [value]
        case _:  # numbers, yes and no, nothing
            return []


@given(VALUES)
def test_no_personal_text_is_shown_in_whatever_it_lies(value: Any) -> None:
    masked = all_masked({"person": value})
    assert SECRET not in json.dumps(masked)
    assert len(texts(masked["person"])) == len(texts(value))


def test_our_own_ids_times_and_names_of_journeys_are_shown_except_where_names_are_free() -> None:
    shown = {
        "person_id": "p-1",
        "at": "2026-11-22",
        "journey": "welcome",
        "board": "rings#2026-W48#best",
        "segments": ["vip"],
        "tier": "gold",
    }
    assert all_masked(shown) == shown
    assert all_masked({"attributes": shown}) != {"attributes": shown}
    assert all_masked({"told_at": {"#vip": "2026-11-22"}}) == {"told_at": HIDDEN}


def test_numbers_are_shown_and_of_a_phone_number_its_ends() -> None:
    assert all_masked({"total": 1250, "following": True}) == {"total": 1250, "following": True}
    assert all_masked({"value": "+8613800138000"}) == {"value": "138****8000"}


def test_each_sealed_text_is_opened_wherever_it_lies_and_nothing_else_is() -> None:
    value = {"a": [SEALED, "b"], "c": {"d": SEALED, "e": 7}}
    assert opened(value, lambda _: "clear") == {"a": ["clear", "b"], "c": {"d": "clear", "e": 7}}
    assert all_masked(value)["c"]["d"] == SEALED
