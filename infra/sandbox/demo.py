"""`make demo`: four people live through their journeys, in seconds; two are those of examples/loyalty.

Starts a sandbox of its own, plays their personas against it over HTTP, and prints what is on record as it
happens. Ends with status 1 if WeChat refused a call, or if a life was not what the simulator makes of it.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.sandbox.package import lay_over
from infra.sandbox.personas import PersonaActor
from infra.sandbox.processes import running_sandbox
from infra.sandbox.settings import ROOT, SandboxError, Settings, settings_from_environment
from infra.sandbox.timekeeper import STANDING
from wejourney.events.event_types import Followed
from wejourney.loyalty.balance import NO_BALANCE, POINTS
from wejourney.people.followers import Follower
from wejourney.reasons import Fact
from workbench.operations.records import RunHistories, trace_on_record
from workbench.operations.target import NoTargetError, Target, sandbox_target
from workbench.project import JOURNEYS, PERSONAS, Project, files_in, read_project
from workbench.simulator.deployment import SimulatedDeployment, simulated_account
from workbench.simulator.persona import STARTS, Persona, read_persona
from workbench.simulator.simulator import Simulator
from workbench.trace.funnel import counted_funnel, counted_funnel_table
from workbench.trace.trace_events import EventReceived, MessageSent, RunEnded, TraceEvent, trace_to_dict
from workbench.trace.transcript import Narrator
from workbench.wording.picture_phrases import LANGUAGES, Language
from workbench.wording.reason_words import ReasonWords

LOYALTY = ROOT / "examples/loyalty"
"""The project that is deployed beside the sample: points before people follow or join."""

CAST = {"lee": "cyan", "john": "magenta", "mei": "green", "kai": "yellow"}
"""The personas of the demo, and their colours."""

SHOWN = timedelta(days=64)
LONGEST = timedelta(days=65)
"""Virtual time that is shown, and after which the demo gives up on a journey."""

ZONE = ZoneInfo("Asia/Shanghai")
_WIDEST, _NARROWEST, _KIND, _TIME = 120, 24, 13, 23
"""Cells of a line, of what it says at least, of the kind of event in it, and of its time."""

LABELS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "people": "in the end", "person": "person", "profile": "profile", "tags": "tags",
        "points": "points", "waiting": "{n} unclaimed", "run": "journey", "refusals": "refusals: {n}",
        "differs": "{name}: not what the simulator makes of this life",
    },
    "zh": {
        "people": "结束时", "person": "角色", "profile": "档案", "tags": "标签",
        "points": "积分", "waiting": "待领取 {n}", "run": "旅程", "refusals": "被拒绝的调用：{n}",
        "differs": "{name}：与模拟器的结果不一致",
    },
}  # fmt: skip

console = Console()


def show(arguments: Sequence[str]) -> int:
    """Run the demo; returns the exit status. A Ctrl-C ends it by a SystemExit (`run.py`)."""
    parser = argparse.ArgumentParser(prog="make demo", description="Four people live through their journeys.")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the labels")
    language: Language = parser.parse_args(arguments).lang
    try:
        settings = demo_settings()
        with running_sandbox(settings):
            return Demo(settings, language).run()
    except (SandboxError, NoTargetError) as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        return 1


def demo_settings() -> Settings:
    """A sandbox in which time stands, and begins with the first that anybody does."""
    begins = STARTS.replace(tzinfo=ZONE) + first_act(personas())
    return replace(settings_from_environment(), speed=STANDING, project=LOYALTY, starts=begins)


class Lines:
    """Prints what happens to people, by time, each event once."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._narrator = Narrator(ZONE, language)
        self._printed: set[tuple[str, str]] = set()
        self._followed: dict[str, datetime] = {}

    def print(self, traces: Mapping[str, Iterable[TraceEvent]]) -> None:
        """Print what is new in the traces, which are by the names of people."""
        new = [(event, name) for name, trace in traces.items() for event in trace]
        for event, name in sorted(new, key=lambda found: found[0].at):
            key = name, json.dumps(trace_to_dict(event), sort_keys=True, default=str)
            if key not in self._printed:
                self._printed.add(key)
                self._print_line(event, name)

    def _print_line(self, event: TraceEvent, name: str) -> None:
        line = self._narrator.line(event)
        if line is None:
            return
        allowance = f" ({line.allowance})" if line.allowance else ""
        text = Text.assemble(
            *self._when(event, name),
            shown_name(name),
            (f" {set_cell_size(line.kind, _KIND)} ", f"bold {line.style}".strip()),
        )
        room = max(_NARROWEST, min(self._console.width, _WIDEST) - text.cell_len - cell_len(allowance))
        what = " ".join(line.what.split())
        if cell_len(what) > room:
            what = f"{set_cell_size(what, room - 1).rstrip()}…"
        self._console.print(text.append(what).append(allowance, "dim"), soft_wrap=True)

    def _when(self, event: TraceEvent, name: str) -> Iterator[str | tuple[str, str]]:
        """The time, and how long ago the follow was; before it the whole date."""
        at = event.at.astimezone(ZONE)
        if isinstance(event, EventReceived) and isinstance(event.event.body, Followed):
            self._followed.setdefault(name, event.at)
        if name not in self._followed:
            yield f"{at:%Y-%m-%d %H:%M}".ljust(_TIME), "dim"
            return
        hours, minutes = divmod(int((event.at - self._followed[name]).total_seconds()) // 60, 60)
        days, hours = divmod(hours, 24)
        yield f"{at:%m-%d %H:%M}  ", "dim"
        yield f"{days + 1}d {hours:02}:{minutes:02}  "


class Demo:
    """One showing of the demo against a running sandbox."""

    def __init__(self, settings: Settings, language: Language) -> None:
        self._language = language
        self._labels = LABELS[language]
        self._lines = Lines(console, language)
        self._fake = httpx.Client(base_url=settings.fake_url, trust_env=False, timeout=60)
        self._target: Target = sandbox_target(settings.directory)
        self._project = deployed_project()
        self._journeys = self._project.journeys
        self._histories = RunHistories(self._target)

    def run(self) -> int:
        """Play, print, sum up. Returns the exit status."""
        people = personas()
        start = self._target.clock.now() - first_act(people)
        actors = [
            PersonaActor(persona, self._target, self._fake, self._journeys, start) for persona in people
        ]
        for persona in people:
            console.print(shown_name(persona.name), persona.about[self._language])
        console.print()
        while self._target.clock.now() < start + LONGEST:
            lives = {actor.openid: self._trace(actor) for actor in actors}
            self._lines.print({actor.persona.name: lives[actor.openid] for actor in actors})
            over = self._target.clock.now() >= start + SHOWN
            if over and all(self._as_simulated(actor, lives[actor.openid]) for actor in actors):
                break
            self._live_on(actors, start + (LONGEST if over else SHOWN))
        return self._sum_up(actors)

    def _live_on(self, actors: list[PersonaActor], until: datetime) -> None:
        """Go on to what comes next, an act or whatever is due, and to all that it leads to."""
        acts = [due for actor in actors if (due := actor.due())]
        self._move("next", until=min([*acts, until]).isoformat())
        for actor in actors:
            if actor.act_if_due(self._target.clock.now()):
                self._move("advance", seconds=0)

    def _move(self, control: str, **how: Any) -> None:
        self._fake.post(f"/sandbox/clock/{control}", json=how, timeout=None).raise_for_status()

    def _trace(self, actor: PersonaActor) -> list[TraceEvent]:
        """What is on record of somebody, and what the engine knows of their runs."""
        follower = self._follower(actor)
        if follower is None:
            return []
        trace = trace_on_record(self._target, follower, self._journeys)
        for journey in self._journeys:
            trace = self._histories.add_to(trace, journey)
        return trace

    def _as_simulated(self, actor: PersonaActor, trace: Iterable[TraceEvent]) -> bool:
        """Whether somebody received the messages that the simulator foretells, and their runs ended so."""
        life = foretold(actor.persona, self._project)
        sent = [event for event in life if isinstance(event, MessageSent)]
        return len(actor.messages()) == len(sent) and _outcome(trace) == _outcome(life)

    def _sum_up(self, actors: list[PersonaActor]) -> int:
        table = Table(title=self._labels["people"], title_justify="left")
        for column in ("person", "profile", "tags", "points", "run"):
            table.add_column(self._labels[column])
        lives = {actor.openid: self._trace(actor) for actor in actors}
        for actor in actors:
            table.add_row(shown_name(actor.persona.name), *self._describe(actor, lives[actor.openid]))
        console.print()
        console.print(table)
        sample = {file.stem for file in files_in(ROOT / JOURNEYS)}
        for journey in (journey for journey in self._journeys if journey.name in sample):
            counts = counted_funnel(self._target.counters.of_group(journey.name))
            if counts.entered:
                console.print(counted_funnel_table(counts, journey.name, journey, self._language))
        refusals = self._fake.get("/sandbox/refusals").raise_for_status().json()
        failed = [actor for actor in actors if not self._as_simulated(actor, lives[actor.openid])]
        differs = [self._labels["differs"].format(name=actor.persona.name) for actor in failed]
        for complaint in [*refusals, *differs]:
            console.print(f"[red]{complaint}[/]")
        console.print(self._labels["refusals"].format(n=len(refusals)))
        return 1 if refusals or failed else 0

    def _describe(self, actor: PersonaActor, trace: Iterable[TraceEvent]) -> tuple[str, str, str, str]:
        follower = self._follower(actor)
        if follower is None:
            return "", "", "", ""
        words = ReasonWords(self._language, ZONE)
        source, stage = words.value(follower.source, Fact.SOURCE), words.value(follower.stage, Fact.STAGE)
        facts = (source, follower.scene, follower.language, stage)
        ends = (f"{event.journey}: {words(event.end)}" for event in trace if isinstance(event, RunEnded))
        return (
            ", ".join(filter(None, facts)),
            ", ".join(sorted(follower.tags)),
            self._points(follower),
            ", ".join(ends),
        )

    def _points(self, follower: Follower) -> str:
        unclaimed = follower.balances.get(POINTS, NO_BALANCE).unclaimed
        waiting = [self._labels["waiting"].format(n=unclaimed)] if unclaimed else []
        return ", ".join([str(follower.points), *waiting])

    def _follower(self, actor: PersonaActor) -> Follower | None:
        return self._target.followers.read(self._target.app_id, actor.openid).follower


def personas() -> list[Persona]:
    """The people of the demo, as their files describe them. Raises SandboxError for a mistake in a file."""
    files = (root / PERSONAS / f"{name}.yaml" for name in CAST for root in (ROOT, LOYALTY))
    read = [read_persona(file) for file in files if file.exists()]
    if mistakes := [str(mistake) for reading in read for mistake in reading.mistakes]:
        raise SandboxError("\n".join(mistakes))
    return [reading.value for reading in read if reading.value is not None]


def first_act(people: Iterable[Persona]) -> timedelta:
    """When the first of them does something, counted from their start; it is long before that."""
    return min(act.after for persona in people for act in persona.acts)


def deployed_project() -> Project:
    """What the demo deploys: the sample, and what is laid over it."""
    with TemporaryDirectory() as folder:
        lay_over(Path(folder), ROOT, LOYALTY)
        return read_project(Path(folder))


def foretold(persona: Persona, project: Project) -> list[TraceEvent]:
    """What the simulator makes of a persona's life, as long as it is shown."""
    account = simulated_account(time_zone=ZONE.key)
    deployment = SimulatedDeployment.of(project.journeys, account, project.people_rules)
    person = persona.person(account)
    return Simulator(deployment, person).play(until=person.start + SHOWN)


def shown_name(name: str) -> Text:
    """A person's name in their colour."""
    return Text(f"{name:<5}", CAST[name.lower()])


def _outcome(trace: Iterable[TraceEvent]) -> list[tuple[object, ...]]:
    """The messages and the ends of runs, in order."""
    return [
        (event.journey, event.step, event.content)
        if isinstance(event, MessageSent)
        else (event.journey, event.end)
        for event in trace
        if isinstance(event, MessageSent | RunEnded)
    ]
