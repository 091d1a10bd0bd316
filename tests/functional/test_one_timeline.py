"""What all sources tell of a person is on one timeline."""

from datetime import timedelta
from random import Random

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event
from tests.support.one_person import MINI, PAY
from tests.support.servers.dynamodb import CallCounter
from tests.support.world import World
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import (
    CallLogged,
    EventBody,
    Identified,
    MiniProgramEvent,
    OrderPaid,
    OrderReturned,
    Paid,
)
from wejourney.people.identities import union_identity
from workbench.operations.timeline import timeline_of

VISITOR, PAYER = Subject(MINI, "oVisitor"), Subject(PAY, "oPayer")
MINUTE = timedelta(minutes=1)


def told(body: EventBody, minutes: int, subject: Subject = SUBJECT) -> InboundEvent:
    return own_event(body, str(minutes), subject, NOON + minutes * MINUTE)


@pytest.mark.capability(row="11")
@pytest.mark.parametrize("seed", range(5))
def test_the_events_of_all_sources_are_read_by_one_query_in_the_order_in_which_they_happened(
    world: World, seed: int
) -> None:
    """In whatever order they arrive: a bill, an import and an offline phone tell of what is long past.

    The other call finds whose openid it is.
    """
    union = Identified("union_id", union_identity("main", "u-1").value)
    for subject in (SUBJECT, VISITOR, PAYER):
        world.takes(told(union, 2, subject))
    acts = [
        event("CLICK", NOON + 3 * MINUTE, EventKey="CARE"),
        told(MiniProgramEvent("page.viewed", details={"page": "pages/ring"}), 4, VISITOR),
        told(Paid(9900, "A-1"), 5, PAYER),
        told(OrderPaid(19_900, "T-1", "tmall"), 6),
        event("SCAN", NOON + 7 * MINUTE, EventKey="store-SH01"),
        told(OrderReturned(9900, "T-1", "T-1-2"), 8),
        told(CallLogged("repair", "solved"), 9),
        told(MiniProgramEvent("cart.left"), 10, VISITOR),
        event("text", NOON + 11 * MINUTE, Content="hello"),
    ]
    world.clock.pass_(hours=1)
    for act in Random(seed).sample(acts, len(acts)):  # noqa: S311  # not for secrets
        world.takes(act)

    for contact in (SUBJECT, VISITOR, PAYER):
        with CallCounter().listening(world.followers.table.client) as counter:
            timeline = timeline_of(world.followers, contact.app_id, contact.openid)
        assert counter.operations == ["GetItem", "Query"]
        ids = [entry["event"]["id"] for entry in timeline if entry["kind"] == "event"]
        assert [one for one in ids if one in {act.id for act in acts}] == [act.id for act in acts]
    assert world.followers.read(APP_ID, OPENID).follower is not None
