from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.wechat_server import (
    ACCOUNT,
    AES_KEY,
    NONCE,
    NOW,
    OLD_AES_KEY,
    ORIGINAL_ID,
    compatible,
    encrypt,
    encrypted_body,
    message,
    plain,
    query,
    safe,
    sealed,
    sha1_of_sorted,
    text,
)
from wejourney.domain.errors import CallbackRefusedError
from wejourney.wire.crypto import UntrustedRequestError
from wejourney.wire.http import HttpRequest
from wejourney.wire.request import FRESHNESS, Delivery, freshness, open_delivery, verify_url

type Deliver = Callable[..., HttpRequest]


def opened(request: HttpRequest) -> Delivery:
    return open_delivery(request, ACCOUNT, NOW, FRESHNESS)


def without(request: HttpRequest, name: str) -> HttpRequest:
    return replace(request, query={key: value for key, value in request.query.items() if key != name})


def having(request: HttpRequest, **changes: str) -> HttpRequest:
    return replace(request, query={**request.query, **changes})


def test_the_url_is_verified_by_the_raw_echo() -> None:
    request = HttpRequest("GET", ACCOUNT.app_id, query() | {"echostr": "4375120948345356249"})
    assert verify_url(request, ACCOUNT, NOW, FRESHNESS) == "4375120948345356249"


def test_wechats_own_signature_example_is_accepted() -> None:
    example = {
        "signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78",
        "timestamp": "1714037059",
        "nonce": "486452656",
        "echostr": "4375120948345356249",
    }
    account = replace(ACCOUNT, token="AAAAA")
    request = HttpRequest("GET", ACCOUNT.app_id, example)
    assert verify_url(request, account, NOW, timedelta(days=10_000)) == "4375120948345356249"


def test_plain_mode_is_read_and_opened_by_no_key() -> None:
    delivery = opened(plain(text("你好")))
    assert (delivery.fields["Content"], delivery.encoding_aes_key) == ("你好", None)


def test_encrypt_type_raw_is_plain_mode() -> None:
    assert opened(having(plain(text("你好")), encrypt_type="raw")).fields["Content"] == "你好"


@pytest.mark.parametrize("key", [AES_KEY, OLD_AES_KEY])
def test_safe_mode_is_read_with_the_current_and_the_previous_key(key: str) -> None:
    delivery = opened(safe(text("你好"), key))
    assert (delivery.fields["Content"], delivery.encoding_aes_key) == ("你好", key)


def test_safe_mode_needs_no_plain_signature() -> None:
    assert opened(without(safe(text()), "signature")).fields["MsgType"] == "text"


def test_in_compatible_mode_the_encrypted_fields_count() -> None:
    delivery = opened(compatible(text("signed"), Content="slipped in", FromUserName="oSomebodyElse"))
    assert delivery.fields["Content"] == "signed"
    assert delivery.fields["FromUserName"] != "oSomebodyElse"
    assert delivery.encoding_aes_key == AES_KEY


@pytest.mark.parametrize("offset", [-300, 300])
def test_a_timestamp_5_minutes_away_is_accepted(offset: int) -> None:
    assert opened(plain(text(), at=NOW + timedelta(seconds=offset))).fields["MsgType"] == "text"


@pytest.mark.parametrize("offset", [-301, 301, -86_400])
@pytest.mark.parametrize("deliver", [plain, safe])
def test_a_timestamp_further_away_is_refused(offset: int, deliver: Deliver) -> None:
    with pytest.raises(CallbackRefusedError, match="too far from now"):
        opened(deliver(text(), at=NOW + timedelta(seconds=offset)))


def test_in_real_time_the_tolerance_is_5_minutes_and_no_clock_shortens_it() -> None:
    assert freshness(1) == freshness(0.5) == timedelta(minutes=5)


def test_a_scaled_clock_allows_for_the_5_real_seconds_of_a_delivery() -> None:
    assert freshness(3600) == timedelta(seconds=300 + 5 * 3599)


