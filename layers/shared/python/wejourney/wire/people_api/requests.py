"""A request of another system: who sends it, and what it says, read by the schemas of its operation."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.wire.json_api import RequestRejectedError, read_body, read_http, read_parameters
from wejourney.wire.people_api.operations import OPERATIONS, Name, PeopleOperation
from wejourney.wire.people_api.schemas import MOST_ENTRIES


@dataclass(frozen=True)
class ApiRequest:
    """`caller` is the ARN that IAM has recognised, `id` API Gateway's own id of the request."""

    operation: PeopleOperation
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
    http = read_http(event)
    parameters = read_parameters(operation, http.query, event.get("pathParameters") or {})
    return ApiRequest(operation, caller, context["requestId"], parameters, read_body(operation, http.body))
