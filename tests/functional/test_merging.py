"""Two people become one in the table: also when the worker is killed, and beside others who write."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, event, give_points
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.ports import action_ports
from tests.support.fakes.wechat import FakeWeChat
from tests.support.hazard import Hazard, Killed
from tests.support.kms import personal_data
from tests.support.one_person import (
    A_FAMILY,
    HAPPENINGS,
    LEE,
    MEI,
    PHONE,
    UNION,
    Happening,
    People,
    families_part,
    identified,
    private_values_of,
    told_of,
)
from tests.support.servers.dynamodb import TableStream, empty
from tests.support.world_snapshot import TABLES, WorldSnapshot
from wejourney.adapters.aws.table_stream import change_of
from wejourney.adapters.dynamo import follower_rows, follower_store
from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import RawItem, columns_of, partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.merges import Merges
from wejourney.adapters.dynamo.table import Table
from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent
from wejourney.events.positions import Position
from wejourney.journeys.action_types import AwardAction
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import LiveRun, OpenWait, Run
from wejourney.loyalty.balance import Balance
from wejourney.messaging.sending import Message, MessageStatus
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.people.merging import Flag
from wejourney.reasons import Finished
from wejourney.services.change_profile import Profiles

VIEWS = JourneyEntry("views", "v1", Trigger("mini_program", name="view"))
CARTS = JourneyEntry("carts", "v1", Trigger("mini_program", name="cart"))


def view(name: str) -> dict[str, Any]:
    return {"name": name}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(HAPPENINGS))
def test_any_order_of_identities_and_events_gives_the_same_people(
    tables: str, followers: FollowerStore, ledger: BooksStore, order: list[Happening]
) -> None:
    empty(tables, *TABLES)
    world = People(followers, ledger)
    world.all_happen(order)
    lee, mei = world.check(LEE), world.check(MEI)
    assert lee.person_id != mei.person_id
    told = {happening.event(number).id for number, happening in enumerate(order, 1) if not happening.points}
    known = {
        happening.event(order.index(happening) + 1).id for happening in world.known if not happening.points
    }
    assert known <= told
    assert _events_of(followers, lee) | _events_of(followers, mei) == known


def _rows(followers: FollowerStore, person_id: str) -> list[dict[str, Any]]:
    return [columns_of(item) for item in followers.table.query(partition(person_id))]


def _events_of(followers: FollowerStore, person: Follower) -> set[str]:
    rows = (row for row in _rows(followers, person.person_id) if row["sk"].startswith("EVENT#"))
    return {row["event"]["id"] for row in rows if row["event"]["kind"] != "merged"}


# --- two people with all that people can have ------------------------------------------------------


def two_people(followers: FollowerStore, ledger: BooksStore) -> People:
    """The first two contacts of Lee: each has a run of two journeys, one of them of the same, and more."""
    world = People(followers, ledger, entries=(VIEWS, CARTS))
    world.happens(Happening(LEE[0], "mini_program", view("view")))
    world.happens(Happening(LEE[1], "mini_program", view("cart")))
    world.happens(Happening(LEE[1], "mini_program", view("view")))
    for number, subject in enumerate(LEE[:2]):
        world.happens(Happening(subject, "tag", {"tag": f"of {subject.openid}"}))
        world.happens(Happening(subject, "points", points=10**number))
        for live in followers.read(subject.app_id, subject.openid).live_runs:
            person = world.of(subject)
            assert person is not None
            followers.open_wait(person, wait_of(live, f"token of {live.run_id}"))
        for told in private_values_of(subject):
            world.happens(told)
    world.all_happen(told_of(LEE[:2]))
    world.happens(identified(LEE[0], UNION[LEE[0]]))
    return world


def wait_of(live: LiveRun, token: str) -> OpenWait:
    run = {"journey": live.journey, "version": "v1", "last_position": "2026-11-22T04:00:00Z#"}
    return OpenWait(live.run_id, "3", NOON, token, run, name="style", question=Question({"a": ("a",)}))


SENT = MessageStatus.SENT


def message_of(live: LiveRun) -> Message:
    return Message(live.run_id, live.journey, "1", "custom", MessageStatus.RESERVED, {"text": "hi"}, NOON)


def _run_of(live: LiveRun, person: Follower) -> Run:
    return Run(live.run_id, live.journey, "v1", Position.at(NOON), person)


def _unmark(followers: FollowerStore, person_id: str) -> Callable[[], None]:
    """Take the mark of a merge away, for a worker that has read before it; returns what puts it back."""
    key = {"pk": partition(person_id), "sk": "FOLLOWER"}
    item = followers.table.get(key)
    assert item is not None
    into = item["merged_into"]["S"]
    followers.table.update(key, [Column("merged_into").remove()])
    return lambda: followers.table.update(key, [Column("merged_into").set(into)])


MERGE = identified(LEE[1], UNION[LEE[1]])


def check(world: People) -> Follower:
    person = world.check(LEE[:2])
    followers = world.followers
    state = followers.read(LEE[0].app_id, LEE[0].openid)
    assert sorted(run.journey for run in state.live_runs) == ["carts", "views"]
    assert {wait.run_id for wait in state.waits} == {run.run_id for run in state.live_runs}
    rows = _rows(followers, person.person_id)
    (merged,) = (row for row in rows if row["sk"].startswith("EVENT#") and row["event"]["kind"] == "merged")
    ends = [row["end"] for row in rows if row["sk"].startswith("RUN#") and "end" in row]
    assert [end["kind"] for end in ends] == ["merged"]
    younger = merged["event"]["fields"]["person"]
    assert [row["sk"] for row in _rows(followers, younger)] == ["FOLLOWER"], "only what leads on is left"
    assert world.ledger.books(younger).available == 0
    told = [
        row["event"]["fields"]["changes"] for row in rows if row.get("event", {}).get("kind") == "profile"
    ]
    opened = {personal_data(world.kms).open(person, changes["address"]) for changes in told}
    assert opened == {f"of {subject.openid}" for subject in LEE[:2]}, (
        "what either of them has told is readable"
    )
    return person


def killed_at_each_call(
    tables: str, start: Callable[[], People], happening: Happening, least: int = 10
) -> Iterator[tuple[People, InboundEvent]]:
    """What is left by a worker that is killed at each of its calls in turn, and at last not at all.

    There are at least so many calls: each is a place to be killed at.
    """
    place, killed = 0, True
    snapshot = WorldSnapshot(tables, start())
    while killed:
        world, killed = snapshot.restored(), False
        world.number += 1
        told = happening.event(world.number)
        try:
            with Hazard(place).in_dynamodb(world):  # type: ignore[arg-type]
                world.inbox()(told)
        except Killed:
            killed = True
            place += 1
        yield world, told
    assert place >= least


def younger_in_carts(world: People) -> tuple[Follower, LiveRun]:
    """The person who is to be merged, and their run of a journey that the older one is not in."""
    younger = world.of(LEE[1])
    assert younger is not None
    runs = world.followers.read(*_names(1)).live_runs
    return younger, next(run for run in runs if run.journey == "carts")


def test_all_that_is_on_record_of_the_younger_one_becomes_the_older_ones(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = two_people(followers, ledger)
    older, younger = world.of(LEE[0]), world.of(LEE[1])
    assert older is not None
    assert younger is not None
    before = {row["sk"] for one in (older, younger) for row in _rows(followers, one.person_id)}
    world.happens(MERGE)

    person = check(world)
    assert person.person_id == older.person_id
    assert before - {row["sk"] for row in _rows(followers, person.person_id)} == {
        sk
        for sk in before
        if sk.startswith("FOLLOWER#WAIT#") and sk.removeprefix("FOLLOWER#WAIT#") in _stopped(world)
    }
    assert len(world.runs.stopped) == 1


def _stopped(world: People) -> set[str]:
    return set(world.runs.stopped)


def test_killed_at_any_call_a_merge_is_completed_by_the_next_delivery(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    for world, merging in killed_at_each_call(tables, lambda: two_people(followers, ledger), MERGE):
        world.inbox()(merging)
        world.known.append(MERGE)
        check(world)


@pytest.mark.parametrize("reader", [0, 1])
def test_killed_at_any_call_a_merge_is_completed_by_whoever_reads_one_of_them(
    tables: str, followers: FollowerStore, ledger: BooksStore, reader: int
) -> None:
    for world, _ in killed_at_each_call(tables, lambda: two_people(followers, ledger), MERGE):
        with suppress(StaleFollowerError):
            world.of(LEE[reader])
        people = {person.person_id for subject in LEE[:2] if (person := world.of(subject)) is not None}
        assert len(people) in (1, 2)
        if len(people) == 1:
            check(world)


@pytest.mark.parametrize("leaves", [0, 1], ids=["the older one", "the younger one"])
def test_who_leaves_while_two_are_merged_takes_only_their_contact_along(
    tables: str, followers: FollowerStore, ledger: BooksStore, leaves: int
) -> None:
    left, stays = LEE[leaves], LEE[1 - leaves]
    for world, _ in killed_at_each_call(tables, lambda: two_people(followers, ledger), MERGE):
        world.number += 1
        at = NOON + timedelta(minutes=world.number)
        world.inbox()(replace(event("unsubscribe", at), subject=left))

        person = world.of(stays)
        assert person is not None
        assert world.of(left) is None
        assert [contact.subject for contact in person.contacts] == [stays]
        assert not person.merging
        # The tag is the person's, and names the openid in this test alone.
        assert f"'{left.openid}'" not in str(_everything(followers))


def _everything(followers: FollowerStore) -> list[dict[str, Any]]:
    items = followers.table.client.scan(TableName=followers.table.name)["Items"]
    return [columns_of(item) for item in items]


@pytest.mark.parametrize("leaves", [0, 1], ids=["the one who was merged", "the other one"])
def test_no_flag_names_somebody_who_was_erased(
    tables: str, followers: FollowerStore, ledger: BooksStore, leaves: int
) -> None:
    """Lee is flagged with Mei, then merged with somebody else; then one of the two is erased."""

    def flagged() -> People:
        world = two_people(followers, ledger)
        world.happens(identified(MEI[0], UNION[MEI[0]]))
        younger, mei = world.of(LEE[1]), world.of(MEI[0])
        assert younger is not None
        assert mei is not None
        followers.flag(Flag(younger.person_id, mei.person_id, IdentityKind.PHONE, NOON))
        return world

    for world, merging in killed_at_each_call(tables, flagged, MERGE):
        with suppress(StaleFollowerError):
            world.inbox()(merging)
        (flag,) = followers.flags()
        gone = (LEE[:2], MEI[:1])[leaves]
        for subject in gone:
            world.number += 1
            world.inbox()(
                replace(event("unsubscribe", NOON + timedelta(minutes=world.number)), subject=subject)
            )
        assert followers.flags() == []
        followers.settle(flag, merged=False)
        left = str(_everything(followers))
        assert not any(f"{name}'" in left for name in (("FLAGS",), (flag.person,))[leaves == 0])


def test_a_pair_is_flagged_once_also_after_a_human_has_said_that_they_are_two(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = two_people(followers, ledger)
    older, younger = world.of(LEE[0]), world.of(LEE[1])
    assert older is not None
    assert younger is not None
    flag = Flag(older.person_id, younger.person_id, IdentityKind.PHONE, NOON)

    assert followers.flag(flag)
    assert not followers.flag(flag)
    followers.settle(flag, merged=False)
    assert not followers.flag(replace(flag, at=NOON + timedelta(hours=1)))


def test_nobody_is_flagged_who_was_erased_or_merged_meanwhile(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = two_people(followers, ledger)
    older, younger = world.of(LEE[0]), world.of(LEE[1])
    assert older is not None
    assert younger is not None
    world.happens(MERGE)
    for one, other in ((older.person_id, younger.person_id), ("nobody", older.person_id)):
        with pytest.raises(StaleFollowerError):
            followers.flag(Flag(one, other, IdentityKind.PHONE, NOON))
    assert followers.flags() == []


def test_a_run_that_knows_the_younger_person_goes_on_with_the_older_one(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = two_people(followers, ledger)
    younger, cart = younger_in_carts(world)
    message = message_of(cart)
    followers.add_message(younger, younger.changed(), message)
    younger = replace(younger, rev=younger.rev + 1)
    world.happens(MERGE)

    person = world.of(LEE[0])
    assert person is not None
    again = followers.read_again(younger).follower
    assert again is not None
    assert (again.person_id, again.subject) == (person.person_id, LEE[1])
    followers.sent(younger, replace(message, status=MessageStatus.SENT))
    sent = followers.message(again, cart.run_id, "1")
    assert sent is not None
    assert sent.status is MessageStatus.SENT
    run = _run_of(cart, younger)
    closed = followers.close_wait(run, "3", NOON + timedelta(hours=1))
    assert closed.at == NOON + timedelta(hours=1)
    assert followers.end_run(younger.person_id, cart, Finished(), NOON)
    assert [one.journey for one in followers.read(*_names(0)).live_runs] == ["views"]


def _names(number: int) -> tuple[str, str]:
    return LEE[number].app_id, LEE[number].openid


def test_points_that_were_posted_before_a_merge_are_not_posted_again_by_a_retry_after_it(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = two_people(followers, ledger)
    younger, cart = younger_in_carts(world)
    run = _run_of(cart, younger)
    award = AwardAction("1", points=5, reason="cart")
    ports = action_ports(followers, ledger, FakeWeChat(), world.runs, FakeClock())
    profiles = Profiles(ports, frozenset())
    profiles.change(award, run)
    world.happens(MERGE)

    person = followers.read_again(younger).follower
    assert person is not None
    balance = ledger.books(person.person_id).available
    profiles.change(award, run)
    assert ledger.books(person.person_id).available == balance == 16


def test_points_that_are_posted_in_the_midst_of_a_merge_are_seen_after_it(
    followers: FollowerStore, ledger: BooksStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the balances are read after the row whose revision they are written on."""
    world = two_people(followers, ledger)
    move = BooksStore.move

    def moved_and_posted(self: BooksStore, younger: str, older: str, at: datetime) -> dict[str, Balance]:
        balances = move(self, younger, older, at)
        if ledger.posted("meanwhile") is None:
            give_points(ledger, "meanwhile", older, 10)
        return balances

    monkeypatch.setattr(BooksStore, "move", moved_and_posted)
    world.happens(MERGE)

    person = world.of(LEE[0])
    assert person is not None
    assert ledger.posted("meanwhile") is not None
    assert person.balances["points"] == ledger.books(person.person_id).balance


