"""WeChat's error codes: what each is called, which error it is, and what an operator does about it.

Sources, by what they are trusted for:

* https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html: codes and their texts
* WxMpErrorMsgEnum of WxJava and WeChatErrorCode of wechatpy 1.8.18: codes that page has dropped
* https://github.com/binarywang/WxJava/issues/396 (40165), https://tencentcloud.com/document/product/1219/67648
  (43101, 43107, 43108, 45168), https://github.com/w7corp/easywechat/issues/1582 (45162)

The class decides everything else: see `wejourney.messaging.sending` for attempts and effects on the follower.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wejourney import errors


@dataclass(frozen=True)
class ErrorCode:
    """One code. `meaning` is WeChat's own text, `advice` one line for an operator, or empty."""

    error: type[errors.WeChatError]
    meaning: str
    advice: str = ""


ATTEMPTS: Mapping[type[errors.WeChatError], int] = {
    errors.WeChatBusyError: 6,
    errors.DailyQuotaSpentError: 26,
    errors.AccountPausedError: 26,
}
"""How often a message is tried before it counts as not sent; once for any other class.

The day's quota: hourly, a little over a day. A paused account: every five minutes, a little over the two
hours after which another token may be forced.
"""

ALARMING: frozenset[type[errors.WeChatError]] = frozenset(
    {errors.AccountMisconfiguredError, errors.UnrecognisedRefusalError}
)
"""The classes that need an operator whoever the follower and whatever the message is.

Each is counted, with its subclasses, as `SendsRefused.<class>`, so that it can have an alarm of its own.
"""

_UPLOAD = "upload the medium again and use its new media id in the journey"
_TEXT = "change the text or the fields of this message in the journey"
_LINK = "change the link: WeChat blocks this address or it is too long"
_WEAPP = "publish the mini program, link it to the account, and check the card's app id and page"
_WORDS = "change the wording: WeChat's content check rejects it"
_TEMPLATE = "check the template on mp.weixin.qq.com: its id, its fields and whether it is restricted"
_TYPE = "the account may not send this type of message: use another type"
_SECRET = "check the app id and the AppSecret in the account's secret"  # noqa: S105 - advice, not a secret
_ADDRESS = "add this deployment's egress address to the IP allow-list on mp.weixin.qq.com"
_RIGHTS = "check the account's certification and API rights on mp.weixin.qq.com"
_CALL = "a call that is malformed: report it as a bug of wejourney"

