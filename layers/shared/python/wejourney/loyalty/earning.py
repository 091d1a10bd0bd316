"""What an event gives somebody by the rules of the programme, or why it gives nothing."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import EventBody, OrderPaid, OrderReturned, OtherEvent, Paid, Refunded
from wejourney.events.matching import matches
from wejourney.events.numbers import Number
from wejourney.journeys.conditions import History, holds
from wejourney.loyalty.accounts import Lot
from wejourney.loyalty.earning_rules import HUNDREDTHS, AmountOf, EarningRule, Multiplier
from wejourney.loyalty.limits import limits_of, within
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel

_FEN = 100
"""Of a yuan."""


@dataclass(frozen=True)
class Earner:
    """Who earns: whether they are a member, and since when, and whether they may spend what they earn.

    Of a `person` who is None nothing else is known.
    """

    is_member: bool = False
    may_spend: bool = False
    joined_at: datetime | None = None
    person: Follower | None = None

    @classmethod
    def of(cls, person: Follower, profile: ProfileModel) -> Self:
        is_member = profile.is_member(person)
        joined_at = person.consents[profile.membership].since if is_member else None
        return cls(is_member, profile.may_spend(person), joined_at, person)


class WhyNothing(StrEnum):
    """Why a rule gives nothing for an event that it is about."""

    NOT_ON_THIS_DAY = "not_on_this_day"
    MEMBERS_ONLY = "members_only"
    OTHER_CURRENCY = "other_currency"
    NO_NUMBER = "no_number"
    """The event lacks the property, or it is no number."""
    NOT_PLAUSIBLE = "not_plausible"
    """The score of a game is above its highest."""
    TOO_LITTLE = "too_little"
    """It is less than one unit."""
    ANOTHER_IS_BETTER = "another_is_better"
    LIMIT_REACHED = "limit_reached"
    GIVEN_BEFORE = "given_before"
    """To whom they have turned out to be as well."""


@dataclass(frozen=True)
class Nothing:
    """A rule that gives nothing."""

    rule: str
    why: WhyNothing


@dataclass(frozen=True)
class Earning:
    """What a rule gives: an amount that becomes one with `lot`.

    `id` is the same for whatever must not give it twice. `limits` are what the rule gives at most, by the
    keys of its counters.
    """

    id: str
    rule: str
    version: str
    asset: str
    amount: int
    lot: Lot
    limits: Mapping[str, int] = field(default_factory=dict)

    def within(self, used: Mapping[str, int]) -> "Earning | Nothing":
        """What is left of it when so much was used of its limits."""
        amount = within(self.amount, self.limits, used)
        return replace(self, amount=amount) if amount else Nothing(self.rule, WhyNothing.LIMIT_REACHED)


def earnings(
    programme: Programme,
    event: InboundEvent,
    who: str,
    earner: Earner,
    used: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Earning | Nothing, ...]:
    """What each rule about the event gives the person `who`, in the order of the programme.

    `used` is what they have had of the limits. An event of an imported past gives nothing, nor does one that
    takes back what its order gave, or makes it theirs.
    """
    if event.history or isinstance(event.body, Refunded | OrderReturned) or settled_order(event.body):
        return ()
    found = [
        _earned(programme, name, event, who, earner)
        for name, rule in programme.rules.items()
        if matches(rule.pattern, event)
    ]
    best = {id(one) for one in _best(programme, found)}
    return tuple(_chosen(programme, one, is_best=id(one) in best, used=used) for one in found)


def _chosen(
    programme: Programme, one: Earning | Nothing, *, is_best: bool, used: Mapping[str, int]
) -> Earning | Nothing:
    if isinstance(one, Nothing):
        return one
    if programme.rules[one.rule].only_the_best and not is_best:
        return Nothing(one.rule, WhyNothing.ANOTHER_IS_BETTER)
    return one.within(used)


def _best(programme: Programme, found: Iterable[Earning | Nothing]) -> Iterator[Earning]:
    """Of each asset the one that gives most, the first of several, among those that give only the best."""
    most: dict[str, Earning] = {}
    for one in found:
        if isinstance(one, Earning) and programme.rules[one.rule].only_the_best:
            other = most.get(one.asset)
            most[one.asset] = one if other is None or one.amount > other.amount else other
    yield from most.values()


def _earned(
    programme: Programme, name: str, event: InboundEvent, who: str, earner: Earner
) -> Earning | Nothing:
    """What a rule gives before its limits."""
    rule, day = programme.rules[name], programme.day_of(event.at)
    if not rule.days.include(day):
        return Nothing(name, WhyNothing.NOT_ON_THIS_DAY)
    if rule.members_only and not earner.is_member:
        return Nothing(name, WhyNothing.MEMBERS_ONLY)
    if programme.is_above_highest(event):
        return Nothing(name, WhyNothing.NOT_PLAUSIBLE)
    parts = _parts(rule, event.body)
    if isinstance(parts, WhyNothing):
        return Nothing(name, parts)
    numerator, denominator = parts
    for multiplier in programme.multipliers.values():
        if name in multiplier.rules and _is_for(multiplier, programme, event, earner):
            numerator, denominator = numerator * multiplier.hundredths, denominator * HUNDREDTHS
    amount = rule.round.divided(rule.gives * numerator, denominator)
    if amount <= 0:
        return Nothing(name, WhyNothing.TOO_LITTLE)
    once = _once(rule, event.body)
    if once is None:
        return Nothing(name, WhyNothing.NO_NUMBER)
    pending_days = rule.pending.days if rule.pending is not None else None
    return Earning(
        _earning_id(name, event, who, once),
        name,
        programme.version_of(name),
        rule.asset,
        amount,
        programme.lot_for(rule.asset, day, may_spend=earner.may_spend, pending_days=pending_days),
        limits_of(name, rule, day),
    )


def _earning_id(rule: str, event: InboundEvent, who: str, once: str) -> str:
    cause = _hash(who, once) if once else cause_of(event)
    return f"earn#{rule}#{cause}"


def rivals(programme: Programme, event: InboundEvent, who: str, earning: Earning) -> Iterator[str]:
    """The ids of what may have been given instead: of rules of which only the best gives, one gives once.

    Which one is the best may change between two tellings, as the person does.
    """
    if not programme.rules[earning.rule].only_the_best:
        return
    for name, rule in programme.rules.items():
        is_rival = name != earning.rule and rule.only_the_best and rule.asset == earning.asset
        if is_rival and matches(rule.pattern, event) and (once := _once(rule, event.body)) is not None:
            yield _earning_id(name, event, who, once)


def _is_for(multiplier: Multiplier, programme: Programme, event: InboundEvent, earner: Earner) -> bool:
    """Whether it multiplies what an event gives: by what is known of the person before it gives anything."""
    day, joined_at = programme.day_of(event.at), earner.joined_at
    if not multiplier.days.include(day):
        return False
    if multiplier.joins_today and (joined_at is None or programme.day_of(joined_at) != day):
        return False
    return holds(multiplier.when, earner.person, {}, History(now=event.at))


def _parts(rule: EarningRule, body: EventBody) -> tuple[int, int] | WhyNothing:
    """How many times the rule gives what it gives: a number that is not negative, divided by another."""
    if rule.per_yuan is not None:
        fen = body.amount
        if rule.amount is AmountOf.BY_PAYER and isinstance(body, Paid) and body.by_payer is not None:
            fen = body.by_payer
        if fen is None:
            return WhyNothing.OTHER_CURRENCY
        return max(fen, 0), _FEN * rule.per_yuan
    if rule.per_property is not None:
        number = Number.read(_told(body, rule.per_property.name))
        if number is None:
            return WhyNothing.NO_NUMBER
        return max(number.units, 0), number.one * rule.per_property.each
    return 1, 1


def _once(rule: EarningRule, body: EventBody) -> str | None:
    """What the rule gives once for; empty: for each event; None: the event does not say it."""
    return _told(body, rule.once_per) or None if rule.once_per else ""


def _told(body: EventBody, name: str) -> str:
    """What an event says by this name."""
    told = body.properties.get(name, getattr(body, name, ""))
    return told if isinstance(told, str) else ""


# --- orders --------------------------------------------------------------------------------------


def order_of(body: EventBody) -> str:
    """The order that was paid or returned, the same for all that tell of it; empty for another event.

    It names nobody.
    """
    if isinstance(body, Paid | Refunded) and body.order:
        return _hash("payment", body.merchant, body.order)
    if isinstance(body, OrderPaid | OrderReturned) and body.order:
        return _hash("order", body.marketplace, body.order)
    return ""


SETTLEMENT = "trade_manage_order_settlement"


def settled_order(body: EventBody) -> str:
    """The order that WeChat has settled, as `order_of` names it; empty for another event.

    WeChat tells of it twice: when the goods are received, and when it settles, which only then has a time.
    https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html
    """
    told = body.details if isinstance(body, OtherEvent) and body.kind == SETTLEMENT else {}
    merchant, order = told.get("sub_merchant_id") or told.get("merchant_id"), told.get("merchant_trade_no")
    is_settled = told.get("settlement_time") not in (None, "", "0")
    return _hash("payment", str(merchant), str(order)) if is_settled and merchant and order else ""


def is_settled_by_wechat(rule: EarningRule) -> bool:
    return rule.pending is not None and rule.pending.until_settlement


def cause_of(event: InboundEvent) -> str:
    """What gives once: an order, however often it is told, or else the event."""
    return order_of(event.body) or event.id


@dataclass(frozen=True)
class Sale:
    """An order that has given something: what was `paid`, and the ids of the transactions that give.

    `returned` is what came back by the id of the event that told it; None for all of it. Amounts are in
    hundredths of the order's currency. What came back may be told first.
    """

    paid: int | None = None
    earned_by: tuple[str, ...] = ()
    returned: Mapping[str, int | None] = field(default_factory=dict)

    def taken_back(self, earned: int) -> int:
        """How much of an amount that the order has given is taken back in all, rounded down.

        It is its share of what was paid, and after all of that was returned, in whatever parts, all of it.
        """
        amounts = list(self.returned.values())
        if self.paid is None or not amounts:
            return 0
        returned = sum(amount or 0 for amount in amounts)
        if None in amounts or returned >= self.paid:
            return earned
        return earned * returned // self.paid


def total_of(body: EventBody) -> int:
    """What was paid of an order, in hundredths of its currency."""
    return body.total if isinstance(body, Paid | OrderPaid) else 0


def returned_by(body: Refunded | OrderReturned) -> int | None:
    """What came back of an order; None: all of it."""
    return None if isinstance(body, OrderReturned) and not body.line else body.total


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
