"""Events applied to a real table: one effect each, in any repetition."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, HELP, NOON, OPENID, WELCOME, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.servers.dynamodb import CallCounter
from tests.support.world import person_of
from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.allowances.wechat_rules import Act
from wejourney.errors import WeChatBusyError
from wejourney.journeys.answers import Question
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import FollowerState, LiveRun, OpenWait
from wejourney.people.followers import WeChatUserInfo
from wejourney.people.identities import union_identity
from wejourney.reasons import Finished
from wejourney.services.process_event import ProcessEvent
from workbench.operations.timeline import timeline_of


@dataclass
class Inbox:
    """The inbox with its fakes."""

    followers: FollowerStore
    runs: FakeRuns = field(default_factory=FakeRuns)
    wechat: FakeWeChat = field(default_factory=FakeWeChat)

    def __call__(self, *args: Any) -> None:
        """Apply an event as soon as it has happened."""
        process = ProcessEvent(
            FakeAccounts(),
            self.followers,
            FakeOrders(),
            self.runs,
            self.wechat,
            FakeClock(max(NOON, args[0].at)),
            FakeMeter(),
            entries=(WELCOME, HELP),
        )
        process(*args)

    def state(self) -> FollowerState:
        return self.followers.read(APP_ID, OPENID)


@pytest.fixture
def inbox(followers: FollowerStore) -> Inbox:
    return Inbox(followers)


def open_question(inbox: Inbox, token: str = "token-1", minutes: int = 1) -> OpenWait:
    """A question of the journey that was started last."""
    run = list(inbox.runs.started.values())[-1].run
    wait = OpenWait(
        run_id=run.id,
        step="1",
        name="style",
        asked_at=NOON + timedelta(minutes=minutes),
        token=token,
        run=run.to_dict(),
        question=Question(choices={"bridal": ("1", "婚戒"), "gifts": ("2",)}),
    )
    follower = inbox.state().follower
    assert follower is not None
    inbox.followers.open_wait(follower, wait)
    return wait


def test_a_follow_makes_a_profile_opens_the_allowance_and_starts_the_journey_that_greeted(
    inbox: Inbox,
) -> None:
    inbox.wechat.known = WeChatUserInfo(union_id="u-1", source="qr")
    inbox(event("subscribe", EventKey="qrscene_store-SH01", Ticket="t"), "welcome")

    state = inbox.state()
    follower = state.follower
    assert follower is not None
    assert (follower.scene, follower.source) == ("store-SH01", "qr")
    assert follower.identities == {union_identity("main", "u-1")}
    assert follower.following
    assert [(window.act, window.left) for window in follower.windows] == [(Act.FOLLOW, 3)]
    (start,) = inbox.runs.started.values()
    assert (start.run.journey, start.run.version) == ("welcome", "v1")
    assert [run.journey for run in state.live_runs] == ["welcome"]
    kinds = [entry["kind"] for entry in timeline_of(inbox.followers, APP_ID, OPENID)]
    assert sorted(kinds) == ["event", "message", "run"]


def test_an_event_delivered_four_times_at_once_has_one_effect(inbox: Inbox) -> None:
    follow = event("subscribe")
    barrier = threading.Barrier(4)

    def deliver(_: int) -> None:
        barrier.wait()
        inbox(follow, "welcome")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(4)))

    assert len(inbox.runs.started) == 1
    entries = timeline_of(inbox.followers, APP_ID, OPENID)
    assert sorted(entry["kind"] for entry in entries) == ["event", "message", "run"]
    assert inbox.state().follower is not None
    assert inbox.state().follower.rev == 1  # type: ignore[union-attr]


def test_a_worker_killed_between_record_and_start_is_completed_by_the_next_delivery(inbox: Inbox) -> None:
    follow = event("subscribe")
    inbox.runs.crash_on_start = True
    with pytest.raises(ConnectionError):
        inbox(follow, "welcome")
    assert inbox.runs.started == {}

    inbox(follow, "welcome")

    assert len(inbox.runs.started) == 1


def test_an_ordinary_event_takes_at_most_four_aws_calls(inbox: Inbox) -> None:
    inbox(event("subscribe"), "welcome")
    counter = CallCounter()
    with counter.listening(inbox.followers.table.client):
        inbox(event("text", NOON + timedelta(hours=1), Content="just talking"))

    assert counter.operations == ["GetItem", "Query", "TransactWriteItems"]


def test_a_follow_of_a_stranger_takes_three_calls_to_the_table(inbox: Inbox) -> None:
    counter = CallCounter()
    with counter.listening(inbox.followers.table.client):
        inbox(event("subscribe"), "welcome")

    assert counter.operations == ["GetItem", "GetItem", "TransactWriteItems"]


def test_an_answer_wakes_the_run_with_the_choice_and_closes_the_question(inbox: Inbox) -> None:
    inbox(event("subscribe"), "welcome")
    wait = open_question(inbox)

    answer = event("text", NOON + timedelta(hours=2), Content=" 婚戒 ")
    inbox(answer)
    inbox(answer)

    (wake,) = inbox.runs.woken.values()
    assert wake.token == wait.token
    assert wake.run.answers == {"style": "bridal"}
    assert [w.act for w in wake.run.follower.windows] == [Act.MESSAGE]
    assert inbox.state().waits == ()
    assert inbox.followers.answer(wake.run.follower, wait.run_id, wait.step) == ("bridal", answer.position)


def test_an_answer_goes_to_the_question_that_was_asked_last(inbox: Inbox) -> None:
    inbox(event("subscribe"), "welcome")
    open_question(inbox, "first", minutes=1)
    inbox(event("text", NOON + timedelta(minutes=2), Content="help"))
    open_question(inbox, "second", minutes=5)

    inbox(event("text", NOON + timedelta(minutes=10), Content="2"))

    assert list(inbox.runs.woken) == ["second"]
    assert [wait.token for wait in inbox.state().waits] == ["first"]


def test_a_keyword_starts_its_journey_even_while_a_question_with_choices_is_open(inbox: Inbox) -> None:
    inbox(event("subscribe"), "welcome")
    open_question(inbox)

    inbox(event("text", NOON + timedelta(minutes=3), Content="帮助"))

    assert inbox.runs.woken == {}
    assert {start.run.journey for start in inbox.runs.started.values()} == {"welcome", "help"}


def test_a_journey_that_is_live_is_not_started_again(inbox: Inbox) -> None:
    inbox(event("text", Content="help"))
    inbox(event("text", NOON + timedelta(minutes=1), Content="help"))
    assert len(inbox.runs.started) == 1

    (start,) = inbox.runs.started.values()
    live = LiveRun("help", start.run.id, "")
    assert inbox.followers.end_run(person_of(inbox.followers), live, Finished(), NOON + timedelta(minutes=2))
    assert not inbox.followers.end_run(
        person_of(inbox.followers), live, Finished(), NOON + timedelta(minutes=2)
    )
    inbox(event("text", NOON + timedelta(minutes=3), Content="help"))

    assert len(inbox.runs.started) == 2


def test_a_run_without_an_end_event_blocks_its_journey_only_until_its_time_limit(inbox: Inbox) -> None:
    """Step Functions tells EventBridge of ended executions on a best-effort basis.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    limit = timedelta(seconds=HELP.longest)
    inbox(event("text", Content="help"))
    inbox(event("text", NOON + limit - timedelta(seconds=1), Content="help"))
    assert len(inbox.runs.started) == 1

    inbox(event("text", NOON + limit, Content="help"))

    assert len(inbox.runs.started) == 2
    assert len(inbox.state().live_runs) == 1


