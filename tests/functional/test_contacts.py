"""A person with several contacts: what belongs to which, and what stays when one of them leaves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, cast

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, event
from tests.support.one_person import LEE, MINI, PAY, SHOP, UNION, Happening, People, identified
from tests.support.rows import text_of
from tests.support.servers.dynamodb import TableStream
from wejourney.adapters.aws.table_stream import change_of
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import columns_of, partition
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.matching import EventPattern
from wejourney.journeys.answers import Question
from wejourney.journeys.chance import is_held_out
from wejourney.journeys.counting import Change
from wejourney.journeys.definition import Again, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import OpenWait, UntilWait
from wejourney.people.followers import lots_of
from wejourney.people.identities import Identity, IdentityKind
from wejourney.plain_data import changed
from wejourney.reasons import (
    DoneElsewhere,
    HeldOut,
    NoContactIn,
    NotReachableIn,
    NotStarted,
    TakenOnce,
    reason_from,
)

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


def test_three_follows_give_one_coupon(followers: FollowerStore, ledger: BooksStore) -> None:
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
    followers: FollowerStore, ledger: BooksStore
) -> None:
    people = People(followers, ledger, entries=(ONCE,))
    takes(people, follow(0))
    takes(people, unfollow(5))
    (row,) = (columns_of(item) for item in _all(followers) if item["sk"]["S"] == "IDENTITY")
    assert row["expires_at"] == int((NOON + timedelta(minutes=5, days=400)).timestamp())
    assert set(row) == {"pk", "sk", "remembered", "erased_at", "expires_at"}
    assert OPENID not in str(row)


@pytest.mark.parametrize("openid", [f"oOne{number}" for number in range(6)])
def test_who_is_held_out_is_held_out_again_after_they_have_come_back(
    followers: FollowerStore, ledger: BooksStore, openid: str
) -> None:
    entry = replace(ONCE, again=Again(), holdout=50)
    people = People(followers, ledger, entries=(entry,))
    for life in range(3):
        takes(people, follow(10 * life, openid))
        takes(people, unfollow(10 * life + 5, openid))
    held_out = is_held_out(lots_of(Subject(APP_ID, openid)), "coupon", 50)
    assert len(people.runs.started) == (0 if held_out else 3)
    assert HeldOut.kind


def one_person(followers: FollowerStore, ledger: BooksStore) -> People:
    """Lee follows the account and has paid in another app; WeChat has told that both are one."""
    people = People(followers, ledger, entries=(PAID,))
    takes(people, follow(0, LEE[0].openid))
    people.number = 1
    people.happens(identified(LEE[0], UNION[LEE[0]]))
    people.happens(identified(LEE[2], UNION[LEE[2]]))
    return people


def test_a_payment_in_another_app_starts_a_journey_that_speaks_where_the_person_follows(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    people = one_person(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    (start,) = people.runs.started.values()
    assert start.run.follower.subject == LEE[0]
    assert start.live.contact_id == start.run.follower.contact_id != ""


def test_who_pays_and_follows_nothing_is_known_and_reached_by_nobody(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    people = People(followers, ledger, entries=(PAID,))
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    person = people.of(LEE[2])
    assert person is not None
    assert not person.following
    (start,) = people.runs.started.values()
    assert start.run.follower.subject == LEE[2]


def test_the_person_stays_with_the_contact_that_is_left_and_nothing_of_the_other_does(
    followers: FollowerStore, ledger: BooksStore
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
    assert LEE[0].openid not in text_of(_all(followers))
    takes(people, follow(60, LEE[0].openid))
    people.number = 61
    people.happens(identified(LEE[0], UNION[LEE[0]]))
    again = people.of(LEE[0])
    assert again is not None
    assert again.person_id == left.person_id, "they come back to themselves"


def test_the_last_contact_takes_the_person_along(followers: FollowerStore, ledger: BooksStore) -> None:
    people = one_person(followers, ledger)
    takes(people, unfollow(50, LEE[0].openid))
    takes(people, replace(unfollow(60, LEE[2].openid), subject=LEE[2]))
    assert people.of(LEE[2]) is None
    text = text_of(_all(followers))
    assert "PERSON#" not in text
    assert not any(name in text for name in (LEE[0].openid, LEE[2].openid, "u-lee"))


def test_events_of_another_contact_tell_nothing_of_a_run_whose_contact_has_left(
    followers: FollowerStore, ledger: BooksStore, stream: TableStream
) -> None:
    """A payment starts a run, ends its wait for an event, and another event moves its wait for a time."""
    people = one_person(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    (start,) = people.runs.started.values()
    run = changed(start.run, answers={"style": "a private answer"}).to_wait()
    person = people.of(LEE[0])
    assert person is not None
    paid = EventPattern("payment")
    followers.open_wait(person, OpenWait(start.run.id, "2", NOON, "token", run, pattern=paid))
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    assert "token" in people.runs.woken
    person = people.of(LEE[0])
    assert person is not None
    until = UntilWait(9 * 60, None, NOON)
    followers.open_wait(person, OpenWait(start.run.id, "3", NOON, "token 2", run, until=until))
    people.happens(Happening(LEE[2], "profile", {"changes": {"time_zone": "Europe/Paris"}}))
    assert "token 2" in people.runs.woken
    told = text_of(_all(followers))
    private = (LEE[0].openid, start.live.contact_id, "a private answer")
    assert all(word in told for word in private)
    assert [one for one in _changes(stream) if one.counts]

    takes(people, unfollow(50, LEE[0].openid))

    assert not [word for word in private if word in text_of(_of_people(followers))]
    counted = [what for change in _changes(stream) for counts in change.counts.values() for what in counts]
    assert {what[0] for what in counted} == {"ended"}, "the run has ended, and what was counted stays counted"
    people.number = 60
    for number in (4, 5):
        again = Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}).event(number)
        takes(people, again, NOON + timedelta(minutes=61))
    assert len(people.runs.started) == 1, "a repetition completes nothing of it"


def test_who_leaves_while_they_are_merged_leaves_no_row_of_an_order(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    """The merge comes between the mark of the erasure and what it deletes."""
    people = People(followers, ledger)
    for subject in LEE[:2]:
        people.happens(Happening(subject, "mini_program", {"name": "view"}))
    orders = OrderStore(followers.table)
    people.number = 10
    paid = Happening(LEE[1], "payment", {"total": 100, "order": "A-1", "merchant": "1900000109"})
    replace(people.inbox(), orders=orders)(paid.event(3))

    class MergesMeanwhile:
        def __getattr__(self, name: str) -> Any:
            return getattr(orders, name)

        def forget(self, person_ids: Iterable[str], payer: Subject) -> bool:
            for number, subject in enumerate(LEE[:2], 4):
                people.inbox()(identified(subject, UNION[subject]).event(number))
            return orders.forget(person_ids, payer)

    people.number = 20
    left = replace(unfollow(15), subject=LEE[1])
    with pytest.raises(StaleFollowerError):
        replace(people.inbox(), orders=cast("Any", MergesMeanwhile()))(left)
    replace(people.inbox(), orders=orders)(left)

    assert people.of(LEE[0]) is not None
    assert people.of(LEE[1]) is None
    assert LEE[1].openid not in text_of(_all(followers))


@pytest.mark.parametrize("number", [1, 25, 26, 120])
def test_a_person_with_any_number_of_identities_is_merged_and_erased(
    followers: FollowerStore, ledger: BooksStore, number: int
) -> None:
    people = People(followers, ledger)
    names = [Identity(IdentityKind.MEMBER, f"member-{n}") for n in range(number)]
    people.happens(Happening(LEE[0], "mini_program", {"name": "view"}))
    for name in names:
        people.happens(identified(LEE[1], name))
    people.happens(identified(LEE[0], names[-1]))
    person = people.check(LEE[:2])
    assert person.identities == set(names)
    assert set(followers.owners(names).values()) == {person.person_id}

    for minutes, subject in enumerate(LEE[:2], people.number + 1):
        takes(people, replace(unfollow(minutes), subject=subject))

    assert _of_people(followers) == []


def test_a_person_who_was_known_as_very_many_is_erased(followers: FollowerStore, ledger: BooksStore) -> None:
    people = People(followers, ledger)
    people.happens(Happening(LEE[0], "mini_program", {"name": "view"}))
    person = people.of(LEE[0])
    assert person is not None
    ids = [f"merged-{n}" for n in range(120)]
    for person_id in ids:
        leads_on = {"pk": partition(person_id), "sk": "FOLLOWER", "merged_into": person.person_id}
        followers.table.put(leads_on)
    followers.save(person, person.changed(merged=frozenset(ids)))
    takes(people, replace(unfollow(9), subject=LEE[0]))
    assert _of_people(followers) == []


@pytest.mark.parametrize("number", [0, 2])
def test_an_answer_in_one_chat_does_not_answer_a_question_in_another(
    followers: FollowerStore, ledger: BooksStore, number: int
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


# --- a journey that names its account -----------------------------------------------------------------

CLUB = JourneyEntry("club-thanks", "v1", Trigger("payment"), speaks_to="club")
SAID = JourneyEntry("club-help", "v1", Trigger("text", keywords=("help",)), speaks_to="club")


def two_accounts(followers: FollowerStore, ledger: BooksStore, *, follows_club: bool = True) -> People:
    """Lee follows the shop, and has acted in the club and paid in a third app: it is one person."""
    people = People(followers, ledger, entries=(CLUB, SAID))
    takes(people, replace(follow(0), subject=LEE[1]))
    takes(people, follow(1, LEE[0].openid))
    people.number = 2
    for subject in LEE:
        people.happens(identified(subject, UNION[subject]))
    if not follows_club:
        person = people.of(LEE[1])
        assert person is not None
        followers.save(person, person.changed(following=False, windows=()))
    takes(people, replace(event("image", NOON + timedelta(minutes=20)), subject=LEE[0]))
    people.number = 30
    return people


def refused(followers: FollowerStore, person_id: str, journey: str) -> NotStarted | None:
    """Why the last event that could have started the journey did not."""
    rows = (row.get("refused") or {} for row in _rows(followers, person_id))
    found = [reasons[journey] for reasons in rows if journey in reasons]
    reason: NotStarted | None = reason_from(found[-1]) if found else None
    return reason


def test_a_journey_speaks_in_the_account_that_it_names_wherever_an_allowance_is_open(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    people = two_accounts(followers, ledger)
    for where in (LEE[2], LEE[0]):
        people.happens(Happening(where, "payment", {"total": 100, "order": "A-1"}))
        (start,) = people.runs.started.values()
        assert start.run.follower.subject == LEE[1]
        assert start.live.contact_id == start.run.follower.contact_id
    person = people.of(LEE[0])
    assert person is not None
    assert person.windows, "the shop could be spoken with"


@pytest.mark.parametrize("in_club", [True, False])
def test_a_journey_does_not_start_where_the_account_that_it_names_cannot_be_spoken_with(
    followers: FollowerStore, ledger: BooksStore, *, in_club: bool
) -> None:
    if in_club:
        people = two_accounts(followers, ledger, follows_club=False)
    else:
        people = one_person(followers, ledger)
        people.entries = (CLUB,)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    person = people.of(LEE[2])
    assert person is not None
    assert CLUB.name not in {start.run.journey for start in people.runs.started.values()}
    expected = NotReachableIn("club") if in_club else NoContactIn("club")
    assert refused(followers, person.person_id, CLUB.name) == expected


@pytest.mark.parametrize(("said_in", "starts"), [(LEE[0], False), (LEE[1], True)])
def test_what_somebody_says_is_answered_in_the_chat_in_which_they_said_it(
    followers: FollowerStore, ledger: BooksStore, said_in: Subject, *, starts: bool
) -> None:
    people = two_accounts(followers, ledger)
    said = event("text", NOON + timedelta(minutes=40), Content="help")
    takes(people, replace(said, subject=said_in))
    person = people.of(said_in)
    assert person is not None
    assert [start.run.follower.subject for start in people.runs.started.values()] == [LEE[1]][: int(starts)]
    reason = refused(followers, person.person_id, SAID.name)
    assert reason == (None if starts else DoneElsewhere("club"))


@pytest.mark.parametrize(
    ("kind", "where", "wakes"),
    [("text", SHOP, False), ("text", MINI, True), ("payment", SHOP, True), ("payment", PAY, True)],
)
def test_a_run_hears_acts_of_the_account_that_it_names_and_all_that_is_no_act(
    followers: FollowerStore, ledger: BooksStore, kind: str, where: str, *, wakes: bool
) -> None:
    people = two_accounts(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    (start,) = people.runs.started.values()
    person = people.of(LEE[1])
    assert person is not None
    pattern = EventPattern(kind, keywords=("hi",) if kind == "text" else ())
    run = replace(start.run, last_position=event("subscribe", NOON + timedelta(minutes=35)).position)
    followers.open_wait(person, OpenWait(run.id, "2", NOON, "token", run.to_wait(), pattern=pattern))
    (subject,) = (one for one in LEE if one.app_id == where)
    said = event("text", NOON + timedelta(minutes=40), Content="hi")
    if kind == "text":
        takes(people, replace(said, subject=subject))
    else:
        people.number = 40
        people.happens(Happening(subject, "payment", {"total": 5, "order": "A-2"}))
    assert ("token" in people.runs.woken) is wakes


def test_who_leaves_the_account_that_a_run_speaks_to_ends_the_run_and_stays_a_person(
    followers: FollowerStore, ledger: BooksStore
) -> None:
    people = two_accounts(followers, ledger)
    people.happens(Happening(LEE[2], "payment", {"total": 100, "order": "A-1"}))
    (start,) = people.runs.started.values()
    takes(people, unfollow(50, LEE[0].openid))
    assert list(people.runs.stopped) == [], "it speaks in the club"
    takes(people, replace(unfollow(60), subject=LEE[1]))
    assert list(people.runs.stopped) == [start.run.id]
    assert people.of(LEE[2]) is not None
    assert LEE[1].openid not in str(_all(followers))


def _rows(followers: FollowerStore, person_id: str) -> list[dict[str, Any]]:
    return [columns_of(item) for item in followers.table.query(partition(person_id))]


def _all(followers: FollowerStore) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = followers.table.client.scan(TableName=followers.table.name)[
        "Items"
    ]
    return found


def _changes(stream: TableStream) -> list[Change]:
    return list(map(change_of, chain.from_iterable(stream.records().values())))


def _of_people(followers: FollowerStore) -> list[dict[str, dict[str, str]]]:
    """All but the marks of erasures, which expire."""
    return [item for item in _all(followers) if not item["pk"]["S"].startswith("ERASED#")]
