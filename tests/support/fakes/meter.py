"""Counts in memory."""

from collections import Counter
from dataclasses import dataclass, field

from wejourney.metrics import Metric


@dataclass
class FakeMeter:
    """Counts by metric, and by metric and value of each dimension."""

    counts: Counter[str] = field(default_factory=Counter)

    def count(self, metric: Metric, **dimensions: str) -> None:
        self.counts[metric] += 1
        for value in dimensions.values():
            self.counts[f"{metric}.{value}"] += 1
