"""Books that are remembered save reads, and change no answer, whoever else posts meanwhile."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, erasure_of
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.remembering import RemembersNothing, remembers_all
from wejourney.errors import TooLittleError, WejourneyError
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.bookkeeping import Bookkeeping, Decide
from wejourney.services.loyalty.ports import Posted
from wejourney.services.loyalty.remembered_books import MOST_BOOKS, SECONDS, RememberedBooks

NAMES = ("ann", "bob")
LOT = Lot(Pocket.AVAILABLE)
FIRST_DAY = NOON.date()


def made_people() -> FakeFollowers:
    people = FakeFollowers()
    for name in NAMES:
        person = Follower("wx1", f"o{name}", name, contact_id=name, following=True, followed_at=NOON)
        people.save(None, person)
    return people


@dataclass
class Watched:
    """The books, whose calls are counted. Before the call of this number somebody else does something."""

    records: FakeBooks
    calls: Counter[str] = field(default_factory=Counter)
    meanwhile: dict[int, Callable[[], object]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        def call(*asked: Any) -> Any:
            if happens := self.meanwhile.pop(self.calls.total(), None):
                happens()
            self.calls[name] += 1
            return getattr(self.records, name)(*asked)

        return call


@dataclass
class Worker:
    """One process: its calls, and what it remembers."""

    people: FakeFollowers
    remembered: RememberedBooks = field(default_factory=remembers_all)

    def __post_init__(self) -> None:
        self.records = Watched(FakeBooks(self.people))
        self.bookkeeping = Bookkeeping(
            self.records, self.people, pause=lambda _: None, remembered=self.remembered
        )

    def post(self, id_: str, kind: Kind, decided: Decide, who: str = "ann") -> Posted | None:
        asked = Asked(id_, kind, NOON, Cause(id_), {}, day=str(FIRST_DAY))
        return self.bookkeeping.post(who, asked, decided)

    def earn(self, id_: str, amount: int = 10, who: str = "ann") -> Posted | None:
        return self.post(id_, Kind.EARN, lambda books: decide.earn(books, amount, LOT), who)

    def spend(self, id_: str, amount: int) -> Posted | None:
        return self.post(id_, Kind.SPEND, lambda books: decide.spend(books, amount))

    def calls_of(self, does: Callable[[], object]) -> dict[str, int]:
        self.records.calls.clear()
        does()
        return dict(self.records.calls)


READ_AND_POST = {"books": 1, "post": 1}


@pytest.fixture
def worker() -> Worker:
    return Worker(made_people())


# --- what it saves ---------------------------------------------------------------------------------


def test_postings_in_the_same_books_read_them_once(worker: Worker) -> None:
    def five() -> None:
        for number in range(5):
            worker.earn(f"t{number}")

    assert worker.calls_of(five) == {"books": 1, "post": 5}
    assert worker.records.records.books("ann").available == 50


def test_books_are_remembered_for_each_person_and_asset_and_for_a_moment() -> None:
    times = [0.0]
    worker = Worker(made_people(), RememberedBooks(now=lambda: times[0]))
    worker.earn("t1")
    assert worker.calls_of(lambda: worker.earn("t2", who="bob")) == READ_AND_POST
    times[0] = SECONDS - 1
    assert worker.calls_of(lambda: worker.earn("t3")) == {"post": 1}
    times[0] += SECONDS
    assert worker.calls_of(lambda: worker.earn("t4")) == READ_AND_POST


def test_two_processes_that_post_in_turns_for_one_person_lose_one_posting_each_in_all(worker: Worker) -> None:
    """Then each reads first, as a process that remembers nothing. Guard: `leave_to_others`."""
    other = Worker(worker.people)
    for number in range(20):
        worker.earn(f"a{number}")
        other.earn(f"b{number}")

    for one in (worker, other):
        assert one.records.calls == {"books": 20, "post": 21}
    assert worker.records.records.books("ann").available == 400


def test_only_the_last_books_are_remembered() -> None:
    remembered = remembers_all()
    remembered.leave_to_others("others", "points")
    for number in range(MOST_BOOKS):
        remembered.keep(f"p{number}", "points", Books(rev=number))
    remembered.keep("others", "points", Books(rev=1))
    assert remembered.take("others", "points") == Books(rev=1), "it was forgotten that others post in them"
    assert remembered.take("p0", "points") is None
    assert remembered.take("p1", "points") == Books(rev=1)
    assert remembered.take("p1", "points") is None, "it is forgotten with that"


# --- what it does not change -----------------------------------------------------------------------


def test_what_is_refused_is_refused_by_the_books_of_the_table(worker: Worker) -> None:
    other = Worker(worker.people)
    worker.earn("t1", 50)
    other.spend("t2", 40)
    with pytest.raises(TooLittleError) as refused:
        worker.spend("t3", 60)
    assert refused.value.args == TooLittleError(60, 10).args


def test_what_can_be_spent_by_the_books_of_the_table_is_spent(worker: Worker) -> None:
    other = Worker(worker.people)
    worker.earn("t1", 10)
    other.earn("t2", 40)
    posted = worker.spend("t3", 30)
    assert posted is not None
    assert (posted.balance, worker.records.records.books("ann").available) == (20, 20)


def test_what_seems_to_be_nothing_is_looked_at_again(worker: Worker) -> None:
    other = Worker(worker.people)
    worker.earn("t1", 10)
    other.post("t2", Kind.EARN, lambda books: decide.earn(books, 5, Lot(Pocket.UNCLAIMED)))
    assert worker.post("t3", Kind.CLAIM, decide.claim) is not None
    assert worker.records.records.books("ann").available == 15


def test_a_posting_whose_answer_was_lost_is_posted_once(worker: Worker) -> None:
    """The books that were remembered before it are not those of the table then."""
    worker.earn("t1")

    def is_lost(*entries: Any) -> None:
        worker.records.records.post(*entries)
        raise TimeoutError

    vars(worker.records)["post"] = is_lost
    with pytest.raises(TimeoutError):
        worker.earn("t2")
    del vars(worker.records)["post"]
    assert worker.calls_of(lambda: worker.earn("t2")) == {**READ_AND_POST, "posted": 1}
    assert worker.earn("t3") is not None
    assert worker.records.records.books("ann").available == 30


# --- all lives -------------------------------------------------------------------------------------

type Act = tuple[str, str, int, int]
"""What is done, for whom, how much, and at which of the earlier acts that looks."""

ACT = st.tuples(
    st.sampled_from(
        [*["earn", "spend"] * 3, "unclaimed", "claim", "hold", "adjust", "back", "again", "merge"]
    ),
    st.sampled_from(NAMES),
    st.integers(1, 30),
    st.integers(0, 9),
)
STEP = st.tuples(ACT, st.one_of(st.none(), st.tuples(st.integers(0, 3), ACT)), st.integers(0, 1))
"""What a worker does; perhaps what the other one does before one of its calls; and days that pass then."""


@dataclass
class Life:
    acts: dict[str, Act] = field(default_factory=dict)
    day: int = 0
    is_over: bool = False

    def does(self, act: Act, id_: str) -> Callable[[FakeFollowers, Bookkeeping], object]:
        """What an act does, wherever it is done."""
        what, who, amount, which = act
        if what == "again" and self.acts:
            id_ = sorted(self.acts)[which % len(self.acts)]
            what, who, amount, which = self.acts[id_]
        if what == "merge":
            return self.ends if not self.is_over else self.erases
        self.acts.setdefault(id_, (what, who, amount, which))
        at, expires = NOON + timedelta(days=self.day), str(FIRST_DAY + timedelta(days=self.day + amount % 3))
        lot = Lot(Pocket.UNCLAIMED if what == "unclaimed" else Pocket.AVAILABLE, expires)
        kinds: dict[str, tuple[Kind, Decide]] = {
            "earn": (Kind.EARN, lambda books: decide.earn(books, amount, lot)),
            "unclaimed": (Kind.EARN, lambda books: decide.earn(books, amount, lot)),
            "spend": (Kind.SPEND, lambda books: decide.spend(books, amount)),
            "claim": (Kind.CLAIM, decide.claim),
            "hold": (Kind.HOLD, lambda books: decide.hold(books, amount, id_)),
            "adjust": (Kind.ADJUST, lambda books: decide.adjust(books, -amount, lot)),
        }
        kind, decided = kinds.get(what, (Kind.REVERSE, decide.claim))
        back = f"{which}-0" if kind is Kind.REVERSE else ""
        day = str(FIRST_DAY + timedelta(days=self.day))
        asked = Asked(id_, kind, at, Cause(id_), {}, day=day, reverses=back)
        if back:
            return lambda _, bookkeeping: bookkeeping.take_back(asked, amount)
        return lambda _, bookkeeping: bookkeeping.post(who, asked, decided)

    def ends(self, people: FakeFollowers, _: Bookkeeping) -> None:
        """The one of the two turns out to be the other one."""
        older, younger = map(people.person, NAMES)
        if older is not None and younger is not None and older != younger:
            people.merge(younger, older, IdentityKind.PHONE, NOON)

    def erases(self, people: FakeFollowers, _: Bookkeeping) -> None:
        for name in NAMES:
            if (person := people.person(name)) is not None:
                people.erase(person.subject, erasure_of(person.person_id))


def answer(does: Callable[[], object]) -> object:
    try:
        return does()
    except WejourneyError as error:
        return type(error), error.args


def state(people: FakeFollowers) -> Any:
    found = map(people.person, NAMES)
    return people.book_rows, [(one.person_id, one.points, one.balances) if one else None for one in found]


@settings(max_examples=60)
@given(st.lists(STEP, min_size=8, max_size=16))
def test_two_workers_that_remember_come_to_what_somebody_comes_to_who_reads(steps: list[Any]) -> None:
    """One acts before a call of the other, in turns: it comes to what one does after the other."""
    people, life, model = made_people(), Life(), made_people()
    workers = Worker(people), Worker(people)
    for number, (act, beside, days) in enumerate(steps):
        life.day += days
        place, also = beside or (0, None)
        does = [life.does(one, f"{number}-{part}") for part, one in enumerate([act, also]) if one]
        worker, other = workers if number % 3 else reversed(workers)
        answers = dict[int, object]()

        def happens(does: Any = does, other: Worker = other, answers: Any = answers) -> None:
            if len(does) > 1:
                answers[1] = answer(partial(does[1], people, other.bookkeeping))

        worker.records.calls.clear()
        worker.records.meanwhile = {place: happens}
        answers[0] = answer(partial(does[0], people, worker.bookkeeping))
        if worker.records.meanwhile.pop(place, None):
            happens()
        for order in permutations(range(len(does))):
            found = deepcopy(model)
            reading = Worker(found, RemembersNothing()).bookkeeping
            expected = {which: answer(partial(does[which], found, reading)) for which in order}
            if (state(people), answers) == (state(found), expected):
                model = found
                break
        else:
            pytest.fail(f"{act} and {also} at call {place}")
