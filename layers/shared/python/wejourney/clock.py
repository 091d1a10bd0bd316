"""The clock: the one place where the time of day is read.

On AWS it is the real time. In the sandbox every process is given the same scaled clock through the
variable CLOCK, so that 48 hours pass in seconds and all agree on what time it is.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """Virtual time that ran `speed` times as fast as real time since `real`, when it was `virtual`.

    Both origins are seconds since 1970 (UTC).
    """

    speed: float = 1.0
    real: float = 0.0
    virtual: float = 0.0

    def now(self) -> datetime:
        """The time that followers and journeys live in, UTC."""
        return datetime.fromtimestamp(self.virtual + (time.time() - self.real) * self.speed, UTC)

    def real_now(self) -> datetime:
        """The time of the machines, UTC: for what is between computers only, such as access tokens."""
        return datetime.fromtimestamp(time.time(), UTC)

    def to_json(self) -> str:
        """The value of CLOCK that gives another process this clock."""
        return json.dumps(vars(self))


def clock_from_environment() -> Clock:
    """The real clock, or the one that CLOCK describes."""
    described = os.environ.get("CLOCK")
    return Clock(**json.loads(described)) if described else Clock()
