"""Notices of WeChat Pay: what is verified before anything is decrypted, and what they become."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_curve_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.sandbox.fake_wechat.merchant import FakeMerchant, sealed, signed
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.servers.pay_notices import KEYS, MERCHANT, PAID, REFUNDED, SELLER, notice, request
from wejourney.errors import InvalidSettingError, MissingSettingError
from wejourney.events.event import InboundEvent, Subject, check_event
from wejourney.events.event_types import UNKNOWN, OtherEvent, Paid, Refunded
from wejourney.merchants import Merchant, StoreRule
from wejourney.wire.http import FRESHNESS, NoticeRequest
from wejourney.wire.pay.events import PayEvent, read_events
from wejourney.wire.pay.notice import UnreadableNoticeError, open_notice
from wejourney.wire.pay.signature import UntrustedMessageError

unhurried = settings(deadline=None)
HEADERS = ("wechatpay-serial", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature")


def read(one: NoticeRequest, merchant: Merchant = MERCHANT) -> tuple[PayEvent, ...]:
    return read_events(open_notice(one, merchant, NOON, FRESHNESS), merchant)


def told(resource: Any, event_type: str = "TRANSACTION.SUCCESS", **more: Any) -> PayEvent:
    (event,) = read(notice(resource, event_type, **more))
    return event


# --- who signed it -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_notice_signed_with_either_kind_of_key_is_read(key: Any) -> None:
    event = told(PAID, key=key)

    expected = Paid(9900, "SH01-20261127", 9900, PAID["transaction_id"], SELLER.id)
    assert (event.at, event.body, event.payer) == (NOON, expected, Subject(APP_ID, OPENID))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_that_is_not_in_the_secret_is_refused_and_the_others_go_on(key: Any) -> None:
    without = replace(MERCHANT, keys={name: one for name, one in MERCHANT.keys.items() if name != key.serial})
    for other in KEYS.values():
        if other is key:
            with pytest.raises(UntrustedMessageError, match="not in the merchant's secret"):
                read(notice(key=other), without)
        else:
            assert read(notice(key=other), without)


@pytest.mark.capability(row="C11")
@unhurried
@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_no_byte_of_the_body_can_be_changed(place: int, change: int) -> None:
    genuine = notice()
    body = bytearray(genuine.body)
    body[place % len(body)] ^= change
    with pytest.raises(UntrustedMessageError, match="wrong signature"):
        read(replace(genuine, body=bytes(body)))


@unhurried
@given(
    name=st.sampled_from(HEADERS),
    how=st.sampled_from(["changed", "added", "removed", "empty", "absent", "doubled", "other"]),
    place=st.integers(0, 400),
    char=st.characters(),
)
def test_no_header_can_be_changed(name: str, how: str, place: int, char: str) -> None:
    genuine = notice()
    value = genuine.headers[name]
    place %= len(value)
    changed = {
        "changed": value[:place] + char + value[place + 1 :],
        "added": value[:place] + char + value[place:],
        "removed": value[:place] + value[place + 1 :],
        "empty": "",
        "doubled": f"{value},{value}",
        "other": notice(at=NOON + timedelta(seconds=1), key=SELLER.public_key).headers[name],
    }
    headers = {**genuine.headers, name: changed.get(how, "")}
    if how == "absent":
        del headers[name]
    if headers.get(name) == value:
        return
    with pytest.raises(UntrustedMessageError):
        read(replace(genuine, headers=headers))


def test_a_probe_of_wechat_fails_like_any_wrong_signature() -> None:
    """https://pay.weixin.qq.com/docs/partner/development/practices/notification-considerations.html"""
    genuine = notice()
    probe = "WECHATPAY/SIGNTEST/" + genuine.headers["wechatpay-signature"]
    with pytest.raises(UntrustedMessageError, match="wrong signature"):
        read(replace(genuine, headers={**genuine.headers, "wechatpay-signature": probe}))


@pytest.mark.parametrize("seconds", [0, 1, 299, 300, 301, 3600, 86_400 * 365])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_timestamp_is_at_most_5_minutes_away(seconds: int, sign: int) -> None:
    one = notice(at=NOON + timedelta(seconds=sign * seconds))
    if seconds <= 300:
        assert read(one)
    else:
        with pytest.raises(UntrustedMessageError, match="too far from now"):
            read(one)


