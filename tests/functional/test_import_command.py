"""`wejourney import`, from the file to the tables and the inbox, and on to the timeline."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.cli import run
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.queues import FakeQueues
from tests.support.turns import before_each_call
from tests.support.world import World
from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import Identified, MiniProgramEvent, OrderPaid, ProfileChanged
from wejourney.events.positions import BEGINNING
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.people.identities import Identity, IdentityKind, union_identity
from wejourney.people.phones import normalised, phone_hash
from wejourney.services.release_pending_events import ReleasePendingEvents
from workbench.cli.commands import import_command
from workbench.operations.target import Target

KEY = b"k" * 32
PHONE = Identity(IdentityKind.PHONE, phone_hash(normalised("13800138000", "CN"), KEY))
MAPPING = """
source: shop
time_zone: Asia/Shanghai
person: {phone: phone, openid: openid}
events: [{order.paid: {key: no, at: day, total: {column: sum, unit: yuan}, order: no}}]
"""
HEADER = "phone,openid,no,day,sum\n"


@dataclass
class Deployment:
    """What `Target` offers, with the tables of the test."""

    world: World
    queues: FakeQueues = field(default_factory=FakeQueues)
    clock: FakeClock = field(default_factory=FakeClock)
    app_id: str = APP_ID
    stack: str = "test"
    phone_key: bytes = KEY

    @property
    def identities(self) -> PeopleStore:
        return PeopleStore(self.world.followers.table)

    @property
    def pending_events(self) -> PendingEventStore:
        return PendingEventStore(self.world.followers.table)

    @property
    def inbox(self) -> SqsInbox:
        return SqsInbox(self.queues, "inbox")

    @property
    def told(self) -> list[InboundEvent]:
        bodies = (json.loads(message["MessageBody"]) for message in self.queues.sent["inbox"])
        return [InboundEvent.from_dict(body["event"]) for body in bodies]


@pytest.fixture
def deployment(world: World, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployed = Deployment(world)
    monkeypatch.setattr(import_command, "open_target", lambda _stack: deployed)
    return deployed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    return tmp_path


UNION = "union_id: {column: openid, open_platform: brand}"


def processed(deployment: Deployment, event: InboundEvent) -> None:
    """What the function that processes the inbox does with an event."""
    applied = deployment.world.takes(event)
    for identity in applied.appeared:
        ReleasePendingEvents(deployment.pending_events, deployment.inbox)(identity, event.subject)


def on_record(world: World, kind: type) -> list[InboundEvent]:
    events = world.followers.events(world.follower(), BEGINNING)
    return [past.event for past in events if isinstance(past.event.body, kind)]


def imported(folder: Path, *lines: str, options: tuple[str, ...] = ()) -> Any:
    file = folder / "orders.csv"
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines), "utf-8")
    return run("import", file, "--map", folder / "map.yaml", *options)


@pytest.mark.capability(row="C18")
def test_a_year_of_orders_waits_until_the_phone_is_bound_and_starts_no_journey_then(
    deployment: Deployment, folder: Path
) -> None:
    world = deployment.world
    world.entries = (JourneyEntry("thanks", "v1", Trigger("order.paid")),)
    lines = [f"13800138000,,A-{month},2026-{month:02}-15 10:00,99.00" for month in range(1, 11)]
    first = imported(folder, *lines)
    again = imported(folder, *lines)

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "rows: 10; imported: 10; rejected: 0" in first.output
    assert "events queued for known people: 0; waiting for an identity: 10" in first.output
    assert deployment.told == []

    bound = own_event(Identified("phone", PHONE.value), "bind", SUBJECT, NOON)
    for _ in range(2):
        processed(deployment, bound)
    for event in deployment.told:
        processed(deployment, event)

    orders = [event for event in deployment.told if isinstance(event.body, OrderPaid)]
    assert len(orders) == 10
    assert all(event.history and event.subject == SUBJECT for event in orders)
    assert "thanks" not in {start.run.journey for start in world.runs.started.values()}
    assert deployment.pending_events.first(PHONE) == []
    assert [event.body for event in on_record(world, OrderPaid)] == [event.body for event in orders]


def test_an_openid_that_nobody_knows_is_a_person_after_the_import_and_no_follower(
    deployment: Deployment, folder: Path
) -> None:
    assert imported(folder, "13800138000,oNew,A-1,2026-11-20,9.90").exit_code == 0
    for event in deployment.told:
        processed(deployment, event)
    person = deployment.world.followers.read(APP_ID, "oNew").follower

    assert person is not None
    assert not person.following
    assert person.identities == {PHONE}
    assert deployment.identities.find([PHONE]) == {PHONE: Subject(APP_ID, "oNew")}
    again = imported(folder, "13800138000,oNew,A-1,2026-11-20,9.90")
    assert "queued for known people: 1;" in again.output


@pytest.mark.parametrize("known", [(), ("phone",), ("openid",), ("phone", "openid")], ids=str)
@pytest.mark.parametrize(
    "order", ["phone: phone, {}", "{}, phone: phone"], ids=["phone first", "openid first"]
)
def test_a_row_makes_one_person_of_its_openid_and_its_phone_whichever_was_known(
    deployment: Deployment, folder: Path, known: tuple[str, ...], order: str
) -> None:
    """The phone is that of a follower, the openid one of another app: of nobody, or of somebody else."""
    other, phone = Subject("wx0000000000000001", "oOther"), Identified(PHONE.kind, PHONE.value)
    column = f"openid: {{column: openid, app_id: {other.app_id}}}"
    mapping = MAPPING.replace("phone: phone, openid: openid", order.format(column))
    (folder / "map.yaml").write_text(mapping, "utf-8")
    if "phone" in known:
        processed(deployment, own_event(phone, "bound", SUBJECT, NOON))
    if "openid" in known:
        processed(deployment, own_event(MiniProgramEvent("custom.a"), "a", other, NOON))
    for _ in range(2):
        assert imported(folder, "13800138000,oOther,A-1,2026-11-20,9.90").exit_code == 0
        for event in deployment.told:
            processed(deployment, event)

    followers = deployment.world.followers
    person = followers.read(other.app_id, other.openid).follower
    assert person is not None
    assert person.identities == {PHONE}
    assert {contact.app_id for contact in person.contacts} == {
        other.app_id,
        *([APP_ID] if "phone" in known else ()),
    }
    events = followers.events(person, BEGINNING)
    assert [past.event.body.order for past in events if isinstance(past.event.body, OrderPaid)] == ["A-1"]


def test_a_field_that_no_line_of_json_has_is_told_in_both_languages(
    deployment: Deployment, folder: Path
) -> None:
    (folder / "map.yaml").write_text(MAPPING.replace("order: no", "order: number"), "utf-8")
    row = {"phone": "13800138000", "no": "A-1", "day": "2026-01-05", "sum": 9.9}
    file = folder / "orders.jsonl"
    for lang, words in (("en", "no row has the field number, openid"), ("zh", "没有字段 number、openid")):
        file.write_text(f"{json.dumps(row)}\n{json.dumps(row | {'other': 1})}\n", "utf-8")
        done = run("import", file, "--map", folder / "map.yaml", "--lang", lang)
        assert (done.exit_code, words in done.output) == (0, True)
    file.write_text(json.dumps(row | {"number": "A-1", "openid": None}), "utf-8")
    told = run("import", file, "--map", folder / "map.yaml", "--json")
    assert json.loads(told.stdout)["absent"] == []


def test_an_identity_that_is_somebody_elses_releases_nothing_to_who_claims_it(
    deployment: Deployment, folder: Path
) -> None:
    """Two union ids on one phone: a human decides."""
    (folder / "map.yaml").write_text(MAPPING.replace("openid: openid", UNION), "utf-8")
    assert imported(folder, ",u-2,A-1,2026-11-20,9.90").exit_code == 0
    first, second = (union_identity("brand", name) for name in ("u-1", "u-2"))
    for identity in (first, second):
        told = Identified(identity.kind, identity.value)
        processed(deployment, own_event(told, identity.value, SUBJECT, NOON))

    assert deployment.told == []
    assert len(deployment.pending_events.first(second)) == 1


def test_an_order_of_a_known_follower_starts_a_journey_and_as_history_it_does_not(
    deployment: Deployment, folder: Path
) -> None:
    world = deployment.world
    world.entries = (JourneyEntry("thanks", "v1", Trigger("order.paid")),)
    for number, options in enumerate([("--history",), ()]):
        assert imported(folder, f",{OPENID},A-{number},2026-11-20,9.90", options=options).exit_code == 0
    for event in deployment.told:
        world.takes(event)

    assert [event.history for event in deployment.told] == [True, False]
    started = [start.run.journey for start in world.runs.started.values()]
    assert started.count("thanks") == 1


def test_a_thousand_rows_cost_forty_writes_and_as_many_reads_as_there_are_hundreds_of_people(
    deployment: Deployment, folder: Path
) -> None:
    lines = [f"{13800000000 + number},,A-{number},2026-01-02,9.90" for number in range(1_000)]
    calls: Counter[str] = Counter()
    with before_each_call(deployment.world, lambda **call: calls.update([call["operation"]])):
        assert imported(folder, *lines).exit_code == 0

    assert calls == {"BatchGetItem": 20, "BatchWriteItem": 40}


def test_rejected_rows_are_counted_by_reason_and_listed_in_a_file_that_quotes_no_person(
    deployment: Deployment, folder: Path
) -> None:
    lines = ["13800138000,,A-1,2026-01-02,9.90", "138****8000,,A-2,2026-01-02,9.90", "12,,A-3,2026-01-02,1"]
    result = imported(folder, *lines, "13800138001,,A-4,soon,1.50", options=("--json",))
    rejects = folder / "orders.csv.rejects.csv"

    assert result.exit_code == 1
    told = json.loads(result.stdout)
    numbers = {name: told[name] for name in ("rows", "imported", "rejected", "queued", "waiting")}
    assert numbers == {"rows": 4, "imported": 1, "rejected": 3, "queued": 0, "waiting": 1}
    assert told["rejects"] == str(rejects)
    assert sum(told["reasons"].values()) == 3
    text = rejects.read_text("utf-8")
    assert [line.split(",")[:3] for line in text.splitlines()] == [
        ["row", "lines", "key"],
        ["3", "3", "A-2"],
        ["4", "4", "A-3"],
        ["5", "5", "A-4"],
    ]
    assert "138" not in text + result.output.replace("orders", "")


@pytest.mark.parametrize(
    ("mapping", "options", "status", "message"),
    [
        ("source: Crm\nperson: {member: id}\n", (), 1, "map.yaml:1:9: `Crm` is not a valid `source`"),
        ("source: crm\nperson: {member: id, jd: jd}\n", (), 2, "give --at, the time of the export"),
        ("source: crm\nperson: {member: id, jd: jd}\n", ("--at", "soon"), 2, "--at: is not a time"),
        ("source: crm\nperson: {member: id, jd: jd}\n", ("--at", "2026-11-01"), 2, "has no column id, jd"),
    ],
)
def test_what_cannot_be_imported_says_why_and_writes_nothing(
    deployment: Deployment, folder: Path, mapping: str, options: tuple[str, ...], status: int, message: str
) -> None:
    (folder / "map.yaml").write_text(mapping, "utf-8")
    result = imported(folder, "1,2,3,4,5", options=options)

    assert result.exit_code == status
    assert message in result.output
    assert deployment.told == []
    assert not list(folder.glob("*.import.json"))


def test_a_name_that_is_no_mapping_names_the_one_that_was_meant(folder: Path) -> None:
    (folder / "orders.csv").write_text(HEADER)
    result = run("import", folder / "orders.csv", "--map", "tmal-orders")

    assert result.exit_code == 2
    assert "tmall-orders" in result.output


def test_a_dry_run_needs_no_deployment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEJOURNEY_STACK", raising=False)
    monkeypatch.chdir(folder)
    result = imported(folder, "13800138000,,A-1,2026-01-02,9.90", options=("--dry-run",))

    assert result.exit_code == 0
    assert "rows: 1; to import: 1; to reject: 0; nothing was written" in result.output
    assert sorted(file.name for file in folder.iterdir()) == ["map.yaml", "orders.csv"]


def test_attributes_are_those_that_the_brand_declares(deployment: Deployment, folder: Path) -> None:
    (folder / "infra").mkdir()
    declared = "attributes: {newsletter: yes_no, size: number, wedding: date}\n"
    (folder / "infra/profile.yaml").write_text(declared, "utf-8")
    changes = "{newsletter: phone, size: no, wedding: day}"
    rules = f"events: [{{profile: {{key: no, set: {changes}}}}}]"
    text = f"source: crm\nperson: {{openid: openid}}\nat: day\n{rules}"
    (folder / "map.yaml").write_text(text, "utf-8")
    lines = (f"是,{OPENID},52,2026/1/2,", f"maybe,{OPENID},53,2026/1/2,", f"no,{OPENID},big,2026/1/2,")
    result = imported(folder, *lines, options=("--root", str(folder)))

    assert result.exit_code == 1
    (event,) = deployment.told
    assert event.body == ProfileChanged({"newsletter": "true", "size": "52", "wedding": "2026-01-02"})
    (folder / "map.yaml").write_text(text.replace("size:", "sise:"), "utf-8")
    undeclared = imported(folder, *lines, options=("--root", str(folder)))
    assert undeclared.exit_code == 2
    assert "`sise`" in undeclared.output
    assert "size" in undeclared.output


class _Secrets:
    """A client of Secrets Manager with one secret, or without any."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - AWS's own name
        assert SecretId == "brand/keys/phones"
        if self._text is None:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": self._text}


@pytest.mark.parametrize("text", [None, "{}", "no JSON", '{"key": "short"}'])
def test_without_the_key_of_phone_numbers_nothing_is_imported(
    deployment: Deployment, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    target = Target("brand")
    monkeypatch.setattr(Target, "client", lambda _self, _service: _Secrets(text))
    monkeypatch.setattr(Deployment, "phone_key", property(lambda _self: target.phone_key))
    result = imported(folder, "13800138000,,A-1,2026-01-02,9.90")

    assert result.exit_code == 2
    assert "brand/keys/phones" in result.output
    assert deployment.told == []
    assert deployment.pending_events.first(PHONE) == []


def test_the_key_of_phone_numbers_is_the_deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "client", lambda _self, _service: _Secrets('{"key": "' + "k" * 32 + '"}'))

    assert Target("brand").phone_key == KEY
