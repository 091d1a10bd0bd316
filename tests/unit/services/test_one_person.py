"""Identities arrive late and in any order: the same people come out, with all that happened."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, event
from tests.support.fakes.books import FakeBooks
from tests.support.fakes.followers import FakeFollowers
from tests.support.one_person import (
    A_FAMILY,
    HAPPENINGS,
    LEE,
    MEI,
    MINI,
    PAY,
    PHONE,
    SHOP,
    UNION,
    Happening,
    People,
    families_part,
    identified,
)
from wejourney.errors import MalformedEventError
from wejourney.events.event import InboundEvent, Subject
from wejourney.journeys.definition import Condition
from wejourney.journeys.segments import PeopleRules
from wejourney.people.followers import WeChatUserInfo
from wejourney.people.identities import Identity, IdentityKind, union_identity


def people() -> People:
    followers = FakeFollowers()
    return People(followers, FakeBooks(followers))


@pytest.mark.capability(row="2")
@pytest.mark.capability(row="C15")
@settings(max_examples=1_000, deadline=None)
@given(order=st.permutations(HAPPENINGS))
def test_any_order_of_identities_and_events_gives_the_same_people(order: list[Happening]) -> None:
    world = people()
    world.all_happen(order)
    lee, mei = world.check(LEE), world.check(MEI)

    assert lee.person_id != mei.person_id
    assert len([identity for identity in (*lee.identities, *mei.identities) if identity == PHONE]) == 1
    assert [flag.identity_kind for flag in world.followers.flags.values()] == [IdentityKind.PHONE]
    events = [
        received.event
        for records in world.followers.partitions.values()
        for received in records.events.values()
    ]
    told = [happening for happening in world.known if not happening.points]
    assert sorted(
        (event.id, lee.seen_through(event.subject) is None) for event in events if event.kind != "merged"
    ) == sorted(
        {
            (happening.event(number).id, happening.subject in MEI)
            for number, happening in _numbered(order)
            if happening in told
        }
    )


def _numbered(order: list[Happening]) -> list[tuple[int, Happening]]:
    return list(enumerate(order, 1))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_person_who_was_known_first_stays(order: tuple[int, ...]) -> None:
    world = people()
    for subject in LEE:
        world.happens(Happening(subject, "mini_program", {"name": "view"}))
    first = world.of(LEE[0])
    assert first is not None
    for number in order:
        world.happens(identified(LEE[number], union_identity("main", "u-lee")))
    assert world.check(LEE).person_id == first.person_id


def test_a_merge_is_an_event_on_the_timeline_that_says_who_and_by_what() -> None:
    world = people()
    for subject in LEE[:2]:
        world.happens(Happening(subject, "mini_program", {"name": "view"}))
    younger = world.of(LEE[1])
    assert younger is not None
    for subject in LEE[:2]:
        world.happens(identified(subject, union_identity("main", "u-lee")))
    entries = world.followers.timeline(LEE[0].app_id, LEE[0].openid)
    (told,) = (entry["event"]["fields"] for entry in entries if entry["event"]["kind"] == "merged")
    assert told == {"person": younger.person_id, "identity_kind": "union_id"}


@pytest.mark.capability(row="72")
@pytest.mark.parametrize("length", [1, 27, 28, 29, 30, 64, 128])
def test_a_union_id_has_any_length(length: int) -> None:
    world = people()
    identity = union_identity("main", ("-o_" * length)[:length])
    for subject in LEE:
        world.happens(identified(subject, identity))
    assert world.check(LEE).identities == {identity}


@pytest.mark.capability(row="72")
def test_union_ids_of_two_accounts_of_the_open_platform_never_meet() -> None:
    world = people()
    world.happens(identified(LEE[0], union_identity("one", "u-lee")))
    world.happens(identified(LEE[1], union_identity("two", "u-lee")))
    one, other = world.of(LEE[0]), world.of(LEE[1])
    assert one is not None
    assert other is not None
    assert one.person_id != other.person_id


@pytest.mark.parametrize("kind", [kind for kind in IdentityKind if kind is not IdentityKind.OPENID])
def test_an_identity_of_any_kind_makes_one_person_of_contacts_in_different_apps(kind: IdentityKind) -> None:
    world = people()
    for subject in LEE:
        world.happens(identified(subject, Identity(kind, "main#x")))
    world.check(LEE)


@pytest.mark.parametrize(
    "value",
    ["", "0", "0000", "-", "null", "N/A", "None", "unknown", "j***8", "无", "true", "[object Object]"],
)
@pytest.mark.parametrize(
    "kind", [kind for kind in IdentityKind if kind not in (IdentityKind.OPENID, IdentityKind.UNION_ID)]
)
def test_a_value_that_many_people_have_makes_nobody_one_person(kind: IdentityKind, value: str) -> None:
    with pytest.raises(MalformedEventError):
        people().happens(identified(LEE[0], Identity(kind, value)))


@pytest.mark.capability(row="60")
@pytest.mark.parametrize(
    "kind", [kind for kind in IdentityKind if kind not in (IdentityKind.OPENID, IdentityKind.UNION_ID)]
)
def test_two_union_ids_on_one_identity_are_left_to_a_human(kind: IdentityKind) -> None:
    world = people()
    for subject, union_id in ((Subject(SHOP, "a"), "u-1"), (Subject(PAY, "b"), "u-2")):
        world.happens(identified(subject, union_identity("main", union_id)))
        world.happens(identified(subject, Identity(kind, "x")))
    world.happens(identified(subject, Identity(kind, "x")))  # A source that tells it again asks nobody again.
    assert len(world.followers.flags) == 1
    assert world.meter.counts["PeopleFlagged"] == 1


def test_a_second_union_id_of_one_person_is_left_to_a_human() -> None:
    """They were merged by their phone before WeChat told that they are two."""
    world = people()
    one, other = Subject(SHOP, "a"), Subject(MINI, "b")
    for subject in (one, other):
        world.happens(identified(subject, PHONE))
    world.happens(identified(one, union_identity("main", "u-1")))
    world.happens(identified(other, union_identity("main", "u-2")))
    person = world.of(one)
    assert person is not None
    assert person.identities == {PHONE, union_identity("main", "u-1")}
    assert len(world.followers.flags) == 1


@pytest.mark.parametrize("order", list(permutations(("shops", "follows", "leaves", "is back"))), ids=" ".join)
def test_who_leaves_and_comes_back_is_one_person_in_whatever_order_that_arrives(
    order: tuple[str, ...],
) -> None:
    """An unfollow that is overtaken by the next follow erases what WeChat told with that follow."""
    world = people()
    world.number, world.wechat.known = 10, WeChatUserInfo(union_id="u-lee")
    happened = {
        "shops": identified(LEE[1], UNION[LEE[1]]).event(1),
        "follows": replace(event("subscribe", NOON + timedelta(minutes=2)), subject=LEE[0]),
        "leaves": replace(event("unsubscribe", NOON + timedelta(minutes=3)), subject=LEE[0]),
        "is back": replace(event("subscribe", NOON + timedelta(minutes=4)), subject=LEE[0]),
    }
    for name in order:
        for told in world.inbox()(happened[name]).told:
            world.inbox()(told)
    person = world.check(LEE[:2])
    assert person.identities == {UNION[LEE[0]]}
    assert [contact.following for contact in person.contacts if contact.subject == LEE[0]] == [True]


def test_a_contact_that_was_not_known_joins_the_person_whose_identity_it_has() -> None:
    world = people()
    world.happens(identified(LEE[1], union_identity("main", "u-lee")))
    world.happens(identified(LEE[0], union_identity("main", "u-lee")))
    assert world.meter.counts["PeopleMerged"] == 0
    person = world.of(LEE[0])
    assert person is not None
    assert [contact.known_since for contact in person.contacts] == [
        NOON + timedelta(minutes=minutes) for minutes in (1, 2)[:: 1 if MINI < SHOP else -1]
    ]


U1, U2 = union_identity("main", "u-1"), union_identity("main", "u-2")
FIRST, SECOND, THEIR_MINI = Subject(SHOP, "one"), Subject(SHOP, "two"), Subject(MINI, "two")


@pytest.mark.parametrize("order", list(permutations([(FIRST, U1), (THEIR_MINI, U2), (FIRST, U2)])))
def test_two_union_ids_of_one_account_never_merge_two_people(
    order: tuple[tuple[Subject, Identity], ...],
) -> None:
    """A contact is told with the union id of somebody else: who told it is wrong, or they share a phone."""
    world = people()
    for subject, identity in order:
        world.happens(identified(subject, identity))
    union_ids = [person.identities for subject in (FIRST, THEIR_MINI) if (person := world.of(subject))]
    assert all(len(found) <= 1 for found in union_ids)
    assert len(world.followers.flags) == 1


@pytest.mark.parametrize(
    "order", list(permutations([(FIRST, PHONE), (SECOND, U2), (THEIR_MINI, U2), (THEIR_MINI, PHONE)]))
)
def test_two_followers_of_one_account_who_share_a_phone_are_never_one_person(
    order: tuple[tuple[Subject, Identity], ...],
) -> None:
    """The mini program of the second may be taken for the first's, until a human has looked."""
    world = people()
    for subject, identity in order:
        world.happens(identified(subject, identity))
    one, other = world.of(FIRST), world.of(SECOND)
    assert one is not None
    assert other is not None
    assert one.person_id != other.person_id
    assert len(world.followers.flags) >= 1


