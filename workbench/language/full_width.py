"""Full-width signs where YAML needs its own: input methods for Chinese write them."""

import re
from typing import NamedTuple

from workbench.language.mistakes import Phrase, phrase


class Slip(NamedTuple):
    """A place, from 1, what is wrong there and what would be right."""

    line: int
    column: int
    message: Phrase
    hint: Phrase | None = None


_FULL_WIDTH = (
    (re.compile(r"(?:^\s*(?:- +)*|[{,，]\s*)[A-Za-z_][\w.-]*\s*(：)", re.ASCII), "`: `", True),
    (re.compile(r"(，)\s*[A-Za-z_][\w.-]*\s*[:：]", re.ASCII), "`, `", True),
    (re.compile(r"[:-] +(｛)"), "`{`", True),
    (re.compile(r"[:-] +(［)"), "`[`", True),
    (re.compile(r"[:,{\[-]\s*([“”])"), '`"`', False),
    (re.compile(r"^\s*([－—–])"), "`- `", False),
    (re.compile(r"^ *(\u3000)"), phrase("plain spaces"), False),
)
"""What input methods for Chinese write in place of the signs of YAML, where it can only be meant as one."""


def full_width(text: str) -> Slip | None:
    """The sign of another width in a line, or in what was read for a name, that is meant as one of YAML's."""
    for pattern, right, is_text in _FULL_WIDTH:
        found = pattern.search(text)
        if found is not None:
            message = phrase("full-width sign", sign=found[1])
            return Slip(
                1,
                found.start(1) + 1,
                message,
                phrase("write or quote" if is_text else "write that", right=right),
            )
    return None
