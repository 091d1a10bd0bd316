"""`wejourney explain`: why a follower did or did not enter a journey, get a message, take a branch."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, assert_never
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from wejourney.journeys.chance import OF
from wejourney.languages import ANY_LANGUAGE
from wejourney.reasons import Part
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, OpenId, Stack, found_or_fail, open_target
from workbench.cli.options import AsJson, Root
from workbench.cli.spoken import language
from workbench.cli.terminal import fail, journey_or_reject, print_json
from workbench.language.reading import read_file
from workbench.operations import explanation
from workbench.operations.records import RunHistories, trace_on_record
from workbench.project import JOURNEYS
from workbench.trace.trace_events import BranchTaken, RunStarted, to_data
from workbench.trace.transcript import Narrator
from workbench.wording import picture_phrases
from workbench.wording.phrases import phrase
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import EXPLAIN_WORDS


def explain_(
    journey: Annotated[str, typer.Argument(), phrase("explain journey")],
    openid: OpenId,
    *,
    app_id: AppId = None,
    stack: Stack = None,
    root: Root = Path(),
    last: Annotated[int, typer.Option(min=1), phrase("explain --last")] = 10,
    as_json: AsJson = False,
) -> None:
    definition = journey_or_reject(read_file(_file(journey, root / JOURNEYS)))
    target = open_target(stack)
    account = app_id or target.app_id
    follower = found_or_fail(target.followers.read(account, openid).follower, account, openid)
    trace = trace_on_record(target, follower, (definition,))
    histories = RunHistories(target)
    runs = [event.run for event in trace if isinstance(event, RunStarted) and event.journey == journey]
    kept = {run: history for run in runs[-last:] if (history := histories.read(journey, run)) is not None}
    found = explanation.explain(definition, follower, trace, kept, last)
    if as_json:
        print_json(to_data(found))
        return
    for block in _Explainer(language()).blocks(found):
        output().print(block)


def _file(journey: str, folder: Path) -> Path:
    file = folder / f"{journey}.yaml"
    if not file.is_file():
        names = tuple(sorted(path.stem for path in folder.glob("*.yaml"))) or ("-",)
        fail(phrase("no such journey", name=journey, folder=folder.as_posix(), names=names))
    return file


type _Row = tuple[str, str, Text]
"""When, at which step, what."""


class _Explainer:
    """Says an explanation in a language."""

    def __init__(self, language: picture_phrases.Language) -> None:
        self._words = EXPLAIN_WORDS[language]
        self._reasons = ReasonWords(language)
        self._narrator = Narrator(ZoneInfo("UTC"), language)

    def blocks(self, found: explanation.Explanation) -> Iterator[RenderableType]:
        """What is printed, from top to bottom."""
        words = self._words
        yield Text(words["title"].format(journey=found.journey, openid=found.openid), style="bold")
        if found.earlier:
            yield Text(f"\n{words['earlier'].format(n=found.earlier)}", style="dim")
        if not found.attempts:
            yield Text(f"\n{words['no event']}", style="yellow")
        for attempt in found.attempts:
            heading = f"\n{attempt.at:%Y-%m-%d %H:%M:%S}  {self._reasons.event(attempt.event)}"
            why = self._reasons(attempt.reason) if attempt.reason is not None else ""
            verdict = words[attempt.verdict].format(why=why)
            style = "green" if attempt.run_id is not None else "yellow"
            yield Text(heading + self._reasons.say("colon"), style="bold").append(verdict, style)
            yield _table(self._rules(attempt.rules))
            yield from (Text(f"  {told}") for told in self._narrator.gives_nothing(attempt.nothing))
        for run in found.runs:
            at = f"{run.started_at:%Y-%m-%d %H:%M:%S}"
            yield Text(f"\n{words['run'].format(at=at, version=run.version)}", style="bold")
            yield _table(self._run(run))

    def _run(self, run: explanation.RunFinding) -> Iterator[_Row]:
        words = self._words
        for event in run.trace:
            line = self._narrator.line(event)
            if line is not None:
                text = Text(line.kind + self._reasons.say("colon"), style=line.style).append(line.what, "")
                if line.allowance:
                    text.append(self._reasons.say("note", text=line.allowance), "dim")
                yield self._narrator.time(event.at, run.started_at), event.step, text
            if isinstance(event, BranchTaken):
                # The cases up to the one that is taken, with the parts of their conditions.
                for number, case in enumerate(event.verdicts, start=1):
                    verdict = words["taken" if case.holds else "not met"]
                    yield (
                        "",
                        "",
                        Text(
                            words["case"].format(
                                n=number, when=self._reasons.condition(case.when), verdict=verdict
                            )
                        ),
                    )
                    yield from self._rules(case.parts, depth=1)
                if event.lot is not None:
                    yield "", "", Text(words["lot"].format(lot=event.lot, of=OF))
        notes = [words["note"].format(text=words[note]) for note in run.notes]
        if run.not_reached:
            phrase = words["not reached" if run.ended else "not reached yet"]
            notes.insert(0, phrase.format(steps=", ".join(run.not_reached)))
        yield from (("", "", Text(note, "dim")) for note in notes)

    def _rules(self, rules: Iterable[explanation.Rule], depth: int = 0) -> Iterator[_Row]:
        """The rules, each with the parts inside it."""
        for rule in rules:
            sign, style = ("✓", "green") if rule.holds else ("✗", "red")
            what, wanted, found = self._rule(rule)
            told = self._words["rule"].format(what=what, wanted=wanted, found=found)
            yield "", "", Text("  " * depth).append(sign, style).append(f" {told}")
            if isinstance(rule, Part):
                yield from self._rules(rule.inner, depth + 1)

    def _rule(self, rule: explanation.Rule) -> tuple[str, str, str]:
        """A rule in words: what it looks at, what it wants, what was found."""
        words, reasons = self._words, self._reasons
        match rule:
            case Part():
                return reasons.fact(rule), *reasons.wanted_and_found(rule)
            case explanation.EventRule():
                found = reasons.join([reasons.event(rule.found.kind), rule.found.detail], "colon")
                return words["event"], reasons.awaited(rule.wanted), found
            case explanation.AccountRule():
                found = reasons(rule.found) if rule.found is not None else words["none in the way"]
                return words["account"], rule.wanted, found
            case explanation.AgainRule():
                text = reasons.duration(rule.wanted.seconds)
                wanted = words[f"again {rule.wanted.mode}"].format(text=text, key=rule.wanted.key)
                found = reasons(rule.found) if rule.found is not None else words["none in the way"]
                return words["earlier runs"], wanted, found
            case explanation.EndRule():
                reason = reasons.variant(rule.texts or {ANY_LANGUAGE: rule.reason or ""})
                what = words["goal"] if rule.reason is None else words["exit"].format(reason=reason)
                return what, words["not yet"], words["not yet" if rule.holds else "reached"]
            case explanation.HoldoutRule():
                return words["holdout"], words["least lot"].format(least=rule.wanted, of=OF), str(rule.found)
            case _:
                assert_never(rule)


def _table(rows: Iterable[_Row]) -> Table:
    """Lines under each other; a long text goes on under its own beginning."""
    table = Table.grid(*(Column(overflow="fold") for _ in range(3)), padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return table
