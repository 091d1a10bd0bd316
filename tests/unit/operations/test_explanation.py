"""Why somebody got a message or did not, took a branch or did not: parcelvoy #512, mautic #2188."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.builders import NOON, event
from tests.unit.operations.lives import Life, journey_of
from wejourney.journeys.chance import draw
from wejourney.journeys.runs import Run
from wejourney.plain_data import to_plain
from wejourney.reasons import EndedByEngine, Exited, Fact, Finished, NotFollowing, Part, RunEnd, Stopped
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.operations.explanation import RunFinding, explain
from workbench.trace.engine import StateEntered
from workbench.trace.trace_events import BranchTaken, RunStarted, WaitStarted
from workbench.trace.transcript import Narrator

CARE = """\
title: {en: Care, zh: 保养}
trigger: {event: scan}
steps:
  - send: {text: {en: Welcome, zh: 你好}}
  - ask: {name: wish, text: {en: "What may we do?", zh: "需要什么?"}, within: 20h}
  - branch:
      - when: {member: true, answer: {wish: care}}
        steps:
          - send: {text: {en: Soon, zh: 马上}}
      - when: {any: [{member: true}, {tag: vip}]}
        steps:
          - tag: seen
      - otherwise:
          - send: {text: {en: Later, zh: 以后}}
