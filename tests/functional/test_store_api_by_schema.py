"""Requests of every kind from the OpenAPI document of tills: each is answered as it says."""

import pytest
from schemathesis import GenerationMode

from infra.tools.store_api import document
from tests.support.apis.by_schema import DescribedApi
from tests.support.apis.store_api import as_wsgi, scan, store_api
from tests.support.world import World
from wejourney.wire.store_api.operations import OPERATIONS

API = DescribedApi("store-api", document, OPERATIONS)


def test_the_committed_document_is_the_generated_one() -> None:
    API.require_committed()


def test_every_operation_is_tried() -> None:
    API.require_all_operations()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("route", OPERATIONS)
def test_each_request_is_answered_as_the_document_says(
    world: World, route: str, mode: GenerationMode
) -> None:
    api = store_api(world)
    visit = api.send("POST", "/store/v1/visits").body["visit"]
    scan(world, visit)
    API.require_answers(as_wsgi(api), route, mode, {"visit": visit, "hold": f"{visit}-1"})
