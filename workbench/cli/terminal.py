"""What commands write, results to stdout, errors and progress to stderr; and the exit statuses."""

import json
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn

import typer
from rich.table import Table
from rich.text import Text

from workbench.cli.consoles import complaints
from workbench.cli.spoken import language
from workbench.language.journey import Journey
from workbench.language.mistakes import FileReading, InWords, Mistake, PathStep
from workbench.language.reading import Reading
from workbench.wording.journey_parts import Wording
from workbench.wording.phrases import phrase

REJECTED = 1
"""Exit status: something is rejected, differs or does not exist."""

USAGE = 2
"""Exit status: usage error."""

COMMAND = "uv run wejourney" if "UV_RUN_RECURSION_DEPTH" in os.environ else "wejourney"
"""How a person calls this command: in the repository through uv, which leaves that mark, or from a wheel."""


@contextmanager
def busy(doing: InWords, *, shown: bool = True) -> Iterator[None]:
    """Show on a terminal that a command works, while it has nothing to print yet."""
    console = complaints()
    if not (shown and console.is_terminal):
        yield
        return
    with console.status(doing.in_words(language())):
        yield


def print_json(data: Any) -> None:
    """Print JSON; values of other types are printed as text."""
    typer.echo(json.dumps(data, ensure_ascii=not _prints_unicode(), indent=2, default=str))


def print_json_list(rows: Iterable[Any]) -> None:
    """Print a JSON list row by row: it may be of any length."""
    separator = "["
    for row in rows:
        typer.echo(f"{separator}\n  {json.dumps(row, ensure_ascii=not _prints_unicode())}", nl=False)
        separator = ","
    typer.echo("[]" if separator == "[" else "\n]")


def _prints_unicode() -> bool:
    """Whether stdout has every character. JSON can say the others in another way."""
    return (sys.stdout.encoding or "").casefold().startswith("utf")


def print_file(text: str) -> None:
    """Print what is to be a file, in UTF-8 whatever the terminal reads."""
    typer.echo(text.encode(), nl=False)


def said(what: InWords) -> str:
    """In the language of this command."""
    return what.in_words(language())


def yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"


def fail(message: InWords, status: int = USAGE) -> NoReturn:
    """Print one line to stderr and end the command."""
    complaints().print(said(message), style="red")
    raise typer.Exit(status)


# --- errors in journey, persona and rates files ------------------------------------------------------


MOST_PRINTED = 50
"""Mistakes that are printed one by one."""


def print_mistakes(mistakes: Collection[Mistake]) -> None:
    """One line each, to stderr, and below it the path to it, if there is one, with what is still allowed."""
    console = complaints()
    for mistake in islice(mistakes, MOST_PRINTED):
        line = Text(f"{mistake.file}:{mistake.line}:{mistake.column}: ", style="bold")
        line.append(mistake.problem.in_words(language()), style="not bold red")
        if mistake.advice is not None:
            line.append(
                Wording(language()).say("note", text=mistake.advice_in(language())), style="not bold cyan"
            )
        console.print(line)
        if mistake.path:
            console.print(_path_table(mistake.path))
    if len(mistakes) > MOST_PRINTED:
        console.print(said(phrase("more errors", n=len(mistakes) - MOST_PRINTED)), style="red")


def _path_table(path: Iterable[PathStep]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for step in path:
        left = (allowance.in_words(language()) for allowance in step.left)
        words = step.words.in_words(language())
        table.add_row(
            "", step.clock.in_words(language()), f"{step.line}:{step.column}", words, ", ".join(left)
        )
    return table


def reject(mistakes: Collection[Mistake], status: int = REJECTED) -> NoReturn:
    """Print these errors and end the command."""
    print_mistakes(mistakes)
    raise typer.Exit(status)


def journey_or_reject(reading: Reading, status: int = REJECTED) -> Journey:
    """The journey; errors are printed and end the command."""
    if reading.journey is None or reading.mistakes:
        reject(reading.mistakes, status)
    return reading.journey


def value_or_reject[T](reading: FileReading[T], status: int = REJECTED) -> T:
    """The value of a persona or rates file; errors are printed and end the command."""
    if reading.value is None:
        reject(reading.mistakes, status)
    return reading.value
