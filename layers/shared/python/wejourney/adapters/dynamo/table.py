"""What all rows share: the keys, one client for all models, and transactions with readable failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pynamodb.attributes import Attribute, UnicodeAttribute
from pynamodb.connection.table import TableConnection
from pynamodb.constants import NUMBER
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from wejourney.errors import TooManyWritesError

MOST_WRITES = 100
"""Of one transaction: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""


class Row(Model):
    """A row of one of the tables; every table has the keys pk and sk.

    PynamoDB makes a client per class unless told otherwise: eight would cost 0.7 s and 80 MB at start.
    A table's own class derives from this one with a Meta of its own, and its rows derive from that.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    @classmethod
    def table(cls) -> "type[Row]":
        """The class right below Row, whose connection all rows of its table use."""
        return next(base for base in reversed(cls.__mro__) if issubclass(base, Row) and base is not Row)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = cls.table()
        return super()._get_connection() if cls is table else table.connection()

    @classmethod
    def connection(cls) -> TableConnection:
        """The connection of this row's table."""
        return cls._get_connection()


class Bounded:
    """Where DynamoDB is, and how long a call to it may take, in seconds; a Meta for the tables.

    PynamoDB reads settings that are missing here from the file that PYNAMODB_CONFIG names.
    """

    table_name = "unbound"
    host: str | None = None
    region: str | None = None
    extra_headers: Mapping[str, str] = {}
    connect_timeout_seconds = 1
    read_timeout_seconds = 3
    max_retry_attempts = 2


def lead_tables(host: str | None, region: str | None) -> None:
    """Let all tables be in this region, at this address; without one botocore finds it."""
    if (host, region) == (Bounded.host, Bounded.region):
        return
    Bounded.host, Bounded.region = host, region
    for table in Row.__subclasses__():
        table._connection = None  # noqa: SLF001 - PynamoDB keeps it as long as the table's name is the same


class WholeNumber(Attribute[int]):
    """An `int`, and nothing but: points and counts never pass through a float."""

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        """Refuse what is not a whole number: `TypeError`, a bug of the caller."""
        if type(value) is not int:
            raise TypeError(f"{value!r} is no whole number")
        return str(value)

    def deserialize(self, value: str) -> int:
        """The number as it was stored."""
        return int(value)


class RefusedWriteError(Exception):
    """A transaction whose conditions did not hold; stays inside this package.

    `failed` maps the name of each write that failed to the item that was there, None where there was
    none; nothing failed where another transaction was at work on one of the items.
    """

    def __init__(self, failed: Mapping[str, Mapping[str, Any] | None]) -> None:
        super().__init__(", ".join(failed) or "conflict")
        self.failed = failed


@dataclass
class Transaction:
    """All of these writes or none, each under a name by which a failure is told."""

    table: type[Row]
    _checks: list[str] = field(default_factory=list)
    _deletes: list[str] = field(default_factory=list)
    _puts: list[str] = field(default_factory=list)
    _updates: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the transaction; nothing is sent before `commit`."""
        self._write = TransactWrite(connection=self.table.connection().connection)

    def check(self, name: str, row: Row, condition: Condition) -> None:
        """Require something of a row that is not written."""
        self._checks.append(name)
        self._write.condition_check(type(row), row.pk, row.sk, condition)

    def delete(self, name: str, row: Row, condition: Condition | None = None) -> None:
        """Delete a row."""
        self._deletes.append(name)
        self._write.delete(row, condition)

    def put(self, name: str, row: Row, condition: Condition | None = None) -> None:
        """Write a whole row."""
        self._puts.append(name)
        self._write.save(row, condition, return_values="ALL_OLD")

    def create(self, name: str, row: Row) -> None:
        """Write a row that must not be there yet."""
        self.put(name, row, type(row).pk.does_not_exist())

    def update(
        self, name: str, row: Row, actions: Sequence[Action], condition: Condition | None = None
    ) -> None:
        """Change parts of a row."""
        self._updates.append(name)
        self._write.update(row, list(actions), condition, return_values="ALL_OLD")

    def commit(self) -> None:
        """Send it. Raises RefusedWriteError or TooManyWritesError; else what fails is PynamoDB's error."""
        names = [*self._checks, *self._deletes, *self._puts, *self._updates]
        if len(names) > MOST_WRITES:
            raise TooManyWritesError(len(names), MOST_WRITES)
        try:
            with self._write:
                pass
        except TransactWriteError as error:
            if error.cause_response_code == "TransactionInProgressException":
                raise RefusedWriteError({}) from error
            if error.cause_response_code != "TransactionCanceledException":
                raise
            # PynamoDB sends checks, deletes, puts, updates; the reasons come in that order.
            reasons = dict(zip(names, error.cancellation_reasons, strict=True))
            codes = {reason.code for reason in reasons.values() if reason}
            if not codes & {"ConditionalCheckFailed", "TransactionConflict"}:
                raise
            failed = {
                name: reason.raw_item
                for name, reason in reasons.items()
                if reason and reason.code == "ConditionalCheckFailed"
            }
            raise RefusedWriteError(failed) from error


def read_partition(
    table: type[Row], pk: str, prefix: str = "", after: str | None = None
) -> list[dict[str, Any]]:
    """The raw items of a partition whose sk begins with `prefix` (and is past `after`), in order.

    Raw, because the rows of a follower are of several kinds.
    """
    condition: Condition | None = table.sk.startswith(prefix) if prefix else None
    if after is not None:
        condition = table.sk.between(after, prefix + "\uffff")
    items: list[dict[str, Any]] = []
    start: dict[str, Any] | None = None
    while True:
        page = table.connection().query(
            pk, range_key_condition=condition, consistent_read=True, exclusive_start_key=start
        )
        items += page["Items"]
        start = page.get("LastEvaluatedKey")
        if start is None:
            return items


def read_index(table: type[Row], index: str, key: str, value: str) -> list[dict[str, Any]]:
    """The raw items of an index under one key, in order; a moment behind the table."""
    client = table.connection().connection.client
    pages = client.get_paginator("query").paginate(
        TableName=table.Meta.table_name,
        IndexName=index,
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": key},
        ExpressionAttributeValues={":value": {"S": value}},
    )
    return [item for page in pages for item in page["Items"]]
