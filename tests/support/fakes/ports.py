"""The ports of the journeys' task: stores as given, everything else in memory."""

from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.bus import FakeBus
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.inbox import FakeInbox
from tests.support.fakes.meter import FakeMeter
from tests.support.fakes.runs import FakeRuns
from tests.support.kms import personal_data
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.tills.hold_store import HoldStore
from wejourney.messaging.channels import CUSTOM
from wejourney.services.loyalty.ports import BookRecords
from wejourney.services.ports.actions import ActionPorts
from wejourney.services.ports.environment import MessageSender
from wejourney.services.ports.followers import FollowerRecords
from wejourney.services.ports.keys import PersonalData
from workbench.simulator.books import SimulatedOffers
from workbench.simulator.deployment import simulated_code


def action_ports(
    records: FollowerRecords,
    ledger: BookRecords,
    wechat: MessageSender,
    runs: FakeRuns,
    clock: FakeClock,
    *,
    meter: FakeMeter | None = None,
    announcements: FakeInbox | None = None,
    bus: FakeBus | None = None,
    private: PersonalData | None = None,
) -> ActionPorts:
    """All ports; what is not given is new."""
    return ActionPorts(
        FakeAccounts(),
        records,
        ledger,
        {CUSTOM.name: wechat},
        runs,
        bus or FakeBus(),
        announcements or FakeInbox(),
        clock,
        meter or FakeMeter(),
        private or personal_data(),
        simulated_code,
        HoldStore(ledger.table, ledger.followers) if isinstance(ledger, BooksStore) else SimulatedOffers(),
    )