def test_an_unfollow_erases_the_follower_and_stops_their_runs(inbox: Inbox) -> None:
    """https://developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html"""
    inbox(event("subscribe"), "welcome")
    inbox(event("text", NOON + timedelta(minutes=1), Content="hello"))

    inbox(event("unsubscribe", NOON + timedelta(minutes=2)))
    inbox(event("unsubscribe", NOON + timedelta(minutes=2)))

    assert list(inbox.runs.stopped) == [inbox.runs.first.run.id]
    assert inbox.state() == FollowerState()
    assert timeline_of(inbox.followers, APP_ID, OPENID) == []


def test_a_refused_user_info_is_recorded_and_the_journey_starts(inbox: Inbox) -> None:
    inbox.wechat.known = WeChatBusyError(-1, "system busy")

    inbox(event("subscribe", EventKey="qrscene_store-SH01"), "welcome")

    assert len(inbox.runs.started) == 1
    notes = [
        entry.get("note")
        for entry in timeline_of(inbox.followers, APP_ID, OPENID)
        if entry["kind"] == "event"
    ]
    assert notes == ["user info: -1"]


def test_a_repeated_follow_asks_wechat_nothing_and_a_later_follow_asks_again(inbox: Inbox) -> None:
    for _ in range(3):
        inbox(event("subscribe"), "welcome")
    assert (inbox.wechat.asked, len(inbox.runs.started)) == ([OPENID], 1)

    inbox(event("subscribe", NOON + timedelta(minutes=1)))
    assert inbox.wechat.asked == [OPENID, OPENID]


