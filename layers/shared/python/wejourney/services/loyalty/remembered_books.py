"""The books as this process has left them, so that its next posting in them need not read them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wejourney.loyalty.books import Books

MOST_BOOKS = 256
SECONDS = 10.0
"""For how long they are used: about as long as a batch of events takes."""

type _Account = tuple[str, str]
"""Whose books, and of which asset."""


@dataclass
class RememberedBooks:
    """The last books that a process has posted in, by our own ids alone.

    They are used for some seconds, and stay in memory until they are taken or newer ones push them out. They
    may be wrong, so nobody is answered from them: what is decided on them is posted only if those of the
    table are still the same. A refused posting costs more than the read that others save. So where somebody
    else has posted, they are remembered no more while they are among the last. `now` is in seconds.
    """

    now: Callable[[], float] = time.time
    _left: dict[_Account, tuple[Books, float] | None] = field(default_factory=dict)
    """None: others post in them as well."""

    def take(self, person_id: str, asset: str) -> Books | None:
        """The books, if they were left a moment ago; with that they are forgotten."""
        if self._left.get((person_id, asset)) is None:
            return None
        found = self._left.pop((person_id, asset), None)
        return found[0] if found is not None and self.now() - found[1] < SECONDS else None

    def keep(self, person_id: str, asset: str, books: Books) -> None:
        """Remember books that were written just now."""
        if (person_id, asset) not in self._left:
            self._add((person_id, asset), (books, self.now()))

    def leave_to_others(self, person_id: str, asset: str) -> None:
        """Do not remember them: others post in them as well."""
        self._add((person_id, asset), None)

    def _add(self, account: _Account, left: tuple[Books, float] | None) -> None:
        self._left[account] = left
        if len(self._left) > MOST_BOOKS:
            del self._left[next(iter(self._left))]
