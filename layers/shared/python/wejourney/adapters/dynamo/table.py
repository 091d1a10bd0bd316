"""A table as an object, and transactions whose failures can be read."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any

from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.expressions import Action, Column, Condition, expressions
from wejourney.adapters.dynamo.items import RawItem, Row, item_of
from wejourney.adapters.failures import AwsCallError, aws_errors, code_of
from wejourney.errors import StaleFollowerError, TooManyWritesError, WejourneyError

MOST_WRITES = 100
"""Of one transaction: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""

_BATCH = 25
"""Writes of one batch: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""

_BATCH_READ = 100
"""Reads of one batch: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""

_ATTEMPTS, _PAUSE = 8, 0.05
"""For what a batch leaves unprocessed; the pause before the second attempt in seconds, which doubles."""

_REFUSED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"


type Meaning = type[WejourneyError]
"""What it means that the condition of a write does not hold."""

_STALE: Meaning = StaleFollowerError


class RefusedWriteError(Exception):
    """Writes whose conditions did not hold; stays inside this package.

    `failed` has of each of them what that means, and the item that was there, None where there was none or it
    was not asked for. It is empty where another transaction was at work on one of the items.
    """

    def __init__(self, failed: Sequence[tuple[Meaning, RawItem | None]] = ()) -> None:
        super().__init__(", ".join(error.__name__ for error, _ in failed) or "conflict")
        self.failed = failed


def dynamodb_client(now: Callable[[], datetime]) -> SignedClient:
    """A function's client for tables; one serves all of them. `now` is the real time."""
    return SignedClient("dynamodb", Limits(connect=1, read=3, attempts=3), now)


