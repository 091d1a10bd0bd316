"""What the transactions of an account add up to, and where the books differ from it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from wejourney.loyalty.accounts import Place, place_text
from wejourney.loyalty.books import Books, first_month_kept
from wejourney.loyalty.transactions import Transaction


@dataclass(frozen=True)
class Difference:
    """An account of somebody's that has another amount in the books than by the transactions.

    Beside accounts: `earned|2026-11`, `used|` and the key of a limit, `transactions` for their number.
    """

    person_id: str
    asset: str
    account: str
    books: int
    transactions: int


@dataclass
class Replay:
    """Transactions of one person and asset, added up in any order."""

    amounts: Counter[Place] = field(default_factory=Counter)
    earned: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def add(self, transaction: Transaction) -> None:
        self.amounts.update(transaction.moved)
        self.earned.update(transaction.earned)
        self.used.update(transaction.used)
        self.number += 1

    def differences(self, person_id: str, asset: str, books: Books) -> Iterator[Difference]:
        """Of the months in which something was earned, the books know the last ones; so of the limits."""
        kept = {place_text(lot): n for lot, n in books.lots.items()}
        kept |= {place_text(place): n for place, n in books.programme.items()}
        found = {place_text(place): n for place, n in self.amounts.items()}
        first = first_month_kept(self.earned)
        kept |= {f"earned|{month}": n for month, n in books.earned.items()}
        found |= {f"earned|{month}": n for month, n in self.earned.items() if month >= first}
        kept |= {f"used|{key}": n for key, n in books.used.items()}
        found |= {f"used|{key}": self.used[key] for key in books.used}
        kept["transactions"], found["transactions"] = books.rev, self.number
        for account in sorted(kept.keys() | found.keys()):
            of_books, of_transactions = kept.get(account, 0), found.get(account, 0)
            if of_books != of_transactions:
                yield Difference(person_id, asset, account, of_books, of_transactions)


@dataclass(frozen=True)
class Comparison:
    """How many books were compared with how many transactions, and where these differ."""

    books: int = 0
    transactions: int = 0
    differences: tuple[Difference, ...] = ()

    def __add__(self, other: "Comparison") -> "Comparison":
        return Comparison(
            self.books + other.books,
            self.transactions + other.transactions,
            self.differences + other.differences,
        )


def compared(person_id: str, books: Mapping[str, Books], transactions: Iterable[Transaction]) -> Comparison:
    """The books of somebody by asset, compared with their transactions, which may be of other assets, too."""
    replays = defaultdict[str, Replay](Replay)
    for transaction in transactions:
        replays[transaction.asset].add(transaction)
    differences = (
        replays[asset].differences(person_id, asset, books.get(asset, Books()))
        for asset in sorted(books.keys() | replays.keys())
    )
    found = tuple(chain.from_iterable(differences))
    return Comparison(len(books), sum(replay.number for replay in replays.values()), found)
