"""What is known of a deployment's setup, from whichever side it can be seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wejourney.services.setup.facts import SetupFacts
from workbench.operations.identities import Report
from workbench.wording.phrases import Phrase


@dataclass(frozen=True)
class Unknown:
    """What could not be found out, and why."""

    reason: Phrase


@dataclass(frozen=True)
class StackFacts:
    """`clock_differs` is how many seconds this machine is ahead of AWS."""

    status: str
    has_fixed_address: bool
    clock_differs: float = 0.0


@dataclass(frozen=True)
class CountedFacts:
    """Metrics of the last 15 months, and of the last day (`_today`).

    `verified` counts verifications of a callback URL, by app id, and all of them under the empty one: those
    before accounts were told apart are only there. `notices` are calls of the address for notices of WeChat
    Pay that were not refused.
    """

    verified: Mapping[str, int]
    received_today: int
    refused_today: int
    notices: int


@dataclass(frozen=True)
class AlarmFacts:
    """Who is told of alarms."""

    confirmed: int
    unconfirmed: int


@dataclass(frozen=True)
class JourneyFacts:
    """The versions of the journeys that are committed, and of those that are deployed.

    `speaks_to` are the names of accounts in committed journeys, by the journey.
    """

    committed: Mapping[str, str]
    deployed: Mapping[str, str]
    speaks_to: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayFacts:
    """What the API answers to a request that no route takes."""

    url: str
    status: int
    body: str


@dataclass(frozen=True)
class Observed:
    """`now` is the time of the deployment, UTC; `stack_name` begins the names of its secrets."""

    now: datetime
    stack_name: str
    stack: StackFacts | Unknown
    setup: SetupFacts | Unknown
    counted: CountedFacts | Unknown
    union_ids: Report | Unknown
    alarms: AlarmFacts | Unknown
    journeys: JourneyFacts | Unknown
    concurrency: int | Unknown
    gateway: GatewayFacts | Unknown
