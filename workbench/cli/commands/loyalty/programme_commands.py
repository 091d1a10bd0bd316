"""`wejourney programme backfill`: a new rule for what has happened already."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from workbench.checks.people_files import read_people_files
from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import DAYS, AsJson, Root
from workbench.cli.terminal import busy, fail, print_json, said, value_or_reject
from workbench.language.mistakes import nearest
from workbench.operations.loyalty.backfill import Backfill, Given
from workbench.programme.files import PROGRAMME, read_programme
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