def test_three_people_become_one_in_any_order_of_two_workers(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    """A is merged into B while B is merged into C."""

    def three_people() -> People:
        world = People(followers, ledger)
        for subject in LEE:
            world.happens(Happening(subject, "mini_program", view("view")))
            world.happens(Happening(subject, "tag", {"tag": f"of {subject.openid}"}))
        world.happens(identified(LEE[1], UNION[LEE[1]]))
        return world

    last = identified(LEE[2], UNION[LEE[2]])
    for world, told in killed_at_each_call(tables, three_people, last, least=8):
        world.happens(identified(LEE[0], UNION[LEE[0]]))
        world.inbox()(told)
        person = world.check(LEE)
        events = [
            row["event"] for row in _rows(followers, person.person_id) if row["sk"].startswith("EVENT#")
        ]
        assert len([event for event in events if event["kind"] == "merged"]) == 2


def test_moved_rows_are_not_counted_again(
    followers: FollowerStore, ledger: BooksStore, stream: TableStream
) -> None:
    world = two_people(followers, ledger)
    before = _counts(stream)
    world.happens(MERGE)
    after = _counts(stream)
    assert before
    assert {count: number for count, number in after.items() if number} == MERGED_END


def _counts(stream: TableStream) -> dict[Any, int]:
    total: Counter[Any] = Counter()
    for record in (record for records in stream.records().values() for record in records):
        for counts in change_of(record).counts.values():
            for count, number in counts.items():
                total[count] += number
    return dict(total)


MERGED_END = {("ended", '{"kind": "merged"}'): 1}
"""One run has ended by the merge; no other is counted again, or taken for erased."""


def test_every_column_that_a_write_can_add_to_a_row_is_known_to_those_who_move_it() -> None:
    """Or a change that comes between the reading of a row and its move would be lost."""
    source = "".join(map(inspect.getsource, (follower_rows, follower_store)))
    added = set(re.findall(r'Column\("(\w+)"\)\.(?:set|add)', source))
    assert added >= {"end", "took", "over"}
    # The person's own row has its revision, and a flag is no row of a person.
    assert added - follower_rows.MAY_APPEAR == {"rev", "settled"}


LATE: dict[str, Callable[[FollowerStore, Follower, LiveRun], object]] = {
    "the end of a run": lambda store, person, run: store.end_run(person.person_id, run, Finished(), NOON),
    "a closed wait": lambda store, person, run: store.drop_wait(
        person, wait_of(run, f"token of {run.run_id}")
    ),
    "a timed out wait": lambda store, person, run: store.close_wait(_run_of(run, person), "3", NOON),
    "a sent message": lambda store, person, run: store.sent(person, replace(message_of(run), status=SENT)),
}


@pytest.mark.parametrize("write", LATE)
def test_what_is_written_between_the_reading_of_a_row_and_its_move_is_not_lost(
    followers: FollowerStore, ledger: BooksStore, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    world = two_people(followers, ledger)
    younger, cart = younger_in_carts(world)
    followers.add_message(younger, younger.changed(), message_of(cart))
    late = [lambda: LATE[write](followers, younger, cart)]
    read = Table.first_page

    def then_written(table: Table, pk: str) -> list[RawItem]:
        page = read(table, pk)
        if pk == partition(younger.person_id) and late:
            # As a worker that knew nothing of the merge, which has begun by now.
            with monkeypatch.context() as before:
                before.setattr(Merges, "finish", lambda *_: ())
                unmerged = _unmark(followers, younger.person_id)
                late.pop()()
                unmerged()
        return page

    monkeypatch.setattr(Table, "first_page", then_written)
    world.happens(MERGE)
    assert not late

    person = world.of(LEE[0])
    assert person is not None
    rows = {row["sk"]: row for row in _rows(followers, person.person_id)}
    run, wait, message = (
        rows.get(sk, {})
        for sk in (f"RUN#{cart.run_id}", f"FOLLOWER#WAIT#{cart.run_id}", f"MESSAGE#{cart.run_id}#1")
    )
    written = {
        "the end of a run": "end" in run and not wait,
        "a closed wait": wait.get("ended") is not None,
        "a timed out wait": wait.get("ended") == "unanswered",
        "a sent message": message["status"] == SENT,
    }
    assert written[write]


@pytest.mark.parametrize("is_settled", [True, False], ids=["told apart", "not looked at"])
def test_people_who_were_flagged_are_merged_by_a_human_alone(
    followers: FollowerStore,
    ledger: BooksStore,
    is_settled: bool,  # noqa: FBT001 - an example
) -> None:
    world = People(followers, ledger)
    families_part(world)
    flags = followers.flags()
    if is_settled:
        followers.settle(flags[0], merged=False)
    world.happens(identified(A_FAMILY[1][1], PHONE))
    one, other = world.of(A_FAMILY[0][1]), world.of(A_FAMILY[1][1])
    assert one is not None
    assert other is not None
    assert one.person_id != other.person_id
    assert followers.flags() == flags[is_settled:]
    for subject in (A_FAMILY[0][0], A_FAMILY[1][1]):
        world.happens(identified(subject, UNION[LEE[0]]))
    assert [flag.identity_kind for flag in followers.flags()][-1] is IdentityKind.UNION_ID, "who asks again"
