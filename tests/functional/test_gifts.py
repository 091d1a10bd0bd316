"""Gifts on a real table, and in memory: one claim for each code, whoever is at work beside it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.builders import NOON
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.loyalty.gifts import FakeGifts
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import TableSnapshot
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import FOLLOWER, partition, row_key
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.errors import FollowerGoneError, PostingConflictError, StaleBooksError
from wejourney.events.event_types import EventBody, GiftClaimed, GiftReturned
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.benefits.gifts import (
    Gift,
    GiftClaimedError,
    GiftRefusedError,
    GiftReturnedError,
    GiftStatus,
    GiftTerms,
    OwnGiftError,
    UnknownGiftError,
)
from wejourney.loyalty.benefits.secret_codes import MistypedCodeError, new_code, shown
from wejourney.loyalty.books import Books
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.erasure import Erasure
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.gifts import GiftRecords, Gifts
from wejourney.services.loyalty.ports import Entry

PROGRAMME = Programme(gifts={"points": GiftTerms(most=50, returns_after=7)})
LOT = Lot(Pocket.AVAILABLE, "2027-01-31")


def code(number: int) -> str:
    return new_code(lambda _: number)


CODE = code(5)


def person(name: str, days: int = 0) -> Follower:
    since = NOON + timedelta(days=days)
    return Follower(
        "wx1", name, name, contact_id=f"c-{name}", following=True, followed_at=since, known_since=since
    )


@dataclass
class Stores:
    records: GiftRecords
    followers: FollowerStore | FakeFollowers
    at: datetime = NOON
    pauses: list[float] = field(default_factory=list)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    profile: ProfileModel = ANY_PROFILE

    @property
    def gifts(self) -> Gifts:
        return self.with_records(self.records)

    def with_records(self, records: GiftRecords) -> Gifts:
        now, pause = (lambda: self.at), self.pauses.append
        return Gifts(records, self.followers, PROGRAMME, self.profile, self.inbox, now, pause)

    @property
    def told(self) -> list[tuple[str, EventBody]]:
        """Who was told what of gifts."""
        return [(event.subject.openid, event.body) for event in self.inbox.queued]

    def available(self, name: str) -> int:
        return self.records.books(name).available


def prepared(records: GiftRecords, followers: FollowerStore | FakeFollowers) -> Stores:
    for name in ("ann", "bob", "cid"):
        followers.save(None, person(name))
    earned = Asked("earned", Kind.EARN, NOON, Cause("event"), {}, day="2026-11-28")
    Bookkeeping(records, followers).post("ann", earned, lambda books: decide.earn(books, 40, LOT))
    return Stores(records, followers)


@pytest.fixture(params=["on tables", "in memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "in memory":
        fakes = FakeFollowers()
        yield prepared(FakeGifts(fakes), fakes)
    else:
        followers: FollowerStore = request.getfixturevalue("followers")
        books = request.getfixturevalue("books")
        yield prepared(GiftStore(books.table, followers.table), followers)


def until(number: int) -> Callable[[], bool]:
    """There is time for so many."""
    left = iter(range(number, -1, -1))
    return lambda: next(left) > 0


@pytest.mark.capability(row="C27")
def test_a_gift_passes_once_to_whoever_has_its_code_with_its_days(stores: Stores) -> None:
    stores.gifts.give(CODE, "ann", "points", 30)
    ann = stores.followers.person("ann")
    assert ann is not None
    assert ann.balances["points"] == Balance(
        10, held=30, expiring=10, expires_on="2027-01-31", earned={"2026-11": 40}
    )

    claimed = stores.gifts.claim(shown(CODE).lower(), "bob")
    assert stores.gifts.claim(CODE, "bob") == claimed
    with pytest.raises(GiftClaimedError):
        stores.gifts.claim(CODE, "cid")
    with pytest.raises(GiftClaimedError):
        stores.gifts.take_back(claimed.id, "ann")

    assert (stores.available("ann"), stores.available("bob")) == (10, 30)
    assert stores.records.books("bob").lots == {LOT: 30}
    assert stores.records.books("bob").earned == {}, "a gift counts for no tier"
    assert [moved.kind for moved in stores.records.newest("bob")] == [Kind.RECEIVE]


def test_a_gift_that_nobody_claims_goes_back_after_its_time_as_many_as_there_is_time_for(
    stores: Stores,
) -> None:
    codes = [code(number) for number in range(3)]
    for one in codes:
        stores.gifts.give(one, "ann", "points", 10)
    stores.at += timedelta(days=7)
    with pytest.raises(GiftReturnedError):
        stores.gifts.claim(codes[0], "bob")

    assert [stores.gifts.settle_due(until(2)) for _ in range(3)] == [2, 1, 0]
    assert stores.records.books("ann").lots == {LOT: 40}
    assert stores.told == [("ann", GiftReturned(10))] * 3
    with pytest.raises(GiftReturnedError):
        stores.gifts.claim(codes[0], "bob")


def test_a_gift_that_cannot_go_back_is_reported_and_the_others_go_back(stores: Stores) -> None:
    for one in map(code, range(3)):
        stores.gifts.give(one, "ann", "points", 10)
    stores.at += timedelta(days=7)
    broken, failures = stores.gifts.gift(code(1)).id, list[tuple[str, str]]()

    class Broken:
        """Records in which one gift cannot be changed."""

        def __getattr__(self, name: str) -> object:
            return getattr(stores.records, name)

        def post_gift(self, gift: Gift, *entries: Entry) -> None:
            if gift.id == broken:
                raise ValueError("cannot be written")
            stores.records.post_gift(gift, *entries)

    records: Any = Broken()
    gifts = replace(
        stores.with_records(records), failed=lambda who, error: failures.append((who, str(error)))
    )

    assert gifts.settle_due() == 2
    assert failures == [("ann", "cannot be written")]
    assert stores.available("ann") == 30
    assert stores.gifts.settle_due() == 1


def test_a_gift_is_not_for_whoever_gave_it_and_a_wrong_code_is_nobodys(stores: Stores) -> None:
    stores.gifts.give(CODE, "ann", "points", 10)
    with pytest.raises(OwnGiftError):
        stores.gifts.claim(CODE, "ann")
    with pytest.raises(UnknownGiftError):
        stores.gifts.claim(code(6), "bob")
    with pytest.raises(MistypedCodeError):
        stores.gifts.claim(CODE[::-1] + "X", "bob")
    with pytest.raises(PostingConflictError):
        stores.gifts.give(CODE, "ann", "points", 11)

    assert stores.available("ann") == 30


def test_a_gift_between_two_people_who_turn_out_to_be_one_goes_back(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = prepared(
        GiftStore(books.table, followers.table),
        followers,
    )
    stores.gifts.give(CODE, "ann", "points", 10)
    ann, bob = followers.person("ann"), followers.person("bob")
    assert ann is not None
    assert bob is not None
    followers.merge(ann, bob, IdentityKind.UNION_ID, NOON)
    with pytest.raises(OwnGiftError):
        stores.gifts.claim(CODE, "bob")
    stores.at += timedelta(days=7)
    stores.gifts.settle_due()

    assert stores.available("bob") == 40


def merges(stores: Stores, younger: str, older: str) -> None:
    one, other = stores.followers.person(younger), stores.followers.person(older)
    assert one is not None
    assert other is not None
    stores.followers.merge(one, other, IdentityKind.UNION_ID, NOON)


def erases(stores: Stores, name: str) -> None:
    person = stores.followers.person(name)
    assert person is not None
    erasure = Erasure(NOON, person_ids=(person.person_id,))
    while not stores.followers.erase(person.subject, erasure):
        pass


def erases_after_a_merge(stores: Stores, younger: str, older: str) -> None:
    """Nothing leads from the younger one to the older one any more but the books."""
    merges(stores, younger, older)
    erases(stores, older)
    stores.followers.table.delete(row_key(partition(younger), FOLLOWER))  # type: ignore[union-attr]  # on tables


HAPPENS: dict[str, Callable[[Stores], None]] = {
    "the giver turns out to be somebody": lambda stores: merges(stores, "ann", "dan"),
    "the claimer turns out to be somebody": lambda stores: merges(stores, "bob", "dan"),
    "the giver is erased": lambda stores: erases(stores, "ann"),
    "the claimer is erased": lambda stores: erases(stores, "bob"),
    "the giver turns out to be somebody who is erased": lambda stores: erases_after_a_merge(
        stores, "ann", "dan"
    ),
}


@pytest.fixture
def on_tables(followers: FollowerStore, books: BooksStore) -> Stores:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    followers.save(None, person("dan", days=-1))
    return stores


def all_books(stores: Stores) -> dict[str, Books]:
    return {name: stores.records.books(name) for name in ("ann", "bob", "cid", "dan")}


def require_sums(stores: Stores, available: int, held: int) -> None:
    books = all_books(stores).values()
    assert all(sum(one.lots.values()) + sum(one.programme.values()) == 0 for one in books)
    assert sum(one.available for one in books) == available
    assert sum(one.total(Pocket.HELD) for one in books) == held


@pytest.mark.capability(row="C27")
@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("when", ["before", "in the midst", "after"])
def test_whoever_is_merged_or_erased_a_gift_passes_once_and_nothing_is_lost(
    on_tables: Stores, happens: str, when: str
) -> None:
    stores, happen = on_tables, partial(HAPPENS[happens], on_tables)
    stores.gifts.give(CODE, "ann", "points", 30)
    if when == "before":
        happen()
    gifts = stores.with_records(Overtaken(stores.records, happen)) if when == "in the midst" else stores.gifts  # type: ignore[arg-type]  # all else is of the records
    if when == "before" and happens == "the claimer is erased":
        with pytest.raises(FollowerGoneError):
            gifts.claim(CODE, "bob")
        gifts.claim(CODE, "cid")
    else:
        gifts.claim(CODE, "bob")
    if when == "after":
        happen()

    require_sums(stores, available=40, held=0)
    assert stores.gifts.gift(CODE).status is GiftStatus.CLAIMED
    with pytest.raises((GiftClaimedError, OwnGiftError)):
        stores.gifts.claim(CODE, "cid" if all_books(stores)["cid"].available == 0 else "dan")
    stores.gifts.settle_due()
    require_sums(stores, available=40, held=0)


@pytest.mark.parametrize("happens", [one for one in HAPPENS if "giver" in one])
@pytest.mark.parametrize("when", ["before", "in the midst"])
def test_whoever_is_merged_or_erased_a_gift_that_nobody_claims_goes_back(
    on_tables: Stores, happens: str, when: str
) -> None:
    stores, happen = on_tables, partial(HAPPENS[happens], on_tables)
    stores.gifts.give(CODE, "ann", "points", 30)
    stores.at += timedelta(days=7)
    if when == "before":
        happen()
    gifts = stores.with_records(Overtaken(stores.records, happen)) if when == "in the midst" else stores.gifts  # type: ignore[arg-type]  # all else is of the records

    assert gifts.settle_due() == 1
    require_sums(stores, available=40, held=0)
    assert list(stores.records.due_gifts(stores.at)) == []


@dataclass
class Overtaken:
    """Somebody else does something after this worker has looked at the gift, and before it writes."""

    records: GiftRecords
    does: Callable[[], object]
    done: bool = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.records, name)

    def post_gift(self, gift: Gift, *entries: Entry) -> None:
        if not self.done:
            self.done = True
            self.does()
        self.records.post_gift(gift, *entries)


def test_an_id_is_used_for_ever_also_when_the_row_of_its_gift_is_deleted(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    gift = stores.gifts.give(CODE, "ann", "points", 30)
    stores.gifts.take_back(gift.id, "ann")
    books.table.delete_all([row_key(f"GIFT#{gift.id}", "GIFT#")])
    with pytest.raises(PostingConflictError):
        stores.gifts.give(CODE, "ann", "points", 30)

    assert len(stores.pauses) == 0
    assert stores.available("ann") == 40


def test_of_two_who_claim_at_once_one_wins(stores: Stores) -> None:
    stores.gifts.give(CODE, "ann", "points", 30)
    slow = stores.with_records(Overtaken(stores.records, lambda: stores.gifts.claim(CODE, "cid")))  # type: ignore[arg-type]  # all else is of the records
    with pytest.raises(GiftClaimedError):
        slow.claim(CODE, "bob")

    assert (stores.available("bob"), stores.available("cid")) == (0, 30)


def test_a_gift_that_goes_back_while_it_is_claimed_is_with_one_of_them(stores: Stores) -> None:
    gift = stores.gifts.give(CODE, "ann", "points", 30)
    slow = stores.with_records(Overtaken(stores.records, lambda: stores.gifts.take_back(gift.id, "ann")))  # type: ignore[arg-type]  # all else is of the records
    with pytest.raises(GiftReturnedError):
        slow.claim(CODE, "bob")
    assert (stores.available("ann"), stores.available("bob")) == (40, 0)


def test_a_gift_that_is_claimed_while_it_goes_back_is_with_one_of_them(stores: Stores) -> None:
    gift = stores.gifts.give(CODE, "ann", "points", 30)
    slow = stores.with_records(Overtaken(stores.records, lambda: stores.gifts.claim(CODE, "bob")))  # type: ignore[arg-type]  # all else is of the records
    with pytest.raises(GiftClaimedError):
        slow.take_back(gift.id, "ann")
    assert (stores.available("ann"), stores.available("bob")) == (10, 30)


def outcomes(works: Sequence[Callable[[Gifts], object]], stores: Stores) -> Counter[str]:
    """What becomes of all of these at once, each with pauses of its own as in a deployment."""
    gate = threading.Barrier(len(works))
    gifts = replace(stores.gifts, pause=time.sleep)

    def outcome(work: Callable[[Gifts], object]) -> str:
        gate.wait()
        try:
            work(gifts)
        except GiftRefusedError as refused:
            return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return Counter(pool.map(outcome, works))


@pytest.mark.capability(row="C27")
def test_of_fifty_who_claim_at_once_one_gets_it_and_all_others_are_told_so(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    stores.gifts.give(CODE, "ann", "points", 30)
    friends = [f"friend-{number}" for number in range(50)]
    for name in friends:
        followers.save(None, person(name))
    claims = [partial(Gifts.claim, typed=CODE, person_id=name) for name in friends]

    assert outcomes(claims, stores) == {"done": 1, "GiftClaimedError": 49}
    assert sorted(stores.available(name) for name in friends) == [0] * 49 + [30]
    assert stores.records.books("ann").lots == {LOT: 10}
    assert {body for _, body in stores.told} == {GiftClaimed(30)}


@pytest.mark.capability(row="C27")
def test_of_twenty_five_who_claim_and_twenty_five_who_take_back_it_is_with_one_and_all_hear_where(
    followers: FollowerStore, books: BooksStore
) -> None:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    gift = stores.gifts.give(CODE, "ann", "points", 30)
    friends = [f"friend-{number}" for number in range(25)]
    for name in friends:
        followers.save(None, person(name))
    claims = [partial(Gifts.claim, typed=CODE, person_id=name) for name in friends]
    backs = [partial(Gifts.take_back, gift_id=gift.id, giver="ann")] * 25

    found = outcomes([work for pair in zip(claims, backs, strict=True) for work in pair], stores)
    was_claimed = {"done": 1, "GiftClaimedError": 49}
    went_back = {"done": 25, "GiftReturnedError": 25}
    assert found in (was_claimed, went_back)
    received = sum(stores.available(name) for name in friends)
    assert (stores.available("ann"), received) == ((10, 30) if found == was_claimed else (40, 0))


def test_fifty_requests_for_one_gift_hold_it_once(followers: FollowerStore, books: BooksStore) -> None:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    give = partial(Gifts.give, code=CODE, giver="ann", asset="points", amount=30)

    assert outcomes([give] * 50, stores) == {"done": 50}
    assert stores.records.books("ann").total(Pocket.HELD) == 30


def test_whoever_earns_or_spends_meanwhile_keeps_it(stores: Stores) -> None:
    stores.gifts.give(CODE, "ann", "points", 30)

    def earns() -> None:
        for name in ("ann", "bob"):
            asked = Asked(f"more-{name}", Kind.EARN, NOON, Cause("event"), {}, day="2026-11-28")
            Bookkeeping(stores.records, stores.followers).post(
                name, asked, lambda books: decide.earn(books, 5, LOT)
            )

    stores.with_records(Overtaken(stores.records, earns)).claim(CODE, "bob")  # type: ignore[arg-type]  # all else is of the records
    assert (stores.available("ann"), stores.available("bob")) == (15, 35)


def test_a_gift_that_was_posted_on_other_books_is_refused_whole(stores: Stores) -> None:
    gift = stores.gifts.give(CODE, "ann", "points", 30)
    with pytest.raises(StaleBooksError):
        stores.records.post_gift(gift)
    assert stores.records.gift(gift.id) == gift


@pytest.mark.capability(row="C27")
def test_killed_at_any_call_a_gift_is_given_claimed_and_returned_once(
    tables: str, followers: FollowerStore, books: BooksStore
) -> None:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    works: Sequence[Callable[[int], object]] = [
        lambda number: stores.gifts.give(code(number), "ann", "points", 1),
        lambda number: stores.gifts.claim(code(number), "bob"),
    ]
    place, was_killed = 0, True
    while was_killed:
        was_killed = False
        for work in works:
            hazard = Hazard(place)
            with followers.table.client.told(hazard.require_alive), followers.table.client.told(hazard):
                try:
                    work(place)
                except Killed:
                    was_killed = True
            for name in ("ann", "bob"):
                now = stores.records.books(name)
                assert sum(now.lots.values()) + sum(now.programme.values()) == 0
            work(place)
        place += 1

    assert place > 3
    assert (stores.available("ann"), stores.available("bob")) == (40 - place, place)
    stores.gifts.settle_due()
    assert len({event.id for event in stores.inbox.queued}) == place


@pytest.mark.capability(row="C27")
def test_the_job_that_gives_gifts_back_is_killed_at_each_call_and_run_again(
    tables: str, followers: FollowerStore, books: BooksStore
) -> None:
    """Two go back; of a third, which is claimed, its giver has not heard yet."""
    stores = prepared(GiftStore(books.table, followers.table), followers)
    for number in range(3):
        stores.gifts.give(code(number), "ann", "points", 10)
    deaf: Any = FakeInbox()
    deaf.tell = lambda _events: (_ for _ in ()).throw(Killed())
    with pytest.raises(Killed):
        replace(stores.gifts, inbox=deaf).claim(code(0), "bob")
    stores.at += timedelta(days=7)
    before, place, was_killed = TableSnapshot(tables, "FollowersTable", "LedgerTable"), 0, True
    while was_killed:
        before.restore()
        stores.inbox, hazard, was_killed = FakeInbox(), Hazard(place), False
        with followers.table.client.told(hazard.require_alive), followers.table.client.told(hazard):
            try:
                replace(stores.gifts, inbox=hazard.around(stores.inbox)).settle_due()
            except Killed:
                was_killed = True
        stores.gifts.settle_due()
        assert (stores.available("ann"), stores.available("bob")) == (30, 10), place
        assert stores.records.books("ann").total(Pocket.HELD) == 0, place
        told = {event.id: event.body for event in stores.inbox.told}
        assert Counter(map(type, told.values())) == {GiftReturned: 2, GiftClaimed: 1}, place
        assert list(stores.records.due_gifts(stores.at)) == [], place
        place += 1

    assert place > 12


def test_no_row_shows_the_code_of_a_gift(followers: FollowerStore, books: BooksStore) -> None:
    stores = prepared(GiftStore(books.table, followers.table), followers)
    stores.gifts.give(CODE, "ann", "points", 30)
    stores.gifts.claim(CODE, "bob")

    for table in ("LedgerTable", "FollowersTable"):
        assert CODE not in str(followers.table.client.scan(TableName=table)["Items"])
    assert stores.gifts.gift(CODE).status is GiftStatus.CLAIMED
