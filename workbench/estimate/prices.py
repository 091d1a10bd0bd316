"""The table of prices, limits and assumptions: prices.yaml, read and checked."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from workbench.language.yaml_nodes import FileTooLargeError, read_text_file
from workbench.wording.phrases import Phrase, phrase

DEFAULT_REGION = "us-east-1"

PRICES = Path(__file__).with_name("prices.yaml")

RUNS = 1_000_000
"""Costs are given for this many runs."""

TRANSITIONS = "step_functions.transitions"
"""What Step Functions counts, in `Usage`."""


class Usage(dict[str, float]):
    """How much of what: `<service>.<what>` has a price, a plain word (`messages`) is counted, no more."""

    def __add__(self, other: Mapping[str, float]) -> "Usage":
        return Usage({what: self.get(what, 0) + other.get(what, 0) for what in {**self, **other}})

    def __mul__(self, times: float) -> "Usage":
        return Usage({what: amount * times for what, amount in self.items()})


class PriceTableError(Exception):
    """A table of prices is invalid or lacks what is asked for."""

    def __init__(self, problem: Phrase) -> None:
        super().__init__(problem.in_words("en"))
        self.problem = problem


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


type _Amount = Annotated[float, Field(ge=0)]


class Price(_Entry):
    """`price`, in the table's currency, for `per` units."""

    price: _Amount
    per: Annotated[float, Field(gt=0)]


class Service(_Entry):
    """A service's prices and the public page that they are from."""

    source: Annotated[str, Field(pattern=r"^https://(aws\.amazon\.com|www\.amazonaws\.cn)/.+")]
    prices: Mapping[str, Price]


class Assumptions(_Entry):
    """Numbers that no definition tells; prices.yaml says what they are."""

    other_events: _Amount
    union_ids: Annotated[float, Field(ge=0, le=1)]
    callback_ms: _Amount
    inbox_ms: _Amount
    task_ms: _Amount
    wechat_ms: _Amount
    close_ms: _Amount
    sqs_requests: _Amount
    log_bytes: _Amount
    access_log_bytes: _Amount


class TokenBucket(_Entry):
    """A full bucket takes `bucket` requests at once, and `refill` a second from then on.

    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    """

    bucket: Annotated[int, Field(ge=0)]
    refill: Annotated[float, Field(gt=0)]

    def seconds_until(self, nth: int) -> float:
        """When the n-th of many requests that come at once is taken, at the earliest."""
        return max(0.0, (nth - self.bucket) / self.refill)

    def taken_within(self, seconds: float) -> int:
        """How many of them are taken in the first seconds."""
        return self.bucket + math.floor(self.refill * seconds)


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
    as_of: str
    regions: Mapping[str, Region]
    wechat: DailyLimits
    assumptions: Assumptions


class PriceTable(Region):
    """Prices and quotas of one region, WeChat's limits, and what is assumed of a run."""

    region: str
    as_of: str
    wechat: DailyLimits
    assumptions: Assumptions

    def costs(self, usage: Usage) -> dict[str, float]:
        """What this usage costs, `RUNS` times, by service. Raises PriceTableError."""
        costs = dict.fromkeys(self.services, 0.0)
        for what, amount in usage.items():
            service, dot, unit = what.partition(".")
            if dot:
                try:
                    price = self.services[service].prices[unit]
                except KeyError:
                    raise PriceTableError(phrase("no price", file=PRICES.name, name=what)) from None
                costs[service] += RUNS * amount * price.price / price.per
        return costs

    def assuming(self, **changes: float) -> "PriceTable":
        """The table with other assumptions."""
        return self.model_copy(update={"assumptions": self.assumptions.model_copy(update=changes)})

    def cost(self, usage: Usage) -> float:
        return sum(self.costs(usage).values())


@cache
def _read(text: str) -> PriceFile:
    return PriceFile.model_validate(YAML(typ="safe", pure=True).load(text))


def load_prices(file: Path = PRICES, region: str = DEFAULT_REGION) -> PriceTable:
    """Read the table of a region. Raises OSError or PriceTableError, a line for each error of the file."""
    try:
        prices = _read(read_text_file(file))
    except ValidationError as error:
        wrong = tuple(
            phrase("invalid price", where=".".join(map(str, each["loc"])) or "-", why=each["msg"])
            for each in error.errors()
        )
        raise PriceTableError(phrase("invalid prices", file=str(file), errors=wrong)) from error
    except FileTooLargeError as error:
        problem = phrase("invalid price", where=str(file), why=str(error))
        raise PriceTableError(problem) from error
    except (UnicodeDecodeError, YAMLError, RecursionError) as error:
        raise PriceTableError(phrase("prices not YAML", file=str(file), why=str(error))) from error
    if region not in prices.regions:
        raise PriceTableError(phrase("no prices for region", region=region, names=tuple(prices.regions)))
    shared = {name: getattr(prices, name) for name in ("as_of", "wechat", "assumptions")}
    return PriceTable(region=region, **shared, **dict(prices.regions[region]))
