"""What WeChat Pay is answered, what is queued for whom, and what is logged of it."""

import io
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.pay_notify import app
from infra.sandbox.fake_wechat.merchant import SigningKey, refund, signed
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.payments import FakeReports
from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.callback_function import CONTEXT, environment
from tests.support.servers.pay_notices import KEYS, MERCHANT, PAID, REFUNDED, SELLER, notice, request
from wejourney.errors import CallbackRefusedError, UnknownAccountError, WejourneyError
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import UNKNOWN, Paid, Refunded
from wejourney.merchants import Merchant
from wejourney.services.payments.receive_pay_notice import REFUND_WAITS, SUCCESS, ReceivePayNotice
from wejourney.services.ports.accounts import AccountUnavailableError, TooManyUnknownAccountsError
from wejourney.services.ports.inbox import InboxUnavailableError
from wejourney.services.ports.orders import Order, OrdersUnreadableError
from wejourney.services.ports.payment_reports import PaymentSource, Report
from wejourney.wire.http import FRESHNESS, LARGEST_BODY, Answer, NoticeRequest
from wejourney.wire.pay.events import read_events
from wejourney.wire.pay.notice import open_notice


@dataclass
class World:
    """A deployment with one merchant. `error` is what its store or its queue raises."""

    orders: FakeOrders = field(default_factory=FakeOrders)
    reports: FakeReports = field(default_factory=FakeReports)
    queued: list[InboundEvent] = field(default_factory=list)
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    error: WejourneyError | None = None
    unknown: WejourneyError | None = None
    now: datetime = NOON
    merchant: Merchant = MERCHANT

    def get(self, merchant_id: str) -> Merchant:
        if self.unknown is not None:
            raise self.unknown
        if merchant_id != MERCHANT.id:
            raise UnknownAccountError(merchant_id)
        return self.merchant

    def put(self, event: InboundEvent, opening: str | None) -> None:
        assert opening is None
        if self.error is not None:
            raise self.error
        self.queued.append(event)

    def received(self, event: InboundEvent, merchant_id: str) -> None:
        self.seen.append((f"received {event.kind}", merchant_id))

    def not_matched(self, event_id: str, merchant_id: str) -> None:
        self.seen.append(("not matched", merchant_id))

    def rejected(self, event_id: str, merchant_id: str) -> None:
        self.seen.append(("rejected", merchant_id))

    def refused(self, refusal: CallbackRefusedError, merchant_id: str | None) -> None:
        self.seen.append((refusal.reason, merchant_id))

    def failed(self, error: WejourneyError, merchant_id: str | None) -> None:
        self.seen.append((type(error).__name__, merchant_id))

    def receive(self, one: NoticeRequest) -> Answer:
        return ReceivePayNotice(
            self, self.orders, self.reports, self, self, APP_ID, lambda: self.now, FRESHNESS
        )(one)  # fmt: skip


def refunded(at: datetime = NOON, when: datetime = NOON) -> NoticeRequest:
    return notice(refund(PAID, "R-1", 4000, when), "REFUND.SUCCESS", at=at)


def test_a_payment_is_queued_for_its_payer() -> None:
    world = World()
    assert world.receive(notice()) == SUCCESS
    (event,) = world.queued
    assert (event.subject, event.at) == (SUBJECT, NOON)
    assert isinstance(event.body, Paid)
    assert world.seen == [("received payment", SELLER.id)]


def test_15_redeliveries_are_one_event() -> None:
    world = World()
    for minutes in range(15):
        world.now = NOON + timedelta(minutes=minutes)
        key = list(KEYS.values())[minutes % 2]
        assert world.receive(notice(key=key, at=world.now)) == SUCCESS
    assert len({(event.id, event.place_on_record, event.subject) for event in world.queued}) == 1


def test_a_second_notice_with_another_time_is_the_same_event() -> None:
    world = World()
    for seconds in range(3):
        told = PAID | {"success_time": (NOON + timedelta(seconds=seconds)).isoformat()}
        assert world.receive(notice(told)) == SUCCESS
    assert {event.at for event in world.queued} == {NOON}


@pytest.mark.parametrize("source", [PaymentSource.QUERY, PaymentSource.BILL])
def test_a_notice_of_what_was_found_before_is_answered_and_not_queued_again(source: PaymentSource) -> None:
    world = World()
    (told,) = read_events(open_notice(notice(), MERCHANT, NOON, FRESHNESS), MERCHANT)
    world.reports.first(told.id, Report(NOON, 9900, source))
    assert world.receive(notice()) == SUCCESS
    assert world.queued == []


