"""`make bench`: the callback as ratios, a burst of followers, the speed of simulator, commands and books."""

import sys
from argparse import ArgumentParser
from dataclasses import asdict

from rich.progress import Progress
from rich.table import Column, Table

from infra.bench.burst import Burst, run_burst
from infra.bench.callback import BenchError, Comparison, bare_paths, built_code, compare_callback
from infra.bench.command_line import measure_starts
from infra.bench.postings import measure_postings
from infra.bench.simulator import lives_per_second
from infra.sandbox.settings import SandboxError
from workbench.cli.consoles import complaints, output
from workbench.cli.terminal import print_json


def main() -> int:
    """Measure and print. Exit status 1: something cannot be read or does not work."""
    parser = ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--followers", type=int, default=1_000, help="how many follow at once in the burst")
    arguments = parser.parse_args()
    errors = complaints()
    try:
        lives, starts, postings = lives_per_second(), measure_starts(), measure_postings()
        with Progress(console=errors, transient=True) as progress:
            task = progress.add_task("the callback beside a bare handler", total=1.0)
            (functions, layers), bare = built_code(), bare_paths()
            comparisons = compare_callback(
                [functions["wechat_callback"], *layers],
                bare,
                lambda done: progress.update(task, completed=done),
            )
            task = progress.add_task("the burst", total=1.0)
            burst = run_burst(
                arguments.followers,
                functions,
                layers,
                bare,
                lambda done: progress.update(task, completed=done),
            )
    except (BenchError, OSError, SandboxError) as error:
        errors.print(str(error), style="red")
        return 1
    if arguments.json:
        callback = [comparison.to_dict() for comparison in comparisons]
        machine = {
            "simulator": asdict(lives),
            "command_line": asdict(starts),
            "postings": asdict(postings),
        }
        print_json({"callback": callback, "burst": burst.to_dict(), **machine})
        return 0
    real = comparisons[0].real
    output().print(_table(comparisons))
    output().print(
        f"{len(real.warm)} warm requests and {len(real.cold)} fresh interpreters each, in turns; "
        "cold: imports and first request"
    )
    output().print(_burst_table(burst))
    for line in burst.lines():
        output().print(line)
    output().print(str(lives))
    output().print(str(starts))
    output().print(str(postings))
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


def _burst_table(burst: Burst) -> Table:
    title = f"Burst: {len(burst.followers):,} strangers follow and answer; 5% of the records come twice"
    headings = ("events", "AWS calls an event", "processor ms an event", "bare botocore calls")
    table = Table("function", *(Column(heading, justify="right") for heading in headings), title=title)
    for stage in burst.stages:
        table.add_row(
            stage.name,
            f"{stage.events:,}",
            f"{stage.calls_per_event:.2f}",
            f"{stage.milliseconds:.2f}",
            f"{stage.milliseconds / 1000 / burst.bare_call:.1f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
