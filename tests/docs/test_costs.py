"""The costs that the documentation names are those that `wejourney estimate` computes."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.estimate.estimate import PathCost, estimate
from workbench.estimate.prices import load_prices
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
