"""`wejourney estimate`: cost, daily capacity and the effect of a burst, before a journey is deployed."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from workbench.checks.deployable import lacks_of
from workbench.cli.options import AsJson, JourneyFile, RulesName, rule_set
from workbench.cli.spoken import language
from workbench.cli.terminal import busy, fail, output, print_json, read_or_refuse, refuse
from workbench.cli.verdict import say_if_refused
from workbench.estimate.estimate import TOTAL, Burst, Estimate, estimate
from workbench.estimate.prices import DEFAULT_REGION, PRICES, RUNS, PriceTable, PriceTableError, load_prices
from workbench.language.durations import format_duration
from workbench.project import journeys_beside
from workbench.wording.phrases import phrase

MOST_RUNS = 1_000_000_000
"""That are priced or that start at once: nearly as many people as use WeChat."""


def estimate_(
    file: JourneyFile,
    *,
    prices: Annotated[
        Path,
        typer.Option(
            help="A table of prices and quotas.",
            exists=True,
            dir_okay=False,
            show_default="the built-in table",
        ),
    ] = PRICES,
    region: Annotated[str, typer.Option(help="A region of the price table.")] = DEFAULT_REGION,
    runs: Annotated[
        int, typer.Option(help="Number of runs to price, such as a month's.", min=1, max=MOST_RUNS)
    ] = RUNS,
    burst: Annotated[
        int, typer.Option(help="Number of events that start runs at once.", min=1, max=MOST_RUNS)
    ] = 10_000,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    """Estimate a journey's AWS cost, its runs per day within WeChat's limit, and the effect of a burst.

    Assumes that the other journeys in its folder are deployed too: events that they react to add cost.
    """
    journey, reading = read_or_refuse(file)
    lacks = lacks_of(reading)
    if lacks:
        refuse(lacks)
    allowed = rule_set(rules)
    try:
        table = load_prices(prices, region)
        with busy(phrase("estimating"), shown=not as_json):
            found = estimate(journey, table, allowed, burst, journeys_beside(file))
    except (OSError, PriceTableError) as error:
        fail(str(error))
    refused = [mistake.to_dict(language()) for mistake in say_if_refused([file], allowed, as_json=as_json)]
    if as_json:
        of_table = table.model_dump(include={"region", "currency", "as_of", "unverified"})
        totals = {path.path: path.cost_per_million_runs[TOTAL] / RUNS * runs for path in found.paths}
        print_json({**asdict(found), **of_table, "runs": runs, "cost_of_runs": totals, "refused": refused})
        return
    for part in (_costs(found, table, runs), _capacity(found), _burst(found, table)):
        output().print(part)
    output().print(f"Prices as of {table.as_of}, without free tier; use your own with --prices.")
    if table.unverified:
        output().print(f"Unverified prices in {table.region}: {table.unverified}.", style="yellow")


def _titled(title: str, *headings: str) -> Table:
    columns = (Column(heading, justify="right") for heading in headings)
    return Table("", *columns, title=title, title_justify="left")


def _costs(found: Estimate, table: PriceTable, runs: int) -> Table:
    title = f"{found.journey}: {runs:,} runs in {table.region}, {table.currency}"
    shown = _titled(title, "cheapest path", "most expensive path")
    transitions, messages = found.transitions_per_run, found.custom_messages_per_run
    shown.add_row("state transitions per run (min, max)", str(transitions.fewest), str(transitions.most))
    shown.add_row("customer-service messages per run (min, max)", str(messages.fewest), str(messages.most))
    shown.add_section()
    dearest, cheapest = (path.cost_per_million_runs for path in found.paths)
    for service in dearest:
        if service == TOTAL:
            shown.add_section()
        costs = (f"{path[service] / RUNS * runs:,.2f}" for path in (cheapest, dearest))
        shown.add_row(service.replace("_", " "), *costs, style="bold" if service == TOTAL else None)
    return shown


def _capacity(found: Estimate) -> Table:
    title = "Runs per day within WeChat's limit on customer-service messages"
    shown = _titled(title, "messages per day", "runs, max messages", "runs, min messages")
    for name, capacity in found.runs_a_day.items():
        runs = ("no limit" if count is None else f"{count:,}" for count in (capacity.fewest, capacity.most))
        shown.add_row(name.replace("_", " "), f"{capacity.limit:,}", *runs)
    return shown


def _burst(found: Estimate, table: PriceTable) -> Table:
    burst = found.burst
    title = f"Burst of {burst.events:,} events in {table.region}, with quotas unused before it"
    shown = Table("", "", title=title, title_justify="left", show_header=False)
    if found.opening_needs_no_allowance:
        shown.add_row("opening", "sent at once, as the passive reply to the event")
    shown.add_row("last run starts", _after(burst.last_start))
    first = "follows an answer or a wait" if burst.first_message is None else _after(burst.first_message)
    shown.add_row("first message of the last run", first)
    shown.add_row(f"first messages in time, rule set `{found.rules}`", _in_time(burst))
    shown.add_row("last run continues, if all answer at once", _after(burst.last_answer))
    return shown


def _in_time(burst: Burst) -> str:
    if burst.first_message is None:
        return "no message uses the event's own allowance"
    if burst.allowance is None:
        return "the event opens no allowance"
    share = f"{burst.in_time:,} of {burst.events:,} ({burst.share_in_time:.0%})"
    return f"{share}, within {format_duration(round(burst.allowance))}"


def _after(seconds: float) -> str:
    return "at once" if seconds == 0 else f"after {format_duration(math.ceil(seconds))}"
