"""What notices did not tell: from the trade bill and from queries, and never a second effect."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.sandbox.fake_wechat.merchant import payment, refund
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.pay_world import PayWorld
from tests.support.servers.pay_notices import MERCHANT, PAID, REFUNDED, SELLER, notice
from wejourney.errors import MissingSettingError
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import EventBody, MiniProgramEvent, Paid
from wejourney.services.payments import import_trade_bills
from wejourney.services.payments.import_trade_bills import LOOKS_BACK
from wejourney.services.payments.sweep_orders import MOST_AT_ONCE
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.ports.merchants import PayRefusedError, PayUnavailableError
from wejourney.services.ports.open_orders import ASKED_AFTER, OpenOrder, announced_by
from wejourney.services.ports.orders import Order
from wejourney.services.ports.payments import BillProgress

AFTER_TEN = NOON + timedelta(days=1)
TILL = payment(SELLER.id, APP_ID, OPENID, "T-1", 500, NOON, "MICROPAY")
SHOP = payment(SELLER.id, APP_ID, "oShopper", "S-1", 9900, NOON + timedelta(minutes=1))
BACK = refund(SHOP, "R-1", 4000, NOON + timedelta(minutes=2))


def a_day() -> PayWorld:
    """The day after one with a payment at a till, one in the shop, and a refund of that."""
    world = PayWorld(AFTER_TEN)
    world.books.paid |= {"T-1": TILL, "S-1": SHOP}
    world.books.refunds["R-1"] = BACK
    return world


def kinds(world: PayWorld) -> list[str]:
    return [event.kind for event in world.queued]


# --- the trade bill --------------------------------------------------------------------------------


def test_a_bill_brings_what_no_notice_told_payments_first() -> None:
    world = a_day()
    world.imports()
    assert kinds(world) == ["payment", "payment", "refund"]
    assert {event.subject for event in world.queued} == {Subject(APP_ID, OPENID), Subject(APP_ID, "oShopper")}
    assert "22: 3" in world.seen


def test_a_bill_is_imported_once_and_days_without_trade_are_not_asked_for_again() -> None:
    world = a_day()
    world.imports()
    asked, queued = len(world.asked), len(world.queued)
    assert asked == LOOKS_BACK
    world.imports()
    assert (len(world.asked), len(world.queued)) == (asked, queued)


def test_a_bill_that_is_not_there_yet_is_asked_for_again_and_one_of_days_ago_is_not() -> None:
    """WeChat Pay's answer for a day without trade may also mean that the bill is not made yet."""
    world = PayWorld(AFTER_TEN)
    world.imports()
    world.books.paid["T-1"] = TILL
    world.imports()
    assert kinds(world) == ["payment"]
    assert len(world.asked) == LOOKS_BACK + 1


def test_a_bill_that_is_imported_again_has_no_second_effect() -> None:
    world = a_day()
    world.imports()
    before = world.effects
    world.bills.saved.clear()
    world.imports()
    assert world.effects == before
    world.processes()
    world.bills.saved.clear()
    world.queued.clear()
    world.imports()
    assert kinds(world) == ["refund"]
    assert set(world.effects) <= set(before)


def test_a_payment_that_a_notice_told_and_that_is_processed_is_not_queued_again() -> None:
    world = a_day()
    world.now = NOON + timedelta(minutes=1)
    world.hears(notice(SHOP, at=world.now))
    world.processes()
    world.now = AFTER_TEN
    world.imports()
    assert [event.subject.openid for event in world.queued if event.kind == "payment"] == ["oShopper", OPENID]


def test_the_bill_is_not_asked_for_before_ten_in_beijing() -> None:
    world = a_day()
    world.now = NOON.replace(hour=1, minute=59) + timedelta(days=1)
    assert f"{world.now:%H:%M}" == "01:59"
    world.imports()
    assert max(day for _, _, day in world.asked) == "2026-11-21"
    world.now += timedelta(minutes=1)
    world.imports()
    assert max(day for _, _, day in world.asked) == "2026-11-22"


