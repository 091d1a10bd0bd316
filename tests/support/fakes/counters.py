"""The counts of journeys in memory; `tests/functional/test_counting.py` compares them with the table."""

from dataclasses import replace

from wejourney.errors import StaleCountsError
from wejourney.journeys.counting import Cohort, CohortCounts


class FakeCounters:
    def __init__(self) -> None:
        self.kept: dict[Cohort, CohortCounts] = {}

    def read(self, cohort: Cohort) -> CohortCounts:
        return self.kept.get(cohort, CohortCounts())

    def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
        if self.read(cohort).rev != before.rev:
            raise StaleCountsError(cohort.journey)
        self.kept[cohort] = replace(after, rev=before.rev + 1)
