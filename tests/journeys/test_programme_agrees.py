"""The programme in the simulator and in the services of a deployment: the same points, tiers and journeys."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID
from tests.support.calendars import Days
from tests.support.events import body
from tests.support.fakes.books import FakeBooks
from tests.support.keeping import Silent
from tests.support.virtual_time.simulated import START, journey
from wejourney.adapters.dynamo.items import shard_of
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.earning_rules import AtMost, EarningRule, Multiplier, Pending
from wejourney.loyalty.expiry import Expiry, Period
from wejourney.loyalty.programme import Programme
from wejourney.loyalty.tiers import Tier, Tiers
from wejourney.people.followers import Follower
from wejourney.people.profile_model import ProfileModel
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.keep_books import KeepBooks
from workbench.simulator.books import SimulatedSales
from workbench.simulator.deployment import Person, SimulatedDeployment, simulated_account
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import RunStarted

LAST = 45
"""The day of the last act: what days bring until then is played."""

PROGRAMME = Programme(
    assets={"points": Expiry(Period(20, "day"), Period(30, "day")), "stamps": Expiry(Period(9, "day"))},
    rules={
        "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1, pending=Pending(3)),
        "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=2),
        "stamps": EarningRule(EventPattern("order.paid"), 1, asset="stamps", members_only=True),
        "views": EarningRule(EventPattern("check_in"), 5, at_most=AtMost(per_day=10), once_per="name"),
        "joined": EarningRule(EventPattern("member.joined"), 40),
    },
    multipliers={"twice": Multiplier(("orders",), 200)},
    tiers=Tiers((Tier("basic", 0), Tier("silver", 60), Tier("gold", 150)), months=1, grace=Period(3, "day")),
)
JOURNEYS = tuple(
    journey(f"trigger: {trigger}\nsteps: [{{notify: {{staff: s, text: t}}}}]\n", name)
    for name, trigger in {
        "rich": "{event: points, points: 100}",
        "gold": "{event: tier.changed, tier: gold}",
        "silver": "{event: tier.changed, tier: silver}",
        "joined": "{event: member.joined}",
        "hello": "{event: text, keywords: hello}",
    }.items()
)
RULES = PeopleRules(ProfileModel(membership="club")).with_programme(PROGRAMME)
ORDERS = st.sampled_from(["A", "B", "C"])
YUAN = st.integers(1, 120)
JOIN: tuple[str, dict[str, Any]] = ("consent_given", {"purpose": "club"})
ACTS = st.one_of(
    st.builds(lambda order, yuan: ("payment", {"order": order, "total": yuan * 100}), ORDERS, YUAN),
    st.builds(lambda order, yuan: ("refund", {"order": order, "total": yuan * 50}), ORDERS, YUAN),
    st.builds(lambda order, yuan: ("order.paid", {"order": order, "total": yuan * 100}), ORDERS, YUAN),
    st.builds(lambda order: ("order.returned", {"order": order, "total": 100}), ORDERS),
    st.builds(lambda name: ("check_in", {"name": name}), st.sampled_from(["x", "y", "z"])),
    st.just(JOIN),
    st.just(("text", {"text": "hello"})),
)
type Acts = list[tuple[int, tuple[str, dict[str, Any]]]]
LIVES: st.SearchStrategy[Acts] = st.lists(st.tuples(st.integers(0, 24 * LAST - 1), ACTS), max_size=10)


def events_of(acts: Acts) -> list[InboundEvent]:
    """The events by time: the person says something first and last."""
    told = sorted(enumerate([(0, ("text", {"text": "hi"})), *acts]), key=lambda one: one[1][0])
    subject = Subject(APP_ID, OPENID)
    made = [
        own_event(body(kind, **fields), str(number), subject, START + timedelta(hours=hours, seconds=number))
        for number, (hours, (kind, fields)) in told
    ]
    return [*made, own_event(body("text", text="bye"), "last", subject, START + timedelta(days=LAST))]


type Seen = tuple[Any, ...]


def seen(person: Follower | None, started: Iterable[tuple[str, datetime]]) -> Seen:
    assert person is not None
    return person.balances, person.points, person.tier, person.tier_since, person.member, sorted(started)


def simulated(events: list[InboundEvent]) -> Seen:
    account = replace(simulated_account(), app_id=APP_ID)
    deployment = SimulatedDeployment.of(JOURNEYS, account, RULES)
    made = Simulator(deployment, Person("", START, Follower(APP_ID, OPENID, "person")), events)
    began = [(one.journey, one.at) for one in made.play(until=events[-1].at) if isinstance(one, RunStarted)]
    return seen(made.follower, began)


class Deployed(Days):
    """Days that begin with the keeping of the books."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.books = FakeBooks(self.followers)
        kinds = SimulatedDeployment.of(JOURNEYS, simulated_account(), RULES).subscribed_kinds
        bookkeeping = Bookkeeping(self.books, self.followers, pause=lambda _: None)
        self.earn = EarnPoints(bookkeeping, SimulatedSales(), PROGRAMME, RULES.profile, kinds)
        self.may_spend = RULES.profile.may_spend

    def begin_day(self) -> None:
        records, people = self.books, self.calendars
        keep = KeepBooks(records, people, self.inbox, self.clock, Silent(), PROGRAMME, self.may_spend)
        person = self.followers.follower
        assert person is not None
        shard = shard_of(person.person_id)
        keep(shard, lambda: True)
        self.empty_inbox()
        self.sweeper()(shard, lambda: True)
        self.empty_inbox()


def deployed(events: list[InboundEvent]) -> Seen:
    days = Deployed(SimulatedDeployment.of(JOURNEYS, simulated_account(), RULES).entries)
    days.people_rules, days.clock.at = RULES, START
    left = list(events)
    for number in range(1, LAST + 2):
        midnight = PROGRAMME.start_of(PROGRAMME.day_of(START) + timedelta(days=number))
        while left and left[0].at < midnight:
            event = left.pop(0)
            days.clock.pass_to(event.at)
            days.apply(event)
            days.empty_inbox()
        if left:
            days.clock.pass_to(midnight)
            days.begin_day()
    return seen(days.followers.follower, [(name, at) for name, at, _ in days.started])


@settings(max_examples=60)
@example([(0, JOIN), *((0, ("order.paid", {"order": "A", "total": total})) for total in (6_000, 100))])
@given(LIVES)
def test_the_simulator_makes_of_a_life_what_the_services_make_of_it(acts: Acts) -> None:
    events = events_of(acts)
    assert simulated(events) == deployed(events)
