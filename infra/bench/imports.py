"""How many rows of an import are read in a second, and how many are written for people who are not known.

`python -m infra.bench.imports` reads alone; with the URL of a DynamoDB it also writes into a new table there.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore.session import get_session

from infra.bench.callback import BenchError
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.clock import Clock
from wejourney.events.event import InboundEvent
from wejourney.services.deliver_events import DeliverEvents
from workbench.imports.mapping_file import SHIPPED, read_mapping
from workbench.imports.row_events import RowReader
from workbench.operations.import_file import ImportRun
from workbench.operations.target import UNCHECKED

ROWS = 100_000
HEADER = "tid,pay_time,payment,seller_nick,ouid,omid\n"
REGION = "cn-north-1"


class _NoInbox:
    """Nobody is known: nothing is queued."""

    def tell_in_bulk(self, events: Sequence[InboundEvent]) -> None:
        if events:
            raise BenchError(f"{len(events)} events are queued for people who are not known")


def measured(folder: Path, url: str | None) -> str:
    file = folder / "orders.csv"
    rows = (f"T{n},2026-01-02 10:00:00,{n % 9_999}.90,shop,ouid-{n // 3},\n" for n in range(ROWS))
    file.write_text(HEADER + "".join(rows), "utf-8")
    mapping = read_mapping(SHIPPED / "tmall-orders.yaml").value
    if mapping is None:
        raise BenchError("tmall-orders.yaml has a mistake")
    now = Clock().real_now
    mapping = replace(mapping, person=mapping.person[:1])
    run = ImportRun(file, RowReader(mapping, lambda text, _: text, "wx0", now()), "", str)
    start = time.perf_counter()
    if url is None:
        run.try_out(lambda _: None)
    else:
        table = _table(url)
        delivery = DeliverEvents(PeopleStore(table), PendingEventStore(table), _NoInbox(), now)
        run.resume()
        run.deliver(delivery, lambda _: None)
    seconds = time.perf_counter() - start
    what = "read" if url is None else "read and written"
    return f"{run.progress.imported / seconds:,.0f} rows a second {what} ({ROWS:,} rows)"


def _table(url: str) -> Table:
    session = get_session()
    session.set_credentials("test", "test")
    client: Any = session.create_client("dynamodb", REGION, endpoint_url=url, config=UNCHECKED)
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    name = f"imports-{time.time_ns()}"
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return Table(name, client)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for where in (None, *sys.argv[1:]):
            sys.stdout.write(measured(Path(made), where) + "\n")
