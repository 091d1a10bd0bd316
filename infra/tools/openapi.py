"""What the OpenAPI documents of our APIs have in common, made of the schemas by which these read and answer.

https://spec.openapis.org/oas/v3.1.1.html
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from wejourney.wire.json_api import TEXT, Operation, Schema, record

_NOT_FOUND, _TOO_LARGE = 404, 413

OF_THE_GATEWAY = record({"message": TEXT}, about="What API Gateway answers by itself.")


def document[O: Operation[Any]](
    operations: Collection[O],
    *,
    title: str,
    description: str,
    security: Mapping[str, Any],
    schemas: Mapping[str, Schema],
    problems: Mapping[int, tuple[str, str]],
    body: Callable[[O], Any] = lambda operation: operation.body,
) -> dict[str, Any]:
    """`security` is the scheme by its name; `problems` have a text and the name of a schema by status."""

    def described(operation: O) -> dict[str, Any]:
        told: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
        if operation.parameters:
            told["parameters"] = [_parameter(operation, name) for name in operation.parameters]
        if operation.body is not None:
            told["requestBody"] = {"required": True, "content": _json(body(operation))}
        answers = {operation.status: _answer("As asked for.", operation.answer)}
        for status, (text, name) in problems.items():
            if _can_be(operation, status):
                answers[status] = _answer(text, {"$ref": f"#/components/schemas/{name}"})
        return {**told, "responses": {str(status): answer for status, answer in answers.items()}}

    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com.cn",
                "variables": {"api": {"default": "API_ID"}, "region": {"default": "cn-north-1"}},
            }
        ],
        "security": [{name: [] for name in security}],
        "paths": paths,
        "components": {"securitySchemes": dict(security), "schemas": dict(schemas)},
    }


def printed(value: Mapping[str, Any]) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201 - its output is the file


def _can_be(operation: Operation[Any], status: int) -> bool:
    if status == _NOT_FOUND:
        return operation.may_find_nobody
    return status != _TOO_LARGE or operation.body is not None


def _parameter(operation: Operation[Any], name: str) -> dict[str, Any]:
    in_path = operation.is_in_path(name)
    where = "path" if in_path else "query"
    return {"name": name, "in": where, "required": in_path, "schema": operation.parameters[name]}


def _answer(text: str, schema: Schema) -> dict[str, Any]:
    return {"description": text, "content": _json(schema)}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