@pytest.mark.parametrize("deliver", [plain, safe])
def test_a_request_signed_with_another_token_is_not_trusted(deliver: Deliver) -> None:
    forged = having(deliver(text()), signature="0" * 40, msg_signature="0" * 40)
    with pytest.raises(UntrustedRequestError, match="wrong signature"):
        opened(forged)


def test_msg_signature_covers_the_encrypted_text() -> None:
    request = sealed(encrypted_body(encrypt(text("other"))), encrypt(text("signed")))
    with pytest.raises(UntrustedRequestError, match="wrong signature"):
        opened(request)


def test_the_plain_signature_does_not_do_for_an_encrypted_body() -> None:
    request = safe(text())
    with pytest.raises(UntrustedRequestError, match="wrong signature"):
        opened(having(request, msg_signature=request.query["signature"]))


def test_a_message_for_another_app_id_is_not_trusted() -> None:
    with pytest.raises(UntrustedRequestError, match="another app id"):
        opened(safe(text(), app_id="wxfedcba0987654321"))


@pytest.mark.parametrize("deliver", [plain, lambda xml: compatible(xml, ToUserName="gh_other")])
def test_a_message_for_another_original_id_is_refused(deliver: Deliver) -> None:
    with pytest.raises(CallbackRefusedError, match="another account"):
        opened(deliver(message(MsgType="text", ToUserName="gh_other")))


def test_an_account_whose_original_id_is_not_known_takes_any() -> None:
    account = replace(ACCOUNT, original_id=None)
    delivery = open_delivery(plain(text(ToUserName="gh_other")), account, NOW, FRESHNESS)
    assert delivery.fields["ToUserName"] == "gh_other"


def test_an_envelope_with_another_receiver_than_its_message_is_refused() -> None:
    with pytest.raises(CallbackRefusedError, match="differs"):
        opened(compatible(text(), ToUserName="gh_other"))


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        *(("plain", name) for name in ("signature", "timestamp", "nonce")),
        *(("safe", name) for name in ("msg_signature", "timestamp", "nonce")),
        *(("get", name) for name in ("signature", "timestamp", "nonce", "echostr")),
    ],
)
def test_a_missing_parameter_is_named(mode: str, name: str) -> None:
    get = HttpRequest("GET", ACCOUNT.app_id, query() | {"echostr": "1"})
    request = without({"plain": plain(text()), "safe": safe(text()), "get": get}[mode], name)
    read: Callable[..., object] = verify_url if mode == "get" else open_delivery
    with pytest.raises(CallbackRefusedError, match=f"{name} is missing") as caught:
        read(request, ACCOUNT, NOW, FRESHNESS)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (having(plain(text()), encrypt_type="rsa"), "neither raw nor aes"),
        (sealed(text(), encrypt(text())), "no Encrypt"),
        (sealed(f"<xml><ToUserName>{ORIGINAL_ID}</ToUserName><Encrypt/></xml>", ""), "no Encrypt"),
        (sealed("<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>", "a"), "no Encrypt"),
        (plain(message(MsgType="text", FromUserName=["oOne", "oTwo"])), "one text"),
        (plain(message(MsgType="event", Event={"Name": "subscribe"})), "one text"),
        (safe('{"MsgType": "text"}'), "choose XML"),
        (safe("<!DOCTYPE xml><xml><A/></xml>"), "document type"),
        (safe(""), "empty"),
    ],
)
def test_what_wechat_does_not_send_is_refused(request_: HttpRequest, reason: str) -> None:
    with pytest.raises(CallbackRefusedError, match=reason):
        opened(request_)


@pytest.mark.parametrize("timestamp", ["soon", "1e9", "-5", "１７", "9" * 5000])
def test_a_signed_timestamp_that_is_no_time_is_refused(timestamp: str) -> None:
    signature = sha1_of_sorted(ACCOUNT.token, timestamp, NONCE)
    with pytest.raises(CallbackRefusedError, match=r"number of seconds|too far"):
        opened(having(plain(text()), timestamp=timestamp, signature=signature))
