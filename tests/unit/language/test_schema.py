"""The published schema and the reader agree: what is accepted by the reader is accepted by the schema."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.support.cli import run
from tests.support.examples.wrecks import exchanged
from tests.unit.language.test_mistakes import ACCEPTED, HEAD
from tests.unit.language.test_reading import AGAIN, TRIGGERS
from workbench.checks.purposes import read_purposes
from workbench.language.journey_fields import journey_schema, schema_text
from workbench.language.reading import read_text
from workbench.language.source import Source
from workbench.language.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode

ROOT = Path(__file__).parents[3]
EVERYTHING = (Path(__file__).parent / "everything.yaml").read_text("utf-8")
SCHEMA = journey_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
DOCS = sorted((ROOT / "docs").glob("journeys*.md"))
FILES = {
    **{name: HEAD + steps for name, steps in ACCEPTED.items()},
    **{one: f"title: T\ntrigger: {one}\nsteps: [{{tag: a}}]\n" for one in TRIGGERS},
    **{one: f"title: T\nagain: {one}\ntrigger: {{event: payment}}\nsteps: [{{tag: a}}]\n" for one in AGAIN},
    "everything": EVERYTHING,
    **{path.name: path.read_text("utf-8") for path in sorted((ROOT / "infra/journeys").glob("*.yaml"))},
    **{
        f"{page.name} {number}": example
        for page in DOCS
        for number, example in enumerate(
            re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL), start=1
        )
        if re.search(r"^trigger:", example, re.MULTILINE)
    },
}


def as_json(node: Node) -> Any:
    """What an editor's YAML server hands to the schema."""
    if isinstance(node, MappingNode):
        return {str(key.value): as_json(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [as_json(one) for one in node.value]
    assert isinstance(node, ScalarNode)
    kind, text = str(node.tag).rpartition(":")[2], str(node.value)
    known = {"bool": text.casefold() == "true", "null": None}
    if kind in known:
        return known[kind]
    if kind == "int" and text.lstrip("+-").isdecimal():
        return int(text)
    return 0.5 if kind in ("int", "float") else text


def accepts(text: str) -> bool:
    """Whether the schema accepts this file."""
    node = Source("file.yaml").compose(text)
    return node is not None and VALIDATOR.is_valid(as_json(node))


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_every_journey_and_every_example_fits_the_schema(text: str) -> None:
    node = Source("file.yaml").compose(text)
    assert node is not None

    assert [error.message for error in VALIDATOR.iter_errors(as_json(node))] == []


@pytest.mark.parametrize("path", sorted((ROOT / "infra/contents").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_content_of_the_library_fits_its_own_schema(path: Path) -> None:
    node = Source("file.yaml").compose(path.read_text("utf-8"))
    assert node is not None
    stored = Draft202012Validator({"$ref": "#/$defs/stored_content", "$defs": SCHEMA["$defs"]})

    assert [error.message for error in stored.iter_errors(as_json(node))] == []


def test_the_committed_schema_is_what_the_command_prints() -> None:
    printed = run("schema").stdout

    assert printed == schema_text()
    assert (ROOT / "docs/journey.schema.json").read_text("utf-8") == printed, "run `make generate`"


def documented_fields(schema: Any = SCHEMA) -> Iterator[tuple[str, str]]:
    """Every field of a file with its documentation."""
    if isinstance(schema, dict) and schema.get("type") == "object":
        for name, field in schema.get("properties", {}).items():
            yield name, field["description"]
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from documented_fields(inner)


def test_every_field_is_documented_and_used_in_the_file_that_has_everything() -> None:
    fields = dict(documented_fields())

    assert all(documentation.endswith(".") for documentation in fields.values())
    written = {name for name in fields if re.search(rf"\b{name}:", EVERYTHING)}
    # These exclude others that are written there, or need a library.
    assert set(fields) - written == {"per", "content", "recognise_first"}


def test_the_committed_schema_of_consents_is_what_the_command_prints_and_takes_the_committed_file() -> None:
    printed = run("schema", "consents").stdout

    assert (ROOT / "docs/consents.schema.json").read_text("utf-8") == printed, "run `make generate`"
    declared = YAML(typ="safe").load(ROOT / "infra/consents.yaml")
    consents = Draft202012Validator(json.loads(printed))
    assert consents.is_valid(declared)
    assert not consents.is_valid({"newsletter": {**declared["newsletter"], "txt": "T"}})
    assert read_purposes(ROOT).mistakes == ()


def test_the_committed_schema_of_accounts_is_what_the_command_prints() -> None:
    printed = run("schema", "accounts").stdout

    assert (ROOT / "docs/accounts.schema.json").read_text("utf-8") == printed, "run `make generate`"
    accounts = Draft202012Validator(json.loads(printed))
    assert accounts.is_valid({"shop": "official_account", "mini": "mini_program"})
    assert not any(map(accounts.is_valid, ({"shop": "service"}, {"The shop": "official_account"}, {})))


@settings(max_examples=50, deadline=None)
@given(exchanged(EVERYTHING))
def test_what_the_reader_accepts_the_schema_accepts(text: str) -> None:
    if not read_text(text, "wreck", "wreck.yaml").mistakes:
        assert accepts(text)


STRUCTURAL = [
    "[]",
    "title: T\n",
    "title: T\ntrigger: {event: follow}\n",
    "title: T\ntrigger: {event: follow}\nsteps: []\n",
    "title: T\ntrigger: {event: folow}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {scene: a}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {event: text}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {event: schedule}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {event: click, scene: a}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {event: follow, every: monday}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {event: schedule, at: '25:00'}\nsteps: [{tag: a}]\n",
    "title: T\ntrigger: {event: follow, when: {member: 1}}\nsteps: [{tag: a}]\n",
    "title: T\nprioriti: 1\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\npriority: high\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\nagain: sometimes\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\nagain: {after: 1d, per: order}\ntrigger: {event: payment}\nsteps: [{tag: a}]\n",
    "title: T\nquiet: at night\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\nholdout: some\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\nexits: [{when: {tag: a}}]\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\ngoal: {}\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: T\nopening: {menu: {head: h, items: {a: b}}}\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    "title: {xx: T}\ntrigger: {event: follow}\nsteps: [{tag: a}]\n",
    HEAD + "  - sned: {text: a}\n",
    HEAD + "  - tag: a\n    untag: b\n",
    HEAD + "  - send: {}\n",
    HEAD + "  - send: {text: a, image: b}\n",
    HEAD + "  - send: {text: }\n",
    HEAD + "  - send: {text: a, purpose: fun}\n",
    HEAD + "  - send: {text: a, instead: []}\n",
    HEAD + "  - send: {news: {title: a}}\n",
    HEAD + "  - send: {template: {id: a}}\n",
    HEAD + "  - send: {menu: {head: a, items: {}}}\n",
    HEAD + "  - ask: {name: a}\n",
    HEAD + "  - ask: {name: A B, within: 1h}\n",
    HEAD + "  - ask: {name: a, within: soon}\n",
    HEAD + "  - ask: {name: a, within: 1h, parse: day}\n",
    HEAD + "  - ask: {name: a, within: 1h, choices: {}}\n",
    HEAD + "  - wait: soon\n  - tag: a\n",
    HEAD + "  - wait: {}\n  - tag: a\n",
    HEAD + "  - wait: {until: someday 09:00}\n  - tag: a\n",
    HEAD + "  - wait: {date: booking}\n  - tag: a\n",
    HEAD + "  - wait: {event: payment}\n  - tag: a\n",
    HEAD + "  - wait: {event: schedule, within: 1h}\n  - tag: a\n",
    HEAD + "  - wait: {event: payment, within: 1h, since: now}\n  - tag: a\n",
    HEAD + "  - branch: []\n",
    HEAD + "  - branch: [{when: {tag: a}}]\n",
    HEAD + "  - branch: [{when: {tagg: a}, steps: [{tag: a}]}]\n",
    HEAD + "  - branch: [{when: {event: {event: view, days: 8}}, steps: [{tag: a}]}]\n",
    HEAD + "  - branch: [{when: {points: {}}, steps: [{tag: a}]}]\n",
    HEAD + "  - split: {name: a, shares: [{steps: [{tag: a}]}]}\n",
    HEAD + "  - award: {points: 0, reason: r}\n",
    HEAD + "  - hand_over: {staff: a}\n",
    HEAD + "  - notify: {staff: a}\n",
    HEAD + "  - set: {}\n",
    HEAD + "  - coupon: [a]\n",
]


@pytest.mark.parametrize("text", STRUCTURAL)
def test_a_mistake_of_form_is_rejected_by_reader_and_schema(text: str) -> None:
    assert read_text(text, "wrong", "wrong.yaml").mistakes
    assert not accepts(text)
