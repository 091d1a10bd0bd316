"""A person with several contacts: what belongs to which, and what stays when one of them leaves."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, event
from tests.support.one_person import LEE, PAY, UNION, Happening, People, identified
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.adapters.dynamo.ledger_store import LedgerStore
from wejourney.events.event import InboundEvent, Subject
from wejourney.journeys.answers import Question
from wejourney.journeys.chance import is_held_out
from wejourney.journeys.definition import Again, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import OpenWait
from wejourney.people.followers import lots_of
from wejourney.reasons import HeldOut, TakenOnce

ONCE = JourneyEntry("coupon", "v1", Trigger("follow"), again=Again("never"))
PAID = JourneyEntry("thanks", "v1", Trigger("payment"), again=Again("per", key="order"))


def follow(minutes: float, openid: str = OPENID) -> InboundEvent:
    return event("subscribe", NOON + timedelta(minutes=minutes), openid)


def unfollow(minutes: float, openid: str = OPENID) -> InboundEvent:
    return event("unsubscribe", NOON + timedelta(minutes=minutes), openid)


def takes(people: People, one: InboundEvent, now: datetime | None = None) -> None:
    inbox = people.inbox()
    inbox.clock.at = now or one.at  # type: ignore[attr-defined]
    inbox(one)


def test_three_follows_give_one_coupon(followers: FollowerStore, ledger: LedgerStore) -> None:
    people = People(followers, ledger, entries=(ONCE,))
    for life in range(3):
        takes(people, follow(10 * life))
        takes(people, unfollow(10 * life + 5))
    takes(people, follow(100))
    assert len(people.runs.started) == 1
    person = people.of(Subject(APP_ID, OPENID))
    assert person is not None
    (refused,) = (
        row["refused"] for row in _rows(followers, person.person_id) if row["sk"].startswith("EVENT#")
    )
    assert refused == {"coupon": {"kind": TakenOnce.kind, "started_at": NOON.isoformat()}}


def test_after_400_days_a_journey_that_was_taken_once_is_forgotten(
    followers: FollowerStore, ledger: LedgerStore
) -> None:
    people = People(followers, ledger, entries=(ONCE,))
    takes(people, follow(0))
    takes(people, unfollow(5))
    (row,) = (columns_of(item) for item in _all(followers) if item["sk"]["S"] == "IDENTITY")
    assert row["expires_at"] == int((NOON + timedelta(minutes=5, days=400)).timestamp())
    assert set(row) == {"pk", "sk", "remembered", "expires_at"}
    assert OPENID not in str(row)


@pytest.mark.parametrize("openid", [f"oOne{number}" for number in range(6)])
def test_who_is_held_out_is_held_out_again_after_they_have_come_back(
    followers: FollowerStore, ledger: LedgerStore, openid: str
) -> None:
    entry = replace(ONCE, again=Again(), holdout=50)
    people = People(followers, ledger, entries=(entry,))
    for life in range(3):
        takes(people, follow(10 * life, openid))
        takes(people, unfollow(10 * life + 5, openid))
    held_out = is_held_out(lots_of(Subject(APP_ID, openid)), "coupon", 50)
    assert len(people.runs.started) == (0 if held_out else 3)
    assert HeldOut.kind


def one_person(followers: FollowerStore, ledger: LedgerStore) -> People:
    """Lee follows the account and has paid in another app; WeChat has told that both are one."""
    people = People(followers, ledger, entries=(PAID,))
    takes(people, follow(0, LEE[0].openid))
    people.number = 1
    people.happens(identified(LEE[0], UNION[LEE[0]]))
    people.happens(identified(LEE[2], UNION[LEE[2]]))
    return people


def test_a_payment_in_another_app_starts_a_journey_that_speaks_where_the_person_follows(
    followers: FollowerStore, ledger: LedgerStore
) -> None:
    people = one_person(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    (start,) = people.runs.started.values()
    assert start.run.follower.subject == LEE[0]
    assert start.live.contact_id == start.run.follower.contact_id != ""


def test_who_pays_and_follows_nothing_is_known_and_reached_by_nobody(
    followers: FollowerStore, ledger: LedgerStore
) -> None:
    people = People(followers, ledger, entries=(PAID,))
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    person = people.of(LEE[2])
    assert person is not None
    assert not person.following
    (start,) = people.runs.started.values()
    assert start.run.follower.subject == LEE[2]


def test_the_person_stays_with_the_contact_that_is_left_and_nothing_of_the_other_does(
    followers: FollowerStore, ledger: LedgerStore
) -> None:
    people = one_person(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    people.happens(Happening(LEE[0], "tag", {"tag": "vip"}))
    (start,) = people.runs.started.values()
    takes(people, unfollow(50, LEE[0].openid))

    assert people.of(LEE[0]) is None
    left = people.of(LEE[2])
    assert left is not None
    assert [contact.subject for contact in left.contacts] == [LEE[2]]
    assert left.tags == {"vip"}, "what is known of the person is the person's"
    assert list(people.runs.stopped) == [start.run.id], "it spoke with the contact that left"
    assert followers.read(PAY, LEE[2].openid).live_runs == () or all(
        run.ended for run in followers.read(PAY, LEE[2].openid).live_runs
    )
    assert LEE[0].openid not in str(_all(followers))
    takes(people, follow(60, LEE[0].openid))
    people.number = 61
    people.happens(identified(LEE[0], UNION[LEE[0]]))
    again = people.of(LEE[0])
    assert again is not None
    assert again.person_id == left.person_id, "they come back to themselves"


def test_the_last_contact_takes_the_person_along(followers: FollowerStore, ledger: LedgerStore) -> None:
    people = one_person(followers, ledger)
    takes(people, unfollow(50, LEE[0].openid))
    takes(people, replace(unfollow(60, LEE[2].openid), subject=LEE[2]))
    assert people.of(LEE[2]) is None
    text = str(_all(followers))
    assert "PERSON#" not in text
    assert not any(name in text for name in (LEE[0].openid, LEE[2].openid, "u-lee"))


@pytest.mark.parametrize("number", [0, 2])
def test_an_answer_in_one_chat_does_not_answer_a_question_in_another(
    followers: FollowerStore, ledger: LedgerStore, number: int
) -> None:
    people = one_person(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    (start,) = people.runs.started.values()
    person = people.of(LEE[0])
    assert person is not None
    question = Question({"yes": ("yes",)})
    followers.open_wait(
        person, OpenWait(start.run.id, "2", NOON, "token", start.run.to_wait(), "sure", question)
    )
    said = event("text", NOON + timedelta(minutes=30), Content="yes")
    takes(people, replace(said, subject=LEE[number]))
    assert ("token" in people.runs.woken) is (number == 0)


def _rows(followers: FollowerStore, person_id: str) -> list[dict[str, Any]]:
    return [columns_of(item) for item in followers.table.query(partition(person_id))]


def _all(followers: FollowerStore) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = followers.table.client.scan(TableName=followers.table.name)[
        "Items"
    ]
    return found
