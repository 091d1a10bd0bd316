"""What people type, compared as they mean it, and the patterns that conditions and triggers use."""

import re
import unicodedata
from functools import lru_cache

from wejourney.domain.faces import one_spelling


def normalise(text: str) -> str:
    """What a person typed, without what means nothing: width, case, outer space, a face's spelling."""
    return unicodedata.normalize("NFKC", one_spelling(text)).strip().casefold()


keyword = lru_cache(maxsize=4096)(normalise)
"""`normalise` for the words of journeys: they are few, and compared with every message."""


_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that are drawn as nothing."""


def is_visible(text: str) -> bool:
    """Whether people see anything of a text."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


def pattern_regex(pattern: str) -> str:
    """The regular expression of a pattern, in which `*` stands for anything and all else for itself."""
    return "^" + ".*".join(re.escape(part) for part in pattern.split("*")) + "$"


def like(pattern: str, text: str | None) -> bool:
    """Whether the whole text fits the pattern."""
    return text is not None and _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern_regex(pattern), re.DOTALL)
