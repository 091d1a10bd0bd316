"""What transactions add up to: the books as they are, and each difference by its name."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Place, Pocket, ProgrammeAccount, place_of, place_text
from wejourney.loyalty.books import Books
from wejourney.loyalty.replay import Difference, Replay
from wejourney.loyalty.transactions import Asked, Cause, Kind, Transaction
from wejourney.services.loyalty.ports import merging

NOW = datetime(2026, 11, 28, tzinfo=UTC)
LOT = Lot(Pocket.AVAILABLE, "2027-01-31")
DAYS = st.sampled_from(["", "2027-01-31", "2028-02-29"])
LOTS = st.builds(Lot, st.sampled_from(Pocket), DAYS, DAYS, st.sampled_from(["", "h", "a|b"]))
PLACES: st.SearchStrategy[Place] = st.one_of(LOTS, st.sampled_from(ProgrammeAccount))


def life(amounts: list[int]) -> tuple[Books, list[Transaction]]:
    """Books in which amounts above zero are earned, others spent as far as there is enough."""
    books, made = Books(), list[Transaction]()
    for number, amount in enumerate(amounts):
        if amount > 0:
            asked = Asked(
                str(number), Kind.EARN, NOW, Cause("e"), {}, day="2026-11-28", limits=("rule|total",)
            )
            moved = asked.with_postings(decide.earn(books, amount, LOT))
        elif -amount <= books.available:
            spent = Asked(str(number), Kind.SPEND, NOW, Cause("s"), {}, day="2026-11-28")
            moved = spent.with_postings(decide.spend(books, -amount))
        else:
            continue
        books = books.after(moved)
        made.append(moved)
    return books, made


def differences(books: Books, made: list[Transaction]) -> list[Difference]:
    replay = Replay()
    for moved in made:
        replay.add(moved)
    return list(replay.differences("ann", "points", books))


@given(st.lists(st.integers(-30, 60).filter(bool), max_size=12), st.randoms(use_true_random=False))
def test_transactions_in_any_order_add_up_to_the_books(amounts: list[int], chance: st.DataObject) -> None:
    books, made = life(amounts)
    chance.shuffle(made)  # type: ignore[attr-defined] # it is a Random
    assert differences(books, made) == []


BOOKS, MADE = life([50, -20, 7])


@pytest.mark.parametrize(
    ("books", "made", "named"),
    [
        (replace(BOOKS, lots={LOT: 38}), MADE, {"available|2027-01-31"}),
        (replace(BOOKS, lots={**BOOKS.lots, Lot(Pocket.OWED): -1}), MADE, {"owed"}),
        (
            replace(BOOKS, programme={**BOOKS.programme, ProgrammeAccount.ADJUSTED: 3}),
            MADE,
            {"programme|adjusted"},
        ),
        (replace(BOOKS, earned={"2026-11": 56}), MADE, {"earned|2026-11"}),
        (replace(BOOKS, used={"rule|total": 1}), MADE, {"used|rule|total"}),
        (replace(BOOKS, rev=9), MADE, {"transactions"}),
        (BOOKS, MADE[:1] + MADE[2:], {"available|2027-01-31", "programme|redeemed", "transactions"}),
        (Books(), MADE[1:2], {"available|2027-01-31", "programme|redeemed", "transactions"}),
    ],
)
def test_each_account_that_differs_is_named(books: Books, made: list[Transaction], named: set[str]) -> None:
    found = differences(books, made)
    assert {one.account for one in found} == named
    assert all((one.person_id, one.asset) == ("ann", "points") for one in found)


@given(PLACES)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert place_of(place_text(place)) == place


@pytest.mark.parametrize("text", ["", "nowhere", "programme|nothing", "programme", "Available|2027-01-31"])
def test_what_is_no_place_is_not_read_as_one(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        place_of(text)


MONTHS = [f"{year}-{month:02}" for year in range(2020, 2027) for month in range(1, 13)]
EARNINGS = st.lists(st.tuples(st.sampled_from(MONTHS), st.sampled_from([-3, 3, 5])), max_size=60)


def earned(months: list[tuple[str, int]], who: str) -> tuple[Books, list[Transaction]]:
    """Books in which so much was earned in months, in any order, or taken off them."""
    books, made = Books(), list[Transaction]()
    for number, (month, amount) in enumerate(months):
        asked = Asked(f"{who}{number}", Kind.EARN, NOW, Cause("e"), {}, day=f"{month}-01")
        moved = replace(asked.with_postings(decide.earn(books, 1, LOT)), earned={month: amount})
        books, made = books.after(moved), [*made, moved]
    return books, made


@given(EARNINGS, EARNINGS, EARNINGS)
def test_who_has_earned_for_longer_than_is_known_has_what_a_replay_says_also_after_a_merge(
    older: list[tuple[str, int]], younger: list[tuple[str, int]], later: list[tuple[str, int]]
) -> None:
    (mine, made), (theirs, others) = earned(older, "a"), earned(younger, "b")
    given_away, taken = merging("b", "a", "points", theirs, mine, NOW)
    books, made = taken.after, [*made, taken.transaction]
    for number, (month, amount) in enumerate(later):
        asked = Asked(f"c{number}", Kind.EARN, NOW, Cause("e"), {}, day=f"{month}-01")
        moved = replace(asked.with_postings(decide.earn(books, 1, LOT)), earned={month: amount})
        books, made = books.after(moved), [*made, moved]

    assert differences(books, made) == []
    assert differences(given_away.after, [*others, given_away.transaction]) == []
    assert given_away.after.is_empty
    assert len(books.earned) <= decide.MONTHS_KEPT


def test_of_the_months_that_are_known_none_is_older_than_three_years_before_the_last() -> None:
    books, _ = earned([("2026-11", 5), ("2023-12", 7), ("2023-11", 9), ("2026-11", -5)], "a")

    assert books.earned == {"2023-12": 7, "2026-11": 0}
    assert books.balance.earned == {"2023-12": 7}
