"""`wejourney compile` and `wejourney check`: from journey files to what is deployed."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from wejourney.cli.mistakes import REFUSED, print_mistakes
from wejourney.cli.rules_option import RulesName, rule_set
from wejourney.domain.journeys import Journey
from wejourney.language.catalogue import version_of
from wejourney.language.compiling import compile_journey
from wejourney.language.costs import most_transitions
from wejourney.language.durations import format_duration, longest_silence
from wejourney.language.fitting import misfits
from wejourney.language.project import JOURNEYS, differing, file_of, outputs_of, read_project, write
from wejourney.language.reading import read_file
from wejourney.language.template_region import TemplateWithoutMarksError

USAGE = 2
"""Exit status: the command cannot be carried out as it was given."""

_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("compile")(compile_)
    app.command("check")(check)


def compile_(
    *,
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a generated file is not up to date.")
    ] = False,
    rules: RulesName = "current",
    root: Annotated[Path, typer.Option(help="The repository.", exists=True, file_okay=False)] = Path(),
) -> None:
    """Compile all journeys to state machines, the catalogue and their part of template.yaml."""
    if not (root / JOURNEYS).is_dir():
        _fail(f"no folder {JOURNEYS.as_posix()} here: run this in the repository, or give --root")
    project = read_project(root)
    unfit = (one for reading in project.readings.values() for one in misfits(reading, rule_set(rules)))
    mistakes = sorted({*project.mistakes, *unfit})
    if mistakes:
        print_mistakes(mistakes)
        _err.print(f"{len(mistakes)} mistakes; nothing is compiled", style="red")
        raise typer.Exit(REFUSED)
    try:
        outputs = outputs_of(project)
        changed = differing(project, outputs) if check_only else write(project, outputs)
    except (OSError, TemplateWithoutMarksError) as exc:
        _fail(str(exc))
    _print_journeys(project.journeys)
    for path in changed:
        _out.print(f"{'differs' if check_only else 'written'}: {path.as_posix()}")
    if changed and check_only:
        _err.print("not up to date: run `wejourney compile` and commit what it writes", style="red")
        raise typer.Exit(REFUSED)


def check(
    files: Annotated[list[Path], typer.Argument(help="Journey files.", exists=True, dir_okay=False)],
    *,
    rules: RulesName = "current",
    as_json: Annotated[bool, typer.Option("--json", help="Print the mistakes as JSON.")] = False,
) -> None:
    """Check journey files, and prove that no message can leave without an allowance.

    Exit status 0 when all are accepted, 1 when one is refused.
    """
    readings = [read_file(path) for path in files]
    unfit = {mistake for reading in readings for mistake in misfits(reading, rule_set(rules))}
    mistakes = sorted({*(mistake for reading in readings for mistake in reading.mistakes), *unfit})
    if as_json:
        typer.echo(json.dumps([mistake.to_dict() for mistake in mistakes], ensure_ascii=False, indent=2))
    else:
        print_mistakes(mistakes)
        if not mistakes:
            _out.print(f"{len(files)} accepted under the rules `{rules}`", style="green")
    if mistakes:
        raise typer.Exit(REFUSED)


def _print_journeys(journeys: Iterable[Journey]) -> None:
    table = Table("journey", "version", "states", "transitions at most", "longest run")
    for journey in journeys:
        definition = compile_journey(journey, file_of(journey))
        table.add_row(
            journey.name,
            version_of(journey),
            str(len(definition["States"])),
            str(most_transitions(definition)),
            format_duration(longest_silence(journey.steps, journey.quiet)) or "no time",
        )
    _out.print(table)


def _fail(message: str) -> NoReturn:
    _err.print(message, style="red")
    raise typer.Exit(USAGE)
