"""Events of one second are taken in the order in which they arrived: deployed and simulated."""

from datetime import timedelta
from itertools import permutations

import pytest

from tests.support.virtual_time.agreement import BEFORE, Agreement, Life
from tests.support.virtual_time.asl import APP_ID, START, Act, World, click, follow, say, view
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Notify, Send, Step, Stop, Wait, WaitEvent
from workbench.simulator.deployment import Person, ScriptedEvent, SimulatedDeployment
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import Published

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOURS = 3600
WORDS = ("one", "two", "three", "four")


def life(*acts: Act, steps: tuple[Step, ...], trigger: Trigger = Trigger("follow")) -> Life:  # noqa: B008 - frozen
    both = Agreement.of(Journey("j", {"any": "J"}, trigger, steps))
    lived = [follow(), *acts] if trigger.event == "follow" else list(acts)
    simulated = both.simulated(lived, (), "current")
    assert simulated == both.deployed(lived, (), "current")
    return simulated


def says(word: str, after: timedelta) -> Act:
    return Act(after, {**say(word, after).fields, "MsgId": word})


def told(text: str) -> Notify:
    return Notify("store", {"any": text})


@pytest.mark.parametrize("words", list(permutations(WORDS, 3)))
def test_a_question_takes_the_first_of_the_messages_of_a_second(words: tuple[str, ...]) -> None:
    steps = (
        Send(Text({"any": "hi"})),
        Wait(HOURS),
        Ask("q", HOURS),
        Ask("r", HOURS),
        told("{answer.q}{answer.r}"),
    )

    found = life(*(says(word, 5 * MINUTE) for word in words), steps=steps)

    assert [answer for _, answer in found.answers] == list(words[:2])


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_waits_since_entry_take_the_events_of_a_second_one_after_the_other(order: tuple[int, ...]) -> None:
    links = [f"https://x/{number}" for number in order]
    ends = EventPattern("view", url=links[-1])
    waits: list[Step] = [WaitEvent(EventPattern("view"), HOURS, "entry") for _ in links[:-1]]
    steps = (Wait(HOURS), *waits, WaitEvent(ends, HOURS, "entry", (told("taken before"),)), told("on"))

    found = life(*(view(link, 5 * MINUTE) for link in links), steps=steps)

    # Each wait takes the first that is left: the last one is there for the last wait.
    assert [text for _, (_, text) in found.told] == ["on"]


@pytest.mark.parametrize("number", range(12))
def test_what_came_before_the_trigger_in_its_second_counts_for_no_condition(number: int) -> None:
    happened = Condition(events=(EventCount(EventPattern("view")),))
    steps = (Wait(HOURS), Branch((Case(happened, (told("yes"),)),), (told("no"),)))
    begin, link = (
        click("go", timedelta(seconds=number)),
        view(f"https://x/{number}", timedelta(seconds=number)),
    )
    trigger = Trigger("click", key="go")

    assert [text for _, (_, text) in life(link, begin, steps=steps, trigger=trigger).told] == ["no"]
    assert [text for _, (_, text) in life(begin, link, steps=steps, trigger=trigger).told] == ["yes"]


TAKES: dict[str, Step] = {
    "wait": WaitEvent(EventPattern("text", keywords=("*",)), HOURS, otherwise=(told("nothing"),)),
    "since entry": WaitEvent(EventPattern("text", keywords=("*",)), HOURS, "entry", (told("nothing"),)),
    "question": Ask("q", HOURS, unanswered=(told("nothing"),)),
    "asked": Ask("q", HOURS, Text({"any": "?"}), unanswered=(told("nothing"),)),
}


@pytest.mark.parametrize("kind", TAKES)
@pytest.mark.parametrize("place", range(4))
def test_the_first_step_takes_only_what_came_after_the_trigger_in_its_second(kind: str, place: int) -> None:
    begin = click("go", MINUTE)
    words = [says(word, MINUTE) for word in WORDS[:3]]
    acts = [*words[:place], begin, *words[place:]]

    found = life(*acts, steps=(TAKES[kind],), trigger=Trigger("click", key="go"))

    assert [text for _, (_, text) in found.told] == (["nothing"] if place == 3 else [])
    if isinstance(TAKES[kind], Ask):
        assert [answer for _, answer in found.answers] == list(WORDS[place:3][:1])


