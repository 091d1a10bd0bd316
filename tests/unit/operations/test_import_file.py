"""An import that is interrupted anywhere and run again is one import, and so is a second import."""

import csv
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.pending_events import FakeIdentities, FakePendingEvents
from tests.unit.imports.rows_of import mapping_of, reader_of
from wejourney.events.event import Subject
from wejourney.events.event_types import Identified, OrderPaid, ProfileChanged
from wejourney.events.pending import PendingEvent
from wejourney.people.identities import Identity, IdentityKind, openid_identity
from wejourney.people.told_events import ToldEvents
from wejourney.services.deliver_events import Delivered, DeliverEvents
from wejourney.services.ports.pending_events import Pending
from workbench.imports.row_events import ImportedRow
from workbench.imports.values import text_of
from workbench.operations import import_file
from workbench.operations.import_file import ImportRun

MAPPING = """
source: shop
person: {member: member, phone: phone, openid: openid}
events: [{order.paid: {key: no, at: day, total: {column: sum, unit: yuan}, order: no}}]
"""
HEADER = "member,phone,openid,no,day,sum"
MEMBER = {name: Identity(IdentityKind.MEMBER, name) for name in ("anna", "bob", "eve")}
ANNA, BOB = Subject(APP_ID, "oAnna"), Subject(APP_ID, "oBob")


@dataclass
class World:
    """A file, and what is known of people."""

    folder: Path
    lines: list[str]
    identities: FakeIdentities = field(default_factory=FakeIdentities)
    pending: FakePendingEvents = field(default_factory=FakePendingEvents)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    calls: int = 0

    def run(self, *, fails_at: int | None = None, history: bool = False) -> ImportRun:
        """Import the file; `fails_at` is the delivery that does not return, after it is done."""
        file = self.folder / "rows.csv"
        file.write_text("\n".join([HEADER, *self.lines]), "utf-8")
        delivery = DeliverEvents(self.identities, self.pending, self.inbox, lambda: NOON, history=history)
        self.calls = 0

        def deliver(rows: Collection[ImportedRow]) -> Delivered:
            done = delivery(rows)
            if self.calls == fails_at:
                raise KeyboardInterrupt
            self.calls += 1
            return done

        run = ImportRun(
            file, reader_of(mapping_of(self.folder, MAPPING)), str(history), lambda why: why.in_words("en")
        )
        run.resume()
        run.deliver(deliver, lambda _: None)
        return run

    @property
    def effects(self) -> tuple[Any, ...]:
        """What has come of it; the same event twice is one."""
        queued = {event.id: event for event in self.inbox.told}
        return queued, self.pending.waiting

    @property
    def rejects(self) -> list[list[str]]:
        file = self.folder / "rows.csv.rejects.csv"
        return list(csv.reader(file.open(encoding="utf-8"))) if file.exists() else []


def order(
    number: int, member: str = "anna", total: str = "9.90", day: str = "2026-01-02", **more: str
) -> str:
    return f"{member},{more.get('phone', '')},{more.get('openid', '')},A-{number},{day},{total}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, [])


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "STEP", 4)
    monkeypatch.setattr(import_file, "_AT_ONCE", 2)
    monkeypatch.setattr(import_file, "_WORKERS", 1)


def test_rows_of_known_people_are_queued_and_those_of_others_wait(world: World) -> None:
    world.identities.contacts[MEMBER["anna"]] = ANNA
    world.lines = [order(1), order(2, "bob"), order(3)]
    done = world.run().progress

    assert [(event.subject, event.body) for event in world.inbox.told] == [
        (ANNA, OrderPaid(990, "A-1")),
        (ANNA, OrderPaid(990, "A-3")),
    ]
    assert [event.body for event in world.pending.first(MEMBER["bob"])] == [OrderPaid(990, "A-2")]
    assert (done.rows, done.imported, done.queued, done.waiting) == (3, 3, 2, 1)
    assert world.rejects == []
    assert not list(world.folder.glob("*.import.json*")), "a whole import leaves no checkpoint"


