"""A goal counts within its time after an entry: during the run, after its end, and without the journey."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.stream import funnel_of
from tests.support.virtual_time.agreement import Agreement
from tests.support.virtual_time.asl import OPENID, Act, World, note, say, tell, unfollow, world_of
from wejourney.events.matching import EventCount, EventPattern, Property
from wejourney.journeys.chance import holdout_bucket
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from wejourney.journeys.segments import NO_RULES
from wejourney.loyalty.earning_rules import EarningRule
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.programme import Programme
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from wejourney.reasons import EndedByEngine
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, EndJourney, Step, Stop, Tag, Wait, WaitEvent
from workbench.trace.funnel import Funnel

LEE = Follower("wx1234567890abcdef", OPENID, "person-lee", following=True)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
WITHIN = 7 * DAY
START = say("hello", timedelta())
TRIGGER = Trigger("text", keywords=("hello",))
ENDLESS = (Wait(30 * 86_400), Tag(("never",)))
HELD_OUT = 100
"""Percent: everybody."""

GOALS: Mapping[str, Condition] = {
    "a tag": Condition(tags=("bought",)),
    "a payment": Condition(events=(EventCount(EventPattern("payment")),)),
    "a fact": Condition(member=True),
    "a purchase": Condition(events=(EventCount(EventPattern("order.paid", at_least=400)),)),
    "a sale at the till": Condition(
        events=(EventCount(EventPattern("order.paid", properties=(Property("store", "S1"),))),)
    ),
    "points": Condition(points_from=50),
}
PEOPLE = NO_RULES.with_programme(
    Programme(
        assets={"points": Expiry()}, rules={"orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1)}
    )
)
REACHES = {
    "a tag": lambda after: tell("tag", after, tag="bought"),
    "a payment": lambda after: tell("payment", after, order="A-1", total=500),
    "a fact": lambda after: note(after, member=True),
    "a purchase": lambda after: tell("order.paid", after, order="A-1", total=400),
    "a sale at the till": lambda after: tell("order.paid", after, order="S1/1", total=500, store="S1"),
    "points": lambda after: tell("order.paid", after, order="A-1", total=5_000),
}
EXIT = (Exit(Condition(tags=("staff",)), "works here"),)
ENDS: Mapping[str, tuple[tuple[Step, ...], tuple[Act, ...], str]] = {
    "by its last step": ((Tag(("done",)),), (), "finished"),
    "by a stop": ((Stop("enough"),), (), "stopped"),
    "by a step goal": ((Stop("enough", goal=True),), (), "goal_reached"),
    "after a time limit": ((WaitEvent(EventPattern("scan"), 60, "step", (Stop("x"),)),), (), "stopped"),
    "by an exit": (ENDLESS, (tell("tag", HOUR, tag="staff"),), "exited"),
    "not at all": (ENDLESS, (), "live"),
}
"""How a run ends: its steps, what happens to it, and its status before the goal."""


def journey(goal: Condition, *steps: Step, **more: Any) -> Journey:
    return Journey("made-up", {"any": "T"}, TRIGGER, steps, goal=goal, exits=EXIT, **more)


def goals(world: World) -> dict[str, Any]:
    """What `funnel --json` says of the goal."""
    found: dict[str, Any] = funnel_of(world.records.stream, "made-up").to_dict()["goal"]
    return found


def simulated(made: Journey, *acts: Act) -> dict[str, Any]:
    """What `simulate --population --json` says of it."""
    both, funnel = Agreement.of(made, people=PEOPLE), Funnel()
    funnel.add(made.name, both.played([START, *acts], (), "current").play())
    found: dict[str, Any] = funnel.to_dict()["goal"]
    return found


def side(held_out: int, reached: int) -> dict[str, Any]:
    """One entry on one side, and whether it reached the goal."""
    one, none = (
        {"entries": 1, "reached": reached, "rate": float(reached)},
        {"entries": 0, "reached": 0, "rate": 0.0},
    )
    return {"entered": none, "held_out": one} if held_out else {"entered": one, "held_out": none}


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("end", [*ENDS, "held out"])
@pytest.mark.parametrize(
    ("after", "counts"),
    [(2 * HOUR, 1), (DAY, 1), (WITHIN, 1), (WITHIN + SECOND, 0), (20 * DAY, 0)],
    ids=str,
)
def test_a_goal_counts_within_its_time_however_the_run_ended_and_without_a_run(
    goal: str, end: str, after: timedelta, counts: int
) -> None:
    steps, happens, before = ENDS.get(end, ((Tag(("done",)),), (), ""))
    holdout = HELD_OUT * (end == "held out")
    made = journey(GOALS[goal], *steps, holdout=holdout)
    world = world_of(made, acts=[START, *happens, REACHES[goal](after)], follower=LEE, people=PEOPLE)

    assert world.live_on(after - SECOND).statuses() == ([] if holdout else [before])
    assert goals(world.live_on(40 * DAY)) == side(holdout, counts)
    assert simulated(made, *happens, REACHES[goal](after)) == side(holdout, counts)


@pytest.mark.parametrize("within", [HOUR, DAY, 90 * DAY], ids=str)
@pytest.mark.parametrize("holdout", [0, HELD_OUT])
def test_a_journey_says_how_long_its_goal_counts(within: timedelta, holdout: int) -> None:
    made = journey(GOALS["a tag"], Stop("x"), goal_within=int(within.total_seconds()), holdout=holdout)
    for after, counts in ((within, 1), (within + SECOND, 0)):
        world = world_of(made, acts=[START, REACHES["a tag"](after)], follower=LEE, people=PEOPLE).live_on(
            100 * DAY
        )
        assert goals(world) == side(holdout, counts)


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("holdout", [0, HELD_OUT])
def test_a_goal_counts_once_however_often_it_is_reached_or_its_event_delivered(
    goal: str, holdout: int
) -> None:
    made = journey(GOALS[goal], Stop("x"), holdout=holdout)
    world = world_of(
        made, acts=[START, REACHES[goal](DAY), REACHES[goal](2 * DAY)], follower=LEE, people=PEOPLE
    )
    reached = replace(world.event_of(REACHES[goal](DAY)), id="delivered twice")
    world.live_on(DAY - SECOND)
    world.clock.pass_to(reached.at)
    for _ in range(3):
        world.process(reached)

    assert goals(world.live_on(40 * DAY)) == side(holdout, 1)


@pytest.mark.parametrize("holdout", [0, HELD_OUT])
def test_an_entry_while_the_goal_still_counts_is_the_same_one_and_a_later_one_counts_again(
    holdout: int,
) -> None:
    made = journey(GOALS["a payment"], Stop("x"), holdout=holdout)
    again = [say("hello", after) for after in (DAY, WITHIN, 10 * DAY, 11 * DAY)]
    world = world_of(
        made, acts=[START, *again, REACHES["a payment"](12 * DAY)], follower=LEE, people=PEOPLE
    ).live_on(40 * DAY)

    found = goals(world)["held_out" if holdout else "entered"]
    assert (found["entries"], found["reached"]) == (2, 1)


def test_each_order_of_a_journey_that_is_taken_once_per_order_counts_for_itself() -> None:
    made = replace(
        journey(GOALS["a tag"], Stop("x")), trigger=Trigger("payment"), again=Again("per", key="order")
    )
    acts = [
        tell("payment", after * HOUR, order=order, total=1) for after, order in ((0, "A"), (1, "B"), (2, "A"))
    ]
    world = world_of(made, acts=[*acts, REACHES["a tag"](DAY)], follower=LEE, people=PEOPLE).live_on(40 * DAY)

    assert goals(world)["entered"] == {"entries": 2, "reached": 2, "rate": 1.0}


def test_a_goal_that_is_reached_before_the_entry_counts_for_nobody() -> None:
    made = journey(GOALS["a payment"], Stop("x"))
    world = world_of(
        made, acts=[REACHES["a payment"](timedelta()), say("hello", HOUR)], follower=LEE, people=PEOPLE
    )

    assert goals(world.live_on(40 * DAY)) == side(0, 0)


def test_counts_outlive_an_erasure_and_nobody_who_is_erased_reaches_a_goal() -> None:
    made = journey(GOALS["a payment"], Stop("x"))
    acts = [START, REACHES["a payment"](DAY), unfollow(2 * DAY)]
    world = world_of(made, acts=acts, follower=LEE, people=PEOPLE).live_on(40 * DAY)
    left = world_of(
        made, acts=[START, unfollow(HOUR), REACHES["a payment"](DAY)], follower=LEE, people=PEOPLE
    ).live_on(40 * DAY)

    assert goals(world) == side(0, 1)
    assert goals(left) == side(0, 0)
    assert world.records.only.goal_windows == {}


def test_a_run_that_the_engine_ended_counts_like_any_other() -> None:
    made = journey(GOALS["a tag"], *ENDLESS)
    world = world_of(made, acts=[START, REACHES["a tag"](DAY)], follower=LEE, people=PEOPLE).live_on(HOUR)
    world.records.end(world.runs.first.run.id, EndedByEngine("failed"), world.clock.now())

    assert goals(world.live_on(40 * DAY)) == side(0, 1)


def test_another_journey_that_ends_a_run_takes_no_goal_from_it() -> None:
    made = journey(GOALS["a tag"], *ENDLESS)
    ender = Journey("ender", {"any": "E"}, Trigger("payment"), (EndJourney("made-up"),))
    acts = [START, tell("payment", HOUR, order="A", total=1), REACHES["a tag"](DAY)]
    world = world_of(made, ender, acts=acts, follower=LEE, people=PEOPLE).live_on(40 * DAY)

    assert world.statuses("made-up") == ["ended_by_journey"]
    assert goals(world) == side(0, 1)


def test_the_share_of_a_holdout_is_that_of_the_followers_whom_it_keeps_out() -> None:
    percent = holdout_bucket(LEE.drawn_by, "made-up") // 100
    for holdout, held_out in ((percent, 0), (percent + 1, 1)):
        made = journey(GOALS["a tag"], Stop("x"), holdout=holdout)
        world = world_of(made, acts=[START, REACHES["a tag"](DAY)], follower=LEE, people=PEOPLE).live_on(
            40 * DAY
        )
        assert goals(world) == side(held_out, 1)


DAYS = (0, 1, 8, 16, 40, 120)
RULES: Mapping[str, tuple[Again, int]] = {
    "always": (Again(), 5),
    "never": (Again("never"), 1),
    "after 30 days": (Again("after", seconds=30 * 86_400), 3),
    "after 2 days": (Again("after", seconds=2 * 86_400), 5),
    "per order": (Again("per", key="order"), 1),
}
"""How often somebody enters who pays for one order on all of DAYS; within 7 days it is one entry."""


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("holdout", [0, HELD_OUT])
def test_somebody_who_is_held_out_enters_as_often_as_somebody_who_is_not(rule: str, holdout: int) -> None:
    again, entries = RULES[rule]
    made = replace(
        journey(GOALS["a tag"], Stop("x"), holdout=holdout), trigger=Trigger("payment"), again=again
    )
    acts = [tell("payment", day * DAY, order="A", total=1) for day in DAYS]
    found = goals(world_of(made, acts=acts, follower=LEE, people=PEOPLE).live_on(200 * DAY))

    assert found["held_out" if holdout else "entered"]["entries"] == entries


def test_a_keyword_that_only_the_holdout_makes_an_answer_counts_as_an_entry() -> None:
    asks = Ask("size", 7_200, Text({"any": "?"}), choices={"s": ("1",), "l": ("2",)}, unanswered=(Stop("x"),))
    asker = Journey("asker", {"any": "A"}, Trigger("text", keywords=("question",)), (asks, Tag(("done",))))
    acts = [say("question", timedelta()), say("hello", HOUR), REACHES["a tag"](2 * HOUR)]
    for holdout in (0, HELD_OUT):
        made = journey(GOALS["a tag"], Stop("x"), holdout=holdout)
        assert goals(world_of(made, asker, acts=acts, follower=LEE, people=PEOPLE).live_on(40 * DAY)) == side(
            holdout, 1
        )
