"""A request of a till: who signs it, and what it says, read by the schemas of its operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.wire.http import Answer
from wejourney.wire.json_api import (
    Operation,
    RequestRejectedError,
    answer,
    read_body,
    read_http,
    read_parameters,
)
from wejourney.wire.store_api.operations import OPERATIONS, Name
from wejourney.wire.store_api.signature import Credentials, is_signed, read_credentials


@dataclass(frozen=True)
class StoreRequest:
    """A verified request; `who` has the store and the till."""

    name: Name
    who: Credentials
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def visit_id(self) -> str:
        visit_id: str = self.parameters["visit"]
        return visit_id


@dataclass(frozen=True)
class SignedRequest:
    """A request whose signature nobody has looked at yet."""

    operation: Operation[Name]
    who: Credentials
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    content: bytes

    @property
    def path(self) -> str:
        """The path of the operation: whatever address the API has, the same."""
        path = self.operation.path
        for name, value in self.path_parameters.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def is_signed_with(self, keys: tuple[bytes, ...]) -> bool:
        return is_signed(keys, self.operation.method, self.path, self.who, self.content)

    def read(self) -> StoreRequest:
        """What it says. Raises RequestRejectedError."""
        parameters = read_parameters(self.operation, self.query, self.path_parameters)
        return StoreRequest(
            self.operation.name, self.who, parameters, read_body(self.operation, self.content)
        )


def read_request(event: Mapping[str, Any]) -> SignedRequest:
    """A request in API Gateway's format. Raises RequestRejectedError."""
    operation = OPERATIONS.get(event.get("routeKey", ""))
    if operation is None:
        raise RequestRejectedError(404, "path", "is no operation of this API")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    who = read_credentials(headers.get("authorization", ""))
    http = read_http(event)
    return SignedRequest(operation, who, event.get("pathParameters") or {}, http.query, http.body)


def rejection(error: RequestRejectedError) -> Answer:
    told = {"code": error.code, "where": error.where, "what": error.what}
    return answer(error.status, {"error": told})
