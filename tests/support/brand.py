"""A brand's deployment in memory: whatever its sources tell goes the way of the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.builders import APP_ID, NOON
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.codes import FakeCodes
from tests.support.fakes.followers import FakeFollowers
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.orders import FakeOrders
from tests.support.fakes.runs import FakeRuns
from tests.support.fakes.wechat import FakeWeChat
from tests.support.one_person import AllAccounts
from wejourney.events.event import InboundEvent, Subject
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.people.codes import Code, CodeKind, SourceClass
from wejourney.people.followers import Follower
from wejourney.services.process_event import ProcessEvent
from wejourney.services.recognize_code import RecognizeCode

ABROAD = "wxaccountabroad"
"""A second account of the brand."""


def code(name: str, kind: CodeKind, app_id: str = APP_ID, **facts: str) -> Code:
    """A code whose scene is its name; its first fact is what it stands for."""
    told = {kind.value: name} | facts
    return Code(app_id, name, name, kind, SourceClass.CONTENT, NOON, told, page="pages/index")


@dataclass
class Brand:
    """`wechat.known` is what WeChat tells of whoever follows."""

    entries: tuple[JourneyEntry, ...] = ()
    rules: PeopleRules = NO_RULES
    followers: FakeFollowers = field(default_factory=FakeFollowers)
    codes: FakeCodes = field(default_factory=FakeCodes)
    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    runs: FakeRuns = field(default_factory=FakeRuns)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    clock: FakeClock = field(default_factory=FakeClock)

    def takes(self, *events: InboundEvent) -> None:
        """Apply these events in this order, and whatever is told because of them."""
        for event in events:
            self.clock.pass_to(event.at)
            process = ProcessEvent(
                AllAccounts(),
                self.followers,
                FakeOrders(),
                self.runs,
                self.wechat,
                self.clock,
                FakeMeter(),
                self.entries,
                people_rules=self.rules,
            )
            applied = RecognizeCode(self.codes, self.inbox, process)(event)
            self.inbox.tell(applied.told)
            while self.inbox.queued:
                self.takes(self.inbox.queued.pop(0))

    def knows(self, subject: Subject) -> Follower:
        follower = self.followers.read(subject.app_id, subject.openid).follower
        assert follower is not None
        return follower

    def attributes(self, subject: Subject) -> Mapping[str, str]:
        return self.knows(subject).attributes

    @property
    def started(self) -> list[str]:
        """The journeys of the runs that have begun, in order."""
        return [start.run.journey for start in self.runs.started.values()]
