"""What steps do when they are done twice, when they come late, and when their run has ended meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.events import body
from tests.support.virtual_time.asl import ACCOUNT, APP_ID, OPENID, START, SUBJECT, World
from wejourney.errors import (
    MalformedEventError,
    RunEndedError,
    StaleFollowerError,
    WeChatBusyError,
)
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.action_types import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    BranchAction,
    BranchCase,
    CallAction,
    DateSpec,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from wejourney.services.perform_actions import Task
from wejourney.wire.official_account.events import read_event

LEE = Follower(APP_ID, OPENID, "person-lee", following=True)
HI = Text({"any": "hi"})
ENTRY = JourneyEntry(
    "made-up",
    "v1",
    Trigger("text", keywords=("go",)),
    goal=Condition(member=True),
    subscribed_kinds=("tag", "points", "profile"),
)
SEND = SendAction("1", HI)
SCAN = AwaitAction("1", EventPattern("scan"))
ASK = AskAction("1", "size", HI, Question())
DAY = DateSpec("day", within=86_400)


def event(seconds: float = 0, **fields: str) -> InboundEvent:
    when = str(int((START + timedelta(seconds=seconds)).timestamp()))
    envelope = {"FromUserName": OPENID, "ToUserName": ACCOUNT, "CreateTime": when}
    return read_event(APP_ID, envelope | {"MsgType": "event"} | fields)


def scanned(seconds: float) -> InboundEvent:
    return event(seconds, Event="SCAN", EventKey="x")


@dataclass
class Begun:
    """A run that has just begun, and what its tasks do."""

    world: World = field(default_factory=lambda: World((ENTRY,), follower=LEE))

    def __post_init__(self) -> None:
        self.world.process(event(MsgType="text", MsgId="1", Content="go"))
        self.run = self.world.runs.first.run

    def do(self, *actions: Action, token: str | None = None, run: Run | None = None) -> Run:
        return self.world.perform(Task(run or self.run, actions, token))

    def reach_goal(self) -> None:
        profile = own_event(body("profile", changes={"member": True}), "x", SUBJECT, START)
        self.world.process(profile)

    @property
    def told(self) -> list[tuple[str, Any]]:
        return [(one.kind, one.body.to_dict()) for one in self.world.inbox.told]


@pytest.fixture
def begun() -> Begun:
    return Begun()


# --- a run that has ended ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        SEND,
        ASK,
        SCAN,
        replace(ASK, content=None),
        PauseAction("1", time=9 * 60),
        PauseAction("1", date=DAY),
        TagAction("1", add=("x",)),
        SetAction("1", {"city": "Paris"}),
        AwardAction("1", 5, "because"),
        TellAction("1", "StaffNotified", {"staff": "x"}),
        CallAction("1", "journey", "other"),
    ],
    ids=["send", "ask", "event", "listen", "until", "date", "tag", "set", "award", "tell", "call"],
)
def test_a_run_that_has_been_ended_does_nothing_more(begun: Begun, action: Action) -> None:
    begun.reach_goal()

    with pytest.raises(RunEndedError):
        begun.do(action, token="token")

    assert begun.world.wechat.arrived == []
    assert begun.world.records.only.waits == {}
    assert begun.world.bus.published == []
    assert begun.told == []
    assert begun.world.tags == set()
    assert begun.world.points == []


def test_a_message_that_wechat_was_too_busy_for_is_not_sent_once_its_run_has_ended(begun: Begun) -> None:
    begun.world.wechat.failures = [WeChatBusyError(-1, "busy")]
    with pytest.raises(WeChatBusyError):
        begun.do(SEND)
    begun.reach_goal()

    with pytest.raises(RunEndedError):
        begun.do(SEND)

    assert begun.world.wechat.arrived == []


def test_a_goal_between_the_last_look_and_the_second_attempt_stops_the_message(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.world.wechat.failures = [WeChatBusyError(-1, "busy")]
    with pytest.raises(WeChatBusyError):
        begun.do(SEND)
    records = begun.world.records
    again = records.reserve_again

    def after_the_goal(*arguments: Any) -> None:
        begun.reach_goal()
        again(*arguments)

    monkeypatch.setattr(records, "reserve_again", after_the_goal)

    with pytest.raises(StaleFollowerError):
        begun.do(SEND)
    assert begun.world.wechat.arrived == []


# --- a task that is repeated ---------------------------------------------------------------------------


@pytest.mark.parametrize("action", [SCAN, replace(ASK, content=None), ASK], ids=["event", "listen", "ask"])
def test_a_repeated_task_that_waits_parks_its_new_token(begun: Begun, action: Action) -> None:
    begun.do(action, token="first")
    begun.do(action, token="second")

    (wait,) = begun.world.records.only.waits.values()
    assert wait.token == "second"
    assert begun.world.runs.woken == {}


def test_a_repeated_task_whose_event_came_meanwhile_is_woken_with_it(begun: Begun) -> None:
    begun.do(SCAN, token="first")
    scan = scanned(5)
    begun.world.process(scan)
    begun.do(SCAN, token="second")

    assert {token: wake.run.last_position for token, wake in begun.world.runs.woken.items()} == {
        "first": scan.position,
        "second": scan.position,
    }


def test_a_repeated_wait_for_a_date_parks_its_new_token(begun: Begun) -> None:
    run = begun.do(PauseAction("1", date=DAY))
    begun.do(AwaitAction("1", date=DAY), token="first", run=run)
    begun.do(AwaitAction("1", date=DAY), token="second", run=run)

    (wait,) = begun.world.records.only.waits.values()
    assert wait.token == "second"


def test_of_two_attempts_at_a_wait_for_a_date_the_older_leaves_it_to_the_younger(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The date has moved, and the younger attempt waits for it anew before the older one looks."""
    run = begun.do(PauseAction("1", date=DAY))
    moved = {"date.day": "2026-11-22T20:00"}
    begun.world.process(own_event(body("profile", changes=moved), "x", SUBJECT, START))
    action, records = AwaitAction("1", date=DAY), begun.world.records
    register = records.open_wait

    def overtaken(*arguments: Any) -> None:
        register(*arguments)
        monkeypatch.undo()
        begun.do(action, token="younger", run=run)
        again = begun.world.runs.woken["younger"].run
        begun.do(action, token="youngest", run=again)

    monkeypatch.setattr(records, "open_wait", overtaken)
    begun.do(action, token="older", run=run)

    assert set(begun.world.runs.woken) == {"younger"}
    assert [wait.token for wait in records.only.waits.values()] == ["youngest"]


