from typing import Any

import pytest
from pydantic import TypeAdapter

from workbench.language.building import Builder
from workbench.language.journey import Journey
from workbench.language.source import Source

_TEXT = {"kind": "text", "text": {"any": "Hello"}}
_PATTERN = {"event": "scan"}
_STEP = {"kind": "tag", "tags": ["vip"]}


def journey(**more: Any) -> dict[str, Any]:
    return {"name": "a", "title": {"any": "A"}, "trigger": {"event": "follow"}, "steps": [_STEP], **more}


def branch(case: dict[str, Any]) -> dict[str, Any]:
    return journey(steps=[{"kind": "branch", "cases": [case]}])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(journey(more=1), id="journey"),
        pytest.param(journey(trigger={"event": "follow", "more": 1}), id="trigger"),
        pytest.param(journey(trigger={"event": "follow", "when": {"more": 1}}), id="condition"),
        pytest.param(journey(again={"mode": "never", "more": 1}), id="re-entry"),
        pytest.param(journey(quiet={"start": 0, "end": 60, "more": 1}), id="quiet hours"),
        pytest.param(journey(exits=[{"when": {}, "reason": "r", "more": 1}]), id="exit"),
        pytest.param(journey(opening=_TEXT | {"more": 1}), id="content"),
        pytest.param(journey(steps=[_STEP | {"more": 1}]), id="step"),
        pytest.param(branch({"when": {}, "steps": [_STEP], "more": 1}), id="case"),
        pytest.param(branch({"when": {}, "steps": [_STEP | {"more": 1}]}), id="step in a case"),
        pytest.param(
            branch({"when": {"events": [{"pattern": _PATTERN, "more": 1}]}, "steps": []}), id="count"
        ),
        pytest.param(
            branch({"when": {"none": {"any": [{"more": 1}]}}, "steps": []}), id="condition in conditions"
        ),
        pytest.param(
            journey(
                steps=[
                    {
                        "kind": "send",
                        "content": {
                            "kind": "menu",
                            "head": {"any": "?"},
                            "items": [{"id": "s", "text": {"any": "S"}, "more": 1}],
                        },
                    }
                ]
            ),
            id="item of a menu",
        ),
    ],
)
def test_a_field_that_the_domain_does_not_know_is_a_mistake_at_every_depth(data: dict[str, Any]) -> None:
    source = Source("a.yaml")

    assert Builder(TypeAdapter(Journey)).build(source, data) is None
    assert [mistake.message for mistake in source.mistakes] == ["`more`: Unexpected keyword argument"]


def test_the_same_data_without_it_is_a_journey() -> None:
    source = Source("a.yaml")

    built = Builder(TypeAdapter(Journey)).build(source, journey(opening=_TEXT, quiet={"start": 0, "end": 60}))

    assert built is not None
    assert source.mistakes == []
