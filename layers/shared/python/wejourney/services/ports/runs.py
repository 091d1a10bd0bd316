"""The engine that runs journeys."""

from typing import Protocol

from wejourney.journeys.runs import RunStart, Wake
from wejourney.people.followers import LiveRun
from wejourney.reasons import RunEnd


class Runs(Protocol):
    """The engine that runs journeys."""

    def start(self, start: RunStart) -> None:
        """Start a run; starting it again changes nothing."""

    def wake(self, wake: Wake) -> None:
        """Hand a waiting run its data; a run that waits no longer is left alone."""

    def stop(self, run: LiveRun, end: RunEnd) -> None:
        """End a run; ending it again changes nothing."""
