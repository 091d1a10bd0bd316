"""Batches of DynamoDB: what it leaves unprocessed is tried again, and given up in the end."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from wejourney.adapters.dynamo import table
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.failures import AwsCallError


@dataclass
class Busy:
    """DynamoDB that takes `takes` writes or reads of a batch and leaves the others."""

    takes: int
    written: list[Any] = field(default_factory=list)
    calls: int = 0

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - DynamoDB's own names
        self.calls += 1
        (asked,) = RequestItems.values()
        self.written += asked[: self.takes]
        return {"UnprocessedItems": {"t": asked[self.takes :]} if asked[self.takes :] else {}}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - DynamoDB's own names
        self.calls += 1
        (asked,) = RequestItems.values()
        assert asked["ConsistentRead"]
        left = asked["Keys"][self.takes :]
        answer: dict[str, Any] = {"Responses": {"t": asked["Keys"][: self.takes]}}
        return answer | {"UnprocessedKeys": {"t": {**asked, "Keys": left}} if left else {}}


ROWS = [{"pk": str(number), "sk": "x"} for number in range(30)]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_PAUSE", 0)


@pytest.mark.parametrize(("takes", "calls"), [(25, 2), (10, 4), (5, 6)])
def test_what_a_batch_leaves_is_written_by_the_next_call(takes: int, calls: int) -> None:
    busy = Busy(takes)
    Table("t", busy).put_all([*ROWS, ROWS[0]])

    assert [one["PutRequest"]["Item"]["pk"]["S"] for one in busy.written] == [row["pk"] for row in ROWS]
    assert busy.calls == calls


@pytest.mark.parametrize(("takes", "calls"), [(100, 1), (10, 3), (7, 5)])
def test_what_a_batch_leaves_is_read_by_the_next_call(takes: int, calls: int) -> None:
    busy = Busy(takes)

    assert [item["pk"]["S"] for item in Table("t", busy).get_all([*ROWS, *ROWS])] == [
        row["pk"] for row in ROWS
    ]
    assert busy.calls == calls


def test_a_table_that_takes_nothing_is_given_up() -> None:
    with pytest.raises(AwsCallError, match="BatchWriteItem: UnprocessedItems"):
        Table("t", Busy(0)).delete_all(ROWS)
    with pytest.raises(AwsCallError, match="BatchGetItem: UnprocessedItems"):
        list(Table("t", Busy(0)).get_all(ROWS))
