"""What happens in a mini program: the known events with their properties, and the bounds of a brand's own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.bounds import LONGEST_NAME
from wejourney.events.event_types import EVENT_TYPES, MiniProgramEvent
from wejourney.events.mini_program_events import (
    FORMS,
    MOST_PROPERTIES,
    EventForm,
    InvalidMiniProgramEventError,
    mini_program_event,
)

JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=70), inner, max_size=3),
    max_leaves=5,
)


def read(name: object, properties: object = None, order: object = None) -> MiniProgramEvent:
    return mini_program_event(name, order, None, {} if properties is None else properties)


UNSEEN = (" ", "\u3000\n", "\u200b", "\u3164")


def right(form: EventForm, *, whole: bool) -> dict[str, Any]:
    """Properties that fit a form."""
    wanted = {**form.required, **(form.optional if whole else {})}
    return {name: "x" if kind == "text" else 7 for name, kind in wanted.items()}


def order_of(form: EventForm) -> str | None:
    return "A-1" if form.key == "order" else None


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("name", FORMS)
def test_a_known_event_takes_its_properties_and_may_lack_the_optional_ones(
    name: str,
    whole: bool,  # noqa: FBT001 - a case
) -> None:
    given_ = right(FORMS[name], whole=whole)
    event = read(name, given_, order_of(FORMS[name]))
    assert event.details == {name: str(value) for name, value in sorted(given_.items())}
    EVENT_TYPES["mini_program"].read(vars(event))


@pytest.mark.parametrize("name", FORMS)
def test_each_required_property_of_a_known_event_is_named_when_it_is_missing(name: str) -> None:
    form = FORMS[name]
    whole = right(form, whole=True)
    for missing in form.required:
        with pytest.raises(InvalidMiniProgramEventError, match=f"`{missing}` is missing"):
            read(name, {one: value for one, value in whole.items() if one != missing}, order_of(form))
    if form.key is not None:
        with pytest.raises(InvalidMiniProgramEventError, match=f"`{form.key}` is missing"):
            read(name, whole)


@pytest.mark.parametrize("name", FORMS)
def test_each_property_of_a_known_event_has_its_form(name: str) -> None:
    form = FORMS[name]
    whole = right(form, whole=True)
    for known, kind in {**form.required, **form.optional}.items():
        texts: list[Any] = ["", *UNSEEN, "x" * (LONGEST_NAME + 1), 7, None, ["x"], {"x": 1}]
        numbers: list[Any] = ["7", -1, 7.5, True, None, 10**12, [7]]
        for wrong in texts if kind == "text" else numbers:
            with pytest.raises(InvalidMiniProgramEventError, match=f"`{known}`"):
                read(name, whole | {known: wrong}, order_of(form))
    with pytest.raises(InvalidMiniProgramEventError, match="a property is unknown") as caught:
        read(name, whole | {"colour-of-my-eyes": "x"}, order_of(form))
    assert "colour" not in str(caught.value)


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize("key", ["order", "booking"])
def test_an_order_or_a_booking_is_a_text_that_can_be_seen(key: str, unseen: str) -> None:
    told = {"order": None, "booking": None, key: unseen}
    with pytest.raises(InvalidMiniProgramEventError, match=f"`{key}`"):
        mini_program_event("custom.x", told["order"], told["booking"], {})


@pytest.mark.parametrize(
    "name", ["page.view", "Page.viewed", "custom", "custom.", "custom.A", "custom.a..b", 7, None]
)
def test_a_name_that_is_not_known_and_not_the_brands_own_is_an_error(name: object) -> None:
    with pytest.raises(InvalidMiniProgramEventError, match="`name`"):
        read(name)


def test_a_brands_own_event_takes_texts_and_whole_numbers_within_bounds() -> None:
    event = read("custom.ring.tried_on", {"ring": "R-7", "minutes": 3})
    assert (event.name, event.details) == ("custom.ring.tried_on", {"minutes": "3", "ring": "R-7"})
    many = {f"p{number}": "x" for number in range(MOST_PROPERTIES + 1)}
    for wrong in (many, {"": "x"}, {"A": "x"}, {"a" * 65: "x"}, {"ring": None}, {"ring": 1.5}, "text", ["a"]):
        with pytest.raises(InvalidMiniProgramEventError):
            read("custom.ring.tried_on", wrong)


@given(st.sampled_from([*FORMS, "custom.x"]) | JUNK, JUNK, JUNK, JUNK)
def test_whatever_is_told_becomes_a_sound_event_or_is_rejected(
    name: object, order: object, booking: object, properties: object
) -> None:
    try:
        event = mini_program_event(name, order, booking, properties)
    except InvalidMiniProgramEventError:
        return
    EVENT_TYPES["mini_program"].read(vars(event))
