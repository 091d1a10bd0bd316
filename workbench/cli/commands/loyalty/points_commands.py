"""`wejourney points statement`, `points balance` and `points adjust`: the books of one person."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from wejourney.errors import LedgerBusyError, PostingConflictError, StaleBooksError
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.books import Books
from wejourney.loyalty.transactions import Transaction
from wejourney.text import encodable
from workbench.checks.people_files import read_people_files
from workbench.cli.consoles import complaints, output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import AsJson, Root
from workbench.cli.person_options import ByMember, ByOpenId, ByPhone, ByUnionId, PersonId, person_or_fail
from workbench.cli.terminal import REJECTED, busy, fail, print_json, said, value_or_reject
from workbench.operations.loyalty.adjusting import Adjustment, adjust_books
from workbench.operations.loyalty.histories import Asking, History, InvalidPlaceError
from workbench.operations.target import Target
from workbench.programme.files import read_programme
from workbench.wording.phrases import phrase

Asset = Annotated[str, typer.Option("--asset"), phrase("points --asset")]


def statement(  # noqa: PLR0913 - each is an option
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    asset: Asset = POINTS,
    since: Annotated[datetime | None, typer.Option(), phrase("points statement --since")] = None,
    until: Annotated[datetime | None, typer.Option(), phrase("points statement --until")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000), phrase("points statement --most")] = 50,
    after: Annotated[str | None, typer.Option(), phrase("points statement --after")] = None,
    oldest_first: Annotated[
        bool, typer.Option("--oldest-first"), phrase("points statement --oldest-first")
    ] = False,
    as_json: AsJson = False,
) -> None:
    history = history_or_fail(
        open_target(stack),
        asset,
        person=person,
        openid=openid,
        member=member,
        phone=phone,
        union_id=union_id,
        app_id=app_id,
    )
    asking = Asking(most, after, _utc(since), _utc(until), oldest_first)
    try:
        with busy(phrase("reading books")):
            page = history.page(asking)
    except InvalidPlaceError:
        fail(phrase("no page ends here", text=after or ""))
    except StaleBooksError:
        fail(phrase("books keep changing"), REJECTED)
    if as_json:
        lines = [line.to_dict() for line in page.lines]
        print_json(
            {"person": history.person_ids[0], "asset": asset, "transactions": lines, "next": page.next}
        )
        return
    columns = ("column time", "column kind", "column cause", "column moved", "column after")
    title = said(phrase("books of", asset=asset, person=history.person_ids[0]))
    table = Table(*(said(phrase(column)) for column in columns), title=title, title_justify="left")
    for line in page.lines:
        table.add_row(
            f"{line.transaction.effective_at:%Y-%m-%d %H:%M:%S}",
            said(phrase(f"kind {line.transaction.kind}")),
            _cause(line.transaction),
            _in_words(line.moved, sign="+"),
            _in_words(line.balance),
        )
    output().print(table if page.lines else said(phrase("no transactions")))
    if page.next is not None:
        output().print(said(phrase("next page", after=page.next)))


def balance(  # noqa: PLR0913 - each is an option
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    asset: Asset = POINTS,
    at: Annotated[datetime | None, typer.Option(), phrase("points balance --at")] = None,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    history = history_or_fail(
        target,
        asset,
        person=person,
        openid=openid,
        member=member,
        phone=phone,
        union_id=union_id,
        app_id=app_id,
    )
    try:
        with busy(phrase("reading books"), shown=at is not None):
            books = Books(history.lots(_utc(at)))
    except StaleBooksError:
        fail(phrase("books keep changing"), REJECTED)
    moment = _utc(at) or target.clock.now()
    if as_json:
        lots = [{**vars(lot), "amount": amount} for lot, amount in books.of(*Pocket).items()]
        about = {"person": history.person_ids[0], "asset": asset, "at": moment.isoformat()}
        print_json({**about, **vars(books.balance), "lots": lots})
        return
    title = phrase("books at", asset=asset, person=history.person_ids[0], at=f"{moment:%Y-%m-%d %H:%M:%S}")
    columns = ("column amount", "column pocket", "column expires", "column due")
    table = Table(*(said(phrase(column)) for column in columns), title=said(title), title_justify="left")
    for lot, amount in books.of(*Pocket).items():
        table.add_row(str(amount), *_lot_in_words(lot))
    output().print(table)
    output().print(said(phrase("spendable", amount=books.available)))
    if books.balance.expires_on:
        told = books.balance
        output().print(said(phrase("next expiry", amount=told.expiring, day=told.expires_on)))


def history_or_fail(
    target: Target, asset: str = POINTS, *, person: str | None, **named: str | None
) -> History:
    """The books of a person, or of somebody who was erased, by our own id."""
    is_id = person is not None and not any(value for name, value in named.items() if name != "app_id")
    if person is not None and is_id and target.followers.person(person) is None:
        erased = History(target.ledger, (person,), asset)
        if erased.books():
            return erased
    return History.of(target.ledger, person_or_fail(target, person=person, **named), asset)


def _in_words(amounts: Mapping[Any, int], sign: str = "") -> str:
    parts = (
        phrase("amount in pocket", amount=f"{amount:{sign}}", pocket=phrase(f"pocket {pocket}"))
        for pocket, amount in amounts.items()
        if amount
    )
    return said(phrase("parts", parts=tuple(parts))) or "0"


def _cause(transaction: Transaction) -> str:
    """Which rule, or which step of which journey, for what reason, and the event or the run."""
    cause = transaction.cause
    step = cause.id.rpartition("#")[2]
    parts = (
        phrase("cause rule", rule=cause.rule, version=cause.version) if cause.rule else None,
        phrase("cause journey", journey=cause.journey, version=cause.version, step=step)
        if cause.journey
        else None,
        cause.reason,
        phrase("cause reverses", id=transaction.reverses) if transaction.reverses else None,
        cause.id,
    )
    return said(phrase("parts", parts=tuple(filter(None, parts))))


def _lot_in_words(lot: Lot) -> tuple[str, str, str]:
    when = phrase("lot due", day=lot.due) if lot.due else phrase("lot hold", hold=lot.hold)
    until = lot.expires or said(phrase("for ever"))
    return said(phrase(f"pocket {lot.pocket}")), until, said(when) if lot.due or lot.hold else ""


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None else None


_AMOUNT = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_LONGEST_TEXT = 200


def adjust(  # noqa: PLR0913 - each is an option
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    by: Annotated[str, typer.Option("--by"), phrase("points adjust --by")],
    reason: Annotated[str, typer.Option("--reason"), phrase("points adjust --reason")],
    asset: Asset = POINTS,
    key: Annotated[str | None, typer.Option("--key"), phrase("points adjust --key")] = None,
    root: Root = Path(),
    yes: Annotated[bool, typer.Option("--yes"), phrase("points adjust --yes")] = False,
    as_json: AsJson = False,
) -> None:
    if not _AMOUNT.fullmatch(by) or int(by) == 0:
        fail(phrase("no whole amount", text=by))
    if max(len(reason), len(key or "")) > _LONGEST_TEXT:
        fail(phrase("reason and key", n=_LONGEST_TEXT))
    programme = value_or_reject(read_programme(root))
    if asset != POINTS and asset not in programme.assets:
        fail(phrase("undeclared asset", name=asset))
    target = open_target(stack)
    found = person_or_fail(
        target, person=person, openid=openid, member=member, phone=phone, union_id=union_id, app_id=app_id
    )
    adjustment = Adjustment(encodable(key or uuid.uuid4().hex), asset, int(by), encodable(reason).strip())
    question = phrase("adjust books", asset=asset, person=found.person_id, amount=f"{int(by):+}")
    if not yes and not typer.confirm(said(question), err=True):
        fail(phrase("nothing adjusted"), REJECTED)
    # Before it is posted: who does not hear how that ended, repeats it with this key.
    complaints().print(said(phrase("adjustment key", key=adjustment.key)))
    try:
        books = adjust_books(target, found, adjustment, programme, read_people_files(root).rules.profile)
    except PostingConflictError:
        fail(phrase("key of another", key=adjustment.key), REJECTED)
    except LedgerBusyError:
        fail(phrase("books keep changing"), REJECTED)
    if as_json:
        print_json({"person": found.person_id, **vars(adjustment), "balance": vars(books.balance)})
        return
    output().print(said(phrase("adjusted", asset=asset, person=found.person_id, amount=books.available)))
