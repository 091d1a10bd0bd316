"""`wejourney programme backfill` and `programme simulate`: a rule for the past, and for a population."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from wejourney.loyalty.accounts import Pocket
from workbench.checks.people_files import read_people_files
from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import DAYS, AsJson, Root
from workbench.cli.terminal import busy, fail, print_json, said, value_or_reject
from workbench.language.mistakes import nearest
from workbench.operations.loyalty.backfill import Backfill, Given
from workbench.programme.files import PROGRAMME, read_programme
from workbench.simulator.earners import Results, RuleResult, played, read_earners
from workbench.simulator.persona import STARTS
from workbench.wording.phrases import phrase


def backfill(
    rule: Annotated[str, typer.Argument(), phrase("programme rule")],
    stack: Stack = None,
    root: Root = Path(),
    *,
    since: Annotated[datetime | None, typer.Option(formats=DAYS), phrase("backfill --since")] = None,
    post: Annotated[bool, typer.Option("--post"), phrase("backfill --post")] = False,
    as_json: AsJson = False,
) -> None:
    programme = value_or_reject(read_programme(root))
    if rule not in programme.rules:
        fail(
            phrase("no such rule", name=rule, file=PROGRAMME.as_posix(), hint=nearest(rule, programme.rules))
        )
    target = open_target(stack)
    profile, begin = read_people_files(root).rules.profile, since.replace(tzinfo=UTC) if since else None
    past = Backfill(rule, programme, profile, target.followers, target.sales, begin)
    with busy(phrase("reading events")):
        found = (past.post if post else past.draft)(target.ledger, target.clock.now())
    if as_json:
        print_json({**_as_json(found), "rule": rule, "posted": post})
    else:
        _print(found, rule, posted=post)


def _as_json(given: Given) -> dict[str, object]:
    liability = [{**vars(owed), "amount": amount} for owed, amount in sorted(given.liability.items())]
    return {"people": len(given.people), "transactions": given.transactions, "liability": liability}


def _print(given: Given, rule: str, *, posted: bool) -> None:
    if given.transactions:
        columns = ("column asset", "column amount", "column claimed", "column expires in")
        table = Table(*(said(phrase(column)) for column in columns))
        for owed, amount in sorted(given.liability.items()):
            claimed = phrase("claimed" if owed.claimed else "not claimed")
            table.add_row(owed.asset, f"{amount:,}", said(claimed), owed.month or said(phrase("for ever")))
        output().print(table)
    code = "backfilled" if posted else "would be backfilled"
    output().print(said(phrase(code, rule=rule, n=given.transactions, people=len(given.people))))


def simulate(
    rates: Annotated[Path, typer.Argument(exists=True, dir_okay=False), phrase("programme rates")],
    root: Root = Path(),
    *,
    against: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False), phrase("programme simulate --against")
    ] = None,
    people: Annotated[int, typer.Option(min=1, max=100_000), phrase("programme simulate --people")] = 1_000,
    until: Annotated[
        datetime | None, typer.Option(formats=DAYS), phrase("programme simulate --until")
    ] = None,
    seed: Annotated[int, typer.Option(), phrase("simulate --seed")] = 1,
    as_json: AsJson = False,
) -> None:
    earners = value_or_reject(read_earners(rates))
    programmes = [value_or_reject(read_programme(folder)) for folder in (root, *filter(None, [against]))]
    end = (until or STARTS).replace(tzinfo=UTC)
    with busy(phrase("simulating")):
        now, *before = [played(programme, earners, people, seed, end) for programme in programmes]
    if as_json:
        told: dict[str, object] = {"people": people, **_to_dict(now)}
        if before:
            told["against"] = _to_dict(before[0])
        print_json(told)
        return
    _print_rules(now.rules, before[0].rules if before else None)
    _print_assets(now, "in the end")
    for one in before:
        _print_assets(one, "in the end against")


def _to_dict(results: Results) -> dict[str, object]:
    assets = {asset: {**dict.fromkeys(Pocket, 0), **amounts} for asset, amounts in results.assets.items()}
    return {"rules": {name: vars(one) for name, one in results.rules.items()}, "assets": assets}


def _print_rules(now: Mapping[str, RuleResult], before: Mapping[str, RuleResult] | None) -> None:
    columns = ("column rule", "column asset", "column people", "column times", "column amount")
    columns += ("column returned", *(("column against",) if before else ()))
    table = Table(*(said(phrase(code)) for code in columns))
    for name in sorted({*now, *(before or {})}):
        earlier = (before or {}).get(name, RuleResult(""))
        result = now.get(name, RuleResult(earlier.asset))
        amounts = (result.people, result.times, result.amount, result.returned)
        cells = (result.asset, *(f"{n:,}" for n in amounts))
        table.add_row(name, *cells, *((f"{earlier.amount:,}",) if before else ()))
    output().print(table)


def _print_assets(results: Results, title: str) -> None:
    pockets = [one for one in Pocket if one is not Pocket.HELD]
    columns = (phrase("column asset"), *(phrase(f"pocket {pocket}") for pocket in pockets))
    table = Table(*map(said, columns), title=said(phrase(title)), title_justify="left")
    for asset, amounts in sorted(results.assets.items()):
        table.add_row(asset, *(f"{amounts[pocket]:,}" for pocket in pockets))
    output().print(table)
