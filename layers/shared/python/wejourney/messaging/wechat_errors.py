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

from wejourney.errors import (
    AccountMisconfiguredError,
    AccountPausedError,
    CodeRejectedError,
    ContentRejectedError,
    DailyQuotaSpentError,
    FollowerUnreachableError,
    TokenRejectedError,
    UnrecognisedRefusalError,
    WeChatBusyError,
    WeChatError,
    WindowClosedError,
)


@dataclass(frozen=True)
class ErrorCode:
    """One code. `meaning` is WeChat's own text, `advice` one line for an operator, or empty."""

    error: type[WeChatError]
    meaning: str
    advice: str = ""


ATTEMPTS: Mapping[type[WeChatError], int] = {
    WeChatBusyError: 6,
    DailyQuotaSpentError: 26,
    AccountPausedError: 26,
}
"""How often a message is tried before it counts as not sent; once for any other class.

The day's quota: hourly, a little over a day. A paused account: every five minutes, a little over the two
hours after which another token may be forced.
"""

TRIED_AGAIN_AFTER: Mapping[type[WeChatError], int] = {
    WeChatBusyError: 10,
    DailyQuotaSpentError: 3600,
    AccountPausedError: 300,
}
"""The seconds until a message is tried again; for a busy WeChat those before the second attempt."""

ALARMING: frozenset[type[WeChatError]] = frozenset({AccountMisconfiguredError, UnrecognisedRefusalError})
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
_CODE = "check whether the account has used up its 100,000 permanent QR codes: a temporary code works still"
_CALL = "a call that is malformed: report it as a bug of wejourney"

