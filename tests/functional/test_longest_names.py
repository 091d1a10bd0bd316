"""A name that an event may have fits into every key and every row that is made of it."""

from datetime import timedelta
from typing import Any, get_type_hints

import pytest

from tests.support.builders import NOON, SUBJECT
from tests.support.servers.dynamodb import store_client
from tests.support.world import World
from wejourney.adapters.dynamo.payments.open_orders import OpenOrderStore
from wejourney.adapters.dynamo.table import Table
from wejourney.bounds import LONGEST_NAME
from wejourney.events.event import check_event, own_event
from wejourney.events.event_fields import Changes, Currency, DateTime
from wejourney.events.event_types import EVENT_TYPES, OF_THE_CALENDAR, OWN, EventBody, MiniProgramEvent
from wejourney.events.mini_program_events import FORMS, mini_program_event
from wejourney.journeys.definition import Again, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.people.identities import IdentityKind
from wejourney.services.ports.open_orders import OpenOrder

LONGEST = "😀" * LONGEST_NAME
PER_ORDER = tuple(
    JourneyEntry(
        f"journey-with-a-long-name-{kind}", "v1", Trigger(kind, name="*"), again=Again("per", key="order")
    )
    for kind in ("mini_program", "order.paid", "payment")
)


STARTS_AT = "2026-12-01T18:00"
OF_TYPE = {Changes: {LONGEST: LONGEST}, DateTime: STARTS_AT, Currency: "CNY"}
"""A value of what is no free text."""


def longest(kind: str) -> EventBody:
    """An event with the longest texts that its fields take."""
    hints = get_type_hints(EVENT_TYPES[kind].body)
    values: dict[str, Any] = {
        name: 1 if spec.unit else OF_TYPE.get(hints[name], LONGEST)
        for name, spec in EVENT_TYPES[kind].fields.items()
    }
    values |= {"identity_kind": IdentityKind.MEMBER} if kind == "identified" else {}
    return EVENT_TYPES[kind].read({name: value for name, value in values.items() if name != "by"})


def in_mini_program(name: str) -> EventBody:
    form = FORMS[name]
    kinds = {**form.required, **form.optional}
    values = {"number": 1, "date_time": STARTS_AT, "text": LONGEST}
    properties = {name: values[kind] for name, kind in kinds.items()}
    # What is about a booking is about no order.
    return mini_program_event(name, "" if name in EVENT_TYPES else LONGEST, LONGEST, properties)


BODIES = {kind: longest(kind) for kind in sorted(OWN - OF_THE_CALENDAR - {MiniProgramEvent.kind})}
BODIES |= {name: in_mini_program(name) for name in FORMS}


@pytest.mark.parametrize("name", BODIES)
def test_an_event_with_the_longest_names_is_applied(world: World, name: str) -> None:
    world.entries = (*world.entries, *PER_ORDER)
    event = own_event(BODIES[name], "cause", SUBJECT, NOON + timedelta(minutes=2))
    check_event(event)
    for _ in range(2):
        world.takes(event)


def test_two_long_orders_that_begin_alike_are_two(tables: str) -> None:
    store = OpenOrderStore(Table("FollowersTable", store_client(tables)))
    orders = {OpenOrder.begin("refund", "1900000109", LONGEST[1:] + end, NOON) for end in "ab"}
    for order in orders:
        store.open(order)
    assert set(store.due(NOON + timedelta(days=9), 9)) == orders
    for order in orders:
        store.close(order)
    assert not list(store.due(NOON + timedelta(days=9), 9))
