"""What happens in a mini program: the known events with their properties, and the bounds of a brand's own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.bounds import LONGEST_NAME
from wejourney.events.event_types import EVENT_TYPES, EventBody, MiniProgramEvent
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


TIME = "2026-12-01T18:00+08:00"


def read(name: object, properties: object = None, order: object = None, booking: object = None) -> EventBody:
    return mini_program_event(name, order, booking, {} if properties is None else properties)


UNSEEN = (" ", "\u3000\n", "\u200b", "\u3164")


def right(form: EventForm, *, whole: bool) -> dict[str, Any]:
    """Properties that fit a form."""
    wanted = {**form.required, **(form.optional if whole else {})}
    examples = {"text": "x", "number": 7, "date_time": TIME}
    return {name: examples[kind] for name, kind in wanted.items()}


def keys_of(form: EventForm) -> dict[str, str]:
    return {form.key: "A-1"} if form.key is not None else {}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("name", FORMS)
def test_a_known_event_takes_its_properties_and_may_lack_the_optional_ones(
    name: str,
    whole: bool,  # noqa: FBT001 - a case
) -> None:
    given_ = right(FORMS[name], whole=whole)
    event = read(name, given_, **keys_of(FORMS[name]))
    told = {name: str(value) for name, value in sorted(given_.items())}
    if isinstance(event, MiniProgramEvent):
        assert event.details == told
    else:
        assert event == EVENT_TYPES[name].read({"booking": "A-1", **told})
    event.type.read(vars(event))


@pytest.mark.parametrize("name", FORMS)
def test_each_required_property_of_a_known_event_is_named_when_it_is_missing(name: str) -> None:
    form = FORMS[name]
    whole = right(form, whole=True)
    for missing in form.required:
        with pytest.raises(InvalidMiniProgramEventError, match=f"`{missing}` is missing"):
            read(name, {one: value for one, value in whole.items() if one != missing}, **keys_of(form))
    if form.key is not None:
        with pytest.raises(InvalidMiniProgramEventError, match=f"`{form.key}` is missing"):
            read(name, whole)


DATE_TIMES: list[Any] = [
    *("", "soon", "2026-12-01", "20261201", "18:00", "2026-02-30T18:00", "2026-12-01T25:00", TIME + "x"),
    *("2026-12-01 18:00", "2026-12-01T18:00:00." + "0" * 40, "0001-01-01T00:00+14:00", 1, None, [TIME]),
]


@pytest.mark.parametrize("name", FORMS)
def test_each_property_of_a_known_event_has_its_form(name: str) -> None:
    form = FORMS[name]
    whole = right(form, whole=True)
    for known, kind in {**form.required, **form.optional}.items():
        texts: list[Any] = ["", *UNSEEN, "x" * (LONGEST_NAME + 1), 7, None, ["x"], {"x": 1}]
        numbers: list[Any] = ["7", -1, 7.5, True, None, 10**12, [7]]
        for wrong in {"text": texts, "number": numbers, "date_time": DATE_TIMES}[kind]:
            with pytest.raises(InvalidMiniProgramEventError, match=f"`{known}`"):
                read(name, whole | {known: wrong}, **keys_of(form))
    with pytest.raises(InvalidMiniProgramEventError, match="a property is unknown") as caught:
        read(name, whole | {"colour-of-my-eyes": "x"}, **keys_of(form))
    assert "colour" not in str(caught.value)


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize("key", ["order", "booking"])
def test_an_order_or_a_booking_is_a_text_that_can_be_seen(key: str, unseen: str) -> None:
    told = {"order": None, "booking": None, key: unseen}
    with pytest.raises(InvalidMiniProgramEventError, match=f"`{key}`"):
        mini_program_event("custom.x", told["order"], told["booking"], {})


def test_a_booking_has_no_order() -> None:
    with pytest.raises(InvalidMiniProgramEventError, match="`order`"):
        read("booking.made", {"starts_at": TIME}, order="A-1", booking="B-1")


@pytest.mark.parametrize(
    "name", ["page.view", "Page.viewed", "custom", "custom.", "custom.A", "custom.a..b", 7, None]
)
def test_a_name_that_is_not_known_and_not_the_brands_own_is_an_error(name: object) -> None:
    with pytest.raises(InvalidMiniProgramEventError, match="`name`"):
        read(name)


def test_a_brands_own_event_takes_texts_and_whole_numbers_within_bounds() -> None:
    event = read("custom.ring.tried_on", {"ring": "R-7", "minutes": 3})
    assert isinstance(event, MiniProgramEvent)
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
    event.type.read(vars(event))
