"""Requests of every kind from the OpenAPI document, right and wrong ones: each is answered as it says."""

import pytest
from schemathesis import GenerationMode

from infra.tools.people_api import document
from tests.support.apis.by_schema import DescribedApi
from tests.support.apis.people_api import PeopleApi, as_wsgi
from tests.support.world import World, person_of
from wejourney.wire.people_api.operations import OPERATIONS

API = DescribedApi("people-api", document, OPERATIONS)


def test_the_committed_document_is_the_generated_one() -> None:
    API.require_committed()


def test_every_operation_is_tried() -> None:
    API.require_all_operations()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("route", OPERATIONS)
def test_each_request_is_answered_as_the_document_says(
    world: World, route: str, mode: GenerationMode
) -> None:
    app = as_wsgi(PeopleApi(world.followers.table, world.clock))
    known = {"person_id": person_of(world.followers), "segment": "vip"}
    API.require_answers(app, route, mode, known, may_take_a_part=bool(OPERATIONS[route].events))
