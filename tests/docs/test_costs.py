"""The costs that the documentation names are those that `wejourney estimate` computes."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from wejourney.adapters.dynamo.items import CALENDAR_SHARDS
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.estimate.estimate import PathCost, estimate
from workbench.estimate.prices import RUNS, Usage, load_prices
from workbench.estimate.usage import load_measured
from workbench.project import read_project

ROOT = Path(__file__).parents[2]
SERVICES = ("step_functions", "dynamodb", "lambda", "cloudwatch_logs", "sqs", "api_gateway")


def row(cost: PathCost) -> list[str]:
    counted = (cost.usage_per_run["step_functions.transitions"], cost.usage_per_run.get("messages", 0))
    return [
        *(f"{count:g}" for count in counted),
        *(f"{cost.cost_per_million_runs[name]:.2f}" for name in SERVICES),
        f"**{cost.cost_per_million_runs['total']:.2f}**",
    ]


@pytest.mark.parametrize("page", ["costs.md", "costs.zh-CN.md"])
def test_the_costs_of_the_committed_journeys_are_the_computed_ones(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = re.findall(r"^\| ([\w-]+)[,，] ?[^|]+ \| ([\d. *|]+) \|$", text, re.MULTILINE)
    project = read_project(ROOT)
    computed = [
        (journey.name, [row(path) for path in found.paths])
        for journey in project.journeys
        for found in [estimate(journey, load_prices(), RULE_SETS["current"], 1, project.journeys)]
    ]
    written = [
        (name, [cells.split(" | ") for _, cells in rows])
        for name, rows in groupby(found, key=lambda match: match[0])
    ]
    assert written == computed


PEOPLE, MINUTES = 1_000_000, 365 * 24 * 60 / 12
OCCASIONS = {"birthday": 1 / 12, "monday": 365 / 12 / 7, "day": 365 / 12}
"""How often each comes for a person in a month."""


def costs_of_the_calendar() -> dict[str, list[str]]:
    """What a million people's dates cost a month: the calendar, EventBridge Scheduler, and what both queue.

    A sweep takes 30 ms, two reads and a log line. A look takes 20 ms, a read, a write of the row and two of
    the index, from which the old key goes: `tests/functional/test_calendars.py` counts the calls.
    """
    prices, measured = load_prices(), load_measured()
    gigabytes = measured.memory_mb["CalendarFunction"] / 1024
    kilobytes = prices.assumptions.log_bytes / 1000
    sweep = Usage({"lambda.requests": 1, "lambda.gb_seconds": gigabytes * 0.03})
    sweep += {"dynamodb.read_units": 1.5, "cloudwatch_logs.kilobytes": kilobytes}
    look = Usage({"lambda.gb_seconds": gigabytes * 0.02, "dynamodb.read_units": 1, "dynamodb.write_units": 3})
    event = Usage(measured.requests["other event"]) + {
        "sqs.requests": prices.assumptions.sqs_requests,
        "lambda.requests": 1,
        "lambda.gb_seconds": gigabytes * prices.assumptions.inbox_ms / 1000,
        "cloudwatch_logs.kilobytes": kilobytes,
    }
    sweeps = prices.cost(sweep) / RUNS * MINUTES * CALENDAR_SHARDS
    found = {"sweeps": [f"{sweeps:.2f}", "0.00", "0.00"]}
    for name, times in OCCASIONS.items():
        each = (prices.cost(usage) / RUNS for usage in (look, Usage({"eventbridge.scheduled": 1}), event))
        found[name] = [f"{PEOPLE * times * cost:.2f}" for cost in each]
    return found


@pytest.mark.parametrize("page", ["costs.md", "costs.zh-CN.md"])
def test_what_dates_and_schedules_of_a_million_people_cost_is_computed_too(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = re.findall(r"^\| [^|]+ \| (\d+\.\d\d) \| (\d+\.\d\d) \| (\d+\.\d\d) \|$", text, re.MULTILINE)
    assert [list(cells) for cells in found] == list(costs_of_the_calendar().values())


def costs_of_the_books() -> list[str]:
    """What keeping the books of a million people costs a month, with 20 transactions each.

    A quiet sweep takes 30 ms, a query and a log line; a look at what is untold 80 ms, a query for each shard
    and a log line. A transaction that is told takes 30 ms, three reads, a write and two of the index. Who is
    due takes 40 ms, a read and a transaction of three rows below 1 KB and the index; who is compared 30 ms,
    two reads and a query of 10 KB.
    """
    prices, measured = load_prices(), load_measured()
    gigabytes = measured.memory_mb["KeepBooksFunction"] / 1024
    kilobytes = prices.assumptions.log_bytes / 1000
    sweep = Usage({"lambda.requests": 1, "lambda.gb_seconds": gigabytes * 0.03})
    sweep += {"dynamodb.read_units": 0.5, "cloudwatch_logs.kilobytes": kilobytes}
    look = Usage({"lambda.requests": 1, "lambda.gb_seconds": gigabytes * 0.08})
    look += {"dynamodb.read_units": 0.5 * CALENDAR_SHARDS, "cloudwatch_logs.kilobytes": kilobytes}
    told = Usage({"lambda.gb_seconds": gigabytes * 0.03, "dynamodb.read_units": 3, "dynamodb.write_units": 3})
    due = Usage({"lambda.gb_seconds": gigabytes * 0.04, "dynamodb.read_units": 1})
    due += {"dynamodb.write_units": 3 * 2 + 2, "cloudwatch_logs.kilobytes": 0.3}
    compared = Usage({"lambda.gb_seconds": gigabytes * 0.03, "dynamodb.read_units": 2 + 3})
    times = (MINUTES / 5 * CALENDAR_SHARDS, MINUTES, PEOPLE, PEOPLE, PEOPLE * 365 / 12 / 7)
    each = (prices.cost(usage) / RUNS for usage in (sweep, look, told, due, compared))
    return [f"{number * cost:.2f}" for number, cost in zip(times, each, strict=True)]


@pytest.mark.parametrize("page", ["costs.md", "costs.zh-CN.md"])
def test_what_it_costs_to_keep_the_books_of_a_million_people_is_computed_too(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    assert re.findall(r"^\| [^|]+ \| (\d+\.\d\d) \|$", text, re.MULTILINE) == costs_of_the_books()
