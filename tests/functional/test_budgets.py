"""What each action, wait and event may cost: the calls to AWS, counted, in their order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON
from tests.support.events import RIGHT
from tests.support.turns import before_each_call
from tests.support.world import LISTEN, QUESTION, World, new_world, send
from wejourney import errors
from wejourney.adapters.aws.event_bus import EventBus
from wejourney.adapters.aws.media_queue import SqsMediaQueue
from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.step_functions import StepFunctionsRuns
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.sealed_runs import SealedRuns, sealed
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import Position
from wejourney.journeys.action_types import (
    Action,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    CloseAction,
    ConsentAction,
    CouponAction,
    DateSpec,
    PauseAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import LiveRun, Run
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.messaging.media import KINDS
from wejourney.people.codes import Code, CodeKind, SourceClass
from wejourney.people.profile_model import ProfileModel
from wejourney.reasons import Finished
from wejourney.services import perform_actions
from wejourney.services.perform_actions import PerformActions, Task

READ, WRITE, UPDATE, QUERY = "GetItem", "TransactWriteItems", "UpdateItem", "Query"
TELL, PUBLISH = "send_message", "put_events"
START, WAKE, STOP = "start_execution", "send_task_success", "stop_execution"

PAID = EventPattern("payment")
DAY = DateSpec("day", within=86_400)
AWAIT, AWAIT_DATE = AwaitAction("7", pattern=PAID), AwaitAction("8", date=DAY)
IS_PAID = CheckAction("1", {"paid": Condition(events=(EventCount(PAID),))})
POP_UP = Code(
    *(APP_ID, "pop-up", "pop-up", CodeKind.EVENT, SourceClass.SOCIAL, NOON),
    facts={"event": "pop-up"},
    opens_at=NOON,
    closes_at=NOON + timedelta(hours=1),
)
JOURNEY = JourneyEntry(
    "journey", "v1", Trigger("text", keywords=("start",)), goal=Condition(events=(EventCount(PAID),))
)


@dataclass
class Calls:
    """A client of any service, which takes everything; what it and DynamoDB were asked, in order."""

    names: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., dict[str, int]]:
        def called(**_: object) -> dict[str, int]:
            self.names.append(name)
            return {"FailedEntryCount": 0}

        return called

    @contextmanager
    def counted(self, world: World) -> Iterator[None]:
        def note(operation: str, **_: object) -> None:
            self.names.append(operation)

        self.names.clear()
        with before_each_call(world, note):
            yield


@dataclass
class Counted:
    """The functions with their real adapters, and the calls that these make."""

    world: World
    calls: Calls = field(default_factory=Calls)

    def perform(
        self, run: Run, *actions: Action, subscribed_kinds: frozenset[str] = frozenset()
    ) -> list[str]:
        ports = replace(
            self.world.ports,
            runs=StepFunctionsRuns(self.calls, ""),
            bus=EventBus(self.calls),
            announcements=SqsInbox(self.calls, "inbox"),
        )
        perform = PerformActions(ports, subscribed_kinds)
        with self.calls.counted(self.world), suppress(errors.AnsweredError):
            perform(Task(run, actions, token="t-1"))
        return self.calls.names

    def hear(self, kind: str, *, own: bool = False, **fields: Any) -> list[str]:
        self.world.runs = StepFunctionsRuns(self.calls, "")  # type: ignore[assignment]
        happens = self.world.tells if own else self.world.hears
        self.world.inbox = SqsInbox(self.calls, "inbox")
        with self.calls.counted(self.world):
            happens(kind, after_minutes=3, **fields)
        return self.calls.names


@pytest.fixture
def counted(followers: FollowerStore, ledger: BooksStore) -> Counted:
    return Counted(new_world(followers, ledger))


def begun(counted: Counted) -> Run:
    """A run that has heard all that was said so far, and waits for a date from noon to its limit."""
    heard = Position.at(counted.world.clock.now())
    limit = NOON + timedelta(seconds=DAY.within)
    return replace(
        counted.world.run(), last_position=heard, step_positions={"8": Position.at(NOON)}, until=limit
    )


COUPON = CouponAction("1", "welcome-10", CouponTerms(Discount(percent=10), 30, stock=5), "Asia/Shanghai")
ACTIONS: dict[str, tuple[Action, list[str]]] = {
    "send": (send(), [WRITE, UPDATE]),
    "ask": (QUESTION, [WRITE, UPDATE]),
    "ask about what was said": (LISTEN, [WRITE, QUERY]),
    "wait for an event": (AWAIT, [WRITE, QUERY]),
    "pause": (PauseAction("1", seconds=60), [QUERY]),
    "pause for a date": (PauseAction("8", date=DAY), [QUERY]),
    "wait for a date": (AWAIT_DATE, [WRITE, QUERY]),
    "close": (CloseAction("7"), [QUERY, WRITE]),
    "check": (IS_PAID, [QUERY, QUERY]),
    "tag": (TagAction("1", add=("a", "b")), [WRITE]),
    "set": (SetAction("1", {"city": "Paris"}), [QUERY, WRITE]),
    "set a date": (SetAction("1", {"date.day": "2026-12-01"}), [QUERY, WRITE, TELL]),
    "consent": (ConsentAction("1", "newsletter", given=True), [QUERY, WRITE]),
    "coupon": (COUPON, [WRITE]),
    "award": (AwardAction("1", 5, "x"), [READ, WRITE]),
    "tell": (TellAction("1", "CouponGiven", {"name": "SPRING"}), [QUERY, PUBLISH]),
    "call": (CallAction("1", "journey", "other"), [WRITE, TELL]),
}


@pytest.mark.parametrize(("message", "calls"), [(send(), [WRITE, UPDATE]), (QUESTION, [WRITE, UPDATE])])
def test_changes_of_the_profile_are_written_with_the_message_that_follows(
    counted: Counted, message: Action, calls: list[str]
) -> None:
    changes = (TagAction("8", add=("a",)), SetAction("9", {"city": "Paris"}))

    assert counted.perform(begun(counted), *changes, message) == calls


@pytest.mark.parametrize("awards", [1, 2])
def test_points_that_are_posted_with_a_message_cost_one_look_at_the_books(
    counted: Counted, awards: int
) -> None:
    changes = [AwardAction(str(10 + number), 5, "x") for number in range(awards)]

    assert counted.perform(begun(counted), *changes, send()) == [READ, WRITE, UPDATE]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_takes_so_many_calls(counted: Counted, name: str) -> None:
    action, calls = ACTIONS[name]

    assert counted.perform(begun(counted), action) == calls


LISTENED: dict[str, tuple[Action, list[str]]] = {
    "tag": (TagAction("1", add=("a", "b")), [WRITE, TELL, TELL]),
    "set": (SetAction("1", {"city": "Paris"}), [QUERY, WRITE, TELL]),
    "consent": (ConsentAction("1", "newsletter", given=True), [QUERY, WRITE, TELL]),
    "award": (AwardAction("1", 5, "x"), [READ, WRITE, TELL]),
}


@pytest.mark.parametrize("name", LISTENED)
def test_an_event_that_a_journey_subscribes_to_costs_its_publication(counted: Counted, name: str) -> None:
    action, calls = LISTENED[name]
    subscribed_kinds = frozenset({"tag", "points", "profile", "consent_given"})

    assert counted.perform(begun(counted), action, subscribed_kinds=subscribed_kinds) == calls


def test_a_wait_for_what_has_come_already_is_closed_and_woken(counted: Counted) -> None:
    run = begun(counted)
    counted.world.tells("payment", after_minutes=3)

    assert counted.perform(run, AWAIT) == [WRITE, QUERY, WRITE, QUERY, WAKE]


def test_a_date_that_has_moved_before_its_wait_is_open_is_dropped_and_woken(counted: Counted) -> None:
    run = replace(begun(counted), until=NOON, reached=True)

    assert counted.perform(run, AWAIT_DATE) == [WRITE, QUERY, WRITE, WAKE]


def test_the_limit_of_a_wait_for_a_date_is_looked_at_before_and_after(counted: Counted) -> None:
    run = begun(counted)
    counted.perform(run, AWAIT_DATE)

    assert counted.perform(run, CloseAction("8", date=DAY)) == [QUERY, WRITE, QUERY]


def test_a_task_reads_once_the_key_to_the_data_of_its_state(counted: Counted) -> None:
    data = sealed(begun(counted))
    with counted.calls.counted(counted.world):
        SealedRuns(counted.world.followers).read(data)

    assert counted.calls.names == [READ]


def test_a_task_without_actions_reads_the_follower(counted: Counted) -> None:
    assert counted.perform(begun(counted)) == [QUERY]


WOKEN: dict[str, tuple[Action, str, dict[str, Any]]] = {
    "answer": (QUESTION, "text", {"Content": "1"}),
    "event": (AWAIT, "payment", {}),
    "date": (AWAIT_DATE, "profile", {"changes": {"date.day": "2026-11-22"}}),
}


@pytest.mark.parametrize("name", WOKEN)
def test_an_event_that_ends_a_wait_is_read_written_and_wakes(counted: Counted, name: str) -> None:
    action, kind, fields = WOKEN[name]
    counted.perform(begun(counted), action)

    assert counted.hear(kind, own=kind != "text", **fields) == [READ, QUERY, WRITE, WAKE]


def test_an_event_that_nobody_waits_for_is_read_and_written(counted: Counted) -> None:
    assert counted.hear("text", Content="hello") == [READ, QUERY, WRITE]
    # What changes nothing is kept, and looks at the waits again.
    assert counted.hear("view", EventKey="https://example.com") == [READ, QUERY, "PutItem", QUERY]


def test_a_scan_costs_one_read_more_for_what_its_code_stands_for(counted: Counted) -> None:
    assert counted.hear("SCAN", EventKey="store-SH01") == [READ, READ, QUERY, WRITE]


def test_a_check_in_costs_one_publication_more(counted: Counted) -> None:
    counted.world.codes.add(POP_UP)

    assert counted.hear("SCAN", EventKey="pop-up") == [READ, READ, QUERY, WRITE, TELL]


def test_a_payment_also_writes_whose_order_it_was(counted: Counted) -> None:
    fields = {"total": 100, "order": "A-1", "merchant": "1900000109"}
    assert counted.hear("payment", own=True, **fields) == [READ, QUERY, WRITE, WRITE]
    # What another system tells has no refund of WeChat's.
    assert counted.hear("payment", own=True, total=100, order="A-2") == [READ, QUERY, "PutItem", QUERY]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_with_a_file_costs_one_call_more_where_files_are_kept_and_else_none(
    counted: Counted, kind: str
) -> None:
    counted.world.people_rules = PeopleRules(ProfileModel(private_purpose="membership"))
    counted.world.tells("consent_given", purpose="membership", after_minutes=2)
    counted.hear("text", Content="hello", MsgId="1")
    # A second message of the moment opens no allowance.
    a_message = [READ, QUERY, "PutItem", QUERY]
    assert counted.hear(kind, MediaId="M-1", MsgId="2") == a_message

    counted.world.media_queue = SqsMediaQueue(counted.calls, "media")
    assert counted.hear(kind, MediaId="M-2", MsgId="3") == [*a_message, TELL]
    assert counted.hear("text", Content="hello", MsgId="4") == a_message


def test_a_condition_over_ever_reads_one_page_of_any_history_when_the_latest_events_decide(
    counted: Counted,
) -> None:
    paid_ever = CheckAction("1", {"paid": Condition(events=(EventCount(PAID, scope="ever"),))})
    # Three pages of DynamoDB's, 1 MB each.
    for number in range(60):
        counted.world.says(after_minutes=1, MsgId=str(number), Content="." * 50_000)
    assert len(counted.perform(begun(counted), paid_ever)) >= 4
    counted.world.tells(PAID.event, after_minutes=2, **RIGHT[PAID.event])
    assert counted.perform(begun(counted), paid_ever) == [QUERY, QUERY]


def test_a_condition_over_ever_reads_a_long_history_once_when_it_never_happened(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perform_actions, "TALLIED_FROM", 60)
    paid_ever = CheckAction("1", {"paid": Condition(events=(EventCount(PAID, scope="ever"),))})
    # Three pages of DynamoDB's, 1 MB each.
    for number in range(60):
        counted.world.says(after_minutes=1, MsgId=str(number), Content="." * 50_000)
    counted.world.clock.pass_(hours=48)

    assert counted.perform(begun(counted), paid_ever) == [*[QUERY] * 4, WRITE]
    assert counted.perform(begun(counted), paid_ever) == [QUERY, QUERY]


def test_an_event_that_starts_a_journey_and_one_that_ends_its_run(counted: Counted) -> None:
    counted.world.entries = (JOURNEY,)

    assert counted.hear("text", Content="start") == [READ, QUERY, WRITE, START]
    assert counted.hear("payment", own=True) == [READ, QUERY, WRITE, STOP]


def test_the_end_of_a_run_is_read_and_written(counted: Counted) -> None:
    run = begun(counted)
    with counted.calls.counted(counted.world):
        live = LiveRun(run.journey, run.id, "")
        counted.world.followers.end_run(run.follower.person_id, live, Finished(), NOON)

    assert counted.calls.names == [QUERY, "DeleteItem", "DeleteItem", "UpdateItem"]
