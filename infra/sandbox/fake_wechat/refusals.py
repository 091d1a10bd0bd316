"""How the fake says no: WeChat's error codes with their texts.

Codes: https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
"""

from collections.abc import Mapping

from wejourney.messaging.wechat_errors import CODES

_OTHER_CALLS: Mapping[int, str] = {
    40053: "invalid action info",
    45056: "tag count out of limit",
    45058: "can't modify sys tag",
    45059: "can not tag the user: too many tags",
    45072: "invalid typing command",
    45157: "invalid tag name: it exists already",
    45158: "invalid tag name: too long",
    45159: "invalid tag id",
    46003: "menu no exist",
}
"""The codes of calls that the product does not make."""

REASONS: Mapping[int, str] = {**{code: known.meaning for code, known in CODES.items()}, **_OTHER_CALLS}


class RefusedError(Exception):
    """A call that WeChat would refuse, with its code and, where it is known, whom it was about."""

    def __init__(self, errcode: int, detail: str = "", openid: str | None = None) -> None:
        self.errcode = errcode
        self.reason = ": ".join(filter(None, (REASONS.get(errcode, "refused"), detail)))
        self.openid = openid
        super().__init__(f"{errcode} {self.reason}")
