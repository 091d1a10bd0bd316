"""The registry of what is noted of a person by name: what each value must be, and how it is kept.

A field of FIELDS is one of `Follower`, by the same name, and has a condition of its own. `date.<name>` is a
date, every other name an attribute. Private attributes are kept sealed: as a text that names its key, so that
the values of two people who are merged stay readable.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wejourney.languages import FORM, tag_of

LONGEST_VALUE = 5_000
"""Characters of a value of a profile."""


@dataclass(frozen=True)
class ValueForm:
    """What a value, as people write it, must be: `form` says it to people, `kept` is what a profile keeps."""

    fits: Callable[[str], bool]
    form: str
    kept: Callable[[str], str | bool | None] = lambda text: text or None
    unknown: Literal[False] | None = None
    """What a profile has where the value is not known."""


def _is_date(value: str) -> bool:
    # Late: the callback must start fast, and no profile changes by it.
    from wejourney.people.profile_dates import is_date  # noqa: PLC0415

    return is_date(value)


def _is_date_time(value: str) -> bool:
    from wejourney.people.profile_dates import is_date, is_day  # noqa: PLC0415 - as above

    return is_date(value) and not is_day(value)


def _is_number(value: str) -> bool:
    from wejourney.events.numbers import Number  # noqa: PLC0415 - as above

    return Number.read(value) is not None


def _is_time_zone(value: str) -> bool:
    from wejourney.time_zones import is_time_zone  # noqa: PLC0415 - as above

    return is_time_zone(value)


def _is_short(value: str) -> bool:
    return len(value) <= LONGEST_VALUE


TEXT = ValueForm(_is_short, f"at most {LONGEST_VALUE:,} characters")
YES_OR_NO = ValueForm(
    {"true", "false"}.__contains__, "true or false", lambda text: text.casefold() == "true", unknown=False
)
NUMBER = ValueForm(_is_number, "a number such as 17 or 16.5")
DATE_TIME = ValueForm(_is_date_time, "a moment such as 2026-12-01T18:00")
DATE = ValueForm(_is_date, "a date such as 2026-12-01, or a moment such as 2026-12-01T18:00")

FIELDS: Mapping[str, ValueForm] = {
    "customer": YES_OR_NO,
    "member": YES_OR_NO,
    "language": ValueForm(
        lambda value: FORM.fullmatch(value) is not None, "a language such as en or zh-TW", tag_of
    ),
    "time_zone": ValueForm(_is_time_zone, "a time zone such as Europe/Paris"),
    "tier": TEXT,
}
"""The fields by name, in the order in which people read them."""

YES_OR_NO_FIELDS = tuple(name for name, form in FIELDS.items() if form is YES_OR_NO)

DATE_PREFIX = "date."


def date_name(name: str) -> str | None:
    """The name of a date, where this is the name of a value that is one."""
    return name.removeprefix(DATE_PREFIX) if name.startswith(DATE_PREFIX) and name != DATE_PREFIX else None


def form_of(name: str) -> ValueForm:
    """What a value of this name must be."""
    return DATE if name.startswith(DATE_PREFIX) else FIELDS.get(name, TEXT)


def expected(name: str, value: str) -> str | None:
    """What a value of this name must be, None when it is that. Attributes may be any text."""
    form = form_of(name)
    return None if form.fits(value) else form.form


# --- private attributes --------------------------------------------------------------------------

PHONE, ADDRESS = "phone", "address"
ALWAYS_PRIVATE = frozenset({PHONE, ADDRESS})
"""The attributes that every profile can have, and that are private whether they are declared or not."""

_SEALED = re.compile(r"sealed:[\w-]{1,64}:[A-Za-z0-9+/]+={0,2}", re.ASCII)

HIDDEN = "**"
"""What is shown in the place of characters that are not shown."""

_NUMBER = re.compile(r"\+?[0-9]{11,15}", re.ASCII)
_CHINA = "+86"


def masked(text: str) -> str:
    """What may be shown of a personal text: 138****8000 of a phone number, else the first character."""
    number = text.removeprefix(_CHINA)
    if _NUMBER.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    return f"{text[0]}{HIDDEN}" if len(text) > 1 else HIDDEN


def sealed_text(key_id: str, sealed: str) -> str:
    """The text of a value, from the base64 of what is sealed with this key."""
    return f"sealed:{key_id}:{sealed}"


def parts_of(text: str) -> tuple[str, str]:
    """The key of a sealed text, and what is sealed."""
    _, key_id, sealed = text.split(":")
    return key_id, sealed


def is_sealed(value: object) -> bool:
    return isinstance(value, str) and _SEALED.fullmatch(value) is not None


def hidden_if_sealed[T](value: T) -> T | str:
    """The value, or HIDDEN in the place of one that is sealed."""
    return HIDDEN if is_sealed(value) else value


def hidden(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, with HIDDEN in the place of those that are sealed."""
    return {name: hidden_if_sealed(value) for name, value in values.items()}
