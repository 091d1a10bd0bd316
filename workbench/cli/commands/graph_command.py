"""`wejourney graph`: a journey as a picture."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.cli.options import DEFAULT_RULES, JourneyFile
from workbench.cli.spoken import language
from workbench.cli.terminal import fail, print_file
from workbench.cli.verdict import read_or_reject, say_if_rejected
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import svg_of
from workbench.project import os_error, write_file
from workbench.wording.phrases import phrase

_FORMATS = (".svg", ".png")


def graph(
    file: JourneyFile,
    *,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", dir_okay=False),
        phrase("graph --out"),
    ] = None,
) -> None:
    if out is None and sys.stdout.isatty():
        fail(phrase("no picture on a terminal", file=f"{file.stem}.svg"))
    if out is not None and out.suffix.lower() not in _FORMATS:
        fail(phrase("unknown picture format", file=out.name, formats=_FORMATS))
    checked, (journey,) = read_or_reject([file])
    say_if_rejected(checked, RULE_SETS[DEFAULT_RULES])
    text = svg_of(picture_of(journey, language()))
    if out is None:
        print_file(text)
        return
    data = text.encode() if out.suffix.lower() == ".svg" else _png(text)
    try:
        write_file(out, data)
    except OSError as error:
        fail(phrase("cannot write", file=str(out), why=os_error(error)))


def _png(svg: str) -> bytes:
    png = import_module("workbench.drawing.png")
    try:
        data: bytes = png.png_of(svg)
    except png.NoFontError as error:
        fail(phrase("no font", letter=error.letter))
    return data
