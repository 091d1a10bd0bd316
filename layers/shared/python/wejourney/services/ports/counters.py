"""The counts of journeys and of QR codes."""

from typing import Protocol

from wejourney.journeys.counting import Cohort, CohortCounts


class Counters(Protocol):
    def read(self, cohort: Cohort) -> CohortCounts:
        """The counts of a cohort; those of one that has none are empty."""

    def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
        """Write the counts. Raises StaleCountsError when they are not as they were before."""
