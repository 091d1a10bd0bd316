"""The API for other systems on real tables: what it shows, to whom, what it takes, and what it costs."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.people_api import app
from tests.functional.test_statements import earn
from tests.support.apis.gateway import Answered
from tests.support.apis.people_api import CALLER, PHONE_KEY, PROFILE, PeopleApi
from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT
from tests.support.events import body
from tests.support.servers.dynamodb import CallCounter
from tests.support.world import World, person_of
from wejourney.adapters.dynamo.access_store import ACCESS, AccessStore
from wejourney.adapters.dynamo.follower_rows import event_key
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.failures import AwsCallError
from wejourney.events.event import own_event
from wejourney.events.event_types import Identified, OrderPaid
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.games import WhyUnranked
from wejourney.people.disclosure.accesses import ACCESSES_KEPT, Access
from wejourney.people.identities import IdentityKind
from wejourney.people.phones import phone_hash
from wejourney.people.profile_fields import HIDDEN
from wejourney.services.people_api.ports import AccessNotRecordedError

NUMBER = "+8613800138000"
PHONE = {"kind": "phone", "value": "138 0013 8000"}
MEMBER = {"kind": "member", "value": "M-1"}
LOOKUP = "/api/people/lookup"
SECRET = "SECRET-WORD-OF-A-PERSON"


@pytest.fixture
def api(world: World) -> PeopleApi:
    world.announcements.queued.clear()
    world.announcements.told.clear()
    world.people_rules = PeopleRules(PROFILE)
    return PeopleApi(world.followers.table, world.clock, world.announcements, kms=world.kms)


@pytest.fixture
def lee(world: World) -> str:
    """A follower of whom much is known."""
    world.tells("identified", identity_kind="phone", identity=phone_hash(NUMBER, PHONE_KEY))
    world.tells("identified", identity_kind="member", identity="M-1")
    world.tells("profile", changes={"city": SECRET, "tier": "gold", "date.birthday": "1990-02-28"})
    world.tells("tag", tag=f"tag {SECRET}")
    world.tells("segment", segment="vip")
    world.tells("consent_given", purpose="newsletter", version="1", channel="store")
    world.tells("order.paid", total=1250, order=SECRET, store="S1")
    return person_of(world.followers)


def told(type_: str, number: int = 1, person: Any = None, **fields: Any) -> dict[str, Any]:
    """An event as another system tells it."""
    event = {"id": f"e-{number}", "type": type_, "at": NOON.isoformat(), "fields": fields}
    return {**event, "person": person or {"identities": [MEMBER]}}


def batch(*events: dict[str, Any], source: str = "till") -> dict[str, Any]:
    return {"source": source, "events": list(events)}


def statuses(answered: Answered) -> list[str]:
    return [one["status"] for one in answered.body["accepted"]]


def process(world: World, api: PeopleApi) -> None:
    """The inbox applies what the API has put into it."""
    queued = [*api.inbox.queued]
    api.inbox.queued.clear()
    for event in queued:
        world.takes(event)


# --- people ------------------------------------------------------------------------------------------


def test_a_person_is_found_by_each_identity_and_nobody_by_one_that_is_nobodys(
    api: PeopleApi, lee: str
) -> None:
    openid = {"kind": "openid", "value": OPENID, "within": APP_ID}
    for identity in (PHONE, MEMBER, openid):
        assert api.post(LOOKUP, identity) == Answered(200, {"person_id": lee})
    nobodys = {"kind": "member", "value": "M-2"}
    assert api.post(LOOKUP, nobodys) == Answered(200, {"person_id": None})


def test_a_person_is_masked_unless_they_are_read_in_clear(api: PeopleApi, lee: str) -> None:
    masked, clear = api.get(f"/api/people/{lee}").body, api.get(f"/api/clear/people/{lee}").body
    assert SECRET not in json.dumps(masked)
    assert OPENID not in json.dumps(masked)
    assert masked["profile"]["tier"] == "gold"
    assert masked["segments"] == ["vip"]
    assert clear["attributes"] == {"city": SECRET}
    assert clear["dates"] == {"birthday": "1990-02-28"}
    assert clear["tags"] == [f"tag {SECRET}"]
    assert [one["openid"] for one in clear["contacts"]] == [OPENID]
    assert {one["kind"] for one in clear["identities"]} == {"phone", "member"}
    assert clear["consents"]["newsletter"]["given"]
    assert masked.keys() == clear.keys()


def test_a_timeline_has_the_newest_events_first_and_pages_that_meet(api: PeopleApi, lee: str) -> None:
    whole = api.get(f"/api/clear/people/{lee}/timeline").body
    assert whole["next"] is None
    times = [event["at"] for event in whole["events"]]
    assert times == sorted(times, reverse=True)
    assert {"order.paid", "consent_given", "follow", "text"} <= {event["type"] for event in whole["events"]}
    (begun,) = (event for event in whole["events"] if event["journey"])
    assert (begun["type"], begun["journey"]) == ("follow", "welcome")
    events: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get(f"/api/clear/people/{lee}/timeline", limit=2, **cursor).body
        assert len(page["events"]) <= 2
        events += page["events"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert events == whole["events"]


def test_a_person_is_read_with_the_balance_of_each_asset_and_the_next_expiry(
    books: BooksStore, api: PeopleApi, lee: str
) -> None:
    earn(books, "a", 50, person=lee)
    earn(books, "b", 7, Lot(Pocket.UNCLAIMED), person=lee)

    read = api.get(f"/api/people/{lee}").body

    assert read["points"] == 50
    assert read["balances"] == {
        "points": {
            "available": 50, "unclaimed": 7, "pending": 0, "held": 0, "expiring": 50,
            "expires_on": "2027-01-31",
        }
    }  # fmt: skip
    assert (read["tier_since"], read["tier_until"]) == (None, None)


def test_a_timeline_says_why_rules_gave_nothing_for_an_event(world: World, api: PeopleApi, lee: str) -> None:
    def events(path: str = "/api/people") -> dict[str, Any]:
        found = api.get(f"{path}/{lee}/timeline").body["events"]
        return {event["type"]: event for event in found}

    assert all(event["not_earned"] == [] for event in events().values())
    person, paid = world.followers.person(lee), events()["order.paid"]
    assert person is not None
    told = own_event(body("order.paid", total=1), "x", person.subject, datetime.fromisoformat(paid["at"]))
    world.followers.note_nothing(replace(told, id=paid["id"]), person, {"purchases": "limit_reached"})
    world.followers.note_unrewarded(replace(told, id=paid["id"]), person, WhyNoReward.CYCLE)
    assert events()["order.paid"]["not_ranked"] is None
    world.followers.note_unranked(replace(told, id=paid["id"]), person, WhyUnranked.BOARD_CLOSED)

    expected = [{"rule": "purchases", "why": "limit_reached"}, {"rule": "referrals", "why": "cycle"}]
    for path in ("/api/people", "/api/clear/people"):
        assert events(path)["order.paid"]["not_earned"] == expected
        assert events(path)["order.paid"]["not_ranked"] == "board_closed"


def test_a_timeline_is_masked_unless_it_is_read_in_clear(api: PeopleApi, lee: str) -> None:
    masked = api.get(f"/api/people/{lee}/timeline").body
    assert SECRET not in json.dumps(masked)
    assert [event["id"] for event in masked["events"]] == [
        event["id"] for event in api.get(f"/api/clear/people/{lee}/timeline").body["events"]
    ]


@pytest.mark.capability(row="58")
def test_a_private_value_is_opened_in_clear_and_hidden_else(world: World, api: PeopleApi, lee: str) -> None:
    world.tells("consent_given", after_minutes=5, purpose="membership")
    world.tells("profile", after_minutes=6, changes={"given_name": "Wang Xiaoming", "phone": NUMBER})
    made = [*api.kms.calls]
    masked = [api.get(f"/api/people/{lee}{part}").body for part in ("", "/timeline")]
    assert masked[0]["attributes"]["given_name"] == HIDDEN
    assert "sealed:" not in json.dumps(masked)
    assert "Wang" not in json.dumps(masked)
    assert api.kms.calls == made
    clear = api.get(f"/api/clear/people/{lee}").body["attributes"]
    assert (clear["given_name"], clear["phone"]) == ("Wang Xiaoming", NUMBER)
    told = api.get(f"/api/clear/people/{lee}/timeline").body["events"][0]["fields"]["changes"]
    assert told == {"given_name": "Wang Xiaoming", "phone": NUMBER}


def test_a_private_value_whose_consent_was_withdrawn_is_nobodys_to_read(
    world: World, api: PeopleApi, lee: str
) -> None:
    world.tells("consent_given", after_minutes=5, purpose="membership")
    world.tells("profile", after_minutes=6, changes={"given_name": "Wang Xiaoming"})
    world.tells("consent_withdrawn", after_minutes=7, purpose="membership")
    assert "given_name" not in api.get(f"/api/clear/people/{lee}").body["attributes"]
    events = api.get(f"/api/clear/people/{lee}/timeline").body["events"]
    assert events[1]["fields"]["changes"] == {"given_name": HIDDEN}


def test_without_kms_people_are_read_masked_and_not_in_clear(world: World, api: PeopleApi, lee: str) -> None:
    world.tells("consent_given", after_minutes=5, purpose="membership")
    world.tells("profile", after_minutes=6, changes={"given_name": "Wang Xiaoming"})
    api.kms.is_down = True
    assert api.get(f"/api/people/{lee}").status == 200
    assert api.get(f"/api/clear/people/{lee}").status == 503


def test_consents_are_listed_with_each_time_that_they_were_given_or_withdrawn(
    world: World, api: PeopleApi, lee: str
) -> None:
    world.tells("consent_withdrawn", after_minutes=5, purpose="newsletter", channel="phone")
    consents = api.get(f"/api/people/{lee}/consents").body["consents"]
    assert [(one["purpose"], one["given"], one["channel"]) for one in consents] == [
        ("newsletter", False, "phone"),
        ("newsletter", True, "store"),
    ]


def test_segments_are_counted_and_their_people_listed_by_pages(api: PeopleApi, lee: str) -> None:
    assert api.get("/api/segments").body == {"segments": [{"name": "vip", "people": 1}]}
    assert api.get("/api/segments/vip/people", limit=1).body == {"people": [lee], "next": None}
    assert api.get("/api/segments/unknown/people").body == {"people": [], "next": None}


def test_an_id_of_somebody_who_was_merged_leads_to_who_they_are(world: World, api: PeopleApi) -> None:
    other = "oFollower0000000000000000002"
    first = person_of(world.followers)
    about = own_event(
        body("payment", total=1), "paid", type(SUBJECT)("wxpayments", other), NOON + timedelta(minutes=2)
    )
    world.takes(about)
    second = world.followers.read("wxpayments", other).follower
    assert second is not None
    shared = Identified(IdentityKind.UNION_ID, "main#u-1")
    for subject in (SUBJECT, about.subject):
        world.takes(own_event(shared, "union", subject, NOON + timedelta(minutes=3)))
    for one in (first, second.person_id):
        assert api.get(f"/api/people/{one}").body["person_id"] == first
    assert len(api.get(f"/api/people/{second.person_id}").body["contacts"]) == 2
    timeline = api.get(f"/api/people/{second.person_id}/timeline").body["events"]
    assert {"follow", "payment", "merged"} <= {event["type"] for event in timeline}
    answer = api.post("/api/events", batch(told("tag", person={"id": second.person_id}, tag="vip")))
    assert statuses(answer) == ["queued"]


@pytest.mark.parametrize("path", ["", "/timeline", "/consents"])
def test_nobody_is_shown_under_an_id_that_is_nobodys(api: PeopleApi, path: str) -> None:
    answered = api.get(f"/api/people/{'0' * 32}{path}")
    assert (answered.status, answered.body["error"]["where"]) == (404, "path.person_id")


# --- who has read ------------------------------------------------------------------------------------


def test_each_read_of_a_person_is_recorded_with_who_read_what_and_when(api: PeopleApi, lee: str) -> None:
    api.post(LOOKUP, PHONE)
    for path in (f"/api/people/{lee}", f"/api/clear/people/{lee}", f"/api/people/{lee}/timeline"):
        api.clock.pass_(minutes=1)
        api.get(path)
    recorded = AccessStore(api.table).all(lee)
    operations = ["find_person", "read_person", "read_person_in_clear", "read_timeline"]
    assert [one.operation for one in recorded] == operations
    assert {(one.subject, one.caller) for one in recorded} == {(lee, CALLER)}
    assert recorded[-1].at == api.clock.now()


def test_a_list_of_people_is_recorded_under_its_segment(api: PeopleApi, lee: str) -> None:
    api.get("/api/segments/vip/people")
    (recorded,) = AccessStore(api.table).all("segment:vip")
    assert (recorded.operation, recorded.caller) == ("list_members", CALLER)


def test_a_record_of_an_access_expires_after_three_years(api: PeopleApi, lee: str) -> None:
    api.get(f"/api/people/{lee}")
    (item,) = api.table.query(f"{ACCESS}{lee}")
    expires_at = api.clock.now() + ACCESSES_KEPT
    assert columns_of(item)["expires_at"] == int(expires_at.timestamp())


class Unwritable:
    def record(self, access: Access) -> None:
        raise AccessNotRecordedError("PutItem: AccessDenied")


@pytest.mark.parametrize(
    "path",
    ["people/{}", "clear/people/{}", "people/{}/timeline", "people/{}/consents", "segments/vip/people"],
)
def test_nothing_is_shown_whose_access_cannot_be_recorded(api: PeopleApi, lee: str, path: str) -> None:
    api.accesses = Unwritable()
    answered = api.get(f"/api/{path.format(lee)}")
    assert (answered.status, answered.body["error"]["where"]) == (503, "request")
    assert api.post(LOOKUP, PHONE).status == 503


def test_the_records_outlive_the_erasure_of_the_person(world: World, api: PeopleApi, lee: str) -> None:
    api.get(f"/api/people/{lee}")
    world.hears("unsubscribe", after_minutes=10)
    assert api.get(f"/api/people/{lee}").status == 404
    assert [one.operation for one in AccessStore(api.table).all(lee)] == ["read_person"]


def test_a_request_that_names_no_caller_is_refused(api: PeopleApi, lee: str) -> None:
    assert api.send("GET", f"/api/people/{lee}", caller=None).status == 403
    assert api.send("POST", "/api/events", body=batch(told("tag", tag="x")), caller=None).status == 403
    assert AccessStore(api.table).all(lee) == []
    assert api.inbox.told == []


@pytest.mark.capability(row="59")
def test_nothing_personal_is_logged(
    api: PeopleApi, lee: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    handler = app.logger.handlers[0]
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
    api.post(LOOKUP, PHONE)
    for path in (f"clear/people/{lee}", f"clear/people/{lee}/timeline", f"people/{lee}/consents"):
        api.get(f"/api/{path}")
    api.post(LOOKUP, {"kind": "phone", "value": SECRET})
    api.post("/api/events", batch(told("profile", changes={SECRET: SECRET}), told("tag", 2, tag=SECRET)))
    logged = "\n".join(lines) + capsys.readouterr().out
    assert len(lines) >= 6
    assert lee in logged
    assert CALLER in logged
    for personal in (SECRET, OPENID, "138", phone_hash(NUMBER, PHONE_KEY), "M-1"):
        assert personal not in logged


# --- events ------------------------------------------------------------------------------------------


def test_events_reach_the_person_who_is_named_by_our_id_or_by_an_identity(
    world: World, api: PeopleApi, lee: str
) -> None:
    openid = {"kind": "openid", "value": OPENID, "within": APP_ID}
    people: list[Any] = [{"id": lee}, *({"identities": [one]} for one in (PHONE, MEMBER, openid))]
    events = [told("tag", number, person, tag=f"t{number}") for number, person in enumerate(people)]
    answered = api.post("/api/events", batch(*events))
    assert (answered.status, statuses(answered)) == (202, ["queued"] * 4)
    process(world, api)
    assert {f"t{number}" for number in range(4)} <= world.follower().tags


def test_an_event_of_nobody_who_is_known_waits_for_the_identity(world: World, api: PeopleApi) -> None:
    events = batch(told("order.paid", total=100, order="A"), told("tag", 2, {"identities": [PHONE]}, tag="x"))
    answered = api.post("/api/events", events)
    assert statuses(answered) == ["waiting", "waiting"]
    assert api.inbox.told == []
    applied = world.takes(own_event(Identified("member", "M-1"), "member", SUBJECT, NOON))
    assert len(applied.appeared) == 1
    released = api.built().take.deliver.pending.first(applied.appeared[0])
    assert [event.body for event in released] == [OrderPaid(100, "A")]


def test_an_event_that_is_told_again_changes_nothing(world: World, api: PeopleApi, lee: str) -> None:
    order = told("order.paid", total=100, order="A")
    first = api.post("/api/events", batch(order, {**order, "person": {"identities": [MEMBER]}}))
    assert statuses(first) == ["queued", "queued"]
    process(world, api)
    api.clock.pass_(minutes=10)
    by_id = {**order, "person": {"id": lee}}
    again = api.post("/api/events", batch(by_id))
    assert again.body["accepted"][0]["event_id"] == first.body["accepted"][0]["event_id"]
    process(world, api)
    events = api.get(f"/api/clear/people/{lee}/timeline").body["events"]
    assert [event["fields"].get("order") for event in events if event["type"] == "order.paid"] == [
        "A",
        SECRET,
    ]


def test_an_event_of_a_clock_that_is_ahead_happened_when_it_was_received_once(
    world: World, api: PeopleApi, lee: str
) -> None:
    """A later withdrawal counts, whichever clock told of the consent."""
    ahead = (api.clock.now() + timedelta(minutes=4)).isoformat()
    given = told("consent_given", 7, purpose="calls", version="1", channel="store") | {"at": ahead}
    for _ in range(2):
        assert api.post("/api/consents", batch(given)).status == 202
        process(world, api)
        api.clock.pass_(minutes=1)
    withdrawn = told("consent_withdrawn", 8, purpose="calls") | {"at": api.clock.now().isoformat()}
    api.post("/api/consents", batch(withdrawn))
    process(world, api)
    assert not world.follower().has_agreed_to("calls")
    events = api.get(f"/api/clear/people/{lee}/timeline").body["events"]
    assert len([event for event in events if event["fields"].get("purpose") == "calls"]) == 2


def test_ids_of_two_systems_are_two_events(api: PeopleApi, lee: str) -> None:
    ids = [
        api.post("/api/events", batch(told("tag", tag="x"), source=source)).body["accepted"][0]["event_id"]
        for source in ("till", "crm")
    ]
    assert len(set(ids)) == 2


def test_two_events_of_a_batch_with_one_id_have_to_say_the_same(api: PeopleApi, lee: str) -> None:
    answered = api.post("/api/events", batch(told("tag", tag="a"), told("tag", tag="b")))
    assert [one["index"] for one in answered.body["accepted"]] == [0]
    (problem,) = answered.body["rejected"]
    assert (problem["index"], problem["where"]) == (1, "body.events[1].id")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a payment, which opens an allowance": (told("payment", total=1), "type"),
    "a consent, which has a route of its own": (told("consent_given", purpose="n"), "type"),
    "a type that does not exist": (told("nothing"), "type"),
    "a field that does not exist": (told("tag", tag="x", by="welcome"), "fields"),
    "a field that is missing": (told("order.paid", order="A"), "fields"),
    "an amount in yuan": (told("order.paid", total=1.5), "fields.total"),
    "an amount below zero": (told("order.returned", total=-1), "fields.total"),
    "an amount that is too large": (told("order.paid", total=10**15), "fields.total"),
    "a currency that does not exist": (told("order.paid", total=1, currency="YEN"), "fields.currency"),
    "an attribute that is not declared": (told("profile", changes={"shoe": "38"}), "fields.changes.shoe"),
    "a number that is none": (told("profile", changes={"height": "tall"}), "fields.changes.height"),
    "a time that does not exist": ({**told("tag", tag="x"), "at": "2026-02-30T00:00:00Z"}, "at"),
    "a time without a zone": ({**told("tag", tag="x"), "at": "2026-11-22T12:00:00"}, "at"),
    "a time ahead": ({**told("tag", tag="x"), "at": "2027-01-01T00:00:00Z"}, "at"),
    "a time long ago": ({**told("tag", tag="x"), "at": "2026-01-01T00:00:00Z"}, "at"),
    "nobody": ({**told("tag", tag="x"), "person": {}}, "person"),
    "a person of whom nobody says who it is": (
        told("tag", 1, {"identities": [{"kind": "member", "value": "NULL"}]}, tag="x"),
        "person.identities[0].value",
    ),
    "a person by two names": (told("tag", 1, {"id": "0" * 32, "identities": [MEMBER]}, tag="x"), "person"),
    "an id of nobody": (told("tag", 1, {"id": "0" * 32}, tag="x"), "person.id"),
    "a masked phone number": (
        told("tag", 1, {"identities": [MEMBER, {"kind": "phone", "value": "138****8000"}]}, tag="x"),
        "person.identities[1].value",
    ),
    "an openid of no app": (
        told("tag", 1, {"identities": [{"kind": "openid", "value": OPENID}]}, tag="x"),
        "person.identities[0].within",
    ),
    "a union id of no account": (
        told("tag", 1, {"identities": [{"kind": "union_id", "value": "u"}]}, tag="x"),
        "person.identities[0].within",
    ),
    "no id": ({name: value for name, value in told("tag", tag="x").items() if name != "id"}, ""),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_event_is_rejected_with_its_place_and_the_others_are_taken(
    api: PeopleApi, lee: str, what: str
) -> None:
    wrong, where = WRONG[what]
    answered = api.post("/api/events", batch(told("tag", 7, tag="a"), wrong))
    assert (answered.status, statuses(answered)) == (202, ["queued"])
    (problem,) = answered.body["rejected"]
    assert (problem["index"], problem["where"]) == (1, f"body.events[1].{where}".rstrip("."))
    alone = api.post("/api/events", batch(wrong))
    assert (alone.status, alone.body["error"]["what"]) == (400, problem["what"])


def test_consents_are_told_on_a_route_of_their_own(world: World, api: PeopleApi, lee: str) -> None:
    withdrawn = told("consent_withdrawn", purpose="newsletter", channel="phone")
    later = {**withdrawn, "at": (NOON + timedelta(minutes=1)).isoformat()}
    assert statuses(api.post("/api/consents", batch(later))) == ["queued"]
    process(world, api)
    assert not world.follower().has_agreed_to("newsletter")
    assert api.post("/api/consents", batch(told("tag", tag="x"))).status == 400


# --- requests that are wrong -------------------------------------------------------------------------

BAD: dict[str, tuple[str, str, dict[str, str], Any, int, str]] = {
    "no JSON": ("POST", "/api/events", {}, b"{", 400, "body"),
    "no UTF-8": ("POST", "/api/events", {}, b"\xff\xfe", 400, "body"),
    "deep JSON": ("POST", "/api/events", {}, b"[" * 100_000, 400, "body"),
    "a large body": ("POST", "/api/events", {}, b" " * (256 * 1024 + 1), 413, "body"),
    "a list": ("POST", "/api/events", {}, [], 400, "body"),
    "no events": ("POST", "/api/events", {}, batch(), 400, "body.events"),
    "too many events": ("POST", "/api/events", {}, batch(*[told("tag", tag="x")] * 51), 400, "body.events"),
    "no source": ("POST", "/api/events", {}, {"events": [{}]}, 400, "body"),
    "an identity of no kind": (
        "POST",
        LOOKUP,
        {},
        {"kind": "x", "value": "y"},
        400,
        "body.kind",
    ),
    "a value with a blank": ("POST", LOOKUP, {}, {"kind": "member", "value": "M-1 "}, 400, "body.value"),
    "a value with a mark that cannot be seen": (
        *("POST", LOOKUP, {}, {"kind": "member", "value": "\u200eM-1"}, 400, "body.value"),
    ),
    "a value with a control character": (
        *("POST", LOOKUP, {}, {"kind": "member", "value": "M\u0000-1"}, 400, "body.value"),
    ),
    "no value": ("POST", LOOKUP, {}, {"kind": "member", "value": ""}, 400, "body.value"),
    "an openid as an id": ("GET", f"/api/people/{OPENID}", {}, None, 400, "path.person_id"),
    "a limit of zero": ("GET", "/api/segments/vip/people", {"limit": "0"}, None, 400, "query.limit"),
    "a large limit": ("GET", "/api/segments/vip/people", {"limit": "101"}, None, 400, "query.limit"),
    "a limit in words": ("GET", "/api/segments/vip/people", {"limit": "ten"}, None, 400, "query.limit"),
    "an odd cursor": ("GET", "/api/segments/vip/people", {"cursor": "%%"}, None, 400, "query.cursor"),
    "another cursor": ("GET", "/api/segments/vip/people", {"cursor": "eHh4"}, None, 400, "query.cursor"),
    "a long cursor": ("GET", "/api/segments/vip/people", {"cursor": "a" * 2000}, None, 400, "query.cursor"),
    "an unknown parameter": ("GET", "/api/segments", {"personal": "clear"}, None, 400, "query"),
    "an unknown path": ("GET", "/api/everything", {}, None, 404, "path"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_request_is_told_what_is_wrong_and_where(api: PeopleApi, what: str) -> None:
    method, path, query, content, status, where = BAD[what]
    answered = api.send(method, path, query, content)
    assert (answered.status, answered.body["error"]["where"]) == (status, where)
    assert answered.body["error"]["what"]


@pytest.mark.parametrize("cursor", ["eHh4", "-_-_", "AA", "a" * 1355, "_w"])
def test_a_cursor_of_another_list_shows_nothing_of_anybody_else(
    api: PeopleApi, lee: str, cursor: str
) -> None:
    for part in ("timeline", "consents"):
        answered = api.get(f"/api/people/{lee}/{part}", cursor=cursor)
        assert answered.status in (200, 400)


def test_a_failure_of_dynamodb_is_answered_as_one_that_passes(
    api: PeopleApi, lee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise AwsCallError("GetItem", "InternalServerError")

    monkeypatch.setattr(api.table.client, "get_item", fail, raising=False)
    assert api.get(f"/api/people/{lee}").status == 503


# --- what it costs -----------------------------------------------------------------------------------


def calls_of(api: PeopleApi, method: str, path: str, **more: Any) -> list[str]:
    with CallCounter().listening(api.table.client) as calls:
        assert api.send(method, path, **more).status == 200
    return list(calls.operations)


@pytest.mark.capability(row="35")
def test_a_person_costs_less_than_three_calls(api: PeopleApi, lee: str) -> None:
    assert calls_of(api, "POST", LOOKUP, body=PHONE) == ["GetItem", "PutItem"]
    assert calls_of(api, "GET", f"/api/people/{lee}") == ["GetItem", "PutItem"]
    assert calls_of(api, "GET", f"/api/clear/people/{lee}") == ["GetItem", "PutItem"]


def units_of(api: PeopleApi, path: str, **query: str) -> tuple[list[str], float, Answered]:
    """The calls of a read, what its queries consume, and its answer."""
    client, units = api.table.client, []

    def query_(**asked: Any) -> Any:
        answer = type(client).__getattr__(client, "query")(**asked, ReturnConsumedCapacity="TOTAL")
        units.append(answer["ConsumedCapacity"]["CapacityUnits"])
        return answer

    with pytest.MonkeyPatch.context() as patch, CallCounter().listening(client) as calls:
        patch.setattr(client, "query", query_, raising=False)
        answered = api.get(path, limit=5, **query)
    return list(calls.operations), sum(units), answered


def test_a_page_of_a_long_timeline_costs_what_a_page_of_a_short_one_costs(
    api: PeopleApi, world: World
) -> None:
    lee, path = person_of(world.followers), "/api/people/{}/timeline"
    costs = []
    for first, last in ((0, 10), (10, 3_000)):
        api.table.put_all(event_of(lee, number) for number in range(first, last))
        calls, units, answered = units_of(api, path.format(lee))
        assert len(answered.body["events"]) == 5
        costs.append((calls, units))
        calls, units, _ = units_of(api, path.format(lee), cursor=answered.body["next"])
        costs.append((calls, units))
    assert {tuple(calls) for calls, _ in costs} == {("GetItem", "PutItem", "Query")}
    assert len({units for _, units in costs}) == 1


def event_of(person_id: str, number: int) -> dict[str, Any]:
    """A row of the timeline."""
    at = NOON + timedelta(minutes=10, seconds=number)
    event = own_event(OrderPaid(100, f"order-{number:06}"), str(number), SUBJECT, at)
    key = event_key(partition(person_id), event)
    return {**key, "at": at, "event": event.to_dict()}
