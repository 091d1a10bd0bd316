"""A clock that stands until it is moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.support.builders import NOON


@dataclass
class FakeClock:
    """Virtual time: it passes when it is told to."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def pass_to(self, at: datetime) -> None:
        self.at = max(self.at, at)

    def pass_(self, **duration: float) -> datetime:
        self.at += timedelta(**duration)
        return self.at
