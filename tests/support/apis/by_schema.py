"""Requests of every kind, right and wrong ones, from the OpenAPI document of an API."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.apis.gateway import AsWsgi
from tests.support.servers.dynamodb import ROOT
from wejourney.wire.json_api import Operation

EXAMPLES = 20
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@dataclass(frozen=True)
class DescribedApi:
    """An API, whose document is generated and committed under a `name`."""

    name: str
    document: Callable[[], Mapping[str, Any]]
    operations: Mapping[str, Operation[Any]]

    @cached_property
    def schema(self) -> Any:
        return schemathesis.openapi.from_dict(dict(self.document()))

    def require_committed(self) -> None:
        committed = json.loads((ROOT / f"docs/{self.name}.openapi.json").read_text("utf-8"))
        assert committed == self.document(), "run make generate"

    def require_all_operations(self) -> None:
        tried = [found.ok() for found in self.schema.get_all_operations() if isinstance(found, Ok)]
        assert {f"{one.method.upper()} {one.path}" for one in tried} == self.operations.keys()

    def require_answers(
        self,
        app: AsWsgi,
        route: str,
        mode: GenerationMode,
        known: Mapping[str, str],
        *,
        may_take_a_part: bool = False,
    ) -> None:
        """Each request is answered as the document says, a wrong one rejected.

        In right ones the parameters of the path are `known`. One that has many things in it may be taken in
        part.
        """
        operation = self.operations[route]
        is_wrong = mode is GenerationMode.NEGATIVE
        if is_wrong and operation.body is None and not operation.parameters:
            return  # Nothing can be wrong with it.
        checks = (*CHECKS, negative_data_rejection) if is_wrong and not may_take_a_part else CHECKS
        path = {name: known[name] for name in operation.parameters if operation.is_in_path(name)}
        described = self.schema[operation.path][operation.method]
        statuses: set[int] = set()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=described.as_strategy(mode, path_parameters=None if is_wrong else path or None))
        def check(case: Case[Any]) -> None:
            response = case.call(app=app)
            statuses.add(response.status_code)
            case.validate_response(response, checks=list(checks))

        check()
        assert statuses