def test_a_retry_takes_the_case_of_the_first_attempt_though_that_has_changed_the_follower(
    begun: Begun,
) -> None:
    first = (TagAction("1.case1.1", add=("vip",)), AwardAction("1.case1.2", 5, "new"), SEND)
    stranger = BranchCase(Condition(without_tags=("vip",)), first)
    branch = BranchAction("1", (stranger,), otherwise=(AwardAction("1.otherwise.1", 50, "known"),))
    begun.world.wechat.failures = [WeChatBusyError(-1, "busy")]

    with pytest.raises(WeChatBusyError):
        begun.do(TagAction("0", add=("seen",)), branch)
    begun.do(TagAction("0", add=("seen",)), branch)

    assert begun.world.tags == {"seen", "vip"}
    assert begun.world.points == [5]
    assert len(begun.world.wechat.arrived) == 1


def test_a_branch_is_decided_before_the_opening_that_its_task_sends_first(begun: Begun) -> None:
    run = replace(begun.run, unsaid=HI)
    joined = own_event(body("profile", changes={"customer": True}), "x", SUBJECT, START)
    begun.world.process(joined)
    branch = BranchAction("1", (BranchCase(Condition(customer=True), (AwardAction("1.case1.1", 5, "r"),)),))

    begun.do(branch, run=run)

    assert begun.world.points == []


def test_a_tag_before_a_branch_is_written_with_the_message_of_the_case(begun: Begun) -> None:
    begun.do(TagAction("1", add=("vip",)), BranchAction("2", otherwise=(SEND,)))

    (message,) = begun.world.records.only.messages.values()
    assert [change.step for change in message.changes] == ["1"]
    assert begun.world.tags == {"vip"}


def test_a_branch_without_a_step_for_this_run_hands_it_on_as_it_is(begun: Begun) -> None:
    branch = BranchAction("1", (BranchCase(Condition(tags=("vip",)), (SEND,)),))

    assert begun.do(branch) == begun.run
    assert begun.world.wechat.arrived == []


def test_a_repeated_tag_action_publishes_the_same_event_id(begun: Begun) -> None:
    action = TagAction("1", add=("x", "y"))
    begun.do(action)
    begun.do(action)

    ids = [one.id for one in begun.world.inbox.told]
    assert [kind for kind, _ in begun.told] == ["tag"] * 4
    assert len(set(ids)) == 2


def test_a_repeated_award_is_posted_and_published_once(begun: Begun) -> None:
    action = AwardAction("1", 5, "because")
    begun.do(action)
    run = begun.do(action)

    assert begun.world.points == [5]
    assert len({one.id for one in begun.world.inbox.told}) == 1
    assert run.follower.points == 5


