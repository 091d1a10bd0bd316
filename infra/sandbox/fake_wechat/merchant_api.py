"""What WeChat Pay answers to a merchant: orders, refunds, and the trade bill of a day.

https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/query-by-out-trade-no.html
https://pay.weixin.qq.com/docs/merchant/apis/in-app-payment/get-trade-bill.html
"""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from infra.sandbox.fake_wechat.merchant import FakeMerchant, SigningKey, encrypted, signed

_BEIJING = timezone(timedelta(hours=8))
_FILE = "/v3/billdownload/file"
_NAMES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"

type Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


@dataclass
class MerchantApi:
    """The books of a merchant: what was `paid`, by its order number, and the `refunds` by theirs.

    Without `certificates` WeChat Pay signs with the public key only, as for merchants since 2024.
    """

    merchant: FakeMerchant
    paid: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    refunds: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    certificates: bool = True

    def answer(
        self,
        target: str,
        headers: Mapping[str, str],
        now: datetime,
        address: str,
        asked: bytes | None = None,
    ) -> Answer:
        """Answer a request to `target`, a path with its query; `address` is where bills are fetched.

        `asked` is the body of a POST request.
        """
        if not self._is_ours(target, headers.get("authorization", ""), asked):
            return _refusal(401, "SIGN_ERROR")
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == _FILE:
            file = gzip.compress(self.bill(date.fromisoformat(query["token"][0])).encode(), mtime=0)
            return 200, {"content-type": "application/octet-stream"}, file
        wanted = headers.get("wechatpay-serial")
        if asked is not None:
            return self._echo(path, asked, wanted, now)
        found = self._find(path, query, now, address)
        if isinstance(found, str):
            return _refusal(400 if found.startswith("STATEMENT") else 404, found)
        body = json.dumps(found, ensure_ascii=False).encode()
        is_public = wanted == self.merchant.public_key.serial or not self.certificates
        key = self.merchant.public_key if is_public else self.merchant.certificate
        return 200, signed(key, body, now), body

    def _echo(self, path: str, asked: bytes, wanted: str | None, now: datetime) -> Answer:
        """What was sent, signed with the key that is named: a key of no merchant is refused."""
        key = next((key for key in self._keys if key.serial == wanted), None)
        if path != "/v3/security/echo":
            return _refusal(404, "NOT_FOUND")
        if key is None:
            return _refusal(400, "PARAM_ERROR")
        return 200, signed(key, asked, now), asked

    @property
    def _keys(self) -> tuple[SigningKey, ...]:
        """Those that WeChat Pay signs with."""
        public = self.merchant.public_key
        return (self.merchant.certificate, public) if self.certificates else (public,)

    def _find(
        self, path: str, query: Mapping[str, list[str]], now: datetime, address: str
    ) -> Mapping[str, Any] | str:
        """What was asked for, or the code of a refusal."""
        folder, _, number = path.rpartition("/")
        number = unquote(number)
        match folder:
            case "/v3/pay/transactions/out-trade-no" if query.get("mchid") == [self.merchant.id]:
                return self.paid.get(number, "ORDER_NOT_EXIST")
            case "/v3/refund/domestic/refunds" if number in self.refunds:
                refund = {**self.refunds[number]}
                return {"status": refund.pop("refund_status"), **refund}
            case "/v3/refund/domestic/refunds":
                return "RESOURCE_NOT_EXISTS"
            case "/v3" if number == "certificates":
                return {"data": [self._certificate(now)]} if self.certificates else "RESOURCE_NOT_EXISTS"
            case "/v3/bill" if number == "tradebill":
                return self._bill_address(date.fromisoformat(query["bill_date"][0]), now, address)
            case _:  # an address that WeChat Pay does not know
                return "NOT_FOUND"

    def _bill_address(self, day: date, now: datetime, address: str) -> Mapping[str, Any] | str:
        ready = datetime(day.year, day.month, day.day, 10, tzinfo=_BEIJING) + timedelta(days=1)
        if now < ready:
            return "STATEMENT_CREATING"
        if not list(self._rows(day)):
            return "NO_STATEMENT_EXIST"
        digest = hashlib.sha1(self.bill(day).encode(), usedforsecurity=False).hexdigest()
        url = f"{address}{_FILE}?token={day.isoformat()}"
        return {"hash_type": "SHA1", "hash_value": digest, "download_url": url}

    def _certificate(self, now: datetime) -> Mapping[str, Any]:
        key = self.merchant.certificate
        return {
            "serial_no": key.serial,
            "effective_time": (now - timedelta(days=1)).isoformat(timespec="seconds"),
            "expire_time": (now + timedelta(days=1825)).isoformat(timespec="seconds"),
            "encrypt_certificate": encrypted(self.merchant, key.pem.encode(), "certificate"),
        }

    def bill(self, day: date) -> str:
        """The trade bill of a day in Beijing's time, with a byte order mark as WeChat's have at times."""
        rows = list(self._rows(day))
        lines = [_NAMES, *rows, _TOTALS, f"`{len(rows)},`0,`0,`0,`0,`0,`0"]
        return "\ufeff" + "".join(f"{line}\r\n" for line in lines)

    def _rows(self, day: date) -> Iterator[str]:
        """Its rows, the latest first."""
        trades = [*self.paid.values(), *self.refunds.values()]
        for trade in sorted(trades, key=lambda trade: str(trade["success_time"]), reverse=True):
            at = datetime.fromisoformat(trade["success_time"]).astimezone(_BEIJING)
            if at.date() == day:
                yield "".join(f",`{value}" for value in self._row(trade, at))[1:]

    def _row(self, trade: Mapping[str, Any], at: datetime) -> list[str]:
        paid, is_refund = self.paid[trade["out_trade_no"]], "out_refund_no" in trade
        total, back = _yuan(paid["amount"]["total"]), _yuan(trade["amount"].get("refund", 0))
        state, refund = "SUCCESS", ["0", "0", "0.00", "0.00", "", ""]
        if is_refund:
            state = "REFUND"
            refund = [trade["refund_id"], trade["out_refund_no"], back, "0.00", "ORIGINAL", "SUCCESS"]
        return [
            *(f"{at:%Y-%m-%d %H:%M:%S}", paid["appid"], paid["mchid"], "0", "", paid["transaction_id"]),
            *(paid["out_trade_no"], paid["payer"]["openid"], paid["trade_type"], state, "OTHERS", "CNY"),
            *(total, "0.00", *refund),
            *("商品", paid.get("attach", ""), "0.00000", "0.60%", total, back, ""),
        ]

    def _is_ours(self, target: str, authorization: str, asked: bytes | None) -> bool:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        own = {"mchid": self.merchant.id, "serial_no": self.merchant.request_key.serial}
        if scheme != "WECHATPAY2-SHA256-RSA2048" or not own.items() <= parts.items():
            return False
        method = "GET" if asked is None else "POST"
        head = f"{method}\n{target}\n{parts['timestamp']}\n{parts['nonce_str']}\n"
        message = head.encode() + (asked or b"") + b"\n"
        signature = base64.b64decode(parts["signature"])
        try:
            key = self.merchant.request_key.private.public_key()
            key.verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def _refusal(status: int, code: str) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps({"code": code}).encode()


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"
