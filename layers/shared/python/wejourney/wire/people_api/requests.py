"""A request of another system: who sends it, and what it says, read by the schemas of its operation."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import fastjsonschema

from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.text import encodable_json, shortened
from wejourney.wire.http import LARGEST_BODY, from_gateway
from wejourney.wire.people_api.operations import OPERATIONS, Name, Operation
from wejourney.wire.people_api.schemas import MOST_ENTRIES, Schema

_LONGEST_PROBLEM = 500
_MOST_DIGITS = 9


class RequestRejectedError(WejourneyError):
    """A request that is not answered: `status`, where it is wrong, and what is wrong there.

    The sender is told; nothing of it is logged, because it may quote the names that were sent.
    """

    def __init__(self, status: int, where: str, what: str) -> None:
        super().__init__(f"{status}: {where} {what}")
        self.status, self.where, self.what = status, where, what


@dataclass(frozen=True)
class ApiRequest:
    """`caller` is the ARN that IAM has recognised, `id` API Gateway's own id of the request."""

    operation: Operation
    caller: str
    id: str
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def name(self) -> Name:
        return self.operation.name

    @property
    def limit(self) -> int:
        limit: int = self.parameters.get("limit", MOST_ENTRIES)
        return limit

    @property
    def start(self) -> str | None:
        """Where the page begins. Raises RequestRejectedError."""
        cursor = self.parameters.get("cursor")
        if cursor is None:
            return None
        try:
            return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        except ValueError:
            raise invalid_cursor() from None


def cursor_of(start: str | None) -> str | None:
    """What a sender is given for the place where the next page begins."""
    return None if start is None else urlsafe_b64encode(start.encode()).decode().rstrip("=")


def invalid_cursor() -> RequestRejectedError:
    return RequestRejectedError(400, "query.cursor", "must be the `next` of a page of this list")


def read_request(event: Mapping[str, Any]) -> ApiRequest:
    """A request in API Gateway's format. Raises RequestRejectedError."""
    operation = OPERATIONS.get(event.get("routeKey", ""))
    if operation is None:
        raise RequestRejectedError(404, "path", "is no operation of this API")
    context = event["requestContext"]
    caller = context.get("authorizer", {}).get("iam", {}).get("userArn")
    if not caller:
        raise RequestRejectedError(403, "signature", "names no caller: IAM has to authorise the route")
    try:
        http = from_gateway(event)
    except CallbackRefusedError as refusal:
        raise RequestRejectedError(refusal.status, "body", "must be the base64 that it says it is") from None
    parameters = _parameters(operation, http.query, event.get("pathParameters") or {})
    return ApiRequest(operation, caller, context["requestId"], parameters, _body(operation, http.body))


def _parameters(
    operation: Operation, query: Mapping[str, str], path: Mapping[str, str]
) -> Mapping[str, str | int]:
    in_query = [name for name in operation.parameters if not operation.is_in_path(name)]
    if not query.keys() <= set(in_query):
        what = f"has a parameter that is not known; there are {', '.join(in_query) or 'none'}"
        raise RequestRejectedError(400, "query", what)
    parameters: dict[str, str | int] = {}
    for name, text in encodable_json({**query, **path}).items():
        schema = operation.parameters[name]
        parameters[name] = value = _number_in(text) if schema["type"] == "integer" else text
        conform(value, schema, f"{'path' if name in path else 'query'}.{name}")
    return parameters


def _number_in(text: str) -> str | int:
    is_written = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_written else text


def _body(operation: Operation, body: bytes) -> Any:
    if operation.body is None:
        return {}
    value = _json(body)
    conform(value, operation.body, "body")
    return value


def _json(body: bytes) -> Any:
    if len(body) > LARGEST_BODY:
        raise RequestRejectedError(413, "body", f"must have at most {LARGEST_BODY} bytes")
    try:
        return encodable_json(json.loads(body))
    except (ValueError, RecursionError):
        raise RequestRejectedError(400, "body", "must be JSON in UTF-8") from None


def conform(value: Any, schema: Schema, where: str) -> None:
    """Whether a value is what a schema says. Raises RequestRejectedError, which names the place."""
    try:
        _validator(json.dumps(schema))(value)
    except fastjsonschema.JsonSchemaValueException as error:
        name = error.name or "data"
        place, what = where + name.removeprefix("data"), error.message.removeprefix(name).strip()
        problem = shortened(place, _LONGEST_PROBLEM), shortened(what, _LONGEST_PROBLEM)
        raise RequestRejectedError(400, *problem) from None


@cache
def _validator(schema: str) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = fastjsonschema.compile(json.loads(schema), use_default=False)
    return compiled
