"""Every kind of step: after every trigger, when the follower leaves, when a run is ended, when sends fail."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.support.examples.steps import HI, HOUR, HOURS, LATER, STEPS, TRIGGERS
from tests.support.virtual_time.asl import (
    APP_ID,
    Act,
    World,
    note,
    refused_by_engine,
    tell,
    unfollow,
    world_of,
)
from tests.support.virtual_time.asl_check import problems
from tests.support.virtual_time.asl_lint import lint_definition
from wejourney.errors import (
    AccountMisconfiguredError,
    AccountPausedError,
    ContentRejectedError,
    DailyQuotaSpentError,
    FollowerUnreachableError,
    TokenRejectedError,
    WeChatBusyError,
    WeChatError,
    WindowClosedError,
)
from wejourney.journeys.definition import Again, Condition, Exit, QuietHours, Trigger
from wejourney.messaging.sending import BUSY_ATTEMPTS, PAUSED_ATTEMPTS, QUOTA_ATTEMPTS
from wejourney.people.followers import Follower
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Award, Send, Step, Stop, Tag, Wait

LEE = Follower(APP_ID, "lee", "person-lee", following=True, dates={"birthday": "2026-11-22"})
QUIET = QuietHours(22 * 60, 8 * 60)
NEXT = Tag(("next",))
SECOND = timedelta(seconds=1)
DAYS = timedelta(days=5)


def journey(trigger: str, *steps: Step, quiet: QuietHours | None = None) -> Journey:
    again = Again("never")
    return Journey("made-up", {"any": "T"}, TRIGGERS[trigger][0], steps, quiet=quiet, again=again)


def world(trigger: str, made: Journey, *acts: Act, deaf: bool = False) -> World:
    return world_of(made, acts=[TRIGGERS[trigger][1], *acts], follower=LEE, deaf=deaf)


@pytest.mark.parametrize("quiet", [None, QUIET], ids=["", "quiet"])
@pytest.mark.parametrize("name", STEPS)
def test_every_step_compiles_to_a_sound_definition(name: str, quiet: QuietHours | None) -> None:
    for steps in ((STEPS[name],), (STEPS[name], NEXT), (Wait(60), STEPS[name], STEPS["send"])):
        definition = compile_journey(journey("text", *steps, quiet=quiet), "made-up.yaml")

        assert problems(definition) == []
        assert refused_by_engine(definition) == ""


def test_cfn_lint_takes_all_steps_together() -> None:
    steps = [step for step in STEPS.values() if step.kind != "stop"]

    assert lint_definition(compile_journey(journey("text", *steps, quiet=QUIET), "made-up.yaml")) == []


def own_end(step: Step) -> str:
    """How a run ends that comes to this step, and is ended by nothing else."""
    if isinstance(step, Stop):
        return "goal_reached" if step.goal else "stopped"
    return "finished"


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_step_runs_after_every_trigger(trigger: str) -> None:
    """# dittofeed #682, #272: some waits were prohibited after some triggers."""
    for name, step in STEPS.items():
        made = world(trigger, journey(trigger, step, NEXT), *LATER).live_on(DAYS)

        assert made.statuses() == [own_end(step)], name
        assert ("next" in made.tags) is (step.kind != "stop"), name


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("deaf", [False, True], ids=["stopped", "stopped late"])
def test_who_leaves_in_the_middle_of_a_step_hears_nothing_more(name: str, *, deaf: bool) -> None:
    steps = (Wait(HOURS), STEPS[name], Wait(HOURS), Send(HI), NEXT)
    for after in (HOUR - SECOND, HOUR, HOUR + SECOND, 3 * HOUR):
        acts = (*(act for act in LATER if act.after < after), unfollow(after))
        made = world("text", journey("text", *steps), *acts, deaf=deaf).live_on(DAYS)

        assert all(at <= after for at, _ in made.texts)
        assert made.records.follower is None
        assert all(one.done for one in made.engine.executions.values())


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("deaf", [False, True], ids=["stopped", "stopped late"])
def test_a_goal_in_the_middle_of_a_step_ends_the_run(name: str, *, deaf: bool) -> None:
    steps = (Wait(HOURS), STEPS[name], Wait(HOURS), Send(HI), NEXT)
    for after in (HOUR - SECOND, HOUR, HOUR + SECOND, HOUR + HOUR / 2):
        made = Journey("made-up", {"any": "T"}, TRIGGERS["text"][0], steps, goal=Condition(member=True))
        played = world("text", made, note(after, member=True), deaf=deaf).live_on(DAYS)

        stops = STEPS[name].kind == "stop" and after >= HOUR
        assert played.statuses() == [own_end(STEPS[name]) if stops else "goal_reached"]
        assert all(at <= after for at, _ in played.texts)
        assert "next" not in played.tags
        assert played.records.only.waits == {}
        assert all(one.done for one in played.engine.executions.values())


