"""`wejourney new`: a journey to begin with, from the gallery."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from workbench.checks.deployable import undeployable
from workbench.cli.mistakes import refuse
from workbench.cli.terminal import USAGE, fail, output
from workbench.gallery import Exhibit, kinds, read_exhibit
from workbench.language.mistakes import Mistake, nearest
from workbench.language.reading import Reading
from workbench.project import JOURNEYS, PERSONAS


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("new")(new)


def new(
    kind: Annotated[str | None, typer.Argument(help="Which journey of the gallery.")] = None,
    name: Annotated[
        str | None, typer.Argument(help="What to call yours; left out, as in the gallery.")
    ] = None,
    *,
    only_list: Annotated[bool, typer.Option("--list", help="List the gallery and write nothing.")] = False,
    root: Annotated[Path, typer.Option(help="The repository.", exists=True, file_okay=False)] = Path(),
) -> None:
    """Begin a journey with one of the gallery, and with two people to try it out on.

    Without KIND the gallery is listed. What is there already is never overwritten: exit status 2.
    """
    if kind is None or only_list:
        _list()
        return
    if kind not in kinds():
        fail(f"the gallery has no `{kind}`: {nearest(kind, kinds())}")
    if not (root / JOURNEYS).is_dir():
        fail(f"no folder {JOURNEYS.as_posix()} here: run this in the repository, or give --root")
    name = kind if name is None else name
    file = JOURNEYS / f"{name}.yaml"
    exhibit = read_exhibit(kind)
    reading = exhibit.read(name, file.as_posix())
    if reading.mistakes:
        refuse(reading.mistakes, USAGE)
    _write(root, _files(exhibit, name, file))
    _print_next(reading, file, [f"{name}-{persona}" for persona in exhibit.personas])


def _list() -> None:
    table = Table("kind", "what it is for", "can be deployed")
    for kind in kinds():
        exhibit = read_exhibit(kind)
        lacks = _lacks(exhibit.read(kind, kind))
        table.add_row(kind, exhibit.about, "not yet" if lacks else "yes")
    output().print(table)
    output().print("`uv run wejourney new KIND NAME` writes one into infra/journeys.")


def _files(exhibit: Exhibit, name: str, file: Path) -> Mapping[Path, str]:
    """What is written. A persona's file begins with the journey's name: every journey has its own people."""
    personas = {PERSONAS / f"{name}-{persona}.yaml": text for persona, text in exhibit.personas.items()}
    return {file: exhibit.text, **personas}


def _write(root: Path, files: Mapping[Path, str]) -> None:
    taken = [path.as_posix() for path in files if (root / path).exists()]
    if taken:
        hint = "give the journey another name, `uv run wejourney new KIND NAME`"
        fail(f"{', '.join(taken)} exists already: {hint}")
    try:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            with (root / path).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            output().print(f"written: {path.as_posix()}")
    except OSError as error:
        fail(str(error))


def _print_next(reading: Reading, file: Path, personas: list[str]) -> None:
    out, path = output(), file.as_posix()
    out.print("\nNext, in the repository: change what the comments of the file name, then", style="bold")
    out.print(f"  uv run wejourney check {path}")
    for persona in personas:
        out.print(f"  uv run wejourney simulate {path} --persona {persona}")
    out.print(f"  uv run wejourney graph {path} -o {file.stem}.svg")
    lacks = _lacks(reading)
    if not lacks:
        out.print("  uv run wejourney compile")
        return
    out.print("\nIt cannot be deployed yet:", style="yellow")
    for lack in lacks:
        out.print(f"  {lack.file}:{lack.line}:{lack.column}: {lack.message}")
    refuses = "`uv run wejourney compile` refuses all"
    out.print(f"While it is in {JOURNEYS.as_posix()}, {refuses}: keep it on a branch.")


def _lacks(reading: Reading) -> list[Mistake]:
    """What the runtime could not carry out."""
    if reading.journey is None:
        return []
    return sorted({reading.mistake_at(*lack) for lack in undeployable(reading.journey)})
