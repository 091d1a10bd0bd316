"""What WeChat says of an account's setup: whether it gives a token, and what of the quotas is left."""

import re
from typing import Any

from wejourney.accounts import Account
from wejourney.adapters.wechat.access_tokens import fresh_token
from wejourney.adapters.wechat.calls import call_wechat, repeatable
from wejourney.errors import WeChatBusyError, WeChatError
from wejourney.services.setup.facts import CallFacts, QuotaFacts

APIS = ("/cgi-bin/message/custom/send", "/cgi-bin/user/info", "/cgi-bin/qrcode/create")
"""What the product calls for an official account. Those of mini programs have no quota of a day."""

_ADDRESS = re.compile(r"\binvalid ip ([0-9A-Fa-f.:]{2,45})\b", re.ASCII)
"""In the `errmsg` of 40164, before the same address as IPv6."""


class WeChatSetupProbe:
    """`base_url` is without a path."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def check(self, account: Account) -> tuple[CallFacts, tuple[QuotaFacts, ...]]:
        try:
            token = fresh_token(self._base_url, account)
        except WeChatError as error:
            return _failed(error), ()
        apis = APIS if account.kind == "official_account" else ()
        return CallFacts(), tuple(self._quota(token, api) for api in apis)

    def _quota(self, token: str, api: str) -> QuotaFacts:
        """https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html ."""
        url = f"{self._base_url}/cgi-bin/openapi/quota/get"
        try:
            answer = repeatable(lambda: call_wechat(url, {"access_token": token}, {"cgi_path": api}))
        except WeChatError as error:
            return QuotaFacts(api, _failed(error))
        quota = answer.get("quota")
        told = quota if isinstance(quota, dict) else {}
        return QuotaFacts(api, limit=_number(told, "daily_limit"), used=_number(told, "used"))


def _number(told: dict[str, Any], name: str) -> int:
    value = told.get(name)
    return value if type(value) is int and value > 0 else 0


def _failed(error: WeChatError) -> CallFacts:
    found = _ADDRESS.search(error.errmsg)
    return CallFacts(
        "no_answer" if isinstance(error, WeChatBusyError) else "refused",
        str(error.errcode) if error.errcode else "",
        str(error),
        found[1] if found else "",
    )
