"""Races and crashes that were found once: each test fails without its guard."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.functional.test_perform_actions import LISTEN, QUESTION, World, new_world, send
from tests.support.builders import (
    APP_ID,
    HELP,
    NOON,
    OPENID,
    WELCOME,
    FakeAccounts,
    event,
)
from wejourney.accounts import Account
from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo import follower_store
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.adapters.dynamo.table import read_partition
from wejourney.domain import errors
from wejourney.domain.actions import TagAction
from wejourney.domain.followers import LiveRun
from wejourney.domain.runs import Run
from wejourney.services.process_event import ProcessEvent


@pytest.fixture
def world(followers: FollowerStore, ledger: LedgerStore) -> World:
    return new_world(followers, ledger)


@pytest.fixture
def greeted(followers: FollowerStore, ledger: LedgerStore) -> World:
    world = World(followers, ledger)
    world.hears("subscribe", said="welcome")
    return world


def first_run(world: World) -> Run:
    return next(iter(world.runs.started.values())).run


def while_sending(world: World, happens: Any, *, after: bool = False) -> None:
    """Let something happen while a call to WeChat is under way."""
    send_to = world.wechat.send

    def sending(account: Account, openid: str, content: Mapping[str, Any]) -> None:
        if not after:
            happens()
        try:
            send_to(account, openid, content)
        finally:
            if after:
                happens()

    world.wechat.send = sending  # type: ignore[method-assign]


# --- answers ------------------------------------------------------------------------------------------


def test_an_early_answer_survives_a_worker_that_dies_before_taking_it(
    greeted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    greeted.says(after_minutes=1, Content="1")
    run = first_run(greeted)

    def die(*_: object) -> None:
        raise ConnectionError("the worker was killed")

    with monkeypatch.context() as patch:
        patch.setattr(FollowerStore, "first_message_after", die)
        with pytest.raises(ConnectionError):
            greeted.perform(run, LISTEN, token="t-1")

    greeted.perform(run, LISTEN, token="t-2")

    assert greeted.runs.woken["t-2"].run.answers == {"style": "bridal"}


@pytest.mark.parametrize("text", ["1", "2"])
def test_an_answer_in_the_same_second_as_the_follow_is_heard(greeted: World, text: str) -> None:
    """Whichever of the two ids sorts first."""
    for number in range(8):
        greeted.says(Content=text, MsgId=str(number))

    greeted.perform(first_run(greeted), LISTEN, token="t-1")

    assert "t-1" in greeted.runs.woken


def test_an_answer_in_the_same_second_as_the_message_is_heard(world: World) -> None:
    run = world.perform(world.run(), send())
    world.says(after_minutes=2, Content="1")

    world.perform(run, LISTEN, token="t-1")

    assert "t-1" in world.runs.woken


def test_a_message_that_started_another_journey_is_no_early_answer(greeted: World) -> None:
    process = ProcessEvent(
        FakeAccounts(),
        greeted.followers,
        greeted.runs,
        greeted.wechat,
        greeted.clock,
        greeted.meter,
        (WELCOME, HELP),
    )
    run = first_run(greeted)
    process(event("text", NOON + timedelta(minutes=1), Content="help"))
    assert len(greeted.runs.started) == 2

    greeted.perform(run, LISTEN, token="t-1")

    assert greeted.runs.woken == {}


def test_a_run_that_ends_takes_its_open_question_with_it(world: World) -> None:
    """Or the follower's next words would go to a run that is no more."""
    run = world.run()
    world.perform(run, QUESTION, token="t-1")

    assert world.followers.end_run(APP_ID, OPENID, LiveRun(run.journey, run.id, ""), "failed", NOON)

    assert world.followers.read(APP_ID, OPENID).waits == ()


# --- allowances ---------------------------------------------------------------------------------------


def test_what_is_given_back_never_exceeds_what_the_rules_allow(world: World) -> None:
    world.wechat.failures = [errors.ContentRejectedError(45002, "content size out of limit")]
    while_sending(world, lambda: world.says(after_minutes=3, Content="again"))

    world.perform(world.run(), send())

    assert [window.left for window in world.follower().windows] == [5]


def test_a_window_that_wechat_closed_leaves_a_newer_one_open(world: World) -> None:
    world.wechat.failures = [errors.WindowClosedError(45015, "response out of time limit")]
    while_sending(world, lambda: world.says(after_minutes=3, Content="again"), after=True)

    world.perform(world.run(), send())

    assert [window.left for window in world.follower().windows] == [5]


