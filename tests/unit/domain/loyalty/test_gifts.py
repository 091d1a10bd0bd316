"""Gifts in any order, with workers that are killed: each is somewhere exactly once, and the books balance."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.gifts import FakeGifts
from wejourney.errors import InvalidAmountError, TooLittleError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.benefits.gifts import (
    Gift,
    GiftClaimedError,
    GiftRefusedError,
    GiftReturnedError,
    GiftStatus,
    GiftTerms,
    GivenAmount,
    NotGivenAwayError,
    OwnGiftError,
    UnknownGiftError,
    given,
)
from wejourney.loyalty.benefits.secret_codes import new_code
from wejourney.loyalty.programme import Programme as Declared
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ANY_PROFILE
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.gifts import Gifts

NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)
TERMS = GiftTerms(most=50, returns_after=7)
PEOPLE = ("ann", "bob", "cid")
TOLD = {GiftStatus.CLAIMED: "gift.claimed", GiftStatus.RETURNED: "gift.returned"}
"""What the giver hears of a gift; of one that they took back nothing."""


def code(number: int) -> str:
    return new_code(lambda most: (number + most) % most)


def person(name: str) -> Follower:
    return Follower("wx1", name, name, contact_id=f"c-{name}", following=True, followed_at=NOON)


def gifts_of(records: FakeGifts, inbox: FakeInbox, now: Callable[[], datetime]) -> Gifts:
    declared = Declared(gifts={"points": TERMS})
    return Gifts(records, records.followers, declared, ANY_PROFILE, inbox, now, lambda _: None)


def amount_of(gift: Gift) -> int:
    assert isinstance(gift.content, GivenAmount)
    return gift.content.amount


class Killed(BaseException):
    pass


class Lives(RuleBasedStateMachine):
    """Each call may be the last of its worker: before it writes, or after."""

    def __init__(self) -> None:
        super().__init__()
        followers = FakeFollowers()
        self.records, self.at = FakeGifts(followers), NOON
        self.inbox = FakeInbox()
        self.gifts = gifts_of(self.records, self.inbox, self.time)
        self.codes: list[str] = []
        self.earned = 0
        for name in PEOPLE:
            followers.save(None, person(name))
            self.earn(name, 100)

    def time(self) -> datetime:
        return self.at

    def earn(self, name: str, amount: int) -> None:
        asked = Asked(f"earn-{name}-{self.earned}", Kind.EARN, self.at, Cause("x"), {}, day="2026-11-28")
        lot = Lot(Pocket.AVAILABLE, "2027-03-31")
        Bookkeeping(self.records, self.records.followers).post(
            name, asked, lambda books: decide.earn(books, amount, lot)
        )
        self.earned += amount

    def killed(self, when: str) -> None:
        """Let the next posting of a gift, or telling of it, be the last call of its worker."""
        post = self.records.post_gift

        def dying(gift: Gift, *entries: object) -> None:
            self.records.post_gift = post  # type: ignore[method-assign]  # the worker after it lives
            if when == "after":
                post(gift, *entries)  # type: ignore[arg-type]  # as they came
            raise Killed

        def dying_untold(_: object) -> None:
            del self.inbox.tell
            raise Killed

        if when == "untold":
            self.inbox.tell = dying_untold  # type: ignore[method-assign, assignment]  # one call
        elif when:
            self.records.post_gift = dying  # type: ignore[method-assign]  # one call

    @rule(
        giver=st.sampled_from(PEOPLE),
        amount=st.integers(1, 60),
        when=st.sampled_from(["", "before", "after"]),
    )
    def give(self, giver: str, amount: int, when: str) -> None:
        there = self.records.books(giver).total(Pocket.AVAILABLE)
        new = code(len(self.codes))
        if amount > TERMS.most:
            with pytest.raises(NotGivenAwayError):
                self.gifts.give(new, giver, "points", amount)
        elif amount > there:
            with pytest.raises(TooLittleError):
                self.gifts.give(new, giver, "points", amount)
        else:
            self.killed(when)
            if when:
                with pytest.raises(Killed):
                    self.gifts.give(new, giver, "points", amount)
            gift = self.gifts.give(new, giver, "points", amount)
            assert gift == self.gifts.give(new, giver, "points", amount)
            self.codes.append(new)

    @rule(by=st.sampled_from(PEOPLE), data=st.data(), when=st.sampled_from(["", "before", "after", "untold"]))
    def claim(self, by: str, data: st.DataObject, when: str) -> None:
        if not self.codes:
            return
        typed = data.draw(st.sampled_from(self.codes))
        before = self.gifts.gift(typed)
        may = before.status is GiftStatus.OPEN and by != before.giver and self.at < before.until
        if may or (before.status is GiftStatus.CLAIMED and before.claimed_by == by):
            self.killed(when if may else "")
            if may and when:
                with pytest.raises(Killed):
                    self.gifts.claim(typed, by)
            assert self.gifts.claim(typed, by).claimed_by == by
        else:
            with pytest.raises(GiftRefusedError):
                self.gifts.claim(typed, by)
            assert self.gifts.gift(typed) == before

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if not self.codes:
            return
        typed = data.draw(st.sampled_from(self.codes))
        gift = self.gifts.gift(typed)
        with pytest.raises(UnknownGiftError):
            self.gifts.take_back(gift.id, "dan")
        if gift.status is GiftStatus.CLAIMED:
            with pytest.raises(GiftClaimedError):
                self.gifts.take_back(gift.id, gift.giver)
        else:
            self.gifts.take_back(gift.id, gift.giver)
            with pytest.raises(GiftReturnedError):
                self.gifts.claim(typed, gift.giver)

    @rule(days=st.integers(1, 8), most=st.integers(1, 3))
    def days_pass_and_some_go_back(self, days: int, most: int) -> None:
        self.at += timedelta(days=days)
        due, left = set(self.records.due_gifts(self.at)), iter(range(most, -1, -1))
        assert due <= {gift.id for gift in self.records.kept.values() if not gift.is_open(self.at)}
        assert self.gifts.settle_due(lambda: next(left) > 0) == min(len(due), most)
        assert len(list(self.records.due_gifts(self.at))) == max(len(due) - most, 0)

    def teardown(self) -> None:
        """Once all is over, each giver has heard once of each gift that was claimed or that came back."""
        self.at += timedelta(days=8)
        self.gifts.settle_due()
        settled = (gift for gift in self.records.kept.values() if gift.status in TOLD)
        expected = Counter((gift.giver, TOLD[gift.status], amount_of(gift)) for gift in settled)
        events = {event.id: event for event in self.inbox.told}.values()
        assert expected == Counter((one.subject.openid, one.kind, one.body.units) for one in events)  # type: ignore[union-attr]  # all are of gifts

    @invariant()
    def every_point_is_somewhere_once(self) -> None:
        books = [self.records.books(name) for name in PEOPLE]
        held = Counter[str]()
        for one in books:
            assert sum(one.lots.values()) + sum(one.programme.values()) == 0
            assert all(amount > 0 for amount in one.lots.values())
            for lot, amount in one.of(Pocket.HELD).items():
                held[lot.hold] += amount
        assert sum(one.programme.get(ProgrammeAccount.TRANSFERRED, 0) for one in books) == 0
        assert sum(sum(one.lots.values()) for one in books) == self.earned
        kept = self.records.kept.values()
        assert held == {gift.hold: amount_of(gift) for gift in kept if gift.status is GiftStatus.OPEN}


Lives.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLives = Lives.TestCase


def test_nothing_is_given_that_the_programme_does_not_let_give() -> None:
    for terms, most in ((None, 0), (TERMS, 50)):
        with pytest.raises(NotGivenAwayError) as told:
            given(terms, "id", "ann", GivenAmount("stamps", 51), NOON)
        assert (told.value.asset, told.value.most) == ("stamps", most)


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "5"])
def test_no_gift_is_of_an_amount_that_is_no_whole_number_above_zero(amount: object) -> None:
    records = FakeGifts(FakeFollowers())
    gifts = gifts_of(records, FakeInbox(), lambda: NOON)
    with pytest.raises(InvalidAmountError):
        gifts.give(code(1), "ann", "points", amount)  # type: ignore[arg-type]  # as it may come from outside


def test_a_gift_is_not_for_whoever_gave_it_nor_after_its_time() -> None:
    gift = given(TERMS, "id", "ann", GivenAmount("points", 5), NOON)

    with pytest.raises(OwnGiftError):
        gift.claimed("ann", NOON)
    with pytest.raises(GiftReturnedError):
        gift.claimed("bob", NOON + timedelta(days=7))
    assert gift.claimed("bob", NOON + timedelta(days=7, microseconds=-1)).claimed_by == "bob"
