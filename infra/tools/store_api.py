"""Generates `docs/store-api.openapi.json`."""

from typing import Any

from infra.tools import openapi
from wejourney.wire.store_api import schemas
from wejourney.wire.store_api.operations import OPERATIONS


def document() -> dict[str, Any]:
    return openapi.document(
        OPERATIONS.values(),
        title="wejourney: tills",
        description="Requests are signed with the key of their store (HMAC-SHA256), see store-api.md.",
        security={"store_key": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        schemas={"Problem": schemas.PROBLEM},
        problems={
            400: ("The request is wrong.", "Problem"),
            401: ("The signature is missing, wrong, of another time, or was used before.", "Problem"),
            403: ("The visit was opened at another till.", "Problem"),
            404: ("There is no such visit at this store, or its customer was erased.", "Problem"),
            409: ("As things stand this cannot be done.", "Problem"),
            413: ("The body is too large.", "Problem"),
            503: ("The request cannot be carried out now: send it again.", "Problem"),
        },
    )


if __name__ == "__main__":
    openapi.printed(document())
