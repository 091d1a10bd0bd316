"""The progress of a command that works through many things."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from workbench.cli.consoles import complaints
from workbench.cli.terminal import said
from workbench.wording.phrases import Phrase


@contextmanager
def progress_bar(doing: Phrase, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; what it gives is called with how much of the total is done."""
    console = complaints()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(said(doing), total=total)
        yield lambda done: bar.update(task, completed=done)
