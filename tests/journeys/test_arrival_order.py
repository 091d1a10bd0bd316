"""Events of one second are taken in the order in which they arrived: deployed and simulated."""

from datetime import timedelta
from itertools import permutations

import pytest

from tests.support.virtual_time.agreement import Agreement, Life
from tests.support.virtual_time.asl import Act, click, follow, say, view
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Notify, Send, Step, Wait, WaitEvent

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
