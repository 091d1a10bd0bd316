"""A run that is about an order or a booking hears only of its own: deployed and simulated."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support.virtual_time.agreement import Agreement, Life
from tests.support.virtual_time.asl import Act, click, note, say, tell, view
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Again, Condition, Exit, Trigger
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    Branch,
    Case,
    EndJourney,
    Notify,
    StartJourney,
    Step,
    Wait,
    WaitEvent,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOURS = 3600

OF_A_KEY: dict[str, dict[str, Any]] = {
    "payment": {"total": 100},
    "refund": {"total": 100},
    "mini_program": {"name": "done"},
}
"""The events that can name an order; the last one can name a booking, too."""


def told(text: str) -> Notify:
    return Notify("store", {"any": text})


def journey(key: str, kind: str, way: str) -> Journey:
    """A journey that tells the store whether it has heard of an event of this kind, in this way."""
    pattern = EventPattern(kind, name="done" if kind == "mini_program" else None)
    happened = Condition(events=(EventCount(pattern),))
    steps: dict[str, tuple[Step, ...]] = {
        "wait": (WaitEvent(pattern, 5 * HOURS, otherwise=(told("no"),)), told("on")),
        "since entry": (Wait(4 * HOURS), WaitEvent(pattern, HOURS, "entry", otherwise=(told("no"),))),
        "count": (Wait(4 * HOURS), _asks(EventCount(pattern))),
        "count of days": (Wait(4 * HOURS), _asks(EventCount(pattern, days=7))),
        "count since a step": (
            Ask("m", 600),
            Wait(4 * HOURS),
            _asks(EventCount(pattern, scope="m")),
        ),
        "goal": (Wait(4 * HOURS), told("no")),
        "exit": (Wait(4 * HOURS), told("no")),
    }
    return Journey(
        "cart",
        {"any": "C"},
        Trigger("mini_program", name="cart"),
        steps[way],
        again=Again("per", key=key),
        goal=happened if way == "goal" else None,
        exits=(Exit(happened, "it happened"),) if way == "exit" else (),
    )


def _asks(count: EventCount) -> Branch:
    return Branch((Case(Condition(events=(count,)), (told("yes"),)),), (told("no"),))


WAYS = ("wait", "since entry", "count", "count of days", "count since a step", "goal", "exit")


def begin(key: str, name: str, after: timedelta = timedelta()) -> Act:
    return tell("mini_program", after, name="cart", **{key: name})


def life(made: Journey, *acts: Act) -> Life:
    """The life of a follower with carts A and B, as both make it."""
    both = Agreement.of(made)
    key = made.again.key
    lived = [begin(key, "A"), begin(key, "B", timedelta(seconds=1)), *acts]
    simulated = both.simulated(lived, (), "current")
    assert simulated == both.deployed(lived, (), "current")
    return simulated


def heard(made: Life) -> int:
    """How many of the two runs have heard of the event."""
    return 2 - sum(texts[-1:] == ("no",) or "no" in texts for _, texts in made.told)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("key", "kind"),
    [("order", "payment"), ("order", "refund"), ("order", "mini_program"), ("booking", "mini_program")],
)
def test_only_the_run_of_an_order_hears_of_it_in_waits_goals_exits_and_counts(
    key: str, kind: str, way: str
) -> None:
    made = journey(key, kind, way)

    for name, runs in (("A", 1), ("B", 1), ("C", 0)):
        assert heard(life(made, tell(kind, HOUR, **OF_A_KEY[kind], **{key: name}))) == runs, name


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("kind", "runs"), [("payment", 0), ("refund", 0), ("mini_program", 2)])
def test_a_payment_that_names_no_order_is_for_none_of_them_and_another_event_without_one_is_for_all(
    kind: str, runs: int, way: str
) -> None:
    assert heard(life(journey("order", kind, way), tell(kind, HOUR, **OF_A_KEY[kind]))) == runs


UNKEYED: dict[str, tuple[EventPattern, Callable[[timedelta], Act]]] = {
    "click": (EventPattern("click", key="K"), lambda after: click("K", after)),
    "text": (EventPattern("text", keywords=("hi",)), lambda after: say("hi", after)),
    "view": (EventPattern("view"), lambda after: view("u", after)),
    "tag": (EventPattern("tag", name="t"), lambda after: tell("tag", after, tag="t")),
    "segment": (EventPattern("segment", name="s"), lambda after: tell("segment", after, segment="s")),
    "points": (EventPattern("points", at_least=5), lambda after: tell("points", after, before=1, points=9)),
}


@pytest.mark.parametrize("kind", UNKEYED)
@pytest.mark.parametrize("key", ["order", "booking"])
def test_what_a_follower_does_without_an_order_is_heard_by_all_their_runs(key: str, kind: str) -> None:
    pattern, act = UNKEYED[kind]
    wait = WaitEvent(pattern, 5 * HOURS, otherwise=(told("no"),))
    made = Journey(
        "cart", {"any": "C"}, Trigger("mini_program", name="cart"), (wait,), again=Again("per", key=key)
    )

    assert heard(life(made, act(HOUR))) == 2


def test_a_payment_is_heard_by_a_run_that_is_about_a_booking() -> None:
    assert heard(life(journey("booking", "payment", "wait"), tell("payment", HOUR, total=1, order="A"))) == 2


def test_a_goal_on_the_profile_ends_all_runs_whatever_they_are_about() -> None:
    made = Journey(
        "cart",
        {"any": "C"},
        Trigger("mini_program", name="cart"),
        (Wait(4 * HOURS), told("no")),
        again=Again("per", key="order"),
        goal=Condition(member=True),
    )

    assert heard(life(made, note(HOUR, member=True))) == 2


def test_what_counts_over_ever_is_about_the_follower() -> None:
    payment = EventPattern("payment")
    made = Journey(
        "cart",
        {"any": "C"},
        Trigger("mini_program", name="cart"),
        (Wait(4 * HOURS), _asks(EventCount(payment, at_least=2, scope="ever"))),
        again=Again("per", key="order"),
    )
    paid = [tell("payment", number * HOUR, total=1, order=order) for number, order in ((1, "B"), (2, "C"))]

    assert heard(life(made, *paid)) == 2


CALLED: dict[str, Again] = {
    "order": Again("per", key="order"),
    "booking": Again("per", key="booking"),
    "none": Again(),
}
"""Journeys that another one starts and ends, by what they are taken once per."""


def lived(acts: list[Act], *journeys: Journey) -> list[str]:
    """What the runs have told, as the simulator and a deployment have it."""
    both = Agreement.of(*journeys)
    simulated = both.simulated(acts, (), "current")
    assert simulated == both.deployed(acts, (), "current")
    return [text for _, texts in simulated.told for text in texts if text != "store"]


def caller(key: str, *steps: Step) -> Journey:
    return Journey("cart", {"any": "C"}, Trigger("mini_program", name="cart"), steps, again=CALLED[key])


@pytest.mark.parametrize("called", CALLED)
@pytest.mark.parametrize("key", CALLED)
def test_a_run_starts_another_journey_for_its_own_order(key: str, called: str) -> None:
    made = caller(key, StartJourney("next"))
    other = Journey("next", {"any": "N"}, Trigger("journey"), (StartJourney("last"),), again=CALLED[called])
    last = Journey("last", {"any": "L"}, Trigger("journey"), (Wait(HOURS), told("on")), again=CALLED[called])
    paid = EventPattern("mini_program", name="done")
    ends = Journey(
        "last", {"any": "L"}, Trigger("journey"), (WaitEvent(paid, HOURS, otherwise=(told("no"),)),),
        again=CALLED[called],
    )  # fmt: skip
    acts = [begin("order" if key == "none" else key, name, n * MINUTE) for n, name in enumerate("ABA")]
    runs = {("order", "order"): 2, ("booking", "booking"): 2}.get((key, called), called == "none")

    assert len(lived(acts, made, other, last)) == runs
    if key == called != "none":
        done = tell("mini_program", 9 * MINUTE, name="done", **{key: "B"})
        assert len(lived([*acts, done], made, other, ends)) == 1


@pytest.mark.parametrize("called", CALLED)
@pytest.mark.parametrize("key", CALLED)
def test_a_run_ends_another_journey_for_its_own_order_only(key: str, called: str) -> None:
    field = "order" if called == "none" else called
    ended = Journey(
        "ended", {"any": "E"}, Trigger("mini_program", name="other"), (Wait(4 * HOURS), told("on")),
        again=CALLED[called],
    )  # fmt: skip
    others = [tell("mini_program", n * MINUTE, name="other", **{field: name}) for n, name in enumerate("AB")]
    acts = [*others, begin("order" if key == "none" else key, "A", HOUR)]

    own_only = key == called != "none"
    assert len(lived(acts, caller(key, EndJourney("ended")), ended)) == own_only


@pytest.mark.parametrize("name", ["A", "B", "C", ""])
def test_another_system_ends_and_starts_the_runs_of_an_order(name: str) -> None:
    started = Journey(
        "j", {"any": "J"}, Trigger("journey"), (Wait(4 * HOURS), told("on")), again=CALLED["order"]
    )
    acts = [tell("journey", n * MINUTE, journey="j", order=order) for n, order in enumerate("ABA")]
    acts.append(tell("end", HOUR, journey="j", order=name))

    assert len(lived(acts, started)) == {"A": 1, "B": 1, "C": 2, "": 0}[name]
