"""What the import of a trade bill would bring, from a file that was downloaded from the merchant platform."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

from wejourney.events.event_types import Paid, Refunded
from wejourney.merchants import Merchant
from wejourney.text import REPLACEMENT
from wejourney.wire.pay.trade_bill import OddRow, PendingRefund, read_bill

_GZIP = b"\x1f\x8b"
_NOBODY = Merchant("", b"", {})
"""The stores of payments are in a merchant's secret: they are not told here."""


class NotTextError(Exception):
    """The first line is not in UTF-8. Odd bytes of other lines are read as the import reads them."""


@dataclass(frozen=True)
class BillContents:
    """How many payments and refunds, their totals in fen, and the rows that would be left out."""

    payments: int
    paid: int
    refunds: int
    refunded: int
    pending_refunds: int
    odd: tuple[OddRow, ...]


def contents_of(file: Path) -> BillContents:
    """Read a bill, compressed by gzip or not. Raises OSError, NotTextError or UnreadableBillError."""
    paid, refunded, pending, odd = list[int](), list[int](), 0, list[OddRow]()
    with _opened(file) as lines:
        names = lines.readline()
        if REPLACEMENT in names:
            raise NotTextError
        for row in read_bill(chain([names], lines), _NOBODY):
            if isinstance(row, OddRow):
                odd.append(row)
            elif isinstance(row, PendingRefund):
                pending += 1
            elif isinstance(row.body, Refunded):
                refunded.append(row.body.total)
            elif isinstance(row.body, Paid):
                paid.append(row.body.total)
    return BillContents(len(paid), sum(paid), len(refunded), sum(refunded), pending, tuple(odd))


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    with file.open("rb") as raw:
        is_compressed = raw.read(len(_GZIP)) == _GZIP
    if is_compressed:
        with gzip.open(file, "rt", encoding="utf-8", errors="replace", newline="\n") as lines:
            yield lines
    else:
        with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            yield lines
