"""`wejourney graph`: draw a journey."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.mistakes import read_or_refuse
from workbench.cli.options import Language
from workbench.cli.terminal import fail
from workbench.drawing.mermaid import mermaid_of
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import svg_of


class Format(StrEnum):
    """`--format`."""

    SVG = "svg"
    MERMAID = "mermaid"


_WRITERS = {Format.SVG: svg_of, Format.MERMAID: mermaid_of}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("graph")(graph)


def graph(
    file: Annotated[Path, typer.Argument(help="A journey file.", exists=True, dir_okay=False)],
    *,
    lang: Annotated[Language, typer.Option(help="The language of the picture.")] = Language.EN,
    as_format: Annotated[
        Format, typer.Option("--format", help="An SVG picture, or a Mermaid flowchart as text.")
    ] = (Format.SVG),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The file to write; default: stdout.", dir_okay=False),
    ] = None,
) -> None:
    """Draw a journey: its messages, questions, answers, waits, branches and ends."""
    if out is None and as_format is Format.SVG and sys.stdout.isatty():
        fail(f"SVG is not for a terminal: add -o {file.stem}.svg, or --format mermaid for text")
    journey, _ = read_or_refuse(file)
    text = _WRITERS[as_format](picture_of(journey, lang.value))
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--out") from error
