"""What is noted of a person by name, and what its values must be."""

from collections.abc import Callable, Mapping

from wejourney.languages import FORM
from wejourney.people.profile_dates import is_date
from wejourney.time_zones import is_time_zone

LONGEST_VALUE = 5_000
"""Characters of a value of a profile."""


def expected(name: str, value: str) -> str | None:
    """What a value of this name must be, None when it is that. Attributes may be any text."""
    check, form = FORMS.get(name.partition(".")[0], (_is_short, f"at most {LONGEST_VALUE:,} characters"))
    return None if check(value) else form


def _is_short(value: str) -> bool:
    return len(value) <= LONGEST_VALUE


def _is_yes_or_no(value: str) -> bool:
    return value in {"true", "false"}


def _is_language(value: str) -> bool:
    return FORM.fullmatch(value) is not None


FORMS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "customer": (_is_yes_or_no, "true or false"),
    "member": (_is_yes_or_no, "true or false"),
    "language": (_is_language, "a language such as en or zh-TW"),
    "time_zone": (is_time_zone, "a time zone such as Europe/Paris"),
    "date": (is_date, "a date such as 2026-12-01, or a moment such as 2026-12-01T18:00"),
}
