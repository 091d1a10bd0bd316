"""A journey that is taken once is taken once by a person, whichever of their contacts leave and come back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, event
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.wechat import FakeWeChat
from tests.support.one_person import LEE, SHOP, UNION, AllAccounts, Happening, People, identified
from tests.support.servers.dynamodb import empty
from wejourney.accounts import Account
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.event import InboundEvent
from wejourney.journeys.definition import Again, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.people.erasure import JOURNEYS_REMEMBERED
from wejourney.people.followers import WeChatUserInfo
from wejourney.reasons import Finished
from workbench.operations.set_profile import set_facts

ONCE = (
    JourneyEntry("coupon", "v1", Trigger("follow"), again=Again("never")),
    JourneyEntry("tour", "v1", Trigger("mini_program", name="view"), again=Again("never")),
    JourneyEntry("thanks", "v1", Trigger("payment"), again=Again("per", key="order")),
)
ACCOUNT, MINI_PROGRAM, PAYMENTS = LEE


class OneOpenPlatform(AllAccounts):
    """All apps are bound to one account of the Open Platform."""

    def get(self, app_id: str) -> Account:
        account = super().get(app_id)
        return replace(account, settings=replace(account.settings, open_platform="main"))


class Life(People):
    """WeChat tells the union id with each follow, and the mini program and the payments tell it first."""

    def does(self, act: str) -> None:
        match act.split():
            case ["follows"]:
                self.takes(event("subscribe", self.now, ACCOUNT.openid))
            case ["unfollows"]:
                self.takes(event("unsubscribe", self.now, ACCOUNT.openid))
            case ["unfollows", "late"]:
                self.takes(event("unsubscribe", self.now - timedelta(seconds=90), ACCOUNT.openid))
            case ["leaves"]:
                self.takes(replace(event("unsubscribe", self.now), subject=LEE[1]))
            case ["views", number]:
                self.happens(identified(LEE[int(number)], UNION[LEE[int(number)]]))
                self.happens(Happening(LEE[int(number)], "mini_program", {"name": "view"}))
            case ["pays"]:
                self.happens(identified(PAYMENTS, UNION[PAYMENTS]))
                self.happens(Happening(PAYMENTS, "payment", {"total": 1, "order": "A-1"}))
            case ["finishes"]:
                for start in self.runs.started.values():
                    self.followers.end_run(start.run.follower.person_id, start.live, Finished(), self.now)
            case _:
                raise AssertionError(act)
        self.number += 1

    @property
    def now(self) -> Any:
        return NOON + timedelta(minutes=self.number)

    def takes(self, one: InboundEvent) -> None:
        known = FakeWeChat(known=WeChatUserInfo(union_id="u-lee"))
        replace(self.inbox(), accounts=OneOpenPlatform(), wechat=known)(one)

    def taken(self) -> list[str]:
        return sorted(start.run.journey for start in self.runs.started.values())


ACTS = st.lists(
    st.sampled_from(["follows", "unfollows", "unfollows late", "views 1", "views 2", "pays", "finishes"]),
    max_size=14,
)


def lives(followers: Any, ledger: Any, acts: Iterable[str]) -> None:
    """The mini program's contact stays, so the person does."""
    life = Life(followers, ledger, entries=ONCE)
    life.does("views 1")
    for act in acts:
        life.does(act)
    assert life.taken() == sorted(set(life.taken()))


@settings(max_examples=400, deadline=None)
@given(acts=ACTS)
def test_a_person_takes_a_journey_once_in_any_order_of_leaving_and_coming_back(acts: list[str]) -> None:
    followers = FakeFollowers()
    lives(followers, FakeBooks(followers), acts)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_a_person_takes_a_journey_once_in_the_table(
    tables: str, followers: FollowerStore, ledger: BooksStore, acts: list[str]
) -> None:
    empty(tables, "FollowersTable", "LedgerTable")
    lives(followers, ledger, acts)


@pytest.mark.parametrize(
    "acts",
    [
        ("views 1", "leaves", "views 1"),
        ("follows", "unfollows", "views 1", "follows"),
        ("follows", "unfollows", "follows", "unfollows late", "unfollows", "follows"),
        ("follows", "views 1", "unfollows", "views 1", "follows", "leaves", "unfollows", "follows"),
    ],
)
def test_a_contact_that_comes_back_brings_what_it_had_taken(
    followers: FollowerStore, ledger: BooksStore, acts: tuple[str, ...]
) -> None:
    life = Life(followers, ledger, entries=ONCE)
    for act in acts:
        life.does(act)
    assert life.taken() == sorted(set(life.taken()))


def test_facts_about_somebody_who_was_erased_do_not_forget_what_they_had_taken(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    life = Life(followers, ledger, entries=ONCE)
    for act in ("follows", "unfollows"):
        life.does(act)
    set_facts(followers, SHOP, ACCOUNT.openid, {"city": "Paris"})
    life.does("follows")
    assert life.taken() == ["coupon"]


def test_of_many_journeys_those_that_are_taken_once_are_remembered_and_who_comes_back_is_known(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    """All of them are written with the event that makes them known again."""
    life = Life(followers, ledger, entries=ONCE)
    life.does("follows")
    life.does("finishes")
    orders = JOURNEYS_REMEMBERED * 3
    for number in range(orders):
        life.happens(Happening(ACCOUNT, "payment", {"total": 1, "order": f"A-{number}"}))
    for act in ("unfollows", "follows"):
        life.does(act)
    assert life.of(ACCOUNT) is not None
    assert life.taken() == ["coupon", *["thanks"] * orders]
    for number in (0, orders - 1):
        life.happens(Happening(ACCOUNT, "payment", {"total": 1, "order": f"A-{number}"}))
    assert len(life.taken()) == 1 + orders + 1, "only the last orders are remembered"


def test_a_run_of_somebody_an_operator_has_told_about_first_goes_with_its_contact(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    set_facts(followers, SHOP, ACCOUNT.openid, {"city": "Paris"})
    life = Life(followers, ledger, entries=ONCE)
    for act in ("follows", "views 1", "unfollows"):
        life.does(act)
    person = life.of(LEE[1])
    assert person is not None
    assert list(life.runs.stopped) == list(life.runs.started), "both spoke with the account"
    assert followers.table.query(partition(person.person_id), "RUN#") == []
