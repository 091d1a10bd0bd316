"""What the brand owes by when it expires: what can still be had, in which pocket, and nothing else."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.accounts import OWED, Lot, Pocket, ProgrammeAccount
from wejourney.loyalty.books import Books
from workbench.operations.loyalty.totals import Account, Expiring, Totals

DAYS = st.sampled_from(["", "2027-01-31", "2027-01-05", "2027-02-01"])
LOTS = st.dictionaries(
    st.builds(Lot, st.sampled_from([pocket for pocket in Pocket if pocket is not Pocket.OWED]), DAYS),
    st.integers(1, 60),
    max_size=6,
)


@given(st.lists(st.tuples(LOTS, st.integers(0, 40), st.sampled_from(["points", "stamps"])), max_size=4))
def test_all_but_what_has_expired_is_owed_by_its_month_and_pocket_and_a_debt_is_taken_off(
    people: list[tuple[dict[Lot, int], int, str]],
) -> None:
    totals, expected, of_pocket = Totals(), Counter[tuple[str, str, Pocket]](), Counter[tuple[str, str]]()
    for number, (had, debt, asset) in enumerate(people):
        lots = {**had, **({OWED: -debt} if debt else {})}
        totals.add(f"p{number}", asset, Books(lots, {ProgrammeAccount.ISSUED: -sum(lots.values())}))
        for lot, amount in lots.items():
            of_pocket[asset, lot.pocket] += amount
            if lot.pocket is not Pocket.EXPIRED:
                expected[asset, lot.expires[:7], lot.pocket] += amount

    assert totals.expiring == {Expiring(*key): amount for key, amount in expected.items()}
    assert all(totals.accounts[Account(*key)] == amount for key, amount in of_pocket.items())
    for asset in {asset for _, _, asset in people}:
        assert sum(amount for account, amount in totals.accounts.items() if account.asset == asset) == 0
    assert (totals.books, totals.unbalanced) == (len(people), [])