def test_a_bill_that_takes_longer_is_fetched_later_and_told_only_after_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_day()
    monkeypatch.setattr(import_trade_bills, "READY", timedelta(hours=9))
    world.now = NOON.replace(hour=1, minute=30) + timedelta(days=1)
    world.imports()
    assert (world.queued, [line for line in world.seen if "Bill" in line]) == ([], [])
    world.now = AFTER_TEN
    world.imports()
    assert len(world.queued) == 3


def test_an_import_stops_in_time_and_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_trade_bills, "SAVED_EVERY", 2)
    world = PayWorld(AFTER_TEN)
    for number in range(5):
        order = f"A-{number}"
        world.books.paid[order] = payment(SELLER.id, APP_ID, f"o{number}", order, 1, NOON, "MICROPAY")
    times = iter([True] * LOOKS_BACK + [False])
    world.imports(lambda: next(times, False))
    assert len(world.queued) == 2
    assert world.bills.progress(SELLER.id, NOON.date()) == BillProgress(2)
    world.imports()
    assert len(world.queued) == len(world.effects) == 5


@pytest.mark.parametrize("fails", range(1, 4))
def test_an_import_that_broke_off_is_completed_by_the_next(fails: int) -> None:
    whole = a_day()
    whole.imports()
    world = a_day()
    for _ in range(fails):
        world.fails = 1
        with pytest.raises(InboxUnavailableError):
            world.imports()
    world.imports()
    assert world.effects == whole.effects


def test_a_merchant_that_cannot_be_asked_does_not_hold_up_the_others() -> None:
    class World(PayWorld):
        def get(self, merchant_id: str) -> Any:
            if merchant_id == "1900000001":
                raise MissingSettingError("api_v3_key", "the secret")
            return super().get(merchant_id)

    world = World(AFTER_TEN, books=a_day().books, merchants={})
    world.adds("1900000001")
    world.adds("1900000002", request_key=None)
    world.adds("1900000003")
    world.merchants[SELLER.id] = MERCHANT
    world.imports()
    assert len(world.queued) == 3
    assert {asked[0] for asked in world.asked} == {"1900000003", SELLER.id}
    assert "1900000001: MissingSettingError" in world.seen


def test_a_failure_of_wechat_pay_is_told_and_tried_again() -> None:
    world = a_day()
    world.error = PayUnavailableError("502")
    world.imports()
    assert set(world.seen) == {f"{SELLER.id}: PayUnavailableError"}
    world.error = None
    world.imports()
    assert len(world.queued) == 3


def test_a_bill_that_is_cut_short_is_told_and_imported_when_it_is_whole() -> None:
    world = a_day()
    world.files[NOON.date()] = world.books.bill(NOON.date()).partition("总交易单数")[0]
    world.imports()
    assert f"{SELLER.id}: UnreadableBillError" in world.seen
    world.files.clear()
    world.imports()
    assert len(world.effects) == 3


def test_odd_rows_and_amounts_that_differ_from_a_notice_are_told() -> None:
    world = a_day()
    world.now = NOON + timedelta(minutes=1)
    world.hears(notice(SHOP, at=world.now))
    world.now = AFTER_TEN
    bill = world.books.bill(NOON.date()).replace("`99.00", "`98.00")
    world.files[NOON.date()] = bill.replace("总交易单数", "`odd\r\n总交易单数")
    world.imports()
    assert "9900 by notice, 9800 by bill" in world.seen
    assert [line for line in world.seen if line.startswith("line ")] == ["line 5: "]


def test_a_refund_of_an_order_whose_payer_was_erased_is_of_nobody() -> None:
    world = a_day()
    world.orders.keep(Order(SELLER.id, "S-1", None), None, NOON)
    world.imports()
    assert kinds(world) == ["payment"]
    assert "rejected" in world.seen


