"""What happens in a mini program, by name: the properties that each event has, and the bounds of all others.

The names are a list of ours. A brand's own events are named `custom.…` and have any properties. What is told
of a booking is the event of that name which other sources tell, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from wejourney.bounds import LONGEST_NAME
from wejourney.errors import WejourneyError
from wejourney.events.event_types import (
    EVENT_TYPES,
    BookingCancelled,
    BookingChanged,
    BookingMade,
    EventBody,
    MiniProgramEvent,
)
from wejourney.events.text_matching import is_visible

MOST_PROPERTIES = 20
_LARGEST = 10**12
_CUSTOM = re.compile(r"custom\.[a-z0-9_]+(\.[a-z0-9_]+)*", re.ASCII)
_PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)

type Form = Literal["text", "number", "date_time"]
"""A text of 1 to 256 characters, a whole number that is not negative, or `event_fields.DateTime`.

Money is in fen, a duration in seconds.
"""


class InvalidMiniProgramEventError(WejourneyError):
    """An event that is rejected. The text says which part and why, and quotes no value."""


@dataclass(frozen=True)
class EventForm:
    """The properties that an event must and can have; `key` is the `order` or `booking` that it needs."""

    required: Mapping[str, Form]
    optional: Mapping[str, Form] = field(default_factory=dict)
    key: Literal["order", "booking"] | None = None


_OF_A_PRODUCT: Mapping[str, Form] = {
    "name": "text",
    "category": "text",
    "price": "number",
    "quantity": "number",
}
_VIEWED = EventForm({"product": "text"}, {**_OF_A_PRODUCT, "code": "text"})
_PRODUCT = EventForm({"product": "text"}, _OF_A_PRODUCT)
_SHARED = EventForm({"code": "text"}, {"page": "text", "product": "text"})

_OF_A_BOOKING: Mapping[str, Form] = {"store": "text", "name": "text"}
_BOOKED = EventForm({"starts_at": "date_time"}, _OF_A_BOOKING, "booking")

GROUP_JOINED = "group.joined"
"""Somebody joins the `group` of an `offer`, which the first opens; the `order` is what they have paid."""

GROUP_COMPLETED, GROUP_FAILED = "group.completed", "group.failed"
"""What we tell each of them of it, with their order: no mini program can tell it."""

GAME_SCORED = "game.scored"
"""A score in a `round` of a `game`."""

GAME_RANKED = "game.ranked"
"""What we tell the first of a leader board when it has closed: no mini program can tell it."""

ORDER_CREATED = "order.created"
"""An order that may be paid, at a `merchant` of WeChat Pay, which is asked if no notice tells of it."""

GIFT_OPENED = "gift.opened"
"""Somebody looks at a gift: so who comes for its sake becomes known. Its code is in no event."""

UPLOAD_OPENED = "upload.opened"
"""Somebody wants to upload a picture: so who does it becomes known."""

FORMS: Mapping[str, EventForm] = {
    "page.viewed": EventForm(
        {"page": "text"}, {"title": "text", "code": "text", "scene": "number", "seconds": "number"}
    ),
    "product.viewed": _VIEWED,
    "cart.added": _PRODUCT,
    "cart.removed": _PRODUCT,
    "cart.left": EventForm({}, {"value": "number", "items": "number", "delivery": "text"}),
    ORDER_CREATED: EventForm(
        {"total": "number"}, {"items": "number", "store": "text", "merchant": "text"}, "order"
    ),
    "delivery.changed": EventForm({"delivery": "text"}, {"store": "text"}),
    "live.joined": EventForm({"live": "text"}, {"title": "text"}),
    "live.watched": EventForm({"live": "text", "seconds": "number"}),
    UPLOAD_OPENED: EventForm({}),
    "upload.completed": EventForm({"upload": "text"}, {"kind": "text"}),
    "registration.completed": EventForm({}, {"form": "text", "store": "text"}),
    "share.created": _SHARED,
    "share.opened": _SHARED,
    GIFT_OPENED: EventForm({}),
    GAME_SCORED: EventForm({"game": "text", "score": "number"}, {"level": "text", "round": "text"}),
    GROUP_JOINED: EventForm({"offer": "text", "group": "text"}, {"opengid": "text"}, "order"),
    "consent.given": EventForm({"purpose": "text", "version": "text"}),
    "consent.withdrawn": EventForm({"purpose": "text"}, {"version": "text"}),
    **dict.fromkeys((BookingMade.kind, BookingChanged.kind), _BOOKED),
    BookingCancelled.kind: EventForm({}, _OF_A_BOOKING, "booking"),
    "address.chosen": EventForm({}, {"province": "text", "city": "text", "district": "text"}),
}
"""The known events. `share.opened` has the code of who shared; an address is kept to its district."""


def mini_program_event(name: object, order: object, booking: object, properties: object) -> EventBody:
    """The event of these parts. Raises InvalidMiniProgramEventError."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        raise InvalidMiniProgramEventError("`name` is missing or no name")
    form = FORMS.get(name)
    if form is None and not _CUSTOM.fullmatch(name):
        raise InvalidMiniProgramEventError(
            "`name` is none of the known events and does not begin with custom."
        )
    keys = {"order": _key("order", order), "booking": _key("booking", booking)}
    if form is not None and form.key is not None and not keys[form.key]:
        raise InvalidMiniProgramEventError(f"`{form.key}` is missing")
    if not isinstance(properties, Mapping) or len(properties) > MOST_PROPERTIES:
        raise InvalidMiniProgramEventError(f"`properties` is no object of at most {MOST_PROPERTIES}")
    details = dict(sorted(_details(form, properties).items()))
    if name in EVENT_TYPES:
        if keys["order"]:
            raise InvalidMiniProgramEventError(f"`{name}` is about a booking, and has no `order`")
        return EVENT_TYPES[name].read({"booking": keys["booking"], **details})
    return MiniProgramEvent(name, keys["order"], keys["booking"], details)


