"""`make bench`: the callback's latency as ratios, and the simulator's speed."""

import sys
from argparse import ArgumentParser
from dataclasses import asdict

from rich.progress import Progress
from rich.table import Column, Table

from infra.bench.callback import BenchError, Comparison, built_paths, compare_callback
from infra.bench.simulator import lives_per_second
from infra.sandbox.settings import SandboxError
from workbench.cli.terminal import complaints, output, print_json


def main() -> int:
    """Measure and print. Exit status 1: something cannot be read or does not work."""
    parser = ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    as_json = parser.parse_args().json
    errors = complaints()
    try:
        lives = lives_per_second()
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task("the callback beside a bare handler", total=1.0)
            comparisons = compare_callback(built_paths(), lambda done: progress.update(task, completed=done))
    except (BenchError, OSError, SandboxError) as error:
        errors.print(str(error), style="red")
        return 1
    if as_json:
        callback = [comparison.to_dict() for comparison in comparisons]
        print_json({"callback": callback, "simulator": asdict(lives)})
        return 0
    real = comparisons[0].real
    output().print(_table(comparisons))
    output().print(
        f"{len(real.warm)} warm requests and {len(real.cold)} fresh interpreters each, in turns; "
        "cold: imports and first request"
    )
    output().print(str(lives))
    return 0


def _table(comparisons: list[Comparison]) -> Table:
    title = "Callback: times as long as a bare handler with the same queue write"
    headings = ("warm p50", "warm p99", "cold", "AWS calls", "first request", "modules")
    table = Table("request", *(Column(heading, justify="right") for heading in headings), title=title)
    for comparison in comparisons:
        real, bare = comparison.real, comparison.bare
        table.add_row(
            comparison.request,
            *(f"{ratio:.2f} ×" for ratio in comparison.ratios.values()),
            f"{len(real.calls)} to {len(bare.calls)}",
            f"{len(real.first_calls)} to {len(bare.first_calls)}",
            f"{real.modules} to {bare.modules}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