def test_a_refund_that_is_under_way_is_asked_for_until_it_succeeds() -> None:
    world = a_day()
    bill = world.books.bill(NOON.date())
    world.files[NOON.date()] = bill.replace("`ORIGINAL,`SUCCESS", "`ORIGINAL,`PROCESSING")
    world.books.refunds["R-1"] = {**BACK, "refund_status": "PROCESSING"}
    world.imports()
    world.processes()
    (pending,) = world.open_orders.rows
    assert (pending.kind, pending.number) == ("refund", "R-1")

    world.now = pending.due
    world.sweeps()
    assert "refund" not in kinds(world)
    world.books.refunds["R-1"] = BACK
    world.now += timedelta(days=1)
    world.sweeps()
    assert kinds(world)[-1] == "refund"
    assert world.queued[-1].subject.openid == "oShopper"
    assert world.open_orders.rows == set()


@pytest.mark.parametrize(("days", "history"), [(1, False), (2, False), (3, True), (6, True)])
def test_bills_of_earlier_days_are_history_which_starts_no_journey(days: int, *, history: bool) -> None:
    """A merchant that is added brings the bills of a week: nobody is thanked for what they bought in it."""
    world = a_day()
    world.now = NOON + timedelta(days=days) - (timedelta(seconds=1) if days == 2 else timedelta())
    world.imports()
    assert [event.history for event in world.queued] == [history] * 3


# --- the sweep -------------------------------------------------------------------------------------


def announced(world: PayWorld, number: str, merchant: str = "") -> None:
    world.open_orders.open(OpenOrder.begin("order", merchant, number, NOON))


def sweep_at(world: PayWorld, after: timedelta) -> None:
    world.now = NOON + after
    world.sweeps()


@pytest.mark.parametrize(
    ("body", "merchant"),
    [
        (MiniProgramEvent("order.created", "A-1"), ""),
        (MiniProgramEvent("order.created", "A-1", details={"merchant": SELLER.id}), SELLER.id),
        (MiniProgramEvent("order.created", "A-1", details={"merchant": "x#1"}), ""),
        (MiniProgramEvent("order.created", "门店" * 128), None),
        (MiniProgramEvent("order.created", "A" * 65), None),
        (MiniProgramEvent("order.created"), None),
        (MiniProgramEvent("cart.left", "A-1"), None),
        (Paid(1, "A-1"), None),
    ],
)
def test_an_order_is_announced_by_the_event_that_says_so(body: EventBody, merchant: str | None) -> None:
    expected = (
        OpenOrder("order", merchant, "A-1", NOON, NOON + timedelta(minutes=5))
        if merchant is not None
        else None
    )
    assert announced_by(own_event(body, "1", Subject(APP_ID, OPENID), NOON)) == expected


def test_a_refund_that_is_asked_for_before_its_payment_is_known_waits_for_that() -> None:
    world = PayWorld()
    world.books.paid[PAID["out_trade_no"]] = PAID
    world.books.refunds["R-1"] = REFUNDED
    world.open_orders.open(OpenOrder.begin("refund", SELLER.id, "R-1", NOON))
    sweep_at(world, ASKED_AFTER["refund"][0])
    assert (world.queued, world.reports.told) == ([], {})

    world.orders.keep(Order(SELLER.id, PAID["out_trade_no"], SUBJECT), "person", NOON)
    sweep_at(world, ASKED_AFTER["refund"][1])
    assert [(event.kind, event.subject) for event in world.queued] == [("refund", SUBJECT)]
    assert list(world.open_orders.due(world.now + timedelta(days=30), 9)) == []


@pytest.mark.parametrize("others", ["NOTPAY", "CLOSED"])
def test_an_order_without_a_merchant_is_looked_for_at_all_of_them(others: str) -> None:
    """Two merchants may have the same number for two orders: one that is not paid hides no other."""
    for mine in ("1000000001", "1999999999"):
        world = PayWorld()
        world.adds(mine)
        world.merchants = dict(sorted(world.merchants.items()))
        world.books.paid["N-1"] = payment(SELLER.id, APP_ID, OPENID, "N-1", 500, NOON)
        world.elsewhere = {"N-1": {"trade_state": others}}
        world.open_orders.open(OpenOrder.begin("order", "", "N-1", NOON))
        sweep_at(world, ASKED_AFTER["order"][0])
        assert kinds(world) == ["payment"]


