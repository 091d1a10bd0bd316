"""What one person has of one asset, and what each kind of transaction moves.

The lots that expire first are spent first. What is taken back finds the lots that it came from, wherever they
are by then; what is not there any more is owed. Whoever owes has nothing available: what comes in is owed for
first.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from wejourney.errors import TooLittleError, UnknownHoldError
from wejourney.loyalty.accounts import OWED, Lot, Place, Pocket, ProgrammeAccount
from wejourney.loyalty.balance import MONTHS_TOLD, Balance
from wejourney.loyalty.limits import after_use
from wejourney.loyalty.transactions import Kind, Posting, Transaction, require_amount
from wejourney.plain_data import changed

REMEMBERED_DAYS = 400
"""For how long an earning can be taken back from what has expired: WeChat Pay refunds for a year.

https://pay.weixin.qq.com/doc/v3/merchant/4012556526
"""

MONTHS_KEPT = 36
"""Of how many months it is known what was earned, the last one of which anything was known included."""

EXPIRING = (Pocket.UNCLAIMED, Pocket.PENDING, Pocket.AVAILABLE)
"""What expires; held amounts stay as long as they are held."""


@dataclass(frozen=True)
class Books:
    """Amounts by lot: none is zero, and none below but what is owed.

    `programme` is the other side of all transactions: with it, amounts sum to zero. `earned` is by month.
    `rev` counts the transactions. `used` counts what was used up of the limits of rules.
    """

    lots: Mapping[Lot, int] = field(default_factory=dict)
    programme: Mapping[ProgrammeAccount, int] = field(default_factory=dict)
    earned: Mapping[str, int] = field(default_factory=dict)
    rev: int = 0
    used: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would pass to somebody else with them."""
        return not (self.lots or any(self.earned.values()) or self.used)

    def of(self, *pockets: Pocket) -> Mapping[Lot, int]:
        """The lots of these pockets, those that expire first before others."""
        found = [(lot, amount) for lot, amount in self.lots.items() if lot.pocket in pockets]
        return dict(sorted(found, key=lambda one: (one[0].expires_on, one[0])))

    def total(self, *pockets: Pocket) -> int:
        return sum(amount for lot, amount in self.lots.items() if lot.pocket in pockets)

    @property
    def available(self) -> int:
        """What can be spent; below zero when something is owed."""
        return self.total(Pocket.AVAILABLE, Pocket.OWED)

    @property
    def balance(self) -> Balance:
        ending = next((one for one in self.of(Pocket.AVAILABLE).items() if one[0].expires), None)
        return Balance(
            self.available,
            self.total(Pocket.UNCLAIMED),
            self.total(Pocket.PENDING),
            self.total(Pocket.HELD),
            *((ending[1], ending[0].expires) if ending else (0, "")),
            dict([(month, n) for month, n in sorted(self.earned.items()) if n][-MONTHS_TOLD:]),
        )

    def after(self, transaction: Transaction) -> "Books":
        """Raises TooLittleError when a lot would fall below zero: it was decided on other books."""
        earned = Counter(self.earned)
        earned.update(transaction.earned)
        first, last = first_month_kept(earned), max(earned, default="")
        # The last month stays though nothing is left of it: what was forgotten is known never again.
        months = {month: n for month, n in sorted(earned.items()) if month >= first and (n or month == last)}
        used = after_use(self.used, transaction.used)
        return changed(self.with_postings(transaction.postings), earned=months, rev=self.rev + 1, used=used)

    def with_postings(self, postings: Iterable[Posting]) -> "Books":
        """The books in the midst of a transaction. Raises as `after`."""
        places = dict[Place, int]((*self.lots.items(), *self.programme.items()))
        for posting in postings:
            places[posting.source] = places.get(posting.source, 0) - posting.amount
            places[posting.destination] = places.get(posting.destination, 0) + posting.amount
        lots = {place: amount for place, amount in places.items() if isinstance(place, Lot) and amount}
        for lot, amount in lots.items():
            if (amount > 0) if lot == OWED else (amount < 0):
                raise TooLittleError(abs(self.lots.get(lot, 0) - amount), self.lots.get(lot, 0))
        programme = {place: n for place, n in places.items() if isinstance(place, ProgrammeAccount) and n}
        return changed(self, lots=lots, programme=programme)


