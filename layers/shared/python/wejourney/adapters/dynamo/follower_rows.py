"""The rows of a follower's partition: the follower, live runs and open waits first, then the timeline.

All that a decision needs has an sk that begins with FOLLOWER, so that one query reads it. `…_row` says what
the columns of a kind of row are; a wait, a step, a message and an answer are kept by their run and step.
"""

import hashlib
import zlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition

from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    LIVE_RUN,
    WAIT,
    RawItem,
    Row,
    columns_of,
    packed,
    packed_token,
    read_row,
    value_of,
)
from wejourney.adapters.dynamo.table import Column
from wejourney.events.event import InboundEvent
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import ANSWERED, UNANSWERED, LiveRun, OpenWait, Run, Woken
from wejourney.messaging.sending import Message
from wejourney.people.erasure import ACCOUNT_EVENTS_KEPT, Erasure, RunKey
from wejourney.people.followers import Follower, StepChange
from wejourney.plain_data import from_plain, non_default_fields
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


def partition(app_id: str, openid: str) -> str:
    return f"{app_id}#{openid}"


def pk_of(person: Follower | InboundEvent) -> str:
    """The partition of a follower, or of the one whom an event is about."""
    return partition(person.subject.app_id, person.subject.openid)


def shard_of(journey: str, run_id: str) -> str:
    return f"{journey}#{zlib.crc32(run_id.encode()) % SHARDS}"


def row_key(pk: str, prefix: str, *names: str) -> Row:
    return {"pk": pk, "sk": prefix + "#".join(names)}


# --- what a decision reads -----------------------------------------------------------------------


def follower_row(follower: Follower) -> Row:
    """The follower. `rev` is the lock: a writer must have read the latest one."""
    emptied = ("attributes", "dates", "windows")
    filled = {name: getattr(follower, name) or None for name in emptied}
    return {**row_key(pk_of(follower), FOLLOWER), **vars(follower), **filled}


def live_run_key(pk: str, journey: str, key: str) -> Row:
    """One live run per follower, journey and key (an order, say)."""
    return row_key(pk, LIVE_RUN, journey, key)


def live_run_row(pk: str, run: LiveRun) -> Row:
    """The live run of a journey, or (`ended`) the last one where that decides on another."""
    return {**live_run_key(pk, run.journey, run.key), **non_default_fields(run)}


def lives(run_id: str) -> Condition:
    """The condition on a live run's row that this run has not ended, and no other has taken its place."""
    here: Condition = (Column("run_id") == run_id) & Column("ended").does_not_exist()
    return here


def wait_row(pk: str, wait: OpenWait) -> Row:
    """An open wait: for the answer to a question, for an event, or for a date."""
    known_by_its_key = ("run_id", "step", "token")
    data = {name: value for name, value in non_default_fields(wait).items() if name not in known_by_its_key}
    key = row_key(pk, WAIT, wait.run_id, wait.step)
    return {**key, "token": packed_token(wait.token), "data": packed(data)}


def holds_token(wait: OpenWait) -> Condition:
    """The condition on a wait's row that it is open, and no later attempt has parked another token."""
    same: Condition = Column("token") == value_of(packed_token(wait.token))
    return same


# --- the timeline --------------------------------------------------------------------------------


def event_key(event: InboundEvent) -> Row:
    """Events are kept in the order of their positions."""
    return row_key(pk_of(event), EVENT, str(event.position))


def event_row(received: Received) -> Row:
    """An event as it came, and what it started, woke and ended, so that a repetition can complete it.

    Of a run that wakes the step is named: its token is in the row of what ended the wait (`answer_row`). One
    that waits again has no such row, and its token is here. `refused` says of journeys that it could have
    started why it did not. Runs that find it when they begin to wait for it are added as `taken_by`. An event
    about nobody is deleted at `expires_at`, seconds since 1970.
    """
    event, ends = received.event, received.ended
    return {
        **event_key(event),
        "at": event.at,
        "event": event.to_dict(),
        "starts": packed(received.start.run.to_dict()) if received.start else None,
        "wakes": packed([_wake(woken) for woken in received.woken]) if received.woken else None,
        "ends": [
            {"journey": ended.run.journey, "run_id": ended.run.run_id, "end": ended.end} for ended in ends
        ]
        or None,
        "refused": dict(received.refused) or None,
        "note": received.note,
        "expires_at": None if received.follower else int((event.at + ACCOUNT_EVENTS_KEPT).timestamp()),
    }


