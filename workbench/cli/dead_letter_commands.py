"""`wejourney dead-letters`: list the events that could not be processed, and redrive them."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from wejourney.adapters.aws.dead_letters import DeadLetter
from workbench.cli.target import Stack, open_target
from workbench.cli.terminal import AsJson, fail, output, print_json


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(name="dead-letters")(dead_letters)


def dead_letters(
    redrive: Annotated[
        list[str] | None, typer.Option(help="Id of a dead letter to move back to the inbox, or `all`.")
    ] = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List dead letters with their reasons; fix the cause, then redrive them.

    Redriven events are processed after anything newer from that follower.
    """
    queue = open_target(stack).dead_letters
    letters = list(queue.read())
    wanted = set(redrive or ())
    unknown = wanted - {letter.id for letter in letters} - {"all"}
    if unknown:
        for letter in letters:
            queue.release(letter)
        fail(f"no dead letter has the id {', '.join(sorted(unknown))}; list them without --redrive")
    redriven = {letter.id for letter in letters if "all" in wanted or letter.id in wanted}
    for letter in letters:
        if letter.id in redriven:
            queue.redrive(letter)
        else:
            queue.release(letter)
    _show(letters, redriven, as_json=as_json)


def _show(letters: Iterable[DeadLetter], redriven: set[str], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": letter.id,
                "at": letter.at.isoformat(),
                "reason": letter.reason,
                "body": letter.body,
                "redriven": letter.id in redriven,
            }
            for letter in letters
        ]
        print_json(rows)
        return
    table = Table(title="dead letters", title_justify="left")
    for column in ("id", "failed at (UTC)", "reason", ""):
        table.add_column(column, overflow="fold")
    for letter in letters:
        outcome = "redriven" if letter.id in redriven else ""
        table.add_row(letter.id, f"{letter.at:%Y-%m-%d %H:%M:%S}", letter.reason, outcome)
    output().print(table if table.row_count else "no dead letters")
