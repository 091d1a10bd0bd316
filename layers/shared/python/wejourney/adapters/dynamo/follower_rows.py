"""The rows of a follower's partition: the follower, live runs and open waits first, then the timeline.

All that a decision needs has an sk that begins with FOLLOWER, so that one query reads it.
"""

import hashlib
import json
import zlib
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition

from wejourney.adapters.dynamo.reading import FOLLOWER, LIVE_RUN, TIMES, WAIT
from wejourney.adapters.dynamo.table import Row, WholeNumber
from wejourney.events.event import InboundEvent
from wejourney.journeys.runs import Message, MessageStatus, Run
from wejourney.messaging.wechat_rules import Act
from wejourney.people.erasure import Erasure
from wejourney.people.followers import Follower, LiveRun, OpenWait, changed_values
from wejourney.plain_data import to_plain
from wejourney.reasons import reason_from

BY_JOURNEY = "by_journey"
"""The index of runs, messages and answers by journey and time."""

SHARDS = 16
"""Keys that a journey's rows are spread over in the index: one key takes 1,000 small writes a second.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

EVENT = "EVENT#"
RUN = "RUN#"
MESSAGE = "MESSAGE#"
ANSWER = "ANSWER#"
STEP = "STEP#"
HOLDOUT = "HOLDOUT#"
ERASED = "ERASED#"
"""The beginning of a pk, not of an sk: a mark is outside of the partition that was erased."""


class FollowerRow(Row):
    """The follower. `rev` is the lock: whoever writes must have seen the latest."""

    app_id = UnicodeAttribute()
    openid = UnicodeAttribute()
    person_id = UnicodeAttribute()
    rev = WholeNumber()
    following = BooleanAttribute()
    followed_at = UnicodeAttribute(null=True)
    union_id = UnicodeAttribute(null=True)
    source = UnicodeAttribute(null=True)
    scene = UnicodeAttribute(null=True)
    language = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(null=True)
    tags = UnicodeSetAttribute(null=True)
    customer = BooleanAttribute()
    member = BooleanAttribute()
    points = WholeNumber()
    tier = UnicodeAttribute(null=True)
    segments = UnicodeSetAttribute(null=True)
    attributes = JSONAttribute(null=True)
    dates = JSONAttribute(null=True)
    unreachable = WholeNumber(null=True)
    windows = UnicodeAttribute(null=True)
    known_since = UnicodeAttribute(null=True)
    erased_at = UnicodeAttribute(null=True)


class LiveRunRow(Row):
    """The one live run of a journey, or (`ended`) the last one where that decides on another."""

    journey = UnicodeAttribute()
    run_id = UnicodeAttribute()
    event_id = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)
    key = UnicodeAttribute(null=True)
    started_at = UnicodeAttribute(null=True)
    goal = JSONAttribute(null=True)
    exits = JSONAttribute(null=True)
    retain_after_end = BooleanAttribute(null=True)
    ended = BooleanAttribute(null=True)


class WaitRow(Row):
    """An open wait: for the answer to a question, for an event, or for a date."""

    run_id = UnicodeAttribute()
    step = UnicodeAttribute()
    asked_at = UnicodeAttribute()
    token = UnicodeAttribute()
    run = JSONAttribute()
    name = UnicodeAttribute(null=True)
    question = JSONAttribute(null=True)
    pattern = JSONAttribute(null=True)
    date = JSONAttribute(null=True)


class EventRow(Row):
    """An event as it came, and what it started, woke and ended, so that a repetition can complete it.

    `refused` says of journeys that it could have started why it did not; `taken_by` are runs that began to
    wait for it later and found it here. An event about nobody goes at `expires_at`, seconds since 1970.
    """

    at = UnicodeAttribute()
    event = JSONAttribute()
    starts = JSONAttribute(null=True)
    wakes = JSONAttribute(null=True)
    ends = JSONAttribute(null=True)
    refused = JSONAttribute(null=True)
    taken_by = UnicodeSetAttribute(null=True)
    note = UnicodeAttribute(null=True)
    expires_at = WholeNumber(null=True)


class RunRow(Row):
    """A run. `end` says how it ended; without it the run is going on."""

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    journey = UnicodeAttribute()
    shard = UnicodeAttribute()
    version = UnicodeAttribute()
    key = UnicodeAttribute(null=True)
    end = JSONAttribute(null=True)
    ended_at = UnicodeAttribute(null=True)


class HoldoutRow(Row):
    """A journey that the follower is kept out of, so that its effect can be measured."""

    at = UnicodeAttribute()
    journey = UnicodeAttribute()
    shard = UnicodeAttribute()


class MessageRow(Row):
    """A message of the outbox."""

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    journey = UnicodeAttribute()
    shard = UnicodeAttribute()
    step = UnicodeAttribute()
    channel = UnicodeAttribute()
    status = UnicodeAttribute()
    content = JSONAttribute()
    act = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    left = WholeNumber(null=True)
    reason = JSONAttribute(null=True)
    tries = JSONAttribute(null=True)
    settled_at = UnicodeAttribute(null=True)


class AnswerRow(Row):
    """How a wait ended: answered (a question) or met (an event), or not in time.

    `step_positions` are those of the run when the time was over, so that a repetition goes on as the first
    attempt did.
    """

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    journey = UnicodeAttribute()
    shard = UnicodeAttribute()
    step = UnicodeAttribute()
    outcome = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    position = UnicodeAttribute(null=True)
    step_positions = JSONAttribute(null=True)


class StepRow(Row):
    """A change of the profile by a step of a run: tags, and values by the names that `set` has for them."""

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    step = UnicodeAttribute()
    added = UnicodeSetAttribute(null=True)
    removed = UnicodeSetAttribute(null=True)
    values = JSONAttribute(null=True)


class ErasureRow(Row):
    """The mark of an erasure, which names nobody. It goes at `expires_at`, seconds since 1970."""

    at = UnicodeAttribute()
    runs = JSONAttribute(null=True)
    seen = UnicodeSetAttribute(null=True)
    expires_at = WholeNumber()


def partition(app_id: str, openid: str) -> str:
    """The partition of a follower."""
    return f"{app_id}#{openid}"


def pk_of(one: Follower | InboundEvent) -> str:
    """The partition of this follower, or of the one who did this."""
    return partition(one.subject.app_id, one.subject.openid)


def shard_of(journey: str, run_id: str) -> str:
    """The index's key for the rows of a run."""
    return f"{journey}#{zlib.crc32(run_id.encode()) % SHARDS}"


