"""`wejourney trade-bill`: what the import of a trade bill of WeChat Pay would bring."""

import zlib
from gzip import BadGzipFile
from pathlib import Path
from typing import Annotated

import typer

from wejourney.wire.pay.trade_bill import UnreadableBillError
from workbench.cli.consoles import output
from workbench.cli.failures import fail_at_file
from workbench.cli.options import AsJson
from workbench.cli.terminal import MOST_PRINTED, REJECTED, fail, print_json, said, yuan
from workbench.operations.trade_bills import BillContents, NotTextError, contents_of
from workbench.wording.phrases import phrase


def trade_bill(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False), phrase("trade-bill file")],
    *,
    as_json: AsJson = False,
) -> None:
    found = _read(file)
    if as_json:
        print_json({**vars(found), "odd": [vars(row) for row in found.odd]})
    else:
        _print(file, found)
    if found.odd:
        raise typer.Exit(REJECTED)


def _read(file: Path) -> BillContents:
    try:
        return contents_of(file)
    except UnreadableBillError as error:
        why = phrase("bill lacks", names=error.missing) if error.missing else phrase("bill is cut short")
        fail(phrase("no trade bill", file=str(file), why=why), REJECTED)
    except (NotTextError, EOFError, zlib.error, BadGzipFile):
        fail(phrase("no trade bill", file=str(file), why=phrase("bill is no text")), REJECTED)
    except OSError as error:
        fail_at_file(error)


def _print(file: Path, found: BillContents) -> None:
    console = output()
    for row in found.odd[:MOST_PRINTED]:
        where = phrase("odd column", name=row.column) if row.column else phrase("odd columns")
        console.print(said(phrase("odd row", file=str(file), line=row.line, where=where)), style="red")
    if len(found.odd) > MOST_PRINTED:
        console.print(said(phrase("more odd rows", n=len(found.odd) - MOST_PRINTED)), style="red")
    console.print(said(phrase("bill payments", n=found.payments, yuan=yuan(found.paid))))
    console.print(said(phrase("bill refunds", n=found.refunds, yuan=yuan(found.refunded))))
    if found.pending_refunds:
        console.print(said(phrase("bill pending", n=found.pending_refunds)))
