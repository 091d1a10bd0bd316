"""A row is the same events whenever and however it is imported, or is rejected as a whole."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON
from tests.unit.imports.rows_of import ORDERS, hashed, mapping_of, read, reason
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import (
    BookingCancelled,
    BookingChanged,
    BookingMade,
    CallLogged,
    OrderPaid,
    OrderReturned,
    ProfileChanged,
    TagAdded,
)
from wejourney.people.identities import Identity, IdentityKind
from workbench.imports.mapping import ImportMapping
from workbench.imports.row_events import RejectedRowError

ROW = {"buyer": "M1", "number": "A-1", "paid_at": "2026-01-02 10:00", "amount": "9.90"}


@pytest.fixture
def orders(tmp_path: Path) -> ImportMapping:
    return mapping_of(tmp_path, ORDERS)


def test_an_order_becomes_one_event_of_its_buyer(orders: ImportMapping) -> None:
    row = read(orders, **ROW)

    assert row.identities == (Identity(IdentityKind.MEMBER, "M1"),)
    (event,) = row.events
    assert event.body == OrderPaid(990, "A-1", "shop")
    assert (event.at.isoformat(), row.at) == ("2026-01-02T02:00:00+00:00", event.at)
    assert InboundEvent.from_dict(event.about(Subject("wx1", "o1"), history=True).to_dict()).history


@pytest.mark.capability(row="97")
def test_an_order_from_abroad_has_its_currency_and_a_row_with_no_currency_is_rejected(tmp_path: Path) -> None:
    abroad = mapping_of(tmp_path, f"{ORDERS}      currency: {{column: money}}\n")

    (event,) = read(abroad, **ROW, money="JPY").events
    assert event.body == OrderPaid(990, "A-1", "shop", currency="JPY")
    for text in ("YEN", "jpy", ""):
        assert reason(abroad, **ROW, money=text) == ("money", "no currency")


def test_the_id_of_an_event_is_that_of_the_sources_own_number_and_time(
    orders: ImportMapping, tmp_path: Path
) -> None:
    first = read(orders, **ROW).events[0].id

    assert read(orders, **ROW | {"amount": "10.00", "buyer": "M2"}).events[0].id == first
    for other in ({"number": "A-2"}, {"paid_at": "2026-01-02 10:01"}):
        assert read(orders, **ROW | other).events[0].id != first
    other_source = mapping_of(tmp_path, ORDERS.replace("source: shop", "source: till"))
    assert read(other_source, **ROW).events[0].id != first


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"buyer": ""}, "buyer", "no identity"),
        ({"buyer": "1.2E+17"}, "buyer", "rounded number"),
        ({"buyer": "M" * 257}, "buyer", "identity too long"),
        ({"number": ""}, "number", "value missing"),
        ({"number": "x" * 257}, "number", "value too long"),
        ({"number": "A\0"}, "number", "control character"),
        ({"paid_at": "tomorrow"}, "paid_at", "no time"),
        ({"paid_at": "2027-01-01"}, "paid_at", "time ahead"),
        ({"amount": ""}, "amount", "value missing"),
        ({"amount": "free"}, "amount", "no amount"),
        ({"amount": "1.999"}, "amount", "part of a fen"),
        ({"amount": "-1"}, "amount", "negative amount"),
        ({"buyer": "M\udcb6"}, "buyer", "wrong encoding"),
        ({"amount": "999999999999999"}, "amount", "no amount"),
    ],
)
def test_a_row_with_one_bad_value_is_rejected_at_its_column(
    orders: ImportMapping, cells: dict[str, str], column: str, why: str
) -> None:
    assert reason(orders, **ROW | cells) == (column, why)


TILL = """
source: till
person:
  member: member
  phone: {column: phone, region: FR}
  openid: openid
  union_id: {column: union, open_platform: brand}
at: {value: "2026-10-01T00:00:00+08:00"}
events:
  - order.returned:
      key: no
      only: {column: kind, values: [return]}
      total: {column: amount, unit: fen}
      order: order
      line: no
  - call.logged: {key: no, only: {column: kind, values: [call, ring]}, topic: topic}
  - tag: {key: member, only: {column: tags}, tag: {column: tags, separator: "|"}}
  - profile:
      key: member
      set: {city: city, date.birthday: born, member: vip, language: {value: fr}}
