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
from workbench.language.step_types import Ask, Branch, Case, Notify, Send, Step, Stop, Wait, WaitEvent

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
