"""What a day brings in the books of a person: amounts that expire, and pending ones that become available.

Days are ISO dates in the programme's zone. An amount expires at the end of its last day, so it is due on the
next one. Whoever posts to books first posts what has expired by then (`Bookkeeping`), so that nothing depends
on when the function `keep_books` comes to a person.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.books import EXPIRING, REMEMBERED_DAYS, Books, expire, mature
from wejourney.loyalty.transactions import Asked, Cause, Kind, Posting, Transaction


def due_on(books: Books) -> str:
    """The first day that brings something, which lies behind when that was not posted yet; empty: none."""
    matures = _first(lot.due for lot in books.lots if lot.pocket is Pocket.PENDING)
    ends = _first(lot.expires for lot in books.lots if lot.pocket in EXPIRING)
    ended = _first(lot.expires for lot in books.lots if lot.pocket is Pocket.EXPIRED)
    return _first((matures, _days_after(ends, 1), _days_after(ended, REMEMBERED_DAYS + 1)))


def _first(days: Iterable[str]) -> str:
    return min(filter(None, days), default="")


def _days_after(day: str, days: int) -> str:
    if not day:
        return ""
    last = date.fromisoformat(day)
    return (last + timedelta(days=min(days, (date.max - last).days))).isoformat()


def days_due(books: Books, today: str) -> list[str]:
    """The days until today that bring something, in order: all that has expired counts for today.

    What becomes available on a day is a transaction of its own, after what has expired by then: so it counts
    for tiers in its own month, however late that is.
    """
    matures = {lot.due for lot in books.of(Pocket.PENDING) if lot.due and lot.due <= today}
    return sorted({today, *matures}) if matures or expire(books, today) else []


def expired(person_id: str, asset: str, books: Books, today: str, at: datetime) -> Transaction | None:
    """What has expired before today, of however many days; None: nothing has."""
    return _moved(Kind.EXPIRE, person_id, asset, books, today, at, expire(books, today))


def matured(
    person_id: str, asset: str, books: Books, today: str, at: datetime, into: Pocket
) -> Transaction | None:
    """What becomes available until today; None: nothing does."""
    return _moved(Kind.MATURE, person_id, asset, books, today, at, mature(books, today, into))


def _moved(
    kind: Kind,
    person_id: str,
    asset: str,
    books: Books,
    day: str,
    at: datetime,
    postings: tuple[Posting, ...],
) -> Transaction | None:
    """The id has the revision of the books: what comes back from a hold expires on the same day, too."""
    id_ = f"{kind}#{person_id}#{asset}#{day}#{books.rev}"
    return (
        Asked(id_, kind, at, Cause(day), {}, day=day, asset=asset).with_postings(postings)
        if postings
        else None
    )