def test_people_whom_a_human_tells_apart_stay_two_when_nothing_else_does() -> None:
    world = people()
    families_part(world)
    one, other = world.of(A_FAMILY[0][1]), world.of(A_FAMILY[1][1])
    assert one is not None
    assert other is not None
    assert one.person_id != other.person_id
    assert len(world.followers.flags) == 1


BY_CONTACT = PeopleRules(
    segments={
        "by scene": Condition(scene="ad*"),
        "by source": Condition(source="qr"),
        "by no scene": Condition(none=Condition(scene="ad*")),
        "by language": Condition(language="zh"),
    }
)


@pytest.mark.parametrize("first", [0, 1])
def test_a_segment_does_not_depend_on_the_contact_that_did_something_last(first: int) -> None:
    world = people()
    for subject in LEE[:2]:
        world.happens(identified(subject, union_identity("main", "u-lee")))
    inbox = replace(world.inbox(), people_rules=BY_CONTACT)
    inbox(event("subscribe", NOON, LEE[0].openid, EventKey="qrscene_ad-1"))
    segments: list[frozenset[str]] = []
    told: list[InboundEvent] = []
    for number in range(4):
        viewed = Happening(LEE[(first + number) % 2], "mini_program", {"name": "view"})
        told += inbox(replace(viewed.event(number), at=NOON + timedelta(seconds=number))).told
        person = world.of(LEE[0])
        assert person is not None
        segments.append(person.segments)
    assert segments == [set(BY_CONTACT.segments)] * 4
    assert told == []