def test_nothing_is_decrypted_before_the_signature_holds() -> None:
    """Without the right key of the API, an untrusted notice is untrusted and not unreadable."""
    other = replace(MERCHANT, api_v3_key=b"0" * 32)
    with pytest.raises(UnreadableNoticeError, match="api_v3_key"):
        read(notice(), other)
    forged = replace(notice(), body=notice().body + b" ")
    with pytest.raises(UntrustedMessageError):
        read(forged, other)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 10_000]
    + [b'{"resource": 1}', b'{"resource": {"algorithm": "x"}}']
    + [
        json.dumps({"resource": {"algorithm": "AEAD_AES_256_GCM", **more}}).encode()
        for more in (
            {},
            {"nonce": 1, "ciphertext": None},
            {"nonce": "short", "ciphertext": "AAAA"},
            {"nonce": "n" * 12, "ciphertext": "not base64"},
            {"nonce": "n" * 12, "ciphertext": base64.b64encode(b"x" * 40).decode(), "associated_data": []},
        )
    ],
)  # fmt: skip
def test_a_signed_body_that_cannot_be_opened_is_a_clear_error(body: bytes) -> None:
    with pytest.raises(UnreadableNoticeError, match="a signed notice"):
        read(request(signed(SELLER.certificate, body, NOON), body))


# --- what it says --------------------------------------------------------------------------------


def test_what_was_paid_and_refunded_is_counted_in_fen() -> None:
    coupon = told({**PAID, "amount": {"total": 9900, "payer_total": 8900}}).body
    assert isinstance(coupon, Paid)
    assert (coupon.total, coupon.by_payer) == (9900, 8900)

    event = told(REFUNDED, "REFUND.SUCCESS")
    expected = Refunded(4000, "SH01-20261127", 4000, PAID["transaction_id"], SELLER.id)
    assert (event.body, event.payer) == (expected, None)


def test_every_delivery_of_a_payment_or_a_refund_is_the_same_event_and_others_are_others() -> None:
    later = NOON + timedelta(minutes=4)
    assert told(PAID) == told(PAID, at=later, key=SELLER.public_key)
    assert told(REFUNDED, "REFUND.SUCCESS") == told(REFUNDED, "REFUND.SUCCESS", at=later)
    others = [
        told(PAID),
        told({**PAID, "transaction_id": "1"}),
        told(REFUNDED, "REFUND.SUCCESS"),
        told({**REFUNDED, "out_refund_no": "R-2"}, "REFUND.SUCCESS"),
        told({**REFUNDED, "mchid": "1900000110"}, "REFUND.SUCCESS"),
        told({**REFUNDED, "refund_status": "ABNORMAL"}, "REFUND.ABNORMAL"),
        told({**REFUNDED, "refund_status": "CLOSED"}, "REFUND.CLOSED"),
    ]
    assert len({event.id for event in others}) == len(others)


PARTNER = {
    **{name: value for name, value in PAID.items() if name not in ("appid", "mchid")},
    "sp_mchid": "1900000100",
    "sp_appid": "wx0000000000000001",
    "sub_mchid": "1900000101",
    "payer": {"sp_openid": "oPartner"},
}


@pytest.mark.parametrize(
    ("more", "payer"),
    [
        ({}, Subject("wx0000000000000001", "oPartner")),
        (
            {"sub_appid": APP_ID, "payer": {"sp_openid": "oPartner", "sub_openid": OPENID}},
            Subject(APP_ID, OPENID),
        ),
    ],
)
def test_a_payment_through_a_partner_is_the_sub_merchants(more: dict[str, Any], payer: Subject) -> None:
    event = told({**PARTNER, **more})
    assert isinstance(event.body, Paid)
    assert (event.body.merchant, event.payer) == ("1900000101", payer)


