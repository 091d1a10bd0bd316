"""For whom nobody is rewarded, and when a reward is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.loyalty.benefits.referrals import (
    ReferralTerms,
    WhyNoReward,
    brought_by,
    is_taken_back,
    why_no_reward,
)
from wejourney.people.codes import FIRST, SHARER, Attribution
from wejourney.people.contacts import Contact
from wejourney.people.followers import Follower

SECOND = timedelta(seconds=1)
ERASED_BEFORE = Contact("wx2", "friend", known_since=NOON, erased_at=NOON - SECOND)
FRIEND = Follower("wx1", "friend", "friend", known_since=NOON, merged=frozenset({"friend-before"}))


def scanned(person: Follower, at: timedelta = timedelta()) -> Follower:
    told = Attribution(person.attributes, person.told_at).scanned({SHARER: "ann"}, NOON + at)
    return replace(person, attributes=told.attributes, told_at=told.told_at)


def test_a_friend_is_brought_by_whose_code_they_came_through_first() -> None:
    assert brought_by(FRIEND) == ""
    assert brought_by(scanned(FRIEND)) == scanned(FRIEND).attributes[f"{FIRST}{SHARER}"] == "ann"


@pytest.mark.capability(row="51")
@pytest.mark.parametrize(
    ("friend", "chain", "why"),
    [
        (scanned(FRIEND), ("ann",), None),
        (scanned(FRIEND), ("ann", "bob", "cid"), None),
        (scanned(FRIEND), ("friend",), WhyNoReward.SELF),
        (scanned(FRIEND), ("friend-before",), WhyNoReward.SELF),
        (scanned(FRIEND), ("ann", "friend"), WhyNoReward.CYCLE),
        (scanned(FRIEND), ("ann", "bob", "friend-before"), WhyNoReward.CYCLE),
        (FRIEND, ("ann",), WhyNoReward.KNOWN_BEFORE),
        (scanned(FRIEND, SECOND), ("ann",), WhyNoReward.KNOWN_BEFORE),
        (scanned(replace(FRIEND, known_since=None)), ("ann",), WhyNoReward.KNOWN_BEFORE),
        (scanned(replace(FRIEND, erased_at=NOON)), ("ann",), WhyNoReward.KNOWN_BEFORE),
        (scanned(replace(FRIEND, erased_at=NOON - SECOND)), ("ann",), WhyNoReward.KNOWN_BEFORE),
        (scanned(replace(FRIEND, erased_at=NOON + SECOND)), ("ann",), None),
        (scanned(FRIEND).joined_by(ERASED_BEFORE), ("ann",), WhyNoReward.KNOWN_BEFORE),
        (scanned(FRIEND), (), WhyNoReward.REFERRER_GONE),
        (FRIEND, (), WhyNoReward.KNOWN_BEFORE),
    ],
)
def test_nobody_is_rewarded_for_themselves_in_a_circle_or_for_who_was_known(
    friend: Follower, chain: tuple[str, ...], why: WhyNoReward | None
) -> None:
    assert why_no_reward(friend, chain) is why


@example(3_600, 0, 10, 3_600)
@example(3_600, 0, 10, 3_601)
@example(3_600, 10, 10, 10)
@given(st.integers(1, 7200), *[st.none() | st.integers(-5, 7205)] * 3)
def test_a_reward_is_taken_back_only_for_the_follow_that_is_undone_within_the_time_that_the_rule_says(
    within: int, followed: int | None, ordered: int | None, unfollowed: int | None
) -> None:
    terms = ReferralTerms(gets=10, pending_days=7, unfollow_within=within)
    ordered, unfollowed = ordered or 0, unfollowed or within
    followed_at = NOON + followed * SECOND if followed is not None else None
    back = is_taken_back(terms, followed_at, NOON + ordered * SECOND, NOON + unfollowed * SECOND)
    assert back is (
        followed is not None and followed <= ordered <= unfollowed and unfollowed - followed <= within
    )
