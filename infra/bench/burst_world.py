"""What the functions meet in a burst: MiniStack's DynamoDB, a FIFO queue, an engine, and the fake WeChat.

The queue and the engine take what is sent and do nothing by themselves: the burst carries it on.
"""

import json
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from ministack.services import dynamodb
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from infra.bench.fake_aws import Answer, FakeAws, refusal
from infra.bench.serving import served
from infra.sandbox.fake_wechat.app import WeChatApi
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.guard import Guard
from infra.sandbox.settings import ROOT
from infra.tools.template_file import read_template

TABLES = ("FollowersTable", "LedgerTable", "AccountsTable")
_SHAPE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
_OK = 200


def table_shapes() -> dict[str, dict[str, Any]]:
    """What makes these tables as the template has them."""
    resources = read_template(ROOT / "template.yaml")["Resources"]
    described = {table: resources[table]["Properties"] for table in TABLES}
    return {
        table: {key: properties[key] for key in _SHAPE if key in properties}
        for table, properties in described.items()
    }


class BurstAws(FakeAws):
    """The tables of the template, `queue` with the messages of the inbox, and the engine's runs.

    `started` has the input of each execution by its name. A token in `waiting` is that of its execution; what
    it was woken with is in `woken`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.queue: dict[str, dict[str, Any]] = {}
        self.started: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self.woken: dict[str, str] = {}
        for table, shape in table_shapes().items():
            self.ask("DeleteTable", {"TableName": table})
            self.ask("CreateTable", {"TableName": table} | shape)

    def answer(self, operation: str, asked: dict[str, Any]) -> Answer:
        self.counts[operation] += 1
        match operation:
            case "SendMessage":
                if asked["QueueUrl"].endswith(".fifo"):
                    self.queue.setdefault(asked["MessageDeduplicationId"], asked)
                return super().answer(operation, asked)
            case "GetSecretValue":
                return super().answer(operation, asked)
            case "StartExecution":
                # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
                same = self.started.setdefault(asked["name"], asked["input"]) == asked["input"]
                answer = {"executionArn": asked["name"], "startDate": 0}
                return (_OK, answer) if same else refusal("ExecutionAlreadyExists")
            case "SendTaskSuccess":
                if (execution := self.waiting.pop(asked["taskToken"], None)) is None:
                    return refusal("TaskTimedOut")
                self.woken[execution] = asked["output"]
                return _OK, {}
            case _:  # The operations of tables.
                return self.ask(operation, asked)

    def ask(self, operation: str, asked: dict[str, Any]) -> Answer:
        """What DynamoDB answers, without being counted."""
        headers = {"x-amz-target": f"DynamoDB.{operation}"}
        status, _, body = _result(
            dynamodb.handle_request("POST", "/", headers, json.dumps(asked).encode(), {})
        )
        return status, json.loads(body)

    def items(self, table: str) -> Iterator[dict[str, Any]]:
        """All items of a table."""
        start: dict[str, Any] | None = {}
        while start is not None:
            page = self.ask("Scan", {"TableName": table} | start)[1]
            yield from page["Items"]
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None


def _result(handled: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that waits for nothing: a loop of its own takes longer than its work."""
    try:
        handled.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


@contextmanager
def wechat(world: World) -> Iterator[str]:
    """Serve WeChat's API for this world; the address."""
    routes = [Route("/cgi-bin/{path:path}", WeChatApi(world).answer, methods=["GET", "POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(Guard)])
    with served(app) as address:
        yield address
