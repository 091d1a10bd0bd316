"""Generates `docs/people-api.openapi.json` from the schemas by which the API reads and answers.

https://spec.openapis.org/oas/v3.1.1.html
"""

import json
from collections.abc import Mapping
from typing import Any

from wejourney.wire.people_api import schemas
from wejourney.wire.people_api.operations import OPERATIONS, Operation

_PROBLEMS: Mapping[int, str] = {
    400: "The request is wrong.",
    403: "IAM does not allow the request, or it is not signed.",
    404: "Nobody has this id, or somebody who was erased.",
    413: "The body is too large.",
    503: "The request cannot be carried out now: send it again.",
}

_NOT_FOUND, _TOO_LARGE, _FORBIDDEN = 404, 413, 403

_OF_THE_GATEWAY = schemas.record({"message": schemas.TEXT}, about="What API Gateway answers by itself.")


def document() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS.values():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "wejourney: people, for a brand's own systems",
            "version": "1",
            "description": "Requests are signed with AWS credentials (Signature Version 4, `execute-api`).",
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com.cn",
                "variables": {"api": {"default": "API_ID"}, "region": {"default": "cn-north-1"}},
            }
        ],
        "security": [{"sigv4": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "sigv4": {
                    "type": "apiKey",
                    "name": "Authorization",
                    "in": "header",
                    "x-amazon-apigateway-authtype": "awsSigv4",
                }
            },
            "schemas": {"Problem": schemas.PROBLEM, "Forbidden": _OF_THE_GATEWAY},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if operation.parameters:
        described["parameters"] = [_parameter(operation, name) for name in operation.parameters]
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _json(_body(operation))}
    answers = {operation.status: _answer("As asked for.", operation.answer)}
    for status, text in _PROBLEMS.items():
        if _can_be(operation, status):
            name = "Forbidden" if status == _FORBIDDEN else "Problem"
            answers[status] = _answer(text, {"$ref": f"#/components/schemas/{name}"})
    return {**described, "responses": {str(status): answer for status, answer in answers.items()}}


def _can_be(operation: Operation, status: int) -> bool:
    if status == _NOT_FOUND:
        return operation.may_find_nobody
    return status != _TOO_LARGE or operation.body is not None


def _parameter(operation: Operation, name: str) -> dict[str, Any]:
    in_path = operation.is_in_path(name)
    where = "path" if in_path else "query"
    return {"name": name, "in": where, "required": in_path, "schema": operation.parameters[name]}


def _body(operation: Operation) -> Any:
    return schemas.batch({"oneOf": [*operation.events.values()]}) if operation.events else operation.body


def _answer(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": _json(schema)}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


if __name__ == "__main__":
    print(json.dumps(document(), indent=2, ensure_ascii=False))  # noqa: T201 - its output is the file
