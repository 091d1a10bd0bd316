"""Lives in the books of a real table: in any order, with a worker that is killed at any of its calls.

What is done is done again after a kill, as the queue does it. A model in memory does the same once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.builders import NOON
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Table
from wejourney.errors import StaleFollowerError, TooLittleError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import OWED, Lot, Pocket
from wejourney.loyalty.balance import NO_BALANCE, POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.due import expired, matured
from wejourney.loyalty.replay import Replay
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting, Transaction
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.ports import Entry, merging

LIVES, STEPS = 30, 25
MOST_CALLS = 8
"""Of one posting; a kill at a later one kills nobody."""

_LIFE = count()
AMOUNTS = st.integers(1, 60)
KILLS = st.one_of(st.none(), st.tuples(st.integers(0, MOST_CALLS - 1), st.booleans()))
"""At which call the worker is killed, and whether the call is made: its answer is lost then."""


class Killed(BaseException):
    """The worker is gone in the middle of a line."""


@dataclass
class Mortal:
    """A client of DynamoDB, a call of which can be the last one of the worker."""

    client: Any
    kill: tuple[int, bool] | None = None
    calls: int = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            place, self.calls = self.calls, self.calls + 1
            if self.kill is None or place < self.kill[0]:
                return getattr(self.client, name)(**request)
            if place == self.kill[0] and self.kill[1]:
                getattr(self.client, name)(**request)
            raise Killed

        return call


class Lives(RuleBasedStateMachine):
    """Two people, of whom the younger may turn out to be the older one."""

    stores: tuple[FollowerStore, BooksStore]

    def __init__(self) -> None:
        super().__init__()
        life = next(_LIFE)
        self.ids = {name: f"{name}-{life}" for name in ("older", "younger")}
        self.model = {id_: Books() for id_ in self.ids.values()}
        self.made: list[tuple[str, Transaction, int]] = []
        self.day, self.number, self.merged = date(2026, 11, 28), 0, False
        followers, ledger = self.stores
        self.mortal = Mortal(ledger.table.client)
        table, books = Table(followers.table.name, self.mortal), Table(ledger.table.name, self.mortal)
        self.followers = replace(followers, table=table)
        self.ledger = BooksStore(books, table)
        self.bookkeeping = Bookkeeping(self.ledger, self.followers, pause=lambda _: None)
        for name, id_ in self.ids.items():
            person = Follower(
                "wx1", id_, id_, contact_id=id_, following=True, followed_at=NOON, known_since=NOON
            )
            self.followers.save(None, replace(person, known_since=NOON + timedelta(days=name == "younger")))

    # --- what both do ------------------------------------------------------------------------

    def do(self, kill: tuple[int, bool] | None, work: Callable[[], Any]) -> Any:
        """Do it with a worker that may be killed, and then with one that lives."""
        self.mortal.kill, self.mortal.calls = kill, 0
        try:
            return work()
        except Killed:
            self.mortal.kill = None
            return work()
        finally:
            self.mortal.kill = None

    def who(self, name: str) -> str:
        return self.ids["older" if self.merged else name]

    def asked(self, kind: Kind, reverses: str = "") -> Asked:
        self.number += 1
        id_ = f"{self.ids['older']}#{self.number}"
        at = NOON + timedelta(days=(self.day - date(2026, 11, 28)).days, seconds=self.number)
        return Asked(id_, kind, at, Cause(id_), {}, day=self.day.isoformat(), reverses=reverses)

    def now(self, person: str, asked: Asked) -> Books:
        """The books of the model on the day of what is asked: what has expired before is posted."""
        books = self.model[person]
        late = expired(person, POINTS, books, asked.day, asked.effective_at)
        if late is not None:
            self.model[person] = books = books.after(late)
        return books

    def post(
        self, kill: Any, name: str, asked: Asked, decided: Callable[[Books], tuple[Posting, ...]]
    ) -> None:
        person = self.who(name)
        try:
            postings = decided(self.now(person, asked))
        except TooLittleError:
            with pytest.raises(TooLittleError):
                self.do(kill, lambda: self.bookkeeping.post(person, asked, decided))
            return
        posted = self.do(kill, lambda: self.bookkeeping.post(person, asked, decided))
        if postings:
            moved = asked.with_postings(postings)
            self.model[person] = self.model[person].after(moved)
            self.made.append((person, moved, 0))
            assert posted.transaction == moved

    # --- what happens --------------------------------------------------------------------------

    names = st.sampled_from(["older", "younger"])

    @rule(
        kill=KILLS,
        name=names,
        amount=AMOUNTS,
        pocket=st.sampled_from([Pocket.UNCLAIMED, Pocket.PENDING, Pocket.AVAILABLE]),
        days=st.sampled_from([None, 0, 3, 30]),
    )
    def earn(self, kill: Any, name: str, amount: int, pocket: Pocket, days: int | None) -> None:
        expires = "" if days is None else str(self.day + timedelta(days=days))
        due = str(self.day + timedelta(days=2)) if pocket is Pocket.PENDING else ""
        lot = Lot(pocket, expires, due)
        self.post(kill, name, self.asked(Kind.EARN), lambda books: decide.earn(books, amount, lot))

    @rule(kill=KILLS, name=names)
    def claim(self, kill: Any, name: str) -> None:
        self.post(kill, name, self.asked(Kind.CLAIM), decide.claim)

    @rule(kill=KILLS, name=names, amount=AMOUNTS)
    def spend(self, kill: Any, name: str, amount: int) -> None:
        self.post(kill, name, self.asked(Kind.SPEND), lambda books: decide.spend(books, amount))

    @rule(kill=KILLS, name=names, amount=AMOUNTS)
    def hold(self, kill: Any, name: str, amount: int) -> None:
        asked = self.asked(Kind.HOLD)
        self.post(kill, name, asked, lambda books: decide.hold(books, amount, asked.id))

    @rule(kill=KILLS, name=names, data=st.data())
    def settle(self, kill: Any, name: str, data: st.DataObject) -> None:
        held = [lot for lot in self.model[self.who(name)].lots if lot.pocket is Pocket.HELD]
        if not held:
            return
        lot = data.draw(st.sampled_from(sorted(held)))
        part = data.draw(st.integers(0, self.model[self.who(name)].lots[lot]))
        if part:
            capture = self.asked(Kind.CAPTURE)
            self.post(kill, name, capture, lambda books: decide.capture(books, lot.hold, part))
        else:
            self.post(kill, name, self.asked(Kind.RELEASE), lambda books: decide.release(books, lot.hold))

    @rule(kill=KILLS, name=names, amount=st.integers(-40, 40).filter(bool))
    def adjust(self, kill: Any, name: str, amount: int) -> None:
        lot = Lot(Pocket.AVAILABLE)
        self.post(kill, name, self.asked(Kind.ADJUST), lambda books: decide.adjust(books, amount, lot))

    @precondition(lambda self: self.made)
    @rule(kill=KILLS, data=st.data())
    def take_back(self, kill: Any, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.made) - 1))
        person, original, before = self.made[place]
        left = decide.reversible(original) - before
        if not left:
            return
        amount = data.draw(st.integers(1, left))
        now = self.who("older" if person == self.ids["older"] else "younger")
        asked = self.asked(Kind.REVERSE, original.id)
        postings = decide.reverse(self.now(now, asked), original, amount, before)
        posted = self.do(kill, lambda: self.bookkeeping.take_back(asked, amount))
        self.model[now] = self.model[now].after(posted.transaction)
        self.made[place] = (person, original, before + amount)
        assert posted.transaction.postings == postings

    @rule(kill=KILLS, name=names, days=st.integers(1, 20))
    def days_pass(self, kill: Any, name: str, days: int) -> None:
        """The sweep comes to one of them only: the other one's books are kept when something is asked."""
        self.day += timedelta(days=days)
        person, asked = self.who(name), self.asked(Kind.MATURE)
        into = Pocket.AVAILABLE

        def sweep() -> None:
            books = self.bookkeeping.books(person, asked)
            due = matured(person, POINTS, books, asked.day, asked.effective_at, into)
            if due is not None:
                self.ledger.post(Entry(person, due, books))

        self.do(kill, sweep)
        books = self.now(person, asked)
        due = matured(person, POINTS, books, asked.day, asked.effective_at, into)
        if due is not None:
            self.model[person] = books.after(due)

    @precondition(lambda self: not self.merged)
    @rule(kill=KILLS)
    def merge(self, kill: Any) -> None:
        younger, older = self.ids["younger"], self.ids["older"]
        one, other = self.followers.person(younger), self.followers.person(older)
        assert one is not None
        assert other is not None

        def become_one() -> None:
            try:
                self.followers.merge(one, other, IdentityKind.PHONE, NOON)
            except StaleFollowerError:  # The killed one has begun: whoever reads completes it.
                self.followers.person(younger)

        self.do(kill, become_one)
        given, taken = merging(younger, older, POINTS, self.model[younger], self.model[older], NOON)
        if self.model[younger].lots or self.model[younger].earned:
            self.model[younger], self.model[older] = given.after, taken.after
        self.merged = True

    # --- what is always true -------------------------------------------------------------------

    @invariant()
    def the_table_has_what_happened_once(self) -> None:
        for person, books in self.model.items():
            assert self.ledger.books(person) == books

    @invariant()
    def the_books_sum_to_zero_and_no_lot_is_below(self) -> None:
        for books in map(self.ledger.books, self.model):
            assert sum(books.lots.values()) + sum(books.programme.values()) == 0
            assert all(amount > 0 or lot == OWED for lot, amount in books.lots.items())

    @invariant()
    def the_row_of_a_person_says_what_the_books_say(self) -> None:
        for name in ("older", "younger"):
            person = self.followers.person(self.who(name))
            assert person is not None
            balance = self.ledger.books(person.person_id).balance
            assert person.balances.get(POINTS, NO_BALANCE) == balance
            assert person.points == balance.available

    def teardown(self) -> None:
        """The transactions alone give the same books."""
        for person in self.model:
            replay = Replay()
            for moved in self.ledger.newest(person):
                replay.add(moved)
            assert not list(replay.differences(person, POINTS, self.ledger.books(person)))


def test_whatever_happens_in_any_order_with_kills_at_any_call_is_in_the_books_once(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    lives = type("OnTables", (Lives,), {"stores": (followers, ledger)})
    run_state_machine_as_test(
        lives,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
