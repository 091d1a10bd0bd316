"""Where commands write: results to stdout, errors and progress to stderr.

Consoles are made per call, because the terminal's width can change in between. They interpret neither markup
nor emoji codes: followers' texts are printed as they are.
"""

import json
import os
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

REFUSED = 1
"""Exit status: a journey, persona or rates file was rejected."""

DIFFERENT = 1
"""Exit status: two versions of a journey differ."""

NOT_FOUND = 1
"""Exit status: the follower does not exist."""

USAGE = 2
"""Exit status: usage error."""

PIPE_WIDTH = 120
"""Width in columns when the output is a pipe or a file, so that tables are not cut."""


COMMAND = "uv run wejourney" if "UV_RUN_RECURSION_DEPTH" in os.environ else "wejourney"
"""How a person calls this command: in the repository through uv, which leaves that mark, or from a wheel."""


def output() -> Console:
    """The console for results."""
    return _console()


def complaints() -> Console:
    """The console for errors and progress."""
    return _console(stderr=True)


def fail(message: str, status: int = USAGE) -> NoReturn:
    """Print one line to stderr and end the command."""
    complaints().print(message, style="red")
    raise typer.Exit(status)


def print_json(data: Any) -> None:
    """Print JSON; values of other types are printed as text."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def _console(*, stderr: bool = False) -> Console:
    # Lines are not wrapped, so that they can be copied and searched; tables fit the width.
    console = Console(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console
