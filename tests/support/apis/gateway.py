"""What API Gateway does in front of our APIs in JSON."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft202012Validator

from wejourney.wire.json_api import Operation, Schema


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any


def gateway_event[O: Operation[Any]](
    operations: Mapping[str, O],
    method: str,
    path: str,
    query: Mapping[str, str],
    content: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    caller: str | None = None,
) -> tuple[dict[str, Any], O | None]:
    """What it makes of a request, and the operation. `caller` is the ARN that IAM has recognised."""
    operation, parameters = _operation_of(operations, method, path)
    iam = {"authorizer": {"iam": {"userArn": caller}}} if caller else {}
    event = {
        "version": "2.0",
        "routeKey": operation.route if operation else "$default",
        "rawPath": path,
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": dict(query) or None,
        "pathParameters": parameters or None,
        "requestContext": {"http": {"method": method}, "requestId": "Request0000000=", **iam},
        "body": b64encode(content).decode(),
        "isBase64Encoded": True,
    }
    return event, operation


def _operation_of[O: Operation[Any]](
    operations: Mapping[str, O], method: str, path: str
) -> tuple[O | None, dict[str, str]]:
    for operation in operations.values():
        # A literal part of a path goes before a variable one: so they are in OPERATIONS.
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
        found = re.fullmatch(pattern, path)
        if operation.method == method and found:
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return None, {}


def answered(answer: Mapping[str, Any], operation: Operation[Any] | None, problem: Schema) -> Answered:
    """An answer, which is as the schemas of its operation say."""
    told = Answered(answer["statusCode"], json.loads(answer["body"]))
    if operation is not None:
        expected = operation.answer if told.status == operation.status else problem
        Draft202012Validator(expected, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(told.body)
    return told


@dataclass(frozen=True)
class AsWsgi:
    """An API as a WSGI application: `handle` answers a method, path, query, body and headers."""

    handle: Callable[[str, str, Mapping[str, str], bytes, Mapping[str, str]], Mapping[str, Any]]

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        answer = self.handle(environ["REQUEST_METHOD"], path, query, content, headers)
        start(f"{answer['statusCode']} As told", list(answer["headers"].items()))
        return [answer["body"].encode()]
