"""Whether a message may leave, and what WeChat's answers mean for it and its follower.

Codes: `wejourney.messaging.wechat_errors`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from wejourney import errors
from wejourney.allowances.allowance_windows import (
    SENDING_MARGIN,
    Window,
    Windows,
    close_windows,
    give_back,
    spend,
)
from wejourney.allowances.wechat_rules import Act, Reading
from wejourney.messaging.wechat_errors import ALARMING, ATTEMPTS, CODES, LOOK_IT_UP
from wejourney.people.followers import Follower, StepChange
from wejourney.plain_data import changed
from wejourney.reasons import (
    AllowanceEnded,
    NoAllowance,
    NoConsent,
    NotFollowing,
    NotSent,
    PossiblySent,
    RefusedByWeChat,
    Unreachable,
)

PASSIVE = "passive"
"""The channel of a passive reply, by which an opening is sent."""


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


@dataclass(frozen=True)
class Message:
    """A message in the outbox; (`run_id`, `step`) is its key.

    `content` is in the follower's language already. `act` is the act whose allowance it takes (None for a
    passive reply, which needs none), `until` the end of that allowance's window and `left` how many it
    allows then. `taken` are the windows that it was taken from, as they were, where these are others for
    each reading of WeChat's rules. `reason` says why a message was not sent, `tries` how often it was tried,
    by error. A message that was tried again has its outcome since `settled_at`, any other since `at`.
    `cohort` is what its run is counted with. `changes` are those of the steps right before it, which are
    written with it. `consent` is the purpose that the follower must have agreed to.
    """

    run_id: str
    journey: str
    step: str
    channel: str
    status: MessageStatus
    content: Mapping[str, Any] = field(repr=False)
    at: datetime
    cohort: str = ""
    act: Act | None = None
    until: datetime | None = None
    left: int | None = None
    taken: Windows = ()
    reason: NotSent | None = None
    tries: Mapping[str, int] = field(default_factory=dict)
    settled_at: datetime | None = None
    changes: tuple[StepChange, ...] = ()
    consent: str = ""


BUSY_ATTEMPTS = ATTEMPTS[errors.WeChatBusyError]
QUOTA_ATTEMPTS = ATTEMPTS[errors.DailyQuotaSpentError]
PAUSED_ATTEMPTS = ATTEMPTS[errors.AccountPausedError]

CALLS_IF_UNSURE = 2
"""How many calls with an unknown outcome a message with `if_unsure: resend` may have; any other has one."""

_UNKNOWN = errors.SendOutcomeUnknownError.__name__


def error_of(errcode: int, errmsg: str) -> errors.WeChatError:
    """The error that a code of WeChat stands for, with the advice for an operator."""
    known = CODES.get(errcode)
    if known is None:
        return errors.UnrecognisedRefusalError(errcode, errmsg, LOOK_IT_UP)
    return known.error(errcode, errmsg, known.advice)


def counted_as(error: errors.WeChatError) -> str:
    """The name under which a refusal is counted: that of the class which has an alarm, else its own."""
    return next((one.__name__ for one in type(error).__mro__ if one in ALARMING), type(error).__name__)


def claim(draft: Message, follower: Follower) -> tuple[Message, Follower]:
    """Take an allowance for a message, or say why it cannot leave: no reading of WeChat's rules allows it.

    Returns the message (`reserved` with the act it draws on, or `not_sent` with its reason) and the
    follower as they are then.
    """
    reason = _unwilling(follower, draft)
    if reason is not None:
        return refused(draft, reason), follower
    try:
        taken, windows = spend(follower.windows, draft.at, SENDING_MARGIN)
    except errors.NoAllowanceError:
        return refused(draft, NoAllowance(follower.windows)), follower
    window, *others = taken
    left = None if window.left is None else window.left - 1
    same_for_all = only_reading(taken) is None and all(map(window.is_same, others))
    kept = () if same_for_all else taken
    claimed = changed(draft, act=window.act, until=window.until, left=left, taken=kept)
    return claimed, follower.changed(windows=windows)


def no_longer(message: Message, follower: Follower, now: datetime) -> NotSent | None:
    """Why a message that has its allowance may not be tried again, or None when it may."""
    last = max(taken_by(message), key=lambda window: window.until, default=None)
    if last is not None and last.until <= now + SENDING_MARGIN:
        return AllowanceEnded(last.act, last.until)
    return _unwilling(follower, message)


def after_refusal(follower: Follower, message: Message, error: errors.WeChatError) -> Follower:
    """The follower after WeChat refused a message for good: its word on the follower is taken.

    The allowance is given back, unless an earlier call of the message may have used it.
    """
    if isinstance(error, errors.FollowerUnreachableError):
        return follower.changed(unreachable=error.errcode)
    taken = taken_by(message)
    if not taken:
        return follower
    if isinstance(error, errors.WindowClosedError):
        return follower.changed(windows=close_windows(follower.windows, taken))
    if unknown_calls(message):
        return follower
    return follower.changed(windows=give_back(follower.windows, taken))


def taken_by(message: Message) -> Windows:
    """The windows that a message was taken from."""
    if message.taken or message.act is None or message.until is None:
        return message.taken
    return (Window(message.act, message.left, message.until),)


def only_reading(taken: Windows) -> Reading | None:
    """The reading of WeChat's rules that alone allowed a message; None where all of them did."""
    readings = {window.reading for window in taken}
    return readings.pop() if len(readings) == 1 else None


def refused(draft: Message, reason: NotSent) -> Message:
    """The message as it ends without success: not sent, or unknown if an earlier call may have sent it."""
    if not unknown_calls(draft):
        return replace(draft, status=MessageStatus.NOT_SENT, reason=reason)
    return replace(draft, status=MessageStatus.UNKNOWN, reason=PossiblySent(reason))


def counted(message: Message, *errors_seen: type[errors.WejourneyError]) -> Message:
    """The message after a call that ended with these errors."""
    tries = dict(message.tries)
    for error in errors_seen:
        tries[error.__name__] = tries.get(error.__name__, 0) + 1
    return replace(message, tries=tries)


def unknown(message: Message, reason: NotSent) -> Message:
    """The message after a call whose outcome nobody knows."""
    return replace(
        counted(message, errors.SendOutcomeUnknownError), status=MessageStatus.UNKNOWN, reason=reason
    )


def unknown_calls(message: Message) -> int:
    """How many calls of this message ended without WeChat's word; each may have sent it."""
    return message.tries.get(_UNKNOWN, 0)


def worth_another(message: Message, error: errors.WeChatError) -> bool:
    """Whether a message is tried again after this error, which it has counted."""
    return message.tries.get(type(error).__name__, 0) < attempts(error)


def refusal_of(error: errors.WeChatError) -> RefusedByWeChat:
    """Why WeChat did not take a message, with its own text."""
    return RefusedByWeChat(type(error).__name__.removesuffix("Error"), error.verbatim)


def _unwilling(follower: Follower, message: Message) -> NotSent | None:
    if not follower.following:
        return NotFollowing()
    if message.consent and not follower.has_agreed_to(message.consent):
        return NoConsent(message.consent)
    return None if follower.unreachable is None else Unreachable(follower.unreachable)


def attempts(error: errors.WeChatError) -> int:
    """How many attempts an error is worth before the message counts as not sent."""
    return ATTEMPTS.get(type(error), 1)
