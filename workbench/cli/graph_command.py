"""`wejourney graph`: a journey as a picture."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.cli.options import DEFAULT_RULES, JourneyFile, Language
from workbench.cli.terminal import fail, print_file, read_or_refuse
from workbench.cli.verdict import say_if_refused
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import svg_of


def graph(
    file: JourneyFile,
    *,
    lang: Annotated[Language, typer.Option(help="The language of the picture.")] = Language.EN,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file to write; default: stdout.", dir_okay=False)
    ] = None,
) -> None:
    """Draw a journey as SVG: its messages, questions, answers, waits, branches and ends."""
    if out is None and sys.stdout.isatty():
        fail(f"SVG is not for a terminal: add -o {file.stem}.svg")
    journey, _ = read_or_refuse(file)
    say_if_refused([file], RULE_SETS[DEFAULT_RULES])
    text = svg_of(picture_of(journey, lang.value))
    if out is None:
        print_file(text)
        return
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--out") from error
