"""The counts of journeys in memory; `tests/functional/test_counting.py` compares them with the table."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from wejourney.errors import StaleCountsError
from wejourney.journeys.counting import Cohort, CohortCounts, Count


class FakeCounters:
    def __init__(self) -> None:
        self.kept: dict[Cohort, CohortCounts] = {}

    def read(self, cohort: Cohort) -> CohortCounts:
        return self.kept.get(cohort, CohortCounts())

    def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
        if self.read(cohort).rev != before.rev:
            raise StaleCountsError(cohort.group)
        self.kept[cohort] = replace(after, rev=before.rev + 1)

    def of_group(
        self, group: str, since: date | None = None, until: date | None = None
    ) -> Iterator[tuple[str, Mapping[Count, int]]]:
        for cohort in sorted(self.kept, key=lambda cohort: cohort.name):
            is_meant = str(since or date.min) <= cohort.day < str(until or date.max)
            if cohort.group == group and is_meant:
                yield cohort.name.partition("#")[2], self.kept[cohort].counts