def test_orders_that_were_paid_together_are_a_payment_each() -> None:
    def order(number: str, **more: Any) -> dict[str, Any]:
        amount = {"total_amount": 100, "payer_amount": 90, "currency": "CNY"}
        known = {"mchid": "1900000101", "out_trade_no": number, "transaction_id": f"4-{number}"}
        return {**known, "trade_state": "SUCCESS", "amount": amount, "success_time": NOON.isoformat(), **more}

    together = {
        "combine_appid": APP_ID,
        "combine_mchid": SELLER.id,
        "combine_out_trade_no": "C-1",
        "combine_payer_info": {"openid": OPENID},
        "sub_orders": [
            order("A"),
            order("B", amount={"total_amount": "100"}),
            order("C", mchid="1900000102"),
        ],
    }
    first, odd, last = read(notice(together))
    assert (first.body, first.payer) == (Paid(100, "A", 90, "4-A", "1900000101"), Subject(APP_ID, OPENID))
    assert last.body == Paid(100, "C", 90, "4-C", "1900000102")
    assert odd.body.kind == UNKNOWN
    assert len({first.id, odd.id, last.id}) == 3
    assert told({**together, "sub_orders": "none"}).body.kind == UNKNOWN


@pytest.mark.parametrize(
    ("rule", "store"),
    [
        (StoreRule(), ""),
        (StoreRule("attach"), "门店01|spring"),
        (StoreRule("attach", "|"), "门店01"),
        (StoreRule("order", "-"), "SH01"),
        (StoreRule("order", "#"), ""),
        (StoreRule("device"), "POS1"),
        (StoreRule("merchant"), SELLER.id),
        (StoreRule("attach", after="门店"), "01|spring"),
        (StoreRule("attach", "|", "门店"), "01"),
        (StoreRule("attach", "|", "store="), ""),
        (StoreRule("attach", "门", "店"), ""),
        (StoreRule("device", names={"POS1": "SH01"}), "SH01"),
        (StoreRule("device", names={"POS2": "SH01"}), "POS1"),
        (StoreRule("merchant", names={SELLER.id: "Shanghai"}), "Shanghai"),
    ],
)
def test_the_store_comes_from_where_the_merchant_keeps_it(rule: StoreRule, store: str) -> None:
    paid = {**PAID, "attach": "门店01|spring", "scene_info": {"device_id": "POS1"}}
    (event,) = read(notice(paid), replace(MERCHANT, store=rule))
    assert isinstance(event.body, Paid)
    assert event.body.store == store


# --- what no type stands for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event_type", "original_type"),
    [
        ("TRANSACTION.SUCCESS", "profitsharing"),
        ("COUPON.USE", "coupon"),
        ("PAYSCORE.USER_PAID", "payscore"),
        ("REFUND.SUCCESS", "transaction"),
    ],
)
def test_a_notice_of_another_kind_is_kept_as_unknown_without_who_it_names(
    event_type: str, original_type: str
) -> None:
    """Profit sharing has the event type of payments."""
    resource = {"out_order_no": "P-1", "receiver": {"account": OPENID}, "openid": OPENID}
    event = told(resource, event_type, original_type=original_type)
    kept = {"event_type": event_type, "original_type": original_type, "out_order_no": "P-1"}
    assert (event.body, event.payer) == (OtherEvent(UNKNOWN, kept), None)
    again = told(resource, event_type, original_type=original_type)
    assert again.id == event.id


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("x" * 300),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@unhurried
@given(
    base=st.sampled_from([(PAID, "TRANSACTION.SUCCESS"), (REFUNDED, "REFUND.SUCCESS")]),
    name=st.sampled_from(
        sorted({*PAID, *REFUNDED, "attach", "scene_info", "sub_mchid", "combine_out_trade_no"})
    ),
    inside=st.sampled_from([None, "total", "openid", "refund", "payer_total", "device_id"]),
    value=ODD,
)
def test_an_odd_field_never_loses_a_notice(
    base: tuple[dict[str, Any], str], name: str, inside: str | None, value: Any
) -> None:
    """Whatever it becomes fits into the inbox, and is the same in each delivery."""
    resource, event_type = base
    odd = {**resource[name], inside: value} if inside and isinstance(resource.get(name), dict) else value
    events = read(notice({**resource, name: odd}, event_type))
    assert events == read(notice({**resource, name: odd}, event_type))
    for event in events:
        check_event(InboundEvent(event.id, event.payer or Subject(APP_ID, SELLER.id), event.at, event.body))


