"""Why somebody did not enter: parcelvoy #512, mautic #2188, where nothing said why."""

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOON, SUBJECT, event
from tests.support.events import body
from tests.unit.operations.lives import Life, journey_of
from wejourney.events.event import InboundEvent, own_event
from wejourney.journeys.chance import draw, is_held_out
from wejourney.journeys.definition import Again
from wejourney.reasons import Fact, Finished, HeldOut, Part, StartedOther
from workbench.operations.explanation import (
    AgainRule,
    Attempt,
    EndRule,
    EventRule,
    HoldoutRule,
    Rule,
    attempts_at,
)

CARE = """\
title: {en: Care, zh: 保养}
trigger: {event: scan, scene: store-*, when: {member: true, without_tag: calm}}
steps: [{tag: cared}]
"""
TWICE = CARE.replace("title", "priority: 5\ntitle")


def scan(minutes: int = 0, scene: str = "store-SH01") -> InboundEvent:
    return event("SCAN", NOON + timedelta(minutes=minutes), EventKey=scene)


def told(minutes: int, **changes: str) -> InboundEvent:
    at = NOON + timedelta(minutes=minutes)
    return own_event(body("profile", changes=changes), str(minutes), SUBJECT, at)


def attempts(life: Life, which: int = 0) -> tuple[Attempt, ...]:
    return attempts_at(life.journeys[which], life.follower, life.trace, last=10)[0]


def rule[R: Rule](attempt: Attempt, kind: type[R]) -> R:
    return next(rule for rule in attempt.rules if isinstance(rule, kind))


def part(attempt: Attempt, fact: Fact) -> Part:
    return next(rule for rule in attempt.rules if isinstance(rule, Part) and rule.fact == fact)


def test_a_refusal_shows_each_rule_its_value_at_that_time_and_the_stored_reason() -> None:
    # parcelvoy #512, mautic #2188: "how can we debug this further?"
    life = Life((journey_of(CARE),))
    reason = life.hears(scan()).refused["care"]
    (attempt,) = attempts(life)
    assert (attempt.verdict, attempt.reason) == ("refused", reason)
    assert attempt.run_id is None
    assert attempt.rules == (
        EventRule(life.journeys[0].trigger, scan().body, holds=True),
        AgainRule(Again(), None, holds=True),
        Part(Fact.MEMBER, wanted=True, found=False),
        Part(Fact.TAG, wanted=False, found=False, holds=True, name="calm"),
    )


def test_a_goal_that_is_already_reached_is_shown_with_its_rule() -> None:
    life = Life(
        (
            journey_of(
                CARE.replace("title", "goal: {tag: calm}\nexits: [{when: {points: 5}, reason: rich}]\ntitle")
            ),
        )
    )
    life.hears(told(0, member="true"))
    life.hears(own_event(body("tag", tag="calm"), "t", SUBJECT, NOON))
    life.hears(scan(1))
    (attempt,) = attempts(life)
    assert [rule for rule in attempt.rules if isinstance(rule, EndRule)] == [
        EndRule(None, holds=False),
        EndRule("rich", holds=True),
    ]


def test_values_are_those_at_the_time_of_the_event() -> None:
    # parcelvoy #512, mautic #2188
    life = Life((journey_of(CARE),))
    life.hears(scan(0))
    life.hears(told(1, member="true"))
    run = life.starts(scan(2))
    life.hears(told(3, member="false"))
    first, second = attempts(life)
    assert not part(first, Fact.MEMBER).holds
    assert part(second, Fact.MEMBER).holds
    assert (second.verdict, second.run_id) == ("started", run.id)


def test_a_tag_that_a_step_added_later_is_not_counted_earlier() -> None:
    life = Life((journey_of(CARE),))
    life.hears(event("subscribe"))
    life.hears(told(1, member="true"))
    run = life.starts(scan(2))
    life.tells("change", run, NOON + timedelta(minutes=3), added=["calm"])
    life.ends(run, Finished(), NOON + timedelta(minutes=4))
    life.state = replace(life.state, follower=life.follower.tagged(add=["calm"]))
    reason = life.hears(scan(5)).refused["care"]
    before, after = attempts(life)
    assert part(before, Fact.TAG).found is False
    assert part(after, Fact.TAG) == Part(Fact.TAG, wanted=False, found=True, name="calm")
    assert (after.verdict, after.reason) == ("refused", reason)


def test_an_event_that_does_not_match_the_trigger_is_shown_with_its_values() -> None:
    life = Life((journey_of(CARE),))
    life.hears(scan(scene="fair-2026"))
    (attempt,) = attempts(life)
    assert attempt.verdict == "other_event"
    assert rule(attempt, EventRule) == EventRule(
        life.journeys[0].trigger, scan(scene="fair-2026").body, holds=False
    )


def test_an_event_of_another_type_is_not_an_attempt() -> None:
    life = Life((journey_of(CARE),))
    life.hears(event("subscribe"))
    assert attempts(life) == ()


