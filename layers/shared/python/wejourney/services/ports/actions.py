"""What the actions of a journey need of the world."""

from collections.abc import Mapping
from dataclasses import dataclass

from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.environment import Bus, Clock, Meter, Runs
from wejourney.services.ports.followers import FollowerRecords
from wejourney.services.ports.inbox import Announcements
from wejourney.services.ports.ledger import Ledger
from wejourney.services.ports.wechat import Channel


@dataclass(frozen=True)
class ActionPorts:
    """`channels` are those of this deployment, by name."""

    accounts: Accounts
    records: FollowerRecords
    ledger: Ledger
    channels: Mapping[str, Channel]
    runs: Runs
    bus: Bus
    announcements: Announcements
    clock: Clock
    meter: Meter
