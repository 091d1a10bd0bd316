"""What WeChat's answers mean for a message, and what each means for the run that sent it.

Codes: https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
"""

from collections.abc import Mapping
from enum import StrEnum

from wejourney.domain import errors


class MessageStatus(StrEnum):
    """Where a message stands in the outbox.

    `reserved`: its allowance is taken and the call may be under way. `waiting`: WeChat was busy and
    certainly did not take it. `unknown`: the call left and nobody knows.
    """

    RESERVED = "reserved"
    WAITING = "waiting"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


_CODES: Mapping[type[errors.WeChatError], frozenset[int]] = {
    errors.TokenRejectedError: frozenset({40001, 40014, 42001}),
    errors.WeChatBusyError: frozenset({-1, 45011, 61450}),
    errors.DailyQuotaSpentError: frozenset({45009, 45028}),
    errors.WindowClosedError: frozenset({45015, 45047}),
    errors.FollowerUnreachableError: frozenset({40003, 43004, 43019, 43101, 46004, 48002, 50005}),
    errors.ContentRejectedError: frozenset(
        {40007, 40008, 40033, 40035, 40037, 40118, 44002, 44003, 44004, 45001, 45002, 45003, 45004, 45005}
        | {45006, 45007, 45008, 45162, 47001, 47003}
    ),
}


def error_of(errcode: int, errmsg: str) -> errors.WeChatError:
    """The error that a code stands for.

    A code that is not known here is an account that is not set up as it should be: an operator looks.
    """
    for cls, codes in _CODES.items():
        if errcode in codes:
            return cls(errcode, errmsg)
    return errors.AccountMisconfiguredError(errcode, errmsg)


BUSY_ATTEMPTS = 6
"""How often a task tries while WeChat is busy, before the message counts as not sent."""

QUOTA_ATTEMPTS = 26
"""How often a task tries while the day's quota is spent: hourly, a little over a day."""
