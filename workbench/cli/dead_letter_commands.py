"""Commands about events that could not be applied: list them with their reasons, send them back."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from wejourney.adapters.aws.dead_letters import DeadLetter
from workbench.cli.terminal import AsJson, fail, output, print_json
from workbench.operations.target import Stack, open_target


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(name="dead-letters")(dead_letters)


def dead_letters(
    send_back: Annotated[
        list[str] | None, typer.Option(help="The id of a letter to put into the inbox again, or `all`.")
    ] = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the events that were put aside, with their reasons; send them back once the cause is mended."""
    queue = open_target(stack).dead_letters
    letters = list(queue.read())
    wanted = set(send_back or ())
    unknown = wanted - {letter.id for letter in letters} - {"all"}
    if unknown:
        for letter in letters:
            queue.release(letter)
        fail(f"no such letter: {', '.join(sorted(unknown))}")
    returned = [letter for letter in letters if "all" in wanted or letter.id in wanted]
    for letter in letters:
        if letter in returned:
            queue.send_back(letter)
        else:
            queue.release(letter)
    _show(letters, {letter.id for letter in returned}, as_json=as_json)


def _show(letters: Iterable[DeadLetter], returned: set[str], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": one.id,
                "at": one.at.isoformat(),
                "reason": one.reason,
                "body": one.body,
                "sent_back": one.id in returned,
            }
            for one in letters
        ]
        print_json(rows)
        return
    table = Table(title="dead letters", title_justify="left")
    for column in ("id", "put aside (UTC)", "reason", ""):
        table.add_column(column, overflow="fold")
    for one in letters:
        table.add_row(
            one.id, f"{one.at:%Y-%m-%d %H:%M:%S}", one.reason, "sent back" if one.id in returned else ""
        )
    output().print(table if table.row_count else "no dead letters")
