"""What becomes a state and what does not, and where errors lead."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.virtual_time.asl import World, follow, join, say
from wejourney.adapters.wechat.access_tokens import FORCED_APART, PAUSE
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.definition import Condition, Exit, QuietHours, Trigger
from wejourney.messaging.contents import Text
from wejourney.messaging.sending import PAUSED_ATTEMPTS
from workbench.compiler.blocks import Place
from workbench.compiler.branches import LARGEST_BRANCH
from workbench.compiler.catalogue import catalogue_of, entry_of
from workbench.compiler.jsonata import drawn_below, template
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.transitions import most_transitions
from workbench.compiler.versions import version_of
from workbench.language.journey import Journey
from workbench.language.step_types import (
    Ask,
    Award,
    Branch,
    Case,
    HandOver,
    Send,
    Share,
    Split,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from workbench.language.traversal import places_of

HOUR = 3600
HI = Send(Text({"any": "hi"}))
MEMBER = Condition(member=True)
ENDS = ["Follower is gone", "Run was ended"]


def journey(*steps: Step, name: str = "made-up", priority: int = 0) -> Journey:
    return Journey(name, {"any": "T"}, Trigger("follow"), steps, priority=priority)


def states(*steps: Step) -> dict[str, Any]:
    compiled: dict[str, Any] = compile_journey(journey(*steps), "made-up.yaml")["States"]
    return compiled


def live(*steps: Step, acts: tuple[Any, ...] = (), late: bool = False) -> World:
    made = journey(*steps)
    world = World((entry_of(made),), [follow(), *acts], late=late)
    execution = world.run(compile_journey(made, "made-up.yaml"))
    assert execution.error is None
    return world


def test_a_stretch_of_messages_tags_and_points_is_one_state() -> None:
    assert list(states(Tag(("a",)), HI, Award(5, "r"), Untag(("a",)))) == [
        "1 Tag a, send text, award 5, untag a",
        *ENDS,
    ]


def test_a_question_shares_the_task_of_the_steps_before_it() -> None:
    names = list(states(HI, Ask("size", HOUR), Tag(("a",))))

    assert names == [
        "1 Send text, ask size",
        "2.unanswered Close the wait",
        "3 Tag a",
        *ENDS,
    ]


def test_a_message_with_not_sent_ends_its_task() -> None:
    compiled = states(Send(Text({"any": "hi"}), not_sent=(Tag(("b",)),)), Tag(("a",)))

    assert list(compiled) == ["1 Send text", "1.not_sent.1 Tag b", "2 Tag a", *ENDS]
    assert _leads(compiled["1 Send text"], "MessageNotSentError") == "1.not_sent.1 Tag b"


def test_a_stop_needs_no_state_if_the_state_before_it_can_end_the_run() -> None:
    compiled = states(HI, Stop("enough"))

    assert compiled["1 Send text"]["End"] is True
    assert (
        compiled["1 Send text"]["Output"] == '{% $merge([$states.result.Payload, {"stopped": "enough"}]) %}'
    )


def test_a_branch_that_ends_the_run_leads_to_an_end_with_its_reason() -> None:
    compiled = states(Branch((Case(MEMBER, (Stop("a member"),)),)), HI)

    assert compiled["1 Branch on member"]["Choices"][0]["Next"] == "Stop: a member"
    assert compiled["Stop: a member"] == {
        "Type": "Succeed",
        "Output": '{% $merge([$states.input, {"stopped": "a member"}]) %}',
    }


def test_a_choice_without_following_steps_leads_to_done() -> None:
    compiled = states(Branch((Case(MEMBER, (HI, Wait(HOUR), HI)),)))

    assert compiled["1 Branch on member"]["Default"] == "Done"
    assert compiled["Done"] == {"Type": "Succeed"}


@pytest.mark.parametrize("first", [Wait(HOUR), Stop("x"), Branch((Case(MEMBER, (HI,)),))])
def test_an_unanswered_path_that_begins_without_a_task_gets_one_to_close_the_question(first: Step) -> None:
    compiled = states(Ask("size", HOUR, unanswered=(first,)))

    assert "1.unanswered Close the wait" in compiled


def test_an_answer_at_the_time_limit_wins() -> None:
    yes = Case(Condition(answers={"size": "s"}), (Tag(("answered",)),))
    ask = Ask("size", HOUR, choices={"s": ("1",)}, unanswered=(Tag(("silent",)),))

    world = live(ask, Branch((yes,)), acts=(say("1", timedelta(minutes=30)),), late=True)

    assert world.tags == {"answered"}


def test_a_question_not_sent_takes_the_unanswered_path() -> None:
    ask = Ask("size", HOUR, Text({"any": "?"}), unanswered=(Tag(("silent",)),))

    assert live(Wait(HOUR), ask).tags == {"silent"}


def test_a_question_not_sent_takes_its_not_sent_path_if_it_has_one() -> None:
    ask = Ask("size", HOUR, Text({"any": "?"}), unanswered=(Tag(("silent",)),), not_sent=(Tag(("unasked",)),))

    assert live(Wait(HOUR), ask).tags == {"unasked"}


@pytest.mark.parametrize(
    "before", [Wait(HOUR), Branch((Case(Condition(tags=("x",)), (HI,)),), (Wait(HOUR),))]
)
def test_a_branch_on_the_profile_after_a_wait_reads_the_profile_again(before: Step) -> None:
    branch = Branch((Case(MEMBER, (Tag(("knew",)),)),))

    assert "knew" in live(before, branch, acts=(join(timedelta(minutes=10)),)).tags
    assert "2 Look again" in states(before, branch)


def test_an_award_does_not_refresh_the_profile() -> None:
    steps = (Wait(HOUR), Award(1, "r"), Branch((Case(MEMBER, (Tag(("knew",)),)),)))

    assert "knew" in live(*steps, acts=(join(timedelta(minutes=10)),)).tags


def test_a_branch_on_an_answer_after_a_wait_does_not_read_the_profile() -> None:
    branch = Branch((Case(Condition(answers={"size": "s"}), (HI,)),))

    assert not any("Look again" in name for name in states(Ask("size", HOUR), Wait(HOUR), branch))


def test_a_not_sent_path_sees_the_changes_of_the_task_before_it() -> None:
    branch = Branch((Case(Condition(tags=("x",)), (Tag(("seen",)),)),))

    world = live(Wait(HOUR), Tag(("x",)), Send(Text({"any": "hi"}), not_sent=(branch,)))

    assert world.tags == {"x", "seen"}


def test_an_unanswered_run_skips_a_branch_on_the_answer_alone() -> None:
    yes = Condition(answers={"size": "s"})
    for path in ((HI, Wait(HOUR), HI), (HI,)):
        compiled = states(Ask("size", HOUR), Branch((Case(yes, path),)), Wait(HOUR), Tag(("a",)))

        assert compiled["1.unanswered Close the wait"]["Next"] == "3 Wait 1h"


def test_an_unanswered_run_skips_no_branch_whose_task_has_something_to_do_for_it() -> None:
    branch = Branch((Case(Condition(answers={"size": "s"}), (HI,)),))
    otherwise = replace(branch, otherwise=(Tag(("b",)),))

    for steps in ((branch, Tag(("a",))), (otherwise, Wait(HOUR), HI)):
        compiled = states(Ask("size", HOUR), *steps)
        assert compiled["1.unanswered Close the wait"]["Next"].startswith("2 Branch on size")


def test_an_unanswered_run_skips_no_branch_on_more_than_the_answer() -> None:
    cases = (Case(Condition(answers={"size": "s"}), (HI,)), Case(MEMBER, (Tag(("member",)),)))

    silent = states(Ask("size", HOUR), Branch(cases))["1.unanswered Close the wait"]
    assert silent["Next"] == "2 Branch on size, member"


def test_an_unanswered_run_skips_no_branch_if_the_question_is_asked_twice() -> None:
    again = Ask("size", HOUR, choices={"s": ("1",)})
    branch = Branch((Case(Condition(answers={"size": "s"}), (Tag(("second",)),)),))

    world = live(Ask("size", HOUR, unanswered=(again,)), branch, acts=(say("1", timedelta(minutes=90)),))

    assert world.tags == {"second"}


def test_every_task_has_a_time_limit_and_a_question_has_its_own() -> None:
    compiled = states(HI, Wait(5), Ask("size", 2 * HOUR), HI)

    assert compiled["1 Send text"]["TimeoutSeconds"] == 60
    assert compiled["3 Ask size"]["TimeoutSeconds"] == 2 * HOUR
    # The day's quota is tried for 25 hours, whatever else is retried.
    assert compile_journey(journey(Wait(HOUR), Ask("size", HOUR)), "x")["TimeoutSeconds"] > 27 * HOUR


def test_the_attempts_of_a_paused_account_outlast_the_time_between_two_forced_renewals() -> None:
    retries = states(HI)["1 Send text"]["Retry"]
    (paused,) = [retry for retry in retries if retry["ErrorEquals"] == ["AccountPausedError"]]
    waited = timedelta(seconds=paused["IntervalSeconds"] * (PAUSED_ATTEMPTS - 1))
    assert waited > FORCED_APART > PAUSE
    assert paused["MaxAttempts"] >= PAUSED_ATTEMPTS - 1
    assert (paused["BackoffRate"], "JitterStrategy" in paused) == (1.0, False)


def test_only_a_question_is_not_retried_after_its_time_limit() -> None:
    compiled = states(HI, Wait(5), Ask("size", HOUR))

    assert "States.Timeout" in str(compiled["1 Send text"]["Retry"])
    assert "States.Timeout" not in str(compiled["3 Ask size"]["Retry"])


def test_the_version_changes_with_any_word() -> None:
    assert version_of(journey(HI)) == version_of(journey(HI))
    assert version_of(journey(HI)) != version_of(journey(Send(Text({"any": "ho"}))))


def test_the_catalogue_is_sorted_by_falling_priority_then_by_name() -> None:
    made = [journey(HI, name="b"), journey(HI, name="a"), journey(HI, name="z", priority=1)]

    assert [entry.name for entry in catalogue_of(made)] == ["z", "a", "b"]


# --- times, dates and events -----------------------------------------------------------------------


NIGHT = QuietHours(22 * 60, 8 * 60)


def quiet_states(*steps: Step) -> dict[str, Any]:
    made = Journey("made-up", {"any": "T"}, Trigger("follow"), steps, quiet=NIGHT)
    compiled: dict[str, Any] = compile_journey(made, "made-up.yaml")["States"]
    return compiled


def test_a_wait_is_one_state_with_its_length() -> None:
    wait = states(HI, Wait(2 * HOUR), HI)["2 Wait 2h"]

    goes_on = '{% $merge([$states.input, {"resumed_at": $now()}]) %}'
    assert wait == {"Type": "Wait", "Seconds": 2 * HOUR, "Output": goes_on, "Next": "3 Send text"}


def test_the_task_before_a_wait_until_a_time_computes_its_end() -> None:
    compiled = states(HI, WaitUntil(9 * 60, weekday=0), HI)

    wait, look = "2 Wait until monday 09:00", "3 Look at the time, send text"
    assert list(compiled) == ["1 Send text, find the time", wait, look, *ENDS]
    assert _leads(compiled[wait], "States.Timeout") == compiled[wait]["Next"] == look
    assert _leads(compiled[look], "NotYetError") == wait


def test_a_wait_until_a_time_without_a_task_before_it_gets_one() -> None:
    assert list(states(Wait(HOUR), WaitUntil(9 * 60), HI))[:3] == [
        "1 Wait 1h",
        "2 Find the time",
        "2 Wait until 09:00",
    ]


def test_a_task_in_quiet_hours_waits_for_their_end_and_begins_again() -> None:
    compiled = quiet_states(HI, Wait(2 * HOUR), HI)

    assert list(compiled) == [
        "1 Send text",
        "1 Wait for the end of quiet hours",
        "2 Wait 2h",
        "3 Send text",
        "2 Wait for the end of quiet hours",
        *ENDS,
    ]
    pause = compiled["2 Wait for the end of quiet hours"]
    assert _leads(compiled["3 Send text"], "QuietHoursError") == "2 Wait for the end of quiet hours"
    assert _leads(pause, "States.Timeout") == pause["Next"] == "3 Send text"


def test_quiet_hours_take_no_transition_where_it_is_not_quiet() -> None:
    steps = (HI, Wait(2 * HOUR), HI, Ask("size", HOUR, unanswered=(Tag(("a",)),)), HI)
    made = journey(*steps)

    quiet = compile_journey(replace(made, quiet=NIGHT), "made-up.yaml")
    assert most_transitions(quiet) == most_transitions(compile_journey(made, "made-up.yaml"))


def test_a_time_limit_under_quiet_hours_closes_first_and_then_waits_for_their_end() -> None:
    compiled = quiet_states(Ask("size", HOUR, unanswered=(Tag(("a",)),)))

    assert list(compiled) == [
        "1 Ask size",
        "1.unanswered.1 Close the wait, tag a",
        "1.unanswered Wait for the end of quiet hours",
        *ENDS,
    ]


def test_a_wait_for_an_event_shares_the_task_of_the_steps_before_it() -> None:
    compiled = states(HI, WaitEvent(EventPattern("scan"), HOUR, otherwise=(Tag(("a",)),)), HI)

    assert list(compiled) == [
        "1 Send text, wait for scan",
        "2.otherwise.1 Close the wait, tag a",
        "3 Send text",
        *ENDS,
    ]
    assert compiled["1 Send text, wait for scan"]["TimeoutSeconds"] == HOUR
    assert (
        _leads(compiled["2.otherwise.1 Close the wait, tag a"], "AnsweredError")
        == "1 Send text, wait for scan"
    )


def test_a_chat_is_handed_over_by_the_task_that_waits_for_its_end() -> None:
    compiled = states(HandOver("stylist", HOUR), HI)

    assert list(compiled) == [
        "1 Hand over to stylist, wait for chat closed",
        "1.otherwise Close the wait",
        "2 Send text",
        *ENDS,
    ]


def test_a_wait_for_a_date_is_a_task_a_check_at_its_time_limit_and_a_choice() -> None:
    date = WaitDate("booking", 48 * HOUR, otherwise=(Tag(("late",)),))
    compiled = states(HI, date, Tag(("a",)))
    wait, look, choice = "2 Wait for booking", "2 Look whether booking has come", "2 Has booking come?"

    assert list(compiled) == [
        "1 Send text, find booking",
        wait,
        look,
        choice,
        "2.otherwise.1 Tag late",
        "3 Tag a",
        *ENDS,
    ]
    assert compiled[wait]["Next"] == compiled[look]["Next"] == choice
    assert _leads(compiled[wait], "States.Timeout") == look
    assert [way["Next"] for way in compiled[choice]["Choices"]] == [wait, "3 Tag a"]
    assert compiled[choice]["Default"] == "2.otherwise.1 Tag late"


def test_a_date_without_otherwise_has_one_path() -> None:
    compiled = states(WaitDate("booking", 48 * HOUR), HI)

    assert len(compiled["1 Has booking come?"]["Choices"]) == 1
    assert compiled["1 Has booking come?"]["Default"] == "2 Send text"


# --- splits, and branches on events ------------------------------------------------------------------


def test_a_split_is_one_choice_on_the_draw_of_the_run() -> None:
    compiled = states(Split("half", (Share(30, (HI,)), Share(20), Share(50, (Tag(("c",)),)))), HI)
    split = compiled["1 Split half"]

    assert [way["Condition"] for way in split["Choices"]] == [
        template(drawn_below("half", bucket)) for bucket in (3000, 5000)
    ]
    begins = compiled["start Look again"]["Arguments"]["Payload"]["begins"]
    assert begins == {"splits": ["half"]}, "whoever started the run may not have known the split"
    assert [way["Next"] for way in split["Choices"]] == ["1.share1.1 Send text", "2 Send text"]
    assert split["Default"] == "1.share3.1 Tag c"


VIEWED = Condition(events=(EventCount(EventPattern("view")),))


def test_the_task_before_a_branch_checks_its_conditions_on_events() -> None:
    compiled = states(HI, Branch((Case(VIEWED, (HI,)),)))

    assert list(compiled)[:2] == ["1 Send text, look at what happened", "2 Branch on view"]
    condition = compiled["2 Branch on view"]["Choices"][0]["Condition"]
    assert condition == '{% $lookup($states.input.facts, "2.case1") = true %}'


@pytest.mark.parametrize("before", [Wait(HOUR), Ask("size", HOUR), Send(Text({"any": "hi"}), not_sent=())])
def test_a_branch_on_events_gets_a_task_of_its_own_if_none_before_can_check_them(before: Step) -> None:
    assert "2 Look at what happened" in states(before, Branch((Case(VIEWED, (HI,)),)))


def test_one_task_checks_events_and_reads_the_profile() -> None:
    both = Condition(any=(VIEWED, MEMBER))
    names = list(states(Wait(HOUR), Branch((Case(both, (HI,)),))))

    assert names[1:3] == ["2 Look at what happened", "2 Branch on view, member"]


LOOKS_AT_PROFILE = Branch((Case(MEMBER, (HI,)),))


@pytest.mark.parametrize(
    ("before", "by_day", "with_quiet_hours"),
    [
        (Wait(HOUR), "2 Look again", "1 Look again"),
        (WaitUntil(9 * 60), "1 Look at the time", "1 Look at the time"),
        (Ask("size", HOUR), "", ""),
        (WaitEvent(EventPattern("scan"), HOUR), "", ""),
        (WaitEvent(EventPattern("tag", name="a"), HOUR), "", "1 Look again"),
        (HandOver("stylist", HOUR), "", "1 Look again"),
        (WaitDate("booking", HOUR), "", ""),
        (Split("half", (Share(50, (Wait(HOUR),)), Share(50))), "2 Look again", "1.share1.1 Look again"),
        (Tag(("a",)), "", ""),
    ],
    ids=["wait", "until", "ask", "act", "event", "hand over", "date", "split", "tag"],
)
def test_the_profile_is_read_again_where_only_time_has_passed(
    before: Step, by_day: str, with_quiet_hours: str
) -> None:
    for compiled, looks in (
        (states(before, LOOKS_AT_PROFILE), by_day),
        (quiet_states(before, LOOKS_AT_PROFILE), with_quiet_hours),
    ):
        # A run that begins with a split looks before that, for its draws.
        found = [name for name in compiled if " Look a" in name and not name.startswith("start")]
        assert found == [looks][: bool(looks)]


# --- branches that a task decides --------------------------------------------------------------------

SIZE = Condition(answers={"size": "s"})
VIP = Condition(tags=("vip",))
ON_SIZE, ON_VIP = Branch((Case(SIZE, (HI,)),)), Branch((Case(VIP, (HI,)),))


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ([ON_VIP], ["1 Branch on vip"]),
        ([ON_VIP, HI, Ask("q", HOUR)], ["1 Branch on vip, send text, ask q", "3.unanswered Close the wait"]),
        ([HI, ON_SIZE, HI], ["1 Send text, branch on size, send text"]),
        ([Tag(("vip",)), ON_VIP], ["1 Tag vip", "2 Branch on vip"]),
        ([ON_SIZE, ON_SIZE], ["1 Branch on size", "2 Branch on size"]),
        ([Branch((Case(SIZE, (HI, ON_SIZE)),))], ["1 Branch on size"]),
        ([Branch((Case(VIP, (ON_VIP, HI)),))], ["1 Branch on vip"]),
        ([Branch((Case(SIZE, (HI,)), Case(VIP, ())), (HI,))], ["1 Branch on size, vip"]),
        ([Wait(HOUR), ON_VIP], ["1 Wait 1h", "2 Look again", "2 Branch on vip"]),
        ([Wait(HOUR), ON_SIZE], ["1 Wait 1h", "2 Branch on size"]),
        (
            [Ask("q", HOUR, unanswered=(ON_VIP,))],
            ["1 Ask q", "1.unanswered Close the wait", "1.unanswered.1 Branch on vip"],
        ),
        (
            [Ask("q", HOUR, unanswered=(ON_SIZE,))],
            ["1 Ask q", "1.unanswered.1 Close the wait, branch on size"],
        ),
    ],
    ids=[
        "alone",
        "with the steps after it",
        "on an answer: with the steps before it",
        "on the profile: not with steps that may change that",
        "one in each state",
        "a branch on an answer in a case",
        "a branch on the profile that begins a case",
        "a case without steps",
        "on the profile, after a look at it",
        "on an answer, after a wait",
        "on the profile, after the close of a wait has read that",
        "on an answer, with the close of a wait",
    ],
)
def test_a_branch_whose_paths_go_on_at_once_is_decided_by_the_task_that_takes_them(
    steps: list[Step], names: list[str]
) -> None:
    assert list(states(*steps)) == [*names, *ENDS]


@pytest.mark.parametrize(
    "branch",
    [
        Branch((Case(VIP, (HI, Wait(HOUR), HI)),)),
        Branch((Case(VIP, (Ask("q", HOUR),)),)),
        Branch((Case(VIP, (HI,)),), (WaitEvent(EventPattern("scan"), HOUR),)),
        Branch((Case(VIP, (HI, Stop("enough"))),)),
        Branch((Case(VIP, (Send(Text({"any": "hi"}), not_sent=(Tag(("b",)),)),)),)),
        Branch((Case(VIP, (Split("half", (Share(50, (HI,)), Share(50))),)),)),
        Branch((Case(VIEWED, (HI,)),)),
        Branch((Case(Condition(none=Condition(any=(VIEWED, VIP))), (HI,)),)),
        Branch((Case(VIP, (Tag(("vip",)), ON_VIP)),)),
        Branch((Case(SIZE, (ON_VIP,)),)),
        Branch((Case(VIP, (ON_SIZE, ON_SIZE)),)),
        Branch((Case(VIP, (Send(Text({"any": "x" * (1 + LARGEST_BRANCH)})),)),)),
    ],
    ids=[
        "wait",
        "question",
        "event",
        "stop",
        "not sent",
        "split",
        "on events",
        "on events or something else",
        "a branch on what the case has changed",
        "a branch on the profile in one that does not look at it",
        "two branches",
        "too large for a task's input",
    ],
)
def test_any_other_branch_is_a_choice(branch: Branch) -> None:
    types = {name: state["Type"] for name, state in states(Tag(("a",)), branch, HI).items()}

    assert [kind for name, kind in types.items() if name.startswith("2 Branch on")] == ["Choice"]


def test_a_state_that_decides_shows_its_cases_in_the_console() -> None:
    branch = Branch((Case(VIP, (Tag(("seen",)), HI)), Case(SIZE, ())), (Award(5, "r"),))

    comment = states(branch)["1 Branch on vip, size"]["Comment"]
    assert comment == "tagged vip → tag seen, send text; size: s → nothing; otherwise → award 5"


def test_the_retriers_of_a_task_that_decides_last_for_the_case_with_the_most_messages() -> None:
    def retries(*steps: Step) -> Any:
        return next(iter(states(*steps).values()))["Retry"]

    assert retries(Branch((Case(VIP, (HI,)), Case(SIZE, (HI, HI, HI))), (HI,)), HI) == retries(HI, HI, HI, HI)


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        ([ON_VIP], 2),
        ([ON_VIP, HI, HI], 2),
        ([HI, ON_SIZE, HI], 2),
        ([HI, ON_VIP, HI], 3),
        ([Ask("size", HOUR), ON_SIZE, Wait(HOUR), HI], 5),
        ([Ask("size", HOUR), ON_VIP, Wait(HOUR), HI], 6),
        ([Ask("size", HOUR, unanswered=(Stop("silent"),)), ON_VIP, Wait(HOUR), HI], 5),
        ([Branch((Case(VIP, (HI, Wait(HOUR), HI)),)), HI], 7),
    ],
)
def test_a_decided_branch_costs_no_transition_more_than_the_task_that_decides_it(
    steps: list[Step], most: int
) -> None:
    """The start is one; silence goes on from the task that closes its wait."""
    assert most_transitions(compile_journey(journey(*steps), "made-up.yaml")) == most


@pytest.mark.parametrize(("answer", "tags"), [("1", {"s", "after"}), ("2", {"other", "after"})])
def test_a_task_takes_the_case_of_the_answer(answer: str, tags: set[str]) -> None:
    ask = Ask("size", HOUR, choices={"s": ("1",), "m": ("2",)})
    branch = Branch((Case(SIZE, (Tag(("s",)),)),), (Tag(("other",)),))

    assert live(ask, branch, Tag(("after",)), acts=(say(answer, timedelta(minutes=5)),)).tags == tags


# --- goals, costs and what is listened to --------------------------------------------------------------


def test_a_goal_and_a_stop_with_the_same_reason_have_different_outputs() -> None:
    compiled = states(Branch((Case(MEMBER, (Stop("bought", goal=True),)),), (Stop("bought"),)))

    assert compiled["Goal: bought"]["Output"] == (
        '{% $merge([$states.input, {"stopped": "bought", "goal": true}]) %}'
    )
    assert compiled["Stop: bought"]["Output"] == '{% $merge([$states.input, {"stopped": "bought"}]) %}'


def test_the_transitions_of_a_run_do_not_count_a_date_that_moves() -> None:
    definition = compile_journey(journey(HI, WaitDate("booking", HOUR), HI), "made-up.yaml")

    # The start, send, wait, look, choice, send.
    assert most_transitions(definition) == 6


def test_a_name_that_is_too_long_stays_unique() -> None:
    long = [Tag(tuple(f"tag-{n:02}" for n in range(20))), Tag((*(f"tag-{n:02}" for n in range(20)), "one"))]
    names = [next(iter(states(step))) for step in long]

    assert len(set(names)) == 2
    assert all(len(name) <= 80 for name in names)


LISTENING: list[tuple[Journey, set[str]]] = [
    (journey(HI), set()),
    (journey(WaitDate("booking", HOUR), HI), {"profile"}),
    (journey(WaitEvent(EventPattern("payment"), HOUR)), {"payment"}),
    (journey(Send(Text({"any": "{points|0}"}))), {"points"}),
    (journey(Branch((Case(Condition(points_to=9), (HI,)),))), {"points"}),
    (journey(Branch((Case(Condition(events=(EventCount(EventPattern("tag")),)), (HI,)),))), {"tag"}),
    (replace(journey(HI), trigger=Trigger("points", at_least=5)), {"points"}),
    (replace(journey(HI), goal=Condition(none=Condition(tags=("x",)))), {"tag", "profile"}),
    (replace(journey(HI), exits=(Exit(Condition(points_from=1), "rich"),)), {"points", "tag", "profile"}),
    (
        replace(journey(HI), goal=Condition(events=(EventCount(EventPattern("payment")),))),
        {"payment"},
    ),
    (replace(journey(HI), opening=Text({"any": "{points|no}"})), {"points"}),
]


@pytest.mark.parametrize(("made", "kinds"), LISTENING)
def test_the_catalogue_names_the_internal_events_that_a_journey_reacts_to(
    made: Journey, kinds: set[str]
) -> None:
    (entry,) = catalogue_of([made])

    assert set(entry.subscribed_kinds) == kinds


def test_the_catalogue_names_the_splits() -> None:
    inner = Split("b", (Share(100),))
    (entry,) = catalogue_of([journey(Split("a", (Share(50, (inner,)), Share(50))))])

    assert entry.splits == ("a", "b")


def _leads(state: dict[str, Any], error: str) -> str:
    return next(str(way["Next"]) for way in state["Catch"] if error in way["ErrorEquals"])


def test_every_state_has_a_place_in_the_file_unless_it_only_ends_a_run() -> None:
    asked = Ask("size", HOUR, unanswered=(Tag(("a",)),))
    made = journey(HI, WaitDate("booking", HOUR), Branch((Case(MEMBER, (asked, HI)),)), Wait(HOUR))
    for one in (made, replace(made, quiet=NIGHT)):
        states = compile_journey(one, "made-up.yaml")["States"]
        places = places_of_states(one)

        pauses = {name for name in states if name.endswith("Wait for the end of quiet hours")}
        assert places.keys() | pauses == {
            name for name, state in states.items() if state["Type"] != "Succeed"
        }
        assert {place.step for place in places.values()} <= places_of(one).keys()
        assert places["2 Has booking come?"] == Place("2")
        late = [name for name, place in places.items() if place == Place("3.case1.1", late=True)]
        assert late == []
