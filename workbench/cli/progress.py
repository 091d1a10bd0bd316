"""The progress of a command that works through many things."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from workbench.cli.consoles import complaints
from workbench.cli.terminal import said
from workbench.wording.phrases import Phrase


@contextmanager
def progress_bar(doing: Phrase, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; what it gives is called with how much is done, of the total if that is known."""
    console = complaints()
    known = (TaskProgressColumn(), TimeRemainingColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), *(known if total else (MofNCompleteColumn(),)))
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(said(doing), total=total)
        yield lambda done: bar.update(task, completed=done)
