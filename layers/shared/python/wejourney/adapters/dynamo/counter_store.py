"""Counts in DynamoDB: one row for the runs of a version that started on one day, or for a code on a day."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from wejourney.adapters.dynamo.expressions import Column
from wejourney.adapters.dynamo.items import RawItem, Row, columns_of, packed
from wejourney.adapters.dynamo.table import RefusedWriteError, Table
from wejourney.errors import StaleCountsError
from wejourney.journeys.counting import Cohort, CohortCounts, Count, Mark


@dataclass(frozen=True)
class CounterStore:
    """The table of the counts; pk is a cohort's group, sk its name, which begins with its day."""

    table: Table

    def read(self, cohort: Cohort) -> CohortCounts:
        item = self.table.get(_key(cohort))
        return _counts_from(item) if item else CohortCounts()

    def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
        unchanged = Column("rev") == before.rev
        try:
            self.table.put(
                {
                    **_key(cohort),
                    "rev": before.rev + 1,
                    "counts": packed([[*count, number] for count, number in sorted(after.counts.items())]),
                    "marks": packed(
                        {
                            shard: [mark.sequence, int(mark.at.timestamp())]
                            for shard, mark in after.marks.items()
                        }
                    ),
                },
                unchanged if before.rev else Column("pk").does_not_exist(),
            )
        except RefusedWriteError as refused:
            raise StaleCountsError(cohort.group) from refused

    def of_group(
        self, group: str, since: date | None = None, until: date | None = None
    ) -> Iterator[tuple[str, Counter[Count]]]:
        """The counts of a journey by version, or of all codes (CODES) by code.

        They are of each day from `since` on and before `until`. One query: a page holds 1 MB, the counts of
        years of a journey.
        """
        days = str(since or date.min), str(until or date.max)
        for item in self.table.between(group, *days):
            name = item["sk"]["S"].partition("#")[2]
            yield name, Counter(_counts_from(item).counts)


def _key(cohort: Cohort) -> Row:
    return {"pk": cohort.group, "sk": cohort.name}


def _counts_from(item: RawItem) -> CohortCounts:
    row = columns_of(item)
    marks = {
        shard: Mark(sequence, datetime.fromtimestamp(at, UTC))
        for shard, (sequence, at) in row["marks"].items()
    }
    return CohortCounts({tuple(count): number for *count, number in row["counts"]}, marks, row["rev"])
