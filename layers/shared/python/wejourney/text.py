"""Text from outside, made fit to be stored, sent and shown."""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""The characters that XML 1.0 cannot carry, in any form; a pattern of the others takes long to compile."""

REPLACEMENT = "\ufffd"

_UNSEEN = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Blanks and marks of writing direction, which are copied along from other programs and cannot be seen."""


def encodable(text: str) -> str:
    """The text with paired surrogates joined and lone ones replaced: UTF-8 cannot carry these."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    """The text with every character replaced that XML cannot carry, such as a barcode's U+001D."""
    return _NOT_XML.sub(REPLACEMENT, encodable(text))


def encodable_json(value: Any) -> Any:
    """Parsed JSON with every text in it, names included, as `encodable` has it."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {encodable(name): encodable_json(one) for name, one in value.items()}
    return [encodable_json(one) for one in value] if isinstance(value, list | tuple) else value


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that somebody outside has written, with texts as `encodable`; None: it is none.

    Its texts may hold control characters, and characters that were cut: nothing is lost because of one.
    """
    try:
        value = encodable_json(json.loads(body.decode("utf-8-sig", "replace").strip("\0"), strict=False))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def stripped(text: str) -> str:
    """The text without what cannot be seen around it."""
    return text.strip(_around())


@cache
def _around() -> str:
    # Made when it is first needed: the callback, which starts on WeChat's clock, does without.
    return _UNSEEN + "".join(char for char in map(chr, range(0x3001)) if char.isspace())


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis if it has more characters."""
    return text if len(text) <= longest else f"{beginning(text, longest - 1)}…"


def beginning(text: str, longest: int) -> str:
    """At most so many characters of a text. None that people see as one is cut: `👨‍👩‍👧`, `é`, `🇫🇷`.

    These are Unicode's grapheme clusters; where the next one begins is not always looked for exactly, but
    no cluster is cut unless it is longer than that by itself.
    """
    end = min(longest, len(text))
    while 0 < end < len(text) and _may_belong_together(text, end):
        end -= 1
    return text[: end or longest]


# Patterns are compiled when a text is first cut: the callback, which starts on WeChat's clock, cuts few.
_JOINER = "\u200d"
_FACES = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_NATIONS = "\U0001f1e6-\U0001f1ff"
_LEADS = "\u1100-\u115f\ua960-\ua97f"
_FOLLOWS = (
    f"[\u200c{_JOINER}\u0e33\u0eb3\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
    "\u1160-\u11ff\ud7b0-\ud7ff]"
)
_PRECEDES = (
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
    "\u0d4e\u1cf5\u1cf6\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02"
)
_PAIR = f"(?s)\r\n|[{_LEADS}][{_LEADS}\uac00-\ud7a3]|[{_PRECEDES}]."
_HALF_A_FLAG = f"(?<![{_NATIONS}])(?:[{_NATIONS}]{{2}})*[{_NATIONS}]$"
_HALF_A_FACE = f"[{_FACES}][\ufe0f\U0001f3fb-\U0001f3ff]*{_JOINER}[{_FACES}]$"
_CONSONANTS = "[\u0900-\u09ff\u0a80-\u0b7f\u0c00-\u0c7f\u0d00-\u0d4d\u0d4f-\u0d7f]"
_VIRAMA = 9


def _is_mark(character: str) -> bool:
    """Whether it is a mark on the character before it, or one of a newer Unicode, which may be."""
    return unicodedata.category(character) in ("Mn", "Mc", "Me", "Cn")


def _is_conjunct(text: str, letter: str) -> bool:
    """Whether the text ends with a virama, which joins the consonants around it in these scripts of India."""
    marks = takewhile(lambda character: character == _JOINER or _is_mark(character), reversed(text))
    return re.match(_CONSONANTS, letter) is not None and any(
        unicodedata.combining(mark) == _VIRAMA and re.match(_CONSONANTS, mark) for mark in marks
    )


def _may_belong_together(text: str, at: int) -> bool:
    """Whether the characters before and behind this place may be parts of one."""
    before, behind = text[at - 1], text[at]
    return (
        _is_mark(behind)
        or re.match(_FOLLOWS, behind) is not None
        or _is_conjunct(text[:at], behind)
        or re.match(_PAIR, before + behind) is not None
        or ("\U0001f1e6" <= behind <= "\U0001f1ff" and re.search(_HALF_A_FLAG, text[:at]) is not None)
        or (before == _JOINER and re.search(_HALF_A_FACE, text[: at + 1]) is not None)
    )


def without_unprintable(text: str) -> str:
    """The text without the characters that XML cannot carry: what we write shows no replacements."""
    return _NOT_XML.sub("", encodable(text))
