"""Conditions over all that ever happened: a long history is read once, the tallies know the rest."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, WELCOME, event
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.ports import action_ports
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent
from wejourney.events.matching import EventCount, EventPattern, Tally
from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.action_types import CheckAction
from wejourney.journeys.conditions import History, holds
from wejourney.journeys.definition import Condition
from wejourney.people.followers import Follower
from wejourney.services import perform_actions
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.process_event import ProcessEvent

COUNTED = {
    "view": {"EventKey": "https://example.com"},
    "SCAN": {"EventKey": "store-1"},
    "text": {"Content": "hi"},
}
"""A look at a page changes nothing of the follower, the others open an allowance."""

DAY = timedelta(days=1)


class Life:
    """A follower, in memory."""

    def __init__(self) -> None:
        self.followers, self.runs, self.clock = FakeFollowers(), FakeRuns(), FakeClock()
        self.happens(event("subscribe", NOON), "welcome")

    def happens(self, one: Any, opened: str | None = None) -> None:
        ProcessEvent(
            FakeAccounts(),
            self.followers,
            FakeOrders(),
            self.runs,
            FakeWeChat(),
            self.clock,
            FakeMeter(),
            (WELCOME,),
        )(one, opened)

    def hears(self, kind: str, ago: timedelta = timedelta(), number: int = 0) -> None:
        self.happens(event(kind, self.clock.now() - ago, **COUNTED[kind], MsgId=str(number)))

    @property
    def follower(self) -> Follower:
        follower = self.followers.read(APP_ID, OPENID).follower
        assert follower is not None
        return follower

    def check(self, *counts: EventCount) -> dict[str, bool]:
        """What a task finds of each of the counts."""
        ports = action_ports(self.followers, FakeBooks(self.followers), FakeWeChat(), self.runs, self.clock)
        run = replace(self.runs.first.run, follower=self.follower)
        conditions = {str(number): Condition(events=(count,)) for number, count in enumerate(counts)}
        return dict(PerformActions(ports, frozenset())(Task(run, (CheckAction("1", conditions),))).facts)

    def holds(self, count: EventCount) -> bool:
        """Whether it does, of all events that are on record."""
        events = tuple(past.event for past in self.followers.events(self.follower, BEGINNING))
        history = History(events, self.clock.now(), self.runs.first.run.start_position)
        return holds(Condition(events=(count,)), None, {}, history)


def ever(kind: str, at_least: int = 1) -> EventCount:
    return EventCount(EventPattern(kind), at_least, scope="ever")


@pytest.mark.parametrize("seed", range(20))
def test_tallies_decide_as_the_whole_history_would_whatever_comes_late(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(perform_actions, "TALLIED_FROM", 1)
    chance, life = random.Random(seed), Life()  # noqa: S311 - a test's own chance
    life.clock.pass_(hours=72)
    was_tallied = False
    for number in range(60):
        life.clock.pass_(hours=chance.choice((0, 1, 12, 30)))
        late = chance.choice((0, 0, 0, 1, 25, 60))
        life.hears(chance.choice(list(COUNTED)), timedelta(hours=late), number)
        counts = [
            EventCount(
                EventPattern(kind.lower()), chance.randint(1, 25), chance.choice((None, None, 7)), "ever"
            )
            for kind in chance.sample(list(COUNTED), 2)
        ]
        counts.append(EventCount(EventPattern("text"), chance.randint(1, 5)))
        expected = {str(place): life.holds(count) for place, count in enumerate(counts)}
        assert life.check(*counts) == expected
        was_tallied |= bool(life.follower.tallies)
    assert was_tallied


def test_what_never_happened_is_looked_for_in_a_long_history_once(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life()
    for number in range(perform_actions.TALLIED_FROM):
        life.hears("text", number=number)
    read: list[Position] = []
    newest = life.followers.newest_events

    def noted(follower: Follower, since: Position) -> Iterator[InboundEvent]:
        read.append(since)
        return newest(follower, since)

    monkeypatch.setattr(life.followers, "newest_events", noted)
    life.clock.pass_(hours=48)
    looked = life.clock.now()
    assert life.check(ever("scan")) == {"0": False}
    life.clock.pass_(hours=1)
    assert life.check(ever("scan")) == {"0": False}

    assert read == [BEGINNING, Position.at(looked - DAY)]
    assert list(life.follower.tallies.values()) == [Tally(0, Position.at(looked - DAY))]


def test_a_short_history_is_read_again_and_costs_no_write() -> None:
    life = Life()
    life.hears("text")
    life.clock.pass_(hours=48)
    before = life.follower
    life.check(ever("scan"))

    assert life.follower == before


def test_an_event_that_comes_a_day_late_drops_the_tallies_that_missed_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(perform_actions, "TALLIED_FROM", 1)
    life = Life()
    life.clock.pass_(hours=72)
    assert life.check(ever("view")) == {"0": False}
    assert life.follower.tallies
    life.hears("view", timedelta(hours=30))

    assert not life.follower.tallies
    assert life.check(ever("view")) == {"0": True}


def test_a_follower_who_changes_while_events_are_counted_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(perform_actions, "TALLIED_FROM", 1)
    life = Life()
    life.clock.pass_(hours=72)

    def save(*_: object) -> None:
        raise StaleFollowerError

    monkeypatch.setattr(life.followers, "save", save)

    assert life.check(ever("scan")) == {"0": False}
    assert not life.follower.tallies
