"""A fact that is told again is no change: deployed and simulated, by the outside world and by steps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from tests.support.virtual_time.agreement import BEFORE, Agreement, Life
from tests.support.virtual_time.asl import (
    APP_ID,
    OPENID,
    START,
    SUBJECT,
    Act,
    World,
    click,
    note,
    tell,
    world_of,
)
from tests.support.virtual_time.traces import comparable, on_record, recorded
from wejourney.events.event import own_event
from wejourney.events.event_types import TagAdded
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Exit, Trigger
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Award,
    Branch,
    Case,
    Notify,
    Set,
    Step,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = 3600
NIGHTS = 5


def told(text: str) -> Notify:
    return Notify("store", {"any": text})


FACTS: dict[str, tuple[EventPattern, Callable[[timedelta], Act], dict[str, Any]]] = {
    "tag": (
        EventPattern("tag", name="bought"),
        lambda after: tell("tag", after, tag="bought"),
        {"tags": frozenset({"bought"})},
    ),
    "any tag": (
        EventPattern("tag", name="b*"),
        lambda after: tell("tag", after, tag="bought"),
        {"tags": frozenset({"bought"})},
    ),
    "segment": (
        EventPattern("segment", name="gold"),
        lambda after: tell("segment", after, segment="gold"),
        {"segments": frozenset({"gold"})},
    ),
}
"""A fact, how it is told, and a profile in which it is known."""


def trigger(pattern: EventPattern) -> Trigger:
    return Trigger(pattern.event, name=pattern.name, at_least=pattern.at_least)


def lives(follower: dict[str, Any], acts: list[Act], *journeys: Journey) -> Life:
    """The life of a follower with this profile, as both make it."""
    both = Agreement.of(*journeys)
    before = replace(BEFORE, **follower)
    world = World(both.entries, sorted(acts, key=lambda act: act.after), before)
    world.engine.machines.update(both.machines)
    world.live_on(60 * DAY)
    played = both.played(acts, (), "current")
    played.person = replace(played.person, before=before)
    played.follower = before
    trace = played.play()
    life = both.seen_by(played, trace)
    assert life == both.seen_in(world)
    assert comparable(on_record(trace)) == comparable(recorded(world, *journeys))
    return life


def texts(life: Life) -> list[str]:
    return [text for _, told in life.told for text in told if text != "store"]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_is_told_every_night_starts_a_journey_once_and_none_if_it_was_known(
    fact: str, *, known: bool
) -> None:
    pattern, act, profile = FACTS[fact]
    made = Journey("j", {"any": "J"}, trigger(pattern), (told("begun"),))

    life = lives(profile if known else {}, [act(night * DAY) for night in range(NIGHTS)], made)

    assert texts(life) == ([] if known else ["begun"])


def test_points_are_awarded_once_for_a_tag_that_is_told_every_night() -> None:
    made = Journey("j", {"any": "J"}, Trigger("tag", name="bought"), (Award(10, "thanks"),))

    life = lives({}, [tell("tag", night * DAY, tag="bought") for night in range(NIGHTS)], made)

    assert life.points == (10,)


@pytest.mark.parametrize("since", ["step", "entry"])
@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_is_told_again_ends_no_wait_reaches_no_goal_and_counts_for_nothing(
    fact: str, since: Any
) -> None:
    pattern, act, profile = FACTS[fact]
    happened = Condition(events=(EventCount(pattern),))
    waits: tuple[Step, ...] = (Wait(2 * HOURS), WaitEvent(pattern, 3 * HOURS, since, (told("late"),)))
    counts: tuple[Step, ...] = (
        Wait(5 * HOURS),
        Branch((Case(happened, (told("counted"),)),), (told("not counted"),)),
    )
    ends: tuple[Step, ...] = (Wait(5 * HOURS), told("whole"))
    again = [act(HOUR), act(3 * HOUR)]
    begin = click("go", timedelta())
    for steps, more, wanted in (
        (waits, {}, ["late"]),
        (counts, {}, ["not counted"]),
        (ends, {"goal": happened}, ["whole"]),
        (ends, {"exits": (Exit(happened, "it happened"),)}, ["whole"]),
    ):
        made = Journey("j", {"any": "J"}, Trigger("click", key="go"), steps, **more)
        assert texts(lives(profile, [begin, *again], made)) == wanted
        assert texts(lives({}, [begin, act(3 * HOUR)], made)) != wanted


def test_what_was_taken_away_is_a_change_when_it_is_put_on_again() -> None:
    made = Journey("j", {"any": "J"}, Trigger("tag", name="bought"), (told("begun"),))
    other = Journey("other", {"any": "O"}, Trigger("click", key="off"), (Untag(("bought",)),))
    acts = [
        tell("tag", HOUR, tag="bought"),
        tell("tag", 2 * HOUR, tag="bought"),
        click("off", 3 * HOUR),
        click("off", 4 * HOUR),
        tell("tag", 5 * HOUR, tag="bought"),
    ]

    assert texts(lives({}, acts, made, other)) == ["begun", "begun"]


STEPS: dict[str, tuple[Step, Act]] = {
    "tag": (Tag(("bought",)), tell("tag", HOUR, tag="bought")),
    "untag": (Untag(("gone",)), note(HOUR)),
    "attribute": (Set({"size": "52"}), note(HOUR, size="52")),
    "language": (Set({"language": "en"}), note(HOUR, language="en")),
    "date": (Set({"date.booking": "2026-11-24T09:00"}), note(HOUR, date_booking="2026-11-24T09:00")),
}
KNOWN: dict[str, Any] = {"tags": frozenset({"bought"}), "attributes": {"size": "52"}, "language": "en"}


@pytest.mark.parametrize("fact", STEPS)
def test_a_step_and_the_outside_world_that_tell_what_is_known_change_nothing_alike(fact: str) -> None:
    step, act = STEPS[fact]
    listens = Journey("listens", {"any": "L"}, Trigger("tag", name="*"), (told("begun"),))
    sets = Journey("sets", {"any": "S"}, Trigger("click", key="go"), (step,))
    follower = replace(BEFORE, **KNOWN)
    for journeys, acts in (((listens, sets), [click("go", HOUR)]), ((listens,), [act])):
        world = world_of(*journeys, acts=acts, follower=follower)
        world.live_on(2 * HOUR)
        assert world.inbox.told == []
        assert world.bus.published == []
        after = world.records.follower
        assert after is not None
        # When it was told last is news all the same: it wins over what comes late.
        known = replace(after, rev=0, windows=(), known_since=None, look_at=None, told_at={})
        known = replace(known, account_language="zh")
        assert known == replace(follower, rev=0, account_language="zh")


@pytest.mark.parametrize("by_step", [False, True])
def test_a_date_that_is_set_to_what_it_is_does_not_wake_who_waits_for_it(*, by_step: bool) -> None:
    waits = Journey(
        "waits", {"any": "W"}, Trigger("click", key="go"), (WaitDate("booking", 90 * HOURS), told("on"))
    )
    sets = Journey(
        "sets", {"any": "S"}, Trigger("click", key="set"), (Set({"date.booking": "2026-11-24T09:00"}),)
    )
    acts = [click("go", timedelta())]
    acts += [click("set", HOUR)] if by_step else [note(HOUR, date_booking="2026-11-24T09:00")]
    world = world_of(waits, sets, acts=acts, follower=BEFORE)

    world.live_on(3 * HOUR)

    assert world.runs.woken == {}
    assert len([one for one in world.attempts if one.run["journey"] == "waits"]) == 2


def test_a_repetition_completes_what_the_first_delivery_of_a_fact_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Journey("j", {"any": "J"}, Trigger("tag", name="bought"), (told("begun"),))
    event = own_event(TagAdded("bought"), "told", SUBJECT, START)
    world = world_of(made, follower=BEFORE)

    with monkeypatch.context() as killed:
        killed.setattr(world.runs, "start", Mock(side_effect=TimeoutError))
        with pytest.raises(TimeoutError):
            world.process(event)
    for _ in range(3):
        world.process(event)
    world.live_on(HOUR)

    assert len(world.runs.started) == 1
    assert len(world.bus.published) == 1


def test_the_timeline_tells_that_a_fact_was_known_already() -> None:
    made = Journey("j", {"any": "J"}, Trigger("tag", name="bought"), (told("begun"),))
    acts = [tell("tag", HOUR, tag="bought"), tell("tag", 2 * HOUR, tag="bought")]
    world = world_of(made, acts=acts, follower=BEFORE).live_on(3 * HOUR)

    events = [row["event"] for row in world.records.timeline(APP_ID, OPENID) if row["kind"] == "event"]

    assert [event.get("told_again", False) for event in events] == [False, True]