def test_a_message_that_waited_until_its_window_was_over_is_not_tried_again(greeted: World) -> None:
    """3 in one minute: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage"""
    run = first_run(greeted)
    greeted.clock.pass_(seconds=20)
    greeted.wechat.failures = [errors.WeChatBusyError(-1, "system busy")]
    with pytest.raises(errors.WeChatBusyError):
        greeted.perform(run, send())
    greeted.clock.pass_(seconds=120)

    greeted.perform(run, send())

    assert len(greeted.wechat.calls) == 1
    assert greeted.messages()[0][1] == "not_sent"


def test_every_message_of_a_task_has_tries_of_its_own(world: World) -> None:
    busy = errors.WeChatBusyError(-1, "system busy")
    world.wechat.failures = [*[busy] * 5, None, *[busy] * 5, None]
    run = world.run()
    for _ in range(10):
        with pytest.raises(errors.WeChatBusyError):
            world.perform(run, send("1"), send("2"))

    world.perform(run, send("1"), send("2"))

    assert world.wechat.taken == ["message 1", "message 2"]


# --- openings -----------------------------------------------------------------------------------------


def test_an_opening_that_the_callback_could_not_say_is_said_within_the_minute(
    followers: FollowerStore, ledger: LedgerStore
) -> None:
    world = World(followers, ledger)
    world.hears("subscribe", said=None)
    world.clock.pass_(seconds=5)

    world.perform(first_run(world), LISTEN, token="t-1")
    world.says(after_minutes=5, Content="1")

    assert world.wechat.taken == ["你好，回复 1 或 2"]
    assert world.runs.woken["t-1"].run.answers == {"style": "bridal"}


# --- unfollowing --------------------------------------------------------------------------------------


def test_a_run_of_an_earlier_life_writes_nothing_on_who_has_come_back(greeted: World) -> None:
    greeted.says(after_minutes=1, Content="x")
    old = replace(first_run(greeted), follower=greeted.follower())
    greeted.hears("unsubscribe", after_minutes=2)
    greeted.hears("subscribe", after_minutes=3, said="welcome")
    greeted.says(after_minutes=4, Content="y")
    greeted.clock.pass_(minutes=5)
    assert greeted.follower().rev == old.follower.rev, "the case that a revision alone does not tell apart"

    for action in (send("99"), TagAction("98", add=("old",)), QUESTION, LISTEN):
        with pytest.raises(errors.FollowerGoneError):
            greeted.perform(old, action, token="t-1")

    assert greeted.wechat.calls == []
    assert greeted.follower().tags == frozenset()


def test_erasing_leaves_nothing_of_a_task_that_is_under_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.run()

    def read_then_let_the_task_write(*arguments: Any, **options: Any) -> Any:
        found = read_partition(*arguments, **options)
        monkeypatch.setattr(follower_store, "read_partition", read_partition)
        with pytest.raises(errors.FollowerGoneError):
            world.perform(run, QUESTION, token="t-1")
        return found

    monkeypatch.setattr(follower_store, "read_partition", read_then_let_the_task_write)
    world.followers.erase(APP_ID, OPENID)

    assert read_partition(rows.FollowersTable, rows.partition(APP_ID, OPENID)) == []
    assert world.wechat.calls == []


def test_an_unfollow_that_is_delivered_after_they_came_back_erases_nobody(greeted: World) -> None:
    greeted.hears("subscribe", after_minutes=10, said="welcome")
    greeted.hears("unsubscribe", after_minutes=9)

    assert greeted.follower().following


# --- what no person did -------------------------------------------------------------------------------


def test_a_report_clears_no_unreachable_mark(world: World) -> None:
    follower = world.follower()
    world.followers.save(follower, follower.changed(unreachable="43019 blacklisted"))

    world.hears("TEMPLATESENDJOBFINISH", after_minutes=5, MsgID="7", Status="failed:user block")

    assert world.follower().unreachable == "43019 blacklisted"


def test_a_report_makes_nobody_a_follower_and_is_kept(greeted: World) -> None:
    greeted.hears("unsubscribe", after_minutes=2)
    greeted.hears("TEMPLATESENDJOBFINISH", after_minutes=3, MsgID="7", Status="failed:user block")

    assert greeted.followers.load(APP_ID, OPENID) is None
    assert [entry["kind"] for entry in greeted.followers.timeline(APP_ID, OPENID)] == ["event"]


def test_two_events_of_one_second_are_two() -> None:
    one, two = (event("user_get_card", CardId=card, UserCardCode="1") for card in ("c1", "c2"))
    assert one.id != two.id
