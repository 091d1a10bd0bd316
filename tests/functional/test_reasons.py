"""Every event with a rule has its transaction, or the reason why there is none, on its person's timeline."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.functional.test_joining import PROFILE, Customer
from tests.functional.test_long_histories import CapacityCounter
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.events import body
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import CallCounter, TableSnapshot
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_rows import EVENT
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import CALENDAR_SHARDS, columns_of, partition, shard_of
from wejourney.adapters.dynamo.loyalty import earned_events_store
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.loyalty.earned_events_store import EarnedEventsStore
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event import InboundEvent, own_event
from wejourney.events.matching import EventPattern
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.earning import WhyNothing
from wejourney.loyalty.earning_rules import AtMost, Days, EarningRule, PerProperty
from wejourney.loyalty.expiry import Expiry
from wejourney.loyalty.games import GameTerms
from wejourney.loyalty.programme import Programme
from wejourney.people.followers import Follower
from wejourney.people.identities import IdentityKind
from wejourney.services.loyalty.earn_points import EarnPoints
from wejourney.services.loyalty.reconcile_events import MissingEarning, ReconcileEvents
from workbench.operations.timeline import timeline_of
from workbench.trace.recorded import recorded_trace
from workbench.trace.transcript import transcript
from workbench.wording.picture_phrases import Language

RULES = {
    "purchases": EarningRule(EventPattern("payment"), 1, per_yuan=1, at_most=AtMost(total=150)),
    "orders": EarningRule(EventPattern("order.paid"), 1, per_yuan=1),
    "spring": EarningRule(EventPattern("payment"), 9, days=Days("2027-03-01", "2027-05-31")),
    "members": EarningRule(EventPattern("payment"), 7, members_only=True),
    "good": EarningRule(EventPattern("payment"), 2, only_the_best=True, asset="stamps"),
    "best": EarningRule(EventPattern("payment"), 3, only_the_best=True, asset="stamps"),
    "score": EarningRule(
        EventPattern("mini_program", name="game"), 1, per_property=PerProperty("score", 10), once_per="round"
    ),
    "rounds": EarningRule(EventPattern("mini_program", name="game.scored"), 1),
}
GAMES = {"rings": GameTerms(highest=100, rounds_per_hour=2)}
PROGRAMME = Programme(assets={"points": Expiry(), "stamps": Expiry()}, rules=RULES, games=GAMES)
GIVEN = "given"
OF_EACH_PAYMENT = {"spring": "not_on_this_day", "members": "members_only", "good": "another_is_better"}

type Found = dict[str, str]
"""By rule: GIVEN, the reason why nothing was, or "neither"."""


@pytest.fixture
def customer(followers: FollowerStore, books: BooksStore) -> Customer:
    return customer_of(new_world(followers, books))


def customer_of(world: World) -> Customer:
    made = Customer(world, PROGRAMME)
    assert isinstance(world.earn, EarnPoints)
    world.earn = replace(world.earn, timeline=world.followers)
    return made


def pays(order: str, yuan: int = 100) -> InboundEvent:
    told = body("payment", total=100 * yuan, order=order, merchant="1900000001")
    return own_event(told, order, SUBJECT, NOON + timedelta(minutes=5))


def plays(**properties: Any) -> InboundEvent:
    told = body("mini_program", name="game", details=properties)
    return own_event(told, f"{properties}", SUBJECT, NOON + timedelta(minutes=6))


def found(customer: Customer, event: InboundEvent) -> Found:
    """What is on record of an event and the rules about it."""
    person = customer.world.follower().person_id
    rows = map(columns_of, customer.world.followers.table.query(partition(person), EVENT))
    (row,) = (one for one in rows if one["sk"].endswith(event.id))
    nothing: Found = row.get("nothing", {})
    posted = {
        rule: GIVEN if customer.records.posted(id_) else "neither"
        for rule, id_ in row.get("gives", {}).items()
    }
    return {**posted, **nothing}


def limit_reached(customer: Customer) -> tuple[InboundEvent, Found]:
    customer.takes(pays("first", 150))
    event = pays("second")
    customer.takes(event)
    return event, {**OF_EACH_PAYMENT, "purchases": "limit_reached", "best": GIVEN}


def first_payment(customer: Customer) -> tuple[InboundEvent, Found]:
    event = pays("first")
    customer.takes(event)
    return event, {**OF_EACH_PAYMENT, "purchases": GIVEN, "best": GIVEN}


def told_twice(customer: Customer) -> tuple[InboundEvent, Found]:
    """The limit that an event has reached by itself is no reason."""
    event = pays("first", 150)
    customer.takes(event)
    customer.takes(event)
    return event, {**OF_EACH_PAYMENT, "purchases": GIVEN, "best": GIVEN}


def less_than_a_yuan(customer: Customer) -> tuple[InboundEvent, Found]:
    event = replace(pays("first"), body=body("payment", total=99, order="first", merchant="1900000001"))
    customer.takes(event)
    return event, {**OF_EACH_PAYMENT, "purchases": "too_little", "best": GIVEN}


def another_currency(customer: Customer) -> tuple[InboundEvent, Found]:
    told = body("order.paid", total=9_900, order="T-1", marketplace="shop", currency="EUR")
    event = own_event(told, "T-1", SUBJECT, NOON + timedelta(minutes=5))
    customer.takes(event)
    return event, {"orders": "other_currency"}


def no_number(customer: Customer) -> tuple[InboundEvent, Found]:
    event = plays(round="1")
    customer.takes(event)
    return event, {"score": "no_number"}


def not_plausible(customer: Customer) -> tuple[InboundEvent, Found]:
    told = body("mini_program", name="game.scored", details={"game": "rings", "score": "101"})
    event = own_event(told, "101", SUBJECT, NOON + timedelta(minutes=6))
    customer.takes(event)
    return event, {"rounds": "not_plausible"}


def given_before(customer: Customer) -> tuple[InboundEvent, Found]:
    """The round was played by who turned out to be them."""
    world = customer.world
    other = Follower("wx1", "old", "old", contact_id="c-old", following=True, followed_at=NOON)
    other = replace(other, known_since=NOON + timedelta(minutes=2))
    world.followers.save(None, other)
    first = plays(score="100", round="1")
    customer.takes(replace(first, subject=other.subject, id="f" * 32))
    younger = world.followers.person("old")
    assert younger is not None
    world.followers.merge(younger, world.follower(), IdentityKind.UNION_ID, NOON + timedelta(minutes=7))
    event = replace(plays(score="70", round="1"), at=NOON + timedelta(minutes=8))
    customer.takes(event)
    return event, {"score": "given_before"}


def of_no_rule(customer: Customer) -> tuple[InboundEvent, Found]:
    event = own_event(body("tag", tag="vip"), "1", SUBJECT, NOON + timedelta(minutes=5))
    customer.takes(event)
    return event, {}


def imported(customer: Customer) -> tuple[InboundEvent, Found]:
    event = replace(pays("first"), history=True)
    customer.takes(event)
    return event, {}


CASES: list[Callable[[Customer], tuple[InboundEvent, Found]]] = [
    first_payment, told_twice, limit_reached, less_than_a_yuan, another_currency, no_number, given_before,
    of_no_rule, imported, not_plausible,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_an_event_has_a_transaction_or_a_reason_for_each_rule_about_it(
    customer: Customer, case: Callable[[Customer], tuple[InboundEvent, Found]]
) -> None:
    event, expected = case(customer)

    assert found(customer, event) == expected


def test_the_cases_have_all_reasons() -> None:
    shown = {*OF_EACH_PAYMENT.values(), "limit_reached", "too_little", "other_currency", "no_number"}
    assert shown | {"given_before", "not_plausible"} == set(WhyNothing)
    assert PROFILE.membership


def test_killed_at_any_call_an_event_has_both_after_the_next_delivery(
    customer: Customer, tables: str
) -> None:
    customer.takes(pays("first", 150))
    before, place, was_killed = TableSnapshot(tables, "FollowersTable", "LedgerTable"), 0, True
    event = pays("second")
    while was_killed:
        before.restore()
        hazard, was_killed = Hazard(place), False
        with hazard.in_dynamodb(customer.world):
            try:
                customer.takes(event)
            except Killed:
                was_killed = True
        customer.takes(event)
        assert found(customer, event) == {**OF_EACH_PAYMENT, "purchases": "limit_reached", "best": GIVEN}, (
            place
        )
        place += 1

    assert place > 8


def test_who_is_erased_while_an_event_gives_nothing_has_no_row_of_it(customer: Customer) -> None:
    person = customer.world.follower()
    customer.world.followers.note_nothing(pays("gone"), person, {"purchases": "limit_reached"})

    rows = customer.world.followers.table.query(partition(person.person_id), EVENT)
    assert not any(pays("gone").id in row["sk"]["S"] for row in rows)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "rule `purchases` gives nothing: its limit is reached"),
        ("zh", "规则 `purchases` 未发放：已达上限"),
    ],
)
def test_the_timeline_says_why_a_purchase_gave_nothing(
    customer: Customer, language: Language, told: str
) -> None:
    limit_reached(customer)
    rows = timeline_of(customer.world.followers, APP_ID, OPENID)
    cells = (
        map(str, column.cells)
        for column in transcript(recorded_trace(rows), ZoneInfo("UTC"), language).columns
    )

    lines = [" ".join(row) for row in zip(*cells, strict=True)]
    assert sum(told in line for line in lines) == 1


# --- what the function that keeps the books finds --------------------------------------------------------


@dataclass
class Watch:
    found: list[MissingEarning] = field(default_factory=list)

    def missing(self, earning: MissingEarning) -> None:
        self.found.append(earning)


def missing(customer: Customer, hours: int = 2) -> list[tuple[str, str]]:
    """Look at all shards after so many hours: the event and the rule of what is missing."""
    customer.world.clock.pass_(hours=hours)
    reconcile = looks(customer)
    for shard in range(CALENDAR_SHARDS):
        reconcile(shard, lambda: True)
    assert isinstance(reconcile.watch, Watch)
    person = customer.world.follower().person_id
    assert {one.person_id for one in reconcile.watch.found} <= {person}
    return [(one.event_id, one.rule) for one in reconcile.watch.found]


def looks(customer: Customer) -> ReconcileEvents:
    events = EarnedEventsStore(customer.ledger, customer.world.followers.table)
    return ReconcileEvents(events, customer.world.clock, Watch())


def loses(customer: Customer, event: InboundEvent) -> None:
    """An event is recorded, and nothing of it posted: its dead letter is deleted."""
    earn, customer.world.earn = customer.world.earn, None
    customer.takes(event)
    customer.world.earn = earn


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_of_events_that_have_a_transaction_or_a_reason_none_is_reported(
    customer: Customer, case: Callable[[Customer], tuple[InboundEvent, Found]]
) -> None:
    case(customer)

    assert missing(customer) == []


def test_an_event_that_gave_nothing_and_should_have_is_reported_once_after_an_hour(
    customer: Customer,
) -> None:
    event = pays("lost")
    loses(customer, event)
    customer.takes(pays("found", 1))

    assert missing(customer, hours=0) == [], "its queue may deliver it again"
    assert sorted(missing(customer)) == [(event.id, "best"), (event.id, "purchases")]
    assert missing(customer) == []
    customer.takes(event)
    assert found(customer, event) == {**OF_EACH_PAYMENT, "purchases": GIVEN, "best": GIVEN}


def test_who_was_merged_since_is_found_as_who_they_are(customer: Customer) -> None:
    event, world = pays("lost"), customer.world
    loses(customer, event)
    older = Follower(
        "wx1", "old", "old", contact_id="c-old", following=True, followed_at=NOON, known_since=NOON
    )
    world.followers.save(None, older)
    world.followers.merge(world.follower(), older, IdentityKind.UNION_ID, NOON + timedelta(minutes=7))

    assert world.follower().person_id == "old"
    assert sorted(missing(customer)) == [(event.id, "best"), (event.id, "purchases")]


def test_a_pass_goes_on_after_the_last_page_wherever_it_is_killed_or_runs_out_of_time(
    customer: Customer, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earned_events_store, "_PAGE", 2)
    lost = [pays(f"lost-{number}", 1) for number in range(5)]
    for event in lost:
        loses(customer, event)
    expected = sorted((event.id, rule) for event in lost for rule in ("best", "purchases"))
    customer.world.clock.pass_(hours=2)
    shard = shard_of(customer.world.follower().person_id)
    before, place, was_killed = TableSnapshot(tables, "FollowersTable", "LedgerTable"), 0, True
    while was_killed:
        before.restore()
        reconcile, hazard, was_killed = looks(customer), Hazard(place), False
        with hazard.in_dynamodb(customer.world):
            try:
                reconcile(shard, lambda: True)
            except Killed:
                was_killed = True
        reconcile(shard, lambda: True)
        assert isinstance(reconcile.watch, Watch)
        assert sorted({(one.event_id, one.rule) for one in reconcile.watch.found}) == expected, place
        place += 1
    assert place > 8

    before.restore()
    reconcile = looks(customer)
    for _ in range(4):
        turns = iter([True, False])
        reconcile(shard, lambda turns=turns: next(turns))  # type: ignore[misc] # a page for each call
    assert isinstance(reconcile.watch, Watch)
    assert sorted((one.event_id, one.rule) for one in reconcile.watch.found) == expected


def test_a_pass_costs_by_what_came_since_the_last_one(customer: Customer) -> None:
    costs = []
    for number in range(30):
        customer.takes(pays(f"A-{number}", 1))
    missing(customer)
    for number in (31, 32):
        customer.takes(pays(f"A-{number}", 1))
        customer.world.clock.pass_(hours=2)
        reconcile = looks(customer)
        with CallCounter().listening(customer.world.followers.table.client) as counted:
            for shard in range(CALENDAR_SHARDS):
                reconcile(shard, lambda: True)
        costs.append(sorted(counted.operations))

    of_each_shard = ["GetItem", "PutItem", "Query"] * CALENDAR_SHARDS
    assert costs == [sorted([*of_each_shard, "BatchGetItem", "BatchGetItem"])] * 2


def test_an_event_with_a_rule_costs_an_entry_of_the_index_more_and_one_at_its_limit_a_write_besides(
    customer: Customer,
) -> None:
    """In units as DynamoDB Local counts them: four for an entry that a transaction writes."""
    customer.takes(pays("first", 1))
    table, costs = customer.world.followers.table, []
    client = CapacityCounter(table.client)
    rules, programme = (
        customer.world.people_rules,
        replace(PROGRAMME, rules={"purchases": RULES["purchases"]}),
    )
    assert isinstance(customer.world.earn, EarnPoints)
    earn = replace(customer.world.earn, programme=programme)
    customer.world.followers = FollowerStore(Table(table.name, client), customer.ledger.name)
    for number, (is_noted, yuan) in enumerate([(False, 70), (True, 79), (False, 1), (True, 1)]):
        customer.world.people_rules = rules.with_programme(programme) if is_noted else PeopleRules(PROFILE)
        customer.world.earn = replace(earn, timeline=customer.world.followers if is_noted else None)
        with client.counting():
            customer.takes(pays(f"A-{number}", yuan))
        costs.append((client.calls.total(), client.units))

    (calls, units), with_rule, (calls_at_limit, units_at_limit), at_limit = costs
    assert with_rule == (calls, units + 4)
    assert at_limit == (calls_at_limit + 1, units_at_limit + 4 + 1)
