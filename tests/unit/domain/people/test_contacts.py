"""One person, seen through each of their contacts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOON
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import Subject
from wejourney.people.consents import Consent
from wejourney.people.contacts import CONTACT_FIELDS, Contact
from wejourney.people.followers import Follower, lots_of, spoken_to, where_following
from wejourney.people.identities import Identity, IdentityKind, openid_identity, union_identity

SHOP, MINI, PAY = (
    Contact("wxshop", "o", "c-shop", following=True, known_since=NOON),
    Contact("wxmini", "m", "c-mini", known_since=NOON - timedelta(days=1)),
    Contact("wxpay", "p", "c-pay", known_since=NOON + timedelta(days=1)),
)
CONTACTS = (SHOP, MINI, PAY)
LEE = Follower(
    "wxshop",
    "o",
    "lee",
    tags=frozenset({"vip"}),
    **{name: getattr(SHOP, name) for name in CONTACT_FIELDS[2:]},
)
ALL = LEE.joined_by(MINI).joined_by(PAY)


def open_until(minutes: int) -> tuple[Window, ...]:
    return (Window(Act.MESSAGE, 3, NOON + timedelta(minutes=minutes)),)


@pytest.mark.parametrize("contact", CONTACTS, ids=lambda one: one.app_id)
def test_what_is_the_contacts_changes_with_the_contact_and_nothing_else_does(contact: Contact) -> None:
    seen = ALL.seen_through(contact.subject)
    assert seen is not None
    assert seen.contact == contact
    assert seen.contacts == ALL.contacts
    assert (seen.person_id, seen.drawn_by) == ("lee", lots_of(SHOP.subject))
    assert seen.tags == {"vip"}
    assert seen == ALL.as_contact(contact.contact_id)
    assert seen.seen_through(ALL.subject) == ALL


def test_a_contact_that_is_none_of_theirs_shows_nobody() -> None:
    assert ALL.seen_through(Subject("wxshop", "another")) is None
    assert ALL.as_contact("gone") == ALL
    assert LEE.as_contact("gone") is LEE


def test_who_is_drawn_stays_when_a_contact_joins() -> None:
    assert LEE.lots is None
    assert ALL.drawn_by == LEE.drawn_by == lots_of(SHOP.subject)


def test_a_person_is_known_since_the_first_of_their_contacts() -> None:
    assert ALL.known_first == MINI.known_since
    assert ALL.joined_by(Contact("wxold", "x", "c-old")).known_first is None


@pytest.mark.parametrize(("contact_id", "speaks"), [("c-pay", True), ("c-shop", False), ("", False)])
def test_a_run_speaks_in_the_chat_of_its_contact(contact_id: str, *, speaks: bool) -> None:
    assert ALL.speaks_in(contact_id) is speaks
    assert LEE.speaks_in(contact_id), "a person with one contact has one chat"


@pytest.mark.parametrize(
    ("mini", "pay", "follows", "spoken"),
    [
        ((), (), True, "wxshop"),
        ((), (), False, "wxpay"),
        (open_until(5), (), False, "wxmini"),
        (open_until(5), open_until(9), False, "wxpay"),
        (open_until(5), open_until(9), True, "wxpay"),
        (open_until(-5), (), True, "wxshop"),
    ],
)
def test_a_journey_speaks_where_they_did_something_or_where_they_can_be_reached(
    mini: tuple[Window, ...], pay: tuple[Window, ...], *, follows: bool, spoken: str
) -> None:
    """They have paid: their contact there comes first, if it can be reached."""
    person = replace(LEE, following=follows).joined_by(replace(MINI, windows=mini))
    person = person.joined_by(replace(PAY, windows=pay))
    assert spoken_to(person, NOON).app_id == spoken


def test_the_calendar_comes_where_they_follow() -> None:
    where = where_following(ALL)
    assert where is not None
    assert where.contact == SHOP
    assert where_following(replace(LEE, following=False)) is None


def test_a_consent_holds_until_it_is_withdrawn() -> None:
    given = replace(LEE, consents={"news": Consent(given=True, version="1", at=NOON)})
    withdrawn = replace(LEE, consents={"news": Consent(given=False, version="1", at=NOON)})
    assert [one.has_agreed_to("news") for one in (LEE, given, withdrawn)] == [False, True, False]


@pytest.mark.parametrize(
    "identity",
    [
        openid_identity("wx", "o#x"),
        union_identity("main", "u#1"),
        *(Identity(kind, "x") for kind in IdentityKind),
    ],
    ids=str,
)
def test_an_identity_is_read_as_it_was_written(identity: Identity) -> None:
    assert Identity.parse(str(identity)) == identity
