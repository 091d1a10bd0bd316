"""`wejourney explain`: why a follower did or did not enter a journey, get a message, take a branch."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from wejourney.journeys.chance import OF
from wejourney.journeys.serialization import to_plain
from wejourney.reasons import Part
from workbench.cli.mistakes import read_or_refuse
from workbench.cli.options import Root
from workbench.cli.target import AppId, OpenId, Stack, found_or_fail, open_target
from workbench.cli.terminal import AsJson, fail, output, print_json
from workbench.operations.explanation import explain
from workbench.operations.findings import Explanation, Rule, RunFinding
from workbench.operations.records import trace_on_record
from workbench.operations.run_history import RunHistories
from workbench.project import JOURNEYS
from workbench.trace.events import BranchTaken, RunStarted, trace_to_dict
from workbench.trace.transcript import Narrator
from workbench.wording.reason_words import ReasonWords


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("explain")(explain_)


def explain_(
    journey: Annotated[str, typer.Argument(help="The name of a journey.")],
    openid: OpenId,
    *,
    app_id: AppId = None,
    stack: Stack = None,
    root: Root = Path(),
    last: Annotated[
        int, typer.Option(help="How many of the latest trigger events and runs to explain.", min=1)
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """Explain why a follower did or did not enter a journey, get a message, take a branch."""
    definition, _ = read_or_refuse(_file(journey, root / JOURNEYS))
    target = open_target(stack)
    account = app_id or target.app_id
    follower = found_or_fail(target.followers.load(account, openid), account, openid)
    trace = trace_on_record(target, follower, (definition,))
    histories = RunHistories(target.client("stepfunctions"), target.outputs["JourneyMachinePrefix"])
    runs = [event.run for event in trace if isinstance(event, RunStarted) and event.journey == journey]
    kept = {run: history for run in runs[-last:] if (history := histories.read(journey, run)) is not None}
    found = explain(definition, follower, trace, kept, last)
    if as_json:
        print_json(_data(found))
        return
    for block in _blocks(found):
        output().print(block)


def _data(found: object) -> Any:
    """The form of `--json`: what is found, with the words for the parts of conditions."""
    match found:
        case RunFinding():
            trace = [trace_to_dict(event) for event in found.trace]
            started = {"run_id": found.started.run, "version": found.started.version}
            return {**started, "trace": trace, "not_reached": found.not_reached, "notes": found.notes}
        case Part():
            rule = _rule(found)
            return {**to_plain(found), **vars(rule), "inner": _data(found.inner)}
        case tuple():
            return [_data(one) for one in found]
        case _ if dataclasses.is_dataclass(found):
            return {name: _data(value) for name, value in vars(found).items()}
        case _:  # plain data
            return found


def _file(journey: str, folder: Path) -> Path:
    file = folder / f"{journey}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml"))) or "none"
        fail(f"no journey `{journey}` in {folder.as_posix()}; it has: {known}")
    return file


# --- for people ----------------------------------------------------------------------------------


def _blocks(found: Explanation) -> Iterator[RenderableType]:
    yield Text(f"{found.journey} for {found.openid} (times are UTC)", style="bold")
    if found.earlier:
        yield Text(f"\n{found.earlier} earlier events are not shown; use --last N.", style="dim")
    if not found.attempts:
        yield Text("\nNo recorded event is of the type that triggers this journey.", style="yellow")
    for attempt in found.attempts:
        style = "green" if attempt.run_id is not None else "yellow"
        yield Text(f"\n{_time(attempt.at)}  {attempt.event}: ", style="bold").append(attempt.verdict, style)
        yield _table(("", "", _part(part, depth)) for part, depth in _parts(attempt.rules))
    for run in found.runs:
        started = run.started
        yield Text(f"\nrun of {started.at:%Y-%m-%d %H:%M:%S}, version {started.version}", style="bold")
        yield _table(_run(run))


type _Row = tuple[str | Text, str | Text, str | Text]
"""When, at which step, what."""


def _table(rows: Iterable[_Row]) -> Table:
    """Lines under each other; what is too long goes on under its own beginning."""
    table = Table.grid(*(Column(overflow="fold") for _ in range(3)), padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return table


def _run(run: RunFinding) -> Iterator[_Row]:
    narrator = Narrator(ZoneInfo("UTC"), "en")
    for event in run.trace:
        line = narrator.line(event)
        if line is not None:
            said = Text(f"{line.kind}: ", style=line.style).append(line.what, style="")
            yield narrator.time(event.at), event.step, said.append(_in_brackets(line.allowance), style="dim")
        if isinstance(event, BranchTaken):
            yield from _verdicts(event)
    if run.not_reached:
        kind = "messages not reached" if run.ended else "messages not reached yet"
        yield "", "", Text(f"{kind}: {', '.join(run.not_reached)}", style="dim")
    yield from (("", "", Text(f"note: {note}", style="dim")) for note in run.notes)


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _verdicts(branch: BranchTaken) -> Iterator[_Row]:
    """The cases up to the one that is taken, with the parts of their conditions."""
    for number, case in enumerate(branch.verdicts, start=1):
        yield "", "", f"case {number}: {'taken' if case.holds else 'does not hold'}"
        yield from (("", "", _part(part, depth + 1)) for part, depth in _parts(case.parts))
    if branch.lot is not None:
        yield "", "", f"lot {branch.lot} of {OF}"


def _parts(parts: Iterable[Rule | Part], depth: int = 0) -> Iterator[tuple[Rule | Part, int]]:
    """The parts with those inside them, and how deep they are."""
    for part in parts:
        yield part, depth
        if isinstance(part, Part):
            yield from _parts(part.inner, depth + 1)


def _part(part: Rule | Part, depth: int) -> Text:
    mark, style = ("✓", "green") if part.holds else ("✗", "red")
    line = Text("  " * depth).append(mark, style)
    rule = _rule(part)
    return line.append(f" {rule.words}: {rule.found}; wanted: {rule.wanted}")


def _rule(part: Rule | Part) -> Rule:
    words = ReasonWords()
    if isinstance(part, Rule):
        return part
    return Rule(words.fact(part), words.wanted(part), words.found(part), part.holds)


def _time(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S}" if at else ""
