"""infra/profile.yaml and infra/segments: what they declare, and mistakes with their line and column."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.cli import run
from tests.support.events import body
from wejourney.events.event import own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition
from wejourney.journeys.segments import recognised
from wejourney.people.counters import CountedEvents, CounterTest
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import Stage, StageRule
from wejourney.people.profile_model import AttributeType
from workbench.checks.people_fields import profile_schema, segment_schema
from workbench.checks.people_files import MOST_SEGMENTS, PeopleFiles, read_people_files, undeclared_in
from workbench.checks.private_values import private_misuses
from workbench.checks.purposes import ROLES, read_purposes
from workbench.language.reading import read_text

ROOT = Path(__file__).parents[3]
PROFILE = """\
attributes: {size: number, city: text, wedding: date, newsletter: yes_no}
counters:
  visits: {event: mini_program, name: page_view}
  orders: {event: payment}
  spend: [{event: payment, counts: amount}, {event: refund, counts: amount}]
stages:
  follower: {after: aware, events: {event: follow}}
  customer: {after: [aware, follower], events: [{event: payment}]}
rfm: {orders: orders, spend: spend, recency: [1, 2, 3, 4], frequency: [1, 2, 3, 4], monetary: [1, 2, 3, 4]}
"""
LOYAL = "when: {counter: {orders: {days: 365, from: 2}}, stage: customer, not: {tag: staff}}\n"


def read(tmp_path: Path, profile: str = "", **segments: str) -> PeopleFiles:
    folder = tmp_path / "infra/segments"
    folder.mkdir(parents=True)
    if profile:
        (tmp_path / "infra/profile.yaml").write_text(profile, "utf-8")
    for name, text in segments.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return read_people_files(tmp_path)


def test_the_files_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, PROFILE, loyal=LOYAL)

    assert found.mistakes == ()
    profile = found.rules.profile
    assert profile.attributes["wedding"] is AttributeType.DATE
    assert profile.counters["spend"] == (
        CountedEvents(EventPattern("payment"), amount=True),
        CountedEvents(EventPattern("refund"), amount=True),
    )
    both = (Stage.AWARE, Stage.FOLLOWER)
    assert profile.stages[Stage.CUSTOMER] == StageRule(both, (EventPattern("payment"),))
    assert found.rules.segments == {
        "loyal": Condition(
            counters=(CounterTest("orders", 365, 2),), stage=Stage.CUSTOMER, none=Condition(tags=("staff",))
        )
    }
    # A tag or a value that a run changes moves people, too.
    assert {"tag", "profile", "payment", "refund", "mini_program"} <= {*found.rules.subscribed_kinds}


def test_a_repository_without_the_files_declares_nothing(tmp_path: Path) -> None:
    assert read(tmp_path).rules.subscribed_kinds == ()


RFM = "recency: {}, frequency: [1, 2, 3, 4], monetary: [1, 2, 3, 4]}}\n"
MISTAKES = [
    "attributes: {city: ‸colour}\n",
    "attributes: {‸member: text}\n",
    "counters: {orders: {event: ‸purchase}}\n",
    "counters: {visits: {event: click, key: a, counts: ‸amount}}\n",
    "counters: {two words: ‸{event: payment}}\n",
    "stages: {‸buyer: {after: aware, events: {event: payment}}}\n",
    "stages: {follower: {after: ‸customer, events: {event: follow}}}\n",
    "stages: {customer: {after: ‸engaged, events: {event: payment}}}\n",
    "rfm: {orders: ‸orders, spend: x, " + RFM.format("[1, 2, 3, 4]"),
    "counters: {o: {event: payment}}\nrfm: {orders: o, spend: o, " + RFM.format("‸[1, 2, 3]"),
    "‸colours: {}\n",
]


@pytest.mark.parametrize("marked", MISTAKES)
def test_a_mistake_in_the_profile_has_its_line_and_column(tmp_path: Path, marked: str) -> None:
    before, _, after = marked.partition("‸")
    found = read(tmp_path, before + after).mistakes

    assert found
    places = {(mistake.line, mistake.column) for mistake in found}
    assert (before.count("\n") + 1, len(before) - before.rfind("\n")) in places
    for mistake in found:
        assert mistake.file == "infra/profile.yaml"
        assert all(mistake.to_dict(language)["message"] for language in ("en", "zh"))


PRIVATE = "attributes: {size: number, name: {type: text, private: true}}\n"
PURPOSE = "membership: {title: a, version: a, text: a, personal_data: true}\n"


def consents(tmp_path: Path, text: str = PURPOSE) -> None:
    (tmp_path / "infra").mkdir(exist_ok=True)
    (tmp_path / "infra/consents.yaml").write_text(text, "utf-8")


def test_private_attributes_and_the_purpose_that_they_need_are_read(tmp_path: Path) -> None:
    consents(tmp_path)
    profile = read(tmp_path, PRIVATE, known="when: {attribute: {name: {known: true}}}\n").rules.profile
    assert profile.attributes == {"size": AttributeType.NUMBER, "name": AttributeType.TEXT}
    assert (profile.private, profile.private_purpose) == (frozenset({"name"}), "membership")
    assert [name for name in ("name", "phone", "address", "size") if profile.is_private(name)] == [
        *("name", "phone", "address")
    ]
    assert profile.allows("phone")
    assert not profile.allows("colour")


@pytest.mark.parametrize("declared", ["", "newsletter: {title: a, version: a, text: a}\n"])
def test_private_attributes_need_a_purpose_that_people_agree_to(tmp_path: Path, declared: str) -> None:
    consents(tmp_path, declared or PURPOSE.replace(", personal_data: true", ""))
    (mistake,) = read(tmp_path, PRIVATE).mistakes
    assert (mistake.file, mistake.line) == ("infra/profile.yaml", 1)
    assert "personal_data" in mistake.to_dict("en")["message"]


@pytest.mark.parametrize("role", ROLES)
def test_one_purpose_at_most_has_each_role(tmp_path: Path, role: str) -> None:
    one, other = (
        f"{name}: {{title: a, version: a, text: a, {role}: true}}\n" for name in ("first", "second")
    )
    consents(tmp_path, one + other)
    (mistake,) = read_purposes(tmp_path).mistakes
    assert (mistake.line, mistake.column) == (2, other.index("true") + 1)
    consents(tmp_path, one)
    assert read_purposes(tmp_path).name_of(role) == "first"
    profile = read(tmp_path).rules.profile
    assert "first" in (profile.private_purpose, profile.membership)


SEGMENT_MISTAKES = [
    "when: {counter: {‸visits: {days: 7, from: 1}}}\n",
    "when: {stage: ‸member}\n",
    "when: {counter: {orders: {days: ‸0, from: 1}}}\n",
    "when: {counter: {orders: {days: ‸366, from: 1}}}\n",
    "when: {counter: {orders: ‸{days: 7}}}\n",
    "when: {counter: {orders: {days: 7, from: 3, to: ‸2}}}\n",
    "when: {event: ‸{event: payment}}\n",
    "when: {answer: ‸{size: m}}\n",
    "when: {any: [{segment: ‸gold}, {tag: a}]}\n",
    "when: {attribute: {‸colour: red}}\n",
    "when: {attribute: {phone: ‸'13800138000'}}\n",
    "when: {any: [{attribute: {address: ‸{from: 1}}}, {tag: a}]}\n",
    "when: ‸{}\n",
]


@pytest.mark.parametrize("marked", SEGMENT_MISTAKES)
def test_a_mistake_in_a_segment_has_its_line_and_column(tmp_path: Path, marked: str) -> None:
    before, _, after = marked.partition("‸")
    profile = "attributes: {city: text}\ncounters: {orders: {event: payment}}\n"
    found = read(tmp_path, profile, s=before + after).mistakes

    assert [(mistake.file, mistake.line, mistake.column) for mistake in found] == [
        ("infra/segments/s.yaml", 1, len(before) + 1)
    ]


def test_there_is_a_number_of_segments_that_one_transaction_takes(tmp_path: Path) -> None:
    some = {f"s{number}": "when: {tag: a}\n" for number in range(MOST_SEGMENTS)}
    assert read(tmp_path, **some).mistakes == ()
    (tmp_path / "infra/segments/more.yaml").write_text("when: {tag: a}\n", "utf-8")
    assert read_people_files(tmp_path).mistakes


JOURNEYS = {
    "steps: [{set: {city: Lyon, size: ‸large}}]": 1,
    "steps: [{set: {colour: ‸red}}]": 1,
    "steps: [{branch: [{when: {counter: {clicks: ‸{days: 7, from: 1}}}, steps: [{tag: a}]}]}]": 1,
    "steps: [{branch: [{when: {attribute: {colour: ‸red}}, steps: [{tag: a}]}]}]": 1,
    'steps: [{set: {city: "{answer.q|}", size: "17", date.birthday: "2026-01-01"}}]': 0,
    "steps: [{branch: [{when: {attribute: {code_store: SH01}}, steps: [{tag: a}]}]}]": 0,
}


@pytest.mark.parametrize(("marked", "number"), JOURNEYS.items())
def test_a_journey_names_only_what_the_profile_has(tmp_path: Path, marked: str, number: int) -> None:
    head = "title: T\ntrigger: {event: follow}\n"
    before, _, after = marked.partition("‸")
    reading = read_text(f"{head}{before}{after}\n", "j", "j.yaml")
    found = list(undeclared_in(reading, read(tmp_path, PROFILE).rules.profile))

    assert [(mistake.line, mistake.column) for mistake in found] == [(3, len(before) + 1)] * number


BRANCH = "steps: [{branch: [{when: {attribute: {%s}}, steps: [{tag: a}]}]}]"
PRIVATE_IN_JOURNEYS = {
    BRANCH % "name: ‸Lee": 1,
    BRANCH % "phone: {‸from: 1}": 1,
    BRANCH % "name: {known: true}": 0,
    BRANCH % "size: 4": 0,
    "opening: {text: ‸'Hello {attribute.name|you}'}\nsteps: [{tag: a}]": 1,
    "opening: {text: 'Hello {attribute.city|you}'}\nsteps: [{tag: a}]": 0,
    "steps: [{send: {text: 'Hello {attribute.name|you}'}}]": 0,
    "steps: [{set: {city: ‸'{attribute.name|x}'}}]": 1,
    "steps: [{set: {name: '{answer.q|x}'}}]": 0,
    "steps: [{notify: {staff: shop, text: ‸'Call {attribute.phone|x}'}}]": 1,
}


@pytest.mark.parametrize(("marked", "number"), PRIVATE_IN_JOURNEYS.items())
def test_a_journey_shows_private_values_to_their_person_and_compares_none(
    tmp_path: Path, marked: str, number: int
) -> None:
    consents(tmp_path)
    before, _, after = marked.partition("‸")
    reading = read_text(f"title: T\ntrigger: {{event: follow}}\n{before}{after}\n", "j", "j.yaml")
    assert reading.journey is not None, reading.mistakes
    found = list(private_misuses(reading, read(tmp_path, PRIVATE).rules.profile))

    assert [mistake.line for mistake in found] == [3] * number
    if number and "from" not in marked:
        assert [mistake.column for mistake in found] == [len(before) + 1]


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


@pytest.mark.parametrize(
    ("kind", "schema", "good"), [("profile", profile_schema, PROFILE), ("segment", segment_schema, LOYAL)]
)
def test_the_committed_schema_is_what_the_command_prints_and_accepts_what_is_read(
    kind: str, schema: Any, good: str
) -> None:
    printed = run("schema", kind).stdout
    assert (ROOT / f"docs/{kind}.schema.json").read_text("utf-8") == printed, "run `make generate`"
    assert json.loads(printed) == schema()
    validator = Draft202012Validator(schema())
    assert validator.is_valid(parsed(good))
    assert not validator.is_valid(parsed("colours: {}"))


@pytest.mark.parametrize(
    ("kinds", "stage"),
    [
        ((), Stage.AWARE),
        (("follow",), Stage.FOLLOWER),
        (("payment",), Stage.CUSTOMER),
        (("follow", "payment"), Stage.CUSTOMER),
        (("payment", "follow"), Stage.CUSTOMER),
    ],
)
def test_with_the_profile_of_this_repository_a_follower_is_at_least_a_follower(
    kinds: tuple[str, ...], stage: Stage
) -> None:
    rules = read_people_files(ROOT).rules
    person = Follower(APP_ID, OPENID, "person")
    for number, kind in enumerate(kinds):
        told = own_event(body(kind), str(number), SUBJECT, NOON + timedelta(minutes=number))
        person = recognised(person, told, rules, NOON)
    assert person.stage is stage
