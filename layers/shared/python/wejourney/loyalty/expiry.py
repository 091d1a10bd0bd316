"""Until when an amount can be spent."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from wejourney.plain_data import WrittenAsText

_FORM = re.compile(r"([1-9]\d{0,3}) (day|month)s?", re.ASCII)
_MONTHS = 12

LONGEST = {"day": 3_650, "month": 120}
"""Of each unit: ten years."""


@dataclass(frozen=True)
class Period(WrittenAsText):
    """So many days or months of the calendar, written as `12 months`."""

    number: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        found = _FORM.fullmatch(text)
        if found is None or int(found[1]) > LONGEST[found[2]]:
            raise ValueError(text)
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'s' if self.number > 1 else ''}"

    def after(self, day: date) -> date:
        """The day this long after another; in a shorter month its last day."""
        if self.unit == "day":
            return day + timedelta(self.number)
        year, month = divmod(day.year * _MONTHS + day.month - 1 + self.number, _MONTHS)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class EndOf(StrEnum):
    """Of what an amount can be spent until the end."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"

    def last_day(self, day: date) -> date:
        if self is EndOf.DAY:
            return day
        month = day.month if self is EndOf.MONTH else _MONTHS
        return date(day.year, month, monthrange(day.year, month)[1])


@dataclass(frozen=True)
class Expiry:
    """When what is earned on a day expires: never where a period is None.

    `unclaimed_expires` is for what people cannot spend before they join.
    """

    expires: Period | None = None
    unclaimed_expires: Period | None = None
    at_end_of: EndOf = EndOf.DAY

    def last_day(self, earned: date, *, may_spend: bool) -> str:
        """The last day on which it can be spent, as an ISO date; empty: it can be spent for ever."""
        period = self.expires if may_spend else self.unclaimed_expires
        return "" if period is None else self.at_end_of.last_day(period.after(earned)).isoformat()
