"""`wejourney points trial-balance`, `points liability` and `points check`: the books of everybody."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

from wejourney.loyalty.accounts import Pocket, ProgrammeAccount
from wejourney.loyalty.replay import Comparison
from workbench.cli.commands.loyalty.points_commands import history_or_fail
from workbench.cli.consoles import complaints, output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.person_options import ByMember, ByOpenId, ByPhone, ByUnionId, PersonId
from workbench.cli.progress import progress_bar
from workbench.cli.terminal import MOST_PRINTED, REJECTED, busy, print_file, print_json, said
from workbench.operations.loyalty.auditing import audit_everybody, audit_person
from workbench.operations.loyalty.totals import Totals, totals_of_everybody
from workbench.wording.phrases import phrase


def trial_balance(stack: Stack = None, *, as_json: AsJson = False) -> None:
    totals = _totals(stack)
    sums = {asset: sum(accounts.values()) for asset, accounts in _by_asset(totals).items()}
    if as_json:
        assets = {
            asset: {"accounts": dict(sorted(accounts.items())), "sum": sums[asset]}
            for asset, accounts in _by_asset(totals).items()
        }
        unbalanced = [one._asdict() for one in totals.unbalanced]
        print_json({"books": totals.books, "assets": assets, "unbalanced": unbalanced})
    else:
        _print_trial_balance(totals, sums)
    if totals.unbalanced or any(sums.values()):
        raise typer.Exit(REJECTED)


def liability(
    stack: Stack = None,
    *,
    as_csv: Annotated[bool, typer.Option("--csv"), phrase("points liability --csv")] = False,
    as_json: AsJson = False,
) -> None:
    rows = _liability_rows(_totals(stack))
    if as_json:
        print_json(rows)
    elif as_csv:
        file = io.StringIO()
        writer = csv.DictWriter(file, LIABILITY)
        writer.writeheader()
        writer.writerows(rows)
        print_file(file.getvalue())
    else:
        columns = ("column asset", "column month", *(f"pocket {pocket}" for pocket in SHOWN), "column total")
        table = Table(*(said(phrase(column)) for column in columns))
        for column in table.columns[2:]:
            column.justify = "right"
        for row in rows:
            shown = {**row, "month": row["month"] or said(phrase("for ever"))}
            table.add_row(*(str(shown[column]) for column in LIABILITY))
        output().print(table if rows else said(phrase("no books")))


SHOWN = (Pocket.AVAILABLE, Pocket.HELD, Pocket.PENDING, Pocket.UNCLAIMED, Pocket.OWED)
LIABILITY = ("asset", "month", *SHOWN, "total")
"""The columns of a liability report."""


def _liability_rows(totals: Totals) -> list[dict[str, str | int]]:
    """A row for each month in which something of an asset expires; the last is of what never does."""
    rows = defaultdict[tuple[str, str], dict[str, int]](lambda: dict.fromkeys(map(str, SHOWN), 0))
    for (asset, month, pocket), amount in totals.expiring.items():
        rows[asset, month][pocket] += amount
    order = sorted(rows, key=lambda key: (key[0], key[1] or _LAST_MONTH))
    return [
        {"asset": asset, "month": month, **rows[asset, month], "total": sum(rows[asset, month].values())}
        for asset, month in order
    ]


_LAST_MONTH = "9999-12"


def _totals(stack: str | None) -> Totals:
    target = open_target(stack)
    with progress_bar(phrase("reading books"), None) as tell:
        return totals_of_everybody(target.ledger, tell)


def _by_asset(totals: Totals) -> Mapping[str, dict[str, int]]:
    found = defaultdict[str, dict[str, int]](dict)
    for (asset, account), amount in totals.accounts.items():
        found[asset][account] = amount
    return dict(sorted(found.items()))


def _print_trial_balance(totals: Totals, sums: Mapping[str, int]) -> None:
    table = Table(*(said(phrase(column)) for column in ("column asset", "column account", "column amount")))
    table.columns[2].justify = "right"
    for asset, accounts in _by_asset(totals).items():
        for account in ACCOUNTS:
            if account in accounts:
                table.add_row(asset, said(phrase(account_code(account))), str(accounts[account]))
        table.add_row(asset, said(phrase("column total")), str(sums[asset]), end_section=True)
    output().print(table if totals.books else said(phrase("no books")))
    for one in totals.unbalanced[:MOST_PRINTED]:
        unbalanced = phrase("unbalanced", person=one.person_id, asset=one.asset, sum=one.sum)
        complaints().print(said(unbalanced), style="red")
    told = phrase("trial balance", books=totals.books, n=len(totals.unbalanced))
    output().print(said(told))


ACCOUNTS = (*SHOWN, Pocket.EXPIRED, *(f"programme|{place}" for place in ProgrammeAccount))
"""Those of a trial balance, in its order."""


def account_code(account: str) -> str:
    """The phrase of an account."""
    return account.replace("|", " ") if "|" in account else f"pocket {account}"


def check(
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    if any((person, openid, member, phone, union_id)):
        with busy(phrase("reading books")):
            history = history_or_fail(
                target,
                person=person,
                openid=openid,
                member=member,
                phone=phone,
                union_id=union_id,
                app_id=app_id,
            )
            audit = sum((audit_person(target.ledger, one) for one in history.person_ids), Comparison())
    else:
        with progress_bar(phrase("reading books"), None) as tell:
            audit = audit_everybody(target.ledger, tell)
    if as_json:
        differences = list(map(vars, audit.differences))
        print_json({"books": audit.books, "transactions": audit.transactions, "differences": differences})
    else:
        _print(audit)
    if audit.differences:
        raise typer.Exit(REJECTED)


def _print(audit: Comparison) -> None:
    columns = ("column person", "column asset", "column account", "column in books", "column by transactions")
    table = Table(*(said(phrase(column)) for column in columns))
    for one in audit.differences[:MOST_PRINTED]:
        table.add_row(one.person_id, one.asset, one.account, str(one.books), str(one.transactions))
    if audit.differences:
        output().print(table)
    code = "books differ" if audit.differences else "books agree"
    told = {"books": audit.books, "transactions": audit.transactions, "n": len(audit.differences)}
    output().print(said(phrase(code, **told)))