@pytest.mark.parametrize(
    "odd", ["门店".encode()[:-1], "门店".encode("gbk"), b"a\n\tb", b"a\x1d\0b", b"\\ud83d"]
)
@pytest.mark.parametrize("place", ["attach", "summary"])
def test_an_odd_byte_loses_neither_a_payment_nor_its_envelope(place: str, odd: bytes) -> None:
    resource = json.dumps({**PAID, "attach": "ODD"}).encode()
    headers, body = sealed(
        SELLER,
        SELLER.certificate,
        "TRANSACTION.SUCCESS",
        resource.replace(b"ODD", odd) if place == "attach" else resource,
        NOON,
    )
    if place == "summary":
        body = body.replace("支付成功".encode(), odd)
        headers = signed(SELLER.certificate, body, NOON)
    (event,) = read(request(headers, body))
    assert event.body == Paid(9900, "SH01-20261127", 9900, PAID["transaction_id"], SELLER.id)


def with_currency(currency: str) -> list[tuple[dict[str, Any], str]]:
    amount = {"total_amount": 5, "payer_amount": 5, "currency": currency}
    order = {"mchid": SELLER.id, "out_trade_no": "A", "transaction_id": "T", "amount": amount}
    together = {"combine_out_trade_no": "C", "combine_appid": APP_ID, "sub_orders": [order]}
    return [
        ({**PAID, "amount": PAID["amount"] | {"currency": currency}}, "TRANSACTION.SUCCESS"),
        ({**REFUNDED, "amount": REFUNDED["amount"] | {"currency": currency}}, "REFUND.SUCCESS"),
        ({**together, "combine_payer_info": {"openid": OPENID}}, "TRANSACTION.SUCCESS"),
    ]


@pytest.mark.parametrize("index", range(3))
def test_what_was_paid_in_another_currency_is_an_order_in_yuan_whose_payers_part_is_not_known(
    index: int,
) -> None:
    resource, event_type = with_currency("CNY")[index]
    order = resource["sub_orders"][0] if "sub_orders" in resource else resource
    known = told(resource, event_type).body
    order["amount"] |= {"payer_currency": "HKD"}
    body = told(resource, event_type).body
    assert isinstance(known, Paid | Refunded)
    assert known.by_payer is not None
    assert body == replace(known, by_payer=None)


@pytest.mark.parametrize("index", range(3))
def test_the_cents_of_another_currency_are_no_fen(index: int) -> None:
    resource, event_type = with_currency("HKD")[index]
    assert told(resource, event_type).body.kind == UNKNOWN
    resource, event_type = with_currency("CNY")[index]
    assert told(resource, event_type).body.kind != UNKNOWN


@pytest.mark.parametrize("plaintext", [b"", b"[]", b"null", b"\xff\xfe", b"{", b"[" * 5000])
def test_a_resource_that_is_no_object_is_kept_too(plaintext: bytes) -> None:
    assert told(plaintext).body.kind == UNKNOWN


# --- the merchant's secret -----------------------------------------------------------------------


SECRET: dict[str, Any] = json.loads(SELLER.secret())


def pem_of(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def private_pem(key: Any, password: bytes = b"") -> str:
    sealing = BestAvailableEncryption(password) if password else NoEncryption()
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing)
    return text.decode()


WITH_A_PASSWORD = private_pem(SELLER.request_key.private, b"1900000109")
ON_A_CURVE = private_pem(generate_curve_key(SECP256R1()))


def of_no_known_kind(pem: str) -> str:
    """The same key with the number of an algorithm that nobody has."""
    lines = pem.strip().split("\n")
    der = base64.b64decode("".join(lines[1:-1])).replace(bytes.fromhex("2b6570"), bytes.fromhex("2b657f"))
    return "\n".join([lines[0], base64.b64encode(der).decode(), lines[-1]])


OTHER_KEYS = {
    "of another kind": pem_of(Ed25519PrivateKey.generate()),
    "of no known kind": of_no_known_kind(pem_of(Ed25519PrivateKey.generate())),
    "on a curve": pem_of(generate_curve_key(SECP256R1())),
    "too short": pem_of(generate_private_key(65537, 1024)),  # noqa: S505 - that is the test
}


