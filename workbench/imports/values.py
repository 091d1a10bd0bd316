"""Values of files: texts as spreadsheets write them, amounts in fen, times with their zone."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from wejourney.text import stripped
from workbench.imports.mapping import Unit
from workbench.wording.phrases import Phrase, phrase

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.(?P<part>[0-9]+))?")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(.*)")
_TIME = re.compile(r"[T ]*([0-9]{1,2}):([0-9]{2}.*)")
_DIGITS = re.compile(r"-?[0-9]{1,13}")

_YES, _NO = frozenset({"true", "yes", "y", "1", "是"}), frozenset({"false", "no", "n", "0", "否"})

_LARGEST = 10**15
"""Fen; an event takes no larger amount."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What is older is the default of an exporting system, not a time."""

LONGEST = 10_000
"""Characters of a value that is used."""


class InvalidValueError(Exception):
    """A value that is not what it should be; `reason` does not quote it."""

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason.in_words("en"))
        self.reason = reason


def text_of(cell: str) -> str:
    """The text of a cell without what spreadsheets put around numbers: ="12", '12, `12.

    Raises InvalidValueError.
    """
    text = stripped(cell)
    if formula := _FORMULA.fullmatch(text):
        text = stripped(formula[1])
    elif text[:1] in ("'", "`"):
        text = stripped(text[1:])
    if _SURROGATE.search(text):
        raise InvalidValueError(phrase("import wrong encoding"))
    if _CONTROL.search(text):
        raise InvalidValueError(phrase("import control character"))
    if len(text) > LONGEST:
        raise InvalidValueError(phrase("import value too long", most=LONGEST))
    return text


def number_of(text: str) -> str:
    """A number that names something, such as an order.

    Raises InvalidValueError for one that a spreadsheet has rounded.
    """
    if _SHORTENED.fullmatch(text):
        raise InvalidValueError(phrase("import rounded number"))
    return text


def fen_of(text: str, unit: Unit) -> int:
    """The amount in fen, exactly. Raises InvalidValueError."""
    plain = unicodedata.normalize("NFKC", text).replace("¥", "").replace("元", "").strip()
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise InvalidValueError(phrase("import no amount"))
    amount = Decimal(plain.replace(",", "")) * (100 if unit == "yuan" else 1)
    if amount != int(amount):
        raise InvalidValueError(phrase("import part of a fen"))
    if amount >= _LARGEST:
        raise InvalidValueError(phrase("import no amount"))
    if amount < 0:
        raise InvalidValueError(phrase("import negative amount"))
    return int(amount)


def moment_of(text: str, form: str, zone: tzinfo, now: datetime) -> datetime:
    """The moment in UTC; one without a zone is in `zone`. Raises InvalidValueError."""
    try:
        moment = _read(text, form)
        aware = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValueError(phrase("import no time")) from None
    if aware < EARLIEST:
        raise InvalidValueError(phrase("import time too old", year=EARLIEST.year))
    if aware > now:
        raise InvalidValueError(phrase("import time ahead"))
    return aware


def _read(text: str, form: str) -> datetime:
    match form:
        case "epoch" | "epoch_ms":
            if not _DIGITS.fullmatch(text):
                raise ValueError(form)
            seconds = (
                timedelta(milliseconds=int(text)) if form == "epoch_ms" else timedelta(seconds=int(text))
            )
            return datetime(1970, 1, 1, tzinfo=UTC) + seconds
        case "":
            return datetime.fromisoformat(_iso(text))
        case _:  # a form of strptime
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added where it has none


def _iso(text: str) -> str:
    """A date and a time as spreadsheets write them, in the form of ISO 8601: 2026/1/5 9:30."""
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    year, month, day, rest = found.groups()
    date = f"{year}-{month:>02}-{day:>02}"
    time = _TIME.fullmatch(rest)
    return f"{date}T{time[1]:>02}:{time[2]}" if time else f"{date}{rest}"


def date_of(text: str) -> str:
    """A date in the form that profiles have; what is no date alone stays as it is."""
    found = _DATE.fullmatch(text)
    if found is None or found[4].strip(" T0:") != "":
        return text  # A moment, or no date: it is checked with the others.
    return _iso(found.group(0)[: found.start(4)])


def date_time_of(text: str) -> str:
    """A day with a time in the form that profiles have; another text as it is."""
    return _iso(text)


def yes_or_no(text: str) -> str:
    """`true` or `false` as a profile has it; another text as it is."""
    word = text.casefold()
    return "true" if word in _YES else "false" if word in _NO else text