"""


def test_a_row_can_be_several_events_each_only_where_it_is_meant(tmp_path: Path) -> None:
    till = mapping_of(tmp_path, TILL)
    returned = read(till, member="M1", no="7", kind="return", amount="990", order="A-1")
    called = read(till, member="M1", no="8", kind="ring", topic="repair", tags="a| b |a|", city="Paris")
    born = read(till, member="M1", no="9", born="1990/1/5", vip="是")

    language = {"language": "fr"}
    assert [event.body for event in returned.events] == [
        OrderReturned(990, "A-1", "7"),
        ProfileChanged(language),
    ]
    assert [event.body for event in called.events] == [
        CallLogged("repair"),
        *(TagAdded("a"), TagAdded("b")),
        ProfileChanged({"city": "Paris", **language}),
    ]
    assert len({event.id for event in called.events}) == 4
    assert born.events[-1].body == ProfileChanged(
        {"date.birthday": "1990-01-05", "member": "true", **language}
    )
    assert {event.at.isoformat() for event in called.events} == {"2026-09-30T16:00:00+00:00"}


def test_all_identities_of_a_row_are_one_persons(tmp_path: Path) -> None:
    till = mapping_of(tmp_path, TILL)
    row = read(till, member="M1", no="1", phone="06 12 34 56 78", openid="oAnna", union="u#1")

    phone = Identity(IdentityKind.PHONE, hashed("+33612345678", "FR"))
    openid = Identity(IdentityKind.OPENID, f"{APP_ID}#oAnna")
    union = Identity(IdentityKind.UNION_ID, "brand#u#1")
    member = Identity(IdentityKind.MEMBER, "M1")
    assert row.identities == (member, phone, openid, union)
    links = row.links(phone)
    assert list(links) == [member, openid, union]
    assert len({event.id for event in links.values()}) == 3
    assert row.links(phone) == links


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"phone": "138****8000"}, "member, phone, openid, union", "nobodys identity"),
        ({"phone": "12"}, "phone", "no phone"),
        ({"phone": "12", "member": "M1"}, "phone", "no phone"),
        ({"openid": "o Anna"}, "openid", "no openid"),
        ({"member": "M1", "born": "in spring"}, "born", "invalid profile value"),
        ({"member": "M1", "vip": "maybe"}, "vip", "invalid profile value"),
        ({"member": "M1", "city": "x" * 5_001}, "city", "invalid profile value"),
    ],
)
def test_what_names_nobody_or_is_no_value_of_a_profile_is_rejected(
    tmp_path: Path, cells: dict[str, str], column: str, why: str
) -> None:
    assert reason(mapping_of(tmp_path, TILL), no="1", **cells) == (column, why)


@pytest.mark.parametrize(
    "value", ["138****8000", "0", "000", "-", "--", "NULL", "N/A", "\\N", "未知", "j***8"]
)
@pytest.mark.parametrize("column", ["phone", "openid", "union"])
def test_what_many_people_have_says_nothing_beside_another_identity(
    tmp_path: Path, column: str, value: str
) -> None:
    row = read(mapping_of(tmp_path, TILL), member="M1", no="1", **{column: value})

    assert row.identities == (Identity(IdentityKind.MEMBER, "M1"),)


def test_rows_that_say_no_time_happened_at_the_time_of_the_command(tmp_path: Path) -> None:
    contacts = mapping_of(
        tmp_path, "source: crm\nperson: {member: id}\nevents: [{profile: {key: id, set: {city: city}}}]\n"
    )
    exported = NOON - timedelta(days=3)

    assert contacts.lacks_time
    assert read(contacts, exported, id="M1", city="Paris").events[0].at == exported
    assert read(contacts, exported, id="M1", city="").events == (), "an empty cell deletes nothing"
    assert reason(contacts, id="M1", city="Paris")[1] == "no time"


_TEXTS = st.text() | st.sampled_from(list(ROW.values()))


@given(_TEXTS, _TEXTS, _TEXTS, _TEXTS)
def test_any_row_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, buyer: str, number: str, paid_at: str, amount: str
) -> None:
    orders = mapping_of(tmp_path_factory.getbasetemp(), ORDERS)
    with suppress(RejectedRowError):
        row = read(orders, buyer=buyer, number=number, paid_at=paid_at, amount=amount)
        assert row.identities
        assert len(row.events) == 1


SALON = """
source: salon
person: {member: member}
at: {value: "2026-10-01T00:00:00+08:00"}
events:
  - booking.made: {key: no, only: {column: kind, values: [new]}, booking: no, starts_at: time, name: service}
  - booking.changed: {key: no, only: {column: kind, values: [moved]}, booking: no, starts_at: time}
  - booking.cancelled: {key: no, only: {column: kind, values: [off]}, booking: no}
"""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-12-01T18:00+08:00", "2026-12-01T18:00+08:00"),
        ("2026/12/1 9:30", "2026-12-01T09:30"),
        ("2026-12-01 00:00", "2026-12-01T00:00"),
        ("2027-03-28T02:30", "2027-03-28T02:30"),
        ("2019-12-01 18:00", "2019-12-01T18:00"),
    ],
    ids=["with a zone", "of a spreadsheet", "midnight", "skipped by the clock in Paris", "in the past"],
)
def test_a_booking_keeps_its_time_as_dates_of_a_profile_are_kept(
    tmp_path: Path, written: str, kept: str
) -> None:
    salon = mapping_of(tmp_path, SALON)
    rows = [
        read(salon, member="M1", no="B-1", kind=kind, time=written, service="fitting")
        for kind in ("new", "moved", "off")
    ]
    assert [event.body for row in rows for event in row.events] == [
        BookingMade("B-1", kept, name="fitting"),
        BookingChanged("B-1", kept),
        BookingCancelled("B-1"),
    ]


@pytest.mark.parametrize("written", ["", "2026-11-30", "2026-02-30 17:00", "tomorrow", "17:00", "1" * 300])
def test_a_booking_without_a_usable_time_is_rejected_at_its_column(tmp_path: Path, written: str) -> None:
    column, why = reason(mapping_of(tmp_path, SALON), member="M1", no="B-1", kind="new", time=written)
    assert (column, why) == ("time", "value missing" if not written else "no date time")
