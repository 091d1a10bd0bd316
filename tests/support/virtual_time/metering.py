"""What a run really uses: the real services on a real DynamoDB, each request weighed as AWS would bill it.

DynamoDB Local reports other units than AWS documents (none for new items of a transaction), so the requests
are weighed here, each item as it is stored.
"""

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.fakes.runs import FakeRuns
from tests.support.servers.dynamodb import ListenedClient, client
from tests.support.virtual_time.asl import Act, World
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.sealed_runs import SealedRuns
from wejourney.journeys.routing import all_subscribed_kinds
from wejourney.journeys.runs import LiveRun, Run, Wake
from wejourney.reasons import RunEnd
from wejourney.services.perform_actions import PerformActions, Task
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.estimate.prices import Usage
from workbench.language.journey import Journey


@dataclass
class Scales:
    """Weighs the requests that go to DynamoDB, by the rules that AWS documents."""

    url: str
    write: float = 0
    read: float = 0

    @contextmanager
    def on(self, listened: ListenedClient) -> Iterator["Scales"]:
        """Weigh what is asked for with this client."""

        with listened.told(self.weigh):
            yield self

    def weigh(self, operation: str, asked: dict[str, Any]) -> None:
        """Add the units of one request, the items as they are stored."""
        match operation:
            case "Query" | "GetItem":
                assert asked["ConsistentRead"]
                self.read += 1
            case "BatchGetItem":
                for keys in asked["RequestItems"].values():
                    assert keys["ConsistentRead"]
                    self.read += len(keys["Keys"])
            case "PutItem" | "UpdateItem" | "DeleteItem":
                self.write += self._weighed(asked)
            case "TransactWriteItems":
                for one in asked["TransactItems"]:
                    ((_, write),) = one.items()
                    self.write += 2 * self._weighed(write)
            case _:
                pytest.fail(f"the model knows no {operation}")

    @property
    def usage(self) -> Usage:
        """What has been weighed."""
        return Usage({"dynamodb.write_units": self.write, "dynamodb.read_units": self.read})

    def _weighed(self, write: dict[str, Any]) -> int:
        """The units of an item, the larger of before and after."""
        if "Item" in write:
            return _units(write["Item"])
        found = client(self.url).get_item(TableName=write["TableName"], Key=write["Key"])
        before = dict(found.get("Item", write["Key"]))
        names, values = (write.get(f"ExpressionAttribute{kind}", {}) for kind in ("Names", "Values"))
        changes = write.get("UpdateExpression", "")
        new = {names[name]: values[value] for name, value in re.findall(r"(#\d+) = (:\d+)", changes)}
        gone = {
            names[name] for name in re.findall(r"#\d+", changes.partition("REMOVE")[2].partition("ADD")[0])
        }
        after = {name: value for name, value in (before | new).items() if name not in gone}
        return max(_units(before), _units(after))


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item in DynamoDB's own form (`{"pk": {"S": "…"}}`); the names of its attributes count.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(
        len(name.encode()) + _value_bytes(*typed) for name, value in item.items() for typed in value.items()
    )


def _value_bytes(kind: str, value: Any) -> int:
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value) if isinstance(value, bytes) else len(b64decode(value))
        case "N":
            return math.ceil(len(value) / 2) + 1
        case "SS":
            return sum(len(one.encode()) for one in value)
        case "BOOL" | "NULL":
            return 1
        case _:
            raise NotImplementedError(kind)


def _units(item: dict[str, Any]) -> int:
    return math.ceil(item_bytes(item) / 1024)


TOKEN_BYTES = 800
"""How long a task token of Step Functions is assumed to be."""


def long_token(token: str) -> str:
    """A token as long as one of Step Functions, in base64 as those are."""
    return b64encode(token.encode().ljust(TOKEN_BYTES * 3 // 4)).decode()


@dataclass
class LongTokens(FakeRuns):
    """An engine whose tokens are as long as those of Step Functions: rows weigh what they do there."""

    def wake(self, wake: Wake) -> None:
        super().wake(replace(wake, token=b64decode(wake.token).decode().rstrip()))


@dataclass
class MeteredWorld(World):
    """The world of `tests.support.virtual_time.asl` on real tables; counts what happens in it."""

    runs: FakeRuns = field(default_factory=LongTokens)

    def on_tables(self, followers: FollowerStore, ledger: BooksStore) -> None:
        """Put the real tables in the place of those in memory."""
        real_process = replace(self.process, followers=followers)
        ports = replace(self.ports, records=followers, ledger=ledger)
        real_perform = PerformActions(ports, all_subscribed_kinds(self.entries))
        self.events = self.tasks = 0

        def count_task(task: Task) -> Run:
            self.tasks += 1
            return real_perform(replace(task, token=task.token and long_token(task.token)))

        def count_event(*arguments: Any) -> Any:
            self.events += 1
            return real_process(*arguments)

        vars(self).update(records=followers, perform=count_task, process=count_event)
        self.sealed_runs = SealedRuns(followers)
        self.followers = followers

    def _ended(self, run_id: str, end: RunEnd) -> None:
        run = self.runs.started[run_id].run
        live = LiveRun(journey=run.journey, run_id=run.id, event_id="")
        assert self.followers.end_run(run.follower.person_id, live, end, self.clock.now())


def metered(
    journey: Journey, acts: Iterable[Act], url: str, followers: FollowerStore, ledger: BooksStore
) -> Usage:
    """Run a journey to its end with a follower who does this, and is known; returns what the run used."""
    world = MeteredWorld(tuple(catalogue_of([journey])), acts, language="zh")
    world.on_tables(followers, ledger)
    scales = Scales(url)
    with scales.on(followers.table.client):
        execution = world.run(compile_journey(journey, journey.name))
    return Usage(
        {
            "step_functions.transitions": 1 + len(execution.states),
            "dynamodb.write_units": scales.write,
            # The world looks at the start who they are, and what is known of them.
            "dynamodb.read_units": scales.read - 2,
            "lambda.requests": 2 * world.events + world.tasks + 1,
            "messages": len(world.wechat.arrived),
        }
    )


def transitions_of(step_functions: Any, execution: str) -> int:
    """The transitions of an execution of the sandbox, by its history: the start, and each state entered."""
    pages = step_functions.get_paginator("get_execution_history").paginate(executionArn=execution)
    types: list[str] = [event["type"] for page in pages for event in page["events"]]
    return 1 + sum(one.endswith("StateEntered") for one in types)
