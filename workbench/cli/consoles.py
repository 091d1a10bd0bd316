"""The terminal or the pipe that commands write to.

Consoles are made per call, because the terminal's width can change in between. They interpret neither markup
nor emoji codes: followers' texts are printed as they are.
"""

import io
import os
import sys

from rich.console import Console

PIPE_WIDTH = 120
"""Width in columns when the output is a pipe or a file, so that tables are not cut."""


def output() -> Console:
    """The console for results."""
    return _console(stderr=False)


def complaints() -> Console:
    """The console for errors and progress."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # Lines are not wrapped, so that they can be copied and searched; tables fit the width.
    console = Console(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def replace_missing_characters() -> None:
    """Print `?` for what the encoding of stdout or stderr does not have, such as an emoji in GBK."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
