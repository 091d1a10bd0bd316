"""What becomes a state and what does not, and where errors lead."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.asl import World, follow, join, say
from wejourney.domain.journeys import (
    Ask,
    Award,
    Branch,
    Case,
    Condition,
    Journey,
    Send,
    Step,
    Stop,
    Tag,
    Trigger,
    Untag,
    Wait,
)
from wejourney.domain.messages import Text
from wejourney.domain.routing import entry_of
from wejourney.language.catalogue import catalogue_of, version_of
from wejourney.language.compiling import compile_journey
from wejourney.language.durations import time_limit

HOUR = 3600
HI = Send(Text({"any": "hi"}))
MEMBER = Condition(member=True)


def journey(*steps: Step, name: str = "made-up", priority: int = 0) -> Journey:
    return Journey(name, {"any": "T"}, Trigger("follow"), steps, priority=priority)


def states(*steps: Step) -> dict[str, Any]:
    compiled: dict[str, Any] = compile_journey(journey(*steps), "made-up.yaml")["States"]
    return compiled


def live(*steps: Step, acts: tuple[Any, ...] = (), late: bool = False) -> World:
    made = journey(*steps)
    world = World((entry_of(made, "v", time_limit(made.steps)),), [follow(), *acts], late=late)
    execution = world.run(compile_journey(made, "made-up.yaml"))
    assert execution.error is None
    return world


def test_a_stretch_of_messages_tags_and_points_is_one_state() -> None:
    assert list(states(Tag(("a",)), HI, Award(5, "r"), Untag(("a",)))) == [
        "1 Tag a, send text, award 5, untag a",
        "Follower is gone",
    ]


def test_a_question_takes_in_the_stretch_before_it() -> None:
    names = list(states(HI, Ask("size", HOUR), Tag(("a",))))

    assert names == [
        "1 Send text, ask size",
        "2.unanswered Close the question",
        "3 Tag a",
        "Follower is gone",
    ]


def test_a_message_with_a_path_of_its_own_ends_its_stretch() -> None:
    compiled = states(Send(Text({"any": "hi"}), not_sent=(Tag(("b",)),)), Tag(("a",)))

    assert list(compiled) == ["1 Send text", "1.not_sent.1 Tag b", "2 Tag a", "Follower is gone"]
    assert _leads(compiled["1 Send text"], "MessageNotSentError") == "1.not_sent.1 Tag b"


def test_a_stop_is_no_state_where_another_state_can_end() -> None:
    compiled = states(HI, Stop("enough"))

    assert compiled["1 Send text"]["End"] is True
    assert (
        compiled["1 Send text"]["Output"] == '{% $merge([$states.result.Payload, {"stopped": "enough"}]) %}'
    )


def test_a_branch_that_ends_the_run_leads_to_an_end_with_its_reason() -> None:
    compiled = states(Branch((Case(MEMBER, (Stop("a member"),)),)), HI)

    assert compiled["1 Branch"]["Choices"][0]["Next"] == "Stop: a member"
    assert compiled["Stop: a member"] == {
        "Type": "Succeed",
        "Output": '{% $merge([$states.input, {"stopped": "a member"}]) %}',
    }


def test_a_branch_that_nothing_follows_leads_to_done() -> None:
    compiled = states(Branch((Case(MEMBER, (HI,)),)))

    assert compiled["1 Branch"]["Default"] == "Done"
    assert compiled["Done"] == {"Type": "Succeed"}


@pytest.mark.parametrize("first", [Wait(HOUR), Stop("x"), Branch((Case(MEMBER, (HI,)),))])
def test_an_unanswered_path_that_begins_without_a_task_gets_one_to_close_the_question(first: Step) -> None:
    compiled = states(Ask("size", HOUR, unanswered=(first,)))

    assert "1.unanswered Close the question" in compiled


def test_the_answer_that_comes_at_the_time_limit_wins_and_is_taken() -> None:
    yes = Case(Condition(answers={"size": "s"}), (Tag(("answered",)),))
    ask = Ask("size", HOUR, choices={"s": ("1",)}, unanswered=(Tag(("silent",)),))

    world = live(ask, Branch((yes,)), acts=(say("1", timedelta(minutes=30)),), late=True)

    assert world.tags == {"answered"}


def test_a_question_that_could_not_be_put_goes_the_unanswered_way() -> None:
    ask = Ask("size", HOUR, Text({"any": "?"}), unanswered=(Tag(("silent",)),))

    assert live(Wait(HOUR), ask).tags == {"silent"}


def test_a_question_that_could_not_be_put_goes_its_own_way_if_it_has_one() -> None:
    ask = Ask("size", HOUR, Text({"any": "?"}), unanswered=(Tag(("silent",)),), not_sent=(Tag(("unasked",)),))

    assert live(Wait(HOUR), ask).tags == {"unasked"}


@pytest.mark.parametrize(
    "before", [Wait(HOUR), Branch((Case(Condition(tags=("x",)), (HI,)),), (Wait(HOUR),))]
)
def test_a_branch_on_the_profile_after_a_wait_looks_at_the_profile_anew(before: Step) -> None:
    branch = Branch((Case(MEMBER, (Tag(("knew",)),)),))

    assert "knew" in live(before, branch, acts=(join(timedelta(minutes=10)),)).tags
    assert "2 Look again" in states(before, branch)


def test_points_alone_do_not_bring_the_profile_up_to_date() -> None:
    steps = (Wait(HOUR), Award(1, "r"), Branch((Case(MEMBER, (Tag(("knew",)),)),)))

    assert "knew" in live(*steps, acts=(join(timedelta(minutes=10)),)).tags


def test_a_branch_on_an_answer_after_a_wait_needs_no_look_at_the_profile() -> None:
    branch = Branch((Case(Condition(answers={"size": "s"}), (HI,)),))

    assert not any("Look again" in name for name in states(Ask("size", HOUR), Wait(HOUR), branch))


def test_a_path_of_what_was_not_sent_sees_what_its_stretch_had_done() -> None:
    branch = Branch((Case(Condition(tags=("x",)), (Tag(("seen",)),)),))

    world = live(Wait(HOUR), Tag(("x",)), Send(Text({"any": "hi"}), not_sent=(branch,)))

    assert world.tags == {"x", "seen"}


def test_silence_skips_the_branch_that_only_looks_at_the_answer() -> None:
    branch = Branch((Case(Condition(answers={"size": "s"}), (HI,)),))
    compiled = states(Ask("size", HOUR), branch, Tag(("a",)))

    assert compiled["1.unanswered Close the question"]["Next"] == "3 Tag a"


def test_silence_skips_no_branch_that_looks_at_more_than_the_answer() -> None:
    cases = (Case(Condition(answers={"size": "s"}), (HI,)), Case(MEMBER, (Tag(("member",)),)))

    assert states(Ask("size", HOUR), Branch(cases))["1.unanswered Close the question"]["Next"] == "2 Branch"


def test_silence_skips_no_branch_when_the_question_is_put_again() -> None:
    again = Ask("size", HOUR, choices={"s": ("1",)})
    branch = Branch((Case(Condition(answers={"size": "s"}), (Tag(("second",)),)),))

    world = live(Ask("size", HOUR, unanswered=(again,)), branch, acts=(say("1", timedelta(minutes=90)),))

    assert world.tags == {"second"}


def test_every_task_has_a_time_limit_and_a_question_has_its_own() -> None:
    compiled = states(HI, Wait(5), Ask("size", 2 * HOUR), HI)

    assert compiled["1 Send text"]["TimeoutSeconds"] == 60
    assert compiled["3 Ask size"]["TimeoutSeconds"] == 2 * HOUR
    assert (
        compile_journey(journey(Wait(HOUR), Ask("size", HOUR)), "x")["TimeoutSeconds"] == 2 * HOUR + 172_800
    )


def test_only_a_question_does_not_repeat_on_its_time_limit() -> None:
    compiled = states(HI, Wait(5), Ask("size", HOUR))

    assert "States.Timeout" in str(compiled["1 Send text"]["Retry"])
    assert "States.Timeout" not in str(compiled["3 Ask size"]["Retry"])


def test_the_version_changes_with_any_word() -> None:
    assert version_of(journey(HI)) == version_of(journey(HI))
    assert version_of(journey(HI)) != version_of(journey(Send(Text({"any": "ho"}))))


def test_the_catalogue_is_in_the_order_in_which_an_event_tries() -> None:
    made = [journey(HI, name="b"), journey(HI, name="a"), journey(HI, name="z", priority=1)]

    assert [entry.name for entry in catalogue_of(made)] == ["z", "a", "b"]


def _leads(state: dict[str, Any], error: str) -> str:
    return next(str(way["Next"]) for way in state["Catch"] if error in way["ErrorEquals"])
