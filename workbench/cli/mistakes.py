"""Print the errors of journey, persona and rates files, the same way in every command."""

from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import typer
from rich.text import Text

from workbench.cli.terminal import REFUSED, complaints
from workbench.language.journey import Journey
from workbench.language.mistakes import FileReading, Mistake
from workbench.language.reading import Reading, read_file


def print_mistakes(mistakes: Iterable[Mistake]) -> None:
    """One line each, to stderr."""
    console = complaints()
    for mistake in mistakes:
        line = Text(f"{mistake.file}:{mistake.line}:{mistake.column}: ", style="bold")
        line.append(mistake.message, style="not bold red")
        if mistake.hint:
            line.append(f" ({mistake.hint})", style="not bold cyan")
        console.print(line)


def refuse(mistakes: Iterable[Mistake], status: int = REFUSED) -> NoReturn:
    """Print these errors and end the command."""
    print_mistakes(mistakes)
    raise typer.Exit(status)


def read_or_refuse(file: Path) -> tuple[Journey, Reading]:
    """Read a journey; errors are printed and end the command."""
    reading = read_file(file)
    return journey_or_refuse(reading), reading


def journey_or_refuse(reading: Reading, status: int = REFUSED) -> Journey:
    """The journey; errors are printed and end the command."""
    if reading.journey is None or reading.mistakes:
        refuse(reading.mistakes, status)
    return reading.journey


def value_or_refuse[T](reading: FileReading[T], status: int = REFUSED) -> T:
    """The value of a persona or rates file; errors are printed and end the command."""
    if reading.value is None:
        refuse(reading.mistakes, status)
    return reading.value
