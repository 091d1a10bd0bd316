"""Races and crashes that were found once, or are likely: a docstring says how its test was seen failing.

What two workers do at once, in every order, is in `test_two_workers`.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, HELP, NOON, OPENID, SUBJECT, WELCOME, erasure_of, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.servers.dynamodb import empty
from tests.support.turns import before_each_call
from tests.support.world import LISTEN, QUESTION, World, person_of, send
from tests.support.world_snapshot import WorldSnapshot
from wejourney import errors
from wejourney.accounts import Account
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Table
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.action_types import (
    Action,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    CloseAction,
    DateSpec,
    PauseAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import LiveRun, Run
from wejourney.reasons import EndedByEngine
from wejourney.services.process_event import ProcessEvent
from workbench.operations.timeline import timeline_of

BOOKING = DateSpec("booking", within=30 * 86_400, offset=-3600)
PAYMENT = EventPattern("payment")
AWAIT, AWAIT_DATE = AwaitAction("7", pattern=PAYMENT), AwaitAction("8", date=BOOKING)
PAID = EventCount(PAYMENT)


@pytest.fixture
def greeted(followers: FollowerStore, ledger: BooksStore) -> World:
    world = World(followers, ledger)
    world.hears("subscribe", opened_journey="welcome")
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
        patch.setattr(FollowerStore, "events", die)
        with pytest.raises(ConnectionError):
            greeted.perform(run, LISTEN, token="t-1")

    greeted.perform(run, LISTEN, token="t-2")

    assert greeted.runs.woken["t-2"].run.answers == {"style": "bridal"}


@pytest.mark.parametrize("text", ["1", "2"])
def test_an_answer_in_the_same_second_as_the_follow_counts(greeted: World, text: str) -> None:
    """Whichever of the two ids sorts first."""
    for number in range(8):
        greeted.says(Content=text, MsgId=str(number))

    greeted.perform(first_run(greeted), LISTEN, token="t-1")

    assert "t-1" in greeted.runs.woken


def test_an_answer_in_the_same_second_as_the_question_counts(world: World) -> None:
    run = world.perform(world.run(), send())
    world.says(after_minutes=2, Content="1")

    world.perform(run, LISTEN, token="t-1")

    assert "t-1" in world.runs.woken


def test_a_message_that_started_another_journey_does_not_answer_a_later_question(greeted: World) -> None:
    process = ProcessEvent(
        FakeAccounts(),
        greeted.followers,
        greeted.orders,
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


def test_the_end_of_a_run_closes_its_open_question(world: World) -> None:
    """Or the follower's next words would go to a run that is no more."""
    run = world.run()
    world.perform(run, QUESTION, token="t-1")

    assert world.followers.end_run(
        person_of(world.followers), LiveRun(run.journey, run.id, ""), EndedByEngine("failed"), NOON
    )

    assert world.followers.read(APP_ID, OPENID).waits == ()


def test_an_event_that_came_before_two_waits_ends_one_of_them(world: World) -> None:
    """Seen failing when the event does not remember whom it has woken."""
    run = world.run()
    world.tells("payment", after_minutes=3)

    world.perform(run, AWAIT, token="t-1")
    world.perform(run, replace(AWAIT, step="9", since_run_start=True), token="t-2")

    assert list(world.runs.woken) == ["t-1"]


def test_an_attempt_whose_token_was_replaced_closes_no_wait(world: World) -> None:
    """Seen failing when a wait is closed without a look at its token: the new one would wait for ever."""
    run = world.run()
    world.perform(run, AWAIT, token="t-1")
    (old,) = world.followers.read(APP_ID, OPENID).waits
    world.perform(run, AWAIT, token="t-2")
    event = world.followers.events(run.follower, BEGINNING)[-1].event

    with pytest.raises(errors.AlreadyDoneError):
        world.followers.answer_early(run.follower, old, None, event)
    with pytest.raises(errors.AlreadyDoneError):
        world.followers.drop_wait(run.follower, old)

    assert [wait.token for wait in world.followers.read(APP_ID, OPENID).waits] == ["t-2"]


# --- allowances ---------------------------------------------------------------------------------------


def test_a_returned_allowance_never_exceeds_the_limit(world: World) -> None:
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


