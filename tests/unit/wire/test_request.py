from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.servers.wechat_server import (
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
from wejourney.accounts import Encryption
from wejourney.errors import CallbackRefusedError
from wejourney.wire.http import FRESHNESS, HttpRequest, freshness
from wejourney.wire.official_account.crypto import UntrustedRequestError
from wejourney.wire.official_account.request import (
    OpenedCallback,
    open_callback,
    verify_url,
)

type Deliver = Callable[..., HttpRequest]


def opened(request: HttpRequest) -> OpenedCallback:
    delivery = open_callback(request, ACCOUNT, NOW, FRESHNESS)
    assert delivery.fields
    return delivery


def without(request: HttpRequest, name: str) -> HttpRequest:
    return replace(request, query={key: value for key, value in request.query.items() if key != name})


def having(request: HttpRequest, **changes: str) -> HttpRequest:
    return replace(request, query={**request.query, **changes})


def test_the_url_is_verified_by_the_raw_echo() -> None:
    request = HttpRequest("GET", ACCOUNT.app_id, query() | {"echostr": "4375120948345356249"})
    assert verify_url(request, ACCOUNT, NOW, FRESHNESS)[0] == "4375120948345356249"


def test_wechats_own_signature_example_is_accepted() -> None:
    example = {
        "signature": "899cf89e464efb63f54ddac96b0a0a235f53aa78",
        "timestamp": "1714037059",
        "nonce": "486452656",
        "echostr": "4375120948345356249",
    }
    account = replace(ACCOUNT, token="AAAAA")
    request = HttpRequest("GET", ACCOUNT.app_id, example)
    assert verify_url(request, account, NOW, timedelta(days=10_000))[0] == "4375120948345356249"


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


def test_the_tolerance_is_5_minutes_on_aws_and_a_day_in_the_sandbox() -> None:
    assert freshness(virtual=False) == timedelta(minutes=5)
    assert freshness(virtual=True) == timedelta(days=1)


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
    account = replace(ACCOUNT, settings=replace(ACCOUNT.settings, original_id=None))
    delivery = open_callback(plain(text(ToUserName="gh_other")), account, NOW, FRESHNESS)
    assert delivery.fields["ToUserName"] == "gh_other"


# --- which mode an account takes ------------------------------------------------------------------

REQUIRED = replace(ACCOUNT, encryption="required")
PLAIN = replace(ACCOUNT, encryption="plain", encoding_aes_key=None, previous_encoding_aes_key=None)
CAPTURED = safe(text("what the victim wrote"))


def downgrades() -> dict[str, HttpRequest]:
    """What one captured address of an encrypted message, or of the console's check, can be turned into."""
    forged = message(MsgType="event", Event="unsubscribe").encode()
    found = {"the console's check": HttpRequest("POST", ACCOUNT.app_id, query(), forged)}
    kept = ("signature", "timestamp", "nonce")
    for mode in (None, "raw", ""):
        for more in ((), ("openid",), ("openid", "msg_signature")):
            asked = {name: CAPTURED.query[name] for name in (*kept, *more)}
            asked |= {} if mode is None else {"encrypt_type": mode}
            found[f"{mode} {' '.join(more)}"] = replace(CAPTURED, query=asked, body=forged)
    found["an encrypted address with a plain body"] = replace(CAPTURED, body=forged)
    both = CAPTURED.body.replace(b"<xml>", b"<xml>" + forged.removeprefix(b"<xml>").removesuffix(b"</xml>"))
    found["plain fields beside the encrypted ones"] = replace(CAPTURED, body=both)
    return found


@pytest.mark.parametrize("name", downgrades())
def test_where_encryption_is_required_no_captured_address_carries_a_plain_message(name: str) -> None:
    if name == "plain fields beside the encrypted ones":
        fields = open_callback(downgrades()[name], REQUIRED, NOW, FRESHNESS).fields
        assert (fields["MsgType"], fields["Content"]) == ("text", "what the victim wrote")
        return
    with pytest.raises(CallbackRefusedError):
        open_callback(downgrades()[name], REQUIRED, NOW, FRESHNESS)


def test_a_plain_account_needs_no_key_and_takes_plain_messages_only() -> None:
    assert open_callback(plain(text("你好")), PLAIN, NOW, FRESHNESS).fields["Content"] == "你好"
    with pytest.raises(UntrustedRequestError, match="no EncodingAESKey"):
        open_callback(safe(text()), PLAIN, NOW, FRESHNESS)


@pytest.mark.parametrize("encryption", ["required", "optional"])
def test_safe_and_compatible_mode_are_read_where_there_is_a_key(encryption: Encryption) -> None:
    account = replace(ACCOUNT, encryption=encryption)
    for deliver in (safe, compatible):
        assert open_callback(deliver(text("你好")), account, NOW, FRESHNESS).fields["Content"] == "你好"


@pytest.mark.parametrize("deliver", [plain, safe, compatible])
def test_a_signature_is_remembered_where_a_plain_body_could_be_sent_with_it(deliver: Deliver) -> None:
    delivered = opened(deliver(text("what the victim wrote")))
    forged = opened(plain(message(MsgType="event", Event="unsubscribe")))
    assert delivered.use is not None
    assert forged.use is not None
    assert delivered.use.signature == forged.use.signature
    assert delivered.use.body_hash != forged.use.body_hash


@pytest.mark.parametrize("deliver", [safe, compatible])
def test_nothing_is_remembered_where_encryption_is_required(deliver: Deliver) -> None:
    assert open_callback(deliver(text()), REQUIRED, NOW, FRESHNESS).use is None


@pytest.mark.parametrize("ahead", [299, 301, 3_600, 86_400])
def test_a_signature_is_remembered_until_its_nonce_is_no_time_any_more(ahead: int) -> None:
    """When that time has come the two can change places: the signature stays the same."""
    timestamp, nonce = str(int(NOW.timestamp())), str(int(NOW.timestamp()) + ahead)
    signature = sha1_of_sorted(ACCOUNT.token, timestamp, nonce)
    request = having(plain(text()), signature=signature, timestamp=timestamp, nonce=nonce)
    if ahead < 300:
        with pytest.raises(CallbackRefusedError, match="may be a timestamp"):
            opened(request)
        return
    swapped = having(request, timestamp=nonce, nonce=timestamp)
    later = NOW + timedelta(seconds=ahead)
    first, again = opened(request).use, open_callback(swapped, ACCOUNT, later, FRESHNESS).use
    assert first == again
    assert first is not None
    assert first.expires_at == later + FRESHNESS


def test_the_same_body_is_the_same_use_and_another_body_is_another() -> None:
    first, again, other = (opened(plain(text(said))).use for said in ("a", "a", "b"))
    assert first == again
    assert first is not None
    assert other is not None
    assert (first.signature, first.body_hash) != (other.signature, other.body_hash)
    assert first.signature == other.signature
    assert first.expires_at == NOW + FRESHNESS


@pytest.mark.parametrize("times", [1, 8, 16, 100, 500])
def test_what_a_follower_types_beside_the_real_encrypt_in_compatible_mode_does_not_hide_it(
    times: int,
) -> None:
    typed = "<Encrypt>QUJD</Encrypt><Encrypt><![CDATA[QUJD]]></Encrypt>" * times
    request = compatible(text(typed), Content=typed)
    assert opened(request).fields["Content"] == typed


# --- what a signature covers ---------------------------------------------------------------------


@given(data=st.data(), nonce=st.text("0123456789", min_size=1, max_size=12), age=st.integers(-299, 299))
@settings(max_examples=500)
def test_no_other_timestamp_and_nonce_pass_with_a_signature(
    data: st.DataObject, nonce: str, age: int
) -> None:
    """The parts are sorted and joined before they are signed, so digits can move from one to the other."""
    timestamp = str(int(NOW.timestamp()) + age)
    signed = {"timestamp": timestamp, "nonce": nonce}
    signature = sha1_of_sorted(ACCOUNT.token, timestamp, nonce)
    joined = "".join(sorted([timestamp, nonce]))
    cut = data.draw(st.integers(1, len(joined) - 1))
    for moved in ((joined[:cut], joined[cut:]), (joined[cut:], joined[:cut]), (nonce, timestamp)):
        asked = {"timestamp": moved[0], "nonce": moved[1]}
        if asked == signed or sha1_of_sorted(ACCOUNT.token, *moved) != signature:
            continue
        with pytest.raises(CallbackRefusedError):
            opened(having(plain(text()), signature=signature, **asked))


def test_timestamp_and_nonce_cannot_change_places() -> None:
    timestamp, nonce = str(int(NOW.timestamp())), str(int(NOW.timestamp()) + 7)
    signature = sha1_of_sorted(ACCOUNT.token, timestamp, nonce)
    for one, other in ((timestamp, nonce), (nonce, timestamp)):
        with pytest.raises(CallbackRefusedError, match="may be a timestamp"):
            opened(having(plain(text()), signature=signature, timestamp=one, nonce=other))


@pytest.mark.parametrize("deliver", [plain, safe])
@pytest.mark.parametrize(
    "body", [b"\xff" * 200_000, b"<xml>" * 40_000, b"<A>" + b"x" * 200_000, b"not signed"]
)
def test_nothing_is_read_before_its_signature_was_checked(
    deliver: Deliver, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_body: bytes) -> NoReturn:
        pytest.fail("a body was read before its signature")

    monkeypatch.setattr("wejourney.wire.official_account.request.parse_xml", read)
    monkeypatch.setattr("wejourney.wire.official_account.request.decrypt", read)
    for request in (deliver(text(), token="another token of sixteen"), replace(safe(text()), body=body)):
        with pytest.raises(CallbackRefusedError):
            opened(request)


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
    read: Callable[..., object] = verify_url if mode == "get" else open_callback
    with pytest.raises(CallbackRefusedError, match=f"{name} is missing") as caught:
        read(request, ACCOUNT, NOW, FRESHNESS)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (having(plain(text()), encrypt_type="rsa"), "neither raw nor aes"),
        (sealed(text(), encrypt(text())), "no Encrypt"),
        (sealed(f"<xml><ToUserName>{ORIGINAL_ID}</ToUserName><Encrypt/></xml>", ""), "no Encrypt"),
        (sealed(f"<xml>{'<Encrypt/>' * 9}</xml>", ""), "no Encrypt"),
        (plain(message(MsgType="event", Event={"Name": "subscribe"})), "not well-formed"),
        (safe('{"MsgType": "text"}'), "choose XML"),
        (safe("<!DOCTYPE xml><xml><A/></xml>"), "document type"),
        (safe(""), "empty"),
    ],
)
def test_what_wechat_does_not_send_is_refused(request_: HttpRequest, reason: str) -> None:
    with pytest.raises(CallbackRefusedError, match=reason):
        opened(request_)