@dataclass(frozen=True)
class Table:
    """A table: its name, and the client that reaches it. What fails is one of `aws_errors`."""

    name: str
    client: Any

    def get(self, key: Row) -> RawItem | None:
        answer = self.client.get_item(TableName=self.name, Key=_key_of(key), ConsistentRead=True)
        found: RawItem | None = answer.get("Item")
        return found

    def put(self, row: Row, condition: Condition | None = None) -> None:
        """Write a row. Raises RefusedWriteError when the condition does not hold."""
        request = {"TableName": self.name, "Item": item_of(row)} | expressions(condition=condition)
        with _refusable():
            self.client.put_item(**request)

    def update(self, row: Row, actions: Sequence[Action], condition: Condition | None = None) -> None:
        """Change parts of a row. Raises as `put`."""
        with _refusable():
            self.client.update_item(**self.request(row, actions=actions, condition=condition))

    def updated(self, row: Row, actions: Sequence[Action]) -> RawItem:
        """Change parts of a row, which need not exist; returns all of it."""
        answer = self.client.update_item(**self.request(row, actions=actions), ReturnValues="ALL_NEW")
        item: RawItem = answer["Attributes"]
        return item

    def delete(self, row: Row, condition: Condition | None = None) -> None:
        """Delete a row, if it is there. Raises as `put`."""
        with _refusable():
            self.client.delete_item(**self.request(row, condition=condition))

    def delete_partition(
        self, pk: str, most: int, before: Callable[[Sequence[RawItem]], None] | None = None
    ) -> bool:
        """Delete rows of a partition, and those written meanwhile, until `most` or a few more are deleted.

        Whether none is left. `before` is told of the items of each page before they are deleted.
        """
        asked = expressions(key=Column("pk") == pk) | {"ConsistentRead": True, "Limit": most}
        deleted = 0
        while True:
            found = self.client.query(TableName=self.name, **asked)["Items"]
            if not found or deleted >= most:
                return not found
            if before is not None:
                before(found)
            for batch in batched(found, _BATCH, strict=False):
                keys = [{"pk": raw["pk"], "sk": raw["sk"]} for raw in batch]
                self.client.batch_write_item(
                    RequestItems={self.name: [{"DeleteRequest": {"Key": key}} for key in keys]}
                )
            deleted += len(found)

    def get_all(self, keys: Iterable[Row]) -> Iterator[RawItem]:
        """The items of those of these keys that exist, each once, in any order."""
        for batch in batched(_unique(keys), _BATCH_READ, strict=False):
            left: Any = {"Keys": list(batch), "ConsistentRead": True}
            for _ in _attempts("BatchGetItem"):
                answer = self.client.batch_get_item(RequestItems={self.name: left})
                yield from answer["Responses"].get(self.name, ())
                left = answer.get("UnprocessedKeys", {}).get(self.name)
                if not left:
                    break

    def put_all(self, rows: Iterable[Row]) -> None:
        """Write rows without a condition; of two with the same key, which is written last is not said."""
        by_key = {(row["pk"], row["sk"]): row for row in rows}
        self._write_all([{"PutRequest": {"Item": item_of(row)}} for row in by_key.values()])

    def delete_all(self, keys: Iterable[Row]) -> None:
        self._write_all([{"DeleteRequest": {"Key": key}} for key in _unique(keys)])

    def _write_all(self, writes: Iterable[dict[str, Any]]) -> None:
        for batch in batched(writes, _BATCH, strict=False):
            left: Any = list(batch)
            for _ in _attempts("BatchWriteItem"):
                answer = self.client.batch_write_item(RequestItems={self.name: left})
                left = answer.get("UnprocessedItems", {}).get(self.name)
                if not left:
                    break

    def first_page(self, pk: str) -> list[RawItem]:
        """The first items of a partition, at most 1 MB."""
        asked = expressions(key=Column("pk") == pk) | {"ConsistentRead": True}
        found: list[RawItem] = self.client.query(TableName=self.name, **asked)["Items"]
        return found

    def query(self, pk: str, prefix: str = "", after: str | None = None) -> list[RawItem]:
        """The items of a partition whose sk begins with `prefix` (and is not before `after`), in order."""
        condition: Condition = Column("pk") == pk
        if after is not None:
            condition &= Column("sk").between(after, prefix + "\uffff")
        elif prefix:
            condition &= Column("sk").startswith(prefix)
        return list(self._pages(condition, ConsistentRead=True))

    def between(self, pk: str, first: str, last: str) -> Iterator[RawItem]:
        """The items of a partition from one sk to another, in order, by pages of 1 MB."""
        condition: Condition = Column("pk") == pk
        return self._pages(condition & Column("sk").between(first, last))

    def oldest(
        self,
        pk: str,
        prefix: str,
        *,
        after: str | None = None,
        before: str | None = None,
        page: int | None = None,
    ) -> Iterator[RawItem]:
        """The items whose sk begins with `prefix`, in order, from `after` on up to `before`.

        They are read as they are asked for, `page` at once; None is a page of DynamoDB's, 1 MB.
        """
        return self._ordered(pk, prefix, after, before, page, {})

    def newest(
        self,
        pk: str,
        prefix: str,
        *,
        after: str | None = None,
        before: str | None = None,
        page: int | None = None,
    ) -> Iterator[RawItem]:
        """As `oldest`, the last first."""
        return self._ordered(pk, prefix, after, before, page, {"ScanIndexForward": False})

    def _ordered(
        self, pk: str, prefix: str, after: str | None, before: str | None, page: int | None, how: Row
    ) -> Iterator[RawItem]:
        condition: Condition = Column("pk") == pk
        condition &= Column("sk").between(after or prefix, before or prefix + "\uffff")
        limit = {"Limit": page} if page is not None else {}
        return self._pages(condition, ConsistentRead=True, **limit, **how)

    def page(self, pk: str, prefix: str, most: int, start: str | None) -> tuple[list[RawItem], str | None]:
        """The last items whose sk begins with `prefix`, those before `start`, the last first: one query.

        Then where the next page begins, None at the end. A page ends after `most` items, or after 1 MB.
        """
        condition: Condition = Column("pk") == pk
        asked = expressions(key=condition & Column("sk").startswith(prefix))
        asked |= {"Limit": most, "ScanIndexForward": False}
        begin = item_of({"pk": pk, "sk": start}) if start is not None else None
        items, following = self._page(asked, begin)
        return items, following["sk"]["S"] if following is not None else None

    def index_items(self, index: str, condition: Condition) -> Iterator[RawItem]:
        """The items of an index, in order, as they were a moment ago."""
        return self._pages(condition, IndexName=index)

    def index_page(
        self, index: str, condition: Condition, start: RawItem | None, most: int
    ) -> tuple[list[RawItem], RawItem | None]:
        """A page of an index, and where the next one begins (None: there is none)."""
        return self._page(expressions(key=condition) | {"IndexName": index, "Limit": most}, start)

    def _pages(self, condition: Condition, **how: Any) -> Iterator[RawItem]:
        asked, start = expressions(key=condition) | how, None
        while True:
            items, start = self._page(asked, start)
            yield from items
            if start is None:
                return

    def _page(self, asked: dict[str, Any], start: RawItem | None) -> tuple[list[RawItem], RawItem | None]:
        begins = {"ExclusiveStartKey": start} if start else {}
        page = self.client.query(TableName=self.name, **asked, **begins)
        return page["Items"], page.get("LastEvaluatedKey") or None

    def request(
        self, row: Row, *, actions: Sequence[Action] = (), condition: Condition | None = None
    ) -> dict[str, Any]:
        key = {"TableName": self.name, "Key": _key_of(row)}
        return key | expressions(update=actions, condition=condition)


@contextmanager
def _refusable() -> Iterator[None]:
    try:
        yield
    except aws_errors() as error:
        if code_of(error) != f"{_REFUSED}Exception":
            raise
        raise RefusedWriteError from error