CODES: Mapping[int, ErrorCode] = {
    40001: ErrorCode(TokenRejectedError, "invalid credential, access_token is invalid or not latest"),
    40014: ErrorCode(TokenRejectedError, "invalid access_token"),
    42001: ErrorCode(TokenRejectedError, "access_token expired"),
    -1000: ErrorCode(WeChatBusyError, "system error"),
    -1: ErrorCode(WeChatBusyError, "system error"),
    43108: ErrorCode(WeChatBusyError, "concurrent message sending"),
    45011: ErrorCode(WeChatBusyError, "api minute-quota reach limit, must slower retry next minute"),
    61450: ErrorCode(WeChatBusyError, "system error"),
    45009: ErrorCode(DailyQuotaSpentError, "reach max api daily quota limit"),
    45028: ErrorCode(DailyQuotaSpentError, "has no masssend quota"),
    45015: ErrorCode(WindowClosedError, "response out of time limit or subscription is canceled"),
    45047: ErrorCode(WindowClosedError, "out of response count limit"),
    40003: ErrorCode(FollowerUnreachableError, "invalid openid"),
    43004: ErrorCode(FollowerUnreachableError, "require subscribe"),
    43005: ErrorCode(FollowerUnreachableError, "require friend relations"),
    43019: ErrorCode(FollowerUnreachableError, "require remove blacklist"),
    43101: ErrorCode(FollowerUnreachableError, "user refuse to accept the msg"),
    46004: ErrorCode(FollowerUnreachableError, "user no exist"),
    48002: ErrorCode(FollowerUnreachableError, "user block receive message"),
    50005: ErrorCode(FollowerUnreachableError, "user is unsubscribed"),
    70000: ErrorCode(FollowerUnreachableError, "user is under minor protection"),
    40004: ErrorCode(ContentRejectedError, "invalid media type", _UPLOAD),
    40005: ErrorCode(ContentRejectedError, "invalid file type", _UPLOAD),
    40006: ErrorCode(ContentRejectedError, "invalid media size", _UPLOAD),
    40007: ErrorCode(ContentRejectedError, "invalid media_id", _UPLOAD),
    40009: ErrorCode(ContentRejectedError, "invalid image size", _UPLOAD),
    40010: ErrorCode(ContentRejectedError, "invalid voice size", _UPLOAD),
    40011: ErrorCode(ContentRejectedError, "invalid video size", _UPLOAD),
    40012: ErrorCode(ContentRejectedError, "invalid thumb size", _UPLOAD),
    40060: ErrorCode(ContentRejectedError, "invalid article idx", _UPLOAD),
    40118: ErrorCode(ContentRejectedError, "invalid media_id size", _UPLOAD),
    40121: ErrorCode(ContentRejectedError, "invalid media_id type", _UPLOAD),
    40137: ErrorCode(ContentRejectedError, "invalid image format", _UPLOAD),
    41005: ErrorCode(ContentRejectedError, "media data missing", _UPLOAD),
    41006: ErrorCode(ContentRejectedError, "media_id missing", _UPLOAD),
    44001: ErrorCode(ContentRejectedError, "empty media data", _UPLOAD),
    45001: ErrorCode(ContentRejectedError, "media size out of limit", _UPLOAD),
    45007: ErrorCode(ContentRejectedError, "playtime out of limit", _UPLOAD),
    46001: ErrorCode(ContentRejectedError, "media data no exist", _UPLOAD),
    53600: ErrorCode(ContentRejectedError, "article id is invalid", _UPLOAD),
    44003: ErrorCode(ContentRejectedError, "empty news message", _TEXT),
    44004: ErrorCode(ContentRejectedError, "empty content", _TEXT),
    45002: ErrorCode(ContentRejectedError, "content size out of limit", _TEXT),
    45003: ErrorCode(ContentRejectedError, "title size out of limit", _TEXT),
    45004: ErrorCode(ContentRejectedError, "description size out of limit", _TEXT),
    45005: ErrorCode(ContentRejectedError, "url size out of limit", _TEXT),
    45006: ErrorCode(ContentRejectedError, "picurl size out of limit", _TEXT),
    45008: ErrorCode(ContentRejectedError, "article size out of limit", _TEXT),
    40039: ErrorCode(ContentRejectedError, "invalid url size", _LINK),
    40048: ErrorCode(ContentRejectedError, "invalid url domain", _LINK),
    40054: ErrorCode(ContentRejectedError, "invalid sub button url domain", _LINK),
    40055: ErrorCode(ContentRejectedError, "invalid button url domain", _LINK),
    40066: ErrorCode(ContentRejectedError, "invalid url", _LINK),
    40155: ErrorCode(ContentRejectedError, "invalid url: home page of another account", _LINK),
    65317: ErrorCode(ContentRejectedError, "invalid url", _LINK),
    40165: ErrorCode(ContentRejectedError, "invalid weapp pagepath", _WEAPP),
    40166: ErrorCode(ContentRejectedError, "invalid weapp appid", _WEAPP),
    41030: ErrorCode(ContentRejectedError, "invalid page", _WEAPP),
    45064: ErrorCode(ContentRejectedError, "no permission to use weapp in menu", _WEAPP),
    45166: ErrorCode(ContentRejectedError, "invalid content", _WORDS),
    45168: ErrorCode(ContentRejectedError, "content with sensitive words", _WORDS),
    87014: ErrorCode(ContentRejectedError, "risky content", _WORDS),
    40036: ErrorCode(ContentRejectedError, "invalid template_id size", _TEMPLATE),
    40037: ErrorCode(ContentRejectedError, "invalid template_id", _TEMPLATE),
    40246: ErrorCode(ContentRejectedError, "invalid keyword list", _TEMPLATE),
    40247: ErrorCode(ContentRejectedError, "template of an industry can not be added", _TEMPLATE),
    40249: ErrorCode(ContentRejectedError, "marketing content is forbidden", _TEMPLATE),
    43116: ErrorCode(ContentRejectedError, "template is restricted", _TEMPLATE),
    45026: ErrorCode(ContentRejectedError, "template size out of limit", _TEMPLATE),
    45027: ErrorCode(ContentRejectedError, "template conflict with industry", _TEMPLATE),
    47003: ErrorCode(ContentRejectedError, "argument invalid", _TEMPLATE),
    40008: ErrorCode(ContentRejectedError, "invalid message type", _TYPE),
    40200: ErrorCode(ContentRejectedError, "invalid account type", _TYPE),
    45162: ErrorCode(ContentRejectedError, "invalid type", _TYPE),
    40031: ErrorCode(ContentRejectedError, "invalid openid list", _CALL),
    40032: ErrorCode(ContentRejectedError, "invalid openid list size", _CALL),
    40033: ErrorCode(
        ContentRejectedError,
        "invalid charset. please check your request, if include \\uxxxx will create fail!",
        _CALL,
    ),
    40035: ErrorCode(ContentRejectedError, "invalid argument", _CALL),
    40052: ErrorCode(ContentRejectedError, "invalid action name", _CALL),
    40053: ErrorCode(ContentRejectedError, "invalid action info", _CODE),
    40038: ErrorCode(ContentRejectedError, "invalid request format", _CALL),
    41009: ErrorCode(ContentRejectedError, "openid missing", _CALL),
    44002: ErrorCode(ContentRejectedError, "empty post data", _CALL),
    47001: ErrorCode(ContentRejectedError, "data format error", _CALL),
    61451: ErrorCode(ContentRejectedError, "invalid parameter", _CALL),
    40029: ErrorCode(CodeRejectedError, "invalid code"),
    40163: ErrorCode(CodeRejectedError, "code been used"),
    40226: ErrorCode(CodeRejectedError, "high risk user, login is blocked"),
    40002: ErrorCode(AccountMisconfiguredError, "invalid grant_type", _SECRET),
    40013: ErrorCode(AccountMisconfiguredError, "invalid appid", _SECRET),
    40125: ErrorCode(AccountMisconfiguredError, "invalid appsecret", _SECRET),
    40243: ErrorCode(AccountMisconfiguredError, "AppSecret is frozen", _SECRET),
    41001: ErrorCode(AccountMisconfiguredError, "access_token missing", _SECRET),
    41002: ErrorCode(AccountMisconfiguredError, "appid missing", _SECRET),
    41004: ErrorCode(AccountMisconfiguredError, "appsecret missing", _SECRET),
    40164: ErrorCode(AccountMisconfiguredError, "invalid ip, not in whitelist", _ADDRESS),
    61004: ErrorCode(AccountMisconfiguredError, "access clientip is not registered", _ADDRESS),
    89501: ErrorCode(AccountMisconfiguredError, "ip is waiting for the admin's confirmation", _ADDRESS),
    89503: ErrorCode(AccountMisconfiguredError, "ip needs the admin's confirmation", _ADDRESS),
    89506: ErrorCode(AccountMisconfiguredError, "ip was refused by the admin twice in 24 hours", _ADDRESS),
    89507: ErrorCode(AccountMisconfiguredError, "ip was refused by the admin in the last hour", _ADDRESS),
    42007: ErrorCode(AccountMisconfiguredError, "authorization is over", _RIGHTS),
    43001: ErrorCode(AccountMisconfiguredError, "require GET method", _RIGHTS),
    43002: ErrorCode(AccountMisconfiguredError, "require POST method", _RIGHTS),
    43003: ErrorCode(AccountMisconfiguredError, "require https", _RIGHTS),
    43107: ErrorCode(AccountMisconfiguredError, "subscription messages are banned", _RIGHTS),
    48001: ErrorCode(AccountMisconfiguredError, "api unauthorized", _RIGHTS),
    48003: ErrorCode(AccountMisconfiguredError, "user not agree mass-send protocol", _RIGHTS),
    48004: ErrorCode(
        AccountMisconfiguredError,
        "api forbidden for irregularities, view detail on mp.weixin.qq.com",
        _RIGHTS,
    ),
    48008: ErrorCode(AccountMisconfiguredError, "no permission for this msgtype", _RIGHTS),
    50001: ErrorCode(AccountMisconfiguredError, "user unauthorized", _RIGHTS),
    50002: ErrorCode(AccountMisconfiguredError, "user limited", _RIGHTS),
    61003: ErrorCode(AccountMisconfiguredError, "component is not authorized by this account", _RIGHTS),
    61007: ErrorCode(AccountMisconfiguredError, "api is unauthorized to component", _RIGHTS),
    61014: ErrorCode(AccountMisconfiguredError, "must use component token for component api", _RIGHTS),
    61016: ErrorCode(
        AccountMisconfiguredError, "function category of API need be confirmed by component", _RIGHTS
    ),
    61452: ErrorCode(AccountMisconfiguredError, "invalid kf_account", _RIGHTS),
    65400: ErrorCode(
        AccountMisconfiguredError,
        "please enable new custom service, or wait for a while if you have enabled",
        _RIGHTS,
    ),
}

LOOK_IT_UP = "look this code up, and add it to wejourney.messaging.wechat_errors"
