"""Codes that people show at a till or pass on: whoever has one gets something for it, once.

A code has 12 characters of 31 that are not taken for one another. The last one is a check: one wrong
character, and any two that changed places, are noticed before anything is looked up. The others are random:
31 ** 11 are 54 bits. Rows know a code by a slow hash, so that nobody who reads them can use it.
"""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable

from wejourney.errors import WejourneyError

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Neither 0, O, 1, I nor L. 31 is a prime, which the check needs."""

LENGTH = 12
_GROUP = 4
_SPACES = str.maketrans("", "", " -\u2010\u2011\u2013\u2014")
_SALT = b"wejourney: secret codes"
_DERIVED = "wejourney: derived code"
"""Keeps what a key makes of codes apart from all else that it makes."""

_COST = 2**12
"""Of scrypt: some 10 ms and 4 MB for a hash."""


class MistypedCodeError(WejourneyError):
    """What was typed is no code at all; the text does not repeat it."""

    def __init__(self) -> None:
        super().__init__(f"no code has this form: {LENGTH} characters, of which the last checks the others")


def new_code(draw: Callable[[int], int]) -> str:
    """A code from random numbers: `draw(n)` is one from 0 to below n."""
    body = "".join(ALPHABET[draw(len(ALPHABET))] for _ in range(LENGTH - 1))
    return body + _check_of(body)


def derived_code(key: bytes, *known: str) -> str:
    """The code that a key makes of texts: the same each time, and nobody's who lacks one of them."""
    told = json.dumps([_DERIVED, *known]).encode()
    left = int.from_bytes(hmac.new(key, told, hashlib.sha256).digest())

    def draw(below: int) -> int:
        nonlocal left
        left, drawn = divmod(left, below)
        return drawn

    return new_code(draw)


def code_of(typed: str) -> str:
    """The code that was typed: in small letters, full width or in groups too. Raises MistypedCodeError."""
    code = unicodedata.normalize("NFKC", typed[: 4 * LENGTH]).upper().translate(_SPACES)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or _check_of(code[:-1]) != code[-1]:
        raise MistypedCodeError
    return code


def shown(code: str) -> str:
    """A code as people read it: in groups of four."""
    return "-".join(code[i : i + _GROUP] for i in range(0, LENGTH, _GROUP))


def hash_of(code: str) -> str:
    return hashlib.scrypt(code.encode(), salt=_SALT, n=_COST, r=8, p=1, dklen=16).hex()


def _check_of(body: str) -> str:
    """Each place has a weight of its own below 31, so that no two characters can change places unseen."""
    total = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(body, start=2))
    return ALPHABET[total % len(ALPHABET)]
