"""For whom nobody is rewarded, and when a reward is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOON
from wejourney.loyalty.benefits.referrals import (
    ReferralTerms,
    WhyNoReward,
    brought_by,
    is_taken_back,
    why_no_reward,
)
from wejourney.people.codes import FIRST, SHARER, Attribution
from wejourney.people.followers import Follower

SECOND = timedelta(seconds=1)
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
    ],
)
def test_nobody_is_rewarded_for_themselves_in_a_circle_or_for_who_was_known(
    friend: Follower, chain: tuple[str, ...], why: WhyNoReward | None
) -> None:
    assert why_no_reward(friend, chain) is why


@pytest.mark.parametrize(
    ("within", "after", "back"),
    [(3600, 3599, True), (3600, 3600, True), (3600, 3601, False), (0, 0, False)],
)
def test_a_reward_is_taken_back_only_within_the_time_that_the_rule_says(
    within: int, after: int, *, back: bool
) -> None:
    terms = ReferralTerms(gets=10, pending_days=7, unfollow_within=within)
    assert is_taken_back(terms, NOON, NOON + after * SECOND) is back
    assert not is_taken_back(terms, None, NOON)
