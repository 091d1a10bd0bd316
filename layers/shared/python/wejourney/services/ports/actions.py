"""What the actions of a journey need of the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wejourney.services.loyalty.ports import BookRecords, OfferRecords
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.environment import Bus, MessageSender, Meter, Runs, TimeSource
from wejourney.services.ports.followers import FollowerRecords
from wejourney.services.ports.inbox import Announcements
from wejourney.services.ports.keys import PersonalData


@dataclass(frozen=True)
class ActionPorts:
    """`channels` are those of this deployment, by name.

    `new_code` makes a secret code for a cause: another one at each call, or in a simulation always the same.
    """

    accounts: Accounts
    records: FollowerRecords
    ledger: BookRecords
    channels: Mapping[str, MessageSender]
    runs: Runs
    bus: Bus
    announcements: Announcements
    clock: TimeSource
    meter: Meter
    personal_data: PersonalData
    new_code: Callable[[str], str]
    offers: OfferRecords
