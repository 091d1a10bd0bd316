"""Queries to WeChat Pay: signed by the merchant, their answers verified with the keys that verify notices.

All change nothing, so each may be repeated.
Orders: https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/query-by-out-trade-no.html
Refunds: https://pay.weixin.qq.com/docs/merchant/apis/refund/refunds/query-by-out-refund-no.html
Bills: https://pay.weixin.qq.com/docs/merchant/apis/in-app-payment/get-trade-bill.html
Tests of keys: https://pay.weixin.qq.com/doc/v3/merchant/4014551946
Certificates: https://pay.weixin.qq.com/docs/merchant/apis/platform-certificate/api-v3-get-certificates/get.html
"""

import hashlib
import json
import re
import secrets
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from wejourney.errors import MissingSettingError
from wejourney.merchants import Merchant
from wejourney.services.ports.merchants import (
    ApiKeyDiffersError,
    BillNotReadyError,
    PayRefusedError,
    PayUnavailableError,
    PayUntrustedError,
)
from wejourney.text import json_object
from wejourney.wire.pay.notice import UnreadableNoticeError, decrypt
from wejourney.wire.pay.signature import UntrustedMessageError, authorization, verify

TIME_LIMIT = 10.0
"""Seconds to connect, and for each part of an answer."""

ATTEMPTS = 3
"""WeChat also probes with a wrong signature on an answer; the right one follows."""

LONGEST_ANSWER = 1_000_000
LARGEST_BILL = 400_000_000
"""Bytes as they are sent; of the file system of a function, 512 MB are free."""

_CHUNK = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS
_CODE = re.compile(r"[A-Z_]{1,64}", re.ASCII)
_NOT_THERE = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS", "NOT_FOUND", "NO_STATEMENT_EXIST")
_IN_THE_MAKING = "STATEMENT_CREATING"


