"""A follower's life, recorded as the store records it, by the code that decides in production."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS
from wejourney.events.event import InboundEvent
from wejourney.journeys.receiving import Received, receive
from wejourney.journeys.runs import FollowerState, Run
from wejourney.people.followers import Follower
from wejourney.plain_data import to_plain
from wejourney.reasons import RunEnd
from workbench.compiler.catalogue import entry_of
from workbench.language.journey import Journey
from workbench.language.reading import read_text
from workbench.trace.recorded import recorded_trace
from workbench.trace.trace_events import TraceEvent

STRANGER = Follower(APP_ID, OPENID, "person")


def journey_of(text: str, name: str = "care") -> Journey:
    """The journey of a file's text, which has no mistake."""
    reading = read_text(text, name, f"{name}.yaml")
    assert reading.journey is not None
    assert not reading.mistakes, reading.mistakes
    return reading.journey


def root_with(root: Path, text: str, name: str = "care") -> Path:
    """The folder, as a project's root with the file of one journey."""
    folder = root / "infra/journeys"
    folder.mkdir(parents=True)
    (folder / f"{name}.yaml").write_text(text, "utf-8")
    return root


@dataclass
class Life:
    """What happens to a follower while these journeys are deployed, and the timeline of it."""

    journeys: tuple[Journey, ...]
    state: FollowerState = field(default_factory=FollowerState)
    timeline: list[dict[str, Any]] = field(default_factory=list)

    @property
    def trace(self) -> list[TraceEvent]:
        return recorded_trace(self.timeline, journeys=self.journeys)

    @property
    def follower(self) -> Follower:
        assert self.state.follower is not None
        return self.state.follower

    def hears(self, event: InboundEvent) -> Received:
        """Let an event come in."""
        entries = tuple(map(entry_of, self.journeys))
        received = receive(event, self.state, entries, SETTINGS, stranger=STRANGER, now=event.at)
        stored = {"kind": "event", "at": event.at.isoformat(), "event": event.to_dict()}
        refused = {name: to_plain(why) for name, why in received.refused.items()}
        self.timeline.append(stored | ({"refused": refused} if refused else {}))
        live = self.state.live_runs
        if received.start is not None:
            run = received.start.run
            live = (*live, received.start.live)
            row = {"run_id": run.id, "journey": run.journey, "version": run.version}
            self.timeline.append({"kind": "run", "at": event.at.isoformat(), **row})
        self.state = replace(self.state, follower=received.follower, live_runs=live)
        return received

    def starts(self, event: InboundEvent) -> Run:
        """Let an event come in that starts a run."""
        received = self.hears(event)
        assert received.start is not None, received.refused
        return received.start.run

    def ends(self, run: Run, end: RunEnd, at: datetime = NOON) -> None:
        """Let a run end."""
        row = next(row for row in self.timeline if row.get("run_id") == run.id and row["kind"] == "run")
        row |= {"end": to_plain(end), "ended_at": at.isoformat()}
        runs = (replace(live, ended=True) if live.run_id == run.id else live for live in self.state.live_runs)
        self.state = replace(
            self.state, live_runs=tuple(live for live in runs if live.retain_after_end or not live.ended)
        )

    def tells(self, kind: str, run: Run, at: datetime = NOON, **fields: Any) -> None:
        """Let a step of a run leave a record."""
        row: Mapping[str, Any] = {"run_id": run.id, "journey": run.journey, **fields}
        self.timeline.append({"kind": kind, "at": at.isoformat(), **row})