_GROUPS: tuple[tuple[type[errors.WeChatError], str, Mapping[int, str]], ...] = (
    (
        errors.TokenRejectedError,
        "",
        {
            40001: "invalid credential, access_token is invalid or not latest",
            40014: "invalid access_token",
            42001: "access_token expired",
        },
    ),
    (
        errors.WeChatBusyError,
        "",
        {
            -1000: "system error",
            -1: "system error",
            43108: "concurrent message sending",
            45011: "api minute-quota reach limit, must slower retry next minute",
            61450: "system error",
        },
    ),
    (
        errors.DailyQuotaSpentError,
        "",
        {45009: "reach max api daily quota limit", 45028: "has no masssend quota"},
    ),
    (
        errors.WindowClosedError,
        "",
        {
            45015: "response out of time limit or subscription is canceled",
            45047: "out of response count limit",
        },
    ),
    (
        errors.FollowerUnreachableError,
        "",
        {
            40003: "invalid openid",
            43004: "require subscribe",
            43005: "require friend relations",
            43019: "require remove blacklist",
            43101: "user refuse to accept the msg",
            46004: "user no exist",
            48002: "user block receive message",
            50005: "user is unsubscribed",
            70000: "user is under minor protection",
        },
    ),
    (
        errors.ContentRejectedError,
        _UPLOAD,
        {
            40004: "invalid media type",
            40005: "invalid file type",
            40006: "invalid media size",
            40007: "invalid media_id",
            40009: "invalid image size",
            40010: "invalid voice size",
            40011: "invalid video size",
            40012: "invalid thumb size",
            40060: "invalid article idx",
            40118: "invalid media_id size",
            40121: "invalid media_id type",
            40137: "invalid image format",
            41005: "media data missing",
            41006: "media_id missing",
            44001: "empty media data",
            45001: "media size out of limit",
            45007: "playtime out of limit",
            46001: "media data no exist",
            53600: "article id is invalid",
        },
    ),
    (
        errors.ContentRejectedError,
        _TEXT,
        {
            44003: "empty news message",
            44004: "empty content",
            45002: "content size out of limit",
            45003: "title size out of limit",
            45004: "description size out of limit",
            45005: "url size out of limit",
            45006: "picurl size out of limit",
            45008: "article size out of limit",
        },
    ),
    (
        errors.ContentRejectedError,
        _LINK,
        {
            40039: "invalid url size",
            40048: "invalid url domain",
            40054: "invalid sub button url domain",
            40055: "invalid button url domain",
            40066: "invalid url",
            40155: "invalid url: home page of another account",
            65317: "invalid url",
        },
    ),
    (
        errors.ContentRejectedError,
        _WEAPP,
        {
            40165: "invalid weapp pagepath",
            40166: "invalid weapp appid",
            41030: "invalid page",
            45064: "no permission to use weapp in menu",
        },
    ),
    (
        errors.ContentRejectedError,
        _WORDS,
        {45166: "invalid content", 45168: "content with sensitive words", 87014: "risky content"},
    ),
    (
        errors.ContentRejectedError,
        _TEMPLATE,
        {
            40036: "invalid template_id size",
            40037: "invalid template_id",
            40246: "invalid keyword list",
            40247: "template of an industry can not be added",
            40249: "marketing content is forbidden",
            43116: "template is restricted",
            45026: "template size out of limit",
            45027: "template conflict with industry",
            47003: "argument invalid",
        },
    ),
    (
        errors.ContentRejectedError,
        _TYPE,
        {40008: "invalid message type", 40200: "invalid account type", 45162: "invalid type"},
    ),
    (
        errors.ContentRejectedError,
        _CALL,
        {
            40031: "invalid openid list",
            40032: "invalid openid list size",
            40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
            40035: "invalid argument",
            40038: "invalid request format",
            41009: "openid missing",
            44002: "empty post data",
            47001: "data format error",
            61451: "invalid parameter",
        },
    ),
    (
        errors.AccountMisconfiguredError,
        _SECRET,
        {
            40002: "invalid grant_type",
            40013: "invalid appid",
            40125: "invalid appsecret",
            40243: "AppSecret is frozen",
            41001: "access_token missing",
            41002: "appid missing",
            41004: "appsecret missing",
        },
    ),
    (
        errors.AccountMisconfiguredError,
        _ADDRESS,
        {
            40164: "invalid ip, not in whitelist",
            61004: "access clientip is not registered",
            89501: "ip is waiting for the admin's confirmation",
            89503: "ip needs the admin's confirmation",
            89506: "ip was refused by the admin twice in 24 hours",
            89507: "ip was refused by the admin in the last hour",
        },
    ),
    (
        errors.AccountMisconfiguredError,
        _RIGHTS,
        {
            42007: "authorization is over",
            43001: "require GET method",
            43002: "require POST method",
            43003: "require https",
            43107: "subscription messages are banned",
            48001: "api unauthorized",
            48003: "user not agree mass-send protocol",
            48004: "api forbidden for irregularities, view detail on mp.weixin.qq.com",
            48008: "no permission for this msgtype",
            50001: "user unauthorized",
            50002: "user limited",
            61003: "component is not authorized by this account",
            61007: "api is unauthorized to component",
            61014: "must use component token for component api",
            61016: "function category of API need be confirmed by component",
            61452: "invalid kf_account",
            65400: "please enable new custom service, or wait for a while if you have enabled",
        },
    ),
)

CODES: Mapping[int, ErrorCode] = {
    code: ErrorCode(error, meaning, advice)
    for error, advice, codes in _GROUPS
    for code, meaning in codes.items()
}

LOOK_IT_UP = "look this code up, and add it to wejourney.messaging.wechat_errors"
"""The advice on a code that is not here."""
