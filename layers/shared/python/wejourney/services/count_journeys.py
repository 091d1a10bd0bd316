"""Count what changes in the followers' table, each change once."""

from collections.abc import Sequence
from dataclasses import dataclass

from wejourney.errors import StaleCountsError
from wejourney.journeys.counting import Change, Cohort
from wejourney.services.ports.counters import Counters

MAX_CONFLICTS = 20
"""How often the counts of a cohort are read again because another shard's changes are counted."""


@dataclass(frozen=True)
class CountJourneys:
    counters: Counters

    def __call__(self, shard: str, changes: Sequence[Change]) -> None:
        """Count the changes of a shard of the stream, in order.

        Each cohort is written at once with how far its counts have come, so a batch that failed half way is
        delivered again and completed. Raises StaleCountsError when a cohort keeps changing.
        """
        for cohort in dict.fromkeys(cohort for change in changes for cohort in change.counts):
            self._count(cohort, shard, changes)

    def _count(self, cohort: Cohort, shard: str, changes: Sequence[Change]) -> None:
        for _ in range(MAX_CONFLICTS):
            before = self.counters.read(cohort)
            after = before.after(cohort, shard, changes)
            if after is before:
                return
            try:
                self.counters.save(cohort, before, after)
            except StaleCountsError:
                continue
            return
        raise StaleCountsError(cohort.group)
