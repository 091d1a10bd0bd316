"""When dates and schedules start journeys in a deployment, against an oracle that only looks at a clock."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import ACCOUNT, APP_ID, OPENID, SUBJECT, event
from tests.support.calendars import MINUTE, Days, entries_of, follows, is_told
from tests.support.fakes.followers import FakeFollowers
from tests.support.hazard import Hazard, Killed
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, partition, shard_of
from wejourney.events.event_types import DateCame
from wejourney.journeys.calendar import Came
from wejourney.journeys.definition import Trigger
from wejourney.people.contacts import Contact
from wejourney.people.followers import NEVER, Follower
from wejourney.people.merging import merged

DAY = timedelta(days=1)
START = datetime(2027, 11, 22, 2, 0, 30, tzinfo=UTC)
"""Ten o'clock in Shanghai; no moment has seconds, so no act is in the second of one."""
NINE = 9 * 60
BIRTHDAY = Trigger("date", name="birthday", time=NINE, yearly=True)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


# --- the oracle -----------------------------------------------------------------------------------------


def shown(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first moment on this day at which a clock shows this time or, where it is skipped, a later one."""
    wanted = datetime.combine(day, time(minutes // 60, minutes % 60))
    moment = datetime.combine(day, time(0), UTC) - timedelta(hours=15)
    while moment.astimezone(zone).replace(tzinfo=None) < wanted:
        moment += 15 * MINUTE
    return moment


def days_of(trigger: Trigger, born: str, years: range) -> Iterator[date]:
    """The days of the calendar on which a trigger's moments lie, before its offset."""
    if not born:
        return
    year, month, day = map(int, born.split("-"))
    for returns in years if trigger.yearly else [year]:
        if returns >= year:
            leap = (month, day) == (2, 29) and returns % 4 != 0
            yield date(returns, month, 28 if leap else day)


def expected(
    triggers: dict[str, Trigger], lived: list[tuple[datetime, str, str]], until: datetime
) -> list[tuple[str, datetime]]:
    """The moments by the profile of then; `lived` has since when, the zone and the birthday."""
    found = []
    for (since, zone_name, born), (end, _, _) in pairwise([*lived, (until, "", "")]):
        zone, years = ZoneInfo(zone_name), range(since.year - 1, end.year + 2)
        for name, trigger in triggers.items():
            if trigger.event == "schedule":
                ahead = ((since + n * DAY).date() for n in range(-2, (end - since).days + 3))
                days = [day for day in ahead if trigger.weekday in (None, day.weekday())]
            else:
                offset = timedelta(seconds=trigger.offset)
                days = [day + offset for day in days_of(trigger, born, years)]
            moments = {shown(day, trigger.time or 0, zone) for day in days}
            found += [(name, moment) for moment in moments if since < moment <= end]
    return sorted(found)


ZONES = ("Asia/Shanghai", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
MINUTES = st.sampled_from([0, 90, 2 * 60 + 30, NINE, 23 * 60 + 45])


@st.composite
def dated(draw: st.DrawFn) -> Trigger:
    offset = 86_400 * draw(st.sampled_from([0, -1, 1, -7, 30]))
    return replace(BIRTHDAY, offset=offset, time=draw(MINUTES), yearly=draw(st.booleans()))


SCHEDULED = st.builds(Trigger, st.just("schedule"), time=MINUTES, weekday=st.sampled_from([None, 0, 3, 6]))
BORN = st.one_of(
    st.sampled_from(["", "1992-02-29", "2027-12-31", "2028-03-26", "1990-11-22"]),
    st.dates(date(2027, 11, 20), date(2028, 4, 20)).map(date.isoformat),
)
TOLD = st.lists(
    st.tuples(st.integers(1, 150 * 24 * 60), st.sampled_from(ZONES), BORN),
    max_size=4,
    unique_by=lambda one: one[0],
)


@settings(max_examples=60)
@given(st.lists(st.one_of(dated(), SCHEDULED), min_size=1, max_size=3), TOLD)
def test_dates_and_schedules_come_when_the_clock_of_the_follower_says_so(
    triggers: list[Trigger], told: list[tuple[int, str, str]]
) -> None:
    """Whatever their dates and zones are, and however often these change."""
    named = {f"journey {number}": trigger for number, trigger in enumerate(triggers)}
    lived, acts, until = [(START, "Asia/Shanghai", "")], [follows(START)], START + 150 * DAY
    for minute, zone, born in sorted(told):
        moment = START + minute * MINUTE
        lived.append((moment, zone, born))
        acts.append(is_told(moment, time_zone=zone, birthday=born))
    days = Days(entries_of(named))
    days.live(acts, until)

    # Of the journeys that begin at the same moment one starts, as with any event.
    moments = expected(named, lived, until)
    came = {(named[name].event, moment) for name, moment in moments}
    assert {(named[name].event, moment) for name, moment in days.moments()} == came
    assert set(days.moments()) <= set(moments)
    assert all(when == moment for _, moment, when in days.started), "each at its moment"
    assert len(days.started) == len(came), "nobody twice"


# --- the rules ---------------------------------------------------------------------------------------


def test_a_birthday_on_the_29th_of_february_comes_every_year() -> None:
    days = Days(entries_of({"birthday": BIRTHDAY}))
    days.live([follows(START), is_told(at(1), birthday="1992-02-29")], at(365 * 3))

    local = [moment.astimezone(ZoneInfo("Asia/Shanghai")) for _, moment in days.moments()]
    assert [f"{one:%Y-%m-%d %H:%M}" for one in local] == [
        "2028-02-29 09:00",
        "2029-02-28 09:00",
        "2030-02-28 09:00",
    ]


@pytest.mark.parametrize(("told", "comes"), [("2027-11-26", ["2027-11-26"]), ("", []), ("2027-11-20", [])])
def test_a_date_that_changes_before_it_comes_has_no_effect(told: str, comes: list[str]) -> None:
    once = Trigger("date", name="booking", time=NINE)
    days = Days(entries_of({"booking": once}))
    days.live([follows(START), is_told(at(1), booking="2027-11-25"), is_told(at(2), booking=told)], at(30))

    assert [f"{moment:%Y-%m-%d}" for _, moment in days.moments()] == comes


def test_an_event_of_the_calendar_starts_nothing_if_the_date_has_changed_on_its_way() -> None:
    days = Days(entries_of({"birthday": BIRTHDAY}))
    days.live([follows(START), is_told(at(1), birthday="1990-11-25")], at(2))
    due = days.look_at()
    assert due is not None
    days.clock.pass_to(due)
    days.sweeper()(shard_of(days.followers.only.follower.person_id), lambda: True)  # type: ignore[union-attr]
    days.apply(is_told(due + MINUTE / 2, birthday="1990-12-25"))
    days.empty_inbox()

    assert days.moments() == []
    assert days.look_at() == due + 30 * DAY


def test_an_event_between_a_moment_and_its_sweep_loses_nothing() -> None:
    days = Days(entries_of({"daily": Trigger("schedule", time=NINE)}))
    days.live([follows(START)], at(0.5))
    due = days.look_at()
    assert due is not None
    days.clock.pass_to(due + MINUTE / 2)
    days.apply(event("text", due + MINUTE / 2, Content="hello"))
    assert days.look_at() == due
    days.sweep()

    assert days.moments() == [("daily", due)]
    assert days.look_at() == due + DAY


def test_two_journeys_on_one_date_begin_each_at_its_own_moment() -> None:
    near = replace(BIRTHDAY, offset=-2 * 86_400)
    days = Days(entries_of({"near": near, "today": BIRTHDAY}))
    days.live([follows(START), is_told(at(0.1), birthday="1990-11-26")], at(10))

    assert [(name, moment.day) for name, moment in days.moments()] == [("near", 24), ("today", 26)]


def test_nothing_comes_to_somebody_who_has_left_and_the_calendar_forgets_them() -> None:
    days = Days(entries_of({"daily": Trigger("schedule", time=NINE)}))
    days.live([follows(START), event("unsubscribe", at(2.5))], at(10))

    assert len(days.started) == 2
    assert [list(days.calendars.due(shard, NEVER)) for shard in range(CALENDAR_SHARDS)] == [
        []
    ] * CALENDAR_SHARDS


def test_a_sweep_that_is_days_late_starts_a_journey_once() -> None:
    days = Days(entries_of({"daily": Trigger("schedule", time=NINE), "birthday": BIRTHDAY}))
    days.live([follows(START), is_told(at(0.5), birthday="1990-11-25")], at(0.6))
    days.clock.pass_to(at(5))
    days.sweep()
    days.sweep()

    local = [
        (name, f"{moment.astimezone(ZoneInfo('Asia/Shanghai')):%d %H:%M}") for name, moment in days.moments()
    ]
    assert local == [("birthday", "25 09:00"), ("daily", "27 09:00")]


# --- people with several contacts -------------------------------------------------------------------


MINI = Contact("wxminiprogram", "oInTheMiniProgram", "contact-2", known_since=START)


def joined(*, following: bool) -> Days:
    """Somebody who is known in a mini program, and then follows, or not."""
    days = Days(entries_of({"birthday": BIRTHDAY, "daily": Trigger("schedule", time=NINE)}))
    person = Follower(MINI.app_id, MINI.openid, "person-1", contact_id=MINI.contact_id, look_at=NEVER)
    days.followers.save(None, replace(person, dates={"birthday": "1990-11-24"}))
    if following:
        account = Contact(APP_ID, OPENID, "contact-1", following=True, followed_at=START)
        both = days.followers.joined("person-1", account).follower
        assert both is not None
        days.followers.partitions[partition("person-1")].follower = replace(both, look_at=START)
        days.followers.person_ids[APP_ID, OPENID] = "person-1"
    return days


def test_dates_come_where_a_person_follows_whichever_contact_they_are_seen_through() -> None:
    days = joined(following=True)
    for _ in range(3):
        days.clock.pass_to(max(days.look_at() or START, START))
        days.sweep()

    assert {one.subject for one in days.inbox.told} == {SUBJECT}
    assert [name for name, _ in days.moments()] == ["birthday", "daily", "daily"]


def test_nothing_comes_to_a_person_who_follows_nowhere() -> None:
    days = joined(following=False)
    days.clock.pass_to(at(3))
    days.sweep()

    assert days.inbox.told == []
    assert days.look_at() == NEVER


def test_what_comes_for_a_person_is_one_event_whichever_contact_it_comes_to() -> None:
    came = Came(DateCame("birthday"), START)
    one = Follower(APP_ID, OPENID, "person-1")
    assert came.event(one).id == came.event(replace(one, openid="oOther")).id
    assert came.event(one).id != came.event(replace(one, person_id="person-2")).id


def test_two_people_who_become_one_are_looked_at_when_the_first_of_them_was_to_be() -> None:
    one = Follower(APP_ID, OPENID, "person-1", look_at=at(2))
    other = Follower(MINI.app_id, MINI.openid, "person-2", look_at=at(1))

    assert merged(one, other, {}).look_at == at(1)
    assert merged(one, replace(other, look_at=None), {}).look_at == at(2)


# --- journeys that are deployed later -----------------------------------------------------------------


def deployed_later(page_size: int, people: int) -> Days:
    """Everybody is known, and has a birthday tomorrow, before there is a journey for it."""
    before = Days(())
    for number in range(people):
        subject_of = f"oPerson{number:021}"
        one = replace(follows(START), id=f"{number:032x}")
        before.clock.pass_to(START)
        before.apply(replace(one, subject=replace(one.subject, openid=subject_of)))
        told = is_told(START, birthday="1990-11-23")
        before.apply(
            replace(told, id=f"{number + people:032x}", subject=replace(told.subject, openid=subject_of))
        )
    before.sweep()
    after = Days(entries_of({"birthday": BIRTHDAY}), before.followers, before.clock)
    after.calendars.reviews = before.calendars.reviews
    after.calendars.page_size = page_size
    return after


def planned_looks(days: Days) -> list[tuple[datetime | None, int]]:
    """When the calendar looks at everybody, with their revisions."""
    known = (records.follower for records in days.followers.partitions.values())
    return [(one.look_at, one.rev) for one in known if one is not None]


def has_time_for(pages: int) -> Callable[[], bool]:
    left = iter([True] * pages)
    return lambda: next(left, False)


@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_a_journey_that_is_deployed_after_the_date_was_told_starts_all_the_same(page_size: int) -> None:
    days = deployed_later(page_size, people=12)
    days.sweep()
    days.clock.pass_to(START + DAY)
    days.sweep()

    assert len(days.started) == 12
    assert {f"{moment:%d %H:%M}" for _, moment in days.moments()} == {"23 01:00"}


def test_a_review_goes_on_where_it_ran_out_of_time_and_is_made_once() -> None:
    days = deployed_later(1, people=12)
    planned = []
    for _ in range(12):
        for shard in range(CALENDAR_SHARDS):
            days.sweeper()(shard, has_time_for(1))
        planned.append(sum(look_at != NEVER for look_at, _ in planned_looks(days)))
    assert planned == sorted(planned)
    assert planned[0] <= CALENDAR_SHARDS
    assert planned[-1] == 12
    before = planned_looks(days)
    days.sweep()
    assert planned_looks(days) == before


def test_without_its_journey_the_calendar_looks_at_nobody_any_more() -> None:
    days = deployed_later(100, people=3)
    days.sweep()
    gone = Days((), days.followers, days.clock)
    gone.calendars.reviews = days.calendars.reviews
    gone.sweep()

    assert {look_at for look_at, _ in planned_looks(gone)} == {NEVER}


# --- crashes, and who cannot be looked at -------------------------------------------------------------------


def killed_at(place: int | None) -> tuple[Days, Hazard]:
    """Three people's mornings, of whose sweep the worker is killed before its call of this number."""
    days, hazard = deployed_later(2, people=3), Hazard(place)
    days.sweep()
    days.clock.pass_to(START + DAY)
    sweeper = days.sweeper(hazard.around(days.calendars), hazard.around(days.inbox))
    for shard in range(CALENDAR_SHARDS):
        try:
            sweeper(shard, lambda: True)
        except Killed:
            break
    return days, hazard


def test_a_sweep_that_is_killed_anywhere_loses_nobody_and_starts_nobody_twice() -> None:
    _, whole = killed_at(None)
    assert whole.calls > 3 * 3
    for place in range(whole.calls):
        for applied_before in (False, True):
            days, _ = killed_at(place)
            if applied_before:
                days.empty_inbox()
            days.sweep()
            days.clock.pass_(minutes=10)
            days.sweep()
            assert len(days.started) == 3, place
            assert {moment for _, moment in days.moments()} == {datetime(2027, 11, 23, 1, tzinfo=UTC)}


def test_a_person_who_cannot_be_looked_at_keeps_nobody_else_from_it_and_is_tried_again() -> None:
    days = deployed_later(100, people=3)
    days.sweep()
    lost = Follower("wxgone", OPENID, "person-lost", following=True, look_at=START)
    days.followers.save(None, lost)
    days.clock.pass_to(START + DAY)
    for _ in range(2):
        for shard in range(CALENDAR_SHARDS):
            days.sweeper()(shard, lambda: True)
    days.empty_inbox()

    assert [person for person, _ in days.watch.failures] == ["person-lost", "person-lost"]
    assert len(days.started) == 3


def test_a_date_that_was_told_an_hour_before_it_was_applied_comes_and_one_of_history_does_not() -> None:
    once = Trigger("date", name="booking", time=NINE)
    nine = datetime(2027, 11, 25, 1, tzinfo=UTC)
    for late, comes in ((timedelta(minutes=50), 1), (5 * DAY, 0)):
        days = Days(entries_of({"booking": once}))
        days.live([follows(START)], nine - 5 * MINUTE)
        days.clock.pass_to(nine - 5 * MINUTE + late)
        days.apply(is_told(nine - 5 * MINUTE, booking="2027-11-25"))
        days.sweep()
        assert len(days.started) == comes, late


def test_the_accounts_zone_counts_for_those_whose_own_is_not_known() -> None:
    assert ACCOUNT.settings.time_zone == "Asia/Shanghai"
    days = Days(entries_of({"daily": Trigger("schedule", time=NINE)}), FakeFollowers())
    days.live([follows(START)], at(1.5))
    assert [f"{moment:%H:%M}" for _, moment in days.moments()] == ["01:00"]
