"""A simulated person with contacts in several accounts: each journey speaks in the one that it names."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.cli import run
from tests.support.virtual_time.simulated import does, follow, journey, says, simulation
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.reasons import DoneElsewhere, Finished, NoContactIn, NotReachableIn, Unfollowed
from workbench.simulator.deployment import ScriptedEvent
from workbench.trace.trace_events import (
    JourneyRefused,
    MessageNotSent,
    MessageSent,
    RunEnded,
    RunStarted,
    TraceEvent,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
THANKS = journey(
    "trigger: {event: payment}\nspeaks_to: shop\n"
    "steps:\n"
    "  - wait: {event: text, keywords: ['yes'], within: 1d, otherwise: [{stop: silent}]}\n"
    "  - send: {text: hi}\n",
    "thanks",
)


def elsewhere(act: ScriptedEvent, account: str = "club") -> ScriptedEvent:
    return replace(act, account=account)


def pays(after: timedelta) -> ScriptedEvent:
    return does("payment", after, total=100, order="A")


def lived(*acts: ScriptedEvent, played: str = "") -> list[TraceEvent]:
    told = simulation(THANKS, *acts).play()
    assert not [event for event in told if isinstance(event, MessageNotSent)]
    return told


def of[T: TraceEvent](trace: list[TraceEvent], kind: type[T]) -> list[T]:
    return [event for event in trace if isinstance(event, kind)]


def test_a_run_speaks_in_the_named_account_and_hears_what_is_said_there_only() -> None:
    both = (follow(), elsewhere(follow()))
    said_here, said_there = says("yes", 2 * HOUR), elsewhere(says("yes", 2 * HOUR))

    heard = lived(*both, elsewhere(pays(HOUR), "mini"), said_here)
    assert [one.speaks_to for one in of(heard, RunStarted)] == ["shop"]
    assert len(of(heard, MessageSent)) == 1
    assert [one.end for one in of(heard, RunEnded)] == [Finished()]

    unheard = lived(*both, elsewhere(pays(HOUR), "mini"), said_there)
    assert of(unheard, MessageSent) == []
    assert len(of(unheard, RunStarted)) == 1


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        ((elsewhere(follow()), elsewhere(pays(HOUR))), NotReachableIn("shop")),
        ((elsewhere(follow()), elsewhere(pays(HOUR), "mini")), NotReachableIn("shop")),
        ((follow(), does("unfollow", HOUR), elsewhere(pays(2 * HOUR))), NoContactIn("shop")),
    ],
)
def test_a_journey_does_not_start_where_its_account_cannot_be_spoken_with(
    acts: tuple[ScriptedEvent, ...], reason: object
) -> None:
    trace = lived(*acts)
    assert of(trace, RunStarted) == []
    assert [one.reason for one in of(trace, JourneyRefused)] == [reason]


def test_what_is_done_in_another_account_does_not_start_a_journey_of_this_one() -> None:
    greeting = journey(
        "trigger: {event: follow}\nspeaks_to: shop\nopening: {text: hi}\nsteps: [{tag: a}]", "greets"
    )
    trace = simulation(greeting, elsewhere(follow()), replace(follow(), after=HOUR)).play()
    assert [one.reason for one in of(trace, JourneyRefused)] == [DoneElsewhere("shop")]
    assert len(of(trace, RunStarted)) == len(of(trace, MessageSent)) == 1


def test_leaving_one_account_ends_the_runs_that_speak_there_and_no_other() -> None:
    acts = (follow(), elsewhere(follow()), pays(HOUR))
    left_here = lived(*acts, does("unfollow", 2 * HOUR))
    left_there = lived(*acts, elsewhere(does("unfollow", 2 * HOUR)), says("yes", 3 * HOUR))
    assert [one.end for one in of(left_here, RunEnded)] == [Unfollowed()]
    assert [one.end for one in of(left_there, RunEnded)] == [Finished()]


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_payment_in_another_app_opens_nothing_where_the_journey_speaks(rules: str) -> None:
    sends = journey(
        "trigger: {event: payment}\nspeaks_to: shop\nsteps: [{send: {text: hi, not_sent: [{tag: a}]}}]", "s"
    )
    told = simulation(sends, follow(), elsewhere(pays(49 * HOUR), "mini"), rules=rules).play()
    assert of(told, MessageSent) == []
    assert len(of(told, MessageNotSent)) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("speaks to `shop`", "in `mini_program`")),
        ("zh", ("在 `shop` 中对话", "发生在 `mini_program`")),
    ],
)
def test_a_transcript_says_where_a_journey_speaks_and_where_something_happened(
    tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/accounts.yaml").write_text("shop: official_account\nclub: official_account\n", "utf-8")
    file = tmp_path / "thanks.yaml"
    file.write_text("title: T\ntrigger: {event: payment}\nspeaks_to: shop\nsteps: [{tag: a}]\n", "utf-8")
    paid, said = "{at: 1h, account: mini_program, pay: {total: 100}}", "{at: 2h, account: club, say: hi}"
    (tmp_path / "lee.yaml").write_text(f"acts: [{{follow: {{}}}}, {paid}, {said}]\n", "utf-8")

    told = run("simulate", file, "--persona", tmp_path / "lee.yaml", "--lang", language)

    assert told.exit_code == 0
    assert all(one in told.stdout for one in words)
    assert "+a" in told.stdout
    # The persona names an account that is not declared.
    assert "`mini_program`" in told.stderr
    assert "`club`" not in told.stderr
