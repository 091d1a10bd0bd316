"""Payments and refunds at the sandbox's merchant become notices that the product accepts."""

from typing import Any

import pytest

from infra.sandbox.fake_wechat.merchant import make_merchant
from wejourney.merchants import Merchant
from wejourney.wire.http import FRESHNESS
from wejourney.wire.pay.events import PayEvent, read_events
from wejourney.wire.pay.notice import open_notice

MERCHANT = Merchant.from_secret(make_merchant().id, make_merchant().secret())


def read(fake: Any, number: int = -1) -> PayEvent:
    (event,) = read_events(open_notice(fake.notices[number], MERCHANT, fake.clock.now(), FRESHNESS), MERCHANT)
    return event


@pytest.mark.parametrize("key", ["certificate", "public_key"])
def test_a_payment_and_its_refund_are_delivered_signed_with_the_key_that_was_asked_for(
    fake: Any, key: str
) -> None:
    answer = fake.merchant("pay", openid="oLee", order="A-1", total=9900, key=key, times=2)
    assert (answer["status"], answer["deliveries"]) == (200, 2)
    assert read(fake, 0) == read(fake, 1)
    paid = read(fake)
    assert (paid.payer and paid.payer.openid, paid.body.amount) == ("oLee", 9900)

    fake.merchant("refund", order="A-1", total=4000, number="R-1", key=key)
    assert (read(fake).payer, read(fake).body.amount) == (None, 4000)
    serials = {notice.headers["wechatpay-serial"] for notice in fake.notices}
    assert serials == {getattr(make_merchant(), key).serial}


def test_what_is_not_accepted_is_delivered_again(fake: Any) -> None:
    fake.answers_notices = 409
    assert fake.merchant("pay", openid="oLee", order="A-1", total=1)["status"] == 409
    fake.answers_notices = 200
    assert fake.merchant("redeliver")["deliveries"] == 1
    assert fake.merchant("redeliver") == {"at": fake.clock.now().isoformat(), "status": 0, "deliveries": 0}
    assert read(fake, 0) == read(fake, 1)


@pytest.mark.parametrize(
    ("act", "details"),
    [
        ("pay", {}),
        ("pay", {"openid": "oLee", "order": "A", "total": 0}),
        ("pay", {"openid": "oLee", "order": "A", "total": 1, "times": 101}),
        ("pay", {"openid": "oLee", "order": "A", "total": 1, "key": "none"}),
        ("refund", {"order": "never paid", "total": 1, "number": "R"}),
        ("steal", {}),
    ],
)
def test_what_cannot_be_paid_is_told_and_nothing_is_delivered(
    fake: Any, act: str, details: dict[str, Any]
) -> None:
    assert "error" in fake.merchant(act, **details)
    assert fake.notices == []
