"""What is counted of a changed row, and that a change counts once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from wejourney.journeys.counting import (
    CAME,
    REMEMBERED,
    TIMED_OUT,
    Change,
    Cohort,
    CohortCounts,
    Count,
    Counted,
    CountedMessage,
    CountedRefusal,
    CountedRun,
    CountedWait,
    RowCounts,
    changed_counts,
    counts_of,
    reason_of_text,
    reason_text,
)
from wejourney.messaging.sending import MessageStatus
from wejourney.reasons import Finished, GoalReached, HeldOut, NoChannel, Unfollowed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
COHORT = Cohort("welcome", "2026-11-25#v1")
OTHER = Cohort("care", "2026-11-25#v1")
STARTED: Count = ("entered",)
SENT = CountedMessage("1", MessageStatus.SENT, "custom")


@pytest.mark.parametrize(
    ("counted", "counts"),
    [
        (CountedRun(None), [("entered",)]),
        (CountedRun(GoalReached()), [("entered",), ("ended", reason_text(GoalReached()))]),
        (SENT, [("step", "1", "sent"), ("channel", "custom")]),
        (
            CountedMessage("1", MessageStatus.NOT_SENT, "mass", NoChannel("mass")),
            [("step", "1", "not_sent"), ("not_sent", reason_text(NoChannel("mass")))],
        ),
        (CountedMessage("1", MessageStatus.UNKNOWN, "custom"), [("step", "1", "unknown")]),
        (CountedWait("2", CAME), [("step", "2", "came")]),
        (CountedWait("2", TIMED_OUT), [("step", "2", "timed_out")]),
        (CountedWait("2", CAME, "size", "large"), [("choice", "2", "size", "large")]),
        (CountedRefusal(HeldOut()), [("refused", reason_text(HeldOut()))]),
    ],
)
def test_what_a_row_says_is_counted_by_these_names(counted: Counted, counts: list[Count]) -> None:
    assert list(counts_of(counted)) == counts


def test_a_counted_reason_is_read_back() -> None:
    assert reason_of_text(reason_text(NoChannel("mass"))) == NoChannel("mass")


def test_a_cohort_knows_its_day() -> None:
    assert COHORT.day == "2026-11-25"


def test_a_changed_row_counts_what_it_says_now_and_no_more_what_it_said_before() -> None:
    started: RowCounts = {COHORT: [CountedRun(None), SENT]}
    ended: RowCounts = {COHORT: [CountedRun(Finished()), SENT]}

    assert changed_counts({}, started)[COHORT] == Counter(
        {STARTED: 1, ("step", "1", "sent"): 1, ("channel", "custom"): 1}
    )
    assert changed_counts(started, ended) == {COHORT: Counter({("ended", reason_text(Finished())): 1})}
    assert changed_counts(ended, ended) == {}


def test_what_an_erasure_deletes_stays_counted_and_its_runs_have_ended() -> None:
    unfollowed = {COHORT: Counter({("ended", reason_text(Unfollowed())): 1})}

    assert changed_counts({COHORT: [CountedRun(None)]}, None) == unfollowed
    assert changed_counts({COHORT: [CountedRun(Finished())], OTHER: [SENT]}, None) == {}


def change(sequence: int, at: datetime = NOON, cohort: Cohort = COHORT) -> Change:
    return Change(sequence, at, {cohort: Counter({STARTED: 1})})


def test_a_change_counts_once_in_whatever_batches_its_shard_comes() -> None:
    first = CohortCounts().after(COHORT, "shard", [change(1), change(2), change(2, cohort=OTHER)])

    assert first.counts == {STARTED: 2}
    assert first.after(COHORT, "shard", [change(1), change(2)]) is first
    assert first.after(COHORT, "shard", [change(2), change(3)]).counts == {STARTED: 3}
    assert first.after(COHORT, "another", [change(1)]).counts == {STARTED: 3}


def test_the_mark_of_a_shard_that_can_deliver_nothing_any_more_is_forgotten() -> None:
    first = CohortCounts().after(COHORT, "old", [change(1)])
    later = first.after(COHORT, "new", [change(1, NOON + REMEMBERED - timedelta(seconds=1))])
    latest = first.after(COHORT, "new", [change(1, NOON + REMEMBERED)])

    assert set(later.marks) == {"old", "new"}
    assert set(latest.marks) == {"new"}


def test_counts_hold_nothing_that_is_zero() -> None:
    down = Change(1, NOON, {COHORT: Counter({STARTED: -1})})
    counts = CohortCounts({STARTED: 1, ("ended",): 0}).after(COHORT, "shard", [down])

    assert counts.counts == {}
