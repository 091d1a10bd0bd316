"""Saying something: the contents of a step in turn, each with what WeChat asks of its channel."""

from collections.abc import Generator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from wejourney.loyalty.membership import tier_above
from wejourney.messaging.channels import CHANNELS, MASS, Purpose
from wejourney.messaging.contents import Content, Notice
from wejourney.messaging.merge_fields import OFFERS, LookedUp, fields_looked_up, render
from wejourney.messaging.sending import (
    Message,
    MessageStatus,
    after_refusal,
    attempts,
    claim,
    error_of,
    no_longer,
    only_reading,
    refusal_of,
    refused,
)
from wejourney.messaging.wechat_errors import TRIED_AGAIN_AFTER
from wejourney.reasons import MonthlyLimit, NotAgreed, NotSent, PurposeForbidden
from workbench.language.traversal import localized_texts_of

if TYPE_CHECKING:
    from workbench.simulator.run_interpreter import RunInterpreter, Suspension

MASS_A_MONTH = 4
"""Mass messages that a follower takes in a calendar month.

https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""


def say(
    run: "RunInterpreter",
    path: str,
    contents: Sequence[Content],
    purpose: Purpose = "marketing",
    consent: str = "",
) -> "Generator[Suspension, bool, bool]":
    """Try one content after the other, to somebody who has agreed to `consent`; whether one was taken."""
    for number, content in enumerate(contents, start=1):
        yield from run.keep_quiet()
        draft = _draft(run, path, content, consent)
        if (yield from _try(run, draft, content, purpose, more=number < len(contents))):
            return True
    return False


def _draft(run: "RunInterpreter", path: str, content: Content, consent: str) -> Message:
    return Message(
        run.id,
        run.journey.name,
        path,
        CHANNELS[content.kind].name,
        MessageStatus.RESERVED,
        content=_read(run, content),
        at=run.now,
        consent=consent,
    )


def _try(
    run: "RunInterpreter", draft: Message, content: Content, purpose: Purpose, *, more: bool
) -> "Generator[Suspension, bool, bool]":
    if CHANNELS[content.kind].windowed:
        message = yield from _customer_service(run, draft)
    else:
        reason = _refusal(run, draft, content, purpose)
        message = refused(draft, reason) if reason else draft
    run.sent(message, more=more)
    if message.status is MessageStatus.NOT_SENT:
        run.resumed_at = run.now
        return False
    run.has_said()
    return True


def _read(run: "RunInterpreter", content: Content) -> Mapping[str, Any]:
    """The content as this follower reads it; without merge fields it is made once for all of a language."""
    deployment = run.deployment
    key = id(content), run.follower.language or deployment.account.language
    known = deployment.read.get(key)
    if known is not None:
        return known
    booking, coupons = run.about.booking, run.coupons
    people = deployment.people
    tells_offers = people.programme.listed_offers and OFFERS in fields_looked_up(content)
    offers = run.simulator.programme.titles_of_offers(run.follower) if tells_offers else ()
    made = render(
        content,
        run.follower,
        deployment.account,
        run.answers,
        booking=booking,
        coupons=coupons,
        looked_up=LookedUp(tier_above(run.follower, people.programme, people.profile, run.now), offers),
    )
    texts = (text for _, _, words in localized_texts_of(content, ()) for text in words.values())
    if not any("{" in text for text in texts):
        deployment.read[key] = made
    return made


def _customer_service(run: "RunInterpreter", draft: Message) -> "Generator[Suspension, bool, Message]":
    """It takes an allowance, and WeChat may still refuse it: it is tried again while that helps."""
    message, run.follower = claim(draft, run.follower)
    if message.status is MessageStatus.NOT_SENT:
        return message
    reading = run.deployment.reading
    if reading is not None and only_reading(message.taken) not in (None, reading):
        closed = error_of(45047, "out of response count limit")
        run.follower = after_refusal(run.follower, message, closed)
        return refused(message, refusal_of(closed))
    tries: dict[str, int] = {}
    while (error := next(run.simulator.errors, None)) is not None:
        name = type(error).__name__
        tries[name] = tries.get(name, 0) + 1
        if tries[name] == attempts(error):
            run.follower = after_refusal(run.follower, message, error)
            return refused(message, refusal_of(error))
        run.simulator.now += timedelta(seconds=TRIED_AGAIN_AFTER[type(error)])
        yield from run.keep_quiet()
        reason = no_longer(message, run.follower, run.now)
        if reason is not None:
            return refused(message, reason)
    return message


def _refusal(run: "RunInterpreter", draft: Message, content: Content, purpose: Purpose) -> NotSent | None:
    """Why a channel that needs no allowance does not take this."""
    channel, simulator = CHANNELS[content.kind], run.simulator
    reason = no_longer(draft, run.follower, run.now)
    if reason is not None:
        return reason
    if purpose not in channel.purposes:
        return PurposeForbidden(channel.name, purpose)
    if isinstance(content, Notice):
        if not simulator.grants[content.template_id]:
            return NotAgreed(content.template_id)
        simulator.grants[content.template_id] -= 1
    if channel is MASS:
        month = f"{run.now.astimezone(ZoneInfo(run.deployment.account.time_zone)):%Y-%m}"
        if simulator.mass_sends[month] == MASS_A_MONTH:
            return MonthlyLimit(MASS_A_MONTH)
        simulator.mass_sends[month] += 1
    return None
