"""What was found, as tables for people."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table

from infra.bench.callback import Comparison
from infra.bench.simulator import Lives
from workbench.estimate.costs import PathCost
from workbench.estimate.prices import PriceTable

_COUNTED = ("events", "openings", "messages")


def callback_table(comparisons: Iterable[Comparison]) -> RenderableType:
    """The ratios of the callback."""
    table = Table(title="Callback: times as long as a bare handler with the same queue write")
    for heading in ("request", "warm p50", "warm p99", "cold", "AWS calls", "first request", "modules"):
        table.add_column(heading, justify="left" if heading == "request" else "right")
    samples = ""
    for one in comparisons:
        table.add_row(
            one.request,
            *(f"{ratio:.2f} ×" for ratio in (one.warm_p50, one.warm_p99, one.cold)),
            *(
                f"{real} to {bare}"
                for real, bare in (
                    (len(one.real.calls), len(one.bare.calls)),
                    (len(one.real.first_calls), len(one.bare.first_calls)),
                    (one.real.modules, one.bare.modules),
                )
            ),
        )
        samples = (
            f"{len(one.real.warm)} warm requests and {len(one.real.cold)} fresh interpreters each, in turns; "
            "cold: imports and first request"
        )
    return Group(table, samples)


def simulator_line(lives: Lives) -> str:
    """How fast the simulator plays."""
    return (
        f"Simulator: {lives.per_second:,.0f} whole lives a second on one core "
        f"({lives.persona} in {lives.journey}: {lives.happenings} happenings in {lives.hours:.0f} hours)"
    )


def journey_tables(costs: Iterable[PathCost], prices: PriceTable) -> Iterator[Table]:
    """A table per journey: what one run uses and what a million runs cost, on its paths."""
    for journey, paths in groupby(costs, key=lambda cost: cost.journey):
        yield _journey_table(journey, list(paths), prices)


def _journey_table(journey: str, paths: list[PathCost], prices: PriceTable) -> Table:
    table = Table(title=f"{journey}: what a run uses, and what a million runs cost")
    table.add_column(no_wrap=True)
    for path in paths:
        table.add_column(f"{path.path} path", justify="right")
        table.add_column(prices.currency, justify="right")
    for what in _COUNTED:
        table.add_row(what, *(text for path in paths for text in (_amount(path, what), "")))
    table.add_section()
    for what in prices.priced():
        name = what.replace(".", ": ").replace("_", " ")
        both = ((_amount(path, what), f"{path.costs[what]:.2f}") for path in paths)
        table.add_row(name, *(text for pair in both for text in pair))
    table.add_section()
    table.add_row("total", *(text for path in paths for text in ("", f"{path.total:.2f}")), style="bold")
    return table


def _amount(path: PathCost, what: str) -> str:
    return f"{path.usage.get(what, 0):.4g}"


def assumed(prices: PriceTable) -> str:
    """What the costs rest on, one line each."""
    first = f"Prices of {prices.region}, {prices.as_of} (prices.yaml; see docs/costs.md). Assumed:"
    return "\n".join([first, *(f"  {line}" for line in prices.assumptions.lines())])