def _wake(woken: Woken) -> dict[str, Any]:
    by = {"token": woken.wait.token} if woken.again else {"step": woken.wait.step}
    return by | {"run": woken.run.to_dict()}


def run_row(pk: str, run: Run, at: datetime) -> Row:
    """A run that starts. `end` and `ended_at` are added when it ends."""
    shard = shard_of(run.journey, run.id)
    columns = {"run_id": run.id, "journey": run.journey, "version": run.version, "key": run.key or None}
    return {**row_key(pk, RUN, run.id), "at": at, "shard": shard, **columns}


def holdout_row(pk: str, journey: str, at: datetime) -> Row:
    """A journey that the follower is kept out of: one row a person, however often they would enter."""
    return {**row_key(pk, HOLDOUT, journey), "at": at, "journey": journey, "shard": shard_of(journey, pk)}


def step_row(pk: str, run_id: str, change: StepChange) -> Row:
    """A change of the profile by a step that no message follows."""
    return {**row_key(pk, STEP, run_id, change.step), "run_id": run_id, **non_default_fields(change)}


def message_row(pk: str, message: Message) -> Row:
    return {
        **row_key(pk, MESSAGE, message.run_id, message.step),
        "shard": shard_of(message.journey, message.run_id),
        **non_default_fields(message),
    }


def message_from(item: RawItem) -> Message:
    row = columns_of(item)
    reason = reason_from(row.pop("reason")) if "reason" in row else None
    return replace(read_row(Message, row), reason=reason)


def answer_row(pk: str, wait: OpenWait, answer: str | None, event: InboundEvent) -> Row:
    """A wait that an event has ended: a question with its answer, any other without.

    An event from before the wait was opened ends it when it is opened. The token is kept for a repetition of
    the event.
    """
    ended = {
        "outcome": ANSWERED,
        "name": wait.name or None,
        "answer": answer,
        "position": str(event.position),
        "token": packed_token(wait.token),
    }
    at = max(event.at, wait.asked_at)
    return _outcome(pk, wait.run_id, wait.run["journey"], wait.step, at) | ended


def unanswered_row(pk: str, run: Run, step: str, at: datetime) -> Row:
    """A wait whose time limit has passed; a repetition goes on from the same `step_positions`."""
    ended = {"outcome": UNANSWERED, "step_positions": dict(run.step_positions) or None}
    return _outcome(pk, run.id, run.journey, step, at) | ended


def _outcome(pk: str, run_id: str, journey: str, step: str, at: datetime) -> dict[str, Any]:
    columns = {"at": at, "run_id": run_id, "journey": journey, "step": step}
    return {**row_key(pk, ANSWER, run_id, step), "shard": shard_of(journey, run_id), **columns}


# --- erasures ------------------------------------------------------------------------------------


def erasure_key(app_id: str, openid: str) -> Row:
    """The mark of an erasure is found by who knows the openid, and by nobody else."""
    digest = hashlib.sha256(partition(app_id, openid).encode()).hexdigest()
    return {"pk": ERASED + digest, "sk": ERASED}


def erasure_row(event: InboundEvent, erasure: Erasure, expires_at: datetime) -> Row:
    """The mark of an erasure, which names nobody. It is deleted at `expires_at`, seconds since 1970."""
    return {
        **erasure_key(event.subject.app_id, event.subject.openid),
        "at": erasure.at,
        "runs": [[run.journey, run.run_id] for run in erasure.runs] or None,
        "seen": erasure.seen,
        "unfinished": erasure.unfinished or None,
        "back": {name: getattr(erasure.back, name) for name in _BACK} if erasure.back else None,
        "expires_at": int(expires_at.timestamp()),
    }


_BACK = ("person_id", "followed_at", "erased_at", "source", "scene")
"""What is known of a follower who has come back, besides the openid."""


def erasure_from(item: RawItem, app_id: str, openid: str) -> Erasure:
    row = columns_of(item)
    runs = tuple(RunKey(journey, run_id) for journey, run_id in row.get("runs", ()))
    back = None
    if "back" in row:
        known = {"known_since": row["back"]["followed_at"], "following": True, **row["back"]}
        back = from_plain(Follower, {"app_id": app_id, "openid": openid, **known})
    at, unfinished = datetime.fromisoformat(row["at"]), row.get("unfinished", False)
    return Erasure(at, runs, row.get("seen", frozenset()), unfinished=unfinished, back=back)