"""
JOURNEY = journey_of(CARE)


@pytest.fixture
def life() -> Life:
    return Life((JOURNEY,))


def branch(run: Run, minutes: int = 5) -> StateEntered:
    return StateEntered("3 Branch on member, wish, vip", NOON + timedelta(minutes=minutes), run.to_dict())


def explained(life: Life, run: Run, *entered: StateEntered, journey: Journey = JOURNEY) -> RunFinding:
    (found,) = explain(journey, life.follower, life.trace, {run.id: entered}, last=10).runs
    return found


def lines(found: RunFinding) -> list[tuple[str, str]]:
    """What is told of the run after its start: at which step, what."""
    narrator = Narrator(ZoneInfo("UTC"), "en")
    told = ((event.step, narrator.line(event)) for event in found.trace if not isinstance(event, RunStarted))
    return [(step, f"{line.kind}: {line.what}|{line.allowance}") for step, line in told if line is not None]


def ways(found: RunFinding) -> list[BranchTaken]:
    return [event for event in found.trace if isinstance(event, BranchTaken)]


# --- messages ------------------------------------------------------------------------------------

TEXT: dict[str, Any] = {"content": {"type": "text", "text": "Welcome"}, "channel": "custom"}


def test_a_message_shows_the_allowance_that_it_used(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("message", run, step="1", status="sent", act="scan", left=2, **TEXT)
    assert lines(explained(life, run)) == [("1", "account: Welcome|scan, 2 left")]


def test_a_message_that_was_not_sent_shows_the_stored_reason(life: Life) -> None:
    # parcelvoy #512, mautic #2188
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("message", run, step="1", status="not_sent", reason=to_plain(NotFollowing()), **TEXT)
    assert lines(explained(life, run)) == [("1", "not sent: Welcome — not following|")]


def test_a_message_that_the_run_has_not_reached_is_listed(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("message", run, step="1", status="sent", **TEXT)
    going_on = explained(life, run)
    life.ends(run, Exited("works here"))
    over = explained(life, run)
    assert going_on.not_reached == over.not_reached == ("2", "3.case1.1", "3.otherwise.1")
    assert (going_on.ended, over.ended) == (False, True)


def test_an_answer_is_shown(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("answer", run, step="2", name="wish", outcome="answered", answer="care")
    assert lines(explained(life, run)) == [("2", "answer: wish = care|")]


def test_a_question_without_an_answer_is_named_as_in_the_file(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("answer", run, step="2", outcome="unanswered")
    assert lines(explained(life, run)) == [("2", "timed out: wish: no answer in time|")]


# --- what the engine knows -----------------------------------------------------------------------


def test_a_branch_shows_each_case_and_each_part_with_its_value_at_that_time(life: Life) -> None:
    # parcelvoy #512, mautic #2188
    run = life.starts(event("SCAN", EventKey="a"))
    then = replace(run, follower=run.follower.tagged(["vip"]), answers={"wish": "care"})
    (found,) = ways(explained(life, run, branch(then)))
    assert (found.step, found.way, found.number) == ("3", "case", 2)
    first, second = found.verdicts
    assert (first.holds, second.holds) == (False, True)
    assert first.parts == (
        Part(Fact.MEMBER, wanted=True, found=False),
        Part(Fact.ANSWER, "care", "care", holds=True, name="wish"),
    )
    assert second.parts[0].found == 1


def test_cases_after_the_one_taken_are_not_evaluated(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    then = replace(run, follower=run.follower.changed(member=True), answers={"wish": "care"})
    (found,) = ways(explained(life, run, branch(then)))
    assert (found.number, [verdict.holds for verdict in found.verdicts]) == (1, [True])


def test_otherwise_is_taken_if_no_case_holds(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    (found,) = ways(explained(life, run, branch(run)))
    assert (found.way, [verdict.holds for verdict in found.verdicts]) == ("otherwise", [False, False])


def test_a_condition_on_events_counts_those_before_the_branch_only() -> None:
    steps = "steps:\n  - wait: 1h\n  - branch: [{when: {event: {event: image}}, steps: [{tag: x}]}]\n"
    journey = journey_of("title: {en: Care, zh: 保养}\ntrigger: {event: scan}\n" + steps)
    life = Life((journey,))
    run = life.starts(event("SCAN", EventKey="a"))
    life.hears(event("image", NOON + timedelta(minutes=90)))
    choices = (
        StateEntered("2 Branch on image", NOON + timedelta(minutes=minutes), run.to_dict())
        for minutes in (60, 120)
    )
    taken = [ways(explained(life, run, choice, journey=journey))[0].way for choice in choices]
    assert taken == ["otherwise", "case"]


def test_a_branch_in_a_case_is_shown_for_the_runs_that_took_the_case() -> None:
    inner = "{branch: [{when: {tag: vip}, steps: [{tag: x}]}, {otherwise: [{coupon: SPRING}]}]}"
    text = f"steps: [{{branch: [{{when: {{member: true}}, steps: [{inner}]}}]}}]\n"
    journey = journey_of("title: {en: Care, zh: 保养}\ntrigger: {event: scan}\n" + text)
    life = Life((journey,))
    run = life.starts(event("SCAN", EventKey="a"))

    def told(run: Run) -> list[tuple[str, str]]:
        entered = StateEntered("1 Branch on member", NOON, run.to_dict())
        found = explained(life, run, entered, journey=journey).trace
        return [
            (one.step, one.way if isinstance(one, BranchTaken) else "coupon") for one in found if one.step
        ]

    assert told(run) == [("1", "otherwise")]
    member = replace(run, follower=run.follower.changed(member=True))
    assert told(member) == [("1", "case"), ("1.case1.1", "otherwise"), ("1.case1.1.otherwise.1", "coupon")]


def test_a_split_shows_the_bucket() -> None:
    text = "title: {en: Care, zh: 保养}\ntrigger: {event: scan}\nsteps:\n  - split:\n      name: teaser\n"
    shares = "      shares: [{percent: 30, steps: [{tag: a}]}, {percent: 70, steps: [{tag: b}]}]\n"
    journey = journey_of(text + shares)
    life = Life((journey,))
    run = life.starts(event("SCAN", EventKey="a"))
    lot = draw(run.follower.drawn_by, "care#teaser")
    choice = StateEntered("1 Split teaser", NOON, run.to_dict())
    (found,) = ways(explained(life, run, choice, journey=journey))
    assert (found.way, found.number, found.lot) == ("share", 1 if lot < 3000 else 2, lot)


def test_a_wait_shows_when_it_ends() -> None:
    journey = journey_of(
        "title: {en: Care, zh: 保养}\ntrigger: {event: scan}\nsteps: [{wait: 90m}, {tag: x}]\n"
    )
    life = Life((journey,))
    run = life.starts(event("SCAN", EventKey="a"))
    state = next(iter(compile_journey(journey, "care.yaml")["States"]))
    entered = StateEntered(state, NOON, run.to_dict())
    (found,) = (event for event in explained(life, run, entered, journey=journey).trace if event.step)
    assert isinstance(found, WaitStarted)
    assert found.until == NOON + timedelta(minutes=90)


def test_a_state_that_belongs_to_no_step_is_left_out(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    assert ways(explained(life, run, StateEntered("2 Moved", NOON, run.to_dict()))) == []


# --- what cannot be told, and the end ------------------------------------------------------------


def test_a_history_that_the_engine_has_deleted_is_reported_as_gone(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.ends(run, Finished())
    (found,) = explain(JOURNEY, life.follower, life.trace, {}, last=10).runs
    assert found.notes == ("history_is_gone",)
    assert lines(found) == [("", "journey ends: care: finished|")]


def test_a_run_of_another_version_is_not_explained_by_this_file(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    changed = journey_of(CARE.replace("member: true", "member: false"))
    found = explained(life, run, branch(run), journey=changed)
    assert (lines(found), found.not_reached) == ([], ())
    assert found.notes == ("other_version",)


@pytest.mark.parametrize(
    ("end", "words"), [(Stopped("no answer"), "no answer"), (EndedByEngine("timed_out"), "timed out")]
)
def test_the_end_of_a_run_is_shown(life: Life, end: RunEnd, words: str) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.ends(run, end)
    assert lines(explained(life, run)) == [("", f"journey ends: care: {words}|")]


def test_runs_of_other_journeys_are_left_out(life: Life) -> None:
    life.starts(event("SCAN", EventKey="a"))
    assert explain(journey_of(CARE, "other"), life.follower, life.trace, {}, last=10).runs == ()


def test_steps_are_shown_in_the_order_in_which_they_happened(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("message", run, NOON + timedelta(minutes=9), step="3.otherwise.1", status="sent", **TEXT)
    life.tells("answer", run, NOON + timedelta(minutes=1), step="2", name="wish", outcome="answered")
    assert [step for step, _ in lines(explained(life, run, branch(run)))] == ["2", "3", "3.otherwise.1"]