def test_a_refund_is_queued_for_who_paid_the_order() -> None:
    world = World()
    world.orders.keep(Order(SELLER.id, PAID["out_trade_no"], SUBJECT), "person-1", NOON)
    assert world.receive(refunded()) == SUCCESS
    (event,) = world.queued
    assert event.subject == SUBJECT
    assert isinstance(event.body, Refunded)


def test_a_refund_before_its_payment_is_delivered_again_until_that_is_known() -> None:
    world = World()
    assert world.receive(refunded()).status == 409
    assert (world.queued, world.seen) == ([], [("not matched", SELLER.id)])

    world.orders.keep(Order(SELLER.id, PAID["out_trade_no"], SUBJECT), "person-1", NOON)
    world.now = NOON + timedelta(seconds=15)
    assert world.receive(refunded(world.now)) == SUCCESS
    assert [event.kind for event in world.queued] == ["refund"]


def test_a_refund_whose_payment_never_came_is_kept_as_unknown() -> None:
    world = World(now=NOON + REFUND_WAITS)
    assert world.receive(refunded(world.now)) == SUCCESS
    (event,) = world.queued
    assert (event.kind, event.subject) == (UNKNOWN, Subject(APP_ID, SELLER.id))
    assert event.body.to_dict()["out_refund_no"] == "R-1"


def test_a_refund_of_somebody_who_is_not_known_is_answered_and_queued_for_nobody() -> None:
    world = World()
    world.orders.keep(Order(SELLER.id, PAID["out_trade_no"], None), None, NOON)
    assert world.receive(refunded()) == SUCCESS
    assert (world.queued, world.seen) == ([], [("rejected", SELLER.id)])


OTHER_KINDS = ["COUPON.USE", "PAYSCORE.USER_PAID", "MALL_TRANSACTION.SUCCESS", "REFUND.CLOSED", "NEW.KIND"]


@pytest.mark.parametrize("event_type", OTHER_KINDS)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(
    "created", [None, "", "2026-02-29T12:00:00+08:00", (NOON + timedelta(days=1)).isoformat()]
)
def test_a_notice_of_any_other_kind_is_stored_and_answered_once_for_15_deliveries(
    event_type: str, key: SigningKey, created: str | None
) -> None:
    world = World()
    for minutes in range(15):
        world.now = NOON + timedelta(minutes=minutes)
        other = notice({"mchid": SELLER.id, "out_order_no": "P-1"}, event_type, key=key, at=NOON)
        told = json.loads(other.body)
        body = json.dumps(told if created is None else {**told, "create_time": created}).encode()
        assert world.receive(request(signed(key, body, world.now), body)) == SUCCESS
    assert {event.kind for event in world.queued} == {UNKNOWN}
    assert len({(event.id, event.place_on_record) for event in world.queued}) == 1


def probed(one: NoticeRequest) -> NoticeRequest:
    """As WeChat tries whether signatures are checked."""
    name = "wechatpay-signature"
    return replace(one, headers={**one.headers, name: f"WECHATPAY/SIGNTEST/{one.headers[name]}"})


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(
    "both", [True, False], ids=["while a merchant changes over", "with a key of one kind"]
)
def test_whichever_keys_a_merchant_has_a_probe_is_refused_and_the_notice_after_it_accepted(
    key: SigningKey, *, both: bool
) -> None:
    held = MERCHANT.keys if both else {key.serial: MERCHANT.keys[key.serial]}
    world = World(merchant=replace(MERCHANT, keys=held))
    assert world.receive(probed(notice(key=key))).status == 401
    assert world.receive(notice(key=key)) == SUCCESS
    others = [other for other in KEYS.values() if other is not key]
    assert {world.receive(notice(key=other)).status for other in others} == {200 if both else 401}


@pytest.mark.parametrize(
    ("minutes", "status"), [(-5, 200), (5, 200), (-6, 401), (6, 401), (-60, 401), (60, 401)]
)
def test_clocks_may_differ_by_five_minutes(minutes: int, status: int) -> None:
    assert World(now=NOON + timedelta(minutes=minutes)).receive(notice()).status == status


def test_profit_sharing_is_kept_under_the_merchant() -> None:
    world = World()
    sharing = notice({"mchid": SELLER.id, "out_order_no": "P-1"}, original_type="profitsharing")
    assert world.receive(sharing) == SUCCESS
    assert [(event.kind, event.subject.openid) for event in world.queued] == [(UNKNOWN, SELLER.id)]


