"""Dates and schedules start journeys in a sandbox of their own: they concern everybody who follows in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from infra.sandbox.processes import running_sandbox
from infra.sandbox.settings import ROOT, Settings
from infra.sandbox.timekeeper import STANDING
from tests.sandbox.conftest import Sandbox
from tests.support.cli import run
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import free_port
from workbench.operations.target import find_target
from workbench.operations.timeline import timeline_of

pytestmark = pytest.mark.sandbox

DIRECTORY = ROOT / ".sandbox" / "calendar"
JOURNEYS = Path(__file__).with_name("calendar_journeys")
BORN = "oBornInParis"
PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def calendar() -> Iterator[Sandbox]:
    settings = Settings(
        api_port=free_port(), fake_port=free_port(), speed=STANDING, directory=DIRECTORY, journeys=JOURNEYS
    )
    with (
        running_sandbox(settings),
        httpx.Client(base_url=settings.fake_url, timeout=PATIENCE) as fake,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SANDBOX_DIR", str(DIRECTORY))
        yield Sandbox(settings, fake)


def starts(journey: str) -> list[datetime]:
    """When runs of a journey began, where the follower is."""
    target = find_target(None)
    timeline: list[dict[str, Any]] = list(timeline_of(target.followers, target.app_id, BORN))
    runs = (entry for entry in timeline if entry["kind"] == "run" and entry["journey"] == journey)
    return [datetime.fromisoformat(str(entry["at"])).astimezone(PARIS) for entry in runs]


def test_a_birthday_returns_each_year_and_a_schedule_each_week_where_the_follower_is(
    calendar: Sandbox,
) -> None:
    calendar.act(BORN, "follow", scene="no-journey")
    began = calendar.now()
    here = began.astimezone(PARIS)
    born = (here + 10 * DAY).date()
    assert (
        run("set-profile", BORN, f"date.birthday=1990-{born:%m-%d}", "time_zone=Europe/Paris").exit_code == 0
    )
    # A member for three weeks at once, and for three in whose midst the clocks of Paris change.
    changes = next(
        day for day in range(40, 368) if (here + day * DAY).dst() != (here + (day + 1) * DAY).dst()
    )
    joins_and_leaves = (0, 21, changes - 10, changes + 11)
    for day, member in zip(joins_and_leaves, ("true", "false") * 2, strict=True):
        calendar.until(began + day * DAY)
        assert run("set-profile", BORN, f"member={member}").exit_code == 0
    calendar.until(began + 368 * DAY + timedelta(hours=12))

    near = [datetime.combine(born - 7 * DAY, datetime.min.time(), PARIS).replace(hour=9)]
    near.append(near[0].replace(year=near[0].year + 1))
    assert starts("sample-birthday") == near
    mondays = starts("sample-weekly")
    assert {(one.weekday(), one.hour, one.minute) for one in mondays} == {(0, 10, 0)}
    assert len({one.date() for one in mondays}) == len(mondays) == 6
    assert len({one.utcoffset() for one in mondays}) == 2

    calendar.act(BORN, "unfollow")
    calendar.until(began + 400 * DAY)
    target = find_target(None)
    assert target.followers.read(target.app_id, BORN).follower is None
