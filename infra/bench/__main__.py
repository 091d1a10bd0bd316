"""`make bench`: the callback's latency as ratios, the simulator's speed, and what a million runs cost."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from ruamel.yaml.error import YAMLError

from infra.bench import report
from infra.bench.callback import ROOT, BenchError, Comparison, Effort, compare_callback
from infra.bench.simulator import lives_per_second
from workbench.cli.terminal import complaints, output, print_json
from workbench.estimate.costs import costs_of_project
from workbench.estimate.prices import PRICES, UnpricedError, load_prices


def main() -> int:
    """Measure, compute, print. Exit status 1: something cannot be read or does not work."""
    options = _options()
    errors = complaints()
    try:
        prices = load_prices(options.prices)
        costs = costs_of_project(ROOT, prices)
        lives = lives_per_second()
        comparisons = _compared(errors)
    except (BenchError, OSError, UnpricedError, ValidationError, YAMLError) as error:
        errors.print(str(error), style="red")
        return 1
    if options.json:
        found = {
            "callback": [one.to_dict() for one in comparisons],
            "simulator": lives.to_dict(),
            "costs": [one.to_dict() for one in costs],
            "prices": prices.model_dump(),
        }
        print_json(found)
        return 0
    out = output()
    out.print(report.callback_table(comparisons))
    out.print(report.simulator_line(lives))
    for table in report.journey_tables(costs, prices):
        out.print(table)
    out.print(report.assumed(prices))
    return 0


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--prices", type=Path, default=PRICES, help="another table of prices")
    return parser.parse_args()


def _compared(console: Console) -> list[Comparison]:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("the callback beside a bare handler", total=1.0)
        return compare_callback(Effort(), lambda done: progress.update(task, completed=done))


if __name__ == "__main__":
    sys.exit(main())
