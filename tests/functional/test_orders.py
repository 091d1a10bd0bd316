"""Paid orders on a real table: whose a refund is, for how long, and what an erasure leaves of it."""

from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.events import body
from tests.support.servers.dynamodb import client
from tests.support.world import World
from wejourney.adapters.dynamo.payments import order_store
from wejourney.adapters.dynamo.payments.open_orders import OpenOrderStore
from wejourney.errors import UnfinishedErasureError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import UNKNOWN, OtherEvent
from wejourney.events.mini_program_events import ORDER_CREATED
from wejourney.metrics import Metric
from wejourney.services.ports.orders import ORDER_KEPT, Order
from workbench.operations.timeline import timeline_of

MERCHANT = "1900000109"
MINI_PROGRAM = Subject("wx0000000000000001", "oMini")


def paid(order: str, by: Subject = SUBJECT, minutes: int = 5) -> InboundEvent:
    made = body("payment", total=100, order=order, merchant=MERCHANT)
    return own_event(made, order, by, NOON + timedelta(minutes=minutes))


def found(world: World, order: str) -> Order | None:
    return world.orders.find(MERCHANT, order)


def rows_with(url: str, *words: str) -> int:
    items = client(url).scan(TableName="FollowersTable")["Items"]
    return sum(any(word in str(item) for word in words) for item in items)


def test_the_order_of_a_follower_leads_to_them_and_expires(world: World, tables: str) -> None:
    world.takes(paid("A"))
    world.takes(paid("A"))

    assert found(world, "A") == Order(MERCHANT, "A", SUBJECT)
    assert found(world, "B") is None
    expires = {str(int((NOON + timedelta(minutes=5) + ORDER_KEPT).timestamp()))}
    items = [
        item for item in client(tables).scan(TableName="FollowersTable")["Items"] if "ORDER#" in str(item)
    ]
    assert {item["expires_at"]["N"] for item in items} == expires
    assert len(items) == 2


def test_an_order_that_is_announced_is_to_be_asked_for_once_whoever_announces_it(
    world: World, tables: str
) -> None:
    store = OpenOrderStore(world.followers.table)
    for subject in (SUBJECT, Subject(APP_ID, "oNobody")):
        created = body("mini_program", name=ORDER_CREATED, order="A", details={"merchant": MERCHANT})
        announced = own_event(created, "A", subject, NOON + timedelta(minutes=1))
        for _ in range(2):
            world.takes(announced)
    assert list(store.due(NOON + timedelta(minutes=5), 9)) == []
    assert [one.number for one in store.due(NOON + timedelta(minutes=6), 9)] == ["A"]


@pytest.mark.parametrize("payer", [MINI_PROGRAM, Subject(APP_ID, "oNobody")])
def test_a_payment_makes_its_payer_known_and_its_refund_finds_them(world: World, payer: Subject) -> None:
    """Also in an app that is no account here, such as a mini program; they do not follow."""
    rejected = world.meter.counts[Metric.EVENTS_REJECTED]
    world.takes(paid("A", payer))
    assert found(world, "A") == Order(MERCHANT, "A", payer)
    payment = world.followers.read(payer.app_id, payer.openid).follower
    assert payment is not None
    assert not payment.following

    refund = body("refund", total=1, order="A", merchant=MERCHANT)
    world.takes(own_event(refund, "R", payer, NOON + timedelta(minutes=6)))
    assert world.meter.counts[Metric.EVENTS_REJECTED] == rejected
    told = timeline_of(world.followers, payer.app_id, payer.openid)
    assert [row["event"]["kind"] for row in told if row["kind"] == "event"] == ["payment", "refund"]


def test_a_notice_of_another_kind_is_kept_once_under_the_merchant_and_expires(
    world: World, tables: str
) -> None:
    told = OtherEvent(UNKNOWN, {"event_type": "TRANSACTION.SUCCESS", "original_type": "profitsharing"})
    unknown = InboundEvent("0" * 32, Subject(APP_ID, MERCHANT), NOON, told)
    world.takes(unknown)
    world.takes(unknown)

    assert world.meter.counts[Metric.EVENTS_UNKNOWN] == 2
    items = client(tables).scan(TableName="FollowersTable")["Items"]
    (kept,) = (item for item in items if item["pk"]["S"] == f"NOBODY#{APP_ID}#{MERCHANT}")
    assert "profitsharing" in str(kept)
    assert "expires_at" in kept


@pytest.mark.parametrize("orders", [1, 3, 7])
def test_an_erasure_leaves_no_payer(
    world: World, tables: str, monkeypatch: pytest.MonkeyPatch, orders: int
) -> None:
    """More orders than are forgotten at once: the erasure goes on until all are."""
    monkeypatch.setattr(order_store, "_FORGOTTEN_AT_ONCE", 3)
    for number in range(orders):
        world.takes(paid(f"A{number}"))
    left, attempts = event("unsubscribe", NOON + timedelta(minutes=30)), 1
    while True:
        try:
            world.takes(left)
            break
        except UnfinishedErasureError:
            attempts += 1

    assert attempts == orders // 3 + 1
    assert {found(world, f"A{number}") for number in range(orders)} == {
        Order(MERCHANT, f"A{number}", None) for number in range(orders)
    }
    assert rows_with(tables, OPENID) == 0
    # A late delivery of a payment from before does not bring the payer back.
    world.takes(paid("A0"))
    assert rows_with(tables, OPENID) == 0
