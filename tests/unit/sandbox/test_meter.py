import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from infra.sandbox.guard import AsgiMessage, Receive, Send
from infra.sandbox.local_aws import CallRecorder

OPERATION = "DynamoDB_20120810.GetItem"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "meter.jsonl"


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


async def echo(scope: AsgiMessage, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(body)(scope, receive, send)


def ask(meter: CallRecorder, content: bytes, **headers: str) -> bytes:
    async def answer() -> bytes:
        transport = httpx.ASGITransport(app=meter.requests(echo))
        async with httpx.AsyncClient(transport=transport, base_url="http://aws") as client:
            return (await client.post("/", content=content, headers=headers)).content

    return asyncio.run(answer())


def test_a_request_of_aws_is_noted_and_goes_on_as_it_came(file: Path) -> None:
    assert (
        ask(CallRecorder(file), b'{"Key": "\xe9\x92\xbb"}', **{"X-Amz-Target": OPERATION})
        == b'{"Key": "\xe9\x92\xbb"}'
    )
    assert lines(file) == [{"request": OPERATION, "body": {"Key": "钻"}}]


def test_other_requests_are_not_noted(file: Path) -> None:
    assert ask(CallRecorder(file), b"hello") == b"hello"
    assert lines(file) == []


def test_a_call_of_a_function_is_noted_and_carried_out(file: Path) -> None:
    execute = CallRecorder(file).calls(lambda _function, event, request: {"body": [event, request]})
    assert execute({"config": {"FunctionName": "f"}}, {"a": 1}, "id") == {"body": [{"a": 1}, "id"]}
    assert lines(file) == [{"call": "f", "event": {"a": 1}}]
