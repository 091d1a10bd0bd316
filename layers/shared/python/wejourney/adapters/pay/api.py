"""Queries to WeChat Pay: signed by the merchant, their answers verified with the keys that verify notices.

All are GET requests that change nothing, so each may be repeated.
Orders: https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/query-by-out-trade-no.html
Refunds: https://pay.weixin.qq.com/docs/merchant/apis/refund/refunds/query-by-out-refund-no.html
Bills: https://pay.weixin.qq.com/docs/merchant/apis/in-app-payment/get-trade-bill.html
"""

import hashlib
import re
import secrets
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from wejourney.errors import MissingSettingError
from wejourney.merchants import Merchant
from wejourney.services.ports.merchants import BillNotReadyError, PayRefusedError, PayUnavailableError
from wejourney.text import json_object
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

    def _ask(self, merchant: Merchant, path: str, query: Mapping[str, str]) -> Mapping[str, Any] | None:
        url = f"{self.base_url}{path}?{urlencode(query)}" if query else f"{self.base_url}{path}"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(merchant, url)
            except PayRefusedError as error:
                if error.code in _NOT_THERE:
                    return None
                raise
            except PayUnavailableError:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError  # The last attempt returns or raises.

    def _once(self, merchant: Merchant, url: str) -> Mapping[str, Any]:
        with self._sent(merchant, url) as response:
            body = response.read(LONGEST_ANSWER)
            headers = {name.lower(): value for name, value in response.getheaders()}
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PayUnavailableError(str(response.status))
        answer = json_object(body) or {}
        if response.status != HTTPStatus.OK:
            code = str(answer.get("code", ""))
            raise PayRefusedError(response.status, code if _CODE.fullmatch(code) else "")
        try:
            verify(headers, body, merchant, self.now(), self.tolerance)
        except UntrustedMessageError as error:
            raise PayUnavailableError(f"an answer that cannot be trusted: {error.reason}") from None
        return answer

    @contextmanager
    def _sent(self, merchant: Merchant, url: str) -> Iterator[HTTPResponse]:
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
            "Authorization": authorization(merchant.id, key, target, self.now(), secrets.token_hex(16)),
        }
        if merchant.answered_with is not None:
            headers["Wechatpay-Serial"] = merchant.answered_with
        connection = HTTPConnection(parts.netloc, timeout=TIME_LIMIT)
        if parts.scheme == "https":
            connection = HTTPSConnection(parts.netloc, timeout=TIME_LIMIT, context=_certificates())
        try:
            connection.request("GET", target, headers=headers)
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
