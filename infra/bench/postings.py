"""A posting in the books beside the bare transaction of DynamoDB that writes the same items, in turns.

Both use the client that functions have. A process that has just posted in the same books does not read them;
the first posting of a process does, which is a call more. `make bench` asks MiniStack, in this process; with
the URL of a DynamoDB, `python -m infra.bench.postings` asks that one.
"""

import json
import os
import statistics
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from infra.bench.burst_world import BurstAws, table_shapes
from infra.bench.callback import BenchError
from infra.bench.fake_aws import serve
from wejourney.adapters.aws.signed_client import SignedClient
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import Row
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore, books_row, transaction_row
from wejourney.adapters.dynamo.table import Table, dynamodb_client
from wejourney.clock import Clock
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books, earn
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from workbench.cli.consoles import output

BUDGET = 0.8
"""How fast a posting is at least, in times of its bare transaction."""

FEW, MANY = 10, 10_000
"""Transactions that are on record of people."""

_REGION = "cn-north-1"
_LOT = Lot(Pocket.AVAILABLE, "2099-12-31")


@dataclass(frozen=True)
class Postings:
    """Medians in seconds: of a bare transaction, of a posting of the same, of the first one of a process.

    `of_many` is the first of somebody with many transactions. `balance` is reading what they have, of both.
    `ratio` is that of each posting with the bare transaction beside it: also a median.
    """

    bare: float
    posting: float
    first: float
    of_many: float
    balance: float
    balance_of_many: float

    ratio: float
    many: int = MANY

    def __str__(self) -> str:
        kept = "within" if self.ratio >= BUDGET else "BELOW"
        return (
            f"Books: a posting takes {1000 * self.posting:.1f} ms, {self.ratio:.2f} × as fast as a bare "
            f"transaction of the same items ({kept} the budget of {BUDGET}); the first one of a process, "
            f"which reads the books, {self.bare / self.first:.2f} ×; "
            f"among {self.many:,} transactions it takes {self.of_many / self.first:.2f} × as long "
            f"as among {FEW}, a balance {self.balance_of_many / self.balance:.2f} ×"
        )


def measure_postings(url: str | None = None, rounds: int = 300, many: int = MANY) -> Postings:
    """Earn points for three people in turns, and write for another one what was written for the first."""
    if url is not None:
        return _measured(url, rounds, many)
    with serve(BurstAws()) as aws:
        return _measured(aws.endpoint, rounds, many)


def _measured(url: str, rounds: int, many: int) -> Postings:
    times = defaultdict[str, list[float]](list)

    def take(name: str, act: Callable[[], object]) -> None:
        begin = time.perf_counter()
        act()
        times[name].append(time.perf_counter() - begin)

    with _client(url) as client:
        recorder = _Recorder(client)
        ledger, people = (Table(name, recorder) for name in _made_tables(client))
        store, followers = BooksStore(ledger, people), FollowerStore(people, ledger.name)
        for person_id, number in (("few1", FEW), ("few2", FEW), ("bare", FEW), ("many", many)):
            _live(store, followers, person_id, number)
        bookkeeping = Bookkeeping(store, followers)
        _posting(bookkeeping, "few1", -1)()
        same = recorder.same_for("few1", "bare")
        for number in range(rounds):
            acts: list[tuple[str, Callable[[], object]]] = [
                ("posting", _posting(bookkeeping, "few1", number)),
                ("bare", partial(client.transact_write_items, **same)),
            ]
            for name, act in acts if number % 2 else reversed(acts):
                take(name, act)
                if name == "posting":
                    same = recorder.same_for("few1", "bare")
            for name, person_id in (("first", "few2"), ("of_many", "many")):
                take(name, _posting(Bookkeeping(store, followers), person_id, number))
            take("balance", partial(store.books, "few1"))
            take("balance_of_many", partial(store.books, "many"))
        client.transact_write_items(**same)
        if (found := store.books("bare")) != store.books("few1") or found.available != FEW + 1 + rounds:
            raise BenchError("the bare transactions did not write what the postings did")
    pairs = zip(times["bare"], times["posting"], strict=True)
    ratio = statistics.median(bare / posting for bare, posting in pairs)
    return Postings(
        **{name: statistics.median(taken) for name, taken in times.items()}, ratio=ratio, many=many
    )


class _Recorder:
    """A client that remembers its last transaction."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.transaction: dict[str, Any] = {}

    def same_for(self, person_id: str, other_id: str) -> dict[str, Any]:
        """The last transaction for somebody else, whose id is as long, so that the items are as large."""
        same: dict[str, Any] = json.loads(json.dumps(self.transaction).replace(person_id, other_id))
        return same | {"ClientRequestToken": str(uuid.uuid4())}

    def transact_write_items(self, **asked: Any) -> dict[str, Any]:
        self.transaction = asked
        answer: dict[str, Any] = self._client.transact_write_items(**asked)
        return answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._client, name)
        return call


@contextmanager
def _client(endpoint: str) -> Iterator[SignedClient]:
    """A client as functions have it, which reads the variables of Lambda when it is made."""
    variables = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with patch.dict(os.environ, {**variables, "AWS_REGION": _REGION, "AWS_ENDPOINT_URL": endpoint}):
        yield dynamodb_client(Clock().real_now)


def _made_tables(client: SignedClient) -> Iterator[str]:
    """The names of new tables, as the template has them."""
    for table in ("LedgerTable", "FollowersTable"):
        name = f"{table}-{time.time_ns()}"
        client.call("CreateTable", **table_shapes()[table] | {"TableName": name})
        yield name


def _live(store: BooksStore, followers: FollowerStore, person_id: str, number: int) -> None:
    """A person for whom so many transactions were posted."""
    at = Clock().real_now()
    followers.save(
        None, Follower("wx1", f"o{person_id}", person_id, contact_id="c", following=True, followed_at=at)
    )
    books, rows = Books(), list[Row]()
    for one in range(1, number + 1):
        moved = _asked(person_id, -one, at - timedelta(seconds=one)).with_postings(earn(books, 1, _LOT))
        books = books.after(moved)
        rows.append(transaction_row(person_id, moved))
    store.table.put_all([*rows, books_row(person_id, POINTS, books)])


def _posting(bookkeeping: Bookkeeping, person_id: str, number: int) -> Callable[[], object]:
    asked = _asked(person_id, number, Clock().real_now())
    return partial(bookkeeping.post, person_id, asked, partial(earn, amount=1, lot=_LOT))


def _asked(person_id: str, number: int, at: datetime) -> Asked:
    cause = Cause(f"event-{number}", rule="purchases", version="1")
    return Asked(f"{person_id}-{number}", Kind.EARN, at, cause, {"amount": 1}, day=f"{at:%Y-%m-%d}")


if __name__ == "__main__":
    output().print(str(measure_postings(sys.argv[1])))
