"""`wejourney segments`: how many people are in each segment, and who."""

from typing import Annotated

import typer
from rich.table import Table

from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.terminal import fail, print_json, said
from workbench.wording.phrases import phrase


def segments(
    name: Annotated[str | None, typer.Argument(), phrase("segments name")] = None,
    stack: Stack = None,
    *,
    most: Annotated[int, typer.Option(min=1, max=10_000), phrase("segments --most")] = 100,
    after: Annotated[str | None, typer.Option(), phrase("segments --after")] = None,
    as_json: AsJson = False,
) -> None:
    lists = open_target(stack).segments
    if name is None:
        counts = lists.counts()
        if as_json:
            print_json(counts)
            return
        table = Table(*(said(phrase(column)) for column in ("column segment", "column number of people")))
        for segment, people in counts.items():
            table.add_row(segment, str(people))
        output().print(table if counts else said(phrase("no segments")))
        return
    try:
        page = lists.members(name, most, after)
    except ValueError:
        fail(phrase("no place in a list", text=after or ""))
    if as_json:
        print_json({"people": list(page.person_ids), "after": page.after})
        return
    for person_id in page.person_ids:
        output().print(person_id)
    if not page.person_ids:
        output().print(said(phrase("nobody in segment", name=name)))
    if page.after is not None:
        output().print(said(phrase("more people", after=page.after)))