REFUSALS: dict[str, tuple[NoticeRequest, World, int, str | None]] = {
    "no merchant's number": (replace(notice(), merchant="wx1/../x"), World(), 404, None),
    "another merchant": (replace(notice(), merchant="1900000110"), World(), 404, None),
    "too many": (notice(), World(unknown=TooManyUnknownAccountsError()), 503, None),
    "too large": (replace(notice(), body=b" " * (LARGEST_BODY + 1)), World(), 413, None),
    "forged": (replace(notice(), body=notice().body + b" "), World(), 401, SELLER.id),
    "no headers": (replace(notice(), headers={}), World(), 401, SELLER.id),
    "too late": (notice(), World(now=NOON + timedelta(hours=1)), 401, SELLER.id),
    "the queue": (notice(), World(error=InboxUnavailableError("SendMessage")), 503, SELLER.id),
    "too long": (notice(), World(error=CallbackRefusedError(413, "too long")), 413, SELLER.id),
    "the secret": (notice(), World(unknown=AccountUnavailableError("GetSecretValue")), 503, None),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_not_queued_is_answered_with_an_error_that_says_nothing(name: str) -> None:
    one, world, status, merchant_id = REFUSALS[name]
    answer = world.receive(one)
    assert (answer.status, json.loads(answer.body)["code"]) == (status, "FAIL")
    assert OPENID not in answer.body
    assert world.queued == []
    ((_, named),) = world.seen
    assert named == merchant_id


def test_an_order_that_cannot_be_read_is_our_failure() -> None:
    class Unreadable(FakeOrders):
        def find(self, merchant: str, number: str) -> Order | None:
            raise OrdersUnreadableError("GetItem")

    world = World(orders=Unreadable())
    assert world.receive(refunded()).status == 503
    assert world.seen == [("OrdersUnreadableError", SELLER.id)]


# --- the function ----------------------------------------------------------------------------------


def gateway_event(one: NoticeRequest) -> dict[str, Any]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html"""
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST"}},
        "pathParameters": {"merchant": one.merchant},
        "headers": dict(one.headers),
        "body": one.body.decode(),
        "isBase64Encoded": False,
    }


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    with serve_fake_aws() as served:
        variables = environment(served) | {"MERCHANTS_SECRET_PREFIX": "wejourney/pay"}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        served.secrets[f"wejourney/pay/{SELLER.id}"] = SELLER.secret()
        app.receive_pay_notice.cache_clear()
        yield served
        app.receive_pay_notice.cache_clear()


def test_the_function_queues_a_payment_and_logs_nothing_personal(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    now = datetime.now(NOON.tzinfo)

    assert app.handler(gateway_event(notice(at=now)), CONTEXT)["statusCode"] == 200
    assert app.handler(gateway_event(replace(notice(at=now), body=b"{}")), CONTEXT)["statusCode"] == 401

    (message,) = aws.sent
    assert message["event"]["openid"] == OPENID
    assert [name for name, _ in aws.calls] == ["GetSecretValue", "PutItem", "SendMessage"]
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["event received", "notice refused"]
    assert lines[0]["event_id"] == message["event"]["id"]
    for secret in (OPENID, PAID["out_trade_no"], PAID["transaction_id"], SELLER.api_v3_key):
        assert secret not in log.getvalue()


@pytest.mark.parametrize("event", [{"body": "%", "isBase64Encoded": True}, {"headers": None}, {"body": None}])
def test_the_function_refuses_what_the_api_passes_on(aws: FakeAws, event: dict[str, Any]) -> None:
    answer = app.handler({**gateway_event(notice()), **event}, CONTEXT)
    assert answer["statusCode"] in (400, 401)
    assert aws.sent == []


def test_no_outgoing_call_is_made_for_a_key_that_is_not_known(aws: FakeAws) -> None:
    app.handler(gateway_event(notice()), CONTEXT)
    asked = len(aws.calls)
    for number in range(3):
        unknown = {**notice().headers, "wechatpay-serial": f"PUB_KEY_ID_{number}"}
        answer = app.handler(gateway_event(replace(notice(), headers=unknown)), CONTEXT)
        assert answer["statusCode"] == 401
    assert len(aws.calls) == asked


def test_a_refund_is_looked_up_with_one_call(aws: FakeAws) -> None:
    now = datetime.now(NOON.tzinfo)
    answer = app.handler(
        gateway_event(notice(REFUNDED | {"success_time": now.isoformat()}, "REFUND.SUCCESS", at=now)), CONTEXT
    )
    assert [name for name, _ in aws.calls] == ["GetSecretValue", "GetItem"]
    assert answer["statusCode"] == 409
