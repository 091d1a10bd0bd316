"""The clock: the one place where the time of day is read.

On AWS it is the real time. In the sandbox all processes read the same virtual time from one small file, whose
path is in the variable CLOCK; `infra/sandbox/timekeeper.py` writes it.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """The real time; with a `file`, the virtual time there: whole seconds since 1970 (UTC)."""

    file: str = ""

    def now(self) -> datetime:
        """The time that followers and journeys live in, UTC."""
        if not self.file:
            return self.real_now()
        with open(self.file, encoding="ascii") as file:  # noqa: PTH123 - pathlib is an import more at cold start
            return datetime.fromtimestamp(int(file.read()), UTC)

    def real_now(self) -> datetime:
        """The time of the machines, UTC: for what is between computers only, such as access tokens."""
        return datetime.fromtimestamp(time.time(), UTC)


def clock_from_environment() -> Clock:
    """The real clock, or the one whose file CLOCK names."""
    return Clock(os.environ.get("CLOCK", ""))
