"""A reminder before points expire: the calendar comes when the books say, however often that changes."""

from datetime import UTC, datetime, timedelta

from tests.support.builders import NOON, SUBJECT, event
from tests.support.calendars import Days, entries_of
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.calendars import FakeCalendars
from tests.support.keeping import Silent
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS
from wejourney.events.event import own_event
from wejourney.events.event_types import PointsChanged
from wejourney.journeys.definition import Trigger
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS_EXPIRY
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.services.loyalty.bookkeeping import Bookkeeping, Decide
from wejourney.services.loyalty.keep_books import KeepBooks

WEEK = timedelta(days=7)
REMINDER = entries_of(
    {"reminder": Trigger("date", name=POINTS_EXPIRY, offset=int(-WEEK.total_seconds()), time=10 * 60)}
)


class Lives:
    """Somebody who follows, and their books."""

    def __init__(self) -> None:
        self.days = Days(REMINDER)
        self.days.apply(event("subscribe", NOON))
        self.books = FakeBooks(self.days.followers)

    def post(self, id_: str, kind: Kind, decided: Decide) -> None:
        """Post to their books, and tell of it."""
        follower = self.days.followers.follower
        assert follower is not None
        now = self.days.clock.now()
        asked = Asked(id_, kind, now, Cause(id_), {}, day=Programme().day_of(now).isoformat())
        posted = Bookkeeping(self.books, self.days.followers).post(follower.person_id, asked, decided)
        assert posted is not None
        told = PointsChanged(posted.balance, posted.balance_before, "rule:a")
        self.days.apply(own_event(told, id_, SUBJECT, now))

    def earn(self, amount: int, last_day: str) -> None:
        lot = Lot(Pocket.AVAILABLE, last_day)
        self.post(last_day, Kind.EARN, lambda books: decide.earn(books, amount, lot))

    def reminders(self, until: datetime) -> list[datetime]:
        self.days.live((), until)
        return [at for _, at, _ in self.days.started]


def ten(month: int, day: int) -> datetime:
    """10:00 in Shanghai."""
    return datetime(2026, month, day, 2, tzinfo=UTC)


def test_a_reminder_comes_a_week_before_the_first_of_the_points_expire() -> None:
    lives = Lives()
    lives.earn(50, "2026-12-31")
    lives.earn(5, "2026-12-15")

    assert lives.reminders(ten(12, 20)) == [ten(12, 8)]


def test_no_reminder_comes_for_points_that_were_spent_but_for_those_that_expire_next() -> None:
    lives = Lives()
    lives.earn(5, "2026-12-15")
    lives.earn(50, "2026-12-31")
    lives.post("till", Kind.SPEND, lambda books: decide.spend(books, 5))

    assert lives.reminders(ten(12, 30)) == [ten(12, 24)]


def test_after_points_have_expired_the_reminder_of_the_next_ones_comes() -> None:
    lives = Lives()
    lives.earn(5, "2026-12-10")
    lives.earn(50, "2026-12-31")
    lives.days.live((), ten(12, 12))
    days = lives.days
    keep = KeepBooks(
        lives.books,
        FakeCalendars(days.followers),
        days.inbox,
        days.clock,
        Silent(),
        Programme(),
        lambda _: True,
    )
    for shard in range(CALENDAR_SHARDS):
        keep(shard, lambda: True)
    days.empty_inbox()

    assert lives.reminders(ten(12, 30)) == [ten(12, 3), ten(12, 24)]


def test_points_that_never_expire_bring_no_reminder() -> None:
    lives = Lives()
    lives.earn(50, "")

    assert lives.reminders(datetime(2027, 12, 31, tzinfo=UTC)) == []
