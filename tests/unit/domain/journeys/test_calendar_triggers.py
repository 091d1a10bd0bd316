"""When the calendar looks at somebody, and what has come for them by then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.builders import NOON, SETTINGS, own
from wejourney.events.event_types import DateCame, ScheduleCame
from wejourney.journeys.calendar import Came, next_look, next_start, starts_at, what_came
from wejourney.journeys.definition import Trigger
from wejourney.journeys.receiving import receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState
from wejourney.people.followers import NEVER, Follower

SHANGHAI = ZoneInfo("Asia/Shanghai")
BIRTHDAY = Trigger("date", name="birthday", time=9 * 60, yearly=True)
MONDAYS = Trigger("schedule", time=9 * 60, weekday=0)
MEI = Follower(SETTINGS.app_id, "mei", "mei", following=True, dates={"birthday": "1990-12-01"})
AT_NINE = datetime(2026, 12, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 1, tzinfo=UTC)
ACCOUNTS = {SETTINGS.app_id: SETTINGS}


@pytest.mark.parametrize(
    ("trigger", "follower", "expected"),
    [
        (BIRTHDAY, MEI, AT_NINE),
        (MONDAYS, MEI, MONDAY),
        (replace(BIRTHDAY, yearly=False), MEI, None),
        (replace(BIRTHDAY, name="wedding"), MEI, None),
        (BIRTHDAY, replace(MEI, following=False), None),
        (replace(BIRTHDAY, offset=-86_400), MEI, AT_NINE - timedelta(days=1)),
        (BIRTHDAY, replace(MEI, time_zone="Europe/Paris"), datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_trigger_means_the_next_moment_where_the_follower_is(
    trigger: Trigger, follower: Follower, expected: datetime | None
) -> None:
    assert next_start(trigger, follower, SETTINGS, NOON) == expected
    if expected is not None:
        assert starts_at(trigger, follower, SETTINGS, expected)
        assert not starts_at(trigger, follower, SETTINGS, expected + timedelta(seconds=1))


def test_the_calendar_looks_at_the_first_moment_of_all_triggers() -> None:
    assert next_look((BIRTHDAY, MONDAYS), MEI, ACCOUNTS, NOON) == MONDAY
    assert next_look((BIRTHDAY,), MEI, ACCOUNTS, NOON) == AT_NINE
    assert next_look((), MEI, ACCOUNTS, NOON) == NEVER
    assert next_look((MONDAYS,), replace(MEI, following=False), ACCOUNTS, NOON) == NEVER
    assert next_look((MONDAYS,), MEI, {}, NOON) == NEVER, "the account is gone"


def test_of_what_one_trigger_means_only_the_last_has_come() -> None:
    found = what_came((BIRTHDAY, MONDAYS), MEI, SETTINGS, NOON, AT_NINE)
    assert found == (
        Came(ScheduleCame(), MONDAY + timedelta(weeks=1)),
        Came(DateCame("birthday"), AT_NINE),
    )
    assert what_came((MONDAYS,), MEI, SETTINGS, NOON, NOON) == ()


def test_what_has_come_is_one_event_however_often_and_through_whichever_contact_it_is_told() -> None:
    came, other = Came(DateCame("birthday"), AT_NINE), replace(MEI, app_id="wxmini", openid="m")
    assert came.event(MEI).id == came.event(MEI).id == came.event(other).id
    assert came.event(other).subject == other.subject
    assert came.event(MEI).id != Came(ScheduleCame(), AT_NINE).event(MEI).id
    assert came.event(MEI).id != came.event(replace(MEI, person_id="another")).id


@pytest.mark.parametrize(
    ("planned", "now", "expected"),
    [
        (None, NOON, MONDAY),
        (NOON - timedelta(minutes=1), NOON, NOON - timedelta(minutes=1)),
        (MONDAY, NOON, MONDAY),
    ],
)
def test_an_event_plans_the_next_look_unless_one_is_due(
    planned: datetime | None, now: datetime, expected: datetime
) -> None:
    entries = (JourneyEntry("weekly", "v", MONDAYS),)
    state = FollowerState(replace(MEI, look_at=planned))
    event = replace(own("tag", tag="vip"), subject=MEI.subject)
    received = receive(event, state, entries, SETTINGS, stranger=MEI, now=now)
    assert received.follower is not None
    assert received.follower.look_at == expected


def test_a_journey_starts_by_the_calendar_only_at_the_moment_that_it_means() -> None:
    entries = (JourneyEntry("weekly", "v", MONDAYS),)
    for at, starts in ((MONDAY, True), (MONDAY + timedelta(minutes=1), False)):
        event = Came(ScheduleCame(), at).event(MEI)
        received = receive(event, FollowerState(MEI), entries, SETTINGS, stranger=MEI, now=at)
        assert (received.start is not None) is starts
