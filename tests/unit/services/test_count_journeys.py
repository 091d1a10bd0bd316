"""Each change is counted once, however often and in whichever batches a stream delivers it."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.fakes.counters import FakeCounters
from wejourney.errors import StaleCountsError
from wejourney.journeys.counting import REMEMBERED, Change, Cohort, CohortCounts, Count
from wejourney.services.count_journeys import CountJourneys

DAY = datetime(2026, 11, 25, tzinfo=UTC)
COHORTS = [Cohort("welcome", f"2026-11-{day}#v1") for day in range(20, 25)]
ONE: Count = ("entered",)


class KilledError(Exception):
    """The function dies before a write."""


class MortalCounters(FakeCounters):
    """Dies instead of the write with this number, if there is one."""

    def __init__(self, kept: Mapping[Cohort, CohortCounts], dies_at: int | None) -> None:
        super().__init__()
        self.kept = dict(kept)
        self._left = dies_at

    def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
        if self._left is not None:
            if self._left == 0:
                raise KilledError
            self._left -= 1
        super().save(cohort, before, after)


def change(sequence: int, *cohorts: Cohort, at: datetime = DAY) -> Change:
    return Change(sequence, at, {cohort: Counter({ONE: 1}) for cohort in cohorts})


def counted(counters: FakeCounters) -> dict[Cohort, int]:
    return {cohort: kept.counts[ONE] for cohort, kept in counters.kept.items()}


@pytest.mark.parametrize("dies_at", range(len(COHORTS) + 1))
def test_a_batch_that_died_before_any_of_its_writes_is_completed_when_it_comes_again(dies_at: int) -> None:
    batch = [change(number, *COHORTS) for number in (1, 2, 3)]
    mortal = MortalCounters({}, dies_at)
    if dies_at < len(COHORTS):
        with pytest.raises(KilledError):
            CountJourneys(mortal)("shard", batch)
    counters = MortalCounters(mortal.kept, None)
    CountJourneys(counters)("shard", batch[:1])
    CountJourneys(counters)("shard", batch)
    CountJourneys(counters)("shard", batch[1:])
    assert counted(counters) == dict.fromkeys(COHORTS, 3)


@pytest.mark.parametrize("seed", range(200))
def test_every_change_counts_once_whatever_dies_and_however_batches_are_cut_and_repeated(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own chance
    shards = {
        name: [
            change(number * 7, *chance.sample(COHORTS, chance.randint(0, 3)))
            for number in range(1, chance.randint(2, 30))
        ]
        for name in ("first", "second")
    }
    expected: Counter[Cohort] = Counter(
        cohort for changes in shards.values() for change in changes for cohort in change.counts
    )
    counters = FakeCounters()
    checkpoints = dict.fromkeys(shards, 0)
    while any(checkpoints[name] < len(changes) for name, changes in shards.items()):
        name = chance.choice(list(shards))
        start = checkpoints[name]
        end = min(len(shards[name]), start + chance.randint(1, 8))
        mortal = MortalCounters(counters.kept, chance.choice([None, None, 0, 1, 2]))
        try:
            CountJourneys(mortal)(name, shards[name][start:end])
        except KilledError:
            pass
        else:
            # The answer may get lost, too.
            checkpoints[name] = chance.choice([start, end, end])
        counters = FakeCounters()
        counters.kept = mortal.kept
        # A poller that has lost its shard delivers once more what it had.
        late = chance.randint(0, checkpoints[name])
        CountJourneys(counters)(name, shards[name][late : checkpoints[name]])
    assert counted(counters) == dict(expected)


def test_a_shard_that_follows_another_one_starts_anew() -> None:
    counters = FakeCounters()
    CountJourneys(counters)("parent", [change(900, COHORTS[0])])
    CountJourneys(counters)("child", [change(5, COHORTS[0])])
    assert counted(counters) == {COHORTS[0]: 2}


def test_shards_that_count_the_same_cohort_at_once_lose_nothing() -> None:
    class Busy(FakeCounters):
        """Another shard counts between the read and the write, three times."""

        others = 3

        def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
            if self.others:
                self.others -= 1
                now = self.read(cohort)
                super().save(cohort, now, now.after(cohort, f"other {self.others}", [change(1, cohort)]))
            super().save(cohort, before, after)

    counters = Busy()
    CountJourneys(counters)("shard", [change(1, COHORTS[0])])
    assert counted(counters) == {COHORTS[0]: 4}


def test_a_cohort_that_never_stops_changing_is_an_error_so_that_the_batch_comes_again() -> None:
    class AlwaysStale(FakeCounters):
        def save(self, cohort: Cohort, before: CohortCounts, after: CohortCounts) -> None:
            raise StaleCountsError(cohort.group)

    with pytest.raises(StaleCountsError):
        CountJourneys(AlwaysStale())("shard", [change(1, COHORTS[0])])


def test_marks_of_shards_are_forgotten_when_nothing_of_theirs_can_come_again() -> None:
    counters, later = FakeCounters(), DAY + REMEMBERED - timedelta(seconds=1)
    CountJourneys(counters)("old", [change(1, COHORTS[0])])
    CountJourneys(counters)("new", [change(1, COHORTS[0], at=later)])
    assert set(counters.kept[COHORTS[0]].marks) == {"old", "new"}
    CountJourneys(counters)("new", [change(2, COHORTS[0], at=later + timedelta(seconds=1))])
    assert set(counters.kept[COHORTS[0]].marks) == {"new"}
