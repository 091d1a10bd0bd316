"""The books of one person: what every order of transactions keeps true."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wejourney.errors import InvalidAmountError, TooLittleError, UnknownHoldError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import OWED, Lot, Place, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting, Transaction

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAYS = ("", "2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01")
AMOUNTS = st.integers(1, 60)


class Lives(RuleBasedStateMachine):
    """Two people; the younger one may turn out to be the older one."""

    def __init__(self) -> None:
        super().__init__()
        self.books = {"older": Books(), "younger": Books()}
        self.made: list[tuple[str, Transaction]] = []
        self.moved = Counter[Place]()
        self.reversed = Counter[str]()
        self.merged = False

    def who(self, name: str) -> str:
        return "older" if self.merged else name

    def post(self, name: str, kind: Kind, postings: tuple[Posting, ...], reverses: str = "") -> None:
        if postings:
            asked = Asked(
                str(len(self.made)), kind, NOW, Cause("test"), {}, day="2026-11-28", reverses=reverses
            )
            made = asked.with_postings(postings)
            self.books[name] = self.books[name].after(made)
            self.made.append((name, made))
            for place, amount in made.moved.items():
                self.moved[place] += amount

    @rule(
        name=st.sampled_from(["older", "younger"]),
        amount=AMOUNTS,
        pocket=st.sampled_from([Pocket.UNCLAIMED, Pocket.AVAILABLE]),
        expires=st.sampled_from(DAYS),
        due=st.sampled_from(["", "2026-12-10", "2027-01-15"]),
    )
    def earn(self, name: str, amount: int, pocket: Pocket, expires: str, due: str) -> None:
        name = self.who(name)
        lot = Lot(Pocket.PENDING, expires, due) if due else Lot(pocket, expires)
        self.post(name, Kind.EARN, decide.earn(self.books[name], amount, lot))

    @rule(
        name=st.sampled_from(["older", "younger"]),
        today=st.sampled_from(["2026-12-10", "2027-01-02", "2027-02-02", "2027-05-01"]),
        kind=st.sampled_from([Kind.MATURE, Kind.EXPIRE, Kind.CLAIM]),
    )
    def a_day_comes(self, name: str, today: str, kind: Kind) -> None:
        name = self.who(name)
        now = self.books[name]
        postings = {
            Kind.MATURE: lambda: decide.mature(now, today, Pocket.AVAILABLE),
            Kind.EXPIRE: lambda: decide.expire(now, today),
            Kind.CLAIM: lambda: decide.claim(now),
        }[kind]()
        self.post(name, kind, postings)

    @rule(name=st.sampled_from(["older", "younger"]), amount=AMOUNTS, hold=st.booleans())
    def spend_or_hold(self, name: str, amount: int, *, hold: bool) -> None:
        name = self.who(name)
        now = self.books[name]
        if amount > now.total(Pocket.AVAILABLE):
            with pytest.raises(TooLittleError):
                decide.spend(now, amount)
        elif hold:
            self.post(name, Kind.HOLD, decide.hold(now, amount, f"h{len(self.made)}"))
        else:
            oldest = list(now.of(Pocket.AVAILABLE))
            spent = decide.spend(now, amount)
            assert [posting.source for posting in spent] == oldest[: len(spent)]
            self.post(name, Kind.SPEND, spent)

    @rule(
        name=st.sampled_from(["older", "younger"]),
        amount=st.integers(-90, 60).filter(bool),
        pocket=st.sampled_from([Pocket.UNCLAIMED, Pocket.AVAILABLE]),
        expires=st.sampled_from(DAYS),
    )
    def adjust(self, name: str, amount: int, pocket: Pocket, expires: str) -> None:
        """What is taken and is not there is owed; what is given is owed for first, where it can be spent."""
        name = self.who(name)
        before = self.books[name]
        self.post(name, Kind.ADJUST, decide.adjust(before, amount, Lot(pocket, expires)))
        after = self.books[name]
        by_hand = ProgrammeAccount.ADJUSTED
        assert after.programme.get(by_hand, 0) - before.programme.get(by_hand, 0) == -amount
        assert after.earned == before.earned
        waits = after.total(Pocket.UNCLAIMED) - before.total(Pocket.UNCLAIMED)
        if amount > 0:
            assert waits == (amount if pocket is Pocket.UNCLAIMED else 0)
        else:
            assert -waits == min(
                before.total(Pocket.UNCLAIMED), max(-amount - before.total(Pocket.AVAILABLE), 0)
            )
        assert after.available - before.available == amount - waits

    @rule(data=st.data(), name=st.sampled_from(["older", "younger"]))
    def settle_a_hold(self, data: st.DataObject, name: str) -> None:
        name = self.who(name)
        now = self.books[name]
        held = Counter[str]()
        for lot, amount in now.of(Pocket.HELD).items():
            held[lot.hold] += amount
        if not held:
            return
        hold_id = data.draw(st.sampled_from(sorted(held)))
        taken = data.draw(st.integers(0, held[hold_id]))
        if taken:
            self.post(name, Kind.CAPTURE, decide.capture(now, hold_id, taken))
        else:
            self.post(name, Kind.RELEASE, decide.release(now, hold_id))
        with pytest.raises(UnknownHoldError):
            decide.release(self.books[name], hold_id)

    @rule(
        name=st.sampled_from(["older", "younger"]),
        amount=AMOUNTS,
        into=st.sampled_from([Pocket.AVAILABLE, Pocket.UNCLAIMED]),
    )
    def give(self, name: str, amount: int, into: Pocket) -> None:
        """What is held passes to the other one, who owes less by it when they can spend it."""
        giver, hold_id = self.who(name), f"gift{len(self.made)}"
        other = "younger" if name == "older" else "older"
        if self.merged or amount > self.books[giver].total(Pocket.AVAILABLE):
            return
        before = self.books[other].available
        self.post(giver, Kind.HOLD, decide.hold(self.books[giver], amount, hold_id))
        given = decide.give(self.books[giver], hold_id)
        self.post(giver, Kind.GIVE, given)
        self.post(other, Kind.RECEIVE, decide.receive(self.books[other], given, into))
        assert self.books[other].available == before + (amount if into is Pocket.AVAILABLE else 0)

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        name, original = data.draw(st.sampled_from(self.made))
        before = self.reversed[original.id]
        left = decide.reversible(original) - before
        name = self.who(name)
        with pytest.raises(TooLittleError):
            decide.reverse(self.books[name], original, left + 1, before)
        if left:
            amount = data.draw(st.integers(1, left))
            postings = decide.reverse(self.books[name], original, amount, before)
            assert sum(posting.amount for posting in postings) == amount
            self.reversed[original.id] += amount
            self.post(name, Kind.REVERSE, postings, original.id)

    @precondition(lambda self: not self.merged)
    @rule()
    def merge(self) -> None:
        both = sum(one.available for one in self.books.values())
        given = decide.give_away(self.books["younger"])
        taken = decide.take_over(self.books["older"], given)
        self.post("younger", Kind.MERGE, given)
        self.post("older", Kind.MERGE, taken)
        self.merged = True
        assert self.books["younger"].lots == {}
        assert self.books["older"].available == both

    @invariant()
    def whoever_owes_has_nothing_available(self) -> None:
        for now in self.books.values():
            assert now.lots.get(OWED, 0) == 0 or now.total(Pocket.AVAILABLE) == 0

    @invariant()
    def all_that_was_earned_is_somewhere(self) -> None:
        assert sum(self.moved.values()) == 0
        assert self.moved[ProgrammeAccount.TRANSFERRED] == 0
        here = sum(amount for now in self.books.values() for amount in now.lots.values())
        others = (ProgrammeAccount.REDEEMED, ProgrammeAccount.EXPIRED, ProgrammeAccount.ADJUSTED)
        assert -self.moved[ProgrammeAccount.ISSUED] == here + sum(self.moved[place] for place in others)

    @invariant()
    def the_books_of_each_person_sum_to_zero(self) -> None:
        for now in self.books.values():
            assert sum(now.lots.values()) + sum(now.programme.values()) == 0

    @invariant()
    def what_was_earned_is_what_was_issued_and_is_not_pending(self) -> None:
        pending = sum(now.total(Pocket.PENDING) for now in self.books.values())
        issued = -sum(now.programme.get(ProgrammeAccount.ISSUED, 0) for now in self.books.values())
        assert sum(sum(now.earned.values()) for now in self.books.values()) <= issued - pending

    @invariant()
    def the_transactions_alone_give_the_same_books(self) -> None:
        again = {"older": Books(), "younger": Books()}
        for name, made in self.made:
            again[name] = again[name].after(made)
        assert again == self.books


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=1_000, stateful_step_count=30)


def available(**lots: int) -> Books:
    return Books({Lot(Pocket.AVAILABLE, f"2027-{month[1:]}-01"): n for month, n in lots.items()})


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, "5", None])
def test_an_amount_is_a_whole_number_above_zero(amount: object) -> None:
    with pytest.raises(InvalidAmountError):
        decide.earn(Books(), amount, Lot(Pocket.AVAILABLE))  # type: ignore[arg-type] # from outside


def test_a_partial_return_restores_the_lots_that_were_spent_last() -> None:
    before = available(m01=30, m02=50)
    spent = Transaction("s", Kind.SPEND, POINTS, decide.spend(before, 60), NOW, Cause("order"))
    after = before.after(spent)

    some = after.with_postings(decide.reverse(after, spent, 40))
    rest = some.with_postings(decide.reverse(some, spent, 20, 40))

    assert some.lots == available(m01=10, m02=50).lots
    assert rest.lots == before.lots


def test_a_return_after_the_points_were_spent_is_owed_and_filled_by_the_next_earning() -> None:
    lot = Lot(Pocket.AVAILABLE, "2027-01-01")
    earned = Transaction("e", Kind.EARN, POINTS, decide.earn(Books(), 100, lot), NOW, Cause("order"))
    spent = Books().after(earned).with_postings(decide.spend(Books().after(earned), 80))

    owing = spent.with_postings(decide.reverse(spent, earned, 100))
    assert owing.lots == {OWED: -80}
    assert owing.with_postings(decide.earn(owing, 100, lot)).lots == {lot: 20}


def test_an_earning_that_has_expired_is_taken_back_from_what_expired() -> None:
    lot, later = Lot(Pocket.AVAILABLE, "2027-01-01"), Lot(Pocket.AVAILABLE, "2027-06-01")
    earned = Transaction("e", Kind.EARN, POINTS, decide.earn(Books(), 100, lot), NOW, Cause("order"))
    now = Books({later: 70}).after(earned)
    now = now.with_postings(decide.expire(now, "2027-01-02"))

    assert now.with_postings(decide.reverse(now, earned, 100)).lots == {later: 70}


@pytest.mark.parametrize(("days", "left"), [(1, 70), (40, 70), (365, 70), (402, -30)])
def test_what_expired_is_taken_back_for_as_long_as_wechat_pay_refunds_and_then_other_points_are(
    days: int, left: int
) -> None:
    """A payment can be refunded for a year; after 400 days nobody knows any more that it had expired."""
    lot, later = Lot(Pocket.AVAILABLE, "2027-01-01"), Lot(Pocket.AVAILABLE)
    earned = Transaction("e", Kind.EARN, POINTS, decide.earn(Books(), 100, lot), NOW, Cause("order"))
    now = Books({later: 70}).after(earned)
    for passed in (1, days):
        today = str(date(2027, 1, 1) + timedelta(days=passed))
        now = now.with_postings(decide.expire(now, today))

    assert now.with_postings(decide.reverse(now, earned, 100)).available == left


def test_the_day_of_expiry_is_a_day_on_which_it_can_be_spent() -> None:
    now = available(m01=5)

    assert decide.expire(now, "2027-01-01") == ()
    assert decide.expire(now, "2027-01-02")


@given(*[st.dictionaries(st.sampled_from(DAYS), AMOUNTS)] * 2, st.integers(1, 300))
def test_what_is_taken_by_hand_comes_from_what_is_there_whichever_pocket_it_is_in(
    available: dict[str, int], unclaimed: dict[str, int], amount: int
) -> None:
    lots = {Lot(Pocket.AVAILABLE, day): one for day, one in available.items()}
    lots |= {Lot(Pocket.UNCLAIMED, day): one for day, one in unclaimed.items()}
    had = Books(lots, {ProgrammeAccount.ISSUED: -sum(lots.values())})
    taken = decide.adjust(had, -amount, Lot(Pocket.AVAILABLE))
    left = had.with_postings(taken)

    from_available = min(sum(available.values()), amount)
    from_unclaimed = min(sum(unclaimed.values()), amount - from_available)
    assert had.total(Pocket.AVAILABLE) - left.total(Pocket.AVAILABLE) == from_available
    assert had.total(Pocket.UNCLAIMED) - left.total(Pocket.UNCLAIMED) == from_unclaimed
    assert left.lots.get(OWED, 0) == from_available + from_unclaimed - amount
    moved = Asked("1", Kind.ADJUST, NOW, Cause("ann"), {}, day="2026-11-28").with_postings(taken)
    assert left.with_postings(decide.reverse(left, moved, amount)).lots == had.lots