def _details(form: EventForm | None, properties: Mapping[str, object]) -> dict[str, str]:
    if form is None:
        for name in properties:
            if not _PROPERTY.fullmatch(name):
                raise InvalidMiniProgramEventError("a property's name is not of a to z, digits and _")
        return {name: _any_value(name, value) for name, value in properties.items()}
    for name in form.required:
        if name not in properties:
            raise InvalidMiniProgramEventError(f"the property `{name}` is missing")
    known = {**form.required, **form.optional}
    if not properties.keys() <= known.keys():
        # Not quoted: a name from outside may be anything.
        raise InvalidMiniProgramEventError(f"a property is unknown; there are {', '.join(known)}")
    return {name: _value(name, value, known[name]) for name, value in properties.items()}


def _any_value(name: str, value: object) -> str:
    return _value(name, value, "number" if type(value) is int else "text")


def _value(name: str, value: Any, form: Form) -> str:
    match form:
        case "text":
            if isinstance(value, str) and len(value) <= LONGEST_NAME and is_visible(value):
                return value
            raise InvalidMiniProgramEventError(
                f"the property `{name}` is no text of 1 to {LONGEST_NAME} characters"
            )
        case "number":
            if type(value) is int and 0 <= value < _LARGEST:
                return str(value)
            raise InvalidMiniProgramEventError(f"the property `{name}` is no whole number from 0 on")
        case "date_time":
            if EVENT_TYPES[BookingMade.kind].fields[name].fits(value):
                return str(value)
            raise InvalidMiniProgramEventError(
                f"the property `{name}` is no day with a time, such as 2026-12-01T18:00+08:00"
            )
        case _:
            assert_never(form)


def _key(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_NAME or (value and not is_visible(value)):
        raise InvalidMiniProgramEventError(f"`{name}` is no text of at most {LONGEST_NAME} characters")
    return value
