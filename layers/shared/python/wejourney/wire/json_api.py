"""What our APIs in JSON have in common: operations, JSON Schema, what is read by it, and what is answered.

Requests are read by the schemas that the OpenAPI documents quote: the two cannot differ.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

import fastjsonschema

from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.people.erasure import AHEAD, FORGOTTEN_AFTER
from wejourney.text import encodable_json, shortened
from wejourney.wire.http import JSON, LARGEST_BODY, Answer, HttpRequest, from_gateway

type Schema = Mapping[str, Any]

_LONGEST_PROBLEM = 500
_MOST_DIGITS = 9


class RequestRejectedError(WejourneyError):
    """A request that is not answered: `status`, where it is wrong, and what is wrong there.

    `code` is a word for it that programs tell apart. The sender is told; nothing of it is logged but the
    code, because it may quote the names that were sent.
    """

    def __init__(self, status: int, where: str, what: str, code: str = "invalid") -> None:
        super().__init__(f"{status}: {where} {what}")
        self.status, self.where, self.what, self.code = status, where, what, code


def unavailable() -> RequestRejectedError:
    """What a sender is told when it is our fault: the same request is answered later."""
    return RequestRejectedError(503, "request", "cannot be answered now: send it again", "unavailable")


@dataclass(frozen=True)
class Operation[N: StrEnum]:
    """`parameters` are those of the path and the query; `body` is None where there is none."""

    name: N
    method: str
    path: str
    summary: str
    status: int
    answer: Schema
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    may_find_nobody: bool = False

    @property
    def route(self) -> str:
        """API Gateway's key of the route."""
        return f"{self.method} {self.path}"

    def is_in_path(self, parameter: str) -> bool:
        return f"{{{parameter}}}" in self.path


# --- schemas -------------------------------------------------------------------------------------


def record(properties: Mapping[str, Schema], *optional: str, about: str = "") -> dict[str, Any]:
    """The schema of an object that has these properties and no others, all but the `optional` ones always."""
    required = [name for name in properties if name not in optional]
    described = {"description": about} if about else {}
    return {
        "type": "object",
        **described,
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def listed(items: Schema, most: int | None = None, least: int = 0) -> dict[str, Any]:
    bounds = {"minItems": least, "maxItems": most} if most is not None else {}
    return {"type": "array", "items": items, **bounds}


def by_name(values: Schema) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def or_null(schema: Schema) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
PERSON_ID: Schema = {
    "type": "string",
    "pattern": "^[0-9a-f]{32}$",
    "description": "wejourney's own id of the person. It is stable, and means nothing outside.",
}

# --- requests ------------------------------------------------------------------------------------


def read_http(event: Mapping[str, Any]) -> HttpRequest:
    """A request in API Gateway's format. Raises RequestRejectedError."""
    try:
        return from_gateway(event)
    except CallbackRefusedError as refusal:
        raise RequestRejectedError(refusal.status, "body", "must be the base64 that it says it is") from None


def read_parameters(
    operation: Operation[Any], query: Mapping[str, str], path: Mapping[str, str]
) -> Mapping[str, str | int]:
    """The parameters of a request. Raises RequestRejectedError."""
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


def read_body(operation: Operation[Any], body: bytes) -> Any:
    """What an operation is told, {} where it takes nothing. Raises RequestRejectedError."""
    if operation.body is None:
        return {}
    value = _json(body)
    conform(value, operation.body, "body")
    return value


def _json(body: bytes) -> Any:
    if len(body) > LARGEST_BODY:
        raise RequestRejectedError(413, "body", f"must have at most {LARGEST_BODY} bytes")
    try:
        # JSON Schema takes 50.0 for a whole number: as a Decimal it is none.
        return encodable_json(json.loads(body, parse_float=Decimal))
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


def happened_at(text: str, where: str, now: datetime) -> datetime:
    """When something happened that another system tells. Raises RequestRejectedError.

    In whole seconds: with its id it is where the event is on record.
    """
    try:
        at = datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise RequestRejectedError(400, where, "must be a time that exists") from None
    if at > now + AHEAD:
        raise RequestRejectedError(400, where, "must not be ahead of the deployment's `now`")
    if at <= now - FORGOTTEN_AFTER:
        what = f"must be less than {FORGOTTEN_AFTER.days} days ago: import what is older"
        raise RequestRejectedError(400, where, what)
    return at


@cache
def _validator(schema: str) -> Callable[[Any], Any]:
    compiled: Callable[[Any], Any] = fastjsonschema.compile(json.loads(schema), use_default=False)
    return compiled


# --- answers -------------------------------------------------------------------------------------


def answer(status: int, value: Mapping[str, Any]) -> Answer:
    return Answer(
        status, json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_text_of), JSON
    )


def _text_of(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