def first_month_kept(months: Iterable[str]) -> str:
    """The first of the months that are known if something was earned in these."""
    last = max(months, default="")
    if not last:
        return ""
    year, month = divmod(int(last[:4]) * 12 + int(last[5:]) - MONTHS_KEPT, 12)
    return f"{year:04}-{month + 1:02}"


# --- what is earned ------------------------------------------------------------------------------


def earn(books: Books, amount: int, lot: Lot) -> tuple[Posting, ...]:
    """An amount that becomes one with a lot: unclaimed, pending or available."""
    require_amount(amount)
    return tuple(_paid_in(books, ProgrammeAccount.ISSUED, amount, lot))


def mature(books: Books, today: str, into: Pocket) -> tuple[Posting, ...]:
    """What was pending until today or before becomes available, or unclaimed for who has not joined."""
    due = (lot for lot in books.of(Pocket.PENDING) if lot.due and lot.due <= today)
    return _moved(books, ((lot, replace(lot, pocket=into, due="")) for lot in due))


def mature_early(books: Books, lots: Iterable[Lot], amount: int, into: Pocket) -> tuple[Posting, ...]:
    """Up to an amount of what is pending in these lots becomes available, or unclaimed, before it is due."""
    made = list[Posting]()
    for lot in lots:
        now = books.with_postings(made)
        if part := min(now.lots.get(lot, 0), amount) if lot.pocket is Pocket.PENDING else 0:
            amount -= part
            made += _paid_in(now, lot, part, replace(lot, pocket=into, due=""))
    return tuple(made)


def claim(books: Books) -> tuple[Posting, ...]:
    """What was unclaimed becomes available when they join."""
    return _moved(books, ((lot, replace(lot, pocket=Pocket.AVAILABLE)) for lot in books.of(Pocket.UNCLAIMED)))


def expire(books: Books, today: str) -> tuple[Posting, ...]:
    """What could be spent up to a day before today. Held amounts stay as long as they are held."""
    late = (lot for lot in books.of(*EXPIRING) if lot.expires and lot.expires < today)
    long_ago = str(date.fromisoformat(today) - timedelta(days=REMEMBERED_DAYS))
    forgotten = (one for one in books.of(Pocket.EXPIRED).items() if one[0].expires < long_ago)
    return (
        *_moved(books, ((lot, Lot(Pocket.EXPIRED, lot.expires)) for lot in late)),
        *(Posting(lot, ProgrammeAccount.EXPIRED, amount) for lot, amount in forgotten),
    )


# --- what is spent -------------------------------------------------------------------------------


def spend(books: Books, amount: int) -> tuple[Posting, ...]:
    """Raises TooLittleError."""
    return tuple(Posting(lot, ProgrammeAccount.REDEEMED, part) for lot, part in _oldest(books, amount))


def hold(books: Books, amount: int, hold_id: str) -> tuple[Posting, ...]:
    """Set an amount aside, for a till to take. Raises TooLittleError."""
    return tuple(
        Posting(lot, Lot(Pocket.HELD, lot.expires, hold=hold_id), part)
        for lot, part in _oldest(books, amount)
    )


def hold_issued(amount: int, lot: Lot, hold_id: str) -> tuple[Posting, ...]:
    """Set aside what the programme issues, which would become one with a lot: it is nobody's yet."""
    require_amount(amount)
    return (Posting(ProgrammeAccount.ISSUED, Lot(Pocket.HELD, lot.expires, hold=hold_id), amount),)


def withdraw(books: Books, hold_id: str) -> tuple[Posting, ...]:
    """What was set aside by `hold_issued` is the programme's again. Raises UnknownHoldError."""
    return tuple(Posting(lot, ProgrammeAccount.ISSUED, n) for lot, n in _held(books, hold_id).items())


