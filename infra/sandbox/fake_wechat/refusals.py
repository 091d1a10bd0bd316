"""How the fake says no: WeChat's error codes with their texts.

Codes: https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
"""

from collections.abc import Mapping

REASONS: Mapping[int, str] = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid argument",
    40053: "invalid action info",
    40125: "invalid appsecret",
    41001: "access_token missing",
    42001: "access_token expired",
    43002: "require POST method",
    43004: "require subscribe",
    44002: "empty post data",
    44003: "empty news message",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    45056: "tag count out of limit",
    45058: "can't modify sys tag",
    45059: "can not tag the user: too many tags",
    45072: "invalid typing command",
    45157: "invalid tag name: it exists already",
    45158: "invalid tag name: too long",
    45159: "invalid tag id",
    46003: "menu no exist",
    47001: "data format error",
    48006: "forbid to clear quota because of reaching the limit",
}


class RefusedError(Exception):
    """A call that WeChat would refuse, with its code and, where it is known, whom it was about."""

    def __init__(self, errcode: int, detail: str = "", openid: str | None = None) -> None:
        self.errcode = errcode
        self.reason = ": ".join(filter(None, (REASONS.get(errcode, "refused"), detail)))
        self.openid = openid
        super().__init__(f"{errcode} {self.reason}")
