"""Nobody gets a reward for following, scanning or sharing: something that they do comes before it."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.examples.extreme_people import CHANGES, ExtremePerson, deployment_of, does, fitted
from tests.support.examples.journeys import journeys
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.event_types import EVENT_TYPES
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, Trigger
from workbench.checks.cross_journey_checks import check_together
from workbench.language.journey import Journey
from workbench.language.reading import Reading, read_text
from workbench.language.step_types import Award
from workbench.proof.deeds import FOLLOWS, SHARES, is_deed, reached_without_deed
from workbench.trace.trace_events import PointsChanged

ROOT = Path(__file__).parents[3]
TRIGGERS = (
    "{event: follow}",
    "{event: follow, scene: store-*, when: {customer: true}}",
    "{event: scan}",
    *(f"{{event: mini_program, name: {name}}}" for name in SHARES),
    "{event: gift.claimed}",
    "{event: gift.returned, property: {coupon: friends5}}",
    '{event: mini_program, name: "share.*"}',
    '{event: mini_program, name: "*"}',
)
ASK = "{name: q, text: Which?, choices: {a: 1, b: 2}, within: 1h%s}"
ANSWERED = f"{{ask: {ASK % ', unanswered: [{stop: silent}]'}}}"
GIVES = ("award: {points: 5, reason: a gift}", "coupon: WELCOME")


def waits(pattern: str, otherwise: str) -> str:
    return f"[{{wait: {{{pattern}, within: 1d, otherwise: [{otherwise}]}}}}, GIVES]"


def branches(when: str) -> str:
    return f"[{{ask: {ASK % ''}}}, {{branch: [{{when: {when}, steps: [GIVES]}}]}}]"


SEGMENTS = {
    "new-tagged": Condition(tags=("new",), customer=False),
    "buyers": Condition(tags=("new",), customer=True),
    "not-customers": Condition(customer=False),
}
STOP = "{stop: nothing}"
AFTER: dict[str, bool] = {
    "[GIVES]": False,
    "[{tag: new}, {wait: 1d}, {wait: {until: '09:00'}}, {send: {text: hello}}, GIVES]": False,
    "[{split: {name: n, shares: [{percent: 50, steps: [GIVES]}, {percent: 50, steps: [{tag: b}]}]}}]": False,
    f"[{{ask: {ASK % ''}}}, GIVES]": False,
    f"[{{ask: {ASK % ', unanswered: [GIVES]'}}}]": False,
    f"[{ANSWERED}, GIVES]": True,
    branches("{answer: {q: a}}"): True,
    branches("{any: [{answer: {q: a}}, {answer: {q: b}}]}"): True,
    branches("{any: [{answer: {q: a}}, {customer: true}]}"): False,
    branches("{not: {answer: {q: a}}}"): False,
    branches("{customer: true}"): False,
    branches("{points: {from: 100}}"): False,
    branches("{event: {event: payment, scope: run}}"): True,
    branches("{event: {event: payment, scope: ever}}"): False,
    branches("{not: {event: {event: payment}}}"): False,
    branches("{event: {event: scan, scope: ever}}"): False,
    waits("event: payment", STOP): True,
    waits("event: check_in", STOP): True,
    waits("event: member.joined", STOP): True,
    waits("event: mini_program, name: product.viewed", STOP): True,
    waits("event: payment", "{tag: none}"): False,
    waits("event: scan", STOP): False,
    waits("event: tag, tag: vip", STOP): False,
    waits('event: mini_program, name: "share*"', STOP): False,
    f"[{{wait: {{date: birthday, within: 30d, otherwise: [{STOP}]}}}}, GIVES]": False,
    "[{hand_over: {staff: care, within: 1d}}, GIVES]": False,
}
"""What comes before a gift, and whether they have done something by then on every path."""


def reading_of(steps: str, trigger: str, name: str = "j") -> Reading:
    return read_text(f"title: T\ntrigger: {trigger}\nsteps: {steps}\n", name, f"{name}.yaml")


def told(**readings: Reading) -> list[tuple[str, str]]:
    """The mistakes about rewards, with the files that they are in."""
    mistakes = [mistake for reading in readings.values() for mistake in reading.mistakes]
    assert mistakes == []
    found = check_together(readings, SEGMENTS)
    return [(one.file, one.message) for one in sorted(found) if "bans accounts" in one.message]


@pytest.mark.parametrize("gives", GIVES)
@pytest.mark.parametrize("steps", AFTER)
def test_a_journey_that_begins_with_a_follow_gives_only_after_something_that_people_do(
    steps: str, gives: str
) -> None:
    found = told(j=reading_of(steps.replace("GIVES", f"{{{gives}}}"), "{event: follow}"))

    assert len(found) == (0 if AFTER[steps] else 1)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_it_is_so_whatever_brings_or_shares_the_account(trigger: str) -> None:
    assert len(told(j=reading_of(f"[{{{GIVES[0]}}}]", trigger))) == 1
    assert (
        told(j=reading_of(f"[{{ask: {ASK % ', unanswered: [{stop: no}]'}}}, {{{GIVES[0]}}}]", trigger)) == []
    )


@pytest.mark.parametrize(
    "trigger", ["{event: payment}", "{event: text, keywords: [hi]}", "{event: check_in, name: a}"]
)
def test_what_begins_with_something_that_people_do_may_give_at_once(trigger: str) -> None:
    assert told(j=reading_of(f"[{{{GIVES[0]}}}]", trigger)) == []


def test_a_journey_that_is_started_gives_for_what_began_the_first_one() -> None:
    begins = reading_of("[{wait: 1d}, {start: second}]", "{event: follow}", "first")
    second = reading_of("[{start: third}]", "{event: journey}", "second")
    third = reading_of(f"[{{{GIVES[0]}}}]", "{event: journey}", "third")
    answered = reading_of(f"[{ANSWERED}, {{start: second}}]", "{event: follow}", "first")

    assert [file for file, _ in told(first=begins, second=second, third=third)] == ["third.yaml"]
    assert told(first=answered, second=second, third=third) == []


BEGUN_BY: dict[str, tuple[str, str]] = {
    "a journey": ("{start: second}", "{event: journey}"),
    "a tag": ("{tag: [x, new]}", "{event: tag, tag: new}"),
    "any tag": ("{tag: new}", '{event: tag, tag: "n*"}'),
    "a segment of a tag": ("{tag: [x, new]}", "{event: segment, segment: new-tagged}"),
    "any segment": ("{tag: new}", '{event: segment, segment: "new-*"}'),
    "a date": ("{set: {date.trial: '2026-12-01'}}", "{event: date, date: trial}"),
    "a withdrawal": ("{withdraw: news}", "{event: consent_withdrawn, name: news}"),
}


@pytest.mark.parametrize(("step", "trigger"), BEGUN_BY.values(), ids=BEGUN_BY)
def test_a_journey_that_begins_by_what_another_one_does_gives_for_what_began_that_one(
    step: str, trigger: str
) -> None:
    gives = reading_of(f"[{{{GIVES[0]}}}]", trigger, "second")
    first = reading_of(f"[{{wait: 1d}}, {step}]", "{event: follow}", "first")
    between = reading_of("[{tag: between}]", "{event: follow}", "first")
    after = reading_of(f"[{step}]", "{event: tag, tag: between}", "after")
    answered = reading_of(f"[{ANSWERED}, {step}]", "{event: follow}", "first")
    other = reading_of("[{tag: unlike}, {set: {date.other: '2026-12-01'}}]", "{event: follow}", "first")

    assert [file for file, _ in told(first=first, second=gives)] == ["second.yaml"]
    assert [file for file, _ in told(first=between, after=after, second=gives)] == ["second.yaml"]
    assert told(first=answered, second=gives) == []
    assert told(first=other, second=gives) == []


@pytest.mark.parametrize("segment", ["buyers", "not-customers", "none"])
def test_a_segment_that_a_tag_alone_does_not_lead_into_takes_a_deed(segment: str) -> None:
    gives = reading_of(f"[{{{GIVES[0]}}}]", f"{{event: segment, segment: {segment}}}", "second")
    assert told(first=reading_of("[{tag: new}]", "{event: follow}", "first"), second=gives) == []


def test_the_mistake_says_where_why_and_what_to_do() -> None:
    readings = {"j": reading_of(f"\n  - tag: new\n  - {GIVES[0]}", "{event: follow}")}
    (mistake,) = check_together(readings, {})

    assert str(mistake).startswith("j.yaml:5:12: `award` for people who have only done `follow`: WeChat bans")
    assert mistake.hint is not None
    assert "after an answer" in str(mistake.hint)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_no_follow_scan_or_share_is_a_deed_and_neither_is_what_systems_tell(kind: str) -> None:
    is_person = EVENT_TYPES[kind].actor == "person"
    if kind in FOLLOWS or not is_person or kind == "mini_program":
        assert not is_deed(EventPattern(kind))


class PassivePerson(ExtremePerson):
    """Somebody who does nothing but follow; staff and other systems do what they like."""

    def _decide(self) -> None:
        if self.acts_left > 0 and self.runs:
            act = self.random.choice((*CHANGES, does("chat_closed"), does("scan", scene="elsewhere")))
            self._do(act, self.random.choice(self._moments(self._limit())))


# Not made smaller when it fails: each try is a proof.
@settings(max_examples=60, derandomize=True, deadline=None, phases=[Phase.generate])
@given(journeys, st.integers(0, 99))
def test_who_does_nothing_gets_nothing_in_a_journey_that_is_accepted(made: Journey, seed: int) -> None:
    """The simulator is the judge: where somebody gets points, the check has said so."""
    made = replace(made, trigger=Trigger("follow"), steps=(*made.steps, Award(1, "the end")))
    journey = fitted(made, RULE_SETS["current"], Random(seed))  # noqa: S311
    given_at = {at for at, step in reached_without_deed(journey) if isinstance(step, Award)}
    deployment = deployment_of(journey, RULE_SETS["current"])
    for number in range(5):
        lived = PassivePerson(deployment, Random(f"{seed}/{number}")).live()  # noqa: S311
        got = [one for one in lived if isinstance(one, PointsChanged)]
        assert not got or given_at