@pytest.mark.capability(row="C11")
@pytest.mark.parametrize("error", [PayUnavailableError("502"), PayRefusedError(401, "SIGN_ERROR")])
def test_a_merchant_that_cannot_be_asked_hides_no_order_of_another(error: PayUnavailableError) -> None:
    world = PayWorld()
    world.adds("1000000001")
    world.merchants = dict(sorted(world.merchants.items()))
    world.books.paid["N-1"] = payment(SELLER.id, APP_ID, OPENID, "N-1", 500, NOON)
    world.errors["1000000001"] = error
    world.open_orders.open(OpenOrder.begin("order", "", "N-1", NOON))
    sweep_at(world, ASKED_AFTER["order"][0])
    assert kinds(world) == ["payment"]
    assert world.seen[0] == f"1000000001: {type(error).__name__}"


@pytest.mark.parametrize(("status", "code"), [(401, "SIGN_ERROR"), (429, "RATELIMIT_EXCEEDED")])
def test_an_order_is_not_given_up_while_our_key_is_not_taken_or_too_much_is_asked(
    status: int, code: str
) -> None:
    world = PayWorld(error=PayRefusedError(status, code))
    world.open_orders.open(OpenOrder.begin("order", SELLER.id, "N-1", NOON))
    for hours in range(1, 30):
        sweep_at(world, timedelta(hours=hours))
    world.error = None
    world.books.paid["N-1"] = payment(SELLER.id, APP_ID, OPENID, "N-1", 500, NOON)
    sweep_at(world, timedelta(hours=31))
    assert kinds(world) == ["payment"]


def test_an_order_whose_notice_was_lost_is_found_by_the_sweep() -> None:
    world = a_day()
    announced(world, "S-1")
    sweep_at(world, timedelta(minutes=4))
    assert world.asked == []
    sweep_at(world, timedelta(minutes=5))
    assert [(event.kind, event.at) for event in world.queued] == [("payment", NOON + timedelta(minutes=1))]
    assert world.open_orders.rows == set()


def test_an_order_that_is_known_is_not_asked_for() -> None:
    world = a_day()
    world.orders.keep(Order(SELLER.id, "S-1", None), None, NOON)
    announced(world, "S-1")
    sweep_at(world, timedelta(hours=1))
    assert (world.asked, world.open_orders.rows) == ([], set())


@pytest.mark.parametrize("state", [None, "NOTPAY", "USERPAYING"])
def test_an_order_that_is_not_paid_is_asked_for_three_times_and_given_up(state: str | None) -> None:
    world = PayWorld()
    if state is not None:
        world.books.paid["S-1"] = {**SHOP, "trade_state": state}
    announced(world, "S-1")
    times = ASKED_AFTER["order"]
    for number, after in enumerate(times, 1):
        sweep_at(world, after - timedelta(seconds=1))
        assert len(world.asked) == number - 1
        sweep_at(world, after)
        assert len(world.asked) == number
    sweep_at(world, timedelta(days=1))
    assert (len(world.asked), world.open_orders.rows, world.queued) == (len(times), set(), [])


@pytest.mark.parametrize("state", ["CLOSED", "REVOKED", "PAYERROR"])
def test_an_order_that_is_over_is_closed_at_once(state: str) -> None:
    world = PayWorld()
    world.books.paid["S-1"] = {**SHOP, "trade_state": state}
    announced(world, "S-1")
    sweep_at(world, timedelta(minutes=5))
    assert (world.open_orders.rows, world.queued) == (set(), [])


def test_without_a_merchant_all_are_asked_and_with_one_only_that() -> None:
    world = a_day()
    world.merchants = {}
    world.adds("1900000001")
    world.merchants[SELLER.id] = MERCHANT
    world.adds("1900000003", request_key=None)
    announced(world, "S-1")
    announced(world, "never", SELLER.id)
    sweep_at(world, timedelta(minutes=5))
    assert world.asked == [
        ("1900000001", "1900000001", "S-1"),
        (SELLER.id, SELLER.id, "S-1"),
        (SELLER.id, SELLER.id, "never"),
    ]


def test_an_order_of_a_sub_merchant_is_asked_for_at_whoever_sells_for_it() -> None:
    world = PayWorld()
    announced(world, "S-1", "1900000999")
    sweep_at(world, timedelta(minutes=5))
    assert world.asked == [(SELLER.id, "1900000999", "S-1")]


