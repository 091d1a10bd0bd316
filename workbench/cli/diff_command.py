"""`wejourney diff`: what is different between two versions of a journey, and for whom."""

from pathlib import Path
from typing import Annotated

import typer

from wejourney.journeys.definition import Journey
from workbench.cli.mistakes import journey_or_refuse, value_or_refuse
from workbench.cli.options import RulesName, rule_set
from workbench.cli.revisions import NoVersionError, read_version
from workbench.cli.terminal import DIFFERENT, USAGE, AsJson, fail, output, print_json
from workbench.compare.behaviour import Behaviour
from workbench.compare.comparison import UNDER_WAY, Comparison, Proof, compare
from workbench.compare.steps import Change
from workbench.project import PERSONAS, files_in
from workbench.simulator.deployment import simulated_account
from workbench.simulator.persona import Persona, read_persona

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("diff")(diff)


def diff(
    old: Annotated[
        str, typer.Argument(help="A journey file, or a version of git: HEAD:infra/journeys/x.yaml.")
    ],
    new: Annotated[str, typer.Argument(help="The same for the newer version.")],
    *,
    personas: Annotated[
        Path | None,
        typer.Option(help="The people who play both; infra/personas.", exists=True, file_okay=False),
    ] = None,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    """Compare two versions of a journey: its steps and ways, what people live through, and the proof.

    Exit status 0 when they are the same journey, 1 when they differ, 2 when they cannot be compared.
    """
    allowed = rule_set(rules)
    account = simulated_account(allowed)
    found = compare(_journey(old), _journey(new), _people(personas), account, allowed)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found, rules)
    if found.differs:
        raise typer.Exit(DIFFERENT)


def _journey(version: str) -> Journey:
    try:
        reading = read_version(version)
    except (NoVersionError, OSError) as error:
        fail(str(error))
    return journey_or_refuse(reading, USAGE)


def _people(folder: Path | None) -> dict[str, Persona]:
    paths = files_in(folder or PERSONAS)
    return {path.name: value_or_refuse(read_persona(path), USAGE) for path in paths}


def _print(found: Comparison, rules: str) -> None:
    if not found.differs:
        output().print("the same journey", style="green")
    for change in found.changes:
        _print_change(change)
    _print_behaviours(found.behaviours)
    _print_proof(found.proof, rules)
    if found.differs:
        output().print(f"\n{UNDER_WAY}", style="bold")


def _print_change(change: Change) -> None:
    sign, style = _SIGNS[change.sort]
    line = f"{sign} {change.what} {change.place}  {change.words}".rstrip()
    output().print(line, style=style)
    for value in change.values:
        output().print(f"    {value}")


def _print_behaviours(behaviours: tuple[Behaviour, ...]) -> None:
    if not behaviours:
        output().print(
            f"\nNobody played it: there are no personas in {PERSONAS.as_posix()}, or name --personas"
        )
    shown = [one for one in behaviours if one.enters or one.differs]
    for one in shown:
        what = "lives through something else" if one.differs else "the same"
        output().print(f"\n{one.persona} ({one.file}): {what}")
        for line in one.diff():
            output().print(line, style={"+": "green", "-": "red"}.get(line[0], ""))
    if len(shown) < len(behaviours):
        output().print(
            f"\nEnter neither version: {len(behaviours) - len(shown)} of {len(behaviours)} personas"
        )


def _print_proof(proof: Proof, rules: str) -> None:
    for name, violations in (("old", proof.old), ("new", proof.new)):
        if violations:
            output().print(f"\nThe {name} version does not fit the rules `{rules}`:", style="red")
        else:
            output().print(f"\nThe {name} version fits the rules `{rules}`.", style="green")
        for violation in violations:
            output().print(f"  {violation}")