@pytest.mark.parametrize("name", OTHER_KEYS)
def test_a_key_of_another_kind_is_told_when_the_secret_is_read(name: str) -> None:
    keys = {"PUB_KEY_ID_1": OTHER_KEYS[name]}
    with pytest.raises(InvalidSettingError, match=r"must be (a key|an RSA key)"):
        Merchant.from_secret(SELLER.id, json.dumps(SECRET | {"keys": keys}))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"api_v3_key": None}, "api_v3_key is missing"),
        ({"api_v3_key": "short"}, "api_v3_key .* must be 32"),
        ({"api_v3_key": 32}, "api_v3_key .* must be 32"),
        ({"keys": {}}, "keys is missing"),
        ({"keys": ["a"]}, "keys in .* must be an object"),
        ({"keys": {"PUB_KEY_ID_1": "no PEM"}}, "keys.PUB_KEY_ID_1 .* must be a key or a certificate in PEM"),
        ({"keys": {"PUB_KEY_ID_1": None}}, "must be a key or a certificate in PEM"),
        ({"keys": {"PUB_KEY_ID_1": SELLER.certificate.pem}}, "must be a key or a certificate in PEM"),
        ({"keys": {"0123": SELLER.certificate.pem}}, "must be the certificate with this serial number"),
        ({"store_from": "scene"}, "store_from .* must be one of attach, order, device, merchant"),
        ({"store_from": "order"}, "store_until .* must be given with store_from order"),
        ({"store_until": 5}, "store_until .* must be a text"),
        ({"store_after": ["a"]}, "store_after .* must be a text"),
        ({"store_names": ["SH01"]}, "store_names .* must be an object of stores"),
        ({"store_names": {"POS1": 1}}, "store_names .* must be an object of stores"),
        ({"store_names": {"POS1": ""}}, "store_names .* must be an object of stores"),
        ({"private_key": None}, "private_key is missing"),
        ({"certificate_serial": ""}, "certificate_serial is missing"),
        ({"certificate_serial": "no number"}, "certificate_serial .* must be the serial number"),
        ({"certificate_serial": 5}, "certificate_serial .* must be the serial number"),
        ({"private_key": "no PEM"}, "private_key .* must be a private key in PEM without a password"),
        ({"private_key": 5}, "private_key .* must be a private key in PEM"),
        ({"private_key": SELLER.certificate.pem}, "private_key .* must be a private key in PEM"),
        ({"private_key": WITH_A_PASSWORD}, "private_key .* must be a private key in PEM without a password"),
        ({"private_key": ON_A_CURVE}, "private_key .* must be an RSA key of at least 2048 bits"),
    ],
)
def test_a_secret_that_cannot_be_used_says_what_is_wrong_and_quotes_nothing(
    changes: dict[str, Any], error: str
) -> None:
    with pytest.raises((MissingSettingError, InvalidSettingError), match=error) as raised:
        Merchant.from_secret(SELLER.id, json.dumps(SECRET | changes))
    assert SELLER.api_v3_key not in str(raised.value)
    assert "BEGIN" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_without_a_request_key_a_merchant_only_hears() -> None:
    alone = {name: SECRET[name] for name in ("api_v3_key", "keys")}
    merchant = Merchant.from_secret(SELLER.id, json.dumps(alone))
    assert merchant.request_key is None
    assert MERCHANT.request_key is not None
    assert MERCHANT.request_key.serial == SELLER.request_key.serial
    assert "BEGIN" not in repr(MERCHANT)


def test_blanks_around_what_was_copied_are_ignored_and_a_serial_number_may_be_in_lower_case() -> None:
    keys = {f" {name.lower()} ": f"\n{pem}\n" for name, pem in SECRET["keys"].items()}
    padded = Merchant.from_secret(
        SELLER.id, json.dumps({"api_v3_key": f" {SELLER.api_v3_key}\n", "keys": keys, "store_from": "device"})
    )
    assert (padded.api_v3_key, padded.keys.keys()) == (MERCHANT.api_v3_key, MERCHANT.keys.keys())
    assert SELLER.api_v3_key not in repr(padded)


def test_another_merchants_notice_is_refused_or_unreadable() -> None:
    other = FakeMerchant("1900000110", "k" * 32, SELLER.certificate, SELLER.public_key, SELLER.request_key)
    with pytest.raises(UnreadableNoticeError):
        read(request(*sealed(other, other.certificate, "TRANSACTION.SUCCESS", PAID, NOON)))