@pytest.mark.parametrize(
    "timestamp",
    ["soon", "1e9", "-5", "１７", "9" * 5000, "9" * 10, "0" * 10, "1 732262400", "１７９５３３４４００"],
)
def test_a_signed_timestamp_that_is_no_time_is_refused(timestamp: str) -> None:
    signature = sha1_of_sorted(ACCOUNT.token, timestamp, NONCE)
    with pytest.raises(CallbackRefusedError, match=r"another form|too far"):
        opened(having(plain(text()), timestamp=timestamp, signature=signature))


def test_an_account_without_a_token_takes_nothing_however_it_is_signed() -> None:
    untold = replace(ACCOUNT, kind="mini_program", token="")
    timestamp = str(int(NOW.timestamp()))
    asked = {"timestamp": timestamp, "nonce": NONCE, "signature": sha1_of_sorted("", timestamp, NONCE)}
    with pytest.raises(UntrustedRequestError, match="no token"):
        verify_url(HttpRequest("GET", ACCOUNT.app_id, asked | {"echostr": "1"}), untold, NOW, FRESHNESS)
    with pytest.raises(UntrustedRequestError, match="no token"):
        open_callback(HttpRequest("POST", ACCOUNT.app_id, asked, b"<xml/>"), untold, NOW, FRESHNESS)