def follower_columns(follower: Follower) -> dict[str, Any]:
    """The attributes of a follower's row; None means that the attribute is absent."""
    windows = [to_plain(window) for window in follower.windows]
    times = {name: getattr(follower, name) for name in TIMES}
    return {
        **vars(follower),
        **{name: at.isoformat() if at else None for name, at in times.items()},
        "tags": set(follower.tags) or None,
        "segments": set(follower.segments) or None,
        "attributes": dict(follower.attributes) or None,
        "dates": dict(follower.dates) or None,
        "windows": json.dumps(windows) if windows else None,
    }


def follower_row(follower: Follower) -> FollowerRow:
    """The row of a follower."""
    columns = {name: value for name, value in follower_columns(follower).items() if value is not None}
    return FollowerRow(pk=pk_of(follower), sk=FOLLOWER, **columns)


def live_run_key(pk: str, journey: str, key: str) -> LiveRunRow:
    """Where the one live run of a journey (about one order, say) is kept."""
    return LiveRunRow(pk=pk, sk=f"{LIVE_RUN}{journey}#{key}")


def lives(run_id: str) -> Condition:
    """The condition on a live run's row that this run has not ended, and no other has taken its place."""
    here: Condition = (LiveRunRow.run_id == run_id) & LiveRunRow.ended.does_not_exist()
    return here


def live_run_row(pk: str, run: LiveRun) -> LiveRunRow:
    """The row of a live run."""
    row = live_run_key(pk, run.journey, run.key)
    row.journey, row.run_id, row.event_id = run.journey, run.run_id, run.event_id
    row.expires_at = run.expires_at.isoformat() if run.expires_at else None
    row.key = run.key or None
    row.started_at = run.started_at.isoformat() if run.started_at else None
    row.goal = to_plain(run.goal) if run.goal is not None else None
    row.exits = to_plain(run.exits) or None
    row.retain_after_end = run.retain_after_end or None
    return row


def run_row(pk: str, run: Run, at: datetime) -> RunRow:
    """The record of a run that starts."""
    return RunRow(
        pk=pk,
        sk=RUN + run.id,
        at=at.isoformat(),
        run_id=run.id,
        journey=run.journey,
        shard=shard_of(run.journey, run.id),
        version=run.version,
        key=run.key or None,
    )


