"""The books on a real table."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.builders import NOON
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.loyalty.ledger import award, person_account

ANN = person_account("ann")


def test_concurrent_postings_to_one_account_are_each_posted_once(ledger: LedgerStore) -> None:
    postings = [award(f"key-{number % 20}", "ann", 1, "x", NOON) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        posted = list(pool.map(ledger.post, postings))

    assert posted.count(True) == 20
    assert ledger.balance(ANN) == sum(line.points for line in ledger.statement(ANN)) == 20
