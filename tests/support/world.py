"""A follower on a real table, and the task of their journey."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tests.support.builders import APP_ID, NOON, OPENID, SUBJECT, WELCOME, event
from tests.support.events import body
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.ports import action_ports
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.kms import FakeKms, personal_data
from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.dynamo.code_store import CodeStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.payments.order_store import OrderStore
from wejourney.adapters.dynamo.tills.visit_store import VisitStore
from wejourney.events.event import InboundEvent, own_event
from wejourney.journeys.action_types import Action, AskAction, SendAction
from wejourney.journeys.answers import Question
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Run
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from wejourney.people.identities import openid_identity
from wejourney.reasons import NotSent, reason_from
from wejourney.services.media.ports import MediaQueue
from wejourney.services.perform_actions import PerformActions, Task
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.process_event import Applied, Consequence, Earn, ProcessEvent, Referrals, Uploads
from wejourney.services.recognize_code import RecognizeCode
from wejourney.services.till.recognize_visit import RecognizeVisit
from workbench.operations.timeline import timeline_of


def text(words: str) -> Text:
    return Text(text={"any": words})


def send(step: str = "1", *, must: bool = False, resend: bool = False) -> SendAction:
    return SendAction(
        step, text(f"message {step}"), raise_if_not_sent=must, if_unsure="resend" if resend else "drop"
    )


STYLE = Question(choices={"bridal": ("1",), "gifts": ("2",)})
QUESTION = AskAction("5", "style", text("1 or 2?"), STYLE)
LISTEN = AskAction("6", "style", None, STYLE)


def person_of(followers: FollowerStore) -> str:
    """Our own id of the follower."""
    person_id = followers.person_id_of(openid_identity(APP_ID, OPENID))
    assert person_id is not None
    return person_id


@dataclass
class World:
    """A follower, and what is said and done about them."""

    followers: FollowerStore
    ledger: BooksStore
    clock: FakeClock = field(default_factory=FakeClock)
    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    runs: FakeRuns = field(default_factory=FakeRuns)
    meter: FakeMeter = field(default_factory=FakeMeter)
    announcements: FakeInbox = field(default_factory=FakeInbox)
    inbox: SqsInbox | None = None
    subscribed_kinds: frozenset[str] = frozenset()
    entries: tuple[JourneyEntry, ...] = (WELCOME,)
    people_rules: PeopleRules = NO_RULES
    kms: FakeKms = field(default_factory=FakeKms)
    media_queue: MediaQueue | None = None
    accounts: Accounts = field(default_factory=FakeAccounts)
    earn: Earn | None = None
    referrals: Referrals | None = None
    consequences: tuple[Consequence, ...] = ()
    uploads: Uploads | None = None

    def says(self, *, after_minutes: float = 0, **fields: str) -> None:
        self.hears("text", after_minutes=after_minutes, **fields)

    def hears(
        self, kind: str, *, after_minutes: float = 0, opened_journey: str | None = None, **fields: str
    ) -> None:
        self.takes(event(kind, NOON + timedelta(minutes=after_minutes), **fields), opened_journey)

    def takes(self, one: InboundEvent, opened_journey: str | None = None) -> Applied:
        """The inbox applies an event, which has happened by then."""
        self.clock.at = max(self.clock.at, one.at)
        process = ProcessEvent(
            self.accounts,
            self.followers,
            self.orders,
            self.runs,
            self.wechat,
            self.clock,
            self.meter,
            self.entries,
            people_rules=self.people_rules,
            personal_data=self.personal_data,
            media=self.media_queue,
            earn=self.earn,
            referrals=self.referrals,
            consequences=self.consequences,
            uploads=self.uploads,
        )
        inbox = self.inbox or self.announcements
        recognize = RecognizeCode(self.codes, inbox, process)
        visits = VisitStore(self.followers.table)
        return RecognizeVisit(visits, inbox, process, recognize)(one, opened_journey)

    def tells(self, kind: str, *, after_minutes: float = 0, **fields: Any) -> None:
        """An event of our own reaches the inbox."""
        at = NOON + timedelta(minutes=after_minutes)
        self.takes(own_event(body(kind, **fields), f"{kind} {after_minutes} {fields}", SUBJECT, at))

    def run(self) -> Run:
        """The run, as its first state sees it after the follower has said hello."""
        start = next(iter(self.runs.started.values()))
        return replace(start.run, follower=self.follower())

    def follower(self) -> Follower:
        follower = self.followers.read(APP_ID, OPENID).follower
        assert follower is not None
        return follower

    def perform(self, run: Run, *actions: Action, token: str | None = None) -> Run:
        perform = PerformActions(self.ports, self.subscribed_kinds, self.people_rules.profile)
        return perform(Task(run, actions, token))

    @property
    def codes(self) -> CodeStore:
        return CodeStore(self.followers.table)

    @property
    def orders(self) -> OrderStore:
        return OrderStore(self.followers.table)

    @property
    def personal_data(self) -> KmsPersonalData:
        """As a function has it that was started just now: with no key in its memory."""
        return personal_data(self.kms)

    @property
    def ports(self) -> ActionPorts:
        return action_ports(
            self.followers,
            self.ledger,
            self.wechat,
            self.runs,
            self.clock,
            meter=self.meter,
            announcements=self.announcements,
            private=self.personal_data,
        )

    def messages(self) -> list[tuple[str, str, NotSent | None]]:
        return [
            (entry["step"], entry["status"], reason_from(entry["reason"]) if entry.get("reason") else None)
            for entry in timeline_of(self.followers, APP_ID, OPENID)
            if entry["kind"] == "message" and entry["channel"] == "custom"
        ]


def new_world(followers: FollowerStore, ledger: BooksStore) -> World:
    """A follower who has written to us a minute after noon, and whose run has begun."""
    world = World(followers, ledger)
    world.hears("subscribe", opened_journey="welcome")
    world.says(after_minutes=1, Content="hello")
    world.clock.pass_(minutes=1)
    return world
