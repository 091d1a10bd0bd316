"""The engine in memory."""

from dataclasses import dataclass, field

from wejourney.journeys.runs import RunStart, Wake
from wejourney.people.erasure import RunKey
from wejourney.reasons import RunEnd


@dataclass
class FakeRuns:
    """An engine that remembers: a run starts once by its id, a token wakes once, a run is stopped once."""

    started: dict[str, RunStart] = field(default_factory=dict)
    woken: dict[str, Wake] = field(default_factory=dict)
    stopped: dict[str, RunEnd] = field(default_factory=dict)
    """By the id of the run: why."""
    crash_on_start: bool = False

    @property
    def first(self) -> RunStart:
        return next(iter(self.started.values()))

    def start(self, start: RunStart) -> None:
        if self.crash_on_start:
            self.crash_on_start = False
            raise ConnectionError("the worker was killed")
        self.started.setdefault(start.run.id, start)

    def wake(self, wake: Wake) -> None:
        self.woken.setdefault(wake.token, wake)

    def stop(self, run: RunKey, end: RunEnd) -> None:
        self.stopped.setdefault(run.run_id, end)
