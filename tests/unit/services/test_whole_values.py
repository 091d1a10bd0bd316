"""A value that a follower has typed stays whole on every way through the product, except in a message."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.events import body
from tests.support.virtual_time.asl import APP_ID, OPENID, START, SUBJECT, World
from tests.support.virtual_time.simulated import MINUTE, follow, journey, says, simulation
from wejourney.events.event import InboundEvent, check_event, own_event
from wejourney.events.event_types import TextReceived
from wejourney.events.positions import BEGINNING
from wejourney.journeys.action_types import SetAction, TellAction
from wejourney.journeys.answers import LONGEST_ANSWER, Question
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Run
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Text
from wejourney.messaging.merge_fields import LONGEST_VALUE, OTHER, render
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import LONGEST_VALUE as LONGEST_NOTED
from wejourney.services.perform_actions import Task
from wejourney.text import shortened
from workbench.trace.trace_events import ProfileChanged, Published

VALUES = {
    "newlines": "12 Rue de la Paix\n2nd floor\r\n75002 Paris",
    "braces": "{attribute.city|Paris} {} }{",
    "emoji": "👨\u200d👩\u200d👧 ❤️ 🇫🇷",
    "markup": "<a href='https://evil.example'>win</a> & <b>",
    "quotes": "\"'`\\ \\n %} {% ${X}",
    "98 characters": "x" * 97 + "y",
    "500 characters": "地" * 499 + "址",
    "2,000 characters": "😀" * 1_999 + "y",
}
TOO_LONG = {"2,001 characters": "x" * 2_001, "5,000 characters": "街" * 5_000}
LEE = Follower(APP_ID, OPENID, "person-lee", following=True)
ENTRY = JourneyEntry("made-up", "v1", Trigger("text", keywords=("go",)), subscribed_kinds=("profile",))


def answered(value: str) -> str:
    return Question().read(InboundEvent("0" * 32, SUBJECT, START, TextReceived(value)))


def world() -> tuple[World, Run]:
    found = World((ENTRY,), follower=LEE)
    found.process(InboundEvent("1" * 32, SUBJECT, START, TextReceived("go")))
    return found, found.runs.first.run


def saved_by_a_step(value: str) -> str:
    here, run = world()
    here.perform(Task(replace(run, answers={"q": value}), (SetAction("1", {"remark": "{answer.q|}"}),)))
    assert here.records.follower is not None
    return here.records.follower.attributes["remark"]


def saved_twice(value: str) -> str:
    """From an attribute into another one."""
    here, run = world()
    run = here.perform(Task(replace(run, answers={"q": value}), (SetAction("1", {"remark": "{answer.q|}"}),)))
    return here.perform(Task(run, (SetAction("2", {"copy": "{attribute.remark|}"}),))).follower.attributes[
        "copy"
    ]


def told(value: str, fields: dict[str, str | dict[str, str]], name: str) -> str:
    here, run = world()
    here.perform(Task(replace(run, answers={"q": value}), (TellAction("1", "StaffNotified", fields),)))
    return str(here.bus.published[-1][1][name])


def told_to_staff(value: str) -> str:
    return told(value, {"staff": "x", "text": {"any": "{answer.q|none}"}}, "text")


def told_as_staff(value: str) -> str:
    return told(value, {"staff": "{answer.q|none}"}, "staff")


def simulated(value: str) -> str:
    steps = """
trigger: {event: follow}
opening: {text: Where do you live?}
steps:
  - ask: {name: q, within: 1h}
  - set: {remark: "{answer.q|}"}
  - notify: {staff: "{attribute.remark|desk}", text: "{answer.q|none}"}
"""
    played = simulation(journey(steps), follow(), says(value, MINUTE)).play()
    [values] = [event.values for event in played if isinstance(event, ProfileChanged)]
    [detail] = [event.detail for event in played if isinstance(event, Published)]
    assert values["remark"] == detail["staff"] == detail["text"]
    return detail["text"]


def emitted(value: str) -> str:
    event = own_event(body("profile", changes={"remark": value}), "x", SUBJECT, START)
    check_event(event)
    here, _ = world()
    here.process(InboundEvent.from_dict(event.to_dict()))
    assert here.records.follower is not None
    return here.records.follower.attributes["remark"]


def kept_in_a_run(value: str) -> str:
    run = Run("r", "j", "v", BEGINNING, LEE, {"q": value})
    return Run.from_dict(run.to_dict()).answers["q"]


def on_the_timeline(value: str) -> str:
    event = InboundEvent("0" * 32, SUBJECT, START, TextReceived(value))
    kept = InboundEvent.from_record(event.to_dict()).body
    assert isinstance(kept, TextReceived)
    return kept.text


PLACES: dict[str, Callable[[str], str]] = {
    "an answer": answered,
    "`set` of an answer": saved_by_a_step,
    "`set` of an attribute": saved_twice,
    "the text of `notify`": told_to_staff,
    "the staff of `notify`": told_as_staff,
    "the simulator": simulated,
    "`set-profile`": emitted,
    "the data of a run": kept_in_a_run,
    "the timeline": on_the_timeline,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_value_is_whole_wherever_it_is_not_a_message(place: Callable[[str], str], value: str) -> None:
    assert place(value) == value


@pytest.mark.parametrize("value", [*VALUES.values(), *TOO_LONG.values()], ids=[*VALUES, *TOO_LONG])
def test_a_message_shows_one_line_of_at_most_60_characters_of_a_value(value: str) -> None:
    text = Text({"any": "{answer.q|none}"})
    shown = render(text, LEE, AccountSettings(APP_ID), {"q": value})["text"]
    assert 0 < len(shown) <= LONGEST_VALUE
    assert not set("{}<>\n\r") & set(shown)


@pytest.mark.parametrize("value", TOO_LONG.values(), ids=TOO_LONG)
def test_a_text_that_is_longer_than_an_answer_is_no_answer(value: str) -> None:
    assert answered("x" * LONGEST_ANSWER) != OTHER
    assert answered(value) == OTHER


def test_a_value_that_is_longer_than_a_profile_takes_changes_nothing() -> None:
    here, run = world()
    told = own_event(body("profile", changes={"a": "x" * LONGEST_NOTED}), "x", SUBJECT, START)
    here.process(told)
    after = here.perform(Task(run, (SetAction("1", {"b": "{attribute.a|}", "c": "{attribute.a|}x"}),)))
    assert set(after.follower.attributes) == {"a", "b"}


def test_a_text_that_is_cut_ends_with_an_ellipsis() -> None:
    assert [shortened("abc", 3), shortened("abcd", 3)] == ["abc", "ab…"]
