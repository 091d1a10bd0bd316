"""What a coupon or an offer takes off a sale."""

import re
from dataclasses import dataclass
from typing import Self

from wejourney.plain_data import WrittenAsText

_PERCENT = re.compile(r"([1-9]\d?|100) ?%", re.ASCII)
_YUAN = re.compile(r"(\d{1,6})(?:\.(\d{2}))? yuan", re.ASCII)
_FEN = 100


def fen_of(text: str) -> int:
    """An amount such as `20 yuan` or `19.90 yuan`. Raises ValueError for another form, or for nothing."""
    found = _YUAN.fullmatch(text)
    fen = int(found[1]) * _FEN + int(found[2] or 0) if found else 0
    if not fen:
        raise ValueError(text)
    return fen


def yuan_text(fen: int) -> str:
    yuan, rest = divmod(fen, _FEN)
    return f"{yuan}.{rest:02} yuan" if rest else f"{yuan} yuan"


@dataclass(frozen=True)
class Discount(WrittenAsText):
    """So many `percent` of a sale, or so many `fen`: one of them is above zero. Written `10%`, `20 yuan`."""

    percent: int = 0
    fen: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        found = _PERCENT.fullmatch(text)
        return cls(percent=int(found[1])) if found else cls(fen=fen_of(text))

    def __str__(self) -> str:
        return f"{self.percent}%" if self.percent else yuan_text(self.fen)

    def off(self, total: int) -> int:
        """What it takes off a sale, in fen: never more than there is; parts of a fen stay with the store."""
        return total * self.percent // 100 if self.percent else min(self.fen, total)
