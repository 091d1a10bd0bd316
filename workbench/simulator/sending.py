"""Saying something: the ladder of channels, each with what WeChat asks of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from wejourney.errors import WeChatError
from wejourney.events.positions import Position
from wejourney.journeys.runs import Message, MessageStatus
from wejourney.messaging.channels import CHANNELS, MASS, Purpose
from wejourney.messaging.contents import Content, Notice
from wejourney.messaging.merge_fields import render
from wejourney.messaging.sending import after_refusal, attempts, claim, no_longer, refusal_of, refused
from wejourney.reasons import MonthlyLimit, NotAgreed, NotSent, PurposeForbidden
from workbench.language.traversal import words_of

if TYPE_CHECKING:
    from workbench.simulator.run_interpreter import RunInterpreter

MASS_A_MONTH = 4
"""Mass messages that a follower takes in a calendar month.

https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""


TRIED_AGAIN = timedelta(seconds=10)
"""How long after a refusal that may pass a message is tried again; the engine's own waits are random."""


def say(
    walk: "RunInterpreter", path: str, contents: Sequence[Content], purpose: Purpose = "marketing"
) -> bool:
    """Try one content after the other; whether one of them was taken."""
    *first, last = contents
    instead = any(_try(walk, path, content, purpose, more=True) for content in first)
    return instead or _try(walk, path, last, purpose)


def _try(
    walk: "RunInterpreter", path: str, content: Content, purpose: Purpose, *, more: bool = False
) -> bool:
    """Try one content; `more` says that another follows if it cannot be sent."""
    channel = CHANNELS[content.kind]
    draft = Message(
        run_id=walk.id,
        journey=walk.journey.name,
        step=path,
        channel=channel.name,
        status=MessageStatus.RESERVED,
        content=_read(walk, content),
        at=walk.now,
    )
    message = _custom(walk, draft) if channel.windowed else _unwindowed(walk, draft, content, purpose)
    walk.sent(message, more=more)
    if message.status is MessageStatus.NOT_SENT:
        return False
    walk.last_position = Position.at(message.at)
    return True


def _read(walk: "RunInterpreter", content: Content) -> Mapping[str, Any]:
    """The content as this follower reads it; without merge fields it is made once for all of a language."""
    stage = walk.player.stage
    key = id(content), walk.follower.language or stage.account.language
    known = stage.read.get(key)
    if known is not None:
        return known
    made = render(content, walk.follower, stage.account, walk.answers)
    texts = (text for _, _, words in words_of(content, ()) for text in words.values())
    if not any("{" in text for text in texts):
        stage.read[key] = made
    return made


def _custom(walk: "RunInterpreter", draft: Message) -> Message:
    """A customer-service message: it takes an allowance, and WeChat may still refuse it."""
    message, walk.follower = claim(draft, walk.follower)
    if message.status is MessageStatus.NOT_SENT:
        return message
    error = next(walk.player.troubles, None)
    return message if error is None else _troubled(walk, message, error)


def _troubled(walk: "RunInterpreter", message: Message, error: WeChatError | None) -> Message:
    """The message after WeChat has answered with errors: tried again while that helps."""
    tries: Counter[str] = Counter()
    while error is not None:
        name = type(error).__name__
        tries[name] += 1
        if tries[name] == attempts(error):
            walk.follower = after_refusal(walk.follower, message, error)
            return refused(message, refusal_of(error))
        walk.player.now += TRIED_AGAIN
        reason = no_longer(message, walk.follower, walk.now)
        if reason is not None:
            return refused(message, reason)
        error = next(walk.player.troubles, None)
    return message


def _unwindowed(walk: "RunInterpreter", draft: Message, content: Content, purpose: Purpose) -> Message:
    """A message that needs no allowance, but what its channel asks for."""
    reason = no_longer(draft, walk.follower, walk.now)
    channel = CHANNELS[content.kind]
    if reason is None and purpose not in channel.purposes:
        reason = PurposeForbidden(channel.name, purpose)
    if reason is None and isinstance(content, Notice):
        reason = _take_grant(walk, content)
    if reason is None and channel is MASS:
        reason = _take_of_month(walk)
    return refused(draft, reason) if reason else draft


def _take_grant(walk: "RunInterpreter", notice: Notice) -> NotSent | None:
    left = walk.player.grants.get(notice.template_id, 0)
    if left == 0:
        return NotAgreed(notice.template_id)
    walk.player.grants[notice.template_id] = left - 1
    return None


def _take_of_month(walk: "RunInterpreter") -> NotSent | None:
    local = walk.now.astimezone(ZoneInfo(walk.player.stage.account.time_zone))
    month = (local.year, local.month)
    sent = walk.player.mass_sends.get(month, 0)
    if sent == MASS_A_MONTH:
        return MonthlyLimit(MASS_A_MONTH)
    walk.player.mass_sends[month] = sent + 1
    return None
