"""What is shown of a person to those who may not see it in clear: what nobody has named is masked."""

from collections.abc import Callable, Mapping
from typing import Any

from wejourney.people.profile_fields import HIDDEN, is_sealed, masked

_SHOWN = frozenset(
    {"account_language", "act", "app_id", "at", "caller", "channel", "cohort", "contact_id", "end"}
    | {"not_ranked", "unranked"}
    | {"ended_at", "erased_at", "event_id", "expires_at", "followed_at", "id", "journey", "key_field"}
    | {"kind", "known_since", "language", "look_at", "lots", "operation", "outcome", "person_id"}
    | {"purpose", "reason", "run_id", "segments", "settled_at", "source", "stage", "started_at"}
    | {
        "asset",
        "board",
        "destination",
        "due",
        "effective_at",
        "expires",
        "hold",
        "pocket",
        "reverses",
        "rule",
    }
    | {
        "expires_on",
        "status",
        "step",
        "tier",
        "tier_since",
        "tier_until",
        "time_zone",
        "type",
        "until",
        "version",
        "why",
    }
)
"""The texts that are not personal: our own ids, names of the brand's journeys and steps, kinds and times.

What is not named here is masked, so that a new field is masked until somebody has thought about it.
"""

_FREE = frozenset({"attributes", "content", "dates", "fields", "rejected", "values"})
"""Parts whose names come from people and other systems: every text in them is masked."""

_NAMES_TOO = frozenset({"told_at"})
"""Parts whose names are what is personal: the tags, with when they were told."""


def all_masked(value: Any, name: str = "", *, is_free: bool = False) -> Any:
    """The value with every text masked that may be personal, in whatever it lies; names stay."""
    if name in _NAMES_TOO:
        return HIDDEN
    is_free = is_free or name in _FREE
    if isinstance(value, Mapping):
        return {key: all_masked(inner, key, is_free=is_free) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [all_masked(inner, name, is_free=is_free) for inner in value]
    if not isinstance(value, str) or not value or is_sealed(value) or (name in _SHOWN and not is_free):
        return value  # What is sealed shows nothing, and is masked when it is opened.
    return masked(value)


def opened(value: Any, read: Callable[[str], str]) -> Any:
    """The value with what `read` makes of every sealed text, in whatever it lies."""
    if isinstance(value, Mapping):
        return {key: opened(inner, read) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [opened(inner, read) for inner in value]
    return read(value) if is_sealed(value) else value
