"""`wejourney dead-letters`: list the events that could not be processed, and redrive them."""

from typing import Annotated

import typer
from rich.table import Column, Table

from workbench.cli.options import AsJson, Stack, open_target
from workbench.cli.terminal import fail, output, print_json


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
    redriven: set[str] = set()
    for letter in letters:
        if not unknown and ("all" in wanted or letter.id in wanted):
            queue.redrive(letter)
            redriven.add(letter.id)
        else:
            queue.release(letter)
    if unknown:
        fail(f"no dead letter has the id {', '.join(sorted(unknown))}; list them without --redrive")
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
    headings = ("id", "failed at (UTC)", "reason", "")
    table = Table(
        *(Column(heading, overflow="fold") for heading in headings),
        title="dead letters",
        title_justify="left",
    )
    for letter in letters:
        outcome = "redriven" if letter.id in redriven else ""
        table.add_row(letter.id, f"{letter.at:%Y-%m-%d %H:%M:%S}", letter.reason, outcome)
    output().print(table if letters else "no dead letters")
