"""A worker that is killed at any of its calls, and whose task is then done again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, OPENID
from tests.support.fakes.bus import FakeBus
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.world import World, new_world, send
from tests.support.world_snapshot import WorldSnapshot
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import Position
from wejourney.journeys.action_types import (
    Action,
    AwaitAction,
    AwardAction,
    BranchAction,
    BranchCase,
    CallAction,
    CheckAction,
    CloseAction,
    ConsentAction,
    CouponAction,
    PauseAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.definition import Condition
from wejourney.journeys.runs import Run
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.loyalty.benefits.secret_codes import code_of
from wejourney.services.perform_actions import PerformActions, Task
from workbench.operations.timeline import timeline_of

SAID = CheckAction("5", {"said": Condition(events=(EventCount(EventPattern("text")),))})
STRANGER = BranchAction(
    "2",
    (BranchCase(Condition(without_tags=("a",)), (TagAction("2.case1.1", add=("a", "b")),)),),
    otherwise=(AwardAction("2.otherwise.1", 100, "the second attempt took another case"),),
)
PAID = EventPattern("payment")
ACTIONS: tuple[Action, ...] = (
    CloseAction("0"),
    send("1"),
    STRANGER,
    SetAction("3", {"city": "Paris", "date.day": "2026-12-01"}),
    AwardAction("4", 5, "x"),
    SAID,
    TellAction("6", "CouponGiven", {"name": "SPRING"}),
    CallAction("7", "journey", "other"),
    CallAction("8", "end", "another"),
    PauseAction("9", time=9 * 60),
    TagAction("10", remove=("a",)),
    ConsentAction("10.1", "newsletter", given=True, version="1"),
    CouponAction("10.2", "welcome-10", CouponTerms(Discount(percent=10), 30, stock=5), "Asia/Shanghai"),
    AwardAction("11", 3, "y"),
    SetAction("12", {"size": "52"}),
    send("13"),
    AwaitAction("14", pattern=PAID),
)
"""One of each kind; the last parks the task's token."""


@dataclass
class Worker:
    """The task's function, whose containers come and go."""

    world: World
    told: FakeInbox = field(default_factory=FakeInbox)
    bus: FakeBus = field(default_factory=FakeBus)

    def attempt(self, run: Run, actions: tuple[Action, ...], token: str, hazard: Hazard) -> Run | None:
        """Perform the task; None when the worker was killed."""
        ports = replace(
            self.world.ports,
            channels={"custom": hazard.around(self.world.wechat)},
            runs=hazard.around(self.world.runs),
            bus=hazard.around(self.bus),
            announcements=hazard.around(self.told),
        )
        perform = PerformActions(ports, frozenset({"tag", "points", "profile", "consent_given"}))
        with hazard.in_dynamodb(self.world):
            try:
                return perform(Task(run, actions, token))
            except Killed:
                return None


@pytest.fixture
def worker(tables: str, followers: FollowerStore, ledger: BooksStore) -> Callable[[], Worker]:
    snapshot = WorldSnapshot(tables, new_world(followers, ledger))
    return lambda: Worker(snapshot.restored())


def begun(worker: Worker) -> Run:
    world = worker.world
    return replace(
        world.run(), last_position=Position.at(world.clock.now()), start_position=world.run().last_position
    )


def changed_at(worker: Worker) -> dict[str, list[str]]:
    """What is on record as changed, by step."""
    timeline = timeline_of(worker.world.followers, APP_ID, OPENID)
    changes = [entry for entry in timeline if entry["kind"] == "change"]
    changed = {
        change["step"]: [*change.get("added", ()), *change.get("removed", ()), *change.get("values", ())]
        for change in changes
    }
    assert len(changed) == len(changes), "each step once"
    return {step: names for step, names in changed.items() if names}


def coupons_in(world: World) -> int:
    """How many coupons the ledger has; as many were taken of the stock."""
    rows = world.followers.table.client.scan(TableName="LedgerTable")["Items"]
    (stock,) = (row["given"]["N"] for row in rows if row["pk"]["S"].startswith("STOCK#"))
    coupons = [row for row in rows if row["pk"]["S"].startswith("COUPON#")]
    assert len(coupons) == int(stock)
    return len(coupons)


def assert_each_effect_is_there_once(worker: Worker, run: Run, token: str) -> None:
    """The run is what the last attempt returned; `token` is what that had to park."""
    world = worker.world
    assert len(world.wechat.taken) == len(set(world.wechat.taken))
    statuses = {step: status for step, status, _ in world.messages()}
    assert set(statuses) == {"1", "13"}
    assert all(
        status == "unknown" or f"message {step}" in world.wechat.taken for step, status in statuses.items()
    )
    follower = world.follower()
    assert follower.tags == {"b"}
    assert follower.attributes == {"city": "Paris", "size": "52"}
    assert follower.dates == {"day": "2026-12-01"}
    assert changed_at(worker) == {
        "2.case1.1": ["a", "b"],
        "3": ["city", "date.day"],
        "10": ["a"],
        "12": ["size"],
    }
    assert [(name, consent.given) for name, consent in follower.consents.items()] == [("newsletter", True)]
    assert len(world.followers.table.query(partition(follower.person_id), "CONSENT#")) == 1
    assert coupons_in(world) == 1
    assert [code_of(code) for code in run.coupons.values()]
    person_id = follower.person_id
    assert sorted(moved.amount for moved in world.ledger.newest(person_id)) == [3, 5]
    assert follower.points == world.ledger.books(person_id).available == 8
    told = {event.id: event for event in worker.told.told}
    assert {event.position for event in worker.told.told} == {event.position for event in told.values()}
    kinds = sorted(event.kind for event in told.values())
    assert kinds == sorted([*2 * ["tag", "profile", "points"], "profile", "consent_given", "journey", "end"])
    assert {detail["id"] for _, detail in worker.bus.published} == {f"{run.id}#6"}
    assert run.facts == {"said": True}
    assert run.until == world.clock.now().replace(hour=1, minute=0) + timedelta(days=1)
    assert replace(run.follower, rev=0) == replace(follower, rev=0)
    world.tells("payment", after_minutes=63)
    assert list(world.runs.woken) == [token]


def test_killed_at_any_call_every_effect_is_there_once_after_the_task_is_done_again(
    worker: Callable[[], Worker],
) -> None:
    place = 0
    while True:
        one = worker()
        run = begun(one)
        first = one.attempt(run, ACTIONS, "t-1", Hazard(place))
        # Where the quota of a day is spent, a task is tried again hours later.
        one.world.clock.pass_(hours=1)
        if place % 2:
            assert one.attempt(run, ACTIONS, "t-2", Hazard(12)) is None
        done = one.attempt(run, ACTIONS, "t-3", Hazard())
        assert done is not None
        assert_each_effect_is_there_once(one, done, "t-3")
        if first is not None:
            break
        place += 1

    assert place >= 25, "every call of the task was a place to be killed at"


def test_a_wait_for_what_has_come_already_wakes_its_run_however_often_its_worker_is_killed(
    worker: Callable[[], Worker],
) -> None:
    place = 0
    while True:
        one = worker()
        run = begun(one)
        one.world.tells("payment", after_minutes=3)
        first = one.attempt(run, (AwaitAction("14", pattern=PAID),), "t-1", Hazard(place))
        assert one.attempt(run, (AwaitAction("14", pattern=PAID),), "t-2", Hazard()) is not None
        # The engine hands on nothing for the token of an attempt that has failed.
        assert "t-2" in one.world.runs.woken
        if first is not None:
            break
        place += 1

    assert place == 5
