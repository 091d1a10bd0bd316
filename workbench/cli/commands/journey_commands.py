"""`wejourney compile`, `check` and `schema`: from journey files to what is deployed."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from workbench.cli.consoles import output
from workbench.cli.options import AsJson, Root, RulesName, rule_set
from workbench.cli.spoken import language
from workbench.cli.terminal import COMMAND, REJECTED, busy, fail, print_file, print_json, print_mistakes, said
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.template_region import TemplateWithoutMarksError
from workbench.compiler.transitions import most_transitions
from workbench.compiler.versions import version_of
from workbench.language.durations import format_duration, longest_silence
from workbench.language.journey_fields import schema_text
from workbench.project import (
    JOURNEYS,
    differing,
    file_of,
    journey_files,
    outputs_of,
    read_project,
    read_together,
    refusals,
    write,
)
from workbench.wording.phrases import phrase

_COLUMNS = tuple(
    phrase(name)
    for name in (
        "column journey",
        "column version",
        "column states",
        "column transitions",
        "column longest run",
    )
)


def compile_(
    *,
    check_only: Annotated[bool, typer.Option("--check"), phrase("compile --check")] = False,
    rules: RulesName = "current",
    root: Root = Path(),
) -> None:
    if not (root / JOURNEYS).is_dir():
        fail(phrase("no journeys here", root=str(root), folder=JOURNEYS.as_posix()))
    allowed = rule_set(rules)
    with busy(phrase("checking")):
        project = read_project(root)
        mistakes = refusals(project, allowed)
    if mistakes:
        print_mistakes(mistakes)
        fail(phrase("one error") if len(mistakes) == 1 else phrase("errors", n=len(mistakes)), REJECTED)
    try:
        outputs = outputs_of(project)
        changed = differing(project, outputs) if check_only else write(project, outputs)
    except TemplateWithoutMarksError as error:
        fail(error.problem)
    table = Table(*map(said, _COLUMNS))
    for journey in project.journeys:
        definition = compile_journey(journey, file_of(journey))
        states, transitions = len(definition["States"]), most_transitions(definition)
        longest = format_duration(longest_silence(journey.steps, journey.quiet)) or "0s"
        table.add_row(journey.name, version_of(journey), str(states), str(transitions), longest)
    output().print(table)
    for path in changed:
        output().print(said(phrase("differs" if check_only else "written", file=path.as_posix())))
    if changed and check_only:
        fail(phrase("out of date", command=f"{COMMAND} compile"), REJECTED)


def check(
    files: Annotated[list[Path], typer.Argument(exists=True), phrase("check files")],
    *,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    allowed = rule_set(rules)
    with busy(phrase("checking"), shown=not as_json):
        checked = read_together([file for named in files for file in _journeys_in(named)])
        mistakes = sorted({*checked.refusals(allowed), *checked.lacks})
    if as_json:
        print_json([mistake.to_dict(language()) for mistake in mistakes])
    else:
        print_mistakes(mistakes)
        if not mistakes:
            accepted = phrase("accepted", n=len(checked.readings), rules=rules)
            output().print(said(accepted), style="green")
    if mistakes:
        raise typer.Exit(REJECTED)


def _journeys_in(named: Path) -> list[Path]:
    """The file, or the journeys of the folder."""
    found = journey_files(named) if named.is_dir() else [named]
    return found or fail(phrase("no journey files", folder=str(named)))


_SCHEMAS: Mapping[str, str] = {
    "journey": "language.journey_fields:journey_schema",
    "profile": "checks.people_fields:profile_schema",
    "segment": "checks.people_fields:segment_schema",
    "mapping": "imports.mapping_file:mapping_schema",
    "consents": "checks.purposes:consents_schema",
    "accounts": "checks.accounts:accounts_schema",
    "programme": "programme.fields:programme_schema",
}
"""The module and its function, imported when a schema is printed: no other command here needs them all."""


def schema(
    kind: Annotated[
        Literal["journey", "profile", "segment", "mapping", "consents", "accounts", "programme"],
        typer.Argument(),
        phrase("schema kind"),
    ] = "journey",
) -> None:
    module, _, function = _SCHEMAS[kind].partition(":")
    print_file(schema_text(getattr(import_module(f"workbench.{module}"), function)()))
