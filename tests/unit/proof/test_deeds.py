"""Nobody gets a reward for following, scanning or sharing: something that they do comes before it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.examples.extreme_people import CHANGES, ExtremePerson, deployment_of, does, fitted
from tests.support.examples.journeys import journeys
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.event_types import EVENT_TYPES, NARROWING_FIELDS, OF_THE_CALENDAR
from wejourney.events.matching import EventPattern
from wejourney.events.values import NumberRange
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.segments import PeopleRules
from wejourney.people.counters import CountedEvents, CounterTest
from wejourney.people.lifecycle import Stage, StageRule
from wejourney.people.profile_model import ProfileModel
from workbench.checks.cross_journey_checks import check_together
from workbench.language.journey import Journey
from workbench.language.reading import Reading, read_text
from workbench.language.step_types import (
    Agree,
    Award,
    ChangeStep,
    EndJourney,
    Give,
    HandOver,
    Set,
    StartJourney,
    Step,
    Tag,
    Untag,
    Withdraw,
)
from workbench.proof.deeds import FOLLOWS, SHARES, is_deed, may_be_caused, reached_without_deed
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


PATTERNS = {"payment": EventPattern("payment"), "scan": EventPattern("scan")}
PROFILE = ProfileModel(
    counters={name: (CountedEvents(pattern),) for name, pattern in PATTERNS.items()},
    stages={
        Stage.FOLLOWER: StageRule((Stage.AWARE,), (PATTERNS["scan"],)),
        Stage.CUSTOMER: StageRule((Stage.AWARE,), (PATTERNS["payment"],)),
    },
)
SEGMENTS = {
    "new-tagged": Condition(tags=("new",), customer=False),
    "new-in-paris": Condition(any=(Condition(tags=("old",)), Condition(attributes={"city": "Paris"}))),
    "sized": Condition(attributes={"size": NumberRange(40, 44)}, none=Condition(customer=True)),
    "on-trial": Condition(dates=("trial",), without_tags=("old",)),
    "silver": Condition(tier="silver"),
    "buyers": Condition(tags=("new",), customer=True),
}
TOLD = "[{tag: new}, {set: {city: Paris, size: '41', date.trial: '2026-12-01'}}]"
"""What leads into the first segments without a deed; each tells nothing of tiers and of customers."""
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


def told(segments: Mapping[str, Condition] = SEGMENTS, **readings: Reading) -> list[tuple[str, str]]:
    """The mistakes about rewards, with the files that they are in."""
    mistakes = [mistake for reading in readings.values() for mistake in reading.mistakes]
    assert mistakes == []
    found = check_together(readings, PeopleRules(PROFILE, segments))
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
    "a segment of an attribute": ("{set: {city: paris}}", "{event: segment, segment: new-in-paris}"),
    "a segment of what is known then": (
        "{set: {city: '{attribute.home|Lyon}'}}",
        "{event: segment, segment: new-in-paris}",
    ),
    "a segment of a number": ("{set: {size: '41'}}", "{event: segment, segment: sized}"),
    "a segment of a date": ("{set: {date.trial: '2026-12-01'}}", "{event: segment, segment: on-trial}"),
    "a segment of a tier": ("{set: {tier: silver}}", "{event: segment, segment: silver}"),
    "a segment of customers": ("{tag: new}, {set: {customer: 'true'}}", "{event: segment, segment: buyers}"),
    "a tier": ("{set: {tier: silver}}", "{event: tier.changed, tier: silver}"),
    "a chat that is closed": ("{hand_over: {staff: care, within: 1d}}", "{event: chat_closed}"),
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


@pytest.mark.parametrize("segment", ["buyers", "silver", "none"])
def test_a_segment_that_what_is_noted_does_not_lead_into_takes_a_deed(segment: str) -> None:
    gives = reading_of(f"[{{{GIVES[0]}}}]", f"{{event: segment, segment: {segment}}}", "second")
    assert told(first=reading_of(TOLD, "{event: follow}", "first"), second=gives) == []


OTHER_VALUES = "[{set: {city: Lyon, size: '39', date.other: '2026-12-01'}}]"


@pytest.mark.parametrize(("fallback", "is_entered"), [("|", False), ("|Lyon", False), ("|Paris", True)])
def test_who_has_not_answered_is_noted_with_the_text_for_no_answer(
    fallback: str,
    is_entered: bool,  # noqa: FBT001 - a column of the table
) -> None:
    set_city = f"{{set: {{city: '{{answer.q{fallback}}}'}}}}"
    first = reading_of(f"[{{ask: {ASK % ''}}}, {set_city}]", "{event: follow}", "first")
    gives = reading_of(f"[{{{GIVES[0]}}}]", "{event: segment, segment: new-in-paris}", "second")
    assert bool(told(first=first, second=gives)) is is_entered


@pytest.mark.parametrize("segment", SEGMENTS)
def test_another_value_leads_into_no_segment(segment: str) -> None:
    gives = reading_of(f"[{{{GIVES[0]}}}]", f"{{event: segment, segment: {segment}}}", "second")
    assert told(first=reading_of(OTHER_VALUES, "{event: follow}", "first"), second=gives) == []


AT_ONCE: list[tuple[Condition, bool]] = [
    (Condition(customer=False), True),
    (Condition(without_tags=("bought",)), True),
    (Condition(scene="store-*"), True),
    (Condition(source="qr"), True),
    (Condition(language="fr"), True),
    (Condition(attributes={"code_campaign": "spring"}), True),
    (Condition(stage=Stage.FOLLOWER), True),
    (Condition(none=Condition(stage=Stage.AWARE)), True),
    (Condition(counters=(CounterTest("scan", 30, 1),)), True),
    (Condition(counters=(CounterTest("payment", 30, None, 0),)), True),
    (Condition(any=(Condition(customer=True), Condition(member=False))), True),
    (Condition(none=Condition(customer=False)), False),
    (Condition(stage=Stage.CUSTOMER), False),
    (Condition(counters=(CounterTest("payment", 30, 1),)), False),
    (Condition(counters=(CounterTest("payment", 30, 1), CounterTest("scan", 30, 1))), False),
    (Condition(scene="store-*", customer=True), False),
    (Condition(tags=("new",)), False),
    (Condition(attributes={"city": "Paris"}), False),
    (Condition(points_from=1), False),
    (Condition(tier="gold"), False),
    (Condition(member=True), False),
]


@pytest.mark.parametrize(("when", "is_entered"), AT_ONCE, ids=[str(n) for n in range(len(AT_ONCE))])
def test_who_enters_a_segment_by_following_gets_nothing_for_it(when: Condition, is_entered: bool) -> None:  # noqa: FBT001 - a column of the table
    gives = reading_of(f"[{{{GIVES[0]}}}]", "{event: segment, segment: s}")
    assert bool(told({"s": when}, j=gives)) is is_entered


CHANGES_OF_STEPS: dict[type[Step], tuple[str, set[str]]] = {
    Tag: ("tag: new", {"tag", "segment"}),
    Untag: ("untag: new", set()),
    Set: (
        "set: {city: Paris, date.trial: '2026-12-01', tier: silver}",
        {"segment", "date", "tier.changed"},
    ),
    Withdraw: ("withdraw: news", {"consent_withdrawn"}),
    StartJourney: ("start: second", {"journey"}),
    EndJourney: ("end: second", set()),
    HandOver: ("hand_over: {staff: care, within: 1d}", {"chat_closed"}),
}
"""What journeys can do to a person without a deed, and the events that come of it."""

GIVERS_AND_AGREEMENTS = {Award, Give, Agree}
"""The first two are mistakes themselves, and `agree` is one where nobody has said yes."""

NARROWED = {
    "text": "keywords: [a]",
    "click": "key: a",
    "tag": "tag: new",
    "points": "points: 5",
    "segment": "segment: '*'",
    "check_in": "name: a",
    "mini_program": "name: custom.tasted",
    "consent_given": "name: news",
    "consent_withdrawn": "name: news",
    "tier.changed": "tier: silver",
    "date": "date: trial",
    "schedule": "at: '09:00'",
    "location_report": "near: {latitude: 48.8, longitude: 2.3, metres: 500}",
}
REWARDS_ITSELF = {*FOLLOWS, "gift.claimed", "gift.returned"}


def test_the_table_has_every_step_that_changes_something() -> None:
    assert {*CHANGES_OF_STEPS, *GIVERS_AND_AGREEMENTS} == {*ChangeStep.__args__, HandOver}


@pytest.mark.parametrize(
    ("step", "event"),
    # To start a journey that begins by another event is a mistake itself.
    [
        (step, event)
        for step in CHANGES_OF_STEPS
        for event in NARROWING_FIELDS
        if step is not StartJourney or event == "journey"
    ],
)
def test_of_every_step_and_every_event_it_is_known_whether_one_leads_to_the_other(
    step: type[Step], event: str
) -> None:
    written, leads_to = CHANGES_OF_STEPS[step]
    first = reading_of(f"[{{{written}}}]", "{event: follow}", "first")
    narrowed = f", {NARROWED[event]}" if event in NARROWED else ""
    second = reading_of(f"[{{{GIVES[0]}}}]", f"{{event: {event}{narrowed}}}", "second")

    assert bool(told(first=first, second=second)) is (event in leads_to | REWARDS_ITSELF)


@pytest.mark.parametrize("event", NARROWING_FIELDS)
def test_no_rule_of_the_programme_can_reward_what_a_step_leads_to(event: str) -> None:
    leads_to = set[str]().union(*(events for _, events in CHANGES_OF_STEPS.values()))
    if event in leads_to - OF_THE_CALENDAR:
        assert may_be_caused(EventPattern(event))


def test_the_mistake_says_where_why_and_what_to_do() -> None:
    readings = {"j": reading_of(f"\n  - tag: new\n  - {GIVES[0]}", "{event: follow}")}
    (mistake,) = check_together(readings, PeopleRules())

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
