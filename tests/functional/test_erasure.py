"""Whoever leaves is erased, at once and for good, whatever else is still under way."""

import io
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, erasure_of, event, own
from tests.support.events import RIGHT, body
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.runs import FakeRuns
from tests.support.hazard import Hazard, Killed
from tests.support.rows import text_of
from tests.support.servers.dynamodb import client
from tests.support.world import LISTEN, QUESTION, World, new_world, send
from tests.support.world_snapshot import WorldSnapshot
from wejourney.adapters.dynamo import follower_store
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.sealed_runs import SealedRuns, sealed
from wejourney.errors import FollowerGoneError, MalformedEventError, UnfinishedErasureError
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EVENT_TYPES, Source
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import AwaitAction, AwardAction, CloseAction, SetAction, TagAction
from wejourney.journeys.runs import Run
from wejourney.people.erasure import MARK_LASTS, RunKey
from wejourney.people.followers import WeChatUserInfo
from wejourney.people.identities import IdentityKind, union_identity
from wejourney.people.merging import Flag
from wejourney.reasons import RunEnd
from wejourney.services.process_event import ProcessEvent
from workbench.operations.set_profile import set_facts

TABLES = ("FollowersTable", "LedgerTable", "AccountsTable")
PRIVATE = (OPENID, "13800000000", "oUnion-of-them", "a private word", "Rue de la Paix", "1990-05-01")
"""What is known of the follower, and whoever finds it knows them."""


@pytest.fixture
def life(tables: str, followers: FollowerStore, ledger: BooksStore) -> World:
    """A follower in mid-journey, of whom as much is on record as can be."""
    assert tables
    world = World(followers, ledger)
    world.wechat.known = WeChatUserInfo(union_id="oUnion-of-them")
    world.hears("subscribe", opened_journey="welcome")
    world.says(after_minutes=1, Content="hello")
    world.clock.pass_(minutes=1)
    run = world.perform(
        world.run(),
        TagAction("1", add=("vip",)),
        SetAction("2", {"mobile": "13800000000", "street": "Rue de la Paix", "date.birthday": "1990-05-01"}),
        AwardAction("3", 50, "told us"),
        send("4"),
        # What a message follows is in its row: this is a row of its own, and so is a limit that has passed.
        TagAction("8", remove=("vip",)),
        CloseAction("9"),
    )
    world.perform(run, QUESTION, token="t-1")
    world.says(after_minutes=5, Content="a private word")
    world.perform(run, AwaitAction("7", pattern=EventPattern("scan")), token="t-2")
    world.hears("kf_close_session", after_minutes=6, KfAccount="kf2001@xyz")
    world.tells("payment", after_minutes=6.5, total=100, order="A-1", merchant="1900000109")
    world.tells("identified", after_minutes=6.5, identity_kind="union_id", identity="main#a second union id")
    return world


def stored(url: str) -> list[dict[str, Any]]:
    """All that is in any table."""
    found = [client(url).scan(TableName=table)["Items"] for table in TABLES]
    return [item for items in found for item in items]


