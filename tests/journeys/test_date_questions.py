"""Questions for a date, on the compiled journey in virtual time: read where the follower is, asked again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.test_waits import DONE, HOUR, LATE, LEE, MINUTE
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import START, Act, World, click, say, world_of
from wejourney.journeys.definition import Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Set, Step
from workbench.operations.timeline import entries_of
from workbench.trace.recorded import recorded_trace
from workbench.trace.trace_events import ProfileChanged

ZONES = ("Asia/Shanghai", "America/New_York", "Pacific/Auckland")
WHEN, LIKE = Text({"any": "When is it?"}), Text({"any": "Please write it like 2026-12-01."})
QUESTION = Ask("day", 24 * 3600, WHEN, parse="date", unanswered=(LATE,), again=LIKE, retries=1)
NOTED = Set({"date.wedding": "{answer.day|}", "city": "Paris"})

CLEAR: Mapping[str, tuple[int, str]] = {
    "明天下午3点": (1, "T15:00"),
    "tomorrow 3pm": (1, "T15:00"),
    "大后天": (3, ""),
    "我们后天上午十点半到": (2, "T10:30"),
    "in 3 days": (3, ""),
    "今晚11点半": (0, "T23:30"),
}
UNCLEAR = (
    "03/04",
    "下周",
    "2026-W49",
    "2月30日",
    "12月1日到3日",
    "昨天",
    "周五或周六",
    "soon",
    "3pm",
    "not tomorrow",
)


def made(*steps: Step) -> Journey:
    return Journey("made-up", {"any": "T"}, Trigger("click", key="go"), steps)


def asked(*steps: Step, zone: str, acts: tuple[Act, ...]) -> World:
    return world_of(
        made(*steps), acts=[click("go", timedelta()), *acts], follower=replace(LEE, time_zone=zone)
    )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", CLEAR)
@pytest.mark.parametrize("unclear", [(), ("03/04",)], ids=["at once", "the second time"])
def test_a_date_is_saved_as_it_is_where_the_follower_is(
    text: str, zone: str, unclear: tuple[str, ...]
) -> None:
    acts = tuple(say(said, MINUTE * number) for number, said in enumerate((*unclear, text), start=1))
    world = asked(QUESTION, NOTED, DONE, zone=zone, acts=acts).live_on(HOUR)
    days, time = CLEAR[text]
    on = START.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)

    assert world.records.follower is not None
    assert world.records.follower.dates == {"wedding": f"{on.isoformat()}{time}"}
    assert world.tags == {"done"}


@pytest.mark.parametrize("retries", range(4))
@pytest.mark.parametrize("text", UNCLEAR)
def test_an_unclear_date_is_asked_again_so_often_and_changes_nothing(text: str, retries: int) -> None:
    acts = tuple(say(text, MINUTE * number) for number in range(1, 9))
    journey = made(replace(QUESTION, retries=retries), NOTED, DONE)
    world = world_of(journey, acts=[click("go", timedelta()), *acts], follower=LEE).live_on(HOUR)
    follower = world.records.follower

    assert [said for _, said in world.texts] == [WHEN.text["any"], *[LIKE.text["any"]] * retries]
    assert follower is not None
    assert (follower.dates, follower.attributes) == ({}, {"city": "Paris"})


def test_who_does_not_answer_the_second_time_takes_the_path_without_an_answer() -> None:
    world = asked(QUESTION, DONE, zone=ZONES[0], acts=(say("soon", HOUR),))

    assert world.live_on(25 * HOUR - MINUTE).tags == set()
    assert world.live_on(25 * HOUR).tags == {"late", "done"}


@pytest.mark.parametrize("text", [*CLEAR, *UNCLEAR])
def test_the_simulator_asks_again_as_the_deployed_journey_does(text: str) -> None:
    both = Agreement.of(made(QUESTION, NOTED, DONE))
    life = [click("go", timedelta()), say(text, MINUTE), say("明天", 2 * MINUTE)]

    assert both.deployed(life, (), "current") == both.simulated(life, (), "current")


REJECTED = {"date.wedding": "next week", "language": "Klingon", "time_zone": "Mars/Base", "member": "perhaps"}


@pytest.mark.parametrize("name", REJECTED)
def test_a_value_that_cannot_be_saved_is_told_on_the_timeline(name: str) -> None:
    journey = made(Ask("a", 24 * 3600), Set({name: "{answer.a|}", "city": "Paris"}), DONE)
    acts = [click("go", timedelta()), say(REJECTED[name], MINUTE)]
    world = world_of(journey, acts=acts, follower=LEE).live_on(HOUR)
    rows = {after["sk"]["S"]: after for _, after in world.records.stream if after is not None}
    told = [
        event
        for event in recorded_trace(list(entries_of(rows.values())))
        if isinstance(event, ProfileChanged)
    ]

    assert [(one.values, one.rejected) for one in told] == [({"city": "Paris"}, {name: REJECTED[name]})]