@dataclass(frozen=True)
class PayApi:
    """`base_url` is without a path; `tolerance` is how far an answer's timestamp may be from `now()`."""

    base_url: str
    now: Callable[[], datetime]
    tolerance: timedelta

    def order(self, merchant: Merchant, seller: str, number: str) -> Mapping[str, Any] | None:
        path = f"transactions/out-trade-no/{quote(number, safe='')}"
        if seller == merchant.id:
            return self._ask(merchant, f"/v3/pay/{path}", {"mchid": merchant.id})
        sides = {"sp_mchid": merchant.id, "sub_mchid": seller}
        return self._ask(merchant, f"/v3/pay/partner/{path}", sides)

    def refund(self, merchant: Merchant, seller: str, number: str) -> Mapping[str, Any] | None:
        path = f"/v3/refund/domestic/refunds/{quote(number, safe='')}"
        return self._ask(merchant, path, {} if seller == merchant.id else {"sub_mchid": seller})

    def trade_bill(self, merchant: Merchant, day: date, file: BinaryIO) -> bool:
        """The address of a bill is signed by WeChat, its file is not: its hash is in the signed answer."""
        query = {"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"}
        try:
            found = self._ask(merchant, "/v3/bill/tradebill", query)
        except PayRefusedError as error:
            raise (BillNotReadyError(error.reason) if error.code == _IN_THE_MAKING else error) from None
        if found is None:
            return False
        url, expected = found.get("download_url"), found.get("hash_value")
        if not isinstance(url, str) or not isinstance(expected, str) or found.get("hash_type") != "SHA1":
            raise PayUnavailableError("the bill's address or its SHA1 is missing")
        digest = hashlib.sha1(usedforsecurity=False)
        with self._sent(merchant, url) as response:
            if response.status != HTTPStatus.OK:
                raise PayUnavailableError(f"{response.status} for the bill's file")
            _save(response, file, digest.update)
        if digest.hexdigest() != expected.lower():
            raise PayUnavailableError("the bill's file has another SHA1 than WeChat has signed")
        return True

    def test_key(self, merchant: Merchant, name: str) -> None:
        """WeChat Pay signs its answer with the key that is asked for."""
        alone = replace(merchant, keys={name: merchant.keys[name]})
        message = {"echo_message": secrets.token_hex(8)}
        answer = self._ask(alone, "/v3/security/echo", {}, json.dumps(message).encode(), name)
        if answer is None or answer.get("echo_message") != message["echo_message"]:
            raise PayUnavailableError("another answer than what was sent")

    def certificates(self, merchant: Merchant) -> tuple[str, ...]:
        found = self._ask(merchant, "/v3/certificates", {})
        listed = found.get("data", ()) if found is not None else ()
        certificates = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        for certificate in certificates:
            sealed = certificate.get("encrypt_certificate")
            try:
                decrypt(sealed if isinstance(sealed, dict) else {}, merchant.api_v3_key)
            except UnreadableNoticeError:
                raise ApiKeyDiffersError("the api_v3_key does not decrypt a certificate") from None
        return tuple(str(one.get("serial_no")).upper() for one in certificates)

    def _ask(
        self,
        merchant: Merchant,
        path: str,
        query: Mapping[str, str],
        body: bytes | None = None,
        answered_with: str | None = None,
    ) -> Mapping[str, Any] | None:
        url = f"{self.base_url}{path}?{urlencode(query)}" if query else f"{self.base_url}{path}"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(merchant, url, body, answered_with)
            except PayRefusedError as error:
                if error.code in _NOT_THERE:
                    return None
                raise
            except PayUnavailableError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError  # The last attempt returns or raises.

    def _once(
        self, merchant: Merchant, url: str, body: bytes | None, answered_with: str | None
    ) -> Mapping[str, Any]:
        with self._sent(merchant, url, body, answered_with) as response:
            told = response.read(LONGEST_ANSWER)
            headers = {name.lower(): value for name, value in response.getheaders()}
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PayUnavailableError(str(response.status))
        answer = json_object(told) or {}
        if response.status != HTTPStatus.OK:
            code = str(answer.get("code", ""))
            raise PayRefusedError(response.status, code if _CODE.fullmatch(code) else "")
        try:
            verify(headers, told, merchant, self.now(), self.tolerance)
        except UntrustedMessageError as error:
            raise PayUntrustedError(f"an answer that cannot be trusted: {error.reason}") from None
        return answer

    @contextmanager
    def _sent(
        self, merchant: Merchant, url: str, body: bytes | None = None, answered_with: str | None = None
    ) -> Iterator[HTTPResponse]:
        """A request on a connection of its own. What is chained holds no address: it names an order."""
        key = merchant.request_key
        if key is None:
            raise MissingSettingError("private_key", f"the secret of merchant {merchant.id}")
        parts = urlsplit(url)
        if parts.scheme != urlsplit(self.base_url).scheme or not parts.netloc:
            raise PayUnavailableError("an address that is not WeChat Pay's")
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {
            "Accept": "application/json",
            "User-Agent": "wejourney",
            "Authorization": authorization(merchant.id, key, target, body, self.now(), secrets.token_hex(16)),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        if serial := answered_with or merchant.answered_with:
            headers["Wechatpay-Serial"] = serial
        connection = HTTPConnection(parts.netloc, timeout=TIME_LIMIT)
        if parts.scheme == "https":
            connection = HTTPSConnection(parts.netloc, timeout=TIME_LIMIT, context=_certificates())
        try:
            connection.request("GET" if body is None else "POST", target, body, headers)
            yield connection.getresponse()
        except (HTTPException, OSError, ValueError) as error:
            raise PayUnavailableError(type(error).__name__) from None
        finally:
            connection.close()


def _save(response: HTTPResponse, file: BinaryIO, hashed: Callable[[bytes], None]) -> None:
    """Write a compressed file as it comes; its hash is that of what it holds."""
    inflate, size = zlib.decompressobj(wbits=_GZIP), 0
    while chunk := response.read(_CHUNK):
        size += len(chunk)
        if size > LARGEST_BILL:
            raise PayUnavailableError(f"the bill is larger than {LARGEST_BILL:,} bytes")
        try:
            hashed(inflate.decompress(chunk))
        except zlib.error:
            raise PayUnavailableError("the bill's file is not compressed by gzip") from None
        file.write(chunk)
    hashed(inflate.flush())


_certificates = cache(ssl.create_default_context)