def of_the_person(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What names the follower, or says something of them; the books know an id that leads to nobody."""

    def is_of_the_person(item: dict[str, Any]) -> bool:
        is_of_the_books = item["sk"]["S"].startswith(("BOOKS#", "TX#"))
        is_about_people = item["pk"]["S"].startswith(("PERSON#", "FLAGS")) and not is_of_the_books
        return is_about_people or any(word in text_of([item]) for word in PRIVATE)

    return list(filter(is_of_the_person, items))


def test_a_follower_in_mid_journey_has_rows_of_every_kind(life: World, tables: str) -> None:
    """So that the tests below cannot find nothing because there was nothing."""
    text = text_of(stored(tables))
    for word in PRIVATE:
        assert word in text
    assert {item["sk"]["S"].partition("#")[0] for item in of_the_person(stored(tables))} >= {
        *("FOLLOWER", "EVENT", "RUN", "MESSAGE", "UNANSWERED", "STEP", "ORDER", "PAYER", "FLAGGED"),
    }
    assert len(life.followers.flags()) == 1
    assert life.follower().following


@pytest.mark.parametrize(
    "how", ["unsubscribe", "user_authorization_revoke", "user_authorization_cancellation"]
)
def test_after_an_unfollow_in_mid_journey_no_table_holds_the_follower(
    life: World, tables: str, how: str
) -> None:
    person = life.follower().person_id
    sender = OPENID if how == "unsubscribe" else "gh_platform"
    life.takes(event(how, NOON + timedelta(minutes=7), openid=sender, OpenID=OPENID))

    items = stored(tables)
    assert of_the_person(items) == []
    # The books stay, under an id that leads to nobody; the mark is a hash, and expires by itself.
    # Of an order stays that it was paid, and not by whom.
    assert {item["pk"]["S"] for item in items if not item["pk"]["S"].startswith("ERASED#")} == {
        partition(person),
        "ORDER#1900000109#A-1",
    }
    (mark,) = (item for item in items if item["pk"]["S"].startswith("ERASED#"))
    assert set(mark) == {"pk", "sk", "at", "seen", "person_ids", "expires_at"}
    assert int(mark["expires_at"]["N"]) == int((life.clock.now() + MARK_LASTS).timestamp())
    assert list(life.runs.stopped) == [life.runs.first.run.id]


LATE = sorted(name for name, type_ in EVENT_TYPES.items() if type_.source is not Source.OWN)
SECONDS = (-3600, -1, 0, 1, 3600)


def late(kind: str, seconds: int) -> InboundEvent:
    """An event of this kind, that long after the unfollow."""
    at = NOON + timedelta(minutes=30, seconds=seconds)
    return InboundEvent(f"late {kind} {seconds}", SUBJECT, at, body(kind))


@pytest.mark.parametrize("seconds", SECONDS)
def test_a_late_event_does_not_recreate_an_erased_follower(life: World, tables: str, seconds: int) -> None:
    """Of every type: only what they themselves do afterwards makes them known again."""
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    for kind in LATE:
        by_themselves = EVENT_TYPES[kind].source is Source.ACT and EVENT_TYPES[kind].opens is not None
        if (seconds > 0 and by_themselves) or (seconds == 0 and kind == "follow"):
            continue
        life.takes(late(kind, seconds))
        assert of_the_person(stored(tables)) == [], kind
        assert life.followers.read(APP_ID, OPENID).follower is None
    assert len(life.runs.started) == 1


@pytest.mark.parametrize(
    "kind",
    sorted(
        name
        for name, type_ in EVENT_TYPES.items()
        if type_.source is Source.OWN and name not in ("payment", "mini_program", "booking.made")
    ),
)
def test_own_events_do_not_recreate_an_erased_follower(life: World, tables: str, kind: str) -> None:
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    life.takes(own(kind, **RIGHT[kind]))
    life.tells(kind, after_minutes=60, **RIGHT[kind])

    assert of_the_person(stored(tables)) == []
    assert life.followers.read(APP_ID, OPENID).follower is None


def test_a_redelivered_follow_from_before_the_erasure_starts_nothing(life: World, tables: str) -> None:
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    life.takes(event("subscribe"), "welcome")

    assert of_the_person(stored(tables)) == []
    assert len(life.runs.started) == 1


def test_in_the_second_of_the_erasure_a_new_follow_counts_and_a_redelivered_one_does_not(
    tables: str, followers: FollowerStore, ledger: BooksStore
) -> None:
    assert tables
    world = World(followers, ledger)
    world.takes(event("subscribe"), "welcome")
    world.takes(event("unsubscribe"))
    world.takes(event("subscribe"), "welcome")
    assert world.followers.read(APP_ID, OPENID).follower is None
    world.takes(event("subscribe", EventKey="qrscene_store-SH01"), "welcome")
    assert world.follower().following


def test_a_follower_who_returns_after_an_erasure_is_a_new_person(life: World, tables: str) -> None:
    before = life.follower().person_id
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    life.takes(event("subscribe", NOON + timedelta(minutes=31)), "welcome")
    for kind in LATE:
        life.takes(late(kind, -60))
    events = [item for item in stored(tables) if item["sk"]["S"].startswith("EVENT#")]
    assert [json.loads(item["event"]["S"])["kind"] for item in events] == ["follow"]
    life.takes(event("unsubscribe", NOON + timedelta(minutes=29)))
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))

    follower = life.follower()
    assert follower.person_id != before
    assert (follower.tags, follower.attributes, follower.points) == (frozenset(), {}, 0)
    assert follower.following


def test_an_unfollow_that_arrives_after_the_next_follow_erases_what_was_before(
    life: World, tables: str
) -> None:
    """The unfollow got our 503, and WeChat delivers it again after the follow that came 5 seconds later."""
    before = life.follower().person_id
    life.takes(event("subscribe", NOON + timedelta(minutes=31)), "welcome")
    assert life.follower().person_id == before
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))

    back = life.follower()
    assert back.person_id != before
    assert (back.following, back.followed_at) == (True, NOON + timedelta(minutes=31))
    assert (back.tags, back.attributes, back.dates, back.identities) == (frozenset(), {}, {}, frozenset())
    assert not any(word in text_of(stored(tables)) for word in PRIVATE[1:])
    assert list(life.runs.stopped) == [life.runs.first.run.id]
    life.takes(event("text", NOON + timedelta(minutes=29), Content="a private word"))
    assert not any(word in text_of(stored(tables)) for word in PRIVATE[1:])


def test_an_unfollow_in_the_same_second_as_the_follow_erases(life: World, tables: str) -> None:
    again = NOON + timedelta(minutes=30)
    life.takes(event("unsubscribe", again))
    life.takes(event("subscribe", again), "welcome")
    assert life.follower().following
    life.takes(event("unsubscribe", again, EventKey="another one"))

    assert of_the_person(stored(tables)) == []


def test_a_profile_set_after_an_erasure_rejects_older_events(life: World) -> None:
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    set_facts(life.followers, APP_ID, OPENID, {"city": "Paris"})
    life.takes(event("subscribe"), "welcome")
    life.says(after_minutes=5, Content="a private word")

    assert not life.follower().following
    assert len(life.runs.started) == 1
    life.takes(event("subscribe", NOON + timedelta(minutes=31)), "welcome")
    assert life.follower().following


def test_a_withdrawal_for_an_unknown_openid_is_counted(life: World) -> None:
    life.takes(event("user_authorization_revoke", NOON, openid="gh_platform", OpenID="oSomebodyElse"))
    life.takes(event("user_authorization_cancellation", NOON, openid="gh_platform", OpenID="oAnotherOne"))

    assert life.meter.counts["WithdrawalsUnmatched"] == 2
    assert life.follower().following


def test_a_withdrawal_that_names_nobody_erases_nobody_not_even_its_sender_and_is_counted(life: World) -> None:
    life.takes(event("user_authorization_cancellation", NOON))

    assert life.meter.counts["EventsUnknown"] == 1
    assert life.follower().following


def test_a_follow_ahead_of_the_clock_is_rejected(life: World, tables: str) -> None:
    """It would make every unfollow of theirs late for fifty years."""
    ahead = life.clock.now() + timedelta(days=50 * 365)
    process = processing(life, life.runs)
    with pytest.raises(MalformedEventError, match="ahead of the clock"):
        process(event("subscribe", ahead))
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))

    assert of_the_person(stored(tables)) == []


def test_events_about_the_account_create_no_follower_and_expire(life: World, tables: str) -> None:
    for kind in (
        "PUBLISHJOBFINISH",
        "wx_verify_pay_succ",
        "weapp_audit_success",
        "card_merchant_check_result",
    ):
        life.takes(event(kind, openid="oSomebodyOfThePlatform"))
    kept = [item for item in stored(tables) if "oSomebodyOfThePlatform" in item["pk"]["S"]]

    assert {item["sk"]["S"].partition("#")[0] for item in kept} == {"EVENT"}
    assert {int(item["expires_at"]["N"]) for item in kept} == {int((NOON + timedelta(days=30)).timestamp())}
    assert life.followers.read(APP_ID, "oSomebodyOfThePlatform").follower is None


# --- the erasure comes before everything else ---------------------------------------------------------


@dataclass
class StubbornRuns(FakeRuns):
    """An engine that does not stop anything for a while."""

    refuses: int = 10**9
    asked: list[str] = field(default_factory=list)

    def stop(self, run: RunKey, end: RunEnd) -> None:
        self.asked.append(run.run_id)
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("StopExecution: ThrottlingException")
        super().stop(run, end)


def processing(world: World, runs: Any) -> ProcessEvent:
    return ProcessEvent(
        FakeAccounts(),
        world.followers,
        world.orders,
        runs,
        world.wechat,
        world.clock,
        FakeMeter(),
        world.entries,
    )


def test_a_failing_engine_does_not_prevent_the_erasure(life: World, tables: str) -> None:
    runs = StubbornRuns(refuses=3)
    left = event("unsubscribe", NOON + timedelta(minutes=30))
    life.clock.pass_(hours=1)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            processing(life, runs)(left)
        assert of_the_person(stored(tables)) == []
    processing(life, runs)(left)
    processing(life, runs)(left)

    assert len(runs.asked) == 4, "the run is stopped once, when the engine is well again, and not again"
    assert list(runs.stopped) == [life.runs.first.run.id]


def deliver(process: ProcessEvent, happened: InboundEvent) -> int:
    """Deliver an event until it is applied; how often that is."""
    for delivery in range(1, 100):
        with suppress(UnfinishedErasureError):
            process(happened)
            return delivery
    raise AssertionError("it is never applied")


@pytest.mark.parametrize(("at_once", "comes_back"), [(10_000, False), (3, False), (3, True)])
def test_killed_at_any_call_an_erasure_is_completed_by_the_next_deliveries(
    tables: str,
    followers: FollowerStore,
    ledger: BooksStore,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
    comes_back: bool,  # noqa: FBT001 - pytest's parameter
) -> None:
    monkeypatch.setattr(follower_store, "ERASED_AT_ONCE", at_once)
    place = 0
    lived = new_world(followers, ledger)
    lived.perform(lived.run(), LISTEN, token="t-1")
    lived.tells("payment", after_minutes=2, total=100, order="A-1", merchant="1900000109")
    person = lived.follower().person_id
    lived.followers.flag(Flag(person, person, IdentityKind.UNION_ID, NOON))
    if comes_back:
        lived.takes(event("subscribe", NOON + timedelta(minutes=4)), "welcome")
    snapshot = WorldSnapshot(tables, lived)
    while True:
        world = snapshot.restored()
        hazard, runs = Hazard(place), FakeRuns()
        left = event("unsubscribe", NOON + timedelta(minutes=3))
        world.clock.pass_(minutes=3)
        killed = False
        try:
            with hazard.in_dynamodb(world):
                deliver(processing(world, hazard.around(runs)), left)
        except Killed:
            killed = True
        deliver(processing(world, runs), left)
        deliver(processing(world, runs), left)

        follower = world.followers.read(APP_ID, OPENID).follower
        if comes_back:
            assert follower is not None
            assert (follower.following, follower.person_id == person) == (True, False)
        left_over = {item["sk"]["S"] for item in of_the_person(stored(tables))}
        assert left_over == ({"FOLLOWER"} if comes_back else set())
        assert list(runs.stopped) == [world.runs.first.run.id]
        (mark,) = (item for item in stored(tables) if item["pk"]["S"].startswith("ERASED#"))
        assert set(mark) == {"pk", "sk", "at", "seen", "person_ids", "expires_at"}, (
            "the mark holds nothing of them any more"
        )
        if not killed:
            break
        place += 1

    assert place >= 8, "every call of the erasure was a place to be killed at"


def test_after_half_an_erasure_a_new_follow_deletes_the_rest_before_it_counts(
    life: World, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unfollow became a dead letter with rows left."""
    monkeypatch.setattr(follower_store, "ERASED_AT_ONCE", 3)
    life.clock.pass_(hours=1)
    process = processing(life, life.runs)
    with pytest.raises(UnfinishedErasureError):
        process(event("unsubscribe", NOON + timedelta(minutes=30)))
    assert of_the_person(stored(tables)) != []

    assert deliver(process, event("subscribe", NOON + timedelta(minutes=31))) > 1
    assert not any(word in text_of(stored(tables)) for word in ("13800000000", "a private word"))
    assert life.follower().following
    deliver(process, event("unsubscribe", NOON + timedelta(minutes=30)))
    assert life.follower().following
    assert life.runs.first.run.id in life.runs.stopped


def test_who_leaves_again_before_an_erasure_is_complete_is_gone(
    life: World, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_store, "ERASED_AT_ONCE", 3)
    life.clock.pass_(hours=1)
    life.takes(event("subscribe", NOON + timedelta(minutes=31)))
    process = processing(life, life.runs)
    with pytest.raises(UnfinishedErasureError):
        process(event("unsubscribe", NOON + timedelta(minutes=30)))
    deliver(process, event("unsubscribe", NOON + timedelta(minutes=32)))

    assert of_the_person(stored(tables)) == []


class PartitionOf:
    """A client with this many rows in one partition; it counts the calls."""

    def __init__(self, rows: int) -> None:
        self.keys = {f"EVENT#{number:06}" for number in range(rows)}
        self.calls: Counter[str] = Counter()

    def get_item(self, **_: Any) -> Any:
        self.calls["get"] += 1
        return {}

    def query(self, Limit: int = 1_000, **asked: Any) -> Any:  # noqa: N803 - DynamoDB's own name
        self.calls["query"] += 1
        if "PERSON#person-1" not in str(asked) or "FLAGGED#" in str(asked):
            return {"Items": []}
        page = sorted(self.keys)[: min(Limit, 2_400)]
        return {"Items": [{"pk": {"S": "p"}, "sk": {"S": key}} for key in page]}

    def batch_write_item(self, RequestItems: Any) -> None:  # noqa: N803 - DynamoDB's own name
        self.calls["write"] += 1
        self.keys -= {write["DeleteRequest"]["Key"]["sk"]["S"] for write in RequestItems["followers"]}


def test_a_hundred_thousand_rows_are_deleted_in_pieces_of_bounded_size() -> None:
    client = PartitionOf(100_000)
    store = FollowerStore(Table("followers", client))
    pieces = []
    while not store.erase(SUBJECT, erasure_of(*["person-1"])):
        pieces.append(dict(client.calls))
        client.calls.clear()
    assert (len(pieces), client.keys) == (8, set())
    assert max(sum(calls.values()) for calls in pieces) <= 500


# --- what travels with a run ---------------------------------------------------------------------------

TRAVELS = {
    *("app_id", "openid", "person_id", "rev", "following", "followed_at", "source", "scene", "language"),
    *("contact_id", "lots"),
    *(
        "time_zone",
        "tags",
        "customer",
        "member",
        "points",
        "balances",
        "tier",
        "segments",
        "attributes",
        "dates",
    ),
    *("unreachable", "windows", "account_language"),
}


def test_a_new_field_of_a_follower_does_not_travel_with_a_run(life: World) -> None:
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    life.takes(event("subscribe", NOON + timedelta(minutes=31)), "welcome")
    *_, start = life.runs.started.values()
    carried = start.run.to_dict()

    assert set(carried["follower"]) == TRAVELS
    assert start.run.follower.identities == {union_identity("main", "oUnion-of-them")}
    assert start.run.follower.erased_at is not None
    assert "oUnion-of-them" not in json.dumps(carried)
    assert not Run.from_dict(carried).follower.identities


def test_what_executions_hold_can_be_read_by_nobody_after_an_erasure(life: World) -> None:
    runs, data = SealedRuns(life.followers), sealed(life.run())
    assert runs.read(data)["follower"]["openid"] == OPENID
    assert not any(word in json.dumps(data, ensure_ascii=False) for word in PRIVATE)

    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))

    with pytest.raises(FollowerGoneError):
        runs.read(data)


