"""The registry of what is noted of a person by name: what each value must be, and how it is kept.

A field of FIELDS is one of `Follower`, by the same name, and has a condition of its own. `date.<name>` is a
date, every other name an attribute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from wejourney.languages import FORM, tag_of
from wejourney.people.profile_dates import is_date
from wejourney.time_zones import is_time_zone

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


def _is_short(value: str) -> bool:
    return len(value) <= LONGEST_VALUE


TEXT = ValueForm(_is_short, f"at most {LONGEST_VALUE:,} characters")
YES_OR_NO = ValueForm(
    {"true", "false"}.__contains__, "true or false", lambda text: text.casefold() == "true", unknown=False
)
DATE = ValueForm(is_date, "a date such as 2026-12-01, or a moment such as 2026-12-01T18:00")

FIELDS: Mapping[str, ValueForm] = {
    "customer": YES_OR_NO,
    "member": YES_OR_NO,
    "language": ValueForm(
        lambda value: FORM.fullmatch(value) is not None, "a language such as en or zh-TW", tag_of
    ),
    "time_zone": ValueForm(is_time_zone, "a time zone such as Europe/Paris"),
    "tier": TEXT,
}
"""The fields by name, in the order in which people read them."""

YES_OR_NO_FIELDS = tuple(name for name, form in FIELDS.items() if form is YES_OR_NO)

_DATE = "date."


def date_name(name: str) -> str | None:
    """The name of a date, where this is the name of a value that is one."""
    return name.removeprefix(_DATE) if name.startswith(_DATE) and name != _DATE else None


def form_of(name: str) -> ValueForm:
    """What a value of this name must be."""
    return DATE if name.startswith(_DATE) else FIELDS.get(name, TEXT)


def expected(name: str, value: str) -> str | None:
    """What a value of this name must be, None when it is that. Attributes may be any text."""
    form = form_of(name)
    return None if form.fits(value) else form.form
