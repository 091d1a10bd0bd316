"""WeChat's API for mini programs: who has logged in, their phone number, and codes that open a page."""

import re
from typing import Any

from wejourney.accounts import Account
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.calls import call_wechat, picture_of_wechat, repeatable
from wejourney.bounds import LONGEST_NAME
from wejourney.errors import CodeRejectedError, ContentRejectedError, WeChatBusyError
from wejourney.events.event import OPENID
from wejourney.people.codes import LONGEST_MINI_SCENE
from wejourney.people.identities import LONGEST_IDENTITY
from wejourney.services.ports.mini_programs import Login

SCENE = re.compile(rf"[0-9A-Za-z!#$&'()*+,/:;=?@._~-]{{1,{LONGEST_MINI_SCENE}}}", re.ASCII)
_PICTURE, _FORUM = 2, 3
"""What is checked and where it is shown, in WeChat's numbers."""

_COUNTRY = re.compile(r"[0-9]{1,4}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{4,20}", re.ASCII)


class MiniProgramApi:
    """Calls to WeChat for all mini programs of the deployment. `base_url` is without a path."""

    def __init__(self, base_url: str, tokens: AccessTokens) -> None:
        self._base_url = base_url
        self._tokens = tokens

    def login(self, account: Account, code: str) -> Login:
        """Who has logged in. The session_key in the answer is dropped.

        https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
        """
        query = {
            "appid": account.app_id,
            "secret": account.app_secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        answer = repeatable(lambda: call_wechat(f"{self._base_url}/sns/jscode2session", query, method="GET"))
        openid, union_id = answer.get("openid"), answer.get("unionid")
        if not isinstance(openid, str) or not OPENID.fullmatch(openid):
            raise WeChatBusyError(0, detail="the answer names nobody")
        is_known = isinstance(union_id, str) and 0 < len(union_id) <= LONGEST_IDENTITY
        return Login(openid, union_id if is_known else None)

    def phone_number(self, account: Account, code: str) -> str:
        """The number that somebody has shared, with + and its country's code.

        WeChat charges for each number, and a code works once: an answer that was lost is not asked for again.
        https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
        """
        url = f"{self._base_url}/wxa/business/getuserphonenumber"
        answer = repeatable(
            lambda: self._tokens.used_in(
                account, lambda token: call_wechat(url, {"access_token": token}, {"code": code})
            )
        )
        info = _object(answer, "phone_info")
        if _object(info, "watermark").get("appid") != account.app_id:
            raise CodeRejectedError(0, detail="the number is for another app")
        country, number = str(info.get("countryCode")), str(info.get("purePhoneNumber"))
        if not _COUNTRY.fullmatch(country) or not _NUMBER.fullmatch(number):
            raise WeChatBusyError(0, detail="the answer has no number")
        return f"+{country}{number}"

    def check_picture(self, account: Account, openid: str, url: str) -> str:
        """Have a picture checked that somebody shows others; what is found is pushed. The id of the check.

        A picture that is checked twice is pushed twice, with two ids.
        https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/mediaCheckAsync.html
        """
        body = {"media_url": url, "media_type": _PICTURE, "version": 2, "openid": openid, "scene": _FORUM}
        asked = f"{self._base_url}/wxa/media_check_async"
        answer = repeatable(
            lambda: self._tokens.used_in(
                account, lambda token: call_wechat(asked, {"access_token": token}, body)
            )
        )
        trace = answer.get("trace_id")
        if not isinstance(trace, str) or not 0 < len(trace) <= LONGEST_NAME:
            raise WeChatBusyError(0, detail="the answer has no id of the check")
        return trace

    def code_picture(self, account: Account, scene: str, page: str, *, check_page: bool = True) -> bytes:
        """The PNG of a code that opens a page with this scene. There is no limit to their number.

        `check_page` lets WeChat refuse a page that is not published (41030).
        https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
        """
        if not SCENE.fullmatch(scene):
            raise ContentRejectedError(
                0, detail=f"a scene has 1 to {LONGEST_MINI_SCENE} characters that WeChat takes"
            )
        url = f"{self._base_url}/wxa/getwxacodeunlimit"
        body = {"scene": scene, "page": page, "check_path": check_page}
        return repeatable(
            lambda: self._tokens.used_in(
                account, lambda token: picture_of_wechat(url, {"access_token": token}, body)
            )
        )


def _object(values: dict[str, Any], name: str) -> dict[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}
