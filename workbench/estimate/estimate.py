"""Everything that is estimated of one journey, put together."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from wejourney.journeys.routing import all_subscribed_kinds
from wejourney.messaging.wechat_rules import RuleSet
from workbench.compiler.catalogue import catalogue_of
from workbench.compiler.state_machine import compile_journey
from workbench.estimate.bursts import Burst, burst_of
from workbench.estimate.costs import PathCost, costs_of, fewest_and_most
from workbench.estimate.prices import TRANSITIONS, PriceTable
from workbench.estimate.usage import Model, load_measured
from workbench.language.journey import Journey


@dataclass(frozen=True)
class Capacity:
    """How many runs a day WeChat's limit on customer-service messages allows; None: no run sends any.

    `fewest` when all take the path with the most messages, `most` when all take the one with the fewest.
    """

    limit: int
    fewest: int | None
    most: int | None


@dataclass(frozen=True)
class Estimate:
    """What one journey uses, costs and can bear. Transitions and messages are per run: fewest, most."""

    journey: str
    rules: str
    has_opening: bool
    transitions: tuple[int, int]
    messages: tuple[int, int]
    dearest: PathCost
    cheapest: PathCost
    account: Capacity
    test_account: Capacity
    burst: Burst

    def to_dict(self, table: PriceTable) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "journey": self.journey,
            "region": table.region,
            "currency": table.currency,
            "as_of": table.as_of,
            "unverified": table.unverified,
            "rules": self.rules,
            "transitions_per_run": {"fewest": self.transitions[0], "most": self.transitions[1]},
            "custom_messages_per_run": {"fewest": self.messages[0], "most": self.messages[1]},
            "paths": [self.dearest.to_dict(), self.cheapest.to_dict()],
            "runs_a_day": {"account": asdict(self.account), "test_account": asdict(self.test_account)},
            "opening_needs_no_allowance": self.has_opening,
            "burst": {**asdict(self.burst), "share_in_time": self.burst.share_in_time},
        }


def estimate(
    journey: Journey,
    table: PriceTable,
    rules: RuleSet,
    burst: int,
    beside: Iterable[Journey] = (),
) -> Estimate:
    """Estimate a journey that can be deployed; `burst` is a number of events that come at once.

    `beside` are the journeys that are deployed with it: what they react to is an event more.
    """
    (entry,) = catalogue_of([journey])
    definition = compile_journey(journey, journey.name)
    model = Model(table.assumptions, load_measured(), all_subscribed_kinds((entry, *catalogue_of(beside))))
    dearest, cheapest = costs_of(definition, entry, table, model)
    transitions = fewest_and_most(definition, entry, model, TRANSITIONS)
    messages = fewest_and_most(definition, entry, model, "messages")
    limits = table.wechat
    return Estimate(
        journey=journey.name,
        rules=rules.name,
        has_opening=journey.opening is not None,
        transitions=(int(transitions[0]), int(transitions[1])),
        messages=(int(messages[0]), int(messages[1])),
        dearest=dearest,
        cheapest=cheapest,
        account=_capacity(limits.custom_messages_a_day, messages),
        test_account=_capacity(limits.custom_messages_a_day_of_a_test_account, messages),
        burst=burst_of(burst, definition, journey.trigger.event, rules, table.quotas),
    )


def _capacity(limit: int, messages: tuple[float, float]) -> Capacity:
    fewest, most = (None if count == 0 else int(limit // count) for count in reversed(messages))
    return Capacity(limit, fewest, most)
