"""Time for fakes that want a `Clock`."""

from datetime import UTC, datetime, timedelta

from wejourney.clock import Clock


class HandClock(Clock):
    """A clock that stands still until it is moved; virtual and real time go together."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "at", datetime(2026, 11, 20, 8, tzinfo=UTC))

    def now(self) -> datetime:
        at: datetime = vars(self)["at"]
        return at

    def real_now(self) -> datetime:
        return self.now()

    def move(self, **duration: float) -> None:
        object.__setattr__(self, "at", self.now() + timedelta(**duration))
