"""`wejourney compile`, `check` and `schema`: from journey files to what is deployed."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from workbench.cli.options import AsJson, Root, RulesName, rule_set
from workbench.cli.spoken import language
from workbench.cli.terminal import (
    COMMAND,
    REFUSED,
    busy,
    fail,
    output,
    print_file,
    print_json,
    print_mistakes,
    said,
)
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
    os_error,
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
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a generated file is out of date.")
    ] = False,
    rules: RulesName = "current",
    root: Root = Path(),
) -> None:
    """Compile all journeys to state machines, the catalogue and their part of template.yaml."""
    if not (root / JOURNEYS).is_dir():
        fail(phrase("no journeys here", root=str(root), folder=JOURNEYS.as_posix()))
    allowed = rule_set(rules)
    with busy(phrase("checking")):
        project = read_project(root)
        mistakes = refusals(project, allowed)
    if mistakes:
        print_mistakes(mistakes)
        fail(phrase("one error") if len(mistakes) == 1 else phrase("errors", n=len(mistakes)), REFUSED)
    try:
        outputs = outputs_of(project)
        changed = differing(project, outputs) if check_only else write(project, outputs)
    except OSError as error:
        fail(os_error(error))
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
        fail(phrase("out of date", command=f"{COMMAND} compile"), REFUSED)


def check(
    files: Annotated[list[Path], typer.Argument(help="Journey files.", exists=True, dir_okay=False)],
    *,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    """Validate journey files and prove that WeChat allows every message they send.

    The other journeys in the same folder are taken into account. Exits 0 if accepted, 1 if rejected.
    """
    allowed = rule_set(rules)
    with busy(phrase("checking"), shown=not as_json):
        checked = read_together(files)
        mistakes = checked.refusals(allowed)
    if as_json:
        print_json([mistake.to_dict(language()) for mistake in mistakes])
    else:
        print_mistakes(mistakes)
        if not mistakes:
            accepted = phrase("accepted", n=len(checked.readings), rules=rules)
            output().print(said(accepted), style="green")
    if mistakes:
        raise typer.Exit(REFUSED)


def schema() -> None:
    """Print the JSON Schema of journey files, which is also in docs/journey.schema.json."""
    print_file(schema_text())