def test_private_values_of_people_who_are_not_known_do_not_wait(world: World) -> None:
    told = PendingEvent("f" * 32, NOON, ProfileChanged({"phone": "+8613800138000", "city": "Lyon"}))
    deliver = DeliverEvents(world.identities, world.pending, world.inbox, lambda: NOON)
    world.identities.contacts[MEMBER["anna"]] = ANNA
    deliver([ToldEvents((MEMBER[name],), (told,), NOON) for name in ("anna", "bob")])

    (waits,) = world.pending.first(MEMBER["bob"])
    assert waits.body == ProfileChanged({"city": "Lyon"})
    assert [event.body for event in world.inbox.told] == [told.body], "the inbox seals those of known people"


@pytest.mark.parametrize("history", [False, True])
def test_history_is_marked_as_such(world: World, history: bool) -> None:  # noqa: FBT001 - an example
    world.identities.contacts[MEMBER["anna"]] = ANNA
    world.lines = [order(1)]
    world.run(history=history)

    assert [event.history for event in world.inbox.told] == [history]


def test_an_openid_is_a_contact_that_becomes_known_by_the_import(world: World) -> None:
    world.lines = [order(1, "", openid="oAnna"), order(2, "anna", openid="oAnna")]
    world.run()
    identified = {
        (event.body.identity_kind, event.body.identity)
        for event in world.inbox.told
        if isinstance(event.body, Identified)
    }

    assert {event.subject for event in world.inbox.told} == {ANNA}
    assert identified == {("openid", f"{APP_ID}#oAnna"), ("member", "anna")}
    assert world.inbox.told[0].body == Identified("openid", openid_identity(APP_ID, "oAnna").value)
    assert world.pending.waiting == {}


def test_the_other_identities_of_a_known_person_are_told_unless_they_lead_there(world: World) -> None:
    world.lines = [order(1, "anna", phone="13800138000"), order(2, "bob", phone="13800138001")]
    row_1, row_2 = (reader_of(mapping_of(world.folder, MAPPING)).read(row) for row in _rows(world))
    world.identities.contacts = {MEMBER["anna"]: ANNA, row_1.identities[1]: ANNA, row_2.identities[1]: BOB}
    world.run()

    told = [(event.subject, event.body) for event in world.inbox.told]
    assert told == [
        (ANNA, OrderPaid(990, "A-1")),
        (BOB, Identified("member", "bob")),
        (BOB, OrderPaid(990, "A-2")),
    ]


def test_an_event_waits_for_each_identity_of_its_person_and_tells_the_others(world: World) -> None:
    world.lines = [order(1, "anna", phone="13800138000")]
    done = world.run().progress
    (member, phone) = world.pending.waiting

    assert (done.queued, done.waiting) == (0, 1)
    assert [type(event.body) for event in world.pending.first(member)] == [OrderPaid, Identified]
    for identity, other in ((member, phone), (phone, member)):
        bodies = [event.body for event in world.pending.first(identity)]
        assert Identified(other.kind, other.value) in bodies


def _rows(world: World) -> Any:
    from workbench.imports.rows import open_rows  # noqa: PLC0415 - see below

    file = world.folder / "rows.csv"
    file.write_text("\n".join([HEADER, *world.lines]), "utf-8")
    with open_rows(file, mapping_of(world.folder, MAPPING)) as opened:
        return list(opened.rows)


class _Meanwhile(FakePendingEvents):
    """Events are kept while their person appears, who looks for them just before."""

    def __init__(self, identities: FakeIdentities) -> None:
        super().__init__()
        self._identities = identities

    def keep(self, pending: Collection[Pending], now: Any) -> None:
        self._identities.contacts[MEMBER["anna"]] = ANNA
        super().keep(pending, now)


def test_an_event_whose_person_appears_while_it_is_kept_is_released(world: World) -> None:
    world.pending = _Meanwhile(world.identities)
    world.lines = [order(1)]
    world.run()

    assert [(event.subject, event.history) for event in world.inbox.told] == [(ANNA, True)]
    assert world.pending.first(MEMBER["anna"]) == []


LINES = [
    *(order(number, name) for number, name in enumerate(("anna", "bob", "eve", "bob", "anna"))),
    order(5, total="free"),
    *(order(number, "bob") for number in (6, 7)),
    order(8, member=""),
    *(order(number, "eve", phone="13800138000") for number in (9, 10)),
]


