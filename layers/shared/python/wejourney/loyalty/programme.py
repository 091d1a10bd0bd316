"""What a brand's loyalty programme says: infra/programme.yaml, as the functions read it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from wejourney.errors import UnknownAssetError
from wejourney.events.event import InboundEvent
from wejourney.loyalty.accounts import Lot, Pocket, pocket_for
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.gifts import GiftTerms
from wejourney.loyalty.benefits.groups import GroupTerms
from wejourney.loyalty.benefits.offers import OfferTerms
from wejourney.loyalty.benefits.referrals import ReferralTerms
from wejourney.loyalty.earning_rules import Multipliers, Rules
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.games import GameTerms, Round
from wejourney.loyalty.tiers import Tiers
from wejourney.loyalty.till.redeeming import Redeem
from wejourney.plain_data import to_plain
from wejourney.time_zones import moment_at

DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Programme:
    """`assets`, rules, multipliers, coupons, offers, `groups` and `games` are by name, gifts by the asset.

    Days begin in the time zone `zone`.
    """

    zone: str = DEFAULT_ZONE
    assets: Mapping[str, Expiry] = field(default_factory=dict)
    rules: Rules = field(default_factory=dict)
    multipliers: Multipliers = field(default_factory=dict)
    coupons: Mapping[str, CouponTerms] = field(default_factory=dict)
    gifts: Mapping[str, GiftTerms] = field(default_factory=dict)
    gift_cards: Mapping[str, GiftTerms] = field(default_factory=dict)
    tiers: Tiers = field(default_factory=Tiers)
    referrals: ReferralTerms | None = None
    offers: Mapping[str, OfferTerms] = field(default_factory=dict)
    redeem: Redeem | None = None
    groups: Mapping[str, GroupTerms] = field(default_factory=dict)
    games: Mapping[str, GameTerms] = field(default_factory=dict)

    @property
    def listed_offers(self) -> Mapping[str, OfferTerms]:
        """Those that messages list, in the order of the programme: they have a title."""
        return {name: terms for name, terms in self.offers.items() if terms.title}

    def lot_for(self, asset: str, day: date, *, may_spend: bool, pending_days: int | None = None) -> Lot:
        """The lot of what somebody gets on a day: unclaimed, if they cannot spend it before they join.

        Whatever is issued asks for one. Points that are not declared never expire; of any other asset that is
        not declared nothing is issued. Raises UnknownAssetError.
        """
        if asset != POINTS and asset not in self.assets:
            raise UnknownAssetError(asset)
        expires = self.assets.get(asset, Expiry()).last_day(day, may_spend=may_spend)
        if pending_days is not None:
            return Lot(Pocket.PENDING, expires, str(day + timedelta(days=pending_days)))
        return Lot(pocket_for(may_spend=may_spend), expires)

    def is_above_highest(self, event: InboundEvent) -> bool:
        """Whether an event tells a score of a game that is not plausible."""
        played = Round.of(event)
        terms = self.games.get(played.game) if played is not None else None
        return played is not None and terms is not None and played.score > terms.highest

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> datetime:
        """The moment (UTC) at which a day begins."""
        return moment_at(day, 0, ZoneInfo(self.zone))

    def version_of(self, rule: str) -> str:
        """A name for what the rule says, and the multipliers of it: another one when they change."""
        return self._versions[rule]

    @cached_property
    def _versions(self) -> Mapping[str, str]:
        return {rule: self._version_of(rule) for rule in self.rules}

    def _version_of(self, rule: str) -> str:
        multipliers = {name: one for name, one in self.multipliers.items() if rule in one.rules}
        told = json.dumps([to_plain(self.rules[rule]), to_plain(multipliers)], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:12]


NO_PROGRAMME = Programme()