def test_events_that_the_runs_own_version_subscribes_to_are_published(begun: Begun) -> None:
    begun.world.perform = replace(begun.world.perform, subscribed_kinds=frozenset())

    run = begun.do(AwardAction("1", 5, "because"), TagAction("2", add=("x",)))

    assert run.follower.points == 5
    assert [kind for kind, _ in begun.told] == ["points", "tag"]


def test_what_is_published_twice_carries_the_same_id(begun: Begun) -> None:
    action = TellAction("1", "CouponGiven", {"coupon": "SPRING"})
    begun.do(action)
    begun.do(action)

    assert len(begun.world.bus.once) == 1


def test_own_events_name_the_journey_that_changed_the_profile(begun: Begun) -> None:
    begun.do(
        TagAction("1", add=("x",)), SetAction("2", {"date.day": "2026-12-01"}), TagAction("3", remove=("x",))
    )

    assert begun.told == [
        ("tag", {"tag": "x", "by": "made-up"}),
        ("profile", {"changes": {"date.day": "2026-12-01"}, "by": "made-up"}),
        ("profile", {"changes": {}, "by": "made-up"}),
    ]


# --- a follower who changes meanwhile ------------------------------------------------------------------


def test_merge_fields_use_the_profile_at_the_time_of_sending(begun: Begun) -> None:
    text = Text({"any": "{attribute.city|nowhere}"})
    told = own_event(body("profile", changes={"city": "Paris"}), "x", SUBJECT, START)
    begun.world.process(told)

    begun.do(SendAction("1", text))

    assert [content["text"] for _, content in begun.world.wechat.arrived] == ["Paris"]


@pytest.mark.parametrize("action", [SEND, TagAction("1", add=("x",)), SetAction("1", {"city": "Paris"})])
def test_a_constantly_changing_follower_raises_stale_follower(
    begun: Begun, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_arguments: Any) -> None:
        raise StaleFollowerError

    for name in ("add_message", "change"):
        monkeypatch.setattr(begun.world.records, name, stale)

    with pytest.raises(StaleFollowerError):
        begun.do(action)


def test_a_wait_without_a_task_token_is_malformed(begun: Begun) -> None:
    with pytest.raises(MalformedEventError):
        begun.do(SCAN)


# --- what the inbox sets off ---------------------------------------------------------------------------


class Diary:
    """An engine that remembers the order of what it is told."""

    def __init__(self, *, fails_at: str = "") -> None:
        self.told: list[str] = []
        self.fails_at = fails_at

    def note(self, what: str) -> None:
        if what == self.fails_at:
            self.fails_at = ""
            raise ConnectionError(what)
        self.told.append(what)

    def start(self, _start: object) -> None:
        self.note("start")

    def wake(self, _wake: object) -> None:
        self.note("wake")

    def stop(self, _run: object, _end: object) -> None:
        self.note("stop")


def all_at_once() -> tuple[World, InboundEvent, Sequence[str]]:
    """An event that ends one run, wakes another and starts a third."""
    bought = EventPattern("payment")
    entries = (
        replace(ENTRY, name="ends", trigger=Trigger("text", keywords=("go",))),
        replace(ENTRY, name="waits", trigger=Trigger("click"), goal=None),
        replace(ENTRY, name="starts", trigger=Trigger("payment"), goal=None),
    )
    world = World(entries, follower=LEE)
    world.process(event(MsgType="text", MsgId="1", Content="go"))
    world.process(event(Event="CLICK", EventKey="k"))
    waiting = list(world.runs.started.values())[1].run
    world.perform(Task(waiting, (AwaitAction("1", bought),), "token"))
    assert world.records.follower is not None
    world.records.only.follower = world.records.follower.changed(member=True)
    return world, own_event(body("payment", total=1), "x", SUBJECT, START), ("stop", "wake", "start")


def test_runs_end_first_then_others_wake_and_then_one_starts() -> None:
    world, paid, order = all_at_once()
    diary = Diary()

    replace(world.process, runs=diary)(paid)

    assert diary.told == list(order)


@pytest.mark.parametrize("fails_at", ["stop", "wake", "start"])
def test_an_event_that_comes_again_after_a_crash_is_completed(fails_at: str) -> None:
    world, paid, order = all_at_once()
    diary = Diary(fails_at=fails_at)
    process = replace(world.process, runs=diary)
    with pytest.raises(ConnectionError):
        process(paid)
    diary.told.clear()

    process(paid)

    assert diary.told == list(order)
