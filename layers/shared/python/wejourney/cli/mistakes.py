"""The mistakes of a journey file, as every command prints them."""

from collections.abc import Iterable
from pathlib import Path

import typer
from rich.text import Text

from wejourney.cli.terminal import complaints
from wejourney.domain.journeys import Journey
from wejourney.language.mistakes import Mistake
from wejourney.language.reading import Reading, read_file

REFUSED = 1
"""Exit status: a journey has a mistake."""


def print_mistakes(mistakes: Iterable[Mistake]) -> None:
    """One line each, to stderr."""
    console = complaints()
    for mistake in mistakes:
        line = Text(f"{mistake.file}:{mistake.line}:{mistake.column}: ", style="bold")
        line.append(mistake.message, style="not bold red")
        if mistake.hint:
            line.append(f" ({mistake.hint})", style="not bold cyan")
        console.print(line)


def read_or_refuse(file: Path) -> tuple[Journey, Reading]:
    """Read a journey; one with mistakes ends the command after they are printed."""
    reading = read_file(file)
    if reading.journey is None or reading.mistakes:
        print_mistakes(reading.mistakes)
        raise typer.Exit(REFUSED)
    return reading.journey, reading
