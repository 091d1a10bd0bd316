"""What a journey wants of a value that is a text: this text, a number in a range, or that it is known."""

from dataclasses import dataclass
from typing import ClassVar, assert_never

from wejourney.events.numbers import Number
from wejourney.events.text_matching import is_compared_whole, keyword, meaning
from wejourney.plain_data import Tagged


class _Test(Tagged):
    tag = "wants"


@dataclass(frozen=True)
class NumberRange(_Test):
    """The value is a number from `least` to `most`, both included; None: without a bound."""

    wants: ClassVar[str] = "range"
    least: int | None = None
    most: int | None = None

    def holds(self, text: str) -> bool:
        """Whether the text is such a number, however it is typed."""
        number = Number.read(text)
        return number is not None and number.is_between(self.least, self.most)


@dataclass(frozen=True)
class IsKnown(_Test):
    """There is a value, or there is none."""

    wants: ClassVar[str] = "known"
    known: bool


type Wanted = str | NumberRange | IsKnown
"""A text is compared by its meaning, as what people type is."""


def fits(wanted: Wanted, found: str | None) -> bool:
    """Whether a value, None where there is none, is what is wanted."""
    match wanted:
        case str():
            return found is not None and (
                found == wanted
                or (all(map(is_compared_whole, (found, wanted))) and keyword(wanted) == meaning(found))
            )
        case NumberRange():
            return found is not None and wanted.holds(found)
        case IsKnown():
            return (found is not None) is wanted.known
        case _:
            assert_never(wanted)


def example(wanted: Wanted) -> str | None:
    """A value that fits."""
    match wanted:
        case str():
            return wanted
        case NumberRange():
            return str(next(bound for bound in (wanted.least, wanted.most, 0) if bound is not None))
        case IsKnown():
            return "something" if wanted.known else None
        case _:
            assert_never(wanted)
