"""`wejourney explain`: why a person did or did not enter a journey, get its messages, take its branches."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from wejourney.adapters.run_history import RunHistories
from wejourney.cli.mistakes import read_or_refuse
from wejourney.cli.target import AS_JSON, STACK, USAGE, Target, open_target, print_json
from wejourney.domain.followers import Follower
from wejourney.domain.ledger import person_account
from wejourney.domain.verdicts import Part
from wejourney.explaining.explaining import explain
from wejourney.explaining.findings import Attempt, Explanation, RunFinding, StepFinding
from wejourney.language.project import JOURNEYS

NOT_FOUND = 1
"""Exit status: there is no such follower."""

_out = Console(soft_wrap=True, highlight=False)
_complaints = Console(stderr=True, soft_wrap=True, highlight=False)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("explain")(explain_)


def explain_(
    journey: Annotated[str, typer.Argument(help="The name of a journey.")],
    openid: Annotated[str, typer.Argument(help="A follower.")],
    *,
    app_id: Annotated[
        str | None, typer.Option(help="The account; without it the one deployed with the stack.")
    ] = None,
    stack: Annotated[str | None, STACK] = None,
    root: Annotated[
        Path, typer.Option(help="The repository with the journey's file.", exists=True, file_okay=False)
    ] = Path(),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Explain why somebody did or did not enter a journey, get a message, take a branch."""
    file = root / JOURNEYS / f"{journey}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in (root / JOURNEYS).glob("*.yaml"))) or "none"
        _fail(
            f"there is no journey `{journey}` in {(root / JOURNEYS).as_posix()} (there are: {known})", USAGE
        )
    definition, _ = read_or_refuse(file)
    target = open_target(stack)
    account = app_id or target.app_id
    follower = target.followers.load(account, openid)
    if follower is None:
        _fail(f"no follower {openid} of account {account}: never seen, or erased on unfollowing", NOT_FOUND)
    timeline = _timeline(target, follower)
    histories = RunHistories(
        target.client("stepfunctions"), target.outputs["JourneyMachinePrefix"], target.clock
    )
    runs = (one["run_id"] for one in timeline if one["kind"] == "run" and one["journey"] == journey)
    kept = {run: history for run in runs if (history := histories.read(journey, run)) is not None}
    found = explain(definition, follower, timeline, kept)
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    for line in _lines(found):
        _out.print(line)


def _file(journey: str, folder: Path) -> Path:
    file = folder / f"{journey}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml"))) or "none"
        _fail(f"there is no journey `{journey}` in {folder.as_posix()} (there are: {known})", USAGE)
    return file


def _timeline(target: Target, follower: Follower) -> list[dict[str, Any]]:
    """All that happened with a follower, by time, with what the books say."""
    statement = target.ledger.statement(person_account(follower.person_id))
    points = (
        {"kind": "points", "at": line.at.isoformat(), "points": line.points, "reason": line.reason}
        for line in statement
    )
    entries = [*target.followers.timeline(follower.app_id, follower.openid), *points]
    return sorted(entries, key=lambda entry: str(entry["at"]))


# --- for people ----------------------------------------------------------------------------------


def _lines(found: Explanation) -> Iterator[Text]:
    yield Text(f"{found.journey} for {found.openid} (times are UTC)", style="bold")
    if not found.attempts:
        yield Text("\nNo event on record is of the kind that starts this journey.", style="yellow")
    for attempt in found.attempts:
        yield from _attempt(attempt)
    for run in found.runs:
        yield from _run(run)


def _attempt(attempt: Attempt) -> Iterator[Text]:
    style = "green" if attempt.run_id is not None else "yellow"
    yield Text(f"\n{_time(attempt.at)}  {attempt.event}: ", style="bold").append(attempt.verdict, style)
    yield from _parts(attempt.rules, "  ")


def _run(run: RunFinding) -> Iterator[Text]:
    yield Text(f"\nrun of {_time(run.started_at)}, version {run.version}", style="bold")
    for step in run.steps:
        yield from _step(step)
    yield Text(f"  {_time(run.ended_at)}  ").append(run.end, style="bold")
    yield from (Text(f"  note: {note}", style="dim") for note in run.notes)


def _step(step: StepFinding) -> Iterator[Text]:
    style = "dim" if not step.at else ""
    yield Text(f"  {_time(step.at)}  step {step.step}, {step.what}: {step.verdict}", style)
    for way in step.ways:
        yield Text(f"{'':19}{way.name}: {way.verdict}")
        yield from _parts(way.parts, " " * 21)


def _parts(parts: Iterable[Part], indent: str) -> Iterator[Text]:
    for part in parts:
        mark = Text(indent).append("✓ " if part.holds else "✗ ", style="green" if part.holds else "red")
        yield mark.append(f"{part.words}: wanted {part.wanted}; found: {part.value}")
        yield from _parts(part.inner, f"{indent}  ")


def _time(at: str) -> str:
    return f"{datetime.fromisoformat(at):%m-%d %H:%M:%S}" if at else " " * 14


def _fail(message: str, status: int) -> NoReturn:
    _complaints.print(Text(message, style="red"))
    raise typer.Exit(status)
