"""`wejourney explain`: why a follower did or did not enter a journey, get a message, take a branch."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple, assert_never
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from wejourney.journeys.chance import OF
from wejourney.reasons import Part, is_reason
from workbench.cli.options import AppId, AsJson, Language, OpenId, Root, Stack, found_or_fail, open_target
from workbench.cli.terminal import fail, output, print_json, read_or_refuse
from workbench.operations.explanation import explain
from workbench.operations.findings import (
    AgainRule,
    Attempt,
    EndRule,
    EventRule,
    Explanation,
    HoldoutRule,
    Rule,
    RunFinding,
)
from workbench.operations.records import trace_on_record
from workbench.operations.run_history import RunHistories
from workbench.project import JOURNEYS
from workbench.trace.trace_events import BranchTaken, RunStarted, trace_to_dict
from workbench.trace.transcript import Narrator
from workbench.wording import picture_phrases
from workbench.wording.journey_parts import Wording
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import EXPLAIN_WORDS


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
    lang: Annotated[Language, typer.Option(help="Language of the labels.")] = Language.EN,
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
    for block in _Explainer(lang.value).blocks(found):
        output().print(block)


def _data(found: object) -> Any:
    """The form of `--json`: what is found, with the words for the parts of conditions."""
    match found:
        case RunFinding():
            trace = [trace_to_dict(event) for event in found.trace]
            started = {"run_id": found.started.run, "version": found.started.version}
            return {**started, "trace": trace, "not_reached": found.not_reached, "notes": found.notes}
        case Part() | EventRule() | AgainRule() | EndRule() | HoldoutRule():
            inner = {"inner": _data(found.inner), "fact": found.fact} if isinstance(found, Part) else {}
            return {**_Explainer("en").rule(found)._asdict(), "holds": found.holds, **inner}
        case tuple():
            return [_data(one) for one in found]
        case _ if is_reason(found):
            return ReasonWords().data(found)
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


type _Row = tuple[str | Text, str | Text, str | Text]
"""When, at which step, what."""


class _Rule(NamedTuple):
    """A rule in words."""

    what: str
    wanted: str
    found: str


class _Explainer:
    """Says an explanation in a language."""

    def __init__(self, language: picture_phrases.Language) -> None:
        self._words = EXPLAIN_WORDS[language]
        self._reasons = ReasonWords(language)
        self._wording = Wording(language)
        self._narrator = Narrator(ZoneInfo("UTC"), language)

    def blocks(self, found: Explanation) -> Iterator[RenderableType]:
        """What is printed, from top to bottom."""
        words = self._words
        yield Text(words["title"].format(journey=found.journey, openid=found.openid), style="bold")
        if found.earlier:
            yield Text(f"\n{words['earlier'].format(n=found.earlier)}", style="dim")
        if not found.attempts:
            yield Text(f"\n{words['no event']}", style="yellow")
        for attempt in found.attempts:
            style = "green" if attempt.run_id is not None else "yellow"
            verdict = self._verdict(attempt)
            yield Text(f"\n{_time(attempt.at)}  {attempt.event}: ", style="bold").append(verdict, style)
            yield _table(("", "", self._line(rule, depth)) for rule, depth in _rules(attempt.rules))
        for run in found.runs:
            at = f"{run.started.at:%Y-%m-%d %H:%M:%S}"
            yield Text(f"\n{words['run'].format(at=at, version=run.started.version)}", style="bold")
            yield _table(self._run(run))

    def _verdict(self, attempt: Attempt) -> str:
        why = self._reasons(attempt.reason) if attempt.reason is not None else ""
        return self._words[attempt.verdict].format(why=why)

    def _run(self, run: RunFinding) -> Iterator[_Row]:
        words = self._words
        for event in run.trace:
            line = self._narrator.line(event)
            if line is not None:
                said = Text(f"{line.kind}: ", style=line.style).append(line.what, style="")
                said.append(_in_brackets(line.allowance), style="dim")
                yield self._narrator.time(event.at), event.step, said
            if isinstance(event, BranchTaken):
                yield from self._branch(event)
        if run.not_reached:
            phrase = words["not reached" if run.ended else "not reached yet"]
            yield "", "", Text(phrase.format(steps=", ".join(run.not_reached)), style="dim")
        yield from (("", "", Text(words["note"].format(text=words[note]), style="dim")) for note in run.notes)

    def _branch(self, branch: BranchTaken) -> Iterator[_Row]:
        """The cases up to the one that is taken, with the parts of their conditions."""
        words = self._words
        for number, case in enumerate(branch.verdicts, start=1):
            verdict = words["taken" if case.holds else "not met"]
            yield "", "", words["case"].format(n=number, verdict=verdict)
            yield from (("", "", self._line(part, depth + 1)) for part, depth in _rules(case.parts))
        if branch.lot is not None:
            yield "", "", words["lot"].format(lot=branch.lot, of=OF)

    def _line(self, rule: Rule, depth: int) -> Text:
        mark, style = ("✓", "green") if rule.holds else ("✗", "red")
        told = self._words["rule"].format(**self.rule(rule)._asdict())
        return Text("  " * depth).append(mark, style).append(f" {told}")

    def rule(self, rule: Rule) -> _Rule:
        """A rule in words."""
        words, reasons = self._words, self._reasons
        match rule:
            case Part():
                return _Rule(reasons.fact(rule), reasons.wanted(rule), reasons.found(rule))
            case EventRule():
                said = [self._wording.say(f"event {rule.found.kind}"), rule.found.detail]
                found = self._wording.join([part for part in said if part], "colon")
                return _Rule(words["event"], self._wording.awaited(rule.wanted), found)
            case AgainRule():
                wanted = words[f"again {rule.wanted.mode}"]
                found = reasons(rule.found) if rule.found is not None else words["none in the way"]
                text = self._wording.duration(rule.wanted.seconds)
                return _Rule(words["earlier runs"], wanted.format(text=text, key=rule.wanted.key), found)
            case EndRule():
                what = words["goal"] if rule.reason is None else words["exit"].format(reason=rule.reason)
                before = words["not reached before"]
                return _Rule(what, before, before if rule.holds else words["reached"])
            case HoldoutRule():
                wanted = words["least lot"].format(least=rule.least, of=OF)
                return _Rule(words["holdout"], wanted, str(rule.lot))
            case _:
                assert_never(rule)


def _table(rows: Iterable[_Row]) -> Table:
    """Lines under each other; what is too long goes on under its own beginning."""
    table = Table.grid(*(Column(overflow="fold") for _ in range(3)), padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return table


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _rules(rules: Iterable[Rule], depth: int = 0) -> Iterator[tuple[Rule, int]]:
    """The rules with the parts inside them, and how deep they are."""
    for rule in rules:
        yield rule, depth
        if isinstance(rule, Part):
            yield from _rules(rule.inner, depth + 1)


def _time(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S}" if at else ""
