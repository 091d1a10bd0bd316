"""The terminal or the pipe that commands write to.

Consoles are made per call, because the terminal's width can change in between. They interpret neither markup
nor emoji codes: followers' texts are printed as they are.
"""

import io
import os
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

PIPE_WIDTH = 120
"""Width in columns when the output is a pipe or a file, so that tables are not cut."""


_ANY_WIDTH = 10_000

NARROW = 80
"""Columns. On a terminal with less, a table that does not fit has no frame."""


class Terminal(Console):
    """A console on which no table is cut."""

    def print(self, *objects: Any, **options: Any) -> None:
        for table in objects:
            if isinstance(table, Table):
                self._fit(table)
        super().print(*objects, **options)

    def _fit(self, table: Table) -> None:
        """Texts that are too long go on in the next line, and so does everything on a narrow terminal."""
        for column in table.columns:
            column.overflow = "fold"
        whole = table.__rich_measure__(self, self.options.update(max_width=_ANY_WIDTH)).maximum
        if whole > self.width and self.width < NARROW:
            table.box, table.pad_edge, table.padding = None, False, (0, 1, 0, 0)
            for column in table.columns:
                column.no_wrap = False


def output() -> Console:
    """The console for results."""
    return _console(stderr=False)


def complaints() -> Console:
    """The console for errors and progress."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # Lines are not wrapped, so that they can be copied and searched; tables fit the width.
    console = Terminal(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def replace_missing_characters() -> None:
    """Print `?` for what the encoding of stdout or stderr does not have, such as an emoji in GBK."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
