"""Points as double-entry bookkeeping: postings that sum to zero, each posted once.

Amounts are whole points. An account is `person:<id>` or one of the brand's own, such as `issued`.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

ISSUED = "issued"
"""The brand's account from which points come; its balance is what the brand owes, negated."""


@dataclass(frozen=True)
class Entry:
    """One side of a posting: `points` more on `account` (fewer, when negative)."""

    account: str
    points: int


@dataclass(frozen=True)
class Posting:
    """Entries that belong together.

    `key` makes the posting idempotent: the same key with the same contents is the same posting, with
    other contents it is a mistake. `at` (UTC) is when the cause happened and no part of the contents.
    """

    key: str
    reason: str
    entries: tuple[Entry, ...]
    at: datetime

    def __post_init__(self) -> None:
        """Refuse what does not balance: `ValueError`, a bug of the caller."""
        if not self.entries or sum(entry.points for entry in self.entries) != 0:
            raise ValueError(f"posting {self.key} does not sum to zero")
        if any(type(entry.points) is not int or entry.points == 0 for entry in self.entries):
            raise ValueError(f"posting {self.key} has an entry that moves nothing or part of a point")

    @property
    def contents_hash(self) -> str:
        """What tells two postings with one key apart."""
        contents = [self.reason, [[entry.account, entry.points] for entry in self.entries]]
        return hashlib.sha256(json.dumps(contents, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class StatementLine:
    """A posting as one of its accounts sees it: `points` is this account's side."""

    at: datetime
    key: str
    reason: str
    points: int


def person_account(person_id: str) -> str:
    """The account of a person, which exists before the person signs up anywhere."""
    return f"person:{person_id}"


def move_balance(younger_id: str, older_id: str, points: int, at: datetime) -> Posting:
    """The points of a person who turned out to be another one."""
    entries = (Entry(person_account(younger_id), -points), Entry(person_account(older_id), points))
    return Posting(moved_by(younger_id), "merged", entries, at)


def moved_by(younger_id: str) -> str:
    """The key of the posting that moves the points of a person who turned out to be another one."""
    return f"merged:{younger_id}"


def award(key: str, person_id: str, points: int, reason: str, at: datetime) -> Posting:
    return Posting(key, reason, (Entry(ISSUED, -points), Entry(person_account(person_id), points)), at)
