"""Which of two people stays, what becomes of what is known, and who has to be asked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOON
from wejourney.loyalty.balance import Balance
from wejourney.people.contacts import Contact
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind, union_identity
from wejourney.people.merging import Flag, is_second_union_id, may_be_two, merged, older_first

DAY = timedelta(days=1)


def person(app_id: str, name: str, known_since: datetime | None = NOON, **fields: object) -> Follower:
    return replace(Follower(app_id, name, f"person-{name}", known_since=known_since), **fields)  # type: ignore[arg-type]


LEE, MEI = person("wxshop", "lee"), person("wxmini", "mei", NOON + DAY)


@pytest.mark.parametrize("one", [LEE, MEI])
def test_the_person_who_was_known_first_stays(one: Follower) -> None:
    other = MEI if one is LEE else LEE
    assert older_first(one, other) == (LEE, MEI)


def test_somebody_from_before_it_was_noted_is_older_and_of_two_alike_the_id_decides() -> None:
    unknown = replace(MEI, known_since=None)
    assert older_first(LEE, unknown) == (unknown, LEE)
    alike = replace(MEI, known_since=NOON)
    assert older_first(alike, LEE) == older_first(LEE, alike) == (LEE, alike)


UNION = {number: union_identity("main", f"u-{number}") for number in (1, 2)}


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        ({}, {}, False),
        ({"identities": frozenset({UNION[1]})}, {}, False),
        ({"identities": frozenset({UNION[1]})}, {"identities": frozenset({UNION[1]})}, False),
        ({"identities": frozenset({UNION[1]})}, {"identities": frozenset({UNION[2]})}, True),
        (
            {"identities": frozenset({UNION[1]})},
            {"identities": frozenset({union_identity("second", "u-2")})},
            False,
        ),
        ({}, {"app_id": "wxshop"}, True),
        ({"others": (Contact("wxmini", "another"),)}, {}, True),
    ],
)
def test_two_union_ids_of_one_account_or_two_openids_of_one_app_may_be_two_people(
    one: dict[str, object], other: dict[str, object], *, two: bool
) -> None:
    first, second = replace(LEE, **one), replace(MEI, **other)  # type: ignore[arg-type]
    assert may_be_two(first, second) is may_be_two(second, first) is two


@pytest.mark.parametrize(
    ("identity", "second"),
    [(UNION[2], True), (union_identity("second", "u-2"), False), (Identity(IdentityKind.PHONE, "h"), False)],
)
def test_a_second_union_id_of_one_open_platform_account_is_another_persons(
    identity: Identity, *, second: bool
) -> None:
    known = replace(LEE, identities=frozenset({UNION[1]}))
    assert is_second_union_id(known, identity) is second
    assert not is_second_union_id(LEE, identity)


def test_what_both_know_is_known_of_the_one_person() -> None:
    one = replace(LEE, tags=frozenset({"a"}), attributes={"city": "Lyon"}, customer=True, rev=4)
    other = replace(
        MEI,
        tags=frozenset({"b"}),
        attributes={"city": "Paris", "size": "m"},
        member=True,
        language="fr",
        identities=frozenset({UNION[1]}),
        merged=frozenset({"person-older"}),
    )
    both = merged(replace(one, merging=frozenset({"person-mei"})), other, {"points": Balance(7)})

    assert (both.person_id, both.rev, both.points) == ("person-lee", 5, 7)
    assert both.tags == {"a", "b"}
    assert dict(both.attributes) == {"city": "Lyon", "size": "m"}
    assert (both.customer, both.member, both.language) == (True, True, "fr")
    assert {contact.openid for contact in both.contacts} == {"lee", "mei"}
    assert both.identities == {UNION[1]}
    assert both.merging == frozenset()
    assert both.merged == {"person-mei", "person-older"}
    assert both.drawn_by == LEE.drawn_by


@pytest.mark.parametrize("by_younger", [True, False])
def test_of_two_values_the_one_that_was_told_last_counts_whoever_is_older(*, by_younger: bool) -> None:
    late, early = {"city": NOON + DAY}, {"city": NOON}
    one = replace(LEE, attributes={"city": "Lyon"}, told_at=early if by_younger else late)
    other = replace(MEI, attributes={"city": "Paris"}, told_at=late if by_younger else early)
    assert merged(one, other, {}).attributes["city"] == ("Paris" if by_younger else "Lyon")


@pytest.mark.parametrize("by_younger", [True, False])
def test_of_two_check_ins_the_first_counts_whoever_is_older(*, by_younger: bool) -> None:
    first, second = ({"attended_gala": (NOON + n * DAY).isoformat()} for n in range(2))
    one = replace(LEE, dates=second if by_younger else first)
    other = replace(MEI, dates=first if by_younger else second)
    assert merged(one, other, {}).dates == first


def test_a_flag_is_one_whoever_has_told_it() -> None:
    flag = Flag("a", "b", IdentityKind.PHONE, NOON)
    turned = Flag("b", "a", IdentityKind.PHONE, NOON + DAY)
    assert (flag.pair, flag.id) == (turned.pair, turned.id)
    assert len(flag.id) == 8
    assert flag.id != replace(flag, identity_kind=IdentityKind.MEMBER).id
