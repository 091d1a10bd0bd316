"""A mapping is checked before a row is read: each mistake has its line, its column and a hint."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.unit.imports.rows_of import ORDERS, mapping_of
from wejourney.people.identities import IdentityKind
from workbench.imports.mapping import Amount, Column, Constant, Moment, PersonColumn
from workbench.imports.mapping_file import MAPPING_FIELDS, SHIPPED, mapping_schema, read_mapping
from workbench.language.journey_fields import schema_text

ROOT = Path(__file__).parents[3]
SCHEMA = Draft202012Validator(mapping_schema())
PERSON = "source: crm\nperson: {member: id}\n"
EVENT = "events: [{order.paid: {key: no, at: day, total: {column: sum, unit: yuan}}}]\n"


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_mapping_is_right_and_fits_the_schema(file: Path) -> None:
    reading = read_mapping(file)

    assert reading.mistakes == ()
    assert list(SCHEMA.iter_errors(yaml.safe_load(file.read_text("utf-8")))) == []


def test_the_schema_in_docs_is_that_of_the_code() -> None:
    assert (ROOT / "docs/mapping.schema.json").read_text("utf-8") == schema_text(mapping_schema())
    Draft202012Validator.check_schema(mapping_schema())
    assert set(MAPPING_FIELDS) == set(mapping_schema()["properties"])


def test_there_is_a_field_for_every_kind_of_identity() -> None:
    assert set(mapping_schema()["properties"]["person"]["properties"]) == set(IdentityKind)


def test_a_mapping_says_where_each_value_comes_from(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, ORDERS)
    (rule,) = mapping.events

    assert mapping.person == (PersonColumn(IdentityKind.MEMBER, "buyer"),)
    assert rule.at == Moment(Column("paid_at"))
    assert rule.fields == {
        "total": Amount("amount", "yuan"),
        "order": Column("number"),
        "marketplace": Constant("shop"),
    }
    assert mapping.columns == {"buyer", "number", "paid_at", "amount"}
    assert not mapping.lacks_time
    assert not mapping.needs_phones


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"source: ‸Shop 1\nperson: {{member: id}}\n{EVENT}", "`Shop 1` is not a valid `source`"),
        (f"‸person: {{member: id}}\n{EVENT}", "`source` is missing"),
        (f"‸source: crm\n{EVENT}", "`person` is missing"),
        (f"source: tmall\nperson: {{phone: ‸mobile}}\n{EVENT}", "Tmall masks phone numbers"),
        (f"source: taobao\nperson: {{phone: ‸mobile, member: x}}\n{EVENT}", "Tmall masks phone numbers"),
        (f"source: crm\nperson: {{‸email: mail}}\n{EVENT}", "`person` has no field `email`"),
        (f"source: crm\nperson: {{union_id: ‸{{column: union}}}}\n{EVENT}", "`open_platform` is missing"),
        (
            f"source: crm\nperson: {{union_id: {{column: u, open_platform: ‸My Brand}}}}\n{EVENT}",
            "`My Brand` is not a valid `open_platform`",
        ),
        (
            f"source: crm\nperson: {{openid: {{column: o, app_id: ‸wx}}}}\n{EVENT}",
            "`wx` is not a valid `app_id`",
        ),
        (f"source: crm\nperson: {{phone: {{column: m, region: ‸china}}}}\n{EVENT}", "`china` is not a valid"),
        ("source: crm\nperson: ‸{member: id}\n", "a mapping with one identity and no event"),
        (f"{PERSON}time_zone: ‸Shanghai\n{EVENT}", "`Shanghai` is not a valid `time_zone`"),
        (f"{PERSON}encoding: ‸latin-1\n{EVENT}", "`latin-1` is not a valid `encoding`"),
        (f"{PERSON}delimiter: ‸';;'\n{EVENT}", "`;;` is not a valid `delimiter`"),
        (f"{PERSON}at: ‸{{value: soon}}\n{EVENT}", "is not a time"),
        (f"{PERSON}events: [‸{{}}]\n", "write exactly one event"),
        (f"{PERSON}events: [{{‸payment: {{}}}}]\n", "an event has no field `payment`"),
        (f"{PERSON}events: [{{tag: ‸{{key: id}}}}]\n", "`tag` is missing"),
        (f"{PERSON}events: [{{order.paid: ‸{{key: no}}}}]\n", "`total` is missing"),
        (f"{PERSON}events: [{{order.paid: {{key: no, total: ‸sum}}}}]\n", "write an amount as fields"),
        (
            f"{PERSON}events: [{{order.paid: {{key: no, total: {{column: sum, unit: ‸dollar}}}}}}]\n",
            "`dollar` is not a valid `unit`",
        ),
        (f"{PERSON}events: [{{tag: {{key: id, tag: ‸{{column: a, value: b}}}}}}]\n", "write either `column`"),
        (f"{PERSON}events: [{{profile: {{key: id, set: ‸{{points: p}}}}}}]\n", "`points` is not a profile"),
        (f"{PERSON}events: [{{profile: {{key: id, set: ‸{{a b: p}}}}}}]\n", "`a b` is not a profile field"),
        (
            f"{PERSON}events: [{{profile: {{key: id, set: ‸{{member: {{value: maybe}}}}}}}}]\n",
            "member must be true or false",
        ),
        (f"{PERSON}events: [{{profile: {{key: id, set: ‸{{}}}}}}]\n", "`set` is empty"),
        ("‸", "the file is empty"),
        ("‸[1]", "write a mapping as fields"),
    ],
)
def test_a_mistake_has_its_place_and_a_message(tmp_path: Path, text: str, message: str) -> None:
    before, _, after = text.partition("‸")
    file = tmp_path / "mapping.yaml"
    file.write_text(before + after, "utf-8")
    reading = read_mapping(file)
    place = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1

    assert reading.value is None
    found = [(mistake.line, mistake.column, mistake.message) for mistake in reading.mistakes]
    assert any(one[:2] == place and message in one[2] for one in found), found
    assert all(mistake.in_words("zh") for mistake in reading.mistakes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "X"},
        {"person": {}},
        {"person": {"email": "e"}},
        {"events": []},
        {"events": [{}]},
        {"events": [{"order.paid": {"key": "no"}}]},
        {"events": [{"tag": {"key": "id", "tag": {"column": "a", "value": "b"}}}]},
        {"more": 1},
    ],
)
def test_the_schema_rejects_what_the_reader_rejects(tmp_path: Path, wrong: dict[str, Any]) -> None:
    right = yaml.safe_load(ORDERS)
    file = tmp_path / "mapping.yaml"
    for text, is_right in ((right, True), (right | wrong, False)):
        file.write_text(yaml.safe_dump(text), "utf-8")
        assert SCHEMA.is_valid(text) is is_right
        assert (read_mapping(file).mistakes == ()) is is_right
