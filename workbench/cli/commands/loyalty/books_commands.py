"""`wejourney points check`: the books of everybody."""

import typer
from rich.table import Table

from workbench.cli.commands.loyalty.points_commands import history_or_fail
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.person_options import ByMember, ByOpenId, ByPhone, ByUnionId, PersonId
from workbench.cli.progress import progress_bar
from workbench.cli.terminal import MOST_PRINTED, REJECTED, busy, print_json, said
from workbench.operations.loyalty.auditing import Audit, audit_everybody, audit_person
from workbench.wording.phrases import phrase


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
            audit = sum((audit_person(target.books, one) for one in history.person_ids), Audit())
    else:
        with progress_bar(phrase("reading books"), None) as tell:
            audit = audit_everybody(target.books, tell)
    if as_json:
        differences = list(map(vars, audit.differences))
        print_json({"books": audit.books, "transactions": audit.transactions, "differences": differences})
    else:
        _print(audit)
    if audit.differences:
        raise typer.Exit(REJECTED)


def _print(audit: Audit) -> None:
    columns = ("column person", "column asset", "column account", "column in books", "column by transactions")
    table = Table(*(said(phrase(column)) for column in columns))
    for one in audit.differences[:MOST_PRINTED]:
        table.add_row(one.person_id, one.asset, one.account, str(one.books), str(one.transactions))
    if audit.differences:
        output().print(table)
    code = "books differ" if audit.differences else "books agree"
    told = {"books": audit.books, "transactions": audit.transactions, "n": len(audit.differences)}
    output().print(said(phrase(code, **told)))