@pytest.mark.parametrize(
    ("again", "wanted"),
    [("never", "none at all"), ("{after: 30d}", "none that began in the last 30d"), ("always", None)],
)
def test_a_rule_of_re_entry_names_the_run_that_forbids_another(again: str, wanted: str | None) -> None:
    life = Life((journey_of(CARE + f"again: {again}\n"),))
    life.hears(event("subscribe"))
    life.hears(told(1, member="true"))
    life.ends(life.starts(scan(2)), Finished(), NOON + timedelta(minutes=3))
    refused = life.hears(scan(4)).refused
    first, second = attempts(life)
    assert rule(first, AgainRule).holds
    if wanted is None:
        assert second.verdict == "started"
        return
    assert (second.verdict, second.reason) == ("refused", refused["care"])
    assert rule(second, AgainRule).found == refused["care"]


def test_a_live_run_forbids_another_until_it_ends() -> None:
    life = Life((journey_of(CARE),))
    life.hears(event("subscribe"))
    life.hears(told(1, member="true"))
    life.ends(life.starts(scan(2)), Finished(), NOON + timedelta(minutes=9))
    life.starts(scan(10))
    assert [rule(attempt, AgainRule).holds for attempt in attempts(life)] == [True, True]
    refused = life.hears(scan(11)).refused["care"]
    last = attempts(life)[-1]
    assert rule(last, AgainRule) == AgainRule(Again(), refused, holds=False)


def test_a_refusal_names_the_journey_that_started_instead() -> None:
    life = Life((journey_of(TWICE, "first"), journey_of(CARE)))
    life.hears(event("subscribe"))
    life.hears(told(1, member="true"))
    life.starts(scan(2))
    (attempt,) = attempts(life, 1)
    assert (attempt.verdict, attempt.reason) == ("refused", StartedOther("first"))
    assert all(rule.holds for rule in attempt.rules)


@pytest.mark.parametrize("kept_out", [True, False])
def test_a_holdout_shows_the_bucket_and_the_least_one_that_may_enter(*, kept_out: bool) -> None:
    life = Life((journey_of(CARE + "holdout: 50%\n"),))
    life.hears(event("subscribe"))
    lots = next(name for name in "abcdefgh" if is_held_out(name, "care", 50) is kept_out)
    life.state = replace(life.state, follower=replace(life.follower, lots=lots))
    life.hears(told(1, member="true"))
    life.hears(scan(2))
    (attempt,) = attempts(life)
    lot = draw(lots, "care#holdout")
    assert attempt.reason == (HeldOut() if kept_out else None)
    assert rule(attempt, HoldoutRule) == HoldoutRule(wanted=5000, found=lot, holds=not kept_out)


def test_an_event_before_the_journey_was_deployed_is_reported_as_not_listening() -> None:
    # parcelvoy #512, mautic #2188
    life = Life(())
    life.hears(event("subscribe"))
    life.hears(told(1, member="true"))
    life.hears(scan(2))
    ((attempt,), earlier) = attempts_at(journey_of(CARE), life.follower, life.trace, last=10)
    assert (attempt.verdict, earlier) == ("not_listening", 0)


def test_an_event_that_starts_another_journey_is_not_an_attempt() -> None:
    started = journey_of("title: {en: Care, zh: 保养}\ntrigger: {event: journey}\nsteps: [{tag: cared}]\n")
    life = Life((started,))
    life.hears(event("subscribe"))
    for number, name in enumerate(["other", "care"]):
        life.hears(own_event(body("journey", journey=name, by="welcome"), str(number), SUBJECT, NOON))
    (attempt,) = attempts(life)
    assert rule(attempt, EventRule).holds
    assert attempt.verdict == "started"


def test_only_the_last_events_are_judged_and_the_work_grows_no_faster_than_the_history() -> None:
    again = "trigger: {event: scan}\nagain: {after: 30s}\n"
    life = Life((journey_of(f"title: {{en: Care, zh: 保养}}\n{again}steps: [{{tag: cared}}]\n"),))
    work = []
    for scans in (range(100), range(100, 200)):
        for number in scans:
            life.ends(life.starts(scan(number)), Finished(), NOON + timedelta(minutes=number, seconds=1))
        trace, calls = life.trace, Counter[str]()
        sys.setprofile(lambda frame, what, _: calls.update([frame.f_code.co_name] * (what == "call")))  # noqa: B023
        try:
            found, earlier = attempts_at(life.journeys[0], life.follower, trace, last=10)
        finally:
            sys.setprofile(None)
        assert (len(found), earlier, calls["why_not"]) == (10, len(scans) * (scans.stop // 100) - 10, 10)
        assert {rule(attempt, AgainRule).holds for attempt in found} == {True}
        work.append(calls.total())
    assert work[1] <= 2.1 * work[0]