@pytest.mark.parametrize("between", [(), (Send(Text({"any": "hi"})),), (told("between"),)])
@pytest.mark.parametrize("order", list(permutations("abc")))
def test_a_wait_begins_with_the_event_that_ended_the_one_before_and_not_with_its_second(
    order: tuple[str, ...], between: tuple[Step, ...]
) -> None:
    steps: list[Step] = []
    for name in "abc":
        pattern = EventPattern("view", url=f"https://x/{name}")
        steps += [WaitEvent(pattern, HOURS, otherwise=(told(f"no {name}"), Stop("late"))), *between]
    acts = (view(f"https://x/{name}", 5 * MINUTE) for name in order)

    found = life(*acts, steps=(*steps, told("on")))

    unread = iter(order)
    missed = next((name for name in "abc" if name not in unread), None)
    said = [text for _, (_, text) in found.told if text != "between"]
    assert said == (["on"] if missed is None else [f"no {missed}"])


@pytest.mark.parametrize("seconds", [(0, 0, 0), (0, 0, 1), (0, 1, 2)])
@pytest.mark.parametrize("kind", ["click", "text"])
def test_the_same_tap_counts_once_a_second_and_the_same_message_each_time(
    kind: str, seconds: tuple[int, ...]
) -> None:
    # WeChat numbers messages only: a second tap of the same second could be the first one, delivered again.
    pattern = EventPattern("click", key="go") if kind == "click" else EventPattern("text", keywords=("*",))
    steps = tuple(
        Branch((Case(Condition(events=(EventCount(pattern, number),)), (told(f"{number}"),)),), ())
        for number in (1, 2, 3)
    )
    acts = [
        click("go", MINUTE + timedelta(seconds=second))
        if kind == "click"
        else Act(MINUTE + timedelta(seconds=second), {**say("go", MINUTE).fields, "MsgId": str(number)})
        for number, second in enumerate(seconds)
    ]
    happened = len(set(seconds)) if kind == "click" else 3
    wanted = [f"{number + 1}" for number in range(happened)]

    found = life(*acts, steps=(Wait(HOURS), *steps))

    assert [text for _, (_, text) in found.told] == wanted
    journey = Journey("j", {"any": "J"}, Trigger("follow"), (Wait(HOURS), *steps))
    assert _told_of_a_persona(acts, journey) == wanted


def _told_of_a_persona(acts: list[Act], journey: Journey) -> list[str]:
    """What the runs of somebody tell whose acts are given as a persona's are."""
    world = World(())
    events = [world.event_of(act) for act in (follow(), *acts)]
    scripted = tuple(ScriptedEvent(event.at - START, event.body) for event in events)
    deployment = SimulatedDeployment.of((journey,), AccountSettings(APP_ID, language="en"))
    trace = Simulator(deployment, Person("", START, BEFORE, scripted)).play()
    return [one.detail["text"] for one in trace if isinstance(one, Published)]


@pytest.mark.parametrize("order", list(permutations("abc", 2)))
@pytest.mark.parametrize("is_said", [False, True])
def test_a_message_answers_the_question_of_the_last_of_several_triggers_of_a_second(
    order: tuple[str, ...], *, is_said: bool
) -> None:
    content = Text({"any": "?"}) if is_said else None
    journeys = [
        Journey(
            name, {"any": name}, Trigger("click", key=name),
            (Ask("q", HOURS, content), told(f"{{answer.q|}} {name}")),
        )
        for name in "abc"
    ]  # fmt: skip
    both = Agreement.of(*journeys)
    acts = [follow(), *(click(name, MINUTE) for name in order), says("one", MINUTE), says("two", 2 * MINUTE)]

    found = both.simulated(acts, (), "current")

    assert found == both.deployed(acts, (), "current")
    assert {text for _, (_, text) in found.told} == {f"one {order[1]}", f"two {order[0]}"}