def test_interrupted_after_any_delivery_and_run_again_it_is_one_import(tmp_path: Path) -> None:
    def begun(name: str) -> World:
        folder = tmp_path / name
        folder.mkdir()
        return World(folder, list(LINES), FakeIdentities({MEMBER["anna"]: ANNA}))

    whole = begun("whole")
    whole_run = whole.run()
    assert whole.calls == 5
    assert [row[0] for row in whole.rejects] == ["row", "7", "10"]
    assert whole.rejects[1][:4] == ["7", "7", "A-5", "sum"]
    for first, second in product(range(5), range(4)):
        world = begun(f"{first}-{second}")
        for fails_at in (first, second):
            try:
                world.run(fails_at=fails_at)
            except KeyboardInterrupt:
                continue
        run = world.run()
        assert world.effects == whole.effects
        assert world.rejects == whole.rejects
        assert run.progress == whole_run.progress


def test_an_interrupted_import_goes_on_after_the_last_step_that_was_done(world: World) -> None:
    world.lines = list(LINES)
    with pytest.raises(KeyboardInterrupt):
        world.run(fails_at=3)
    stored = json.loads((world.folder / "rows.csv.import.json").read_text("utf-8"))
    world.run()

    assert stored["progress"]["row"] == 5
    assert "anna" not in json.dumps(stored)
    assert world.calls == 3


@pytest.mark.parametrize("change", ["file", "call", "checkpoint"])
def test_another_file_or_another_call_begins_anew(world: World, change: str) -> None:
    world.lines = list(LINES)
    with pytest.raises(KeyboardInterrupt):
        world.run(fails_at=3)
    if change == "file":
        world.lines[-1] = order(11)
    if change == "checkpoint":
        (world.folder / "rows.csv.import.json").write_text("{", "utf-8")
    run = world.run(history=change == "call")

    assert world.calls == 5
    assert run.progress.rows == len(LINES)
    assert [row[0] for row in world.rejects] == ["row", "7", "10"]


def test_a_file_that_is_imported_again_changes_nothing(world: World) -> None:
    world.identities.contacts[MEMBER["anna"]] = ANNA
    world.lines = list(LINES)
    world.run()
    effects = world.effects
    world.run()

    assert world.effects == effects


def test_two_rows_of_one_key_that_differ_are_not_one_event(world: World) -> None:
    world.lines = [order(1), order(1), order(1, total="1.00")]
    run = world.run()

    assert run.progress.rejected == 1
    assert world.rejects[1][:4] == ["4", "4", "A-1", ""]


@pytest.mark.parametrize("sign", "=+-@")
def test_no_spreadsheet_calculates_what_stands_in_the_rejects(world: World, sign: str) -> None:
    formula = f"{sign}HYPERLINK(1)"
    world.lines = [f"anna,,,{formula},2026-01-02,free"]
    world.run()
    assert world.rejects[1][2] == f"'{formula}"
    assert text_of(world.rejects[1][2]) == formula


def test_a_row_that_takes_several_lines_says_which(world: World) -> None:
    world.lines = [order(1), 'anna,,"o', 'ne",A-2,2026-01-02,free', order(3)]
    run = world.run()

    assert [row[:2] for row in world.rejects[1:]] == [["3", "3-4"]]
    assert run.progress.rows == 3


def test_however_many_rows_are_rejected_the_reasons_stay_few(world: World) -> None:
    """They are kept in the checkpoint."""
    world.lines = [f"anna,,,A-{number}{',' * (number % 7)}x" for number in range(30)]
    run = world.run()

    assert run.progress.rejected == 30
    assert len(run.progress.reasons) <= 3


def test_a_trial_writes_nothing(world: World) -> None:
    world.lines = list(LINES)
    _rows(world)
    before = set(world.folder.iterdir())
    run = ImportRun(
        world.folder / "rows.csv",
        reader_of(mapping_of(world.folder, MAPPING)),
        "",
        lambda why: why.in_words("en"),
    )
    seen: list[int] = []
    run.try_out(seen.append)

    assert (run.progress.rows, run.progress.rejected) == (11, 2)
    assert seen[-1] == (world.folder / "rows.csv").stat().st_size
    assert set(world.folder.iterdir()) == before
