"""The table of prices, limits and assumptions: prices.yaml, read and checked."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from workbench.estimate.buckets import TokenBucket

DEFAULT_REGION = "us-east-1"

PRICES = Path(__file__).with_name("prices.yaml")

RUNS = 1_000_000
"""Costs are given for this many runs."""

TRANSITIONS = "step_functions.transitions"
"""What Step Functions counts, in `Usage`."""


class Usage(dict[str, float]):
    """How much of what: `<service>.<what>` has a price, a plain word (`messages`) is counted, no more."""

    def __add__(self, other: Mapping[str, float]) -> "Usage":
        """Both together."""
        return Usage({what: self.get(what, 0) + other.get(what, 0) for what in {**self, **other}})

    def __mul__(self, times: float) -> "Usage":
        """This so many times."""
        return Usage({what: amount * times for what, amount in self.items()})


class UnpricedError(Exception):
    """A run uses what the table has no price for."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{PRICES.name} has no price for {what}")


class UnknownRegionError(Exception):
    """The file has no prices for a region."""

    def __init__(self, region: str, known: Iterable[str]) -> None:
        super().__init__(f"no prices for the region {region}: there are {', '.join(known)}")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Entry):
    """`price`, in the table's currency, for `per` units."""

    price: Annotated[float, Field(ge=0)]
    per: Annotated[float, Field(gt=0)]


class Service(_Entry):
    """A service's prices and the public page that they are from."""

    source: Annotated[str, Field(pattern=r"^https://(aws\.amazon\.com|www\.amazonaws\.cn)/.+")]
    prices: Mapping[str, Price]


class Assumption(_Entry):
    """A number that no definition tells, and what it is."""

    value: Annotated[float, Field(ge=0)]
    says: str


class Assumptions(_Entry):
    """All of them; a missing or unknown name is refused."""

    other_events: Assumption
    callback_ms: Assumption
    inbox_ms: Assumption
    task_ms: Assumption
    wechat_ms: Assumption
    close_ms: Assumption
    sqs_requests: Assumption
    log_bytes: Assumption
    access_log_bytes: Assumption

    def lines(self) -> list[str]:
        """One line each."""
        return [f"{assumption.value:g} {assumption.says}" for assumption in vars(self).values()]


class Quotas(_Entry):
    """What Step Functions takes from an account in a region, by default."""

    source: Annotated[str, Field(pattern=r"^https://docs\.(aws\.amazon\.com|amazonaws\.cn)/.+")]
    start_execution: TokenBucket
    state_transition: TokenBucket
    send_task_success: TokenBucket


class DailyLimits(_Entry):
    """What WeChat takes from an account in a day."""

    source: Annotated[str, Field(pattern=r"^https://developers\.weixin\.qq\.com/.+")]
    custom_messages_a_day: Annotated[int, Field(gt=0)]
    custom_messages_a_day_of_a_test_account: Annotated[int, Field(gt=0)]


class Region(_Entry):
    """The prices and quotas of a region. `unverified` says which of them nobody has checked."""

    currency: str
    unverified: str = ""
    services: Mapping[str, Service]
    quotas: Quotas


class PriceFile(_Entry):
    """The whole file."""

    as_of: str
    regions: Mapping[str, Region]
    wechat: DailyLimits
    assumptions: Assumptions

    def table(self, region: str) -> "PriceTable":
        """The table of one region. Raises UnknownRegionError."""
        if region not in self.regions:
            raise UnknownRegionError(region, self.regions)
        return PriceTable(
            region=region,
            as_of=self.as_of,
            wechat=self.wechat,
            assumptions=self.assumptions,
            **dict(self.regions[region]),
        )


class PriceTable(Region):
    """Prices and quotas of one region, WeChat's limits, and what is assumed of a run."""

    region: str
    as_of: str
    wechat: DailyLimits
    assumptions: Assumptions

    def priced(self) -> list[str]:
        """Everything that has a price, as `<service>.<unit>`."""
        return [f"{name}.{unit}" for name, service in self.services.items() for unit in service.prices]

    def costs(self, usage: Usage) -> dict[str, float]:
        """What this usage costs, `RUNS` times, for everything that has a price. Raises UnpricedError."""
        unpriced = [what for what in usage if "." in what and what not in self.priced()]
        if unpriced:
            raise UnpricedError(unpriced[0])
        return {what: RUNS * usage.get(what, 0) * self._price(what) for what in self.priced()}

    def cost(self, usage: Usage) -> float:
        """All of it together."""
        return sum(self.costs(usage).values())

    def _price(self, what: str) -> float:
        service, _, unit = what.partition(".")
        price = self.services[service].prices[unit]
        return price.price / price.per


def by_service(costs: Mapping[str, float]) -> dict[str, float]:
    """Costs by `<service>.<unit>`, added up for each service."""
    services: dict[str, float] = {}
    for what, cost in costs.items():
        service = what.partition(".")[0]
        services[service] = services.get(service, 0) + cost
    return services


def load_prices(file: Path = PRICES, region: str = DEFAULT_REGION) -> PriceTable:
    """Read the table of a region.

    Raises OSError, UnknownRegionError, YAMLError, and pydantic's ValidationError, which names what is wrong
    where.
    """
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    return PriceFile.model_validate(data).table(region)