def capture(books: Books, hold_id: str, amount: int) -> tuple[Posting, ...]:
    """Take what is held, or a part; the rest is available again.

    Raises UnknownHoldError or TooLittleError.
    """
    held = _held(books, hold_id)
    taken = [Posting(lot, ProgrammeAccount.REDEEMED, part) for lot, part in _from(held, amount)]
    return (*taken, *_let_go(books, taken, hold_id))


def release(books: Books, hold_id: str) -> tuple[Posting, ...]:
    """Raises UnknownHoldError."""
    _held(books, hold_id)
    return _let_go(books, (), hold_id)


# --- what is taken back, and what changes hands --------------------------------------------------


def reverse(
    books: Books, original: Transaction, amount: int, reversed_before: int = 0
) -> tuple[Posting, ...]:
    """Take back an amount of an earning, or give back one of a spending; the last part of it first.

    Raises TooLittleError when that is more than there was, less what was reversed before.
    """
    require_amount(amount)
    if amount > (left := reversible(original) - reversed_before):
        raise TooLittleError(amount, left)
    made, passed = list[Posting](), reversed_before
    for posting in filter(_is_reversible, reversed(original.postings)):
        part = min(max(posting.amount - passed, 0), amount)
        passed, amount = max(passed - posting.amount, 0), amount - part
        if part:
            made += _reversed(books.with_postings(made), posting, part)
    return tuple(made)


def reversible(original: Transaction) -> int:
    """How much of a transaction can be taken back; of one that takes back, expires or moves nothing."""
    if original.kind not in (Kind.EARN, Kind.SPEND, Kind.CAPTURE, Kind.ADJUST):
        return 0
    return sum(posting.amount for posting in original.postings if _is_reversible(posting))


def adjust(books: Books, amount: int, lot: Lot) -> tuple[Posting, ...]:
    """Give an amount by hand, or take it when it is below zero: also what is unclaimed, before it is owed."""
    require_amount(abs(amount))
    if amount > 0:
        return tuple(_paid_in(books, ProgrammeAccount.ADJUSTED, amount, lot))
    return tuple(_paid_out(books, ProgrammeAccount.ADJUSTED, -amount, Pocket.AVAILABLE, Pocket.UNCLAIMED))


def give(books: Books, hold_id: str) -> tuple[Posting, ...]:
    """What is held passes to somebody else, as a gift. Raises UnknownHoldError."""
    return tuple(
        Posting(lot, ProgrammeAccount.TRANSFERRED, part) for lot, part in _held(books, hold_id).items()
    )


def receive(books: Books, given: Iterable[Posting], into: Pocket) -> tuple[Posting, ...]:
    """A gift becomes available, or unclaimed, with the days on which it would have expired."""
    made = list[Posting]()
    for posting in given:
        if isinstance(posting.source, Lot):
            lot = Lot(into, posting.source.expires)
            made += _paid_in(books.with_postings(made), ProgrammeAccount.TRANSFERRED, posting.amount, lot)
    return tuple(made)


def give_away(books: Books) -> tuple[Posting, ...]:
    """All that somebody has passes to who they turned out to be."""
    return tuple(
        Posting(lot, ProgrammeAccount.TRANSFERRED, amount)
        if lot != OWED
        else Posting(ProgrammeAccount.TRANSFERRED, OWED, -amount)
        for lot, amount in sorted(books.lots.items())
    )


def take_over(books: Books, given: Iterable[Posting]) -> tuple[Posting, ...]:
    """What the other half of `give_away` moves in the books of the person who stays."""
    made = list[Posting]()
    for posting in given:
        now = books.with_postings(made)
        if isinstance(posting.source, Lot):
            made += _paid_in(now, ProgrammeAccount.TRANSFERRED, posting.amount, posting.source)
        else:
            made += _paid_out(now, ProgrammeAccount.TRANSFERRED, posting.amount)
    return tuple(made)


# --- parts ---------------------------------------------------------------------------------------


