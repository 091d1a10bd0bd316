"""Notices of WeChat Pay by others, in another language: we read theirs, and they read ours."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.servers.npm import installed
from tests.support.servers.pay_notices import KEYS, MERCHANT, PAID, REFUNDED, SELLER, notice, request
from wejourney.events.event_types import Paid, Refunded
from wejourney.wire.http import FRESHNESS, NoticeRequest
from wejourney.wire.pay.events import read_events
from wejourney.wire.pay.notice import open_notice
from wejourney.wire.pay.signature import UntrustedMessageError, authorization

HERE = Path(__file__).parent
TIMESTAMP = str(int(NOON.timestamp()))

# The first answer waits for Node to start, and no test here is about speed.
unhurried = settings(deadline=None)

type Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    packages = installed(HERE)
    command = [shutil.which("node") or "node", "--no-deprecation", "payments.cjs"]
    with subprocess.Popen(  # noqa: S603  # our own script
        command, cwd=packages.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def asked(do: str, **values: str) -> dict[str, Any]:
            stdin.write(json.dumps({"do": do, "api_v3_key": SELLER.api_v3_key, **values}) + "\n")
            stdin.flush()
            answer: dict[str, Any] = json.loads(stdout.readline())
            return answer

        yield asked
        stdin.close()


def built(ask: Ask, kind: str, event_type: str, original_type: str, resource: Any) -> NoticeRequest:
    """A notice by wechatpay-axios-plugin."""
    key, nonce = KEYS[kind], "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    private = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    made = ask(
        "build",
        private_key=private,
        event_type=event_type,
        original_type=original_type,
        plaintext=json.dumps(resource, ensure_ascii=False),
        create_time=NOON.isoformat(),
        timestamp=TIMESTAMP,
        nonce=nonce,
    )
    headers = {
        "Wechatpay-Serial": key.serial,
        "Wechatpay-Timestamp": TIMESTAMP,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": made["signature"],
    }
    return request(headers, made["body"].encode())


def opened(ask: Ask, kind: str, one: NoticeRequest) -> dict[str, Any]:
    """What wechatpay-node-v3 makes of a notice."""
    names = ("serial", "signature", "timestamp", "nonce")
    headers = {name: one.headers[f"wechatpay-{name}"] for name in names}
    return ask("open", pem=KEYS[kind].pem, body=one.body.decode(), **headers)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(
    ("event_type", "original_type", "resource", "expected"),
    [
        ("TRANSACTION.SUCCESS", "transaction", PAID | {"attach": "门店01"}, Paid),
        ("REFUND.SUCCESS", "refund", REFUNDED, Refunded),
    ],
)
def test_a_notice_that_they_build_is_read_by_us_and_by_the_other_of_them(
    ask: Ask, kind: str, event_type: str, original_type: str, resource: dict[str, Any], expected: type
) -> None:
    theirs = built(ask, kind, event_type, original_type, resource)

    (event,) = read_events(open_notice(theirs, MERCHANT, NOON, FRESHNESS), MERCHANT)
    assert isinstance(event.body, expected)
    assert opened(ask, kind, theirs) == {"verified": True, "resource": resource}


@pytest.mark.capability(row="C11")
@unhurried
@given(kind=st.sampled_from(sorted(KEYS)), place=st.integers(0, 5_000))
def test_a_notice_of_theirs_that_was_tampered_with_is_refused_by_us_as_by_them(
    ask: Ask, kind: str, place: int
) -> None:
    theirs = built(ask, kind, "TRANSACTION.SUCCESS", "transaction", {"mchid": SELLER.id})
    body = bytearray(theirs.body)
    place %= len(body)
    body[place] = ord("x") if body[place] != ord("x") else ord("y")
    tampered = replace(theirs, body=bytes(body))
    with pytest.raises(UntrustedMessageError, match="wrong signature"):
        open_notice(tampered, MERCHANT, NOON, FRESHNESS)
    assert opened(ask, kind, replace(theirs, body=bytes(body).decode("utf-8", "replace").encode())) == {
        "verified": False
    }


@pytest.mark.parametrize("kind", KEYS)
def test_the_notices_of_the_fake_wechat_are_read_by_them(ask: Ask, kind: str) -> None:
    assert opened(ask, kind, notice(PAID, key=KEYS[kind])) == {"verified": True, "resource": PAID}


@unhurried
@given(target=st.from_regex(r"/v3/[!-~]{0,80}", fullmatch=True), tampered=st.booleans())
def test_the_signature_of_our_requests_is_theirs(ask: Ask, target: str, tampered: bool) -> None:  # noqa: FBT001 - drawn
    assert MERCHANT.request_key is not None
    header = authorization(SELLER.id, MERCHANT.request_key, target, None, NOON, "5K8264ILTKCH16CQ")
    scheme, _, rest = header.partition(" ")
    parts = dict(re.findall(r'(\w+)="([^"]*)"', rest))
    signature = parts.pop("signature")
    assert (scheme, parts) == (
        "WECHATPAY2-SHA256-RSA2048",
        {
            "mchid": SELLER.id,
            "nonce_str": "5K8264ILTKCH16CQ",
            "timestamp": TIMESTAMP,
            "serial_no": SELLER.request_key.serial,
        },
    )
    asked = f"{target}x" if tampered else target
    answer = ask(
        "check",
        target=asked,
        timestamp=TIMESTAMP,
        nonce=parts["nonce_str"],
        signature=signature,
        pem=SELLER.request_key.pem,
    )
    assert answer == {"verified": not tampered}
