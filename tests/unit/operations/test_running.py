"""Why somebody got a message or did not, took a branch or did not: parcelvoy #512, mautic #2188."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import NOON, event
from tests.unit.operations.lives import Life, journey_of
from wejourney.journeys.runs import Run
from wejourney.reasons import (
    EndedByEngine,
    Exited,
    Fact,
    Finished,
    NotFollowing,
    Part,
    RunEnd,
    Stopped,
    to_dict,
)
from workbench.operations.findings import RunFinding, StepFinding
from workbench.operations.history import Choice, RunHistory
from workbench.operations.running import HISTORY_IS_GONE, runs_of

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


def branch(run: Run, minutes: int = 5) -> Choice:
    return Choice("3 Branch", NOON + timedelta(minutes=minutes), run.to_dict())


def explained(life: Life, run: Run, *choices: Choice) -> RunFinding:
    (found,) = runs_of(JOURNEY, life.timeline, {run.id: RunHistory(choices)})
    return found


def steps(found: RunFinding) -> dict[str, str]:
    return {step.step: step.verdict for step in found.steps}


# --- messages ------------------------------------------------------------------------------------


def test_a_message_is_told_with_the_allowance_that_it_left_on(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    said: dict[str, Any] = {"content": {"type": "text"}, "channel": "custom", "status": "sent"}
    life.tells("message", run, step="1", act="scan", until="2026-11-22T04:01:00+00:00", left=2, **said)
    expected = "sent: scan (2 left until 11-22 04:01Z)"
    assert steps(explained(life, run))["1"] == expected


def test_a_message_that_was_not_sent_is_told_with_the_stored_reason(life: Life) -> None:
    # parcelvoy #512, mautic #2188
    run = life.starts(event("SCAN", EventKey="a"))
    said: dict[str, Any] = {"content": {"type": "text"}, "channel": "custom"}
    life.tells("message", run, step="1", status="not_sent", reason=to_dict(NotFollowing()), **said)
    assert steps(explained(life, run))["1"] == "not sent: not following"


def test_a_passive_opening_needed_no_allowance(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("message", run, step="opening", status="sent", channel="passive", content={"type": "text"})
    assert "needs no allowance" in steps(explained(life, run))["opening"]


def test_a_message_that_the_run_did_not_come_to_is_told_as_not_reached(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    assert steps(explained(life, run)) == dict.fromkeys(
        ("1", "2", "3.case1.1", "3.otherwise.1"), "not reached yet"
    )
    life.ends(run, Exited("works here"))
    assert set(steps(explained(life, run)).values()) == {"not reached"}


def test_an_answer_is_told(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("answer", run, step="2", name="wish", outcome="answered", answer="care")
    found = explained(life, run).steps[0]
    assert (found.what, found.verdict) == ("question `wish`", "answered: care")


def test_a_question_that_nobody_answered_is_named_as_in_the_file(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("answer", run, step="2", outcome="unanswered")
    assert explained(life, run).steps[0].what == "question `wish`"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"type": "text", "text": "Welcome"}, "text message “Welcome”"),
        ({"type": "text", "text": "Welcome\n\nMore"}, "text message “Welcome…”"),
        ({"type": "news", "title": "n" * 31}, f"news message “{'n' * 30}…”"),
        ({"type": "image", "media_id": "m"}, "image message"),
    ],
)
def test_a_message_is_known_by_its_beginning(life: Life, content: dict[str, Any], what: str) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("message", run, step="1", status="sent", channel="passive", content=content)
    assert explained(life, run).steps[0].what == what


# --- branches ------------------------------------------------------------------------------------


def test_a_branch_is_told_with_each_case_each_part_and_its_value_then(life: Life) -> None:
    # parcelvoy #512, mautic #2188
    run = life.starts(event("SCAN", EventKey="a"))
    then = replace(run, follower=run.follower.tagged(["vip"]), answers={"wish": "care"})
    (found,) = (step for step in explained(life, run, branch(then)).steps if step.ways)
    assert (found.step, found.verdict) == ("3", "case 2 is taken")
    first, second, otherwise = found.ways
    assert first.verdict == "does not hold"
    assert first.parts == (
        Part(Fact.MEMBER, wanted=True, found=False),
        Part(Fact.ANSWER, "care", "care", holds=True, name="wish"),
    )
    assert second.parts[0].found == 1
    assert otherwise.verdict == "not taken: a case holds"


def test_a_case_after_the_one_that_is_taken_was_not_looked_at(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    then = replace(run, follower=run.follower.changed(member=True), answers={"wish": "care"})
    (found,) = (step for step in explained(life, run, branch(then)).steps if step.ways)
    assert [way.verdict for way in found.ways] == [
        "taken",
        "not looked at: a case before it holds",
        "not taken: a case holds",
    ]


def test_where_no_case_holds_the_rest_is_taken(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    (found,) = (step for step in explained(life, run, branch(run)).steps if step.ways)
    assert found.verdict == "otherwise is taken"


def test_a_condition_on_events_counts_those_before_the_branch_only() -> None:
    steps_ = "steps:\n  - wait: 1h\n  - branch: [{when: {event: {event: image}}, steps: [{tag: x}]}]\n"
    journey = journey_of("title: {en: Care, zh: 保养}\ntrigger: {event: scan}\n" + steps_)
    life = Life((journey,))
    run = life.starts(event("SCAN", EventKey="a"))
    life.hears(event("image", NOON + timedelta(minutes=90)))
    verdicts = []
    for minutes in (60, 120):
        choice = Choice("2 Branch", NOON + timedelta(minutes=minutes), run.to_dict())
        (found,) = runs_of(journey, life.timeline, {run.id: RunHistory((choice,))})
        verdicts.append(found.steps[0].verdict)
    assert verdicts == ["otherwise is taken", "case 1 is taken"]


def test_a_split_is_told_with_the_lot() -> None:
    text = "title: {en: Care, zh: 保养}\ntrigger: {event: scan}\nsteps:\n  - split:\n      name: teaser\n"
    shares = "      shares: [{percent: 30, steps: [{tag: a}]}, {percent: 70, steps: [{tag: b}]}]\n"
    journey = journey_of(text + shares)
    life = Life((journey,))
    run = replace(life.starts(event("SCAN", EventKey="a")), draws={"teaser": 3000})
    choice = Choice("1 Split teaser", NOON, run.to_dict())
    (found,) = runs_of(journey, life.timeline, {run.id: RunHistory((choice,))})
    (step,) = found.steps
    assert (step.what, step.verdict) == ("split `teaser`, lot 3000", "share 2 (3000 to 9999) is taken")


def test_a_choice_that_no_step_stands_for_is_left_out(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    choice = Choice("2 Moved", NOON, run.to_dict())
    assert not [step for step in explained(life, run, choice).steps if step.ways]


# --- what cannot be told, and the end ------------------------------------------------------------


def test_a_history_that_the_engine_has_no_more_is_said_to_be_gone(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.ends(run, Finished())
    (found,) = runs_of(JOURNEY, life.timeline, {})
    assert found.notes == (HISTORY_IS_GONE,)
    assert found.end == "finished"


def test_a_run_of_another_version_is_not_explained_by_this_file(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    changed = journey_of(CARE.replace("member: true", "member: false"))
    (found,) = runs_of(changed, life.timeline, {run.id: RunHistory((branch(run),))})
    assert found.steps == ()
    assert f"the run is of version {run.version}" in found.notes[0]


@pytest.mark.parametrize(
    ("end", "words"),
    [(Stopped("no answer"), "no answer"), (EndedByEngine("timed_out"), "timed out"), (None, "going on")],
)
def test_how_a_run_ended_is_told(life: Life, end: RunEnd | None, words: str) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    if end is not None:
        life.ends(run, end)
    assert explained(life, run).end == words


def test_runs_of_other_journeys_are_left_out(life: Life) -> None:
    life.starts(event("SCAN", EventKey="a"))
    assert runs_of(journey_of(CARE, "other"), life.timeline, {}) == ()


def test_steps_are_told_in_the_order_in_which_they_happened(life: Life) -> None:
    run = life.starts(event("SCAN", EventKey="a"))
    life.tells("answer", run, NOON + timedelta(minutes=1), step="2", name="wish", outcome="answered")
    said: dict[str, Any] = {"content": {"type": "text"}, "channel": "custom", "status": "sent"}
    life.tells("message", run, NOON + timedelta(minutes=9), step="3.otherwise.1", **said)
    found: tuple[StepFinding, ...] = explained(life, run, branch(run)).steps
    assert [step.step for step in found if step.at] == ["2", "3", "3.otherwise.1"]
