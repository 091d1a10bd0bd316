"""Full-width signs where YAML needs its own: input methods for Chinese write them."""

import re
from typing import NamedTuple


class Slip(NamedTuple):
    """A place, from 1, what is wrong there and what would be right."""

    line: int
    column: int
    message: str
    hint: str = ""


_OR_QUOTES = "or put quotes around the whole text"
_FULL_WIDTH = (
    (re.compile(r"(?:^\s*(?:- +)*|[{,，]\s*)[A-Za-z_][\w.-]*\s*(：)", re.ASCII), f"`: `, {_OR_QUOTES}"),
    (re.compile(r"(，)\s*[A-Za-z_][\w.-]*\s*[:：]", re.ASCII), f"`, `, {_OR_QUOTES}"),
    (re.compile(r"[:-] +(｛)"), f"`{{`, {_OR_QUOTES}"),
    (re.compile(r"[:-] +(［)"), f"`[`, {_OR_QUOTES}"),
    (re.compile(r"[:,{\[-]\s*([“”])"), '`"`'),
    (re.compile(r"^\s*([－—–])"), "`- `"),
    (re.compile(r"^ *(\u3000)"), "plain spaces"),
)
"""What input methods for Chinese write in place of the signs of YAML, where it can only be meant as one."""


def full_width(text: str) -> Slip | None:
    """The sign of another width in a line, or in what was read for a name, that is meant as one of YAML's."""
    for pattern, right in _FULL_WIDTH:
        found = pattern.search(text)
        if found is not None:
            message = f"`{found[1]}` is a full-width character, which YAML does not recognise"
            return Slip(1, found.start(1) + 1, message, f"write {right}")
    return None
