"""What is wrong with a file, and where: data, with words in English and Chinese from the catalogue."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

from wejourney.plain_data import changed
from workbench.wording.phrases import InWords, Phrase, phrase
from workbench.wording.picture_phrases import LANGUAGES, PHRASES, Language

__all__ = [
    "FileReading",
    "InWords",
    "Mistake",
    "Phrase",
    "alternatives",
    "nearest",
    "phrase",
    "verbatim",
    "with_few_paths",
]


def verbatim(text: str) -> Phrase:
    """What is the same in every language, such as what to write into a file."""
    return phrase("verbatim", text=text)


def alternatives(names: Sequence[str]) -> Phrase:
    """`a or b or c`."""
    first, *others = names
    return phrase("or", name=first, others=alternatives(others)) if others else verbatim(first)


@dataclass(frozen=True)
class AllowanceLeft:
    """What an act of the follower still allows: so many messages (None: no count) until a time of day.

    `until_at` is that in seconds after the start of the path.
    """

    act: InWords
    kind: str
    count: int | None
    until: InWords
    until_at: int

    def in_words(self, language: Language) -> str:
        code = "left" if self.count is not None else "left without count"
        return phrase(code, act=self.act, count=self.count, clock=self.until).in_words(language)


@dataclass(frozen=True)
class PathStep:
    """What happens on a path, `at` seconds after its start, when the clock on the wall shows `clock`.

    `left` is what is allowed after it.
    """

    at: int
    clock: InWords
    line: int
    column: int
    kind: str
    words: InWords
    left: tuple[AllowanceLeft, ...]

    def to_dict(self, language: Language) -> dict[str, Any]:
        return {
            "at": self.at,
            "clock": self.clock.in_words(language),
            "line": self.line,
            "column": self.column,
            "kind": self.kind,
            "words": self.words.in_words(language),
            "left": [
                {
                    "act": left.kind,
                    "count": left.count,
                    "until": left.until.in_words(language),
                    "until_at": left.until_at,
                }
                for left in self.left
            ],
        }


@total_ordering
@dataclass(frozen=True)
class Mistake:
    """One mistake. `line` and `column` count from 1; `advice` says what would be right, or nothing.

    `path` is how followers come to it, where it is not one of the file alone.
    """

    file: str
    line: int
    column: int
    problem: InWords
    advice: InWords | None = None
    path: tuple[PathStep, ...] = ()

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return self.problem.in_words("en")

    @property
    def hint(self) -> str:
        """What would be right, in English."""
        return self.advice_in("en")

    def advice_in(self, language: Language) -> str:
        return "" if self.advice is None else self.advice.in_words(language)

    def in_words(self, language: Language = "en") -> str:
        """One line, in the form that editors make a link of."""
        note, advice = PHRASES["note"][LANGUAGES.index(language)], self.advice_in(language)
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.problem.in_words(language)}{note.format(text=advice) if advice else ''}"

    def __str__(self) -> str:
        return self.in_words()

    def __hash__(self) -> int:
        return hash(self._order)  # a path speaks of conditions, which have no hash

    def __lt__(self, other: "Mistake") -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, int, int, str, str]:
        return self.file, self.line, self.column, self.message, self.hint

    def to_dict(self, language: Language = "en") -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.problem.in_words(language),
            "hint": self.advice_in(language),
            "path": [step.to_dict(language) for step in self.path],
        }


MOST_PATHS = 10
"""Of more mistakes the paths are not told: each can have hundreds of steps, and they resemble each other."""


def with_few_paths(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The same mistakes, of which at most the first 10 with a path keep it."""
    found, paths = list[Mistake](), 0
    for mistake in mistakes:
        paths += bool(mistake.path)
        found.append(changed(mistake, path=()) if paths > MOST_PATHS else mistake)
    return found


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


_MOST_NAMES = 200
"""Names among which a similar one is looked for, and that are listed."""


def nearest(word: str, known: Iterable[str]) -> Phrase | None:
    """The hint for a name that does not exist: the one that was probably meant, else all there are."""
    names = list(known)
    if len(names) > _MOST_NAMES:
        return phrase("many others", n=len(names))
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    if found:
        return phrase("did you mean", name=by_folded[found[0]])
    return phrase("there are", names=tuple(names)) if names else None
