"""What is known of a follower, and where their events go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import ACCOUNT, APP_ID, HELP, NOON, OPENID, WELCOME, event
from wejourney.domain.conditions import holds, like, normalise
from wejourney.domain.followers import Follower, FollowerState, LiveRun, OpenWait, WhatWeChatKnows, after
from wejourney.domain.inbox import receive
from wejourney.domain.journeys import Condition, Trigger
from wejourney.domain.messages import Menu, MenuItem
from wejourney.domain.routing import Entry, may_open, read_answer, route
from wejourney.domain.rules import Act
from wejourney.domain.runs import Run

FOLLOWER = Follower(APP_ID, OPENID, "person", following=True, tags=frozenset({"vip"}), scene="store-SH01")
CHOICES = {"bridal": ("1", "婚戒", "Ring"), "gifts": ("2",)}


def wait(name: str = "style", minutes: int = 0, choices: Any = None) -> OpenWait:
    return OpenWait("run", "1", name, NOON + timedelta(minutes=minutes), f"t-{name}", {}, choices or CHOICES)


def received(one: Any, state: FollowerState = FollowerState(), **more: Any) -> Any:  # noqa: B008 - frozen
    return receive(one, state, (WELCOME, HELP), ACCOUNT, stranger=FOLLOWER, now=NOON, **more)


# --- conditions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(), True),
        (Condition(tags=("vip",)), True),
        (Condition(tags=("vip", "other")), False),
        (Condition(without_tags=("vip",)), False),
        (Condition(customer=False, member=False), True),
        (Condition(member=True), False),
        (Condition(language="en"), False),
        (Condition(source="article"), False),
        (Condition(scene="store-*"), True),
        (Condition(scene="store-PAR*"), False),
        (Condition(answers={"style": "bridal"}), True),
        (Condition(answers={"style": "gifts"}), False),
        (Condition(any=(Condition(member=True), Condition(tags=("vip",)))), True),
        (Condition(any=(Condition(member=True),)), False),
        (Condition(none=Condition(tags=("vip",))), False),
        (Condition(none=Condition(member=True)), True),
    ],
)
def test_a_condition_holds_when_all_of_it_does(condition: Condition, *, expected: bool) -> None:
    assert holds(condition, FOLLOWER, {"style": "bridal"}) is expected


def test_of_a_stranger_nothing_is_known_to_be_true() -> None:
    assert holds(Condition(member=False), None, {})
    assert not holds(Condition(scene="*"), None, {})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("store-*", "store-SH01", True),
        ("store-*", "a store-SH01", False),
        ("[Smile]", "[Smile]", True),
        ("[Smile]", "S", False),
        ("*ring*", "a\nring", True),
        ("a", None, False),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(
    pattern: str, text: str | None, *, expected: bool
) -> None:
    assert like(pattern, text) is expected


def test_width_case_and_outer_space_mean_nothing() -> None:
    assert normalise(" １ ") == "1"
    assert normalise("ＲｉｎＧ") == "ring"


# --- the follower -------------------------------------------------------------------------------------


def test_a_follow_is_known_by_its_scene_and_by_what_wechat_tells() -> None:
    follow = event("subscribe", EventKey="qrscene_store-PAR01")
    told = WhatWeChatKnows("u", "ADD_SCENE_PROFILE_LINK", "en")
    one = after(replace(FOLLOWER, unreachable="43019"), follow, ACCOUNT.rules, told)

    assert (one.scene, one.source, one.union_id, one.language) == ("store-PAR01", "article", "u", "en")
    assert (one.followed_at, one.unreachable, one.rev) == (NOON, None, 1)
    assert after(FOLLOWER, follow, ACCOUNT.rules, None).source == "qr"
    assert after(FOLLOWER, event("subscribe"), ACCOUNT.rules, WhatWeChatKnows()).source is None


def test_a_source_that_is_new_to_us_is_kept_as_it_came() -> None:
    one = after(FOLLOWER, event("subscribe"), ACCOUNT.rules, WhatWeChatKnows(None, "ADD_SCENE_MOON", None))
    assert one.source == "ADD_SCENE_MOON"


def test_a_snapshot_holds_all_but_the_union_id() -> None:
    one = after(FOLLOWER, event("subscribe"), ACCOUNT.rules, WhatWeChatKnows("u", None, None))
    assert Follower.from_snapshot(one.to_snapshot()) == replace(one, union_id=None)


# --- routing ------------------------------------------------------------------------------------------


def test_a_follow_starts_the_journey_whose_condition_holds() -> None:
    assert route(event("subscribe"), FollowerState(), (WELCOME, HELP)).starts is WELCOME
    member = FollowerState(replace(FOLLOWER, member=True))
    assert route(event("subscribe"), member, (WELCOME, HELP)).starts is None


def test_the_first_journey_that_matches_is_the_one() -> None:
    narrow = Entry("narrow", "v", Trigger(event="follow", scene="store-*"))
    follow = event("subscribe", EventKey="qrscene_store-SH01")
    assert route(follow, FollowerState(), (narrow, WELCOME)).starts is narrow
    assert route(event("subscribe"), FollowerState(), (narrow, WELCOME)).starts is WELCOME


def test_a_repeated_delivery_is_recognised_by_the_run_that_it_started() -> None:
    follow = event("subscribe")
    state = FollowerState(replace(FOLLOWER, member=True), (LiveRun("welcome", "run", follow.id),))
    found = route(follow, state, (WELCOME,))
    assert (found.starts, found.again) == (WELCOME, True)
    assert received(follow, state).start is None


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("1", "bridal"),
        ("１", "bridal"),
        ("ring", "bridal"),
        ("BRIDAL", "bridal"),
        (" 2 ", "gifts"),
        ("hello", "other"),
    ],
)
def test_an_answer_is_read_however_it_is_typed(said: str, answer: str) -> None:
    assert read_answer(CHOICES, event("text", Content=said)) == answer


def test_a_tap_on_a_menu_message_answers_by_its_id() -> None:
    assert read_answer(CHOICES, event("text", Content="Something nice", bizmsgmenuid="gifts")) == "gifts"


def test_where_all_is_welcome_the_text_is_the_answer() -> None:
    assert read_answer({}, event("text", Content="  what I think  ")) == "what I think"
    assert len(read_answer({}, event("text", Content="x" * 2000))) == 500


def test_only_what_is_said_can_answer() -> None:
    state = FollowerState(FOLLOWER, (), (wait(),))
    assert route(event("image", MediaId="1"), state, ()).answers is None
    assert route(event("text", Content="1"), state, ()).answer == "bridal"


def test_a_keyword_goes_before_an_answer_that_fits_no_choice() -> None:
    state = FollowerState(FOLLOWER, (), (wait(),))
    assert route(event("text", Content="help"), state, (HELP,)).starts is HELP
    assert route(event("text", Content="1"), state, (HELP,)).answer == "bridal"
    assert route(event("text", Content="what?"), state, (HELP,)).answer == "other"


def test_a_click_starts_the_journey_of_its_key() -> None:
    entry = Entry("menu", "v", Trigger(event="click", key="points"))
    assert route(event("CLICK", EventKey="points"), FollowerState(), (entry,)).starts is entry
    assert route(event("CLICK", EventKey="other"), FollowerState(), (entry,)).starts is None
    assert route(event("VIEW", EventKey="points"), FollowerState(), (entry,)).starts is None


def test_only_events_that_may_be_greeted_need_the_follower() -> None:
    assert may_open(event("subscribe"), (WELCOME, HELP))
    assert not may_open(event("text", Content="help"), (WELCOME, HELP))
    assert not may_open(event("LOCATION"), (WELCOME, HELP))


def test_the_journey_that_greeted_is_the_one_that_starts_whatever_has_changed_since() -> None:
    member = FollowerState(replace(FOLLOWER, member=True))
    assert received(event("subscribe"), member).start is None
    assert received(event("subscribe"), member, said="welcome").start.run.journey == "welcome"


def test_the_opening_is_recorded_in_the_followers_language() -> None:
    state = FollowerState(replace(FOLLOWER, language="en"))
    start = received(event("subscribe"), state, said="welcome").start
    assert start.opening.content == {"type": "text", "text": "Hello, reply 1 or 2"}
    assert (start.opening.channel, start.opening.act) == ("passive", None)


def test_an_entry_survives_the_catalogue() -> None:
    when = Condition(
        tags=("a",), without_tags=("b",), customer=True, scene="x*", answers={"q": "a"},
        any=(Condition(member=True), Condition(language="en")), none=Condition(source="article"),
    )  # fmt: skip
    menu = Menu(head={"any": "h"}, items=(MenuItem("a", {"zh": "甲"}),))
    for entry in (WELCOME, HELP, Entry("x", "v", Trigger(event="scan", scene="s-*", when=when), menu)):
        assert Entry.from_dict(entry.to_dict()) == entry


def test_an_event_of_a_follower_opens_what_its_act_opens() -> None:
    one = received(event("text", Content="hi")).follower
    assert [(w.act, w.left) for w in one.windows] == [(Act.MESSAGE, 5)]
    assert one.following


def test_an_opening_that_the_callback_did_not_say_is_said_by_the_run() -> None:
    assert received(event("subscribe"), said="welcome").start.opening.status == "sent"
    unsaid = received(event("subscribe")).start
    assert unsaid.opening is None
    assert unsaid.run.unsaid == WELCOME.opening
    assert Run.from_dict(unsaid.run.to_dict()) == unsaid.run
