"""What a day brings in the books: amounts that expire, and pending ones that become available."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.books import EXPIRING, REMEMBERED_DAYS, Books
from wejourney.loyalty.due import days_due, due_on, expired, matured
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme as Brand

AT = datetime(2027, 1, 1, tzinfo=UTC)
FIRST = date(2027, 1, 1)
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(8)]


def day_after(day: str, days: int = 1) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@st.composite
def some_books(draw: st.DrawFn) -> Books:
    """Lots of every pocket that a day can bring something in."""
    expires, due = st.sampled_from(["", *DAYS]), st.sampled_from(["", *DAYS])
    books = Books()
    for amount in draw(st.lists(st.integers(1, 50), max_size=6)):
        pocket = draw(st.sampled_from([Pocket.UNCLAIMED, Pocket.PENDING, Pocket.AVAILABLE]))
        lot = Lot(pocket, draw(expires), draw(due) if pocket is Pocket.PENDING else "")
        books = books.with_postings(decide.earn(books, amount, lot))
    return books


def kept(books: Books, today: str, into: Pocket = Pocket.AVAILABLE) -> Books:
    """The books after a sweep on a day."""
    for day in days_due(books, today):
        late = expired("ann", "points", books, day, AT)
        books = books.after(late) if late is not None else books
        moved = matured("ann", "points", books, day, AT, into)
        books = books.after(moved) if moved is not None else books
    return books


@given(books=some_books(), today=st.sampled_from(DAYS))
def test_after_a_sweep_nothing_is_due_and_another_one_posts_nothing(books: Books, today: str) -> None:
    after = kept(books, today)

    assert due_on(after) == "" or due_on(after) > today
    assert kept(after, today) == after


@given(books=some_books(), today=st.sampled_from(DAYS))
def test_the_day_that_books_are_due_on_is_the_first_on_which_a_sweep_posts_something(
    books: Books, today: str
) -> None:
    assert (kept(books, today) != books) == (due_on(books) != "" and due_on(books) <= today)


@given(books=some_books(), missed=st.integers(1, 7))
def test_a_sweep_that_has_missed_days_leaves_what_a_sweep_of_each_day_leaves(
    books: Books, missed: int
) -> None:
    daily = books
    for day in DAYS[: missed + 1]:
        daily = kept(daily, day)
    late = kept(books, DAYS[missed])

    assert replace(late, rev=0) == replace(daily, rev=0)


def test_what_matures_late_counts_for_tiers_in_the_month_in_which_it_was_due() -> None:
    books = Books()
    for due in ("2027-01-30", "2027-02-02"):
        books = books.with_postings(decide.earn(books, 10, Lot(Pocket.PENDING, "", due)))

    assert kept(books, "2027-02-05").earned == {"2027-01": 10, "2027-02": 10}


@given(
    parts=st.lists(st.tuples(st.integers(1, 40), st.sampled_from(DAYS)), min_size=1, max_size=5),
    spent=st.integers(0, 60),
    today=st.sampled_from(DAYS),
)
def test_complaint_6_what_was_spent_of_a_lot_does_not_expire_again(
    parts: list[tuple[int, str]], spent: int, today: str
) -> None:
    """https://github.com/FreeOpenSourcePOS/FloCafe/issues/78: the spendings of expired lots stayed."""
    books = Books()
    for amount, expires in parts:
        books = books.with_postings(decide.earn(books, amount, Lot(Pocket.AVAILABLE, expires)))
    spent = min(spent, books.available)
    books = books.with_postings(decide.spend(books, spent)) if spent else books

    after = kept(books, today)
    late, live = (
        sum(amount for amount, expires in parts if (expires < today) is is_late) for is_late in (True, False)
    )
    assert after.available == live - max(spent - late, 0)
    assert after.total(Pocket.EXPIRED) == max(late - spent, 0)


def reached(expires: str) -> Iterable[tuple[str, Books]]:
    """Books that have a lot by each way in which one comes to be."""
    lot = Lot(Pocket.AVAILABLE, expires)
    earned = Books().with_postings(decide.earn(Books(), 10, lot))
    yield "earned", earned
    yield "given by hand", Books().with_postings(decide.adjust(Books(), 10, lot))
    yield "unclaimed", Books().with_postings(decide.earn(Books(), 10, Lot(Pocket.UNCLAIMED, expires)))
    yield (
        "pending",
        Books().with_postings(decide.earn(Books(), 10, Lot(Pocket.PENDING, expires, "2029-01-01"))),
    )
    held = earned.with_postings(decide.hold(earned, 10, "h"))
    yield "released", held.with_postings(decide.release(held, "h"))
    given_away = decide.give(held, "h")
    yield "received as a gift", Books().with_postings(decide.receive(Books(), given_away, Pocket.AVAILABLE))
    yield "taken over", Books().with_postings(decide.take_over(Books(), decide.give_away(earned)))


