"""The metrics."""

from typing import Protocol

from wejourney.metrics import Metric


class Meter(Protocol):
    """Where counts go."""

    def count(self, metric: Metric, **dimensions: str) -> None:
        """One more of this."""
