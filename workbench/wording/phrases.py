"""A phrase as data: its code in the catalogue and its values; words are chosen where it is printed."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from workbench.wording.command_phrases import COMMANDS
from workbench.wording.doctor_phrases import DOCTOR
from workbench.wording.help_phrases import HELP
from workbench.wording.import_phrases import IMPORTS
from workbench.wording.mistake_phrases import MISTAKES, NOUNS
from workbench.wording.picture_phrases import LANGUAGES, PHRASES, Language
from workbench.wording.points_phrases import POINTS_WORDS
from workbench.wording.programme_phrases import PROGRAMME, PROGRAMME_NOUNS
from workbench.wording.proof_phrases import PROOF


class InWords(Protocol):
    """What can be put into the words of a language."""

    def in_words(self, language: Language, /) -> str: ...


TABLES = (MISTAKES, PROGRAMME, PROOF, COMMANDS, POINTS_WORDS, HELP, IMPORTS, DOCTOR)
CATALOGUE = {code: pair for table in TABLES for code, pair in table.items()}
_NOUNS = {**NOUNS, **PROGRAMME_NOUNS}

type Datum = str | int | float | date | InWords | tuple[Datum, ...] | None
"""What is put into a phrase: names as they are, numbers, what is put into words itself, lists of these.

`what` is a noun of the catalogue, or a field in backquotes.
"""


@dataclass(frozen=True)
class Phrase:
    code: str
    data: tuple[tuple[str, Datum], ...] = ()

    def in_words(self, language: Language) -> str:
        values = {name: _value(name, datum, language) for name, datum in self.data}
        return spaced(CATALOGUE[self.code][LANGUAGES.index(language)].format(**values))


def phrase(code: str, **data: Datum) -> Phrase:
    return Phrase(code, tuple(data.items()))


def _value(name: str, datum: Datum, language: Language) -> object:
    number = LANGUAGES.index(language)
    if isinstance(datum, tuple):
        return PHRASES["list"][number].join(str(_value("", part, language)) for part in datum)
    if name == "what" and isinstance(datum, str) and not datum.startswith("`"):
        return _NOUNS[datum][number]
    return datum if isinstance(datum, str | int | float | date | None) else datum.in_words(language)


def spaced(text: str) -> str:
    """The text with a space between Chinese and a name in backquotes."""
    parts = text.split("`")
    for i in range(1, len(parts) - 1, 2):
        if _is_chinese(parts[i - 1][-1:]):
            parts[i - 1] += " "
        if _is_chinese(parts[i + 1][:1]):
            parts[i + 1] = f" {parts[i + 1]}"
    return "`".join(parts)


def _is_chinese(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff"
