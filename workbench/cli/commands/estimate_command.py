"""`wejourney estimate`: cost, daily capacity and the effect of a burst, before a journey is deployed."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from workbench.checks.deployable import lacks_of
from workbench.cli.consoles import output
from workbench.cli.options import AsJson, JourneyFile, RulesName, rule_set
from workbench.cli.spoken import language
from workbench.cli.terminal import busy, fail, print_json, reject, said
from workbench.cli.verdict import read_or_reject, say_if_rejected
from workbench.estimate.estimate import TOTAL, Burst, Estimate, estimate
from workbench.estimate.prices import (
    DEFAULT_REGION,
    PRICES,
    RUNS,
    PriceTable,
    PriceTableError,
    load_prices,
)
from workbench.project import people_rules_for
from workbench.wording.journey_parts import SpokenDuration
from workbench.wording.phrases import Phrase, phrase
from workbench.wording.report_phrases import service_in_words

MOST_RUNS = 1_000_000_000
"""That are priced or that start at once: nearly as many people as use WeChat."""


def estimate_(
    file: JourneyFile,
    *,
    prices: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, show_default=False),
        phrase("estimate --prices"),
    ] = PRICES,
    region: Annotated[str, typer.Option(), phrase("estimate --region")] = DEFAULT_REGION,
    runs: Annotated[int, typer.Option(min=1, max=MOST_RUNS), phrase("estimate --runs")] = RUNS,
    burst: Annotated[int, typer.Option(min=1, max=MOST_RUNS), phrase("estimate --burst")] = 10_000,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    checked, (journey,) = read_or_reject([file], as_json=as_json)
    lacks = lacks_of(checked.reading(file))
    if lacks:
        reject(lacks)
    allowed = rule_set(rules)
    try:
        table = load_prices(prices, region)
        with busy(phrase("estimating"), shown=not as_json):
            found = estimate(journey, table, allowed, burst, checked.others, people_rules_for(file))
    except PriceTableError as error:
        fail(error.problem)
    rejected = [mistake.to_dict(language()) for mistake in say_if_rejected(checked, allowed, as_json=as_json)]
    if as_json:
        of_table = table.model_dump(include={"region", "currency", "as_of", "unverified"})
        totals = {path.path: path.cost_per_million_runs[TOTAL] / RUNS * runs for path in found.paths}
        print_json({**asdict(found), **of_table, "runs": runs, "cost_of_runs": totals, "rejected": rejected})
        return
    for part in (_costs(found, table, runs), _capacity(found), _burst(found, table)):
        output().print(part)
    output().print(said(phrase("prices as of", date=table.as_of)))
    if table.unverified:
        output().print(
            said(phrase("unverified prices", region=table.region, names=table.unverified)), style="yellow"
        )


def _titled(title: Phrase, *headings: Phrase) -> Table:
    columns = (Column(said(heading), justify="right") for heading in headings)
    return Table("", *columns, title=said(title), title_justify="left")


def _costs(found: Estimate, table: PriceTable, runs: int) -> Table:
    title = phrase(
        "costs of runs", journey=found.journey, n=runs, region=table.region, currency=table.currency
    )
    shown = _titled(title, phrase("cheapest path"), phrase("dearest path"))
    transitions, messages = found.transitions_per_run, found.custom_messages_per_run
    shown.add_row(said(phrase("transitions per run")), str(transitions.fewest), str(transitions.most))
    shown.add_row(said(phrase("messages per run")), str(messages.fewest), str(messages.most))
    shown.add_section()
    dearest, cheapest = (path.cost_per_million_runs for path in found.paths)
    for service in dearest:
        if service == TOTAL:
            shown.add_section()
        costs = (f"{path[service] / RUNS * runs:,.2f}" for path in (cheapest, dearest))
        shown.add_row(_service(service), *costs, style="bold" if service == TOTAL else None)
    return shown


def _capacity(found: Estimate) -> Table:
    title = phrase("runs per day")
    shown = _titled(title, phrase("messages per day"), phrase("runs of most"), phrase("runs of fewest"))
    for name, capacity in found.runs_a_day.items():
        runs = (
            said(phrase("no limit")) if count is None else f"{count:,}"
            for count in (capacity.fewest, capacity.most)
        )
        shown.add_row(said(phrase(f"of an {name}")), f"{capacity.limit:,}", *runs)
    return shown


def _burst(found: Estimate, table: PriceTable) -> Table:
    burst = found.burst
    title = said(phrase("burst", n=burst.events, region=table.region))
    shown = Table("", "", title=title, title_justify="left", show_header=False)
    if found.opening_needs_no_allowance:
        shown.add_row(said(phrase("the opening")), said(phrase("as passive reply")))
    shown.add_row(said(phrase("last run starts")), _after(burst.last_start))
    first = said(phrase("follows a wait")) if burst.first_message is None else _after(burst.first_message)
    shown.add_row(said(phrase("first message of last")), first)
    shown.add_row(said(phrase("first messages in time", rules=found.rules)), said(_in_time(burst)))
    shown.add_row(said(phrase("last run continues")), _after(burst.last_answer))
    return shown


def _in_time(burst: Burst) -> Phrase:
    if burst.first_message is None:
        return phrase("no message of the event's allowance")
    if burst.allowance is None:
        return phrase("event without allowance")
    share = f"{burst.share_in_time:.0%}"
    lasts = SpokenDuration(round(burst.allowance))
    return phrase("so many in time", n=burst.in_time, all=burst.events, share=share, duration=lasts)


def _after(seconds: float) -> str:
    if seconds == 0:
        return said(phrase("at once"))
    return said(phrase("after", duration=SpokenDuration(math.ceil(seconds))))


def _service(name: str) -> str:
    """An AWS service by its own name; the sum of all."""
    return said(phrase("total")) if name == TOTAL else service_in_words(name, language())
