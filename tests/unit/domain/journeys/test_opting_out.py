"""A text that a run's exit or goal waits for ends the run, whatever question is open."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, HELP, NOON, OPENID, SETTINGS, SUBJECT
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import TextReceived
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import Position
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition, Exit, Trigger
from wejourney.journeys.receiving import Received, receive
from wejourney.journeys.routing import JourneyEntry, route
from wejourney.journeys.runs import FollowerState, LiveRun, OpenWait, PastEvent
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from wejourney.reasons import Exited, GoalReached

ANNA = Follower(APP_ID, OPENID, "anna", following=True, tags=frozenset({"staff"}))
STOP = Condition(events=(EventCount(EventPattern("text", keywords=("stop", "退订", "*退订*"))),))
EXIT = (Exit(STOP, "wants no more"),)
OPT_OUTS = [
    form.format(word)
    for word in ("stop", "STOP", "ｓｔｏｐ", "退订", "退訂", "我要退訂")
    for form in ("{}", "{}。", "{}！", "“{}”", "【{}】", "\u202d{}\u202c", "{}\u200b", "{}...", "{}~")
    if word != "我要退訂" or form in ("{}", "{}！")
]
QUESTIONS = {
    "text": Question(),
    "number": Question(parse="number"),
    "phone": Question(parse="phone"),
    "choices": Question(choices={"rings": ("1",), "gifts": ("2",)}),
}
ENDINGS: dict[str, dict[str, object]] = {"exit": {"exits": EXIT}, "goal": {"goal": STOP}}


def said(text: str) -> InboundEvent:
    return InboundEvent("1" * 32, SUBJECT, NOON, TextReceived(text))


def live(name: str, **ends: object) -> LiveRun:
    return replace(LiveRun(name, f"run-{name}", "begun"), **ends)  # type: ignore[arg-type]


def asks(question: Question, run: str = "asking", minutes: int = 0) -> OpenWait:
    run_data = {"journey": run, "version": "v", "last_position": str(Position.at(NOON))}
    asked_at = NOON - timedelta(minutes=60 - minutes)
    return OpenWait(f"run-{run}", "1", asked_at, f"token-{run}", run_data, "city", question)


def received(state: FollowerState, text: str, *entries: JourneyEntry) -> Received:
    return receive(said(text), state, entries, SETTINGS, stranger=ANNA, now=NOON)


def states() -> Iterator[tuple[Question, dict[str, object], str]]:
    for question in QUESTIONS.values():
        for ends in ENDINGS.values():
            for text in OPT_OUTS:
                yield question, ends, text


def test_a_text_that_an_exit_or_the_goal_of_the_asking_run_waits_for_ends_it_and_is_no_answer() -> None:
    for question, ends, text in states():
        state = FollowerState(ANNA, (live("asking", **ends),), (asks(question),))
        found = received(state, text)
        assert [one.run.journey for one in found.ended] == ["asking"], text
        assert found.woken == ()


def test_a_text_that_ends_another_run_is_no_answer_either_and_the_question_stays_open() -> None:
    for question, ends, text in states():
        state = FollowerState(ANNA, (live("asking"), live("other", **ends)), (asks(question),))
        found = received(state, text)
        reasons = [(one.run.journey, type(one.end)) for one in found.ended]
        assert reasons == [("other", Exited if "exits" in ends else GoalReached)], text
        assert found.woken == ()
        assert found.is_opt_out


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (Question(choices={"end": ("stop",), "go": ("go",)}), "STOP.", "end"),
        (Question(parse="number"), "0", "0"),
        (Question(parse="phone"), "13800138000", "13800138000"),
    ],
)
def test_a_question_that_names_the_text_still_takes_it_when_it_ends_another_run(
    question: Question, text: str, answer: str
) -> None:
    words = Condition(events=(EventCount(EventPattern("text", keywords=("stop", "0", "13800138000"))),))
    other = live("other", exits=(Exit(words, "wants no more"),))
    found = received(FollowerState(ANNA, (live("asking"), other), (asks(question),)), text)
    assert [one.run.journey for one in found.ended] == ["other"]
    assert [woken.answer for woken in found.woken] == [answer]


@pytest.mark.parametrize("text", ["Paris", "stopping by", "退", "non-stop"])
def test_any_other_text_answers_an_open_question(text: str) -> None:
    state = FollowerState(ANNA, (live("asking", exits=(Exit(STOP_ONLY, ""),)),), (asks(Question()),))
    found = received(state, text)
    assert found.ended == ()
    assert [woken.answer for woken in found.woken] == [text]


STOP_ONLY = Condition(events=(EventCount(EventPattern("text", keywords=("stop", "退订"))),))


def test_an_exit_that_holds_for_another_reason_takes_no_answer_away() -> None:
    """The run of staff ends by the first thing they do, but what they say is the answer to another run."""
    for when in (Condition(tags=("staff",)), Condition(any=(Condition(tags=("staff",)), STOP))):
        state = FollowerState(
            ANNA, (live("asking"), live("other", exits=(Exit(when, "staff"),))), (asks(Question()),)
        )
        found = received(state, "stop")
        assert [one.run.journey for one in found.ended] == ["other"]
        assert not found.is_opt_out
        assert [woken.answer for woken in found.woken] == ["stop"]


def test_a_question_of_a_third_run_is_asked_next_when_the_asking_run_has_ended() -> None:
    waits = (asks(QUESTIONS["choices"], "older"), asks(Question(), minutes=10))
    both = FollowerState(ANNA, (live("older"), live("asking", exits=EXIT)), waits)
    assert received(both, "stop").woken == ()
    assert [woken.answer for woken in received(both, "1").woken] == ["1"]


def test_the_callback_and_the_inbox_agree_on_the_journey_that_an_opt_out_starts() -> None:
    goodbye = JourneyEntry("goodbye", "v", Trigger("text", keywords=("退订",)), Text({"any": "Goodbye."}))
    for question in QUESTIONS.values():
        for asking in (live("asking", exits=EXIT), live("asking")):
            runs = (asking, live("other", exits=EXIT))
            state = FollowerState(ANNA, runs, (asks(question),))
            assert route(said("退訂。"), state, (goodbye, HELP)).starts is goodbye
            found = received(state, "退訂。", goodbye, HELP)
            assert found.start is not None
            assert found.start.run.journey == "goodbye"


def test_an_opt_out_that_came_before_a_question_was_registered_does_not_answer_it() -> None:
    for question in QUESTIONS.values():
        assert not PastEvent(said("stop"), is_opt_out=True).is_free_for(asks(question), ANNA.subject)
    assert PastEvent(said("1"), is_opt_out=True).is_free_for(asks(QUESTIONS["choices"]), ANNA.subject)
    assert PastEvent(said("stop")).is_free_for(asks(Question()), ANNA.subject)


def test_what_was_said_in_another_chat_before_a_question_was_registered_does_not_answer_it() -> None:
    elsewhere = Subject("wx-other", "oAnna")
    for question in QUESTIONS.values():
        assert not PastEvent(said("1")).is_free_for(asks(question), elsewhere)
    waits = replace(asks(Question()), question=None)
    assert PastEvent(said("1")).is_free_for(waits, elsewhere)
