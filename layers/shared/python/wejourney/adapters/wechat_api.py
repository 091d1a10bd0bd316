"""WeChat's API, through wechatpy: the one module that knows it.

wechatpy 1.8.18 would retry a rejected token for ever, wait for an answer for ever and fetch tokens from
the endpoint that invalidates the last one. So its retry is off, every call has a time limit, and tokens
come from `wejourney.adapters.access_tokens`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import requests
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from wejourney.accounts import Account
from wejourney.domain.errors import (
    AccountMisconfiguredError,
    DailyQuotaSpentError,
    SendOutcomeUnknownError,
    TokenRejectedError,
    WeChatBusyError,
    WeChatError,
)
from wejourney.domain.followers import WhatWeChatKnows
from wejourney.domain.sending import error_of

TIME_LIMITS = (2.0, 5.0)
"""Seconds to connect and to wait for an answer."""

_BEIJING = ZoneInfo("Asia/Shanghai")
_SERVER_ERROR = 500


class Tokens(Protocol):
    """Where access tokens come from, and where it is kept that an account has to stop for the day."""

    def get(self, account: Account) -> str:
        """A token that WeChat takes."""

    def renew(self, account: Account, rejected: str) -> str:
        """Another token than the one that WeChat rejected."""

    def stopped_until(self, account: Account) -> datetime | None:
        """Until when no message may be sent, because the day's quota is spent."""

    def stop(self, account: Account, until: datetime) -> None:
        """Send nothing more until then."""


class WeChatApi:
    """Calls to WeChat for all accounts of the deployment. `base_url` is without a path."""

    def __init__(self, base_url: str, tokens: Tokens, now: Callable[[], datetime]) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._now = now
        self._clients: dict[str, WeChatClient] = {}

    def user_info(self, account: Account, openid: str) -> WhatWeChatKnows:
        """What WeChat knows of a follower.

        https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
        """
        try:
            info = self._call(account, lambda client: client.user.get(openid))
        except SendOutcomeUnknownError as error:
            raise WeChatBusyError(0, f"no answer: {error}") from error
        return WhatWeChatKnows(
            union_id=info.get("unionid"),
            subscribe_scene=info.get("subscribe_scene"),
            language=_language(info.get("language")),
        )

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        """Send a customer-service message in its localised form (`wejourney.domain.messages.localise`).

        https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
        """
        stopped = self._tokens.stopped_until(account)
        if stopped is not None and stopped > self._now():
            raise DailyQuotaSpentError(0, f"nothing is sent until {stopped:%Y-%m-%dT%H:%MZ}")
        try:
            self._call(account, lambda client: _SENDERS[content["type"]](client, openid, content))
        except DailyQuotaSpentError:
            self._tokens.stop(account, end_of_wechats_day(self._now()))
            raise

    def _call(self, account: Account, call: Callable[[WeChatClient], Any]) -> dict[str, Any]:
        """Call with a token; when WeChat rejects it, renew it once and call once more."""
        token = self._tokens.get(account)
        try:
            return self._once(account, token, call)
        except TokenRejectedError:
            token = self._tokens.renew(account, token)
        try:
            return self._once(account, token, call)
        except TokenRejectedError as error:
            raise AccountMisconfiguredError(error.errcode, error.errmsg) from error

    def _once(self, account: Account, token: str, call: Callable[[WeChatClient], Any]) -> dict[str, Any]:
        client = self._clients.get(account.app_id)
        if client is None:
            client = WeChatClient(account.app_id, "", timeout=TIME_LIMITS, auto_retry=False)
            client.API_BASE_URL = f"{self._base_url}/cgi-bin/"
            # A worker may sleep for minutes between two calls. On a kept connection that died meanwhile
            # the next message would leave with an unknown outcome, and be dropped.
            client._http.headers["Connection"] = "close"  # noqa: SLF001 - wechatpy has no setting for it
            self._clients[account.app_id] = client
        client.session.set(client.access_token_key, token)
        return translated(lambda: call(client))


def translated(call: Callable[[], Any]) -> dict[str, Any]:
    """Make a call and speak of its failures in our words.

    The causes are not chained: they hold the request, and its address holds the token.
    """
    try:
        answer = call()
    except WeChatClientException as error:
        raise _error_of(error) from None
    except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
        raise WeChatBusyError(0, f"no connection: {type(error).__name__}") from None
    except requests.RequestException as error:
        if _never_left(error):
            raise WeChatBusyError(0, "no connection") from None
        raise SendOutcomeUnknownError(type(error).__name__) from None
    if not isinstance(answer, dict):
        raise SendOutcomeUnknownError("the answer is not JSON")
    return answer


def _error_of(error: WeChatClientException) -> WeChatError:
    if error.errcode is not None:
        return error_of(int(error.errcode), str(error.errmsg))
    status = error.response.status_code
    cls = WeChatBusyError if status >= _SERVER_ERROR else AccountMisconfiguredError
    return cls(0, f"HTTP {status}")


def _never_left(error: requests.RequestException) -> bool:
    """Whether no connection came about: urllib3 says so in the reason that requests wraps."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def end_of_wechats_day(now: datetime) -> datetime:
    """The next midnight in Beijing, when WeChat counts anew; UTC."""
    day = now.astimezone(_BEIJING).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return day.astimezone(now.tzinfo)


def _language(code: str | None) -> str | None:
    """`zh_CN` and `zh_TW` are read as `zh`."""
    return code.partition("_")[0] if code else None


def _send_news(client: WeChatClient, openid: str, content: Mapping[str, Any]) -> Any:
    card = {name: content[name] for name in ("title", "description", "url")}
    return client.message.send_articles(openid, [{**card, "picurl": content["picture"]}])


def _send_mini_program(client: WeChatClient, openid: str, content: Mapping[str, Any]) -> Any:
    card = {
        "title": content["title"],
        "appid": content["app_id"],
        "pagepath": content["page"],
        "thumb_media_id": content["picture"],
    }
    return client.message.send_mini_program_page(openid, card)


def _send_menu(client: WeChatClient, openid: str, content: Mapping[str, Any]) -> Any:
    """Menu messages, which wechatpy 1.8.18 does not have."""
    menu = {
        "head_content": content["head"],
        "list": [{"id": item["id"], "content": item["text"]} for item in content["items"]],
        "tail_content": content["tail"],
    }
    body = {"touser": openid, "msgtype": "msgmenu", "msgmenu": menu}
    return client.post("message/custom/send", data=body)


_SENDERS: Mapping[str, Callable[[WeChatClient, str, Mapping[str, Any]], Any]] = {
    "text": lambda client, openid, content: client.message.send_text(openid, content["text"]),
    "image": lambda client, openid, content: client.message.send_image(openid, content["media_id"]),
    "news": _send_news,
    "mini_program": _send_mini_program,
    "menu": _send_menu,
}
