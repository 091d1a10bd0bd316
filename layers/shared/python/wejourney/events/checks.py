"""Whether an event is one that can be applied, checked before it enters the queue and after."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from wejourney.errors import MalformedEventError
from wejourney.events.events import (
    DATE,
    END,
    JOURNEY,
    MINI_PROGRAM,
    OPENID,
    PAYMENT,
    POINTS,
    PROFILE,
    REFUND,
    SEGMENT,
    TAG,
    InboundEvent,
    Source,
)
from wejourney.people.profile_fields import expected

LONGEST_NAME = 256
"""Characters of a tag, a segment or another name."""

LONGEST_VALUE = 5_000
"""Characters of an attribute."""

MOST_CHANGES = 100
"""Values of a profile that one event changes."""

_LONGEST_APP_ID = 128
_LARGEST = 10**15

_ID = re.compile(r"[0-9a-f]{32}")
"""An id goes into logs: it is a hash, and nothing else."""

type Check = Callable[[Any], bool]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _is_whole(value: Any) -> bool:
    """A number, or its digits, as people type them at a command."""
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) < len(str(_LARGEST))
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return type(value) is int and abs(value) < _LARGEST


def _is_subject(value: Any) -> bool:
    """An order or a booking: what a journey can be taken once for."""
    return value == "" or _is_name(value) or _is_number(value)


def _are_changes(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) <= MOST_CHANGES and all(map(_is_change, value.items()))


def _is_change(change: tuple[Any, Any]) -> bool:
    name, value = change
    if not _is_name(name) or not isinstance(value, str | bool):
        return False
    if isinstance(value, bool):
        return name in ("customer", "member")
    return len(value) <= LONGEST_VALUE and (value == "" or expected(name, value) is None)


_NEEDED: Mapping[str, Mapping[str, Check]] = {
    TAG: {"Tag": _is_name},
    SEGMENT: {"Segment": _is_name},
    DATE: {"Date": _is_name},
    JOURNEY: {"Journey": _is_name},
    END: {"Journey": _is_name},
    MINI_PROGRAM: {"Name": _is_name},
    PAYMENT: {"Total": _is_whole},
    REFUND: {"Total": _is_whole},
    POINTS: {"Points": _is_number, "Before": _is_number},
    PROFILE: {"Changes": _are_changes},
}
"""What an event of each type must say; what is not here need not say anything."""

_OPTIONAL: Mapping[str, Check] = {"By": _is_name, "Order": _is_subject, "Booking": _is_subject}


def check_event(event: InboundEvent) -> None:
    """Raises MalformedEventError, which names the field and never its value."""
    if not _ID.fullmatch(event.id):
        raise MalformedEventError("an event has no usable id")
    if not OPENID.fullmatch(event.openid) or len(event.app_id) > _LONGEST_APP_ID:
        raise MalformedEventError("an event has no usable openid or app id")
    if event.source is not Source.OWN:
        return
    for name, check in _NEEDED.get(event.kind, {}).items():
        if name not in event.fields or not check(event.fields[name]):
            raise MalformedEventError(f"`{event.kind}` has no usable {name}")
    for name, check in _OPTIONAL.items():
        if name in event.fields and not check(event.fields[name]):
            raise MalformedEventError(f"`{event.kind}` has no usable {name}")
