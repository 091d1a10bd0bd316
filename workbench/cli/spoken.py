"""The language of what commands print."""

import os
from collections.abc import Sequence
from contextvars import ContextVar
from itertools import pairwise

from workbench.wording.picture_phrases import LANGUAGES, Language

LANGUAGE_VARIABLE = "WEJOURNEY_LANG"
_LOCALE_VARIABLES = (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
_given: ContextVar[Language | None] = ContextVar("language", default=None)


def language() -> Language:
    """What `--lang` says, else the first of these variables that is set.

    A locale such as zh_CN.UTF-8 is Chinese; everything else is English.
    """
    locale = next(filter(None, map(os.environ.get, _LOCALE_VARIABLES)), "")
    return _given.get() or ("zh" if locale.lower().startswith("zh") else "en")


def note_language(arguments: Sequence[str]) -> None:
    """Remember `--lang` before the arguments are parsed: errors in them are printed in that language, too."""
    values = [name.removeprefix("--lang=") for name in arguments if name.startswith("--lang=")]
    values += [value for name, value in pairwise(arguments) if name == "--lang"]
    _given.set(next((known for known in LANGUAGES if known in values), None))
