"""Whether a message may leave, and what WeChat's answers mean for it and its follower.

Codes: https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from wejourney.domain import errors
from wejourney.domain.allowance import SENDING_MARGIN, close_window, give_back, spend
from wejourney.domain.followers import Follower
from wejourney.domain.runs import Message, MessageStatus

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
"""How often a message is tried while WeChat is busy, before it counts as not sent."""

QUOTA_ATTEMPTS = 26
"""How often a message is tried while the day's quota is spent: hourly, a little over a day."""


def claim(draft: Message, follower: Follower) -> tuple[Message, Follower]:
    """Take an allowance for a message, or say why it cannot leave.

    Returns the message (`reserved` with the act it draws on, or `not_sent` with its reason) and the
    follower as they are then.
    """
    reason = _unwilling(follower)
    if reason is not None:
        return refused(draft, reason), follower
    try:
        window, windows = spend(follower.windows, draft.at, SENDING_MARGIN)
    except errors.NoAllowanceError:
        used = ", ".join(f"{w.act} ({w.left} left until {w.until:%m-%d %H:%M}Z)" for w in follower.windows)
        return refused(draft, f"no allowance: {used or 'no act of the follower opened one'}"), follower
    left = None if window.left is None else window.left - 1
    claimed = replace(draft, act=window.act, until=window.until, left=left)
    return claimed, follower.changed(windows=windows)


def no_longer(message: Message, follower: Follower, now: datetime) -> str | None:
    """Why a message that has its allowance may not be tried again, or None when it may."""
    if message.until is not None and message.until <= now + SENDING_MARGIN:
        return f"no allowance: the one taken from {message.act} ended at {message.until:%m-%d %H:%M}Z"
    return _unwilling(follower)


def after_refusal(follower: Follower, message: Message, error: errors.WeChatError) -> Follower:
    """The follower after WeChat refused a message for good: its word on the follower is taken."""
    if isinstance(error, errors.FollowerUnreachableError):
        return follower.changed(unreachable=str(error))
    if message.act is None or message.until is None:
        return follower
    change = close_window if isinstance(error, errors.WindowClosedError) else give_back
    return follower.changed(windows=change(follower.windows, message.act, message.until))


def refused(draft: Message, reason: str) -> Message:
    """The message with the reason why it is not sent."""
    return replace(draft, status=MessageStatus.NOT_SENT, reason=reason)


def _unwilling(follower: Follower) -> str | None:
    if not follower.following:
        return "not a follower"
    return f"unreachable: {follower.unreachable}" if follower.unreachable else None


def attempts(error: errors.WeChatError) -> int:
    """How many attempts an error is worth before the message counts as not sent."""
    if isinstance(error, errors.WeChatBusyError):
        return BUSY_ATTEMPTS
    return QUOTA_ATTEMPTS if isinstance(error, errors.DailyQuotaSpentError) else 1
