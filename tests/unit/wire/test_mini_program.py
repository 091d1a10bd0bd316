"""What a mini program sends: sessions that only we can open, and batches where each event is on its own."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON, SUBJECT
from wejourney.errors import CallbackRefusedError, InvalidSettingError, MissingSettingError
from wejourney.events.event import Subject, check_event
from wejourney.events.event_types import MiniProgramEvent
from wejourney.people.consents import Consent, consent_told, consents_after
from wejourney.people.erasure import AHEAD, FORGOTTEN_AFTER
from wejourney.services.ports.keys import DeploymentKey
from wejourney.wire.http import HttpRequest
from wejourney.wire.mini_program.requests import (
    LARGEST_BATCH,
    MOST_EVENTS,
    OLDEST,
    Batch,
    MiniProgramRequest,
    read_batch,
    read_code,
    request_from_gateway,
)
from wejourney.wire.mini_program.sessions import LIFETIME, SessionOverError, read_session, seal_session

KEY = DeploymentKey(b"k" * 64)
OTHER = DeploymentKey(b"o" * 64)


# --- sessions -----------------------------------------------------------------------------------------


def test_a_session_says_whose_it_is_until_it_is_over() -> None:
    token = seal_session(SUBJECT, KEY.all, NOON)
    for after in (timedelta(0), timedelta(hours=1), LIFETIME):
        assert read_session(token, KEY.all, NOON + after) == SUBJECT
    with pytest.raises(SessionOverError):
        read_session(token, KEY.all, NOON + LIFETIME + timedelta(seconds=1))


def test_a_session_tells_nobody_else_whose_it_is() -> None:
    token = seal_session(SUBJECT, KEY.all, NOON)
    seen = token.encode() + base64.urlsafe_b64decode(token)
    assert SUBJECT.openid.encode() not in seen
    assert SUBJECT.app_id.encode() not in seen
    assert seal_session(SUBJECT, KEY.all, NOON) != token


def test_a_session_is_good_under_the_previous_key_and_under_no_other() -> None:
    token = seal_session(SUBJECT, KEY.all, NOON)
    assert read_session(token, replace(OTHER, previous=KEY.current).all, NOON) == SUBJECT
    assert (
        read_session(seal_session(SUBJECT, replace(OTHER, previous=KEY.current).all, NOON), OTHER.all, NOON)
        == SUBJECT
    )
    with pytest.raises(SessionOverError):
        read_session(token, OTHER.all, NOON)


@pytest.mark.capability(row="C8")
@given(st.data())
def test_a_session_that_was_changed_anywhere_is_none(data: st.DataObject) -> None:
    token = seal_session(SUBJECT, KEY.all, NOON)
    sealed = bytearray(base64.urlsafe_b64decode(token))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SessionOverError):
        read_session(base64.urlsafe_b64encode(sealed).decode(), KEY.all, NOON)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_=-]{80,200}", fullmatch=True))
def test_no_text_is_a_session(token: str) -> None:
    with pytest.raises(SessionOverError):
        read_session(token, KEY.all, NOON)


def test_a_key_is_read_from_its_secret_and_named_when_it_cannot_be_used() -> None:
    read = DeploymentKey.from_secret("sessions", json.dumps({"key": "k" * 64, "previous_key": "o" * 64}))
    assert read.all == (b"k" * 64, b"o" * 64)
    assert "kkk" not in repr(read)
    with pytest.raises(MissingSettingError, match="key is missing from the secret of the key sessions"):
        DeploymentKey.from_secret("sessions", "{}")
    for wrong in ({"key": "short"}, {"key": 7}, {"key": "k" * 64, "previous_key": "short"}):
        with pytest.raises(InvalidSettingError, match="32 to 256 random characters"):
            DeploymentKey.from_secret("sessions", json.dumps(wrong))


# --- batches ------------------------------------------------------------------------------------------


def told(number: int = 1, happened: datetime = NOON, **changes: Any) -> dict[str, Any]:
    event = {"id": f"event-{number:04}", "at": happened.isoformat(), "name": "product.viewed"}
    return event | {"properties": {"product": "R-7"}} | changes


def batch(*events: object) -> Batch:
    return read_batch(json.dumps({"events": events}).encode(), SUBJECT, NOON)


def test_events_come_in_the_order_of_the_batch_with_their_own_time() -> None:
    read = batch(told(1, NOON - timedelta(days=2)), told(2, NOON - timedelta(days=3)), told(3))
    assert [(NOON - event.at).days for event in read.events] == [2, 3, 0]
    assert read.rejected == ()
    for event in read.events:
        check_event(event)
        assert isinstance(event.body, MiniProgramEvent)
        assert event.subject == SUBJECT


def test_an_event_that_is_told_again_is_the_same_event_in_the_same_place() -> None:
    (first,), (again,) = batch(told()).events, batch(told()).events
    assert (first, first.place_on_record) == (again, again.place_on_record)
    later = read_batch(json.dumps({"events": [told()]}).encode(), SUBJECT, NOON + timedelta(days=1))
    assert later.events == (first,)
    assert batch(told(), told()).events == (first,)


SAID = st.tuples(st.booleans(), st.timedeltas(-AHEAD, AHEAD), st.timedeltas(timedelta(), timedelta(hours=1)))


@given(said=st.lists(SAID, min_size=2, max_size=6))
def test_a_phone_whose_clock_is_ahead_does_not_overrule_what_was_said_later(
    said: list[tuple[bool, timedelta, timedelta]],
) -> None:
    """What somebody said last is what was received last, unless a clock that is behind says otherwise."""
    known: Mapping[str, Consent] = {}
    latest = NOON
    for number, (given_, off, later) in enumerate(said):
        latest += later + timedelta(seconds=1)
        name = "consent.given" if given_ else "consent.withdrawn"
        happened = told(
            number, latest + max(off, timedelta()), name=name, properties={"purpose": "news", "version": "1"}
        )
        (event,) = read_batch(json.dumps({"events": [happened]}).encode(), SUBJECT, latest).events
        record = consent_told(event)
        assert record is not None
        known = consents_after(known, record)
        assert known["news"].given == given_


@pytest.mark.parametrize("ahead", [1, 299, 300])
def test_an_event_of_a_clock_that_is_ahead_happened_when_it_was_received_and_is_one_when_told_again(
    ahead: int,
) -> None:
    body = json.dumps({"events": [told(1, NOON + timedelta(seconds=ahead))]}).encode()
    (first,), (again,), (late,) = (
        read_batch(body, SUBJECT, NOON + timedelta(seconds=seconds)).events for seconds in (0, 0.5, 400)
    )
    assert (first.at, again.at, late.at) == (NOON, NOON, NOON + timedelta(seconds=ahead))
    assert len({(event.id, event.place_on_record) for event in (first, again, late)}) == 1


def test_the_same_id_of_somebody_else_is_another_event() -> None:
    (mine,) = batch(told()).events
    body = json.dumps({"events": [told()]}).encode()
    (theirs,) = read_batch(body, Subject(SUBJECT.app_id, "oSomebodyElse"), NOON).events
    assert mine.id != theirs.id


WRONG: dict[str, Any] = {
    "no object": 7,
    "no id": told(id=None),
    "a short id": told(id="7"),
    "an id with a blank": told(id="event 0001"),
    "an unknown field": told(colour="red"),
    "no time": told(at=None),
    "a time without a zone": told(at="2026-11-22T12:00:00"),
    "a number for a time": told(at=1),
    "an impossible time": told(at="9999-12-31T23:59:59-23:59"),
    "a time ahead": told(at=(NOON + AHEAD + timedelta(seconds=1)).isoformat()),
    "a time long ago": told(at=(NOON - OLDEST - timedelta(seconds=1)).isoformat()),
    "an unknown name": told(name="product.view"),
    "an unknown property": told(properties={"product": "R-7", "colour": "red"}),
    "properties of another kind": told(properties=[]),
    "a long order": told(order="x" * 257),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_bad_event_is_named_by_its_place_and_the_good_ones_are_taken(wrong: str) -> None:
    read = batch(told(1), WRONG[wrong], told(2))
    assert [event.index for event in read.rejected] == [1]
    assert "red" not in read.rejected[0].reason
    assert len(read.events) == 2


def test_times_at_the_bounds_are_taken_which_an_erasure_and_the_clock_still_tell_apart() -> None:
    assert len(batch(told(1, NOON + AHEAD), told(2, NOON - OLDEST)).events) == 2
    assert OLDEST < FORGOTTEN_AFTER


def test_an_id_for_two_events_is_good_for_the_first_alone() -> None:
    read = batch(told(1), told(1, name="cart.added"))
    assert ([event.index for event in read.rejected], len(read.events)) == ([1], 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"{}", 400),
        (b'{"events": []}', 400),
        (b'{"events": {}}', 400),
        (b'{"events": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400),
        (json.dumps({"events": [told(n) for n in range(MOST_EVENTS + 1)]}).encode(), 400),
        (b" " * (LARGEST_BATCH + 1), 413),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(body: bytes, status: int) -> None:
    with pytest.raises(CallbackRefusedError) as caught:
        read_batch(body, SUBJECT, NOON)
    assert caught.value.status == status


def test_the_largest_batch_of_ordinary_events_is_taken() -> None:
    assert len(batch(*map(told, range(MOST_EVENTS))).events) == MOST_EVENTS


@given(
    st.binary(max_size=500) | st.text(max_size=500).map(lambda text: json.dumps({"events": [text]}).encode())
)
def test_whatever_is_sent_is_read_or_refused(body: bytes) -> None:
    try:
        read = read_batch(body, SUBJECT, NOON)
    except CallbackRefusedError:
        return
    assert read.events == ()


@pytest.mark.parametrize(
    "code", [None, 7, "", "short", "x" * 257, "code with a blank", "code\n0000", "码" * 20]
)
def test_what_cannot_be_a_code_is_not_sent_to_wechat(code: object) -> None:
    with pytest.raises(CallbackRefusedError, match="`code`"):
        read_code({"code": code})


def gateway(route: str, **headers: str) -> dict[str, Any]:
    method, _, path = route.partition(" ")
    return {
        "routeKey": route,
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}},
    }


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"Authorization": "bearer abc"}, "abc"),
        ({"authorization": "abc"}, ""),
        ({"authorization": "Bearer a b"}, ""),
        ({"authorization": "Bearer " + "x" * 1025}, ""),
        ({}, ""),
    ],
)
def test_the_session_is_the_bearers(headers: dict[str, str], token: str) -> None:
    read = request_from_gateway(gateway("POST /mini/events", **headers))
    assert read == MiniProgramRequest("events", token, HttpRequest("POST", "", {}))


def test_there_are_five_routes_and_no_other() -> None:
    with pytest.raises(CallbackRefusedError, match="404"):
        request_from_gateway(gateway("POST /mini/other"))


def test_a_time_in_any_zone_is_one_of_utc_in_whole_seconds() -> None:
    (event,) = batch(told(at="2026-11-22T12:00:00.987+08:00")).events
    assert event.at == datetime(2026, 11, 22, 4, tzinfo=UTC)