def _paid_in(books: Books, source: Place, amount: int, lot: Lot) -> Iterator[Posting]:
    """What becomes available is owed for first."""
    owed = min(-books.lots.get(OWED, 0), amount) if lot.pocket is Pocket.AVAILABLE else 0
    if owed:
        yield Posting(source, OWED, owed)
    if amount > owed:
        yield Posting(source, lot, amount - owed)


def _paid_out(
    books: Books, destination: ProgrammeAccount, amount: int, *pockets: Pocket
) -> Iterator[Posting]:
    """From these pockets, one after the other, or else from what is available; what is not there is owed."""
    for pocket in pockets or (Pocket.AVAILABLE,):
        if there := min(books.total(pocket), amount):
            amount -= there
            yield from (Posting(lot, destination, part) for lot, part in _from(books.of(pocket), there))
    if amount:
        yield Posting(OWED, destination, amount)


def _moved(books: Books, moves: Iterable[tuple[Lot, Lot]]) -> tuple[Posting, ...]:
    made = list[Posting]()
    for source, destination in moves:
        now = books.with_postings(made)
        made += _paid_in(now, source, books.lots[source], destination)
    return tuple(made)


def _oldest(books: Books, amount: int) -> Iterator[tuple[Lot, int]]:
    return _from(books.of(Pocket.AVAILABLE), amount)


def _from(lots: Mapping[Lot, int], amount: int) -> Iterator[tuple[Lot, int]]:
    """An amount of these lots, in their order. Raises TooLittleError before the first."""
    require_amount(amount)
    if amount > (there := sum(lots.values())):
        raise TooLittleError(amount, there)
    for lot, has in lots.items():
        if part := min(has, amount):
            yield lot, part
            amount -= part


def _held(books: Books, hold_id: str) -> Mapping[Lot, int]:
    held = {lot: amount for lot, amount in books.of(Pocket.HELD).items() if lot.hold == hold_id}
    if not held:
        raise UnknownHoldError(hold_id)
    return held


def _let_go(books: Books, taken: Iterable[Posting], hold_id: str) -> tuple[Posting, ...]:
    now = books.with_postings(taken)
    left = (lot for lot in now.of(Pocket.HELD) if lot.hold == hold_id)
    return _moved(now, ((lot, replace(lot, pocket=Pocket.AVAILABLE, hold="")) for lot in left))


def _is_reversible(posting: Posting) -> bool:
    """Whether it is what an earning gives or a spending takes; the rest of a capture is neither."""
    return isinstance(posting.source, ProgrammeAccount) or isinstance(posting.destination, ProgrammeAccount)


def _reversed(books: Books, posting: Posting, amount: int) -> Iterator[Posting]:
    if isinstance(posting.source, Lot) and isinstance(posting.destination, ProgrammeAccount):
        is_unclaimed = posting.source.pocket is Pocket.UNCLAIMED
        back = Lot(Pocket.UNCLAIMED if is_unclaimed else Pocket.AVAILABLE, posting.source.expires)
        yield from _paid_in(books, posting.destination, amount, back)
    elif isinstance(posting.source, ProgrammeAccount):
        yield from _taken_back(books, posting, posting.source, amount)


def _taken_back(books: Books, posting: Posting, issuer: ProgrammeAccount, amount: int) -> Iterator[Posting]:
    """From the lot that was earned, wherever it is by now; then as any payment."""
    given, made = posting.destination, list[Posting]()
    if isinstance(given, Lot) and given != OWED:
        pockets = (Pocket.PENDING, Pocket.UNCLAIMED, Pocket.AVAILABLE, Pocket.EXPIRED)
        same = [lot for lot in books.of(*pockets) if lot.expires == given.expires]
        for lot in sorted(same, key=lambda lot: (lot != given, pockets.index(lot.pocket), lot)):
            if part := min(books.lots[lot], amount):
                amount -= part
                made.append(Posting(lot, issuer, part))
    yield from made
    if amount:
        yield from _paid_out(books.with_postings(made), issuer, amount)
