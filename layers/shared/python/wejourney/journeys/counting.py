"""What is counted of the runs of journeys: how many came to each step, what happened there, how they ended.

What is counted of QR codes is kept in the same way (`wejourney.people.code_counts`). Counts name nobody. They
hold no openid, no id of a person or a run, and of answers only the choices of the journey's author: so they
may outlive an erasure.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from wejourney.journeys.runs import OPENING_STEP
from wejourney.messaging.sending import PASSIVE, MessageStatus
from wejourney.people.code_counts import CodeCount
from wejourney.plain_data import to_plain
from wejourney.reasons import NotSent, NotStarted, Reason, RunEnd, Unfollowed, reason_from, without_details

ENTERED = "entered"
ENDED = "ended"
REFUSED = "refused"
STEP = "step"
NOT_SENT = "not_sent"
CHANNEL = "channel"
CHOICE = "choice"
GOAL = "goal"
"""What is counted, see `counts_of`."""

HELD_OUT, REACHED = "held_out", "reached"
"""Whose entries a goal counts for, besides those who ENTERED; and that it was reached."""

CAME, TIMED_OUT = "came", "timed_out"
"""How a wait at a step ended: what it waits for came, or its time limit passed."""

type Count = tuple[str, ...]
"""What is counted, and of what: `("step", "3", "sent")`, `("choice", "occasion", "gift")`."""

REMEMBERED = timedelta(days=2)
"""How long the mark of a shard is kept: a stream delivers nothing that is older than a day.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
"""


@dataclass(frozen=True)
class Cohort:
    """What is counted together: the runs of a journey that started on a day (UTC) on a version.

    `group` is the journey, `name` is `2026-11-25#0123456789ab`. Followers who are kept out of a journey have
    no version. Of the group CODES it is a code on a day of Beijing: `2026-11-25#store-SH01`.
    """

    group: str
    name: str

    @property
    def day(self) -> str:
        return self.name[:10]


CODES = "CODES#"
"""The group of all QR codes; no journey has such a name."""


# --- what a row says ------------------------------------------------------------------------------


@dataclass(frozen=True)
class CountedRun:
    """A run; `opened`: its event was answered with the opening."""

    end: RunEnd | None
    opened: bool = False


@dataclass(frozen=True)
class CountedMessage:
    step: str
    status: MessageStatus
    channel: str
    reason: NotSent | None = None


@dataclass(frozen=True)
class CountedWait:
    """A wait that has ended: CAME or TIMED_OUT. With a `choice`, it is the answer to the question `name`."""

    step: str
    outcome: str
    name: str = ""
    choice: str = ""


@dataclass(frozen=True)
class CountedRefusal:
    reason: NotStarted


@dataclass(frozen=True)
class CountedGoal:
    """An entry for which a goal counts, of somebody who entered or was held out."""

    held_out: bool
    reached: bool


@dataclass(frozen=True)
class CountedCode:
    """How much is counted of a code that has these facts."""

    what: CodeCount
    facts: Mapping[str, str]
    number: int


type Counted = CountedRun | CountedMessage | CountedWait | CountedRefusal | CountedGoal | CountedCode


def counts_of(counted: Counted) -> Iterator[Count]:
    match counted:
        case CountedRun(end=end, opened=opened):
            yield (ENTERED,)
            if opened:
                yield from counts_of(CountedMessage(OPENING_STEP, MessageStatus.SENT, PASSIVE))
            if end is not None:
                yield ENDED, reason_text(end)
        case CountedMessage(step=step, status=status):
            yield STEP, step, status.value
            if status is MessageStatus.SENT:
                yield CHANNEL, counted.channel
            if status is MessageStatus.NOT_SENT and counted.reason is not None:
                yield NOT_SENT, reason_text(counted.reason)
        case CountedWait(step=step, outcome=outcome):
            if counted.choice:
                yield CHOICE, step, counted.name, counted.choice
            else:
                yield STEP, step, outcome
        case CountedRefusal(reason=reason):
            yield REFUSED, reason_text(reason)
        case CountedGoal(held_out=held_out, reached=reached):
            yield GOAL, HELD_OUT if held_out else ENTERED
            if reached:
                yield goal_reached(held_out=held_out)
        case CountedCode(what=what, facts=facts):
            yield what.value, json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)
        case _:
            assert_never(counted)


def goal_reached(*, held_out: bool) -> Count:
    return GOAL, HELD_OUT if held_out else ENTERED, REACHED


def reason_text(reason: Reason) -> str:
    """A reason as a count names it, without what differs from follower to follower."""
    return json.dumps(to_plain(without_details(reason)), ensure_ascii=False, sort_keys=True)


def reason_of_text(text: str) -> Any:
    """The reason that `reason_text` wrote."""
    return reason_from(json.loads(text))


type RowCounts = Mapping[Cohort, Iterable[Counted]]
"""What a row says of each cohort."""


def changed_counts(before: RowCounts, after: RowCounts | None) -> dict[Cohort, Counter[Count]]:
    """What a changed row changes of the counts; `after` is None for a row that was deleted.

    Rows are deleted when their follower is erased: what was counted of them stays, and a run that had not
    ended has ended by that.
    """
    found: dict[Cohort, Counter[Count]] = {}
    if after is None:
        erased = ENDED, reason_text(Unfollowed())
        for cohort, counted in before.items():
            going_on = sum(1 for one in counted if isinstance(one, CountedRun) and one.end is None)
            found[cohort] = Counter({erased: going_on})
    else:
        for rows, sign in ((before, -1), (after, 1)):
            for cohort, counted in rows.items():
                counts = found.setdefault(cohort, Counter())
                for one in counted:
                    number = one.number if isinstance(one, CountedCode) else 1
                    for count in counts_of(one):
                        counts[count] += sign * number
    changes = {cohort: _without_zeros(counts) for cohort, counts in found.items()}
    return {cohort: counts for cohort, counts in changes.items() if counts}


def moved_counts(row: RowCounts) -> dict[Cohort, Counter[Count]]:
    """What a row that was moved changes: it takes back what the deletion of the row changes elsewhere."""
    deleted = changed_counts(row, None)
    return {cohort: Counter({count: -n for count, n in counts.items()}) for cohort, counts in deleted.items()}


def _without_zeros(counts: Mapping[Count, int]) -> Counter[Count]:
    return Counter({count: number for count, number in counts.items() if number})


# --- each change once -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A change of a row, by its place in a shard of the table's stream, and when it happened (UTC)."""

    sequence: int
    at: datetime
    counts: Mapping[Cohort, Counter[Count]]


@dataclass(frozen=True)
class Mark:
    """The last change of a shard that a cohort has counted."""

    sequence: int
    at: datetime


@dataclass(frozen=True)
class CohortCounts:
    """The counts of a cohort, and how far they have come in each shard of the stream.

    A shard's changes come in order the first time, and maybe again, in other batches: what is not behind the
    mark has been counted. A shard that follows another one has an id of its own, so it starts anew. `rev` is
    the lock: a writer must have read the latest one.
    """

    counts: Mapping[Count, int] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    rev: int = 0

    def after(self, cohort: Cohort, shard: str, changes: Sequence[Change]) -> "CohortCounts":
        """The counts after the changes of a shard, in order; the same object if none is new."""
        counted = self.marks.get(shard)
        new = [
            change
            for change in changes
            if cohort in change.counts and (counted is None or change.sequence > counted.sequence)
        ]
        if not new:
            return self
        counts = Counter(self.counts)
        for change in new:
            counts.update(change.counts[cohort])
        last = new[-1]
        marks = {name: mark for name, mark in self.marks.items() if mark.at > last.at - REMEMBERED}
        marks[shard] = Mark(last.sequence, last.at)
        return replace(self, counts=_without_zeros(counts), marks=marks)