def holdout_row(pk: str, journey: str, at: datetime) -> HoldoutRow:
    """The record that somebody is kept out of a journey: one a person, however often they would enter."""
    shard = shard_of(journey, pk)
    return HoldoutRow(pk=pk, sk=HOLDOUT + journey, at=at.isoformat(), journey=journey, shard=shard)


def wait_key(pk: str, run_id: str, step: str) -> WaitRow:
    """Where an open wait is kept."""
    return WaitRow(pk=pk, sk=f"{WAIT}{run_id}#{step}")


def wait_row(pk: str, wait: OpenWait) -> WaitRow:
    """The row of an open wait."""
    row = wait_key(pk, wait.run_id, wait.step)
    row.run_id, row.step, row.token, row.run = wait.run_id, wait.step, wait.token, dict(wait.run)
    row.asked_at = wait.asked_at.isoformat()
    row.name = wait.name or None
    row.question = to_plain(wait.question) if wait.question is not None else None
    row.pattern = to_plain(wait.pattern) if wait.pattern is not None else None
    row.date = to_plain(wait.date) if wait.date is not None else None
    return row


def step_key(pk: str, run_id: str, step: str) -> StepRow:
    """Where the record of a step is kept."""
    return StepRow(pk=pk, sk=f"{STEP}{run_id}#{step}")


def step_row(pk: str, before: Follower, after: Follower, run_id: str, step: str, at: datetime) -> StepRow:
    """The record of what a step changed of a profile."""
    row = step_key(pk, run_id, step)
    row.at, row.run_id, row.step = at.isoformat(), run_id, step
    row.added = set(after.tags - before.tags) or None
    row.removed = set(before.tags - after.tags) or None
    row.values = changed_values(before, after) or None
    return row


def message_key(pk: str, run_id: str, step: str) -> MessageRow:
    """Where a message of the outbox is kept."""
    return MessageRow(pk=pk, sk=f"{MESSAGE}{run_id}#{step}")


def message_row(pk: str, message: Message) -> MessageRow:
    """The row of a message."""
    return MessageRow(
        pk=pk,
        sk=message_key(pk, message.run_id, message.step).sk,
        at=message.at.isoformat(),
        run_id=message.run_id,
        journey=message.journey,
        shard=shard_of(message.journey, message.run_id),
        step=message.step,
        channel=message.channel,
        status=message.status.value,
        content=dict(message.content),
        act=message.act.value if message.act else None,
        until=message.until.isoformat() if message.until else None,
        left=message.left,
        reason=to_plain(message.reason) if message.reason else None,
        tries=dict(message.tries) or None,
        settled_at=message.settled_at.isoformat() if message.settled_at else None,
    )


def message_from(row: MessageRow) -> Message:
    """The message of a row."""
    return Message(
        run_id=row.run_id,
        journey=row.journey,
        step=row.step,
        channel=row.channel,
        status=MessageStatus(row.status),
        content=row.content,
        at=datetime.fromisoformat(row.at),
        act=Act(row.act) if row.act else None,
        until=datetime.fromisoformat(row.until) if row.until else None,
        left=row.left,
        reason=reason_from(row.reason) if row.reason else None,
        tries=row.tries or {},
        settled_at=datetime.fromisoformat(row.settled_at) if row.settled_at else None,
    )


def erasure_key(app_id: str, openid: str) -> ErasureRow:
    """Where the mark of an erasure is kept: found by who knows the openid, and by nobody else."""
    digest = hashlib.sha256(partition(app_id, openid).encode()).hexdigest()
    return ErasureRow(pk=ERASED + digest, sk=ERASED)


def erasure_row(event: InboundEvent, erasure: Erasure, expires_at: datetime) -> ErasureRow:
    """The row of a mark."""
    row = erasure_key(event.subject.app_id, event.subject.openid)
    row.at = erasure.at.isoformat()
    row.runs = [[run.journey, run.run_id] for run in erasure.runs] or None
    row.seen = set(erasure.seen) or None
    row.expires_at = int(expires_at.timestamp())
    return row


def erasure_from(row: ErasureRow) -> Erasure:
    """The mark of a row."""
    runs = tuple(LiveRun(journey, run_id, event_id="") for journey, run_id in row.runs or ())
    return Erasure(datetime.fromisoformat(row.at), runs, frozenset(row.seen or ()))


def event_sk(event: InboundEvent) -> str:
    """Where an event stands in its partition: by time."""
    return f"{EVENT}{event.position}"
