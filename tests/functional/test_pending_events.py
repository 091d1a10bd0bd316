"""Events that wait for an identity, on a real table: their release, killed at any call, and counts."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.events import body
from tests.support.fakes.inbox import FakeInbox
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import client, empty
from tests.support.turns import before_each_call
from tests.support.world import World
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.pending_event_store import PENDING, PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.events.pending import PENDING_KEPT, PendingEvent
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind, openid_identity
from wejourney.services.release_pending_events import ReleasePendingEvents

PHONE = Identity(IdentityKind.PHONE, "a" * 64)


def purchases(number: int) -> list[PendingEvent]:
    return [
        PendingEvent(f"{one:032x}", NOON - timedelta(days=one), body("payment", total=one, order=str(one)))
        for one in range(number)
    ]


def test_killed_at_any_call_every_pending_event_is_queued_and_none_is_left(world: World, tables: str) -> None:
    store = PendingEventStore(world.followers.table)
    place, is_killed = 0, True
    while is_killed:
        empty(tables, "FollowersTable")
        store.keep([(PHONE, event) for event in purchases(130)], NOON)
        inbox, hazard, is_killed = FakeInbox(), Hazard(place), True
        with suppress(Killed), hazard.in_dynamodb(world):
            ReleasePendingEvents(store, hazard.around(inbox))(PHONE, SUBJECT)
            is_killed = False
        left = ReleasePendingEvents(store, inbox)(PHONE, SUBJECT)

        assert {event.id for event in inbox.told} == {event.id for event in purchases(130)}
        assert all(event.history and event.subject == SUBJECT for event in inbox.told)
        assert store.first(PHONE) == []
        assert is_killed or left == 0
        place += 1
    assert place >= 8


def test_a_pending_event_expires_two_years_after_it_was_last_imported(world: World, tables: str) -> None:
    store = PendingEventStore(world.followers.table)
    for day in (0, 3):
        store.keep([(PHONE, event) for event in purchases(1)], NOON + timedelta(days=day))

    items = client(tables).scan(TableName="FollowersTable")["Items"]
    (item,) = (item for item in items if item["pk"]["S"].startswith(PENDING))
    assert item["expires_at"]["N"] == str(int((NOON + timedelta(days=3) + PENDING_KEPT).timestamp()))


def test_many_events_are_kept_in_batches_of_25_and_identities_found_in_batches_of_100(
    world: World, followers: FollowerStore
) -> None:
    people = [Follower(APP_ID, f"{OPENID}{one}", f"person-{one}") for one in range(150)]
    for person in people:
        followers.save(None, person)
    strangers = [openid_identity(APP_ID, f"oStranger{one}") for one in range(150)]
    known = [openid_identity(APP_ID, person.openid) for person in people]
    calls: Counter[str] = Counter()

    with before_each_call(world, lambda **call: calls.update([call["operation"]])):
        PendingEventStore(followers.table).keep([(PHONE, event) for event in purchases(101)], NOON)
        found = PeopleStore(followers.table).find([*strangers, *known])

    assert found == {identity: person.subject for identity, person in zip(known, people, strict=True)}
    assert calls == {"BatchWriteItem": 5, "BatchGetItem": 3 + 2}


def test_two_identities_of_one_person_lead_to_their_contact_and_one_that_is_asked_for_twice_is_found(
    followers: FollowerStore,
) -> None:
    followers.save(None, Follower(APP_ID, OPENID, "person-1"))
    identity = openid_identity(APP_ID, OPENID)

    assert PeopleStore(followers.table).find([identity, identity, PHONE]) == {identity: SUBJECT}
    assert PeopleStore(followers.table).find([]) == {}
