"""Runs that share the follower's allowances for certain: a journey and those that it starts."""

import json
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from tests.support.cli import run
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.journeys.definition import Condition, Trigger
from wejourney.messaging.contents import Template, Text
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Branch, Case, Send, StartJourney, Step, Stop, Wait
from workbench.proof.premises import beside_of
from workbench.proof.prove import prove

CURRENT = RULE_SETS["current"]
HI, SILENT = Text({"any": "hi"}), (Stop("silent"),)
SEND, TWICE = Send(HI), Send(HI, if_unsure="resend")
ANSWERED = Ask("q", 3600, unanswered=SILENT)
TEXT, STARTED = Trigger("text", keywords=("hi",)), Trigger("journey")


def journey(name: str, trigger: Trigger, *steps: Step) -> Journey:
    return Journey(name, {"any": "J"}, trigger, steps)


def fits(made: Journey, *others: Journey) -> bool:
    return prove(made, CURRENT, beside=beside_of((), (made, *others))) == ()


PLACES: dict[str, tuple[Step, ...]] = {
    "as a step": (StartJourney("b"),),
    "in a branch": (Branch((Case(Condition(tags=("a",)), (StartJourney("b"),)),), ()),),
    "before a pause": (StartJourney("b"), Wait(3600)),
    "by a journey between": (StartJourney("between"),),
}
BETWEEN = journey("between", STARTED, StartJourney("b"))


@pytest.mark.parametrize("place", PLACES)
def test_both_fit_exactly_if_one_allowance_is_enough_for_what_both_may_send(place: str) -> None:
    for before, after, theirs in product((0, 2), (0, 1, 2, 3), (0, 1, 3, 5)):
        starting = journey("a", TEXT, *[SEND] * before, *PLACES[place], *[SEND] * after)
        started = journey("b", STARTED, ANSWERED, *[SEND] * theirs)
        assert fits(starting), "alone"

        assert fits(starting, BETWEEN, started) is (after == 0 or before + after + theirs <= 5)
        assert fits(started, BETWEEN, starting) is (theirs == 0 or after + theirs <= 5)


def counted(steps: Iterable[Step]) -> bool:
    """Whether a journey that sends four messages after it has started another one fits beside these steps."""
    starting = journey("a", TEXT, StartJourney("b"), *[SEND] * 4)
    return fits(starting, journey("b", STARTED, *steps))


def test_what_may_take_an_allowance_is_counted_on_the_path_that_sends_most() -> None:
    free = Send(Template("t", {}), purpose="service")
    one_of_two = Branch((Case(Condition(tags=("a",)), (SEND,)),), (SEND,))

    assert counted([free, Wait(60), free])
    assert counted([ANSWERED, SEND])
    assert counted([ANSWERED, one_of_two])
    assert not counted([ANSWERED, one_of_two, SEND])
    assert not counted([ANSWERED, TWICE])
    assert not counted([Ask("r", 60, HI, unanswered=(SEND,), not_sent=SILENT)])


def test_what_a_started_journey_sends_is_not_counted_before_it_starts_nor_elsewhere() -> None:
    started = journey("b", STARTED, ANSWERED, *[SEND] * 5)

    assert fits(journey("a", TEXT, *[SEND] * 5, StartJourney("b")), started)
    branch = Branch((Case(Condition(tags=("a",)), (StartJourney("b"), Stop("started"))),), ())
    assert fits(journey("a", TEXT, branch, *[SEND] * 5), started)
    assert fits(journey("c", TEXT, *[SEND] * 5), started, journey("a", TEXT, StartJourney("b")))


@pytest.mark.parametrize("circle", [False, True])
def test_40_journeys_each_of_which_two_others_start_are_looked_at_once(*, circle: bool) -> None:
    """Else there are 2^20 chains of them, and `check` of one of these files does not end."""
    levels = [(f"a{level}", f"b{level}") for level in range(20)]
    layers = [
        [journey(name, STARTED, ANSWERED, SEND, *map(StartJourney, following)) for name in level]
        for level, following in zip(levels, [*levels[1:], levels[-3] if circle else ()], strict=True)
    ]
    beside = beside_of((), (one for layer in layers for one in layer))

    assert beside.begun["a18"] == (19 if circle else 3)
    assert beside.begun["b1"] == beside.begun["a1"] > 2**18


def test_journeys_that_start_each_other_are_counted_once() -> None:
    ends = Branch((Case(Condition(tags=("a",)), (StartJourney("b"),)),), ())
    first = journey("a", STARTED, ANSWERED, SEND, ends)
    assert fits(first, journey("b", STARTED, ANSWERED, SEND, StartJourney("a")))
    assert not fits(first, journey("b", STARTED, ANSWERED, SEND, StartJourney("a"), *[TWICE] * 2, SEND))


STARTING = """\
title: T
trigger: {event: text, keywords: [go]}
steps:
  - send: {text: One}
  - start: started
  - wait: 1h
  - send: {text: Two}
  - send: {text: Three}
"""
ASKING = """\
title: T
trigger: {event: journey, journey: starting}
steps:
  - ask: {name: q, within: 24h, unanswered: [{stop: no answer}]}
"""


def test_check_shows_the_message_of_the_other_journey_and_the_simulator_the_rejection(tmp_path: Path) -> None:
    starting, started = tmp_path / "starting.yaml", tmp_path / "started.yaml"
    starting.write_text(STARTING)
    persona = tmp_path / "p.yaml"
    persona.write_text("name: P\nlanguage: en\nacts:\n  - say: go\nanswers:\n  q: {say: 'yes', in: 30m}\n")

    for messages, accepted in ((2, True), (4, False)):
        started.write_text(ASKING + "  - send: {text: Theirs}\n" * messages)
        done = run("check", starting, "--json")
        lived = run("simulate", starting, "--with", started, "--persona", persona).stdout

        assert (done.exit_code == 0, "no allowance" not in lived) == (accepted, accepted)
        kinds = [step["kind"] for mistake in json.loads(done.stdout) for step in mistake["path"]]
        assert ("other" in kinds) is not accepted
