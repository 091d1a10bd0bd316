"""`wejourney qr`: QR codes, what each stands for, their pictures, and what they have brought."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

import typer
from rich.table import Table

from wejourney.journeys.counting import CODES
from wejourney.people.code_counts import CodeCount
from wejourney.people.codes import SHARED_FROM, Code, CodeKind, SourceClass, mini_scene
from wejourney.people.counters import day_of
from wejourney.plain_data import to_plain
from wejourney.services.create_code import LONGEST_LIFE, CodeOrder, MadeCode
from wejourney.text import encodable
from workbench.cli.consoles import complaints, output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import DAYS, AsJson, named_values
from workbench.cli.progress import progress_bar
from workbench.cli.terminal import MOST_PRINTED, REJECTED, fail, print_json, print_json_list, said, yuan
from workbench.language.durations import InvalidDurationError, parse_duration
from workbench.operations.code_batch import (
    BatchStoppedError,
    CodeBatch,
    Pace,
    UnreadableBatchError,
    read_orders,
)
from workbench.operations.code_report import CODE, CodeLine, code_lines, total_of
from workbench.operations.codes import CodeNotMadeError, code_orders, write_pictures_of
from workbench.operations.target import Target
from workbench.wording.phrases import Phrase, phrase

CodeName = Annotated[str, typer.Argument(), phrase("qr name")]
Pictures = Annotated[Path | None, typer.Option("--out", "-o", file_okay=False), phrase("qr --out")]


def create(  # noqa: PLR0913 - the options of a command
    name: CodeName,
    facts: Annotated[list[str], typer.Argument(), phrase("qr facts")],
    *,
    source_class: Annotated[
        str | None, typer.Option("--class"), phrase("qr --class", names=tuple(SourceClass))
    ] = None,
    team: Annotated[str | None, typer.Option(), phrase("qr --team")] = None,
    labels: Annotated[str | None, typer.Option(), phrase("qr --labels")] = None,
    opens: Annotated[str | None, typer.Option(), phrase("qr --opens")] = None,
    closes: Annotated[str | None, typer.Option(), phrase("qr --closes")] = None,
    lasts: Annotated[str | None, typer.Option(), phrase("qr --lasts")] = None,
    page: Annotated[str | None, typer.Option(), phrase("qr --page")] = None,
    shared_from: Annotated[str | None, typer.Option(), phrase("qr --shared-from")] = None,
    update: Annotated[bool, typer.Option("--update"), phrase("qr --update")] = False,
    out: Pictures = None,
    app_id: AppId = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    known = named_values(facts)
    target = open_target(stack)
    order = CodeOrder(
        app_id=app_id or target.app_id,
        # The first fact says what the code stands for.
        kind="" if shared_from else next(iter(known)),
        source_class=source_class or "",
        facts=known,
        name=encodable(name),
        team=encodable(team or ""),
        labels=tuple(filter(None, encodable(labels or "").split(","))),
        opens=encodable(opens or ""),
        closes=encodable(closes or ""),
        lasts=0 if lasts is None else _seconds(lasts),
        page=encodable(page or ""),
        shared_from=encodable(shared_from or ""),
        update=update,
    )
    try:
        made = code_orders(target)(order)
    except CodeNotMadeError as error:
        fail(error.problem, REJECTED)
    _show(made, out, target.clock.now(), as_json=as_json)


def batch(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False), phrase("qr file")],
    *,
    update: Annotated[bool, typer.Option("--update"), phrase("qr --update")] = False,
    out: Pictures = None,
    app_id: AppId = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    now = target.clock.now()
    try:
        orders = read_orders(file, app_id or target.app_id, now, update=update)
    except UnreadableBatchError as error:
        fail(error.problem, REJECTED)
    found = CodeBatch(
        file,
        orders,
        target.stack,
        lambda made: write_pictures_of(made, out, now) if out is not None else (),
        with_pictures=out is not None,
    )
    there = found.resume()
    stopped = _make_all(found, target)
    n = {"made": len(orders) - there - len(found.left) - len(found.rejected), "there": there}
    n |= {"left": len(found.left), "rejected": len(found.rejected)}
    if as_json:
        print_json({**n, "reasons": {name: said(why) for name, why in found.rejected.items()}})
    else:
        output().print(said(phrase("batch summary", file=str(found.results), **n)))
        for name, why in list(found.rejected.items())[:MOST_PRINTED]:
            output().print(f"{name}: {said(why)}")
    if stopped is not None:
        fail(phrase("batch stopped", why=stopped), REJECTED)
    if found.rejected:
        raise typer.Exit(REJECTED)


def _make_all(found: CodeBatch, target: Target) -> Phrase | None:
    """Make all codes that are left; what WeChat says if it makes no more."""
    n = len(found.orders)
    try:
        with progress_bar(phrase("batch progress"), n) as tell:
            found.make(
                code_orders(target), Pace(monotonic, sleep), tell, lambda why: complaints().print(said(why))
            )
    except BatchStoppedError as error:
        return error.problem
    except BaseException:
        told = phrase("batch interrupted", done=n - len(found.left), n=n)
        complaints().print(said(told), style="red")
        raise
    return None


def list_(app_id: AppId = None, stack: Stack = None, *, as_json: AsJson = False) -> None:
    target = open_target(stack)
    codes = target.codes.all(app_id or target.app_id)
    if as_json:
        print_json_list(map(to_plain, codes))
        return
    table, now = Table(), target.clock.now()
    for column in ("name", "class", "facts", "team", "status"):
        table.add_column(said(phrase(f"code {column}")))
    for code in codes:
        table.add_row(code.name, code.source_class, _facts(code), code.team, _status(code, now))
    if table.row_count:
        output().print(table)
    output().print(said(phrase("codes", n=table.row_count)))


def show(
    name: CodeName,
    out: Pictures = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    scenes, account = dict.fromkeys((name, mini_scene(name))), app_id or target.app_id
    code = next(filter(None, (target.codes.find(account, scene) for scene in scenes)), None)
    if code is None:
        fail(phrase("no such code", name=name), REJECTED)
    _show(MadeCode(code), out, target.clock.now(), as_json=as_json)


REPORTED = 30
"""Days of a report that names no period, today included."""

_BY = (CODE, "class", *CodeKind)


def report(
    which: Annotated[list[str] | None, typer.Argument(), phrase("qr which")] = None,
    *,
    by: Annotated[str, typer.Option("--by"), phrase("qr --by", names=_BY)] = CODE,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAYS), phrase("qr --from", days=REPORTED)
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=DAYS), phrase("qr --to")] = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    if by not in _BY:
        fail(phrase("unknown fact", name=by, names=_BY))
    facts = named_values(text for text in which or () if "=" in text)
    if unknown := next((name for name in facts if name not in _BY[1:]), None):
        fail(phrase("unknown fact", name=unknown, names=_BY[1:]))
    names = [encodable(text) for text in which or () if "=" not in text]
    target = open_target(stack)
    end = until.date() if until else date.fromordinal(day_of(target.clock.now()) + 1)
    begin = since.date() if since else end - timedelta(days=REPORTED)
    if begin >= end:
        fail(phrase("report no days"))
    lines = code_lines(target.counters.of_group(CODES, begin, end), names, facts, by)
    if as_json:
        period = {"from": str(begin), "to": str(end), "by": by}
        print_json({**period, "lines": [line.to_dict() for line in lines]})
        return
    output().print(said(phrase("report period", first=begin, last=end - timedelta(days=1))))
    if not lines:
        output().print(said(phrase("report empty")))
        return
    output().print(_report_table("report reach", by, lines, _REACH))
    output().print(_report_table("report sales", by, lines, _SALES))


_REACH = (CodeCount.SCANS, CodeCount.ELSEWHERE, CodeCount.FOLLOWS, CodeCount.PEOPLE)
_SALES = tuple(what for what in CodeCount if what not in _REACH)
_MONEY = (CodeCount.FIRST_REVENUE, CodeCount.FIRST_REFUNDS, CodeCount.LAST_REVENUE)


def _report_table(title: str, by: str, lines: list[CodeLine], columns: Iterable[CodeCount]) -> Table:
    """The lines of a report, and their sum below them."""
    table = Table(title=said(phrase(title)), title_justify="left")
    table.add_column(said(phrase(f"by {by}")))
    for what in columns:
        table.add_column(said(phrase(f"report {what}")), justify="right")
    for line in lines:
        table.add_row(line.name or "–", *(_amount(line, what) for what in columns))
    if len(lines) > 1:
        total = total_of(lines)
        table.add_section()
        table.add_row(said(phrase("report total")), *(_amount(total, what) for what in columns))
    return table


def _amount(line: CodeLine, what: CodeCount) -> str:
    number = line.counts[what]
    return yuan(number) if what in _MONEY else f"{number:,}"


def _show(made: MadeCode, out: Path | None, now: datetime, *, as_json: bool) -> None:
    code, pictures = made.code, tuple[Path, ...]()
    if out is not None:
        pictures = write_pictures_of(made, out, now)
        if not pictures:
            fail(phrase("code has no picture", name=code.name), REJECTED)
    if as_json:
        print_json({**to_plain(code), "pictures": list(map(str, pictures))})
        return
    table = Table(show_header=False, title=code.name, title_justify="left")
    rows = {
        "kind": code.kind,
        "class": code.source_class,
        "facts": _facts(code),
        "team": code.team,
        "labels": ", ".join(code.labels),
        "window": " – ".join(_minute(at) for at in (code.opens_at, code.closes_at)) if code.closes_at else "",
        "status": _status(code, now),
        "scene": code.scene if code.scene != code.name else "",
        "page": code.page,
        "url": code.url,
        "pictures": ", ".join(map(str, pictures)),
    }
    for row, value in rows.items():
        if value:
            table.add_row(said(phrase(f"code {row}")), value)
    output().print(table)


def _facts(code: Code) -> str:
    return ", ".join(f"{name}={value}" for name, value in code.facts.items() if name != SHARED_FROM)


def _status(code: Code, now: datetime) -> str:
    """Whether the code works now, and until when."""
    if not code.is_made:
        return said(phrase("code not made"))
    if code.has_expired(now):
        return said(phrase("code expired", at=_minute(code.expires_at)))
    status = code.status(now)
    parts = [phrase(f"code {status.value}")] if status is not None else []
    parts += [phrase("code expires", at=_minute(code.expires_at))] if code.expires_at else []
    return ", ".join(map(said, parts)) or said(phrase("code permanent"))


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%MZ}" if at is not None else "…"


def _seconds(text: str) -> int:
    try:
        return parse_duration(text, LONGEST_LIFE)
    except InvalidDurationError as error:
        fail(phrase("code duration", problem=error.message, hint=error.hint))