def test_an_order_of_a_merchant_that_cannot_be_asked_is_not_asked_for_at_another() -> None:
    world = PayWorld()
    world.adds("1900000001", request_key=None)
    announced(world, "S-1", "1900000001")
    for after in ASKED_AFTER["order"]:
        sweep_at(world, after)
    assert (world.asked, world.open_orders.rows) == ([], set())


@pytest.mark.parametrize(("merchant", "told"), [(SELLER.id, True), ("1900000999", False)])
def test_what_wechat_pay_refuses_is_not_asked_for_ever(merchant: str, *, told: bool) -> None:
    world = PayWorld(error=PayRefusedError(403, "NO_AUTH"))
    announced(world, "S-1", merchant)
    for hours in range(12):
        sweep_at(world, timedelta(hours=hours))
    assert (len(world.asked), world.open_orders.rows) == (len(ASKED_AFTER["order"]), set())
    assert set(world.seen) == ({f"{SELLER.id}: PayRefusedError"} if told else set())


def test_while_wechat_pay_does_not_answer_no_try_is_lost() -> None:
    world = a_day()
    world.error = PayUnavailableError("502")
    announced(world, "S-1")
    for hours in range(1, 6):
        sweep_at(world, timedelta(hours=hours))
    assert len(world.asked) == 5
    world.error = None
    sweep_at(world, timedelta(hours=6))
    assert kinds(world) == ["payment"]
    assert world.open_orders.rows == set()


def test_what_is_never_answered_is_given_up() -> None:
    world = PayWorld(error=PayUnavailableError("502"))
    announced(world, "S-1")
    sweep_at(world, timedelta(days=9))
    assert world.open_orders.rows == set()


def test_a_sweep_is_bounded_by_number_and_time() -> None:
    world = PayWorld()
    for number in range(MOST_AT_ONCE + 5):
        announced(world, f"A-{number}")
    times = iter([True, True, False])
    world.now = NOON + timedelta(minutes=5)
    world.sweeps(lambda: next(times))
    assert len(world.asked) == 2
    world.sweeps()
    assert len(world.asked) == 2 + MOST_AT_ONCE


def test_a_sweep_that_broke_off_leaves_the_order_open() -> None:
    world = a_day()
    announced(world, "S-1")
    world.fails = 1
    with pytest.raises(InboxUnavailableError):
        sweep_at(world, timedelta(minutes=5))
    # A notice that comes now leaves it to the sweep, which told of the payment first.
    assert world.hears(notice(SHOP, at=world.now)).status == 200
    assert world.queued == []
    sweep_at(world, timedelta(minutes=10))
    assert len(world.effects) == len(world.queued) == 1


# --- one payment, one effect -----------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["notice", "notice of the refund", "query", "bill", "process"]),
        st.booleans(),
        st.sampled_from([-1, 0, 1]),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=100)
@given(steps=STEPS)
def test_in_any_order_with_any_failures_each_payment_is_one_event(
    steps: list[tuple[str, bool, int]],
) -> None:
    """Sources tell of one moment by clocks that differ; what fails is tried again in the end."""
    world = a_day()
    shop, back = SHOP, BACK

    def do(step: str, seconds: int) -> None:
        later = {"success_time": (NOON + timedelta(minutes=1, seconds=seconds)).isoformat()}
        world.books.paid["S-1"] = shop | later
        match step:
            case "notice":
                world.hears(notice(shop | later, at=world.now))
            case "notice of the refund":
                world.hears(notice(back, "REFUND.SUCCESS", at=world.now))
            case "query":
                announced(world, "S-1", SELLER.id)
                world.sweeps()
            case "bill":
                world.imports()
            case _:
                world.processes()

    for step, fails, seconds in steps:
        world.fails = int(fails)
        with suppress(InboxUnavailableError):
            do(step, seconds)
        world.fails = 0
    for step in ("query", "bill", "process", "notice", "notice of the refund"):
        do(step, 0)

    assert len(world.effects) == len({effect[0] for effect in world.effects}) == 3
    assert world.open_orders.rows == set()
