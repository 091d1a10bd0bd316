"""The reason of a stop, a goal or an exit is written by language and read in the reader's own."""

import json
from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from tests.support.virtual_time.simulated import HOUR, does, follow, journey, simulation
from wejourney.journeys.counting import reason_of_text, reason_text
from wejourney.plain_data import from_plain, to_plain
from wejourney.reasons import Exited, Reason, Stopped, WouldExit, reason_from, without_details
from wejourney.services.close_run import ended_as
from workbench.compiler.catalogue import entry_of
from workbench.compiler.state_machine import compile_journey
from workbench.drawing.picture import picture_of
from workbench.language.reading import read_text
from workbench.trace.funnel import Funnel, count_tables
from workbench.trace.trace_events import RunEnded
from workbench.wording.journey_parts import Wording, label
from workbench.wording.picture_phrases import LANGUAGES, Language
from workbench.wording.reason_words import ReasonWords

TEXTS = {"en": "no answer", "zh": "没有回答"}
JOURNEY = """
trigger: {event: follow}
exits:
  - when: {tag: staff}
    reason: {en: works here, zh: 本店员工}
steps:
  - wait: 2h
  - stop: {en: no answer, zh: 没有回答}
"""
PLAIN = JOURNEY.replace("{en: works here, zh: 本店员工}", "works here").replace(
    "{en: no answer, zh: 没有回答}", "no answer"
)
READ = {"en": ("no answer", "works here"), "zh": ("没有回答", "本店员工")}


def end_of(text: str, *, staff: bool = False) -> Reason:
    acts = (follow(), does("tag", HOUR, tag="staff")) if staff else (follow(),)
    [end] = [event.end for event in simulation(journey(text), *acts).play() if isinstance(event, RunEnded)]
    return end


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_is_read_in_the_language_of_the_reader(language: Language) -> None:
    words = ReasonWords(language)
    stopped, exited = READ[language]
    assert words(end_of(JOURNEY)) == stopped
    assert exited in words(end_of(JOURNEY, staff=True))
    assert exited in words(WouldExit("works here", {"en": "works here", "zh": "本店员工"}))
    made = journey(JOURNEY)
    assert stopped in label(made.steps[-1], Wording(language))
    picture = repr(picture_of(made, language))
    assert stopped in picture
    assert exited in picture


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_funnel_counts_a_reason_once_and_says_it_in_the_language_of_the_reader(language: Language) -> None:
    funnel = Funnel()
    for _ in range(3):
        funnel.add("played", simulation(journey(JOURNEY), follow()).play())
    assert funnel.ended == Counter({Stopped("no answer", TEXTS): 3})
    console = Console(file=StringIO(), width=200)
    for table in count_tables(funnel, language):
        console.print(table)
    assert READ[language][0] in console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plain_reason_stays_as_it_is(language: Language) -> None:
    assert end_of(PLAIN) == Stopped("no answer")
    assert ReasonWords(language)(end_of(PLAIN)) == "no answer"
    assert to_plain(Stopped("no answer")) == {"kind": "stopped", "reason": "no answer"}
    assert "texts" not in json.dumps(
        [compile_journey(journey(PLAIN), ""), to_plain(entry_of(journey(PLAIN)))]
    )


@pytest.mark.parametrize(
    "reason", [Stopped("no answer", TEXTS), Exited("no answer", TEXTS), WouldExit("no answer", TEXTS)]
)
def test_a_reason_by_language_is_stored_and_counted_with_its_texts(reason: Reason) -> None:
    assert reason_from(json.loads(json.dumps(to_plain(reason)))) == reason
    assert reason_of_text(reason_text(reason)) == reason
    assert without_details(reason) == reason
    assert len({reason, reason_from(to_plain(reason))}) == 1


def test_a_machine_hands_on_the_texts_of_a_stop() -> None:
    states = compile_journey(journey(JOURNEY), "")["States"]
    assert '"texts": {"en": "no answer", "zh": "没有回答"}' in json.dumps(states, ensure_ascii=False).replace(
        '\\"', '"'
    )
    assert ended_as("succeeded", {"stopped": "no answer", "texts": TEXTS}) == Stopped("no answer", TEXTS)
    assert ended_as("succeeded", {"stopped": "no answer"}) == Stopped("no answer")


def test_an_exit_keeps_its_texts_in_the_catalogue() -> None:
    entry = entry_of(journey(JOURNEY))
    assert from_plain(type(entry), json.loads(json.dumps(to_plain(entry)))) == entry
    assert entry.exits[0].texts == {"en": "works here", "zh": "本店员工"}


@pytest.mark.parametrize(
    ("reason", "column"),
    [("{en: a, xx: b}", 16), ("{en: a, zh: ''}", 20), ("{en: '{tier|x}'}", 14), ("[a]", 9)],
)
def test_a_mistake_in_a_reason_has_its_place(reason: str, column: int) -> None:
    text = f"title: T\ntrigger: {{event: follow}}\nsteps:\n  - stop: {reason}\n"
    [mistake, *_] = read_text(text, "file", "file.yaml").mistakes
    assert mistake.line == 4
    assert mistake.column >= column
