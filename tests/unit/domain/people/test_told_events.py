"""Events that another system tells of a person whom it knows by identities."""

from datetime import timedelta

from tests.support.builders import NOON
from wejourney.events.event_types import Identified
from wejourney.events.pending import told_id
from wejourney.people.disclosure.accesses import members_of
from wejourney.people.identities import Identity, IdentityKind
from wejourney.people.told_events import ToldEvents, identified

MEMBER, PHONE = Identity(IdentityKind.MEMBER, "M-1"), Identity(IdentityKind.PHONE, "a" * 64)


def test_whoever_is_known_by_one_identity_is_told_the_others() -> None:
    links = ToldEvents((MEMBER, PHONE), (), NOON).links(MEMBER)
    assert {identity: link.body for identity, link in links.items()} == {PHONE: Identified("phone", "a" * 64)}


def test_where_nothing_says_when_nothing_is_told_of_other_identities() -> None:
    assert ToldEvents((MEMBER, PHONE), (), None).links(MEMBER) == {}


def test_an_identity_that_is_told_again_is_the_same_event_and_another_one_is_another() -> None:
    first = identified(MEMBER, NOON)
    assert identified(MEMBER, NOON) == first
    others = {identified(PHONE, NOON).id, identified(MEMBER, NOON + timedelta(seconds=1)).id}
    assert len({first.id, *others}) == 3


def test_ids_of_the_same_parts_are_the_same_and_those_of_others_are_not() -> None:
    assert told_id("api", "till", "tag", "1") == told_id("api", "till", "tag", "1")
    assert told_id("api", "till", "tag", "1") != told_id("api", "till", "tag", "2")


def test_a_segment_and_a_person_are_two_subjects() -> None:
    assert members_of("a" * 32) != "a" * 32
