"""Who is a member, by which number, and of which tier: found after each event, and told once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID, SETTINGS, SUBJECT
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import (
    ConsentGiven,
    ConsentWithdrawn,
    EventBody,
    MemberJoined,
    Paid,
    ProfileChanged,
    Refunded,
    TierChanged,
)
from wejourney.events.matching import EventPattern
from wejourney.journeys.receiving import Received, receive, with_member_number
from wejourney.journeys.runs import FollowerState
from wejourney.journeys.segments import PeopleRules, look_again, next_change, told_of
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.books import Books, earn, spend
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.expiry import Period
from wejourney.loyalty.membership import HIGHEST_DRAWN, is_member_number, member_number, reviewed
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.counters import CountedEvents
from wejourney.people.followers import NEVER, Follower
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.merging import merged
from wejourney.people.profile_model import ProfileModel
from wejourney.plain_data import changed

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
NOBODY = Follower(APP_ID, OPENID, "person", look_at=NEVER)
LEVELS = (Tier("basic", 0), Tier("silver", 100_000), Tier("gold", 500_000))
BY_SPEND = Programme(tiers=Tiers(LEVELS, counter="spend", grace=Period(1, "month")))
BY_POINTS = Programme(tiers=Tiers((Tier("silver", 1000), Tier("gold", 5000)), grace=Period(3, "month")))
SPEND = (
    CountedEvents(EventPattern("payment"), amount=True),
    CountedEvents(EventPattern("refund"), amount=True),
)
PROFILE = ProfileModel(membership="membership", counters={"spend": SPEND})


def rules_of(programme: Programme) -> PeopleRules:
    return PeopleRules(PROFILE).with_programme(programme)


def applied(
    body: EventBody,
    person: Follower | None = NOBODY,
    programme: Programme = BY_SPEND,
    *,
    now: datetime = NOW,
    history: bool = False,
) -> Received:
    event = replace(own_event(body, str(body), SUBJECT, now), history=history)
    return taken(event, person, programme, now)


def taken(event: InboundEvent, person: Follower | None, programme: Programme, now: datetime) -> Received:
    rules = rules_of(programme)
    received = receive(
        event, FollowerState(person), (), SETTINGS, stranger=NOBODY, now=now, people_rules=rules
    )
    return with_member_number(received, PROFILE, 7)


def after(received: Received) -> Follower:
    assert received.follower is not None
    return received.follower


# --- tiers ---------------------------------------------------------------------------------------


def test_a_tier_by_spend_is_reached_with_the_payment_that_reaches_it_and_told_once() -> None:
    first = applied(Paid(total=99_999, order="1"))
    assert after(first).tier == "basic"
    assert first.found == (TierChanged("basic", "", "up", first.event.id),)

    second = applied(Paid(total=1, order="2"), first.follower)
    assert after(second).tier == "silver"
    assert second.found == (TierChanged("silver", "basic", "up", second.event.id),)
    assert [one.body for one in told_of(second.found, second.event)] == list(second.found)
    assert list(told_of(second.found, second.event)) == list(told_of(second.found, second.event))

    third = applied(Paid(total=1, order="3"), second.follower)
    assert third.found == ()


def test_history_that_is_imported_gives_a_tier_and_starts_no_journey() -> None:
    past = applied(Paid(total=600_000, order="1"), history=True)
    assert after(past).tier == "gold"
    assert all(one.history for one in told_of(past.found, past.event))


def test_a_refund_costs_the_tier_on_the_day_after_the_grace_period_without_any_event() -> None:
    paid = applied(Paid(total=600_000, order="1"))
    refunded = applied(Refunded(total=600_000, order="1"), paid.follower)
    person = after(refunded)
    assert (person.tier, refunded.found) == ("gold", ())

    day = next_change(person, rules_of(BY_SPEND), NOW)
    assert day == datetime(2026, 12, 27, 16, tzinfo=UTC), "28 December begins in Shanghai"
    assert person.look_at == day, "the calendar looks at them then"
    looked = taken(look_again(person, day), person, BY_SPEND, day)
    assert looked.found == (TierChanged("basic", "gold", "down", looked.event.id),)
    assert (after(looked).tier, after(looked).tier_since) == ("basic", "2026-12-28")


def has(books: Books, person: Follower) -> Follower:
    return person.having("points", books.balance)


def posted(books: Books, kind: Kind, amount: int, at: datetime) -> Books:
    asked = Asked(f"{kind}{at}", kind, at, Cause("event"), {}, day=BY_POINTS.day_of(at).isoformat())
    postings = spend(books, amount) if kind is Kind.SPEND else earn(books, amount, Lot(Pocket.AVAILABLE))
    return books.after(asked.with_postings(postings))


@pytest.mark.parametrize("spent", [1, 4_000, 5_000])
def test_complaint_11_spending_points_demotes_nobody(spent: int) -> None:
    earned = posted(Books(), Kind.EARN, 5_000, NOW)
    gold = reviewed(has(earned, NOBODY), BY_POINTS, NOW)
    assert gold.tier == "gold"

    spent_some = has(posted(earned, Kind.SPEND, spent, NOW + timedelta(hours=1)), gold)
    assert spent_some.points == 5_000 - spent
    for days in (0, 30, 300, 340):
        assert reviewed(spent_some, BY_POINTS, NOW + timedelta(days=days)).tier == "gold"


def test_complaint_10_a_redemption_is_neither_earned_nor_spend_for_the_tier() -> None:
    books = posted(Books(), Kind.EARN, 900, NOW)
    books = posted(books, Kind.SPEND, 900, NOW + timedelta(hours=1))
    books = posted(books, Kind.EARN, 99, NOW + timedelta(hours=2))
    assert reviewed(has(books, NOBODY), BY_POINTS, NOW).tier is None
    assert reviewed(has(posted(books, Kind.EARN, 1, NOW), NOBODY), BY_POINTS, NOW).tier == "silver"


def test_points_that_are_not_claimed_yet_count_for_a_tier_before_anybody_joins() -> None:
    person = changed(NOBODY, balances={"points": Balance(unclaimed=1_000, earned={"2026-11": 1_000})})
    assert reviewed(person, BY_POINTS, NOW).tier == "silver"


def test_tiers_of_members_are_held_by_members_only() -> None:
    programme = Programme(tiers=replace(BY_SPEND.tiers, members_only=True))
    paid = applied(Paid(total=600_000, order="1"), programme=programme)
    assert after(paid).tier is None

    joined = applied(ConsentGiven("membership"), paid.follower, programme)
    assert after(joined).tier == "gold"
    assert [type(one) for one in joined.found] == [MemberJoined, TierChanged]

    left = applied(ConsentWithdrawn("membership"), joined.follower, programme, now=NOW + timedelta(days=1))
    assert (after(left).member, after(left).tier, after(left).tiers_kept) == (False, None, {})


def test_a_tier_that_another_system_tells_is_not_told_again() -> None:
    told = applied(TierChanged("gold", "silver", "up"), programme=Programme())
    assert (after(told).tier, told.found) == ("gold", ())
    by_profile = applied(ProfileChanged({"tier": "gold"}), programme=Programme())
    assert by_profile.found == (TierChanged("gold", "", "", by_profile.event.id),)


def test_without_tiers_in_the_programme_a_tier_stays_as_it_was_told() -> None:
    person = changed(NOBODY, tier="gold")
    assert reviewed(person, Programme(), NOW) is person


def test_people_who_turn_out_to_be_one_have_the_higher_tier_and_the_number_of_the_older() -> None:
    rich = reviewed(after(applied(Paid(total=600_000, order="1"))), BY_SPEND, NOW)
    poor = changed(
        reviewed(after(applied(Paid(total=1, order="2"))), BY_SPEND, NOW), person_id="other", openid="other"
    )
    for older, younger in ((rich, poor), (poor, rich)):
        one = changed(older, member_number=f"of {older.person_id}")
        other = changed(younger, member_number=f"of {younger.person_id}")
        both = merged(one, other, {})
        assert both.member_number == f"of {older.person_id}"
        assert reviewed(both, BY_SPEND, NOW).tier == "gold"
        assert merged(changed(one, member_number=None), other, {}).member_number == other.member_number


# --- members -------------------------------------------------------------------------------------


def test_whoever_agrees_to_the_terms_is_a_member_once_with_one_number() -> None:
    joined = applied(ConsentGiven("membership", "2026-11", "store"))
    person = after(joined)
    assert person.member
    assert joined.found[0] == MemberJoined("2026-11", "store", joined.event.id)
    assert person.member_number == member_number(7)
    assert joined.claimed == {Identity(IdentityKind.MEMBER, member_number(7))}
    assert joined.claimed <= person.identities

    again = applied(ConsentGiven("membership", "2026-12"), person, now=NOW + timedelta(days=1))
    assert (again.found, again.claimed, after(again).member_number) == ((), frozenset(), person.member_number)


def test_whoever_leaves_and_joins_again_has_the_same_number() -> None:
    joined = after(applied(ConsentGiven("membership")))
    left = after(applied(ConsentWithdrawn("membership"), joined, now=NOW + timedelta(days=1)))
    assert (left.member, left.member_number) == (False, joined.member_number)
    back = applied(ConsentGiven("membership"), left, now=NOW + timedelta(days=2))
    assert after(back).member_number == joined.member_number
    assert [type(one) for one in back.found] == [MemberJoined]


def test_the_number_by_which_the_brand_knows_somebody_is_theirs() -> None:
    known = changed(NOBODY, identities=frozenset({Identity(IdentityKind.MEMBER, "M-17")}))
    joined = applied(ConsentGiven("membership"), known)
    assert (after(joined).member_number, joined.claimed) == ("M-17", frozenset())


def test_whom_an_import_knows_for_a_member_joins_when_they_agree() -> None:
    imported = applied(ProfileChanged({"member": True}))
    assert (after(imported).member, after(imported).member_number) == (True, None)
    assert not [one for one in imported.found if isinstance(one, MemberJoined)]
    agreed = applied(ConsentGiven("membership"), imported.follower)
    assert [type(one) for one in agreed.found] == [MemberJoined]
    assert after(agreed).member_number is not None


def test_a_member_whom_another_system_tells_of_is_not_told_again() -> None:
    told = applied(MemberJoined(channel="store"))
    assert after(told).member
    assert not [one for one in told.found if isinstance(one, MemberJoined)]


def test_another_consent_makes_nobody_a_member() -> None:
    other = applied(ConsentGiven("newsletter"))
    assert (after(other).member, after(other).member_number) == (False, None)


def test_what_rules_of_earning_are_about_is_told_to_the_inbox() -> None:
    welcome = EarningRule(EventPattern("member.joined"), 10_000)
    bought = EarningRule(EventPattern("scan"), 1)
    rules = PeopleRules(PROFILE, subscribed_kinds=("tag",))
    programme = Programme(rules={"welcome": welcome, "bought": bought})
    assert rules.with_programme(programme).subscribed_kinds == ("member.joined", "tag")


@given(st.integers(0, HIGHEST_DRAWN - 1), st.integers(0, 11), st.integers(1, 9))
def test_a_number_with_one_wrong_digit_is_no_member_number(drawn: int, place: int, more: int) -> None:
    number = member_number(drawn)
    assert is_member_number(number)
    wrong = f"{number[:place]}{(int(number[place]) + more) % 10}{number[place + 1 :]}"
    assert not is_member_number(wrong)


@given(st.integers(0, HIGHEST_DRAWN - 1), st.integers(0, 10))
def test_a_number_with_two_neighbours_swapped_is_no_member_number(drawn: int, place: int) -> None:
    number = member_number(drawn)
    one, other = number[place], number[place + 1]
    swapped = f"{number[:place]}{other}{one}{number[place + 2 :]}"
    # The check digit of Luhn does not tell 09 from 90.
    assert {one, other} == {"0", "9"} or one == other or not is_member_number(swapped)


@pytest.mark.parametrize(
    "text", ["", "1", "1" * 13, "abcdefghijkl", "１２３４５６７８９０１２", " 12345678901"]
)
def test_no_other_text_is_a_member_number(text: str) -> None:
    assert not is_member_number(text)


def test_a_day_of_a_programme_begins_at_its_midnight() -> None:
    assert BY_SPEND.start_of(date(2026, 12, 28)) == datetime(2026, 12, 27, 16, tzinfo=UTC)
