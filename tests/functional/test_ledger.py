"""The books on a real table."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.support.builders import NOON
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.errors import PostingConflictError
from wejourney.loyalty.ledger import award, person_account

ANN = person_account("ann")


def test_a_posting_moves_the_balance_and_stands_on_the_statement(ledger: LedgerStore) -> None:
    assert ledger.balance(ANN) == 0
    assert ledger.post(award("b", "ann", 20, "second", NOON + timedelta(hours=1)))
    assert ledger.post(award("a", "ann", 50, "first", NOON))

    assert ledger.balance(ANN) == 70
    assert [(line.points, line.reason) for line in ledger.statement(ANN)] == [(50, "first"), (20, "second")]


def test_the_same_posting_again_changes_nothing_whenever_it_comes(ledger: LedgerStore) -> None:
    assert ledger.post(award("a", "ann", 50, "welcome", NOON))
    assert not ledger.post(award("a", "ann", 50, "welcome", NOON + timedelta(days=400)))

    assert ledger.balance(ANN) == 50
    assert len(ledger.statement(ANN)) == 1


@pytest.mark.parametrize(("points", "reason"), [(51, "welcome"), (50, "goodbye")])
def test_the_same_key_with_other_contents_is_a_conflict(
    ledger: LedgerStore, points: int, reason: str
) -> None:
    ledger.post(award("a", "ann", 50, "welcome", NOON))
    with pytest.raises(PostingConflictError):
        ledger.post(award("a", "ann", points, reason, NOON))
    assert ledger.balance(ANN) == 50


def test_many_writers_on_one_account_lose_and_repeat_nothing(ledger: LedgerStore) -> None:
    postings = [award(f"key-{number % 20}", "ann", 1, "x", NOON) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        posted = list(pool.map(ledger.post, postings))

    assert posted.count(True) == 20
    assert ledger.balance(ANN) == sum(line.points for line in ledger.statement(ANN)) == 20