def test_an_event_of_an_unknown_kind_is_kept_with_its_fields(inbox: Inbox) -> None:
    inbox(event("some_new_event", Surprise={"List": [1, 2]}))

    (entry,) = timeline_of(inbox.followers, APP_ID, OPENID)
    assert entry["event"]["kind"] == "unknown"
    named = {"MsgType": "event", "Event": "some_new_event"}
    assert entry["event"]["fields"] == {**named, "Surprise": {"List": [1, 2]}}
    assert inbox.state() == FollowerState()


def test_who_is_kept_out_again_stays_with_the_day_on_which_they_first_were(inbox: Inbox) -> None:
    keeps_out = replace(HELP, holdout=100)
    for days in (0, 2):
        at = NOON + timedelta(days=days)
        process = ProcessEvent(
            FakeAccounts(),
            inbox.followers,
            FakeOrders(),
            inbox.runs,
            inbox.wechat,
            FakeClock(at),
            FakeMeter(),
            (keeps_out,),
        )
        process(event("text", at, Content="help"))

    pk = partition(person_of(inbox.followers))
    (held_out,) = map(columns_of, inbox.followers.table.query(pk, rows.HOLDOUT))
    assert datetime.fromisoformat(held_out["at"]) == NOON
    assert held_out["cohort"].startswith(f"{NOON:%Y-%m-%d}")


@pytest.mark.parametrize("lives", [1, 2, 3])
def test_an_event_that_was_kept_while_its_follower_was_erased_is_forgotten_by_its_next_delivery(
    inbox: Inbox, lives: int
) -> None:
    """Also where the openid has been other people since."""
    inbox(event("subscribe"), "welcome")
    follower = inbox.state().follower
    assert follower is not None
    view = event("view", NOON + timedelta(minutes=1), EventKey="https://example.com")
    inbox(event("unsubscribe", NOON + timedelta(minutes=2)))
    for life in range(1, lives):
        inbox(event("subscribe", NOON + timedelta(minutes=2 * life + 1)))
        if life < lives - 1:
            inbox(event("unsubscribe", NOON + timedelta(minutes=2 * life + 2)))
    # The worker that decided on it before the erasure keeps it now, and dies.
    inbox.followers.keep(Received(view, follower, follower.changed()))
    assert inbox.followers.past_event(view, follower) is not None
    inbox(view)

    assert inbox.followers.past_event(view, follower) is None


def test_the_timeline_tells_an_event_that_changed_nothing_like_any_other(inbox: Inbox) -> None:
    inbox(event("subscribe"))
    inbox(event("view", NOON + timedelta(minutes=1), EventKey="https://example.com"))
    inbox(event("text", NOON + timedelta(minutes=2), Content="hello"))

    told = {
        entry["event"]["kind"]: entry
        for entry in timeline_of(inbox.followers, APP_ID, OPENID)
        if "event" in entry
    }
    assert told["view"].keys() - {"refused"} == told["text"].keys() - {"refused"} == {"kind", "at", "event"}
