"""What people type, compared as they mean it, and the patterns that conditions and triggers use."""

import unicodedata
from functools import lru_cache

from wejourney.events.wechat_emoji import one_spelling

LONGEST_COMPARED = 1_000
"""Characters of a text that are compared. Normalising takes the square of the number of combining marks."""


def normalise(text: str) -> str:
    """What a person typed, without what means nothing: width, case, outer space, a face's spelling.

    Of a long text only the first LONGEST_COMPARED characters.
    """
    text = one_spelling(text.strip()[:LONGEST_COMPARED])
    # NFKC makes up to 18 characters of one.
    return unicodedata.normalize("NFKC", text)[:LONGEST_COMPARED].strip().casefold()


keyword = lru_cache(maxsize=4096)(normalise)
"""`normalise` for the words of journeys: they are few, and compared with every message."""


_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that are drawn as nothing."""


def is_visible(text: str) -> bool:
    """Whether people see anything of a text."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK for char in text)


def matches_glob(pattern: str, text: str | None) -> bool:
    """Whether the whole text fits the pattern, in a time that grows with the text and no faster."""
    if text is None:
        return False
    if "*" not in pattern:
        return text == pattern
    first, *middle, last = pattern.split("*")
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
