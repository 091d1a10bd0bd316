"""`make demo`: two people live through 48 hours of their journeys, in seconds.

Starts a sandbox of its own, plays infra/sandbox/personas/*.yaml against it over HTTP, and prints what
happened as it happens. Ends with status 1 if WeChat refused a call or a journey was not completed.
"""

import argparse
import contextlib
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from infra.sandbox.child import running_sandbox
from infra.sandbox.personas import Persona, Player, load_personas
from infra.sandbox.settings import SandboxError, Settings, settings_from_environment
from infra.sandbox.timekeeper import STANDING
from infra.sandbox.transcript import FUNNEL_WORDS, LABELS, Transcript, from_engine, from_phone, from_records
from wejourney.adapters.aws.step_functions import execution_arn
from wejourney.loyalty.ledger import person_account
from wejourney.reasons import Finished, RunEnd, run_end_from
from workbench.cli.follower_commands import funnel_table
from workbench.operations.funnel import funnel_of
from workbench.operations.set_profile import set_facts
from workbench.operations.target import NoTargetError, Target, sandbox_target
from workbench.wording.phrases import Language
from workbench.wording.reason_words import ReasonWords

SHOWN = timedelta(hours=48)
LONGEST = timedelta(hours=54)
"""Virtual time that is shown, and after which the demo gives up on a journey."""

console = Console()


def main() -> int:
    """Run the demo; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=sorted(LABELS), default="en", help="language of the labels")
    language = parser.parse_args().lang
    try:
        settings = replace(settings_from_environment(), speed=STANDING)
        with running_sandbox(settings):
            return Demo(settings, language).run()
    except (SandboxError, NoTargetError) as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        return 1
    except KeyboardInterrupt:
        return 130


class Demo:
    """One showing of the demo against a running sandbox."""

    def __init__(self, settings: Settings, language: Language) -> None:
        self._language = language
        self._labels = LABELS[language]
        self._fake = httpx.Client(base_url=settings.fake_url, trust_env=False)
        self._target: Target = sandbox_target(settings.directory)
        self._app_id = self._target.app_id
        self._store = self._target.followers
        self._ledger = self._target.ledger
        self._engine = self._target.client("stepfunctions")
        self._personas = load_personas()
        self._transcript = Transcript(console, self._personas, language)

    def run(self) -> int:
        """Play, print, sum up. Returns the exit status."""
        self._introduce()
        start = self._now()
        players = [Player(persona, self._fake, start) for persona in self._personas]
        while self._now() < start + LONGEST:
            for persona in self._personas:
                self._take_down(persona)
            self._transcript.print()
            over = self._now() >= start + SHOWN
            if over and all(player.done and self._completed(player.persona) for player in players):
                break
            self._live_on(players, start + (LONGEST if over else SHOWN))
        return self._sum_up()

    def _live_on(self, players: list[Player], until: datetime) -> None:
        """Go on to what comes next, an act or whatever is due, and to all that it leads to."""
        acts = [due for player in players if (due := player.due(self._messages(player.persona)))]
        self._move("next", until=min([*acts, until]).isoformat())
        for player in players:
            if player.play(self._now(), self._messages(player.persona)):
                self._move("advance", seconds=0)

    def _move(self, control: str, **how: Any) -> None:
        self._fake.post(f"/sandbox/clock/{control}", json=how, timeout=None).raise_for_status()

    def _introduce(self) -> None:
        for persona in self._personas:
            set_facts(self._store, self._app_id, persona.openid, persona.knows)
            console.print(f"[{persona.colour}]{persona.name:<5}[/] {persona.about[self._language]}")
        console.print()

    def _take_down(self, persona: Persona) -> None:
        """Read what is new about a persona: on the phone, in the product's records, in the engine."""
        messages = self._messages(persona)
        if not messages:
            return
        openid = persona.openid
        spent = self._get(f"/sandbox/followers/{openid}")["spent"]
        self._transcript.add(from_phone(openid, messages, spent, self._labels))
        follower = self._store.load(self._app_id, openid)
        statement = self._ledger.statement(person_account(follower.person_id)) if follower else ()
        timeline = self._store.timeline(self._app_id, openid)
        source = follower.source if follower else None
        self._transcript.add(from_records(openid, timeline, statement, source, ReasonWords(self._language)))
        for run in _runs(timeline):
            self._transcript.add(from_engine(openid, self._history(run)))

    def _messages(self, persona: Persona) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self._get(f"/sandbox/followers/{persona.openid}/messages")
        return messages

    def _history(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        machines = self._target.outputs["JourneyMachinePrefix"]
        execution = execution_arn(machines, run["journey"], run["run_id"])
        with contextlib.suppress(self._engine.exceptions.ExecutionDoesNotExist):
            return list(self._engine.get_execution_history(executionArn=execution)["events"])
        return []

    def _completed(self, persona: Persona) -> bool:
        runs = _runs(self._store.timeline(self._app_id, persona.openid))
        return any(run["journey"] == persona.journey and _end(run) == Finished() for run in runs)

    def _sum_up(self) -> int:
        table = Table(title=self._labels["people"], title_justify="left")
        for column in ("person", "profile", "tags", "balance", "run"):
            table.add_column(self._labels[column])
        for persona in self._personas:
            table.add_row(f"[{persona.colour}]{persona.name}[/]", *self._describe(persona))
        console.print()
        console.print(table)
        for journey in dict.fromkeys(persona.journey for persona in self._personas):
            counts = funnel_of(journey, self._store.by_journey(journey))
            console.print(funnel_table(counts, FUNNEL_WORDS[self._language]))
        refusals = self._get("/sandbox/refusals")
        for refusal in refusals:
            console.print(f"[red]{refusal}[/]")
        console.print(f"{self._labels['refusals']}: {len(refusals)}")
        failed = [persona for persona in self._personas if not self._completed(persona)]
        for persona in failed:
            console.print(
                f"[red]{persona.name} {self._labels['incomplete'].format(journey=persona.journey)}[/]"
            )
        return 1 if refusals or failed else 0

    def _describe(self, persona: Persona) -> tuple[str, str, str, str]:
        follower = self._store.load(self._app_id, persona.openid)
        if follower is None:
            return "", "", "", ""
        facts = [follower.source, follower.scene, follower.language]
        facts += [name for name in ("customer", "member") if getattr(follower, name)]
        runs, words = _runs(self._store.timeline(self._app_id, persona.openid)), ReasonWords(self._language)
        ended = [(run["journey"], end) for run in runs if (end := _end(run)) is not None]
        return (
            ", ".join(filter(None, facts)),
            ", ".join(sorted(follower.tags)),
            str(self._ledger.balance(person_account(follower.person_id))),
            ", ".join(f"{journey} {words(end)}" for journey, end in ended),
        )

    def _now(self) -> datetime:
        return self._target.clock.now()

    def _get(self, path: str) -> Any:
        return self._fake.get(path).raise_for_status().json()


def _runs(timeline: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in timeline if entry["kind"] == "run"]


def _end(run: dict[str, Any]) -> RunEnd | None:
    return run_end_from(run["end"]) if run.get("ended_at") else None


if __name__ == "__main__":
    sys.exit(main())
