"""What is wrong with a journey file, and where."""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake. `line` and `column` count from 1; `hint` says what would be right, or nothing."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """One line, in the form that editors make a link of."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"

    def to_dict(self) -> dict[str, str | int]:
        return asdict(self)


@dataclass(frozen=True)
class FileReading[T]:
    """What came out of a file that is no journey: its value, unless it has mistakes."""

    value: T | None
    mistakes: tuple[Mistake, ...]

    @classmethod
    def of(cls, value: T | None, mistakes: Iterable[Mistake]) -> "FileReading[T]":
        """A reading; the mistakes are told once each, as they stand in the file."""
        found = tuple(sorted(set(mistakes)))
        return cls(None if found else value, found)


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint for a name that does not exist: the one that was probably meant, else all there are."""
    names = list(known)
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    if found:
        return f"did you mean `{by_folded[found[0]]}`?"
    return f"there are: {', '.join(names)}" if names else ""
