"""A segment that depends on time alone changes on its day, by the sweep of the calendar, once."""

from datetime import timedelta

from tests.support.builders import NOON, SUBJECT, event
from tests.support.calendars import Days
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import Identified, Paid
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.people.counters import CountedEvents, CounterTest, day_of, start_of
from wejourney.people.followers import NEVER
from wejourney.people.profile_model import ProfileModel

LAPSING = PeopleRules(
    ProfileModel(counters={"orders": (CountedEvents(EventPattern("payment")),)}),
    {
        "lapsing": Condition(
            counters=(CounterTest("orders", 365, 1),),
            none=Condition(counters=(CounterTest("orders", 30, 1),)),
        )
    },
)
WIN_BACK = JourneyEntry("win-back", "v1", Trigger("segment", name="lapsing"), subscribed_kinds=("segment",))


def test_who_buys_no_more_enters_on_the_day_and_once() -> None:
    days = Days((WIN_BACK,), people_rules=LAPSING)
    days.clock.at = NOON
    days.apply(event("subscribe", NOON))
    days.apply(own_event(Paid(total=1, order="1"), "1", SUBJECT, NOON))
    person = days.followers.follower
    assert person is not None
    day = start_of(day_of(NOON) + 30)
    assert person.look_at == day

    days.clock.at = day - timedelta(seconds=1)
    days.sweep()
    days.empty_inbox()
    assert days.started == []
    for later in (timedelta(), timedelta(minutes=5), timedelta(days=40)):
        days.clock.at = day + later
        days.sweep()
        days.empty_inbox()
        days.empty_inbox()
    assert [(journey, at) for journey, at, _ in days.started] == [("win-back", day)]

    days.clock.at = start_of(day_of(NOON) + 365)
    days.sweep()
    days.empty_inbox()
    person = days.followers.follower
    assert person is not None
    assert person.segments == frozenset()


def test_a_segment_of_somebody_who_follows_nothing_changes_on_its_day() -> None:
    days = Days((WIN_BACK,), people_rules=LAPSING)
    days.clock.at = NOON
    days.apply(own_event(Paid(total=1, order="1"), "1", SUBJECT, NOON))
    bought = day_of(NOON)
    for day, segments in ((bought + 30, {"lapsing"}), (bought + 365, set())):
        days.clock.at = start_of(day)
        days.sweep()
        days.empty_inbox()
        person = days.followers.follower
        assert person is not None
        assert not person.following
        assert person.segments == segments
        assert person.look_at == (NEVER if not segments else start_of(bought + 365))


def test_a_segment_changes_on_its_day_after_the_contact_that_followed_has_left() -> None:
    days = Days((WIN_BACK,), people_rules=LAPSING)
    days.clock.at = NOON
    days.apply(event("subscribe", NOON))
    for number, subject in enumerate((SUBJECT, Subject("wxmini", "m1"))):
        days.apply(own_event(Identified("member", "1"), str(number), subject, NOON))
    days.apply(own_event(Paid(total=1, order="1"), "1", SUBJECT, NOON))
    days.clock.at = NOON + timedelta(days=1)
    days.apply(event("unsubscribe", days.clock.at))
    days.clock.at = start_of(day_of(NOON) + 30)
    days.sweep()
    days.empty_inbox()
    person = days.followers.follower
    assert person is not None
    assert person.segments == {"lapsing"}