def test_a_concurrent_message_of_the_follower_prevents_a_refusal(world: World) -> None:
    """Seen failing when a refusal is written without a look at the follower's revision."""
    world.clock.pass_(hours=48)
    run, writes = world.run(), iter(["now"])

    def write(operation: str, **_: object) -> None:
        if operation == "TransactWriteItems" and next(writes, None):
            world.says(after_minutes=48 * 60 + 1, Content="are you there?")

    with before_each_call(world, write):
        world.perform(run, send())

    assert world.wechat.taken == ["message 1"]


# --- openings -----------------------------------------------------------------------------------------


def test_an_opening_that_the_callback_could_not_send_is_sent_by_the_run(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    world = World(followers, ledger)
    world.hears("subscribe", opened_journey=None)
    world.clock.pass_(seconds=5)

    world.perform(first_run(world), LISTEN, token="t-1")
    world.says(after_minutes=5, Content="1")

    assert world.wechat.taken == ["你好，回复 1 或 2"]
    assert world.runs.woken["t-1"].run.answers == {"style": "bridal"}


# --- unfollowing --------------------------------------------------------------------------------------


def test_a_run_from_before_the_erasure_writes_nothing_for_the_new_person(greeted: World) -> None:
    greeted.says(after_minutes=1, Content="x")
    old = replace(first_run(greeted), follower=greeted.follower(), step_positions={"8": Position.at(NOON)})
    greeted.hears("unsubscribe", after_minutes=2)
    greeted.hears("subscribe", after_minutes=3, opened_journey="welcome")
    greeted.says(after_minutes=4, Content="y")
    greeted.clock.pass_(minutes=5)
    assert greeted.follower().rev == old.follower.rev, "the case that a revision alone does not tell apart"

    noted = SetAction("97", {"city": "Paris"})
    for action in (send("99"), TagAction("98", add=("old",)), noted, QUESTION, LISTEN, AWAIT, AWAIT_DATE):
        with pytest.raises(errors.FollowerGoneError):
            greeted.perform(old, action, token="t-1")

    assert greeted.wechat.calls == []
    assert greeted.follower().tags == frozenset()


def test_an_erasure_during_a_task_leaves_no_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world.run()

    query = Table.query

    def read_then_let_the_task_write(*arguments: Any, **options: Any) -> Any:
        found = query(*arguments, **options)
        monkeypatch.setattr(Table, "query", query)
        with pytest.raises(errors.FollowerGoneError):
            world.perform(run, QUESTION, token="t-1")
        return found

    monkeypatch.setattr(Table, "query", read_then_let_the_task_write)
    world.followers.erase(SUBJECT, erasure_of(*[run.follower.person_id]))

    assert world.followers.table.query(partition(run.follower.person_id)) == []
    assert world.wechat.calls == []


def test_a_follower_who_returns_at_once_is_welcomed_as_a_new_person(greeted: World) -> None:
    """Seen failing when an unfollow does not look whether they have come back since."""
    first, person = first_run(greeted), greeted.follower().person_id
    greeted.hears("unsubscribe", after_minutes=1)
    greeted.hears("subscribe", after_minutes=2, opened_journey="welcome")
    greeted.hears("unsubscribe", after_minutes=1)  # delivered again

    _, second = greeted.runs.started.values()
    assert list(greeted.runs.stopped) == [first.id]
    assert [run.run_id for run in greeted.followers.read(APP_ID, OPENID).live_runs] == [second.run.id]
    assert greeted.follower().person_id not in ("", person)


def test_a_late_unfollow_does_not_erase_a_returned_follower(greeted: World) -> None:
    greeted.hears("subscribe", after_minutes=10, opened_journey="welcome")
    greeted.hears("unsubscribe", after_minutes=9)

    assert greeted.follower().following


# --- what no person did -------------------------------------------------------------------------------


def test_a_job_report_does_not_clear_unreachable(world: World) -> None:
    follower = world.follower()
    world.followers.save(follower, follower.changed(unreachable=43019))

    world.hears("TEMPLATESENDJOBFINISH", after_minutes=5, MsgID="7", Status="failed:user block")

    assert world.follower().unreachable == 43019


def test_two_events_in_the_same_second_are_both_recorded() -> None:
    one, two = (event("user_get_card", CardId=card, UserCardCode="1") for card in ("c1", "c2"))
    assert one.id != two.id


# --- a goal, an exit or an unfollow in the middle ------------------------------------------------------

GOAL = JourneyEntry("greeted", "v1", Trigger("text", keywords=("start",)), goal=Condition(events=(PAID,)))
STEPS: Mapping[str, tuple[Action, ...]] = {
    "send": (send("1"), send("2")),
    "send again": (send("1"), send("2")),
    "send to a busy WeChat": (send("1"),),
    "ask": (QUESTION,),
    "listen": (LISTEN,),
    "await an event": (AWAIT,),
    "await a date": (PauseAction("8", date=BOOKING), AWAIT_DATE),
    "close": (CloseAction("5"), send("1")),
    "pause": (PauseAction("1", time=9 * 60), send("2")),
    "tag and set": (TagAction("1", add=("a",)), SetAction("2", {"city": "Paris"}), send("3")),
    "award": (AwardAction("1", 5, "x"), AwardAction("2", 3, "y")),
    "tell": (CallAction("1", "journey", "help"), TellAction("2", "CouponGiven", {"name": "SPRING"})),
    "check": (CheckAction("1", {"paid": Condition(events=(PAID,))}), send("2")),
    "look again": (),
}

NOT_NOW = (
    *(errors.RunEndedError, errors.FollowerGoneError),
    *(errors.StaleFollowerError, errors.WeChatBusyError),
)
"""The run is over, or the engine is to try again."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["goal", "unfollow"])
def test_an_ended_run_sends_and_awards_nothing_in_any_step(
    world: World, tables: str, step: str, what: str
) -> None:
    """It ends before the n-th call to DynamoDB, for every n.

    Seen failing when a wait is opened, or points are posted, without a look at the live run; when a message
    is taken up again without a look at the follower's revision; when the limit of a wait is written, or how
    a message ended, without a look at whether the follower is there.
    """
    place = 0
    world.entries, world.subscribed_kinds = (GOAL,), frozenset({"points"})
    empty(tables, "FollowersTable", "LedgerTable")
    world.runs.started.clear()
    world.hears("subscribe")
    world.says(after_minutes=1, Content="start")
    run = world.run()
    if step == "send again":
        world.wechat.failures = [errors.WeChatBusyError(-1, "system busy")]
        with pytest.raises(errors.WeChatBusyError):
            world.perform(run, *STEPS[step])
    world.wechat.calls.clear()
    person = run.follower.person_id
    snapshot = WorldSnapshot(tables, world)
    while True:
        vars(world).update(vars(snapshot.restored()))
        if step == "send to a busy WeChat":
            world.wechat.failures = [errors.WeChatBusyError(-1, "system busy")]
        calls = iter(range(1000))
        before: list[tuple[int, int]] = []

        def so_far(person: str = person) -> tuple[int, int]:
            return len(world.wechat.calls), world.ledger.books(person).available

        def end(calls: Any = calls, before: Any = before, place: int = place, **_: object) -> None:
            if next(calls) == place:
                before.append(so_far())
                if what == "goal":
                    world.tells("payment", after_minutes=3)
                else:
                    world.hears("unsubscribe", after_minutes=3)

        with before_each_call(world, end), suppress(*NOT_NOW):
            world.perform(run, *STEPS[step], token="t-1")
        if not before:
            break
        assert so_far() == before[0], place
        state = world.followers.read(APP_ID, OPENID)
        assert (state.live_runs, state.waits) == ((), ())
        if what == "unfollow":
            assert timeline_of(world.followers, APP_ID, OPENID) == []
        place += 1
    assert place > 0


def test_a_goal_during_a_call_stops_all_later_messages(world: World) -> None:
    world.entries = (GOAL,)
    world.says(after_minutes=2, Content="start")
    run = list(world.runs.started.values())[-1].run
    while_sending(world, lambda: world.tells("payment", after_minutes=3))

    with pytest.raises(errors.RunEndedError):
        world.perform(run, send("1"), send("2"))

    assert world.wechat.taken == ["message 1"]


# --- the catalogue changes ----------------------------------------------------------------------------


def test_a_journey_that_leaves_the_catalogue_neither_ends_nor_starts_a_run(world: World) -> None:
    """mautic #6054, #2419: what runs goes on, and what has run stays on record."""
    before = [one for one in timeline_of(world.followers, APP_ID, OPENID) if one["kind"] == "run"]
    run = world.run()
    world.perform(run, QUESTION, token="t-1")
    world.entries = ()
    world.tells("tag", after_minutes=3, tag="vip")
    follower = world.follower()
    world.followers.save(follower, follower.changed(tags=frozenset()))

    world.says(after_minutes=4, Content="1")

    assert world.runs.stopped == {}
    assert world.runs.woken["t-1"].run.version == "v1"
    assert [one for one in timeline_of(world.followers, APP_ID, OPENID) if one["kind"] == "run"] == before
