"""Generates `docs/people-api.openapi.json`."""

from typing import Any

from infra.tools import openapi
from wejourney.wire.people_api import schemas
from wejourney.wire.people_api.operations import OPERATIONS, PeopleOperation


def document() -> dict[str, Any]:
    return openapi.document(
        OPERATIONS.values(),
        title="wejourney: people, for a brand's own systems",
        description="Requests are signed with AWS credentials (Signature Version 4, `execute-api`).",
        security={
            "sigv4": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4",
            }
        },
        schemas={"Problem": schemas.PROBLEM, "Forbidden": openapi.OF_THE_GATEWAY},
        problems={
            400: ("The request is wrong.", "Problem"),
            403: ("IAM does not allow the request, or it is not signed.", "Forbidden"),
            404: ("Nobody has this id, or somebody who was erased.", "Problem"),
            413: ("The body is too large.", "Problem"),
            503: ("The request cannot be carried out now: send it again.", "Problem"),
        },
        body=_body,
    )


def _body(operation: PeopleOperation) -> Any:
    return schemas.batch({"oneOf": [*operation.events.values()]}) if operation.events else operation.body


if __name__ == "__main__":
    openapi.printed(document())
