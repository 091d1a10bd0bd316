"""Queries to WeChat Pay: signed so that it takes them, and only an answer that it has signed is believed."""

import gzip
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.sandbox.fake_wechat.merchant import signed
from infra.sandbox.fake_wechat.merchant_api import Answer, MerchantApi
from tests.support.builders import NOON
from tests.support.servers.pay_notices import KEYS, MERCHANT, PAID, REFUNDED, SELLER
from wejourney.adapters.pay import api
from wejourney.adapters.pay.api import ATTEMPTS, PayApi
from wejourney.errors import MissingSettingError
from wejourney.merchants import Merchant
from wejourney.services.ports.merchants import PayUnavailableError
from wejourney.wire.http import FRESHNESS

ORDER = PAID["out_trade_no"]
DAY = NOON.date()
AFTER_TEN = NOON + timedelta(days=1)


@dataclass
class Server:
    """WeChat Pay on a port. `changed` replaces answers; `targets` are the requests."""

    url: str = ""
    books: MerchantApi = field(default_factory=lambda: MerchantApi(SELLER, {ORDER: PAID}, {"R-1": REFUNDED}))
    changed: Callable[[Answer], Answer] = field(default=lambda answer: answer)
    targets: list[str] = field(default_factory=list)
    now: Any = AFTER_TEN

    def api(self) -> PayApi:
        return PayApi(self.url, lambda: self.now, FRESHNESS)


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.targets.append(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            assert headers["accept"]
            assert headers["user-agent"]
            status, more, body = served.changed(
                served.books.answer(self.path, headers, served.now, served.url)
            )
            self.send_response(status)
            for name, value in {**more, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        served.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield served
        http.shutdown()


@pytest.mark.parametrize("kinds", [("certificate",), ("public key",), ("certificate", "public key")])
def test_an_order_is_asked_for_whichever_keys_the_merchant_has(
    server: Server, kinds: tuple[str, ...]
) -> None:
    """WeChat signs with the key that the request names, else with a certificate."""
    serials = [KEYS[kind].serial for kind in kinds]
    merchant = replace(MERCHANT, keys={name: key for name, key in MERCHANT.keys.items() if name in serials})
    assert server.api().order(merchant, SELLER.id, ORDER) == PAID


@pytest.mark.parametrize("number", ["A-1", "A|1*_-", "门 店/1?x=1&y"])
def test_the_address_that_is_signed_is_the_one_that_is_sent(server: Server, number: str) -> None:
    server.books.paid[number] = PAID
    assert server.api().order(MERCHANT, SELLER.id, number) == PAID


def test_refunds_are_asked_for_by_the_merchants_number(server: Server) -> None:
    found = server.api().refund(MERCHANT, SELLER.id, "R-1")
    assert found is not None
    assert (found["status"], found["amount"]) == ("SUCCESS", REFUNDED["amount"])


def test_what_is_not_there_is_none(server: Server) -> None:
    assert server.api().order(MERCHANT, SELLER.id, "never") is None
    assert server.api().refund(MERCHANT, SELLER.id, "never") is None
    assert server.api().trade_bill(MERCHANT, DAY - timedelta(days=9), io.BytesIO()) is False
    assert len(server.targets) == 3


def test_a_sub_merchants_order_is_asked_for_with_both_numbers(server: Server) -> None:
    body = json.dumps(PAID).encode()
    server.changed = lambda _answer: (200, signed(SELLER.certificate, body, server.now), body)
    assert server.api().order(MERCHANT, "1900000999", "A") == PAID
    server.api().refund(MERCHANT, "1900000999", "R")
    assert server.targets == [
        f"/v3/pay/partner/transactions/out-trade-no/A?sp_mchid={SELLER.id}&sub_mchid=1900000999",
        "/v3/refund/domestic/refunds/R?sub_mchid=1900000999",
    ]


def test_a_merchant_without_a_request_key_asks_nothing(server: Server) -> None:
    with pytest.raises(MissingSettingError, match="private_key is missing"):
        server.api().order(replace(MERCHANT, request_key=None), SELLER.id, ORDER)
    assert server.targets == []


def tampered(answer: Answer) -> Answer:
    return answer[0], answer[1], answer[2].replace(b"9900", b"9901")


def without(header: str) -> Callable[[Answer], Answer]:
    return lambda answer: (
        answer[0],
        {name: value for name, value in answer[1].items() if name.lower() != header},
        answer[2],
    )


def probing(answer: Answer) -> Answer:
    probe = "WECHATPAY/SIGNTEST/" + answer[1]["Wechatpay-Signature"]
    return answer[0], {**answer[1], "Wechatpay-Signature": probe}, answer[2]


UNTRUSTED: dict[str, Callable[[Answer], Answer]] = {
    "tampered": tampered,
    "without a signature": without("wechatpay-signature"),
    "without a serial number": without("wechatpay-serial"),
    "a probe": probing,
    "of another key": lambda answer: (answer[0], signed(SELLER.request_key, answer[2], AFTER_TEN), answer[2]),
    "old": lambda answer: (answer[0], signed(SELLER.certificate, answer[2], NOON), answer[2]),
}


@pytest.mark.parametrize("what", UNTRUSTED)
def test_an_answer_that_wechat_has_not_signed_now_is_not_believed(server: Server, what: str) -> None:
    server.changed = UNTRUSTED[what]
    with pytest.raises(PayUnavailableError, match="cannot be trusted") as raised:
        server.api().order(MERCHANT, SELLER.id, ORDER)
    assert ORDER not in str(raised.value)
    assert len(server.targets) == ATTEMPTS


@pytest.mark.parametrize("what", ["a probe", "a failure"])
def test_after_a_probe_or_a_failure_the_right_answer_is_taken(server: Server, what: str) -> None:
    def at_first(answer: Answer) -> Answer:
        if len(server.targets) > 1:
            return answer
        return probing(answer) if what == "a probe" else (502, {}, b"<html>")

    server.changed = at_first
    assert server.api().order(MERCHANT, SELLER.id, ORDER) == PAID
    assert len(server.targets) == 2


@pytest.mark.parametrize(
    ("answer", "told", "attempts"),
    [
        ((401, {}, b'{"code": "SIGN_ERROR", "message": "oSecret"}'), "401 SIGN_ERROR", 1),
        ((429, {}, b'{"code": "RATELIMIT_EXCEEDED"}'), "429 RATELIMIT_EXCEEDED", 1),
        ((403, {}, b'{"code": "what <oSecret> says"}'), "403$", 1),
        ((404, {}, b"not JSON"), "404$", 1),
        ((302, {"location": "http://elsewhere"}, b""), "302", 1),
        ((500, {}, b"{}"), "500", ATTEMPTS),
    ],
)
def test_a_refusal_is_told_by_its_code_alone(
    server: Server, answer: Answer, told: str, attempts: int
) -> None:
    server.changed = lambda _answer: answer
    with pytest.raises(PayUnavailableError, match=told) as raised:
        server.api().order(MERCHANT, SELLER.id, ORDER)
    assert "oSecret" not in str(raised.value)
    assert len(server.targets) == attempts


def test_nobody_who_answers_is_unavailable() -> None:
    with pytest.raises(PayUnavailableError, match="ConnectionRefusedError"):
        PayApi("http://127.0.0.1:1", lambda: NOON, FRESHNESS).order(MERCHANT, SELLER.id, ORDER)


def test_a_key_that_is_not_the_merchants_is_refused_by_the_fake_wechat(server: Server) -> None:
    assert MERCHANT.request_key is not None
    other = replace(MERCHANT.request_key, private=SELLER.certificate.private)
    with pytest.raises(PayUnavailableError, match="401 SIGN_ERROR"):
        server.api().order(replace(MERCHANT, request_key=other), SELLER.id, ORDER)


# --- the trade bill ------------------------------------------------------------------------------


def bill_of(server: Server, merchant: Merchant = MERCHANT) -> str:
    file = io.BytesIO()
    assert server.api().trade_bill(merchant, DAY, file)
    return gzip.decompress(file.getvalue()).decode()


def test_a_bill_is_saved_as_it_is_sent(server: Server) -> None:
    assert bill_of(server) == server.books.bill(DAY)
    asked, fetched = server.targets
    assert asked == f"/v3/bill/tradebill?bill_date={DAY}&bill_type=ALL&tar_type=GZIP"
    assert fetched.startswith("/v3/billdownload/file?")


def test_a_bill_that_is_not_made_yet_is_unavailable(server: Server) -> None:
    server.now = NOON
    with pytest.raises(PayUnavailableError, match="STATEMENT_CREATING"):
        bill_of(server)


FILES: dict[str, tuple[Callable[[bytes], Answer], str]] = {
    "another": (lambda _file: (200, {}, gzip.compress(b"another")), "another SHA1"),
    "cut short": (lambda file: (200, {}, file[: len(file) // 2]), "another SHA1"),
    "not compressed": (lambda _file: (200, {}, b"<html>"), "not compressed"),
    "an error": (lambda _file: (403, {}, b""), "403 for the bill"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_not_the_signed_one_is_not_taken(server: Server, what: str) -> None:
    change, told = FILES[what]
    server.changed = lambda answer: change(answer[2]) if "billdownload" in server.targets[-1] else answer
    with pytest.raises(PayUnavailableError, match=told):
        bill_of(server)


def test_a_bill_that_is_too_large_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "LARGEST_BILL", 100)
    with pytest.raises(PayUnavailableError, match="larger than 100 bytes"):
        bill_of(server)


@pytest.mark.parametrize(
    "changes",
    [
        {"download_url": None},
        {"hash_value": 5},
        {"hash_type": "MD5"},
        {"download_url": "file:///etc/passwd"},
        {"download_url": "http:///x"},
    ],
)
def test_a_bill_without_an_address_and_a_hash_is_not_fetched(
    server: Server, changes: dict[str, object]
) -> None:
    known = {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(b"", usedforsecurity=False).hexdigest(),
        "download_url": f"{server.url}/v3/billdownload/file?token={DAY}",
    }
    body = json.dumps(known | changes).encode()
    server.changed = lambda _answer: (200, signed(SELLER.certificate, body, server.now), body)
    with pytest.raises(PayUnavailableError):
        bill_of(server)
    assert len(server.targets) == 1
