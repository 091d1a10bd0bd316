"""A member who unfollows stays a member, where the brand's declarations and an agreement on record say so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, event, give_points
from tests.support.events import body
from tests.support.hazard import Hazard, Killed
from tests.support.servers.dynamodb import empty
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import REVOKED, UNFOLLOW, Identified, OtherEvent
from wejourney.journeys.segments import PeopleRules
from wejourney.people.contacts import MEMBERS
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.merging import may_be_two
from wejourney.people.profile_model import ProfileModel

MEMBER = Identity(IdentityKind.MEMBER, "M-17")
OTHER_MEMBER = Identity(IdentityKind.MEMBER, "M-18")
UNION = Identity(IdentityKind.UNION_ID, "main#u-lee")
RULES = PeopleRules(ProfileModel(private_purpose="membership", membership="membership"))


@pytest.fixture
def world(followers: FollowerStore, ledger: BooksStore) -> World:
    return with_member(new_world(followers, ledger))


def with_member(world: World) -> World:
    """A follower with a member number, a union id, a phone number and 40 points, who has agreed to this."""
    world.people_rules = RULES
    world.tells("consent_given", purpose="membership", after_minutes=2)
    for identity in (MEMBER, UNION):
        is_known(world, identity)
    world.tells("profile", changes={"phone": "+8613800138000"}, after_minutes=4)
    give_points(world.ledger, "k", world.follower().person_id, 40)
    return world


def is_known(world: World, identity: Identity, after_minutes: float = 3) -> None:
    fields = {"identity_kind": identity.kind.value, "identity": identity.value}
    world.tells("identified", after_minutes=after_minutes, **fields)


def unfollows(world: World, after_minutes: float = 10, kind: str = "unsubscribe") -> None:
    world.hears(kind, after_minutes=after_minutes)


def member(world: World) -> Follower | None:
    person_id = world.followers.person_id_of(MEMBER)
    return world.followers.person(person_id) if person_id is not None else None


def everything(world: World) -> str:
    items = world.followers.table.client.scan(TableName=world.followers.table.name)["Items"]
    return str([columns_of(item) for item in items])


def check_kept(world: World, person_id: str) -> None:
    """Nothing of the contact is left; the member is."""
    person = member(world)
    assert person is not None
    assert person.person_id == person_id
    assert [contact.app_id for contact in person.contacts] == [MEMBERS]
    assert person.member_number is not None
    assert person.identities == {MEMBER, UNION, Identity(IdentityKind.MEMBER, person.member_number)}
    assert world.personal_data.open(person, person.attributes["phone"]) == "+8613800138000"
    assert world.ledger.books(person_id).available == 40
    assert world.followers.read(APP_ID, OPENID).follower is None
    for trace in (OPENID, "hello", "FOLLOWER#RUN#", "MESSAGE#"):
        assert trace not in everything(world), trace


def test_a_member_who_unfollows_stays_without_anything_of_their_contact(world: World) -> None:
    person_id = world.follower().person_id
    unfollows(world)
    check_kept(world, person_id)
    assert "EVENT#" not in everything(world)
    unfollows(world)
    check_kept(world, person_id)


def test_a_member_who_follows_again_is_the_same_person(world: World) -> None:
    person_id = world.follower().person_id
    unfollows(world)
    world.hears("subscribe", after_minutes=20)
    assert world.follower().person_id != person_id, "WeChat has told no union id"

    is_known(world, UNION, after_minutes=21)

    assert world.follower().person_id == person_id
    assert world.follower().following
    assert world.ledger.books(person_id).available == 40
    unfollows(world, after_minutes=30)
    check_kept_again = member(world)
    assert check_kept_again is not None
    assert [contact.app_id for contact in check_kept_again.contacts] == [MEMBERS]


@pytest.mark.parametrize("rules", [PeopleRules(), PeopleRules(ProfileModel(membership="another"))])
def test_nobody_is_kept_without_a_declaration_and_an_agreement(world: World, rules: PeopleRules) -> None:
    world.people_rules = rules
    unfollows(world)
    assert member(world) is None
    assert OPENID not in everything(world)


def test_who_withdraws_their_authorisation_is_erased_also_as_a_member(world: World) -> None:
    person_id = world.follower().person_id
    world.takes(replace(event("unsubscribe", NOON + timedelta(minutes=9)), body=OtherEvent(REVOKED)))
    assert member(world) is None
    assert f"PERSON#{person_id}" not in everything(world)


def test_who_comes_back_and_does_not_agree_any_more_is_erased_by_the_next_unfollow(world: World) -> None:
    person_id = world.follower().person_id
    unfollows(world)
    world.hears("subscribe", after_minutes=20)
    is_known(world, UNION, after_minutes=21)
    world.tells("consent_withdrawn", purpose="membership", after_minutes=22)
    unfollows(world, after_minutes=30)

    assert member(world) is None
    assert f"'PERSON#{person_id}'" not in everything(world)


# --- who withdraws the agreement to be kept -------------------------------------------------------


def withdrawal(
    subject: Subject, after_minutes: float = 20, kind: str = "consent_withdrawn", **fields: Any
) -> InboundEvent:
    at = NOON + timedelta(minutes=after_minutes)
    return own_event(body(kind, **fields or {"purpose": "membership"}), "withdrawn", subject, at)


IN_MINI_PROGRAM = {"name": "consent.withdrawn", "details": {"purpose": "membership"}}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("consent_withdrawn", {}), ("mini_program", IN_MINI_PROGRAM)],
    ids=["told", "mini program"],
)
def test_a_member_who_withdraws_after_they_have_unfollowed_is_erased_at_once(
    world: World, kind: str, fields: dict[str, Any]
) -> None:
    person_id = world.follower().person_id
    unfollows(world)
    world.takes(withdrawal(Subject(MEMBERS, person_id), kind=kind, **fields))
    check_erased(world, person_id)


def check_erased(world: World, *person_ids: str) -> None:
    assert member(world) is None
    left = everything(world)
    for person_id in person_ids:
        assert f"PERSON#{person_id}'" not in left
    assert "sealed:" not in left


@pytest.mark.parametrize(
    "said",
    [
        {"purpose": "newsletter"},
        # Before they agreed.
        {"after_minutes": 1, "purpose": "membership"},
    ],
    ids=["another purpose", "before the agreement"],
)
def test_a_withdrawal_that_leaves_the_agreement_keeps_the_member(world: World, said: dict[str, Any]) -> None:
    person_id = world.follower().person_id
    unfollows(world)
    world.takes(withdrawal(Subject(MEMBERS, person_id), **said))
    check_kept(world, person_id)


def test_a_withdrawal_that_arrives_after_the_unfollow_counts_also_if_it_names_the_contact(
    world: World,
) -> None:
    """It was a dead letter, or another system knows the openid only."""
    person_id = world.follower().person_id
    unfollows(world)
    world.takes(withdrawal(SUBJECT, after_minutes=9))
    check_erased(world, person_id)


def test_who_withdraws_while_they_follow_stays_until_they_unfollow(world: World) -> None:
    person_id = world.follower().person_id
    unfollows(world)
    world.hears("subscribe", after_minutes=20)
    is_known(world, UNION, after_minutes=21)
    world.takes(withdrawal(Subject(MEMBERS, person_id), after_minutes=22))
    assert world.follower().person_id == person_id
    unfollows(world, after_minutes=30)
    check_erased(world, person_id)


def two_members(world: World) -> list[str]:
    """Two who were kept apart, and turn out to be one: they have no contact but two of ours."""
    first = world.follower().person_id
    unfollows(world)
    world.hears("subscribe", after_minutes=11)
    second = world.follower().person_id
    world.tells("consent_given", purpose="membership", after_minutes=12)
    is_known(world, Identity(IdentityKind.JD, "jd-1"), after_minutes=12)
    unfollows(world, after_minutes=13)
    fields = {"identity_kind": "jd", "identity": "jd-1"}
    at = NOON + timedelta(minutes=14)
    world.takes(own_event(body("identified", **fields), "told", Subject(MEMBERS, first), at))
    kept = member(world)
    assert kept is not None
    assert [contact.app_id for contact in kept.contacts] == [MEMBERS, MEMBERS]
    return [first, second]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("kind", ["consent_withdrawn", "revoked"])
def test_two_members_who_turned_out_to_be_one_are_erased_as_one(world: World, which: int, kind: str) -> None:
    ids = two_members(world)
    told = withdrawal(Subject(MEMBERS, ids[which]))
    if kind == "revoked":  # As `wejourney erase` tells each of their contacts.
        for person_id in ids:
            world.takes(replace(told, subject=Subject(MEMBERS, person_id), body=OtherEvent(REVOKED)))
    else:
        world.takes(told)
    check_erased(world, *ids)


@pytest.mark.parametrize("members", [1, 2])
def test_killed_at_any_call_the_erasure_of_a_member_who_withdraws_is_completed(
    tables: str, followers: FollowerStore, ledger: BooksStore, members: int
) -> None:
    place, killed = 0, True
    while killed:
        empty(tables, "FollowersTable", "LedgerTable")
        world, killed = with_member(new_world(followers, ledger)), False
        person_id = world.follower().person_id
        ids = two_members(world) if members > 1 else [person_id]
        unfollows(world, after_minutes=15)
        told = withdrawal(Subject(MEMBERS, person_id))
        try:
            with Hazard(place).in_dynamodb(world):
                world.takes(told)
        except Killed:
            killed = True
            place += 1
        world.takes(told)
        world.takes(told)
        check_erased(world, *ids)
    assert place >= 5


def test_two_members_who_follow_nowhere_can_turn_out_to_be_one() -> None:
    one, other = (Follower(MEMBERS, name, name) for name in ("p1", "p2"))
    assert not may_be_two(one, other)


@pytest.mark.parametrize("kind", [UNFOLLOW, REVOKED])
def test_members_who_turned_out_to_be_one_are_erased_as_one(world: World, kind: str) -> None:
    """Each of them has had a contact to stay with."""
    unfollows(world)
    world.hears("subscribe", after_minutes=20)
    world.tells("consent_given", purpose="membership", after_minutes=21)
    is_known(world, OTHER_MEMBER, after_minutes=22)
    unfollows(world, after_minutes=23)
    other_id = world.followers.person_id_of(OTHER_MEMBER)
    other = world.followers.person(other_id or "")
    assert other is not None
    bound = Identified(MEMBER.kind, MEMBER.value)
    world.takes(own_event(bound, "bound", other.subject, NOON + timedelta(minutes=24)))
    one = member(world)
    assert one is not None
    assert [contact.app_id for contact in one.contacts] == [MEMBERS, MEMBERS]
    world.hears("subscribe", after_minutes=30)
    is_known(world, UNION, after_minutes=31)
    if kind != REVOKED:
        world.tells("consent_withdrawn", purpose="membership", after_minutes=32)
    world.takes(replace(event("unsubscribe", NOON + timedelta(minutes=40)), body=OtherEvent(kind)))

    assert member(world) is None
    assert "'PERSON#" not in everything(world)


@pytest.mark.parametrize("agrees", [True, False], ids=["stays", "is erased"])
def test_killed_at_any_call_an_unfollow_of_a_member_is_completed(
    tables: str,
    followers: FollowerStore,
    ledger: BooksStore,
    agrees: bool,  # noqa: FBT001 - an example
) -> None:
    place, killed = 0, True
    while killed:
        empty(tables, "FollowersTable", "LedgerTable")
        world, killed = with_member(new_world(followers, ledger)), False
        person_id = world.follower().person_id
        unfollows(world)
        world.hears("subscribe", after_minutes=20)
        is_known(world, UNION, after_minutes=21)
        if not agrees:
            world.tells("consent_withdrawn", purpose="membership", after_minutes=22)
        try:
            with Hazard(place).in_dynamodb(world):
                unfollows(world, after_minutes=30)
        except Killed:
            killed = True
            place += 1
        unfollows(world, after_minutes=30)
        if agrees:
            check_kept(world, person_id)
        else:
            assert f"'PERSON#{person_id}'" not in everything(world)
    assert place >= 5
