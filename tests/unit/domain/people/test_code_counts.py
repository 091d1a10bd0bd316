"""What an event counts for the codes that a person came by."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events.event import own_event
from wejourney.events.event_types import (
    EventBody,
    Followed,
    MiniProgramEvent,
    OrderPaid,
    OrderReturned,
    Paid,
    Refunded,
    Scanned,
)
from wejourney.people.code_counts import CodeCount, CodeCounts, code_counts
from wejourney.people.codes import CLICK_ID, PAGE, SHARER, Code, CodeKind, SourceClass
from wejourney.people.followers import Follower, after
from wejourney.plain_data import changed

LEE = Follower(APP_ID, OPENID, "person-1")
HOUR = timedelta(hours=1)
CURRENT = RULE_SETS["current"]


def told(
    name: str,
    kind: CodeKind = CodeKind.KOL,
    source: SourceClass = SourceClass.SOCIAL,
    facts: Mapping[str, str] | None = None,
) -> dict[str, str]:
    return Code(APP_ID, name, name, kind, source, NOON, {kind.value: name, **(facts or {})}).told(NOON)


def lived(*bodies: EventBody, person: Follower = LEE) -> tuple[Follower, list[CodeCounts]]:
    """The person after one event an hour, and what each counted."""
    found = list[CodeCounts]()
    for number, body in enumerate(bodies):
        event = own_event(body, str(number), SUBJECT, NOON + number * HOUR)
        before, person = person, after(person, event, CURRENT)
        found += code_counts(event, [before], person)
    return person, found


def summed(found: Iterable[CodeCounts]) -> dict[tuple[str, CodeCount], int]:
    sums: dict[tuple[str, CodeCount], int] = {}
    for one in found:
        for what, number in one.counts.items():
            sums[one.code, what] = sums.get((one.code, what), 0) + number
    return sums


def test_a_follow_is_a_scan_and_a_person_of_the_first_code_only() -> None:
    _, found = lived(Followed("lin", told("lin")), Scanned("wu", told("wu")), Scanned("lin", told("lin")))

    assert summed(found) == {
        ("lin", CodeCount.SCANS): 2,
        ("lin", CodeCount.FOLLOWS): 1,
        ("lin", CodeCount.PEOPLE): 1,
        ("wu", CodeCount.SCANS): 1,
    }
    assert {one.day for one in found} == {"2026-11-22"}


def test_an_order_counts_for_the_first_code_and_for_the_last_before_it() -> None:
    _, found = lived(
        Scanned("lin", told("lin")),
        Paid(1280_00, "a-1"),
        Scanned("wu", told("wu")),
        OrderPaid(50_00, "a-2"),
        Refunded(80_00, "a-1"),
        OrderReturned(20_00, "a-2"),
    )

    counted = {
        key: n for key, n in summed(found).items() if key[1] not in (CodeCount.SCANS, CodeCount.PEOPLE)
    }
    assert counted == {
        ("lin", CodeCount.FIRST_ORDERS): 2,
        ("lin", CodeCount.FIRST_REVENUE): 1330_00,
        ("lin", CodeCount.FIRST_REFUNDS): 100_00,
        ("lin", CodeCount.LAST_ORDERS): 1,
        ("lin", CodeCount.LAST_REVENUE): 1280_00,
        ("wu", CodeCount.LAST_ORDERS): 1,
        ("wu", CodeCount.LAST_REVENUE): 50_00,
    }


def test_an_order_before_any_code_and_an_amount_in_another_currency_count_no_money() -> None:
    _, before_any = lived(Paid(1280_00, "a-1"))
    _, abroad = lived(Scanned("lin", told("lin")), OrderPaid(50_00, "a-2", currency="JPY"))

    assert before_any == []
    assert summed(abroad)["lin", CodeCount.FIRST_ORDERS] == 1
    assert ("lin", CodeCount.FIRST_REVENUE) not in summed(abroad)


@pytest.mark.parametrize(
    ("fact", "name"), [({}, "lin"), ({CLICK_ID: "c-1"}, "click-*"), ({SHARER: "p-1"}, "share-*")]
)
def test_codes_of_one_visit_and_of_one_person_are_counted_together(fact: dict[str, str], name: str) -> None:
    _, found = lived(Scanned("lin", told("lin", facts=fact)))

    assert {one.code for one in found} == {name}
    assert all(set(one.facts) == {"class", "kol"} for one in found)


def test_a_code_that_was_scanned_earlier_takes_the_person_over() -> None:
    lee, _ = lived(Scanned("wu", told("wu")))
    earlier = own_event(Scanned("lin", told("lin")), "late", SUBJECT, NOON - 48 * HOUR)

    found = code_counts(earlier, [lee], after(lee, earlier, CURRENT))

    moved = {(one.day, one.code): one.counts.get(CodeCount.PEOPLE) for one in found}
    assert moved == {("2026-11-20", "lin"): 1, ("2026-11-22", "wu"): -1}


@given(
    st.lists(st.sampled_from(["lin", "wu"]), max_size=3), st.lists(st.sampled_from(["lin", "wu"]), max_size=3)
)
def test_a_merge_counts_one_person_where_two_were(ours: list[str], theirs: list[str]) -> None:
    one, _ = lived(*(Scanned(name, told(name)) for name in ours))
    other, _ = lived(*(Scanned(name, told(name)) for name in theirs))
    stays = one if ours else changed(other, person_id=one.person_id)
    event = own_event(Scanned("x", {}), "merged", SUBJECT, NOON + 9 * HOUR)

    people = [
        n
        for (_, what), n in summed(code_counts(event, [one, other], stays)).items()
        if what is CodeCount.PEOPLE
    ]

    assert sum(people) == bool(ours or theirs) - (bool(ours) + bool(theirs))


@pytest.mark.parametrize(
    ("source", "class_", "elsewhere"),
    [
        ("qr", SourceClass.SOCIAL, 0),
        (None, SourceClass.SOCIAL, 0),
        ("search", SourceClass.SOCIAL, 1),
        ("advertisement", SourceClass.SOCIAL, 1),
        ("advertisement", SourceClass.ADVERTISING, 0),
    ],
)
def test_a_follow_that_wechat_tells_to_be_another_way_is_elsewhere(
    source: str | None, class_: SourceClass, elsewhere: int
) -> None:
    lee = changed(LEE, source=source)
    event = own_event(Followed("lin", told("lin", source=class_)), "e", SUBJECT, NOON)

    counted = summed(code_counts(event, [lee], lee))

    assert counted.get(("lin", CodeCount.ELSEWHERE), 0) == elsewhere


@pytest.mark.parametrize(
    ("kind", "name", "details", "elsewhere"),
    [
        (CodeKind.KOL, "page.viewed", {"page": "shop", "scene": "1047"}, 0),
        (CodeKind.KOL, "page.viewed", {"page": "shop"}, 0),
        (CodeKind.KOL, "page.viewed", {"page": "other", "scene": "1047"}, 1),
        (CodeKind.KOL, "page.viewed", {"page": "shop", "scene": "1007"}, 1),
        (CodeKind.KOL, "page.viewed", {"page": "shop", "scene": "1048"}, 0),
        (CodeKind.STORE, "page.viewed", {"page": "shop", "scene": "1048"}, 1),
        (CodeKind.STORE, "cart.left", {"page": "other"}, 0),
    ],
)
def test_a_page_that_was_opened_otherwise_than_by_its_code_is_elsewhere(
    kind: CodeKind, name: str, details: dict[str, str], elsewhere: int
) -> None:
    body = MiniProgramEvent(name, details=details, code_facts={**told("lin", kind), PAGE: "shop"})

    assert summed(lived(body)[1]).get(("lin", CodeCount.ELSEWHERE), 0) == elsewhere


def test_what_is_about_nobody_counts_nothing() -> None:
    event = own_event(Scanned("lin", told("lin")), "e", SUBJECT, NOON)

    assert code_counts(event, [], None) == ()
