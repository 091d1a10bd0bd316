"""Requests of every kind from the OpenAPI document of tills: each is answered as it says."""

import json
from typing import Any

import pytest
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

from infra.tools.store_api import document
from tests.support.apis.store_api import as_wsgi, scan, store_api
from tests.support.servers.dynamodb import ROOT
from tests.support.world import World
from wejourney.wire.store_api.operations import OPERATIONS

EXAMPLES = 20
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
SCHEMA = schemathesis.openapi.from_dict(document())


def test_the_committed_document_is_the_generated_one() -> None:
    committed = json.loads((ROOT / "docs/store-api.openapi.json").read_text("utf-8"))
    assert committed == document(), "run make generate"


def test_every_operation_is_tried() -> None:
    tried = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
    assert {f"{one.method.upper()} {one.path}" for one in tried} == OPERATIONS.keys()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("route", OPERATIONS)
def test_each_request_is_answered_as_the_document_says(
    world: World, route: str, mode: GenerationMode
) -> None:
    api = store_api(world)
    operation = OPERATIONS[route]
    described = SCHEMA[operation.path][operation.method]
    is_wrong = mode is GenerationMode.NEGATIVE
    if is_wrong and operation.body is None and not operation.parameters:
        return  # Nothing can be wrong with it.
    visit = api.send("POST", "/store/v1/visits").body["visit"]
    scan(world, visit)
    known = {"visit": visit, "hold": f"{visit}-1"}
    path = {name: known[name] for name in operation.parameters if operation.is_in_path(name)}
    checks = (*CHECKS, negative_data_rejection) if is_wrong else CHECKS
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
        response = case.call(app=as_wsgi(api))
        statuses.add(response.status_code)
        case.validate_response(response, checks=list(checks))

    check()
    assert statuses
