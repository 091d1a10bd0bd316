"""Referrals: who brought whom, what both get for the friend's first order, and why somebody gets nothing.

WeChat forbids rewards for following and for sharing: what is rewarded is the order of the friend.
https://mp.weixin.qq.com/mp/opshowpage?action=newoplaw
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from wejourney.loyalty.balance import POINTS
from wejourney.people.codes import FIRST, SHARER, first_code_at
from wejourney.people.followers import Follower

REFERRALS = "referrals"
"""The rule that transactions name as their cause."""


@dataclass(frozen=True)
class ReferralTerms:
    """Whoever brought a friend `gets` so many units of `asset`, and the friend `friend_gets`.

    That is for the friend's first order of at least `from_fen`. Both can be spent `pending_days` after it.
    Both are taken back if the friend unfollows within `unfollow_within` seconds after they followed.
    """

    gets: int
    pending_days: int
    friend_gets: int = 0
    asset: str = POINTS
    from_fen: int = 0
    unfollow_within: int = 0


class WhyNoReward(StrEnum):
    SELF = "self"
    CYCLE = "cycle"
    """The friend has brought, perhaps through others, who brought them."""
    KNOWN_BEFORE = "known_before"
    """Also by an earlier life of one of their openids, as long as that is remembered."""
    REFERRER_GONE = "referrer_gone"
    """Whoever brought the friend was erased."""
    ORDER_TOO_SMALL = "order_too_small"
    REWARDED_BEFORE = "rewarded_before"
    """The friend was rewarded for another order."""


def with_unrewarded(nothing: Mapping[str, str], why: str) -> Mapping[str, str]:
    """Why rules give nothing for an event, with why nobody is rewarded for it; empty: that is no question."""
    return {**nothing, REFERRALS: why} if why else nothing


def brought_by(friend: Follower) -> str:
    """Our own id of the person through whose code they first came; empty: they came another way."""
    return friend.attributes.get(f"{FIRST}{SHARER}", "")


def why_no_reward(friend: Follower, chain: Sequence[str]) -> WhyNoReward | None:
    """Why nobody is rewarded for a friend; `chain` is who brought them, who brought that person, and so on.

    It ends with the first who is not known. All are known by the ids that they have now, the friend also by
    those of people who turned out to be them.
    """
    ids = {friend.person_id, *friend.merged}
    if chain and chain[0] in ids:
        return WhyNoReward.SELF
    if not ids.isdisjoint(chain):
        return WhyNoReward.CYCLE
    came_at, known_first = first_code_at(friend.told_at), friend.known_first
    if came_at is None or known_first is None or known_first < came_at:
        return WhyNoReward.KNOWN_BEFORE
    if any(contact.erased_at is not None and contact.erased_at <= came_at for contact in friend.contacts):
        return WhyNoReward.KNOWN_BEFORE
    return None if chain else WhyNoReward.REFERRER_GONE


def is_taken_back(
    terms: ReferralTerms, followed_at: datetime | None, ordered_at: datetime, unfollowed_at: datetime
) -> bool:
    """Whether somebody unfollows so soon that the rewards for an order are taken back.

    The order lies between both: one from before the follow, or after an unfollow that is told late, has
    nothing to do with them.
    """
    if followed_at is None or not followed_at <= ordered_at <= unfollowed_at:
        return False
    return unfollowed_at - followed_at <= timedelta(seconds=terms.unfollow_within)
