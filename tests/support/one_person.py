"""People with several contacts: what happens to them, in any order, on any records of followers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.support.builders import ACCOUNT, APP_ID, NOON, give_points
from tests.support.builders import event as push_of
from tests.support.events import body
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.kms import FakeKms, personal_data
from wejourney.accounts import Account
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.matching import EventPattern
from wejourney.events.pending import told_id
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import PeopleRules
from wejourney.people.counters import CountedEvents, Counts, counted
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind, union_identity
from wejourney.people.profile_fields import is_sealed
from wejourney.people.profile_model import ProfileModel
from wejourney.services.ports.followers import FollowerInbox
from wejourney.services.process_event import ProcessEvent

SHOP, MINI, PAY = APP_ID, "wxminiprogram", "wxpayments"

LEE = (Subject(SHOP, "oLee"), Subject(MINI, "mLee"), Subject(PAY, "pLee"))
MEI = (Subject(SHOP, "oMei"), Subject(MINI, "mMei"))
"""Two people, and their contacts."""

UNION = {
    subject: union_identity("main", name)
    for name, them in (("u-lee", LEE), ("u-mei", MEI))
    for subject in them
}
PHONE = Identity(IdentityKind.PHONE, "0123456789abcdef")
"""A phone that both have told: it does not say that they are one."""


NAMES = {SHOP: "shop", MINI: "club"}
"""What journeys call the accounts; the app in which people pay has no name."""


class AllAccounts:
    """Every app is an account of the deployment."""

    def get(self, app_id: str) -> Account:
        settings = replace(ACCOUNT.settings, app_id=app_id, name=NAMES.get(app_id, ""))
        return replace(ACCOUNT, settings=settings)


@dataclass(frozen=True)
class Happening:
    """Something about a contact: an event, or (`points`) a posting to whoever it is by then.

    `told_as`: another system tells it under this name, also of other contacts.
    """

    subject: Subject
    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    points: int = 0
    told_as: str = ""

    def event(self, number: int) -> InboundEvent:
        if self.told_as:
            at = NOON - timedelta(days=len(self.told_as))
            return InboundEvent(told_id(self.told_as), self.subject, at, body(self.kind, **self.fields))
        at = NOON + timedelta(minutes=number)
        return own_event(body(self.kind, **self.fields), f"{self.kind} {number}", self.subject, at)


def identified(subject: Subject, identity: Identity) -> Happening:
    fields = {"identity_kind": identity.kind.value, "identity": identity.value}
    return Happening(subject, "identified", fields)


COUNTERS = {
    "views": (CountedEvents(EventPattern("mini_program", name="view")),),
    "orders": (CountedEvents(EventPattern("order.paid")),),
    "spend": (
        CountedEvents(EventPattern("order.paid"), amount=True),
        CountedEvents(EventPattern("order.returned"), amount=True),
    ),
}
RULES = PeopleRules(ProfileModel(private_purpose="membership", counters=COUNTERS))


def private_values_of(subject: Subject) -> tuple[Happening, ...]:
    """They agree to it, and tell an address."""
    return (
        Happening(subject, "consent_given", {"purpose": "membership"}),
        Happening(subject, "profile", {"changes": {"address": f"of {subject.openid}"}}),
    )


def told_of(subjects: Iterable[Subject]) -> Iterator[Happening]:
    """An order and its return, which another system tells of each of these contacts as if it were theirs."""
    for subject in subjects:
        yield Happening(subject, "order.paid", {"total": 700}, told_as="order")
        yield Happening(subject, "order.returned", {"total": 200}, told_as="return")


HAPPENINGS = (
    *told_of((*LEE, MEI[0])),
    *(identified(subject, identity) for subject, identity in UNION.items()),
    *(identified(subject, PHONE) for subject in (LEE[1], MEI[1])),
    *(told for subject in (LEE[0], LEE[1], MEI[0]) for told in private_values_of(subject)),
    *(Happening(subject, "mini_program", {"name": "view"}) for subject in (*LEE, *MEI)),
    *(Happening(subject, "tag", {"tag": f"of {subject.openid}"}) for subject in (*LEE, *MEI)),
    *(Happening(subject, "points", points=10**number) for number, subject in enumerate((*LEE, *MEI))),
)


@dataclass
class People:
    """The records, and all that was done: `known` are the happenings that were about somebody.

    `events` are their events.
    """

    followers: Any
    ledger: Any
    entries: tuple[JourneyEntry, ...] = ()
    runs: FakeRuns = field(default_factory=FakeRuns)
    meter: FakeMeter = field(default_factory=FakeMeter)
    known: list[Happening] = field(default_factory=list)
    events: list[InboundEvent] = field(default_factory=list)
    bindings: Any = None
    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    number: int = 0
    kms: FakeKms = field(default_factory=FakeKms)

    def inbox(self, runs: Any = None) -> ProcessEvent:
        records: FollowerInbox = self.followers
        clock = FakeClock()
        clock.at = NOON + timedelta(minutes=self.number)
        return ProcessEvent(
            AllAccounts(),
            records,
            FakeOrders(),
            runs or self.runs,
            self.wechat,
            clock,
            self.meter,
            self.entries,
            bindings=self.bindings,
            people_rules=RULES,
            personal_data=personal_data(self.kms),
        )

    def happens(self, happening: Happening) -> None:
        self.number += 1
        if not happening.points:
            event = happening.event(self.number)
            if self.inbox()(event).person_id is not None:
                self.known.append(happening)
                self.events.append(event)
            return
        person = self.of(happening.subject)
        if person is not None:
            key = f"{happening.subject.openid} {self.number}"
            give_points(self.ledger, key, person.person_id, happening.points)
            self.known.append(happening)

    def all_happen(self, happenings: Iterable[Happening]) -> None:
        for happening in happenings:
            self.happens(happening)

    def of(self, subject: Subject) -> Follower | None:
        found: Follower | None = self.followers.read(subject.app_id, subject.openid).follower
        return found

    def check(self, them: tuple[Subject, ...]) -> Follower:
        """They are one person: with all their contacts, tags and points, and nothing else."""
        people = [person for subject in them if (person := self.of(subject)) is not None]
        assert len(people) == len(them), "nobody is lost"
        assert len({person.person_id for person in people}) == 1, "nobody is doubled"
        person = people[0]
        assert {contact.subject for contact in person.contacts} == set(them)
        theirs = [happening for happening in self.known if happening.subject in them]
        assert person.tags == {happening.fields["tag"] for happening in theirs if happening.kind == "tag"}
        points = sum(happening.points for happening in theirs)
        assert self.ledger.books(person.person_id).available == points
        self.check_private_values(person)
        self.check_counts(person)
        return person

    def check_counts(self, person: Follower) -> None:
        """They are those of the set of events that are known of any of their contacts."""
        theirs = {contact.subject for contact in person.contacts}
        counts: Counts = {}
        for event in {event.id: event for event in self.events if event.subject in theirs}.values():
            counts = counted(counts, event, COUNTERS)
        assert person.counts == counts

    def check_private_values(self, person: Follower) -> None:
        """Whatever is sealed in their profile can be opened, and is what one of their contacts has told."""
        opens = personal_data(self.kms)
        for value in filter(is_sealed, person.attributes.values()):
            openid = opens.open(person, value).removeprefix("of ")
            assert openid in {contact.openid for contact in person.contacts}


A_FAMILY = ((Subject(SHOP, "oAn"), Subject(MINI, "mAn")), (Subject(SHOP, "oBo"), Subject(PAY, "pBo")))
"""Two who share a phone, and follow the same account."""


def families_part(world: People) -> None:
    """They were flagged, then the second leaves the account that told them apart, and shops again."""
    for number, them in enumerate(A_FAMILY):
        for subject in them:
            world.happens(identified(subject, Identity(IdentityKind.MEMBER, f"M-{number}")))
        world.happens(identified(them[0], PHONE))
    world.number += 1
    left = push_of("unsubscribe", NOON + timedelta(minutes=world.number))
    world.inbox()(replace(left, subject=A_FAMILY[1][0]))
    world.happens(identified(A_FAMILY[1][1], PHONE))