def _unique(keys: Iterable[Row]) -> list[RawItem]:
    """A batch takes no key twice."""
    return [_key_of(key) for key in {(key["pk"], key["sk"]): key for key in keys}.values()]


def _attempts(operation: str) -> Iterator[None]:
    """As many attempts as a batch gets, each after a longer pause; raises AwsCallError after the last."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, _PAUSE * 2 ** (attempt - 1)))  # noqa: S311 - no secret
        yield
    raise AwsCallError(operation, "UnprocessedItems")


def _key_of(row: Row) -> RawItem:
    return item_of({"pk": row["pk"], "sk": row["sk"]})


@dataclass
class Transaction:
    """All of these writes or none, of `table` where none is given with a write.

    `refused` is what it means that the condition of a write does not hold.
    """

    table: Table
    _writes: list[tuple[Meaning, dict[str, Any]]] = field(default_factory=list)
    _added: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def check(
        self, row: Row, condition: Condition, refused: Meaning = _STALE, table: Table | None = None
    ) -> None:
        """Require something of a row that is not written."""
        self._add(refused, "ConditionCheck", (table or self.table).request(row, condition=condition))

    def delete(self, row: Row, condition: Condition | None = None, refused: Meaning = _STALE) -> None:
        self._add(refused, "Delete", self.table.request(row, condition=condition))

    def put(
        self,
        row: Row,
        condition: Condition | None = None,
        refused: Meaning = _STALE,
        table: Table | None = None,
    ) -> None:
        request = {"TableName": (table or self.table).name, "Item": item_of(row)}
        self._add(refused, "Put", request | expressions(condition=condition) | _ALL_OLD)

    def create(self, row: Row, refused: Meaning = _STALE, table: Table | None = None) -> None:
        request = {"TableName": (table or self.table).name, "Item": item_of(row)}
        self._add(refused, "Put", request | _IS_NEW | _ALL_OLD)

    def update(
        self,
        row: Row,
        actions: Sequence[Action],
        condition: Condition | None = None,
        refused: Meaning = _STALE,
        table: Table | None = None,
    ) -> None:
        request = (table or self.table).request(row, actions=actions, condition=condition)
        self._add(refused, "Update", request | _ALL_OLD)

    def add(self, row: Row, name: str, number: int) -> None:
        """Add to the number in a column of a row that nothing else of this writes, which may be twice."""
        self._added[(row["pk"], row["sk"], name)] += number

    def move(self, item: RawItem, pk: str, may_appear: Iterable[str]) -> None:
        """Move an item as it is to a partition that has none with its sk: it is `moved` there.

        `may_appear` as in `remove`.
        """
        put = {"TableName": self.table.name, "Item": {**item, "pk": {"S": pk}, "moved": {"BOOL": True}}}
        self._add(_STALE, "Put", put | expressions(condition=Column("pk").does_not_exist()))
        self.remove(item, may_appear)

    def remove(self, item: RawItem, may_appear: Iterable[str]) -> None:
        """Delete an item if it is still as it was read; `may_appear` are columns that it may get."""
        same: Condition = Column("pk").exists()
        for name in sorted(set(may_appear) - item.keys()):
            same &= Column(name).does_not_exist()
        for name, value in item.items():
            same &= Column(name) == value
        self.delete({"pk": item["pk"]["S"], "sk": item["sk"]["S"]}, same)

    def _add(self, refused: Meaning, kind: str, request: dict[str, Any]) -> None:
        self._writes.append((refused, {kind: request}))

    def commit(self) -> None:
        """Send it. Raises RefusedWriteError or TooManyWritesError; else what fails is one of `aws_errors`."""
        for (pk, sk, name), number in self._added.items():
            if number:
                self.update({"pk": pk, "sk": sk}, [Column(name).add(number)])
        self._added.clear()
        if len(self._writes) > MOST_WRITES:
            raise TooManyWritesError(len(self._writes), MOST_WRITES)
        try:
            # By the token AWS knows for 10 minutes that a repeated call is the same one.
            self.table.client.transact_write_items(
                TransactItems=[write for _, write in self._writes], ClientRequestToken=str(uuid.uuid4())
            )
        except aws_errors() as error:
            if code_of(error) == "TransactionInProgressException":
                raise RefusedWriteError from error
            reasons: Any = getattr(error, "response", {}).get("CancellationReasons", ())
            if not {reason["Code"] for reason in reasons} & {_REFUSED, _CONFLICT}:
                raise
            # The reasons come in the order of the writes.
            failed = [
                (refused, reason.get("Item"))
                for (refused, _), reason in zip(self._writes, reasons, strict=True)
                if reason["Code"] == _REFUSED
            ]
            raise RefusedWriteError(failed) from error


_IS_NEW = expressions(condition=Column("pk").does_not_exist())
_ALL_OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
