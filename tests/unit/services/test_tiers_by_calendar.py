"""A tier is lost on its day, and found anew for everybody when tiers have changed, by the calendar, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.builders import APP_ID, NOON, SUBJECT, event
from tests.support.calendars import Days
from tests.support.hazard import Hazard, Killed
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import EventBody, Paid, Refunded
from wejourney.events.matching import EventPattern, Property
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.balance import Balance
from wejourney.loyalty.expiry import Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.people.counters import CountedEvents
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.plain_data import changed

COUNTED = tuple(CountedEvents(EventPattern(kind), amount=True) for kind in ("payment", "refund"))
PROFILE = ProfileModel(counters={"spend": COUNTED})
BY_SPEND = Tiers((Tier("silver", 100_000), Tier("gold", 500_000)), counter="spend", grace=Period(1, "month"))
BY_POINTS = Tiers((Tier("silver", 1_000), Tier("gold", 5_000)), grace=Period(1, "month"))


def entry(direction: str) -> JourneyEntry:
    trigger = Trigger("tier.changed", name="*", properties=(Property("direction", direction),))
    return JourneyEntry(direction, "v1", trigger, subscribed_kinds=("tier.changed",))


def days_with(tiers: Tiers) -> Days:
    rules = PeopleRules(PROFILE).with_programme(Programme(tiers=tiers))
    days = Days((entry("up"), entry("down")), people_rules=rules)
    days.clock.at = NOON
    days.apply(event("subscribe", NOON))
    return days


def happens(days: Days, body: EventBody, at: datetime = NOON, subject: Subject = SUBJECT) -> None:
    days.clock.at = max(days.clock.at, at)
    days.apply(own_event(body, str(body), subject, at))
    days.empty_inbox()


def person(days: Days) -> Follower:
    assert days.followers.follower is not None
    return days.followers.follower


def test_who_spends_no_more_loses_the_tier_on_its_day_by_the_sweep_and_once() -> None:
    days = days_with(BY_SPEND)
    happens(days, Paid(total=600_000, order="1"))
    assert (person(days).tier, person(days).tiers_kept["gold"]) == ("gold", "2027-11-30")

    lost = datetime(2027, 11, 30, 16, tzinfo=UTC)
    assert person(days).look_at == lost, "1 December begins in Shanghai"
    days.clock.at = lost - timedelta(seconds=1)
    days.sweep()
    assert person(days).tier == "gold"
    for later in (timedelta(), timedelta(minutes=5), timedelta(days=40)):
        days.clock.at = lost + later
        days.sweep()
    assert person(days).tier is None
    assert person(days).tier_since == "2027-12-01"
    assert [(journey, at) for journey, at, _ in days.started] == [("up", NOON), ("down", lost)]


def test_the_review_of_tiers_is_killed_at_each_call_and_run_again_and_the_tier_is_lost_once() -> None:
    place, was_killed = 0, True
    while was_killed:
        days = days_with(BY_SPEND)
        happens(days, Paid(total=600_000, order="1"))
        days.clock.at = datetime(2027, 11, 30, 16, tzinfo=UTC)
        hazard, was_killed = Hazard(place), False
        sweeper = days.sweeper(hazard.around(days.calendars), hazard.around(days.inbox))
        try:
            for shard in range(CALENDAR_SHARDS):
                sweeper(shard, lambda: True)
        except Killed:
            was_killed = True
        days.sweep()
        days.sweep()
        assert (person(days).tier, person(days).tier_since) == (None, "2027-12-01"), place
        assert [journey for journey, _, _ in days.started] == ["up", "down"], place
        place += 1

    assert place > CALENDAR_SHARDS


def test_a_calendar_that_was_down_for_months_finds_the_day_on_which_the_tier_was_lost() -> None:
    days = days_with(BY_SPEND)
    happens(days, Paid(total=600_000, order="1"))
    days.clock.at = datetime(2028, 3, 1, tzinfo=UTC)
    days.sweep()
    assert (person(days).tier, person(days).tier_since) == (None, "2027-12-01")


def test_a_refund_moves_the_day_on_which_the_calendar_looks() -> None:
    days = days_with(BY_SPEND)
    happens(days, Paid(total=600_000, order="1"))
    happens(days, Refunded(total=600_000, order="1"), NOON + timedelta(days=1))
    assert person(days).look_at == datetime(2026, 12, 22, 16, tzinfo=UTC)


def many(days: Days, people: int) -> None:
    for number in range(people):
        subject = Subject(APP_ID, f"o{number}")
        days.apply(replace(event("subscribe", NOON), id=f"{number:032x}", subject=subject))
        happens(days, Paid(total=200_000, order=str(number)), subject=subject)


def tiers_of(days: Days) -> list[str | None]:
    known = (records.follower for records in days.followers.partitions.values())
    return [one.tier for one in known if one is not None and one.counts]


@pytest.mark.parametrize("pages", [1, 2, 100])
def test_other_tiers_are_found_for_everybody_page_by_page_wherever_it_stops(pages: int) -> None:
    before = days_with(BY_SPEND)
    many(before, 6)
    before.sweep()
    assert tiers_of(before) == ["silver"] * 6

    easier = replace(BY_SPEND, levels=(Tier("silver", 100_000), Tier("gold", 150_000)))
    rules = PeopleRules(PROFILE).with_programme(Programme(tiers=easier))
    after = Days(before.entries, before.followers, before.clock, people_rules=rules)
    after.calendars.reviews, after.calendars.page_size = before.calendars.reviews, 1
    for _ in range(8):
        for shard in range(CALENDAR_SHARDS):
            left = iter([True] * pages)
            after.sweeper()(shard, lambda left=left: next(left, False))  # type: ignore[misc]  # one for each
        after.empty_inbox()
    assert tiers_of(after) == ["gold"] * 6
    assert [journey for journey, _, _ in after.started] == ["up"] * 6
    after.sweep()
    assert len(after.started) == 6


def test_where_points_count_everybody_is_looked_at_each_day_as_points_come_without_an_event() -> None:
    days = days_with(BY_POINTS)
    days.sweep()
    assert person(days).tier is None
    known = person(days)
    matured = changed(
        known, balances={"points": Balance(5_000, earned={"2026-11": 5_000})}, rev=known.rev + 1
    )
    days.followers.save(known, matured)

    days.sweep()
    assert person(days).tier is None, "it was looked at today"
    days.clock.at = NOON + timedelta(days=1)
    days.sweep()
    days.sweep()
    assert person(days).tier == "gold"
    assert [journey for journey, _, _ in days.started] == ["up"]
