"""The rows of a follower's partition: the follower, live runs and open waits first, then the timeline.

All that a decision needs has an sk that begins with FOLLOWER, so that one query reads it.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute, UnicodeSetAttribute

from wejourney.adapters.dynamo.table import Bounded, Row, WholeNumber
from wejourney.domain.allowance import Window
from wejourney.domain.events import InboundEvent
from wejourney.domain.followers import Follower, FollowerState, LiveRun, OpenWait
from wejourney.domain.rules import Act
from wejourney.domain.runs import Message, MessageStatus

BY_JOURNEY = "by_journey"
"""The index of runs, messages and answers by journey and time."""

SHARDS = 16
"""Keys that a journey's rows are spread over in the index: one key takes 1,000 small writes a second.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

FOLLOWER = "FOLLOWER"
LIVE_RUN = f"{FOLLOWER}#RUN#"
WAIT = f"{FOLLOWER}#WAIT#"
EVENT = "EVENT#"
RUN = "RUN#"
MESSAGE = "MESSAGE#"
ANSWER = "ANSWER#"
STEP = "STEP#"

ANSWERED = "answered"
UNANSWERED = "unanswered"


class FollowersTable(Row):
    """The table of followers."""

    class Meta(Bounded):
        """Set by `FollowerStore`."""


class FollowerRow(FollowersTable):
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
    unreachable = UnicodeAttribute(null=True)
    windows = UnicodeAttribute(null=True)


class LiveRunRow(FollowersTable):
    """The one live run of a journey."""

    journey = UnicodeAttribute()
    run_id = UnicodeAttribute()
    event_id = UnicodeAttribute()
    over_by = UnicodeAttribute(null=True)


class WaitRow(FollowersTable):
    """An open question."""

    run_id = UnicodeAttribute()
    step = UnicodeAttribute()
    name = UnicodeAttribute()
    asked_at = UnicodeAttribute()
    token = UnicodeAttribute()
    run = JSONAttribute()
    choices = JSONAttribute()


class EventRow(FollowersTable):
    """An event as it came, and what it started and woke, so that a repetition can complete it."""

    at = UnicodeAttribute()
    event = JSONAttribute()
    starts = JSONAttribute(null=True)
    token = UnicodeAttribute(null=True)
    wakes = JSONAttribute(null=True)
    note = UnicodeAttribute(null=True)


class RunRow(FollowersTable):
    """A run. `status` is `live` or how the engine says it ended."""

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    journey = UnicodeAttribute()
    shard = UnicodeAttribute()
    version = UnicodeAttribute()
    status = UnicodeAttribute()
    ended_at = UnicodeAttribute(null=True)


class MessageRow(FollowersTable):
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
    reason = UnicodeAttribute(null=True)
    tries = JSONAttribute(null=True)


class AnswerRow(FollowersTable):
    """How a question ended: answered, or unanswered in time."""

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    journey = UnicodeAttribute()
    shard = UnicodeAttribute()
    step = UnicodeAttribute()
    outcome = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    heard = UnicodeAttribute(null=True)


class TagsRow(FollowersTable):
    """A change of tags by a step of a run."""

    at = UnicodeAttribute()
    run_id = UnicodeAttribute()
    step = UnicodeAttribute()
    added = UnicodeSetAttribute(null=True)
    removed = UnicodeSetAttribute(null=True)


def partition(app_id: str, openid: str) -> str:
    """The partition of a follower."""
    return f"{app_id}#{openid}"


def shard_of(journey: str, run_id: str) -> str:
    """The index's key for the rows of a run."""
    return f"{journey}#{zlib.crc32(run_id.encode()) % SHARDS}"


def follower_columns(follower: Follower) -> dict[str, Any]:
    """The attributes of a follower's row; None means that the attribute is absent."""
    windows = [window.to_dict() for window in follower.windows]
    return {
        **vars(follower),
        "followed_at": follower.followed_at.isoformat() if follower.followed_at else None,
        "tags": set(follower.tags) or None,
        "windows": json.dumps(windows) if windows else None,
    }


def follower_row(follower: Follower) -> FollowerRow:
    """The row of a follower."""
    columns = {name: value for name, value in follower_columns(follower).items() if value is not None}
    return FollowerRow(pk=partition(follower.app_id, follower.openid), sk=FOLLOWER, **columns)


def follower_from(raw: Mapping[str, Any]) -> Follower:
    """The follower of a raw row."""
    row = FollowerRow.from_raw_data(dict(raw))
    columns: dict[str, Any] = {name: getattr(row, name) for name in Follower.__dataclass_fields__}
    return Follower(
        **{
            **columns,
            "followed_at": datetime.fromisoformat(row.followed_at) if row.followed_at else None,
            "tags": frozenset(row.tags or ()),
            "windows": tuple(Window.from_dict(window) for window in json.loads(row.windows or "[]")),
        }
    )


def state_from(items: list[dict[str, Any]]) -> FollowerState:
    """The state in the raw rows that begin with FOLLOWER."""
    follower: Follower | None = None
    live_runs: list[LiveRun] = []
    waits: list[OpenWait] = []
    for raw in items:
        sk = raw["sk"]["S"]
        if sk == FOLLOWER:
            follower = follower_from(raw)
        elif sk.startswith(LIVE_RUN):
            run = LiveRunRow.from_raw_data(raw)
            over_by = datetime.fromisoformat(run.over_by) if run.over_by else None
            live_runs.append(LiveRun(run.journey, run.run_id, run.event_id, over_by))
        else:
            waits.append(wait_from(raw))
    return FollowerState(follower, tuple(live_runs), tuple(waits))


def wait_row(pk: str, wait: OpenWait) -> WaitRow:
    """The row of an open wait."""
    return WaitRow(
        pk=pk,
        sk=f"{WAIT}{wait.run_id}#{wait.step}",
        run_id=wait.run_id,
        step=wait.step,
        name=wait.name,
        asked_at=wait.asked_at.isoformat(),
        token=wait.token,
        run=dict(wait.run),
        choices={key: list(words) for key, words in wait.choices.items()},
    )


def wait_from(raw: dict[str, Any]) -> OpenWait:
    """The wait of a raw row."""
    row = WaitRow.from_raw_data(raw)
    return OpenWait(
        run_id=row.run_id,
        step=row.step,
        name=row.name,
        asked_at=datetime.fromisoformat(row.asked_at),
        token=row.token,
        run=row.run,
        choices={key: tuple(words) for key, words in row.choices.items()},
    )


def message_row(pk: str, message: Message) -> MessageRow:
    """The row of a message."""
    return MessageRow(
        pk=pk,
        sk=f"{MESSAGE}{message.run_id}#{message.step}",
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
        reason=message.reason,
        tries=dict(message.tries) or None,
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
        reason=row.reason,
        tries=row.tries or {},
    )


def event_sk(event: InboundEvent) -> str:
    """Where an event stands in its partition: by time."""
    return EVENT + event.position
