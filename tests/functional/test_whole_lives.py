"""Lives of two people with five contacts, in any order: lists are right, and who leaves leaves nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON
from tests.support.events import body
from tests.support.fakes.wechat import FakeWeChat
from tests.support.one_person import LEE, MEI, PHONE, SHOP, UNION, People
from tests.support.rows import text_of
from tests.support.servers.dynamodb import empty
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.adapters.dynamo.segment_store import SegmentStore
from wejourney.events.event import Subject, own_event
from wejourney.events.event_types import UNFOLLOW, EventBody, Followed, OtherEvent, TextReceived
from wejourney.events.matching import EventPattern
from wejourney.journeys.definition import Again, Condition, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import OpenWait
from wejourney.journeys.segments import PeopleRules
from wejourney.people.counters import CountedEvents, CounterTest
from wejourney.people.lifecycle import Stage, StageRule
from wejourney.people.profile_model import ProfileModel

TABLES = ("FollowersTable", "LedgerTable")
PAYMENT = EventPattern("payment")
RULES = PeopleRules(
    ProfileModel(
        counters={"orders": (CountedEvents(PAYMENT),), "spend": (CountedEvents(PAYMENT, amount=True),)},
        stages={Stage.CUSTOMER: StageRule((Stage.AWARE,), (PAYMENT,))},
    ),
    {
        "buyers": Condition(counters=(CounterTest("orders", 30, 1),)),
        "big": Condition(counters=(CounterTest("spend", 365, 250),)),
        "tagged": Condition(tags=("private tag",)),
        "by code": Condition(scene="private*"),
        "customers": Condition(stage=Stage.CUSTOMER),
    },
)
ENTRIES = (
    JourneyEntry(
        "hello", "v1", Trigger("follow"), again=Again("never"), goal=Condition(tags=("private tag",))
    ),
    JourneyEntry("thanks", "v1", Trigger("payment"), again=Again("per", key="order")),
    JourneyEntry("tour", "v1", Trigger("mini_program", name="view"), holdout=50),
    JourneyEntry("big", "v1", Trigger("segment", name="big"), subscribed_kinds=("segment",)),
)
CONTACTS = (*LEE, *MEI)
PRIVATE = ("oLee", "mLee", "pLee", "oMei", "mMei", "u-lee", "u-mei", PHONE.value, "private")
CODE = {"name": "private-code", "kind": "staff", "staff": "private-staff", "class": "social"}


def bodies(subject: Subject, number: int) -> dict[str, EventBody]:
    """What can happen with a contact, by name."""
    order = {"order": f"A-{number % 3}", "merchant": "1900000109", "total": 100}
    found = {
        "union id": body("identified", identity_kind="union_id", identity=UNION[subject].value),
        "phone": body("identified", identity_kind="phone", identity=PHONE.value),
        "member": body("identified", identity_kind="member", identity=f"private {UNION[subject].value}"),
        "view": body("mini_program", name="view", details={"page": "private"}),
        "consent": body("mini_program", name="consent.given", details={"purpose": "news"}),
        "withdrawal": body("consent_withdrawn", purpose="news"),
        "payment": body("payment", **order),
        "refund": body("refund", **order),
        "tag": body("tag", tag="private tag"),
        "profile": body("profile", changes={"city": "private", "date.birthday": "1990-02-28"}),
        "check in": body("check_in", name="gala"),
        "leaves": OtherEvent(UNFOLLOW),
    }
    if subject.app_id == SHOP:
        found |= {"follow": Followed("private-code", CODE), "text": TextReceived("a private word")}
    return found


class Deployment(People):
    def takes(self, subject: Subject, told: EventBody, minutes: int) -> None:
        """An event of this moment, applied until nobody has changed meanwhile."""
        self.number = max(self.number, minutes)
        event = own_event(told, f"{minutes}", subject, self.at(minutes))
        queue = [replace(event, arrival=str(minutes))]
        while queue:
            process = replace(
                self.inbox(),
                people_rules=RULES,
                orders=OrderStore(self.followers.table),
                wechat=FakeWeChat(),
            )
            queue += process(queue.pop(0)).told

    def at(self, minutes: int) -> datetime:
        return NOON + timedelta(minutes=minutes)

    def waits(self, subject: Subject, minutes: int) -> None:
        """Each run of a person waits for a payment."""
        state = self.followers.read(subject.app_id, subject.openid)
        for live in state.live_runs:
            person = self.of(subject)
            run = self.runs.started.get(live.run_id)
            if person is None or run is None or live.ended:
                continue
            data = {**run.run.to_wait(), "answers": {"style": "a private answer"}}
            wait = OpenWait(
                live.run_id, f"{minutes}", self.at(minutes), f"t-{minutes}", data, pattern=PAYMENT
            )
            self.followers.open_wait(person, wait)


BEGINNING = [
    (LEE[0], "follow"),
    *((subject, "union id") for subject in CONTACTS),
    *((LEE[2], "payment"), (LEE[0], "waits"), (LEE[1], "payment")),
]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(CONTACTS),
        st.sampled_from([*bodies(LEE[0], 0), "waits", "view", "payment", "union id", "follow"]),
    ),
    min_size=10,
    max_size=30,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, order=st.permutations(CONTACTS))
def test_lists_of_segments_are_right_and_of_two_lives_nothing_is_left(
    tables: str,
    followers: FollowerStore,
    ledger: BooksStore,
    acts: list[tuple[Subject, str]],
    order: list[Subject],
) -> None:
    empty(tables, *TABLES)
    life = Deployment(followers, ledger, entries=ENTRIES)
    acts = [*BEGINNING, *acts]
    for number, (subject, name) in enumerate(acts, 1):
        if name == "waits":
            life.waits(subject, number)
        elif (told := bodies(subject, number).get(name)) is not None:
            life.takes(subject, told, number)
    check_segments(life)
    for number, subject in enumerate(order, len(acts) + 1):
        life.takes(subject, OtherEvent(UNFOLLOW), number)
        check_segments(life)
        assert f'"{subject.openid}"' not in text_of(stored(followers))

    left = [item for item in stored(followers) if not item["pk"]["S"].startswith(("ERASED#", "ORDER#"))]
    words = text_of(left)
    assert not [word for word in PRIVATE if word in words]
    kinds = {item["pk"]["S"].partition("#")[0] for item in left}
    assert kinds <= {"IDENTITY", "FLAGS", "SEGMENTS"}
    kept = {"pk", "sk", "remembered", "erased_at", "expires_at"}
    assert all(set(item) == kept for item in left if _is(item, "IDENTITY"))
    assert set(life.runs.stopped) == set(life.runs.started), "nothing is finished here"


def check_segments(life: Deployment) -> None:
    """The lists and their counts say what the people say."""
    people = {
        person.person_id: person for subject in CONTACTS if (person := life.of(subject)) is not None
    }.values()
    lists = SegmentStore(life.followers.table)
    counts = {name: number for name, number in lists.counts().items() if number}
    assert counts == {
        name: number
        for name in sorted(RULES.segments)
        if (number := sum(name in person.segments for person in people))
    }
    for name in RULES.segments:
        theirs = sorted(person.person_id for person in people if name in person.segments)
        assert sorted(lists.members(name, 10).person_ids) == theirs


def stored(followers: FollowerStore) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = followers.table.client.scan(TableName=followers.table.name)["Items"]
    return found


def _is(item: dict[str, Any], kind: str) -> bool:
    return bool(item["pk"]["S"].startswith(kind))
