"""WeChat's API: messages of customer service, and what WeChat knows of a follower."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never
from zoneinfo import ZoneInfo

from wejourney.accounts import Account
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.calls import call_wechat, repeatable
from wejourney.errors import (
    DailyQuotaSpentError,
    SendOutcomeUnknownError,
    WeChatBusyError,
)
from wejourney.languages import tag_of
from wejourney.messaging.contents import menu_ids
from wejourney.people.followers import WeChatUserInfo
from wejourney.services.ports.codes import Ticket
from wejourney.text import shortened
from wejourney.wire.official_account.subscribe_scenes import SOURCES

type MessageType = Literal["text", "image", "news", "mini_program", "menu"]
"""The contents that a customer-service message carries."""

HIGHEST_TEMPORARY, HIGHEST_PERMANENT = 2**32 - 1, 100_000
"""The highest scenes that are numbers."""

_BEIJING = ZoneInfo("Asia/Shanghai")


class WeChatApi:
    """Calls to WeChat for all accounts of the deployment. `base_url` is without a path."""

    def __init__(self, base_url: str, tokens: AccessTokens, now: Callable[[], datetime]) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._now = now

    def user_info(self, account: Account, openid: str) -> WeChatUserInfo:
        """No answer is busy, and so is a spent quota of this call.

        https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
        """
        query = {"openid": openid, "lang": "zh_CN"}
        info = repeatable(lambda: self._call(account, "GET", "user/info", query))
        if "openid" not in info:
            raise WeChatBusyError(0, detail="the answer is not about a follower")
        scene, language = _text(info.get("subscribe_scene")), _text(info.get("language"))
        is_new = scene is not None and scene not in SOURCES
        return WeChatUserInfo(
            union_id=_text(info.get("unionid")),
            source=SOURCES.get(scene, scene) if scene else None,
            # `zh_CN` and `zh_TW` are read as `zh`.
            language=tag_of(language) if language else None,
            note=f"user info: subscribe_scene {shortened(str(scene), 60)} is new" if is_new else None,
        )

    def create_qr_code(self, account: Account, scene: str, lasts: int) -> Ticket:
        """A scene that is a number is told to WeChat as one: both reach us alike.

        https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
        """
        highest = HIGHEST_TEMPORARY if lasts else HIGHEST_PERMANENT
        is_number = scene.isascii() and scene.isdecimal() and scene[0] != "0" and int(scene) <= highest
        action = f"QR_{'' if lasts else 'LIMIT_'}{'' if is_number else 'STR_'}SCENE"
        named: dict[str, Any] = {"scene_id": int(scene)} if is_number else {"scene_str": scene}
        body: dict[str, Any] = {"action_name": action, "action_info": {"scene": named}}
        body |= {"expire_seconds": lasts} if lasts else {}
        answer = repeatable(lambda: self._call(account, "POST", "qrcode/create", {}, body))
        ticket, url, left = (
            _text(answer.get("ticket")),
            _text(answer.get("url")),
            answer.get("expire_seconds"),
        )
        if not ticket or not url:
            raise WeChatBusyError(0, detail="the answer has no code")
        return Ticket(ticket, url, left if lasts and type(left) is int else lasts)

    def send(self, account: Account, openid: str, content: Mapping[str, Any]) -> None:
        """Send a customer-service message in its localised form (`wejourney.messaging.contents.localise`)."""
        stopped = self._tokens.stopped_until(account)
        if stopped is not None and stopped > self._now():
            raise DailyQuotaSpentError(0, detail=f"nothing is sent until {stopped:%Y-%m-%dT%H:%MZ}")
        body = message_body(openid, content)
        try:
            answer = self._call(account, "POST", "message/custom/send", {}, body)
        except DailyQuotaSpentError:
            self._tokens.stop(account, end_of_wechats_day(self._now()))
            raise
        if "errcode" not in answer:
            raise SendOutcomeUnknownError("the answer has no errcode")

    def _call(
        self,
        account: Account,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        url = f"{self._base_url}/cgi-bin/{path}"
        return self._tokens.used_in(
            account, lambda token: call_wechat(url, {"access_token": token, **query}, body, method)
        )


def message_body(openid: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a customer-service message.

    https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
    """
    kind: MessageType = content["type"]
    name: str = kind
    match kind:
        case "text":
            message = {"content": content["text"]}
        case "image":
            message = {"media_id": content["media_id"]}
        case "news":
            article = {field: content[field] for field in ("title", "description", "url")}
            message = {"articles": [{**article, "picurl": content["picture"]}]}
        case "mini_program":
            name, page = "miniprogrampage", {"appid": content["app_id"], "pagepath": content["page"]}
            message = {"title": content["title"], **page, "thumb_media_id": content["picture"]}
        case "menu":
            # WeChat keeps only ids that are numbers.
            ids = menu_ids([item["id"] for item in content["items"]], content.get("number", 0))
            lines = zip(ids, content["items"], strict=True)
            name, message = (
                "msgmenu",
                {
                    "head_content": content["head"],
                    "list": [{"id": id_, "content": item["text"]} for id_, item in lines],
                    "tail_content": content["tail"],
                },
            )
        case _:
            assert_never(kind)
    return {"touser": openid, "msgtype": name, name: message}


def end_of_wechats_day(now: datetime) -> datetime:
    """The next midnight in Beijing, when WeChat counts anew; UTC."""
    day = now.astimezone(_BEIJING).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return day.astimezone(now.tzinfo)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
