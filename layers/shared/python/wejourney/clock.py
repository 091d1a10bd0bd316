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
        return self.virtual_at(time.time())

    def virtual_at(self, real: float) -> datetime:
        """What `now` is when the machines' time is `real`, in seconds since 1970."""
        return datetime.fromtimestamp(self.virtual + (real - self.real) * self.speed, UTC)

    def real_at(self, virtual: datetime) -> float:
        """The machines' time, in seconds since 1970, when `now` is `virtual`; of a clock that runs."""
        return self.real + (virtual.timestamp() - self.virtual) / self.speed

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
