"""The books on a real table, and in memory: what is true of one is true of the other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from tests.support.builders import NOON
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.errors import AlreadyDoneError, PostingConflictError, StaleBooksError, TooLittleError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting
from wejourney.people.followers import Follower
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.ports import BookRecords, Entry

ANN = Follower("wx1", "ann-openid", "ann", contact_id="c", following=True, followed_at=NOON)
LOT = Lot(Pocket.AVAILABLE, "2027-01-31")


@dataclass
class Stores:
    records: BookRecords
    followers: FollowerStore | FakeFollowers

    @property
    def bookkeeping(self) -> Bookkeeping:
        return Bookkeeping(self.records, self.followers, pause=lambda _: None)


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "in memory":
        fakes = FakeFollowers()
        fakes.save(None, ANN)
        return Stores(FakeBooks(fakes), fakes)
    followers = request.getfixturevalue("followers")
    followers.save(None, ANN)
    return Stores(request.getfixturevalue("ledger"), followers)


def asked(id_: str, kind: Kind, reverses: str = "", **inputs: str | int) -> Asked:
    return Asked(id_, kind, NOON, Cause(f"event-{id_}"), inputs, day="2026-11-28", reverses=reverses)


def earn(stores: Stores, id_: str, amount: int, lot: Lot = LOT, person: str = "ann") -> None:
    def earned(books: Books) -> tuple[Posting, ...]:
        return decide.earn(books, amount, lot)

    assert stores.bookkeeping.post(person, asked(id_, Kind.EARN, amount=amount), earned)


def test_a_posting_is_in_the_books_and_in_the_row_of_the_person_at_once(stores: Stores) -> None:
    earn(stores, "a", 50)
    earn(stores, "b", 7, Lot(Pocket.UNCLAIMED))

    person = stores.followers.person("ann")
    assert person is not None
    assert (person.points, person.rev) == (50, 2)
    told = Balance(50, 7, expiring=50, expires_on="2027-01-31", earned={"2026-11": 57})
    assert person.balances == {"points": told}
    books = stores.records.books("ann")
    assert books.lots == {LOT: 50, Lot(Pocket.UNCLAIMED): 7}
    assert (books.programme, books.earned, books.rev) == ({ProgrammeAccount.ISSUED: -57}, {"2026-11": 57}, 2)


def test_an_asset_of_its_own_leaves_the_points_alone(stores: Stores) -> None:
    earn(stores, "a", 50)
    stamps = replace(asked("s", Kind.EARN), asset="stamps")
    stores.bookkeeping.post("ann", stamps, lambda books: decide.earn(books, 3, Lot(Pocket.AVAILABLE)))

    person = stores.followers.person("ann")
    assert person is not None
    assert (person.points, person.balances["stamps"].available) == (50, 3)
    assert [moved.id for moved in stores.records.newest("ann", "stamps")] == ["s"]


def test_what_is_asked_again_is_posted_once_and_other_inputs_are_a_mistake(stores: Stores) -> None:
    earn(stores, "a", 50)
    earn(stores, "a", 50)
    with pytest.raises(PostingConflictError):
        earn(stores, "a", 51)

    assert stores.records.books("ann").available == 50


def test_a_spending_that_was_posted_is_answered_again_although_nothing_is_left(stores: Stores) -> None:
    earn(stores, "a", 50)
    spend = asked("till", Kind.SPEND, amount=50)
    first = stores.bookkeeping.post("ann", spend, lambda books: decide.spend(books, 50))
    again = stores.bookkeeping.post("ann", spend, lambda books: decide.spend(books, 50))

    assert first == again
    with pytest.raises(TooLittleError):
        stores.bookkeeping.post("ann", asked("other", Kind.SPEND), lambda books: decide.spend(books, 1))


def test_an_entry_that_was_decided_on_other_books_is_refused(stores: Stores) -> None:
    first, second = (
        Entry(
            "ann",
            asked(id_, Kind.EARN).with_postings(decide.earn(Books(), 5, LOT)),
            Books(),
            asked(id_, Kind.EARN).hash,
        )
        for id_ in ("a", "b")
    )
    stores.records.post(first)
    with pytest.raises(StaleBooksError):
        stores.records.post(second)
    with pytest.raises(AlreadyDoneError):
        stores.records.post(first)

    assert stores.records.posted("b") is None


def test_what_is_taken_back_in_parts_is_never_more_than_was_earned(stores: Stores) -> None:
    earn(stores, "order", 100)
    bookkeeping = stores.bookkeeping
    bookkeeping.take_back(asked("refund-1", Kind.REVERSE, "order", amount=40), 40)
    bookkeeping.take_back(asked("refund-1", Kind.REVERSE, "order", amount=40), 40)
    with pytest.raises(TooLittleError):
        bookkeeping.take_back(asked("refund-2", Kind.REVERSE, "order", amount=61), 61)
    bookkeeping.take_back(asked("refund-3", Kind.REVERSE, "order"))

    books = stores.records.books("ann")
    assert (books.available, books.balance.earned) == (0, {})
    assert bookkeeping.take_back(asked("refund-4", Kind.REVERSE, "order")) is None


def test_what_is_taken_back_is_not_earned_any_more_in_the_month_in_which_it_was(stores: Stores) -> None:
    earn(stores, "order", 100)
    earn(stores, "other", 10)
    later = replace(asked("refund", Kind.REVERSE, "order"), day="2027-01-05")
    stores.bookkeeping.take_back(later, 30)

    assert stores.records.books("ann").earned == {"2026-11": 80}


@pytest.mark.parametrize(
    ("matures", "refunded", "left"),
    [
        ("due", "2027-01-05", {"2026-12": 70}),
        ("settled", "2026-12-01", {"2026-11": 70}),
        ("", "2026-12-01", {}),
    ],
)
def test_what_was_pending_is_taken_back_in_the_month_in_which_it_became_theirs(
    stores: Stores, matures: str, refunded: str, left: dict[str, int]
) -> None:
    pending = Lot(Pocket.PENDING, "2027-12-31", "2026-12-05")
    earn(stores, "order", 100, pending)
    if matures == "due":
        day = replace(asked("day", Kind.MATURE), day="2026-12-05")
        stores.bookkeeping.post(
            "ann", day, lambda books: decide.mature(books, "2026-12-05", Pocket.AVAILABLE)
        )
    elif matures:
        stores.bookkeeping.post(
            "ann",
            asked("settled#order", Kind.MATURE),
            lambda books: decide.mature_early(books, [pending], 100, Pocket.AVAILABLE),
        )
    stores.bookkeeping.take_back(replace(asked("refund", Kind.REVERSE, "order"), day=refunded), 30)

    assert stores.records.books("ann").balance.earned == left


def test_the_books_of_somebody_who_was_erased_go_on_without_a_name(stores: Stores) -> None:
    earn(stores, "a", 50, person="nobody-any-more")

    assert stores.records.books("nobody-any-more").available == 50
    assert stores.followers.person("nobody-any-more") is None


@pytest.mark.parametrize(("person", "left"), [("ann", -80), ("nobody-any-more", 0)])
def test_what_is_taken_back_of_points_that_were_spent_is_owed_but_by_nobody_who_was_erased(
    stores: Stores, person: str, left: int
) -> None:
    earn(stores, "order", 100, person=person)
    stores.bookkeeping.post(person, asked("till", Kind.SPEND), lambda books: decide.spend(books, 80))
    for _ in range(2):
        stores.bookkeeping.take_back(asked("refund", Kind.REVERSE, "order"))

    books = stores.records.books(person)
    assert books.available == left
    assert sum(books.lots.values()) + sum(books.programme.values()) == 0


def test_transactions_are_told_the_last_first(stores: Stores) -> None:
    for number in range(3):
        late = replace(asked(f"t{number}", Kind.EARN), effective_at=NOON.replace(hour=20 - number))
        stores.bookkeeping.post("ann", late, lambda books: decide.earn(books, 5, LOT))

    assert [moved.id for moved in stores.records.newest("ann")] == ["t0", "t1", "t2"]


def test_fifty_writers_on_one_person_are_all_done(ledger: BooksStore, followers: FollowerStore) -> None:
    followers.save(None, ANN)
    gate = threading.Barrier(50)
    bookkeeping = Bookkeeping(ledger, followers)

    def write(number: int) -> None:
        earns = asked(f"w{number}", Kind.EARN)
        gate.wait()
        bookkeeping.post("ann", earns, lambda books: decide.earn(books, 1, LOT))

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(write, range(50)))

    person = followers.person("ann")
    assert person is not None
    assert (ledger.books("ann").available, person.points, person.rev) == (50, 50, 50)