def test_a_task_of_an_erased_follower_writes_nothing(life: World, tables: str) -> None:
    run = life.run()
    life.takes(event("unsubscribe", NOON + timedelta(minutes=30)))
    works: list[Callable[[], object]] = [
        lambda: life.perform(run, send("9")),
        lambda: life.perform(run, TagAction("10", add=("x",))),
        lambda: life.perform(run, SetAction("11", {"city": "Paris"})),
        lambda: life.perform(run, AwardAction("12", 5, "x")),
        lambda: life.perform(run, QUESTION, token="t-9"),
    ]
    for work in works:
        with pytest.raises(FollowerGoneError):
            work()
    assert of_the_person(stored(tables)) == []


def test_nothing_of_an_erasure_is_logged(life: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.process_inbox import app  # noqa: PLC0415 - a function is loaded where it is tested

    log = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    monkeypatch.setattr(app, "process_event", lambda: processing(life, life.runs))
    left = event("unsubscribe", NOON)
    body = json.dumps({"event": left.to_dict(), "opening": None})
    attributes = {"MessageGroupId": "g", "ApproximateReceiveCount": "1", "SequenceNumber": "1"}
    assert app._applied({"body": body, "attributes": attributes}, "g", LambdaContext())

    assert "event processed" in log.getvalue()
    assert not any(word in log.getvalue() for word in PRIVATE)
