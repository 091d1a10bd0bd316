"""`wejourney diff`: compare two versions of a journey, step by step and persona by persona."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.mistakes import journey_or_refuse, value_or_refuse
from workbench.cli.options import RulesName, rule_set
from workbench.cli.revisions import NoVersionError, read_version
from workbench.cli.terminal import DIFFERENT, USAGE, AsJson, fail, output, print_json
from workbench.compare.behaviour import Behaviour
from workbench.compare.comparison import UNDER_WAY, Comparison, Proof, compare
from workbench.compare.steps import Change
from workbench.language.journey import Journey
from workbench.project import PERSONAS, files_in
from workbench.simulator.deployment import simulated_account
from workbench.simulator.persona import Persona, read_persona

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("diff")(diff)


def diff(
    old: Annotated[
        str, typer.Argument(help="A journey file, or a git revision of one: HEAD:infra/journeys/x.yaml.")
    ],
    new: Annotated[str, typer.Argument(help="The newer version, given the same way.")],
    *,
    personas: Annotated[
        Path | None,
        typer.Option(help="A folder of personas; default: infra/personas.", exists=True, file_okay=False),
    ] = None,
    rules: RulesName = "current",
    as_json: AsJson = False,
) -> None:
    """Compare two versions of a journey: steps, simulated transcripts of personas, proof.

    Exits 0 if they are the same, 1 if they differ, 2 if they cannot be compared.
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
        output().print("no difference", style="green")
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
        output().print(f"\nNo persona was simulated: {PERSONAS.as_posix()} has none; give --personas FOLDER")
    shown = [behaviour for behaviour in behaviours if behaviour.enters or behaviour.differs]
    for behaviour in shown:
        outcome = "transcript changes" if behaviour.differs else "same transcript"
        output().print(f"\n{behaviour.persona} ({behaviour.file}): {outcome}")
        for line in behaviour.diff():
            output().print(line, style={"+": "green", "-": "red"}.get(line[0], ""))
    if len(shown) < len(behaviours):
        output().print(
            f"\n{len(behaviours) - len(shown)} of {len(behaviours)} personas enter neither version"
        )


def _print_proof(proof: Proof, rules: str) -> None:
    for name, violations in (("old", proof.old), ("new", proof.new)):
        if violations:
            output().print(f"\nThe {name} version is rejected under rule set `{rules}`:", style="red")
        else:
            output().print(f"\nThe {name} version is accepted under rule set `{rules}`.", style="green")
        for violation in violations:
            output().print(f"  {violation}")
