"""The costs that the documentation names are those that `wejourney estimate` computes."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from workbench.estimate.costs import PathCost, costs_of_project
from workbench.estimate.prices import load_prices

ROOT = Path(__file__).parents[2]
SERVICES = ("step_functions", "dynamodb", "lambda", "cloudwatch_logs", "sqs", "api_gateway")


def row(cost: PathCost) -> list[str]:
    services = cost.by_service()
    counted = (cost.usage["step_functions.transitions"], cost.usage.get("messages", 0))
    return [
        *(f"{count:g}" for count in counted),
        *(f"{services[name]:.2f}" for name in SERVICES),
        f"**{cost.total:.2f}**",
    ]


@pytest.mark.parametrize("page", ["costs.md", "costs.zh-CN.md"])
def test_the_costs_of_the_committed_journeys_are_the_computed_ones(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = re.findall(r"^\| ([\w-]+)[,，] ?[^|]+ \| ([\d. *|]+) \|$", text, re.MULTILINE)
    costs = costs_of_project(ROOT, load_prices())
    computed = [
        (name, [row(cost) for cost in paths]) for name, paths in groupby(costs, key=lambda cost: cost.journey)
    ]
    written = [
        (name, [cells.split(" | ") for _, cells in rows])
        for name, rows in groupby(found, key=lambda match: match[0])
    ]
    assert written == computed