@pytest.mark.parametrize("how", dict(reached("2027-01-03")))
def test_complaint_7_every_lot_with_a_last_day_expires_however_it_came_to_be(how: str) -> None:
    """https://github.com/liberusoftware/ecommerce-laravel/pull/1056: lots were found by their label."""
    books = dict(reached("2027-01-03"))[how]
    assert due_on(books) == "2027-01-04"
    assert kept(books, "2027-01-03") == books
    after = kept(books, "2027-01-04")
    assert after.total(*EXPIRING) == 0
    assert after.total(Pocket.EXPIRED) == 10


ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


@given(
    zone=st.sampled_from(ZONES),
    earned_at=st.datetimes(datetime(2010, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given
    period=st.sampled_from(["1 day", "7 days", "1 month", "12 months"]),
)
def test_complaint_8_an_amount_can_be_spent_until_the_end_of_its_last_day_in_the_programmes_zone(
    zone: str, earned_at: datetime, period: str
) -> None:
    """https://github.com/nexu-io/nexu/issues/829: one day instead of seven."""
    brand = Brand(zone)
    last = Expiry(Period.parse(period)).last_day(brand.day_of(earned_at), may_spend=True)
    books = Books().with_postings(decide.earn(Books(), 10, Lot(Pocket.AVAILABLE, last)))
    # Every half an hour from before the day begins anywhere until it has ended everywhere.
    begins = datetime.combine(date.fromisoformat(last), datetime.min.time(), UTC)
    moments = [begins + timedelta(minutes=30 * n) for n in range(-2 * 16, 2 * 40)]
    states = [(brand.day_of(at).isoformat(), kept(books, brand.day_of(at).isoformat())) for at in moments]

    for day, after in states:
        assert after.available == (10 if day <= last else 0), day
    ends = [(one, other) for (one, _), (other, _) in pairwise(states) if one <= last < other]
    assert len(ends) == 1, "it expires once, and does not come back"


@pytest.mark.parametrize(
    ("earned", "period", "last"),
    [
        ("2028-02-29", "12 months", "2029-02-28"),
        ("2027-02-28", "12 months", "2028-02-28"),
        ("2028-01-31", "1 month", "2028-02-29"),
        ("2027-01-31", "1 month", "2027-02-28"),
    ],
)
def test_a_month_that_is_shorter_ends_on_its_last_day(earned: str, period: str, last: str) -> None:
    found = Expiry(Period.parse(period)).last_day(date.fromisoformat(earned), may_spend=True)
    books = Books().with_postings(decide.earn(Books(), 10, Lot(Pocket.AVAILABLE, found)))

    assert (found, due_on(books)) == (last, day_after(last))


def test_what_expired_is_written_off_when_it_can_not_be_taken_back_any_more() -> None:
    books = kept(Books({Lot(Pocket.AVAILABLE, "2027-01-01"): 10}), "2027-01-02")
    gone = day_after("2027-01-01", REMEMBERED_DAYS + 1)

    assert due_on(books) == gone
    assert kept(books, day_after(gone, -1)) == books
    assert kept(books, gone).programme[ProgrammeAccount.EXPIRED] == 10


def test_what_never_ends_and_what_is_held_is_never_due() -> None:
    held = Lot(Pocket.HELD, "2027-01-01", hold="h")
    assert due_on(Books({Lot(Pocket.AVAILABLE): 5, Lot(Pocket.PENDING): 5, held: 5})) == ""


def test_a_hold_that_is_released_on_a_day_on_which_something_expired_expires_with_an_id_of_its_own() -> None:
    books = Books({Lot(Pocket.AVAILABLE, "2027-01-01"): 10, Lot(Pocket.HELD, "2027-01-01", hold="h"): 5})
    first = expired("ann", "points", books, "2027-01-02", AT)
    assert first is not None
    later = books.after(first)
    later = later.with_postings(decide.release(later, "h"))
    second = expired("ann", "points", later, "2027-01-02", AT)

    assert second is not None
    assert first.id != second.id


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    assert due_on(Books({Lot(Pocket.AVAILABLE, date.max.isoformat()): 5})) == date.max.isoformat()