def test_an_exit_ends_the_run_with_its_reason_and_the_next_run_is_not_affected() -> None:
    exits = (Exit(Condition(tags=("staff",)), "works here"),)
    made = Journey("made-up", {"any": "T"}, Trigger("payment"), (Wait(HOURS), NEXT), exits=exits)
    acts = [
        tell("payment", timedelta(), total=1),
        tell("tag", HOUR / 2, tag="staff"),
        note(HOUR * 2, city="Paris"),
    ]
    played = world_of(made, acts=acts, follower=LEE).live_on(3 * HOUR)

    assert played.statuses() == ["exited"]
    assert played.tags == {"staff"}


def test_a_goal_that_a_run_reaches_itself_ends_it_at_its_next_wait() -> None:
    steps = (Award(100, "a present"), Tag(("still here",)), Wait(HOURS), NEXT)
    goal = Condition(points_from=100)
    made = Journey("made-up", {"any": "T"}, TRIGGERS["text"][0], steps, goal=goal)
    played = world("text", made).live_on(DAYS)

    assert played.statuses() == ["goal_reached"]
    assert played.tags == {"still here"}


# --- sends that fail: # parcelvoy #434, #551, a journey was never told that its send had failed ----------

ERRORS: Mapping[str, tuple[WeChatError, int]] = {
    "busy": (WeChatBusyError(-1, "busy"), BUSY_ATTEMPTS),
    "quota": (DailyQuotaSpentError(45009, "quota"), QUOTA_ATTEMPTS),
    "window": (WindowClosedError(45015, "closed"), 1),
    "unreachable": (FollowerUnreachableError(43004, "blocked"), 1),
    "content": (ContentRejectedError(45002, "long"), 1),
    "paused": (AccountPausedError(40001, "token"), PAUSED_ATTEMPTS),
    "account": (AccountMisconfiguredError(48001, "rights"), 1),
    "token": (TokenRejectedError(40001, "token"), 1),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("declared", [True, False], ids=["not_sent", "no path"])
def test_every_error_of_a_send_leads_to_its_declared_path(error: str, *, declared: bool) -> None:
    failure, attempts = ERRORS[error]
    step = Send(HI, not_sent=(Tag(("failed",)),) if declared else None)
    played = world("text", journey("text", step, NEXT))
    played.wechat.failures = [failure] * attempts
    played.live_on(DAYS)

    assert played.statuses() == ["finished"]
    assert played.texts == []
    assert played.tags == ({"failed", "next"} if declared else {"next"})


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_of_a_question_leads_to_its_declared_path(error: str) -> None:
    failure, attempts = ERRORS[error]
    ask = Ask("q", HOURS, HI, unanswered=(Tag(("silent",)),), not_sent=(Tag(("failed",)),))
    played = world("text", journey("text", ask, NEXT))
    played.wechat.failures = [failure] * attempts
    played.live_on(DAYS)

    assert played.statuses() == ["finished"]
    assert played.tags == {"failed", "next"}
    assert played.records.only.waits == {}
