"""Segments in the table: written with the person, counted without a scan, listed by pages."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import APP_ID, NOON, SETTINGS, event
from tests.support.one_person import LEE, UNION, Happening, People, identified
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.items import shard_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.segment_store import SegmentStore
from wejourney.errors import AlreadyDoneError, StaleFollowerError
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import (
    MenuClicked,
    MiniProgramEvent,
    ProfileChanged,
    ScheduleCame,
    SegmentEntered,
    TextReceived,
)
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.receiving import receive
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.people.counters import CountedEvents, CounterTest, DailyAmounts, day_of
from wejourney.people.erasure import Erasure
from wejourney.people.followers import Follower, StepChange
from wejourney.people.identities import IdentityKind
from wejourney.people.lifecycle import Cause, Stage
from wejourney.people.profile_model import ProfileModel

RULES = PeopleRules(
    ProfileModel(counters={"messages": (CountedEvents(EventPattern("text")),)}),
    {"talks": Condition(counters=(CounterTest("messages", 30, 1),)), "vip": Condition(tags=("vip",))},
)
SUBJECT = Subject(APP_ID, "o0")
NOBODY = Follower(APP_ID, SUBJECT.openid, "p0")


def person(number: int, **known: object) -> Follower:
    return replace(NOBODY, openid=f"o{number}", person_id=f"p{number}", **known)  # type: ignore[arg-type]


def hears(store: FollowerStore, event: InboundEvent, stranger: Follower = NOBODY) -> Follower:
    """One event, as the inbox applies it."""
    state = store.read(event.subject.app_id, event.subject.openid)
    received = receive(
        event, state, (), SETTINGS, stranger=stranger, now=NOON + timedelta(days=1), people_rules=RULES
    )
    store.record(received)
    assert received.follower is not None
    return received.follower


def said(number: int = 0, cause: str = "1") -> InboundEvent:
    return own_event(TextReceived("x"), cause, Subject(APP_ID, person(number).openid), NOON)


def test_an_event_moves_a_person_in_and_a_later_one_out(followers: FollowerStore) -> None:
    lists = SegmentStore(followers.table)
    known = hears(followers, said())
    assert known.segments == {"talks"}
    assert lists.counts() == {"talks": 1}
    assert lists.members("talks", 10).person_ids == ("p0",)

    tagged = replace(known, tags=frozenset({"vip"}), counts={}, rev=known.rev + 1)
    followers.save(known, tagged)
    hears(followers, own_event(ProfileChanged({"city": "Lyon"}), "2", SUBJECT, NOON))
    assert lists.counts() == {"talks": 0, "vip": 1}
    assert lists.members("talks", 10).person_ids == ()


NEWS = JourneyEntry("news", "v1", Trigger("schedule", time=600, when=Condition(segments=("talks",))))


@pytest.mark.capability(row="29")
@pytest.mark.parametrize("members", [0, 1, 7])
def test_a_schedule_for_a_segment_starts_for_as_many_people_as_the_segment_says(
    followers: FollowerStore, members: int
) -> None:
    """Everybody follows; what each message needs besides, such as an allowance, is of the message."""
    for number in range(9):
        body = TextReceived("x") if number < members else MenuClicked("CARE")
        hears(followers, own_event(body, "1", person(number).subject, NOON), person(number))
    shown = SegmentStore(followers.table).counts().get("talks", 0)

    starts = []
    for number in range(9):
        ten = own_event(ScheduleCame(), "ten", person(number).subject, NOON + timedelta(hours=22))
        state = followers.read(APP_ID, person(number).openid)
        came = receive(ten, state, (NEWS,), SETTINGS, stranger=NOBODY, now=ten.at, people_rules=RULES)
        starts += [came.follower.person_id] if came.start is not None and came.follower is not None else []

    assert starts == [f"p{number}" for number in range(members)]
    assert len(starts) == shown


def test_a_repetition_counts_nobody_twice(followers: FollowerStore) -> None:
    hears(followers, said())
    with pytest.raises((AlreadyDoneError, StaleFollowerError)):
        hears(followers, said())
    effects = followers.effects(said(), followers.read(APP_ID, SUBJECT.openid).follower)
    assert effects is not None
    assert effects.found == (SegmentEntered("talks", said().id),)
    assert SegmentStore(followers.table).counts() == {"talks": 1}


def test_a_segment_is_listed_by_pages_each_person_once(followers: FollowerStore) -> None:
    everyone = {f"p{number}" for number in range(60)}
    for number in range(60):
        hears(followers, said(number), person(number))
    lists, found, after = SegmentStore(followers.table), list[str](), None
    while True:
        page = lists.members("talks", 7, after)
        assert len(page.person_ids) <= 7
        found += page.person_ids
        after = page.after
        if after is None:
            break
    assert len(found) == 60
    assert set(found) == everyone
    assert lists.counts() == {"talks": 60}
    for nowhere in ("x", "99:p1", ":"):
        with pytest.raises(ValueError, match="no place"):
            lists.members("talks", 7, nowhere)


def test_an_erased_person_is_in_no_segment(followers: FollowerStore) -> None:
    hears(followers, said())
    hears(followers, said(1), person(1))
    for _ in range(2):
        assert followers.erase(SUBJECT, Erasure(NOON, person_ids=("p0",)))
    lists = SegmentStore(followers.table)
    assert lists.counts() == {"talks": 1}
    assert lists.members("talks", 10).person_ids == ("p1",)


def test_what_was_found_out_of_a_person_is_read_as_it_was_written(followers: FollowerStore) -> None:
    known = person(
        0,
        counts={"orders": DailyAmounts({day_of(NOON): 2, day_of(NOON) - 364: -1})},
        stage=Stage.CUSTOMER,
        stage_signs={Stage.CUSTOMER: Cause(NOON, "e1")},
        told_at={"city": NOON, "date.birthday": NOON + timedelta(microseconds=1), "#vip": NOON},
    )
    followers.save(None, known)
    assert followers.read(APP_ID, "o0").follower == known


def test_a_step_that_knows_part_of_a_person_leaves_the_rest_as_it_is(followers: FollowerStore) -> None:
    known = person(
        0, counts={"orders": DailyAmounts({day_of(NOON): 2})}, stage=Stage.CUSTOMER, told_at={"city": NOON}
    )
    followers.save(None, known)
    travelled = Follower(APP_ID, "o0", "p0", rev=known.rev)
    change = StepChange("1", NOON, added=frozenset({"vip"}))
    followers.change(travelled, travelled.after(change), "run", change)

    found = followers.read(APP_ID, "o0").follower
    assert found is not None
    assert (found.counts, found.stage, found.tags) == (known.counts, known.stage, frozenset({"vip"}))
    assert found.told_at == {"city": NOON, "#vip": NOON}


def test_events_that_no_counter_means_write_what_they_did_before(followers: FollowerStore) -> None:
    known = hears(followers, said())
    quiet = own_event(MiniProgramEvent("other"), "9", SUBJECT, NOON)
    received = receive(
        quiet,
        followers.read(APP_ID, "o0"),
        (),
        SETTINGS,
        stranger=NOBODY,
        now=NOON,
        people_rules=RULES,
    )
    assert received.is_quiet
    assert received.follower is not None
    assert received.follower.segments == known.segments


MANY = (0, 20, 21, 40, 41, 130)
"""Segments that other systems have put a person into: a transaction takes 20, as many as can be declared."""


def put_into_segments(world: People, subject: Subject, names: Iterable[str]) -> None:
    for name in names:
        world.happens(Happening(subject, "segment", {"segment": name}))


@pytest.mark.parametrize("many", MANY)
def test_a_person_in_any_number_of_segments_is_erased(
    followers: FollowerStore, ledger: BooksStore, many: int
) -> None:
    world = People(followers, ledger)
    world.happens(Happening(LEE[0], "mini_program", {"name": "view"}))
    put_into_segments(world, LEE[0], (f"s{number}" for number in range(many)))
    leaves = replace(event("unsubscribe", NOON + timedelta(minutes=world.number)), subject=LEE[0])
    world.inbox()(leaves)

    assert world.of(LEE[0]) is None
    lists = SegmentStore(followers.table)
    assert set(lists.counts().values()) <= {0}
    assert [lists.members(f"s{number}", 10).person_ids for number in range(many)] == [()] * many


@pytest.mark.parametrize("many", MANY)
def test_people_in_any_number_of_segments_are_merged(
    followers: FollowerStore, ledger: BooksStore, many: int
) -> None:
    world = People(followers, ledger)
    for number, subject in enumerate(LEE[:2]):
        world.happens(Happening(subject, "mini_program", {"name": "view"}))
        # Half of them are those of both.
        put_into_segments(world, subject, (f"s{one + number * many // 2}" for one in range(many)))
    for subject in LEE[:2]:
        world.happens(identified(subject, UNION[subject]))

    person = world.check(LEE[:2])
    names = {f"s{number}" for number in range(many + many // 2)} if many else set()
    assert person.segments == names
    lists = SegmentStore(followers.table)
    assert {name for name, people in lists.counts().items() if people} == names
    assert all(lists.members(name, 10).person_ids == (person.person_id,) for name in names)


@pytest.mark.parametrize("shards", [(0, 0), (0, 1)], ids=["one shard", "two shards"])
def test_people_of_one_shard_are_merged_as_those_of_two(
    followers: FollowerStore, shards: tuple[int, int]
) -> None:
    """A transaction writes a row once: both of them are counted in one."""
    ids = [
        next(f"p{number}" for number in range(place, 99, 2) if shard_of(f"p{number}") == shard)
        for place, shard in enumerate(shards)
    ]
    older, younger = (
        Follower(
            f"wx{number}",
            "o",
            one,
            known_since=NOON + timedelta(days=number),
            segments=frozenset({"both", f"of {number}"}),
        )
        for number, one in enumerate(ids)
    )
    for one in (older, younger):
        followers.save(None, one)
    followers.merge(younger, older, IdentityKind.UNION_ID, NOON)

    lists = SegmentStore(followers.table)
    assert lists.counts() == {"both": 1, "of 0": 1, "of 1": 1}
    assert {lists.members(name, 10).person_ids for name in lists.counts()} == {(older.person_id,)}
