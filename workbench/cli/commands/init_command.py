"""`wejourney init`: write a new journey from one of the gallery."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from workbench.checks.deployable import lacks_of
from workbench.cli.consoles import output
from workbench.cli.options import Root
from workbench.cli.spoken import language
from workbench.cli.terminal import COMMAND, USAGE, fail, reject, said
from workbench.gallery import kinds, read_exhibit
from workbench.language.mistakes import nearest, phrase
from workbench.language.reading import Reading
from workbench.project import JOURNEYS, PERSONAS, write_file

_USAGE = f"{COMMAND} init NAME --from KIND"


def init(
    name: Annotated[str | None, typer.Argument(), phrase("init name")] = None,
    *,
    kind: Annotated[str | None, typer.Option("--from"), phrase("init --from")] = None,
    root: Root = Path(),
) -> None:
    if kind is None and name is None:
        _list()
        return
    if kind is None:
        fail(phrase("needs a kind", name=name, names=kinds()))
    if kind not in kinds():
        fail(phrase("not in the gallery", name=kind, hint=nearest(kind, kinds())))
    name = kind if name is None else name
    file = JOURNEYS / f"{name}.yaml"
    exhibit = read_exhibit(kind)
    reading = exhibit.read(name, file.as_posix())
    if reading.mistakes:
        reject(reading.mistakes, USAGE)
    people = {PERSONAS / f"{name}-{persona}.yaml": text for persona, text in exhibit.personas.items()}
    _write(root, {file: exhibit.text, **people})
    _print_next(reading, file, [path.stem for path in people])


def _list() -> None:
    table = Table(
        *(said(phrase(name)) for name in ("column kind", "column what it does", "column deployable"))
    )
    for kind in kinds():
        exhibit = read_exhibit(kind)
        lacks = lacks_of(exhibit.read(kind, kind))
        about = exhibit.about if language() == "en" else exhibit.title(language())
        table.add_row(kind, about, said(phrase("not yet" if lacks else "deployable")))
    output().print(table)
    output().print(said(phrase("copy one", folder=JOURNEYS.as_posix(), command=_USAGE)))


def _write(root: Path, files: dict[Path, str]) -> None:
    taken = [path.as_posix() for path in files if (root / path).exists()]
    if taken:
        fail(phrase("already exists", names=tuple(taken), command=_USAGE))
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(root / path, text.encode(), is_new=True)
        output().print(said(phrase("written", file=path.as_posix())))


def _print_next(reading: Reading, file: Path, personas: list[str]) -> None:
    out, path = output(), file.as_posix()
    out.print(f"\n{said(phrase('next steps'))}", style="bold")
    out.print(f"  {COMMAND} check {path}")
    for persona in personas:
        out.print(f"  {COMMAND} simulate {path} --persona {persona}")
    out.print(f"  {COMMAND} graph {path} -o {file.stem}.svg")
    lacks = lacks_of(reading)
    if not lacks:
        out.print(f"  {COMMAND} compile")
        return
    out.print(f"\n{said(phrase('cannot be deployed yet'))}", style="yellow")
    for lack in lacks:
        out.print(f"  {lack.file}:{lack.line}:{lack.column}: {said(lack.problem)}")
    out.print(said(phrase("keep on a branch", folder=JOURNEYS.as_posix(), command=f"{COMMAND} compile")))
