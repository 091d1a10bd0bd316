"""Where commands write: what was asked for goes to stdout, complaints go to stderr.

Both are made when they are needed, because the terminal may be another one, or wider, by then. Neither reads
markup or emoji codes, for what followers wrote is text.
"""

import json
import os
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

REFUSED = 1
"""Exit status: a journey, or what it is to be played with, has a mistake."""

DIFFERENT = 1
"""Exit status: two versions are not the same journey."""

NOT_FOUND = 1
"""Exit status: there is no such follower."""

USAGE = 2
"""Exit status: the command cannot be carried out as it was given."""

PIPE_WIDTH = 120
"""Columns where there is no terminal to ask, so that a pipe or a file gets whole tables."""


def output() -> Console:
    """Where a command shows what was asked for."""
    return _console()


def complaints() -> Console:
    """Where a command says what is wrong, and how far it is."""
    return _console(stderr=True)


def fail(message: str, status: int = USAGE) -> NoReturn:
    """End the command with one clear line."""
    complaints().print(message, style="red")
    raise typer.Exit(status)


def print_json(data: Any) -> None:
    """Print for scripts; what JSON does not know is printed as text."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def _console(*, stderr: bool = False) -> Console:
    # Lines are not broken, so that they can be copied and searched; tables fit themselves to the width.
    console = Console(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console
