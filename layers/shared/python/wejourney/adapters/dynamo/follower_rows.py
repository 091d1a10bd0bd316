"""The rows of a person's partition: the follower, live runs and open waits first, then the timeline.

All that a decision needs has an sk that begins with FOLLOWER, so that one query reads it. `…_row` says what
the columns of a kind of row are; a step and a message are kept by their run and step. What has a `cohort` is
counted (`counted_rows.py`). Outside of it are the row that says which person an openid is, the events of an
openid that is nobody's, and the mark of an erasure.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wejourney.adapters.dynamo.expressions import Action, Column, Condition
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    GOAL_WINDOW,
    LIVE_RUN,
    WAIT,
    RawItem,
    Row,
    balance_columns,
    calendar_of,
    columns_of,
    identity_key,
    item_of,
    json_text,
    packed,
    packed_token,
    partition,
    person_of,
    read_row,
    row_key,
    shard_of,
    told_columns,
    unpacked_token,
    value_of,
)
from wejourney.adapters.dynamo.segment_store import write_segments
from wejourney.adapters.dynamo.table import Table, Transaction
from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.positions import Position
from wejourney.journeys.receiving import Received
from wejourney.journeys.runs import (
    ANSWERED,
    NOT_ASKED,
    OPENING_STEP,
    UNANSWERED,
    GoalWindow,
    LiveRun,
    OpenWait,
    Run,
    RunStart,
    cohort_name,
)
from wejourney.loyalty.earning import Earning, Nothing
from wejourney.messaging.sending import PASSIVE, Message, MessageStatus
from wejourney.people.code_counts import CodeCounts, code_counts
from wejourney.people.consents import ConsentRecord
from wejourney.people.contacts import CONTACT_FIELDS
from wejourney.people.erasure import (
    ACCOUNT_EVENTS_KEPT,
    MARK_LASTS,
    REMEMBERED_FOR,
    Erasure,
    RunKey,
    TakenJourney,
)
from wejourney.people.followers import Follower, StepChange
from wejourney.people.identities import Identity, openid_identity
from wejourney.people.lifecycle import Stage
from wejourney.people.merging import Flag
from wejourney.plain_data import from_plain, non_default_fields, to_plain
from wejourney.reasons import RunEnd, reason_from

EVENT = "EVENT#"
RUN = "RUN#"
MESSAGE = "MESSAGE#"
UNANSWERED_WAIT = "UNANSWERED#"
STEP = "STEP#"
HOLDOUT = "HOLDOUT#"
CONSENT = "CONSENT#"
MEDIA = "MEDIA#"
BOARD = "BOARD#"
"""Where they stand on a leader board."""

GAME_HOUR = "HOUR#"
"""How many rounds of a game have counted in an hour of the clock."""

UPLOAD = "UPLOAD#"
ROWS_OUTLAST = timedelta(days=3)
"""By how much a row outlasts its file, which S3 deletes a day or two late: an erasure finds files by rows."""

ERASED = "ERASED#"
"""The beginning of a pk, not of an sk: a mark is outside of the partition that was erased."""


MAY_APPEAR = frozenset({"answer", "counted", "data", "end", "ended", "ended_at", "over", "position"})
MAY_APPEAR |= {"nothing", "reached_at", "reason", "settled_at", "status", "step", "token", "took", "unranked"}
MAY_APPEAR |= {"unrewarded", "wakes"}
"""The columns that a row can get after it was written, besides the person's own: of a row that has none of
them a reader has seen the last of."""


def pk_of(person: Follower) -> str:
    """The partition of the person behind a follower."""
    return partition(person.person_id)


def identity_row(identity: Identity, person_id: str) -> Row:
    """Whose identity this is."""
    return {**identity_key(identity), "person_id": person_id}


def openid_of(follower: Follower) -> Identity:
    return openid_identity(follower.app_id, follower.openid)


def remembered_row(subject: Subject, erasure: Erasure) -> Row:
    """An openid of somebody who was erased: when, the journeys that they had taken, and no person.

    It is deleted at `expires_at`, seconds since 1970.
    """
    key = identity_key(openid_identity(subject.app_id, subject.openid))
    expires_at = int((erasure.at + REMEMBERED_FOR).timestamp())
    taken = packed(erasure.taken) if erasure.taken else None
    return {**key, "remembered": taken, "erased_at": erasure.at, "expires_at": expires_at}


UNCLAIMED: Condition = Column("person_id").does_not_exist()
"""The condition on the row of an identity that it is nobody's."""


def timeline_pk(subject: Subject, follower: Follower | None) -> str:
    """The partition with the events of an openid: of the person whose it is, or (None) of nobody."""
    return f"NOBODY#{subject.app_id}#{subject.openid}" if follower is None else pk_of(follower)


def person_of_now(table: Table, person_id: str) -> Follower | None:
    """Who somebody is by now; None: they were erased. Raises StaleFollowerError in the midst of a merge."""
    row = columns_of(table.get(row_key(partition(person_id), FOLLOWER)) or {})
    if "merged_into" in row and "contacts" not in row:
        return person_of_now(table, row["merged_into"])
    if "merged_into" in row or "merging" in row:
        raise StaleFollowerError
    return person_of(row) if row else None


# --- what a decision reads -----------------------------------------------------------------------


def follower_row(follower: Follower) -> Row:
    """The follower. `rev` is the lock: a writer must have read the latest one.

    `calendar` and `look_at` are the keys of the calendar's index (`calendar_store.py`).
    """
    emptied = ("attributes", "consents", "data_keys", "dates", "tallies", "tiers_kept")
    filled = {name: getattr(follower, name) or None for name in emptied}
    filled |= {name: packed(value) if (value := getattr(follower, name)) else None for name in _PACKED}
    filled |= {"contacts": list(follower.contacts), **told_columns(follower.told_at)}
    filled |= balance_columns(follower.balances)
    if follower.stage is Stage.AWARE:
        filled["stage"] = None
    if follower.look_at is not None:
        filled |= {"calendar": calendar_of(shard_of(follower.person_id))}
    person = {name: value for name, value in vars(follower).items() if name not in _APART}
    return {**row_key(pk_of(follower), FOLLOWER), **person, **filled}


_APART = {*CONTACT_FIELDS, "others", "told_at", "balances"}
_PACKED = ("bookings", "counts", "stage_signs")


def live_run_key(pk: str, journey: str, key: str) -> Row:
    """One live run per follower, journey and key (an order, say)."""
    return row_key(pk, LIVE_RUN, journey, key)


def live_run_row(pk: str, run: LiveRun) -> Row:
    """The live run of a journey, or (`ended`) the last one where that decides on another."""
    return {**live_run_key(pk, run.journey, run.key), **non_default_fields(run)}


def goal_window_key(pk: str, window: GoalWindow) -> Row:
    return row_key(pk, GOAL_WINDOW, window.journey, window.run_id)


def goal_window_row(pk: str, window: GoalWindow) -> Row:
    """A window in which a goal counts. It is deleted at `expires_at`, seconds since 1970, if ever.

    By then no event from before its end can be under way any more.
    """
    row = {**goal_window_key(pk, window), **non_default_fields(window)}
    if window.kept_until is None:
        return row
    return {**row, "expires_at": int((window.kept_until + MARK_LASTS).timestamp())}


def goal_reached(window: GoalWindow) -> list[Action]:
    """What says in the row of a window that its goal was reached; the goal is not looked at again."""
    return [Column("reached_at").set(value_of(window.reached_at)), Column("goal").remove()]


NOT_REACHED: Condition = Column("pk").exists() & Column("reached_at").does_not_exist()


def lives(run_id: str) -> Condition:
    """The condition on a live run's row that this run has not ended, and no other has taken its place."""
    here: Condition = (Column("run_id") == run_id) & Column("ended").does_not_exist()
    return here


# A run waits for one thing at a time: one row has its last wait. When the wait is over it stays, with how it
# `ended`, for those who do the same again; `over` are the steps of all waits that ended.

WAITING: Condition = Column("ended").does_not_exist()


def wait_key(pk: str, run_id: str) -> Row:
    return row_key(pk, WAIT, run_id)


def opened(wait: OpenWait) -> list[Action]:
    """What opens a wait in the row of its run: for the answer to a question, for an event, or for a date."""
    apart = ("run_id", "step", "token")
    data = {name: value for name, value in non_default_fields(wait).items() if name not in apart}
    data["run"] = _without_key(wait.run)
    columns = {"step": wait.step, "token": packed_token(wait.token), "data": packed(data)}
    new = [Column(name).set(value_of(value)) for name, value in columns.items()]
    return [*new, *(Column(name).remove() for name in ("ended", "answer", "position"))]


def _without_key(run: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a run, whose key has its live run's row (`OpenWait.of_run`)."""
    return {name: value for name, value in run.items() if name != "seal_key"}


def ended_by(answer: str | None, event: InboundEvent, step: str) -> list[Action]:
    """What closes a wait that an event has ended: a question with its answer, any other without."""
    return _closed(step, {"ended": ANSWERED, "answer": answer, "position": str(event.position)})


def given_up(step: str) -> list[Action]:
    """What closes a wait at its time limit, also one that was never opened."""
    return _closed(step, {"step": step, "ended": UNANSWERED})


def _closed(step: str, columns: Row) -> list[Action]:
    known = [Column(name).set(value) for name, value in columns.items() if value is not None]
    return [*known, Column("data").remove(), Column("over").add(value_of({step}))]


DROPPED: Sequence[Action] = [
    Column("ended").set(Column("ended").if_not_exists("dropped")),
    Column("data").remove(),
]
"""What closes a wait so that it can be opened again; how it ended before stays."""


def is_over(step: str) -> Condition:
    """The condition on the row of a run's waits that the one of this step has ended."""
    over: Condition = Column("over").contains(step)
    return over


def is_waiting(step: str) -> Condition:
    """The condition that this step waits."""
    waits: Condition = (Column("step") == step) & WAITING
    return waits


def holds_token(wait: OpenWait) -> Condition:
    """The condition that a wait is open, and no later attempt has parked another token."""
    same: Condition = (Column("token") == value_of(packed_token(wait.token))) & WAITING
    return same


# --- changes -------------------------------------------------------------------------------------


def change(write: Transaction, before: Follower, after: Follower, *, joins: bool = False) -> None:
    """Change what differs, if the person is still as it was decided upon.

    `joins`: the contact that they are seen through is not on record.
    """
    row, unchanged = follower_row(after), Column("rev") == before.rev
    if after is before and not joins:
        write.check(row, unchanged)
        return
    old, new = item_of(follower_row(before)), item_of(row)
    if joins:
        del old["contacts"]
        write.put(identity_row(openid_of(after), after.person_id), UNCLAIMED)
    actions: list[Action] = [Column(name).remove() for name in old.keys() - new.keys()]
    actions += [Column(name).set(value) for name, value in new.items() if old.get(name) != value]
    write.update(row, actions, unchanged)
    write_segments(write, before, after)


def ended_as(end: RunEnd, at: datetime) -> list[Action]:
    """What says in the row of a run how it ended."""
    return [Column("end").set(value_of(end)), Column("ended_at").set(value_of(at))]


EARNED = "earned"
"""The beginning of the column `calendar` of events that give something, by when they were recorded."""


def _gives(received: Received) -> Row:
    gives = {one.rule: one.id for one in received.earnings if isinstance(one, Earning)}
    if not gives or received.follower is None:
        return {}
    shard = shard_of(received.follower.person_id)
    return {"gives": gives, "calendar": f"{EARNED}{shard}", "look_at": received.at}


# --- the timeline --------------------------------------------------------------------------------


def event_key(pk: str, event: InboundEvent) -> Row:
    """Events are kept by second and id, so that a delivery finds what an earlier one wrote."""
    return row_key(pk, EVENT, str(event.place_on_record))


def event_row(received: Received, merged: Follower | None = None) -> Row:
    """An event as it came, and what it started, woke and ended, so that a repetition can complete it.

    `merged` is who has turned out to be the person by this event. `codes` is what the event counts for codes.

    `gives` are the ids of the transactions that it gives, by rule, and `nothing` says of other rules why they
    give nothing: so the weekly comparison can look for the transactions (`EARNED`).

    `took` are the waits that it has ended, also those that found it when they were opened (`taken`). A run
    that waits again is in `wakes`, with its token. `refused` says of journeys that it could have started why
    it did not. An event about nobody is deleted at `expires_at`, seconds since 1970.
    """
    event, ends = received.event, received.ended
    took = {taken(one.wait, one.answer, event) for one in received.woken if not one.again}
    again = [
        {"token": woken.wait.token, "run": woken.run.to_dict()} for woken in received.woken if woken.again
    ]
    people = tuple(person for person in (received.before, merged) if person is not None)
    codes = code_counts(event, people, received.follower)
    return {
        **event_key(timeline_pk(event.subject, received.follower), event),
        "at": event.at,
        "event": event.to_dict(),
        "starts": packed(received.start.run.to_dict()) if received.start else None,
        "took": took,
        "codes": packed(codes) if codes else None,
        **({"counted": "codes"} if codes else {}),
        **(TAKEN if took else {}),
        "wakes": packed(again) if again else None,
        "ends": [
            {"journey": ended.run.journey, "run_id": ended.run.run_id, "end": ended.end} for ended in ends
        ]
        or None,
        "refused": dict(received.refused) or None,
        "found": [{"kind": body.kind, **body.to_dict()} for body in received.found] or None,
        "amounts": received.amounts or None,
        "nothing": {one.rule: one.why for one in received.earnings if isinstance(one, Nothing)} or None,
        **_gives(received),
        "note": received.note,
        "opt_out": received.is_opt_out or None,
        "quiet": received.is_quiet or None,
        "expires_at": None if received.follower else int((event.at + ACCOUNT_EVENTS_KEPT).timestamp()),
    }


def taken(wait: OpenWait, answer: str | None, event: InboundEvent) -> str:
    """A wait that an event ends, as the row of the event tells it: JSON.

    It has the data of the run, for a repetition of the event; the token is in the row of the wait. An event
    from before the wait was opened ends it `at` that moment. `is_choice`: the answer is one of the choices,
    no text of the follower's.
    """
    told = {"run_id": wait.run_id, "step": wait.step, "at": max(event.at, wait.asked_at)}
    told["run"] = _without_key(wait.run)
    if wait.question is not None:
        told |= {"name": wait.name, "answer": answer, "is_choice": answer in wait.question.choices}
    return json_text(to_plain(told))


def without_runs(row: Row, gone: Collection[str]) -> list[Action]:
    """What takes the data of runs out of an event of another contact, when theirs is erased; counts stay."""
    actions: list[Action] = []
    if "starts" in row and row["starts"]["id"] in gone:
        actions.append(Column("starts").remove())
    if any(wake["run"]["id"] in gone for wake in row.get("wakes", ())):
        left = [wake for wake in row["wakes"] if wake["run"]["id"] not in gone]
        actions.append(Column("wakes").set(value_of(packed(left))))
    if any(told["run_id"] in gone and told["run"].keys() - _COUNTED_OF_RUN for told in ends_of_waits(row)):
        took = {
            json_text(_counted_of(told) if told["run_id"] in gone else told) for told in ends_of_waits(row)
        }
        actions.append(Column("took").set(value_of(took)))
    return actions


_COUNTED_OF_RUN = {"journey", "version", "start_position"}


def _counted_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is counted of a wait that an event has `taken`. Of a question the event is its contact's own."""
    run = {name: value for name, value in told["run"].items() if name in _COUNTED_OF_RUN}
    return {**told, "run": run}


TAKEN: Row = {"counted": "took"}
"""What the filter of the stream finds the row of an event by that has ended a wait."""


def code_counts_in(row: Row) -> tuple[CodeCounts, ...]:
    """What an event counts for QR codes."""
    found: tuple[CodeCounts, ...] = from_plain(tuple[CodeCounts, ...], row.get("codes", ()))
    return found


def ends_of_waits(row: Row) -> list[dict[str, Any]]:
    """The waits that an event has `taken`, in the order of their runs."""
    told: list[dict[str, Any]] = [json.loads(one) for one in row.get("took", ())]
    return sorted(told, key=lambda one: str(one["run_id"]))


def wait_from(told: Mapping[str, Any], row: Row) -> OpenWait:
    """A wait that an event has `taken`; `row` is that of its run's waits."""
    token, name = unpacked_token(row["token"]), told.get("name", "")
    asked_at = datetime.fromisoformat(told["at"])
    return OpenWait(told["run_id"], told["step"], asked_at, token, told["run"], name)


def run_row(pk: str, start: RunStart, at: datetime) -> Row:
    """A run that starts; `opening` is the content of the opening that the callback has sent.

    `end` and `ended_at` are added when it ends. `seal_key` is the key to the data of its execution.
    """
    run = start.run
    return {
        **row_key(pk, RUN, run.id),
        "at": at,
        "run_id": run.id,
        "journey": run.journey,
        "version": run.version,
        "cohort": run.cohort,
        "key": run.key or None,
        "opening": start.opening.content if start.opening is not None else None,
        "contact_id": start.live.contact_id or None,
        "seal_key": run.seal_key or None,
    }


def openings_of(row: Row) -> list[dict[str, Any]]:
    """The opening that the row of a run has, with the columns of a message."""
    if "opening" not in row:
        return []
    sent = {"step": OPENING_STEP, "channel": PASSIVE, "status": MessageStatus.SENT.value}
    told = {name: row[name] for name in ("at", "run_id", "journey")}
    return [{**told, **sent, "content": row["opening"]}]


def holdout_row(pk: str, journey: str, at: datetime) -> Row:
    """A journey that the follower is kept out of: one row a person, however often they would enter."""
    cohort = cohort_name(at.astimezone(UTC).isoformat(), "")
    return {**row_key(pk, HOLDOUT, journey), "at": at, "journey": journey, "cohort": cohort}


def consent_row(pk: str, told: ConsentRecord) -> Row:
    """That a person gave or withdrew a consent. It names no contact, and stays when one is erased."""
    place = str(Position(Position.at(told.consent.at).second, told.event_id))
    key = row_key(pk, CONSENT, told.purpose, place)
    return {**key, "purpose": told.purpose, "event_id": told.event_id, **to_plain(told.consent)}


def step_row(pk: str, run_id: str, change: StepChange) -> Row:
    """A change of the profile by a step that no message follows."""
    return {**row_key(pk, STEP, run_id, change.step), "run_id": run_id, **non_default_fields(change)}


def message_row(pk: str, message: Message) -> Row:
    taken = packed(message.taken) if message.taken else None
    key = row_key(pk, MESSAGE, message.run_id, message.step)
    return {**key, **non_default_fields(message), "taken": taken}


def message_from(item: RawItem) -> Message:
    row = columns_of(item)
    reason = reason_from(row.pop("reason")) if "reason" in row else None
    return replace(read_row(Message, row), reason=reason)


def unanswered_row(pk: str, run: Run, step: str, at: datetime, *, asked: bool = True) -> Row:
    """A wait whose time limit has passed; a repetition goes on from the same `step_positions`."""
    return {
        **row_key(pk, UNANSWERED_WAIT, run.id, step),
        "at": at,
        "run_id": run.id,
        "journey": run.journey,
        "cohort": run.cohort,
        "step": step,
        "outcome": UNANSWERED if asked else NOT_ASKED,
        "step_positions": dict(run.step_positions) or None,
    }


# --- people who may be one -----------------------------------------------------------------------

FLAGS = "FLAGS"
"""The pk of all flags, which are few."""


FLAGGED = "FLAGGED#"
"""Rows of a person that lead to their flags. They move with the person, and name nobody else."""


def flag_key(digest: str) -> Row:
    return {"pk": FLAGS, "sk": digest}


def flag_row(flag: Flag) -> Row:
    return {**flag_key(flag.digest), **vars(flag)}


def flagged_row(person_id: str, flag: Flag) -> Row:
    return row_key(partition(person_id), FLAGGED, flag.digest)


# --- erasures ------------------------------------------------------------------------------------


def erasure_key(subject: Subject) -> Row:
    """The mark of an erasure is found by who knows the openid, and by nobody else."""
    digest = hashlib.sha256(f"{subject.app_id}#{subject.openid}".encode()).hexdigest()
    return {"pk": ERASED + digest, "sk": ERASED}


def erasure_row(event: InboundEvent, erasure: Erasure, expires_at: datetime) -> Row:
    """The mark of an erasure, which names nobody. It is deleted at `expires_at`, seconds since 1970."""
    return {
        **erasure_key(event.subject),
        "at": erasure.at,
        "person_ids": erasure.person_ids or None,
        "runs": [[run.journey, run.run_id] for run in erasure.runs] or None,
        "seen": erasure.seen,
        "unfinished": erasure.unfinished or None,
        "contact_id": erasure.contact_id or None,
        "taken": erasure.taken or None,
        "is_remembered": erasure.is_remembered or None,
        "back": {name: getattr(erasure.back, name) for name in _BACK} if erasure.back else None,
        "expires_at": int(expires_at.timestamp()),
    }


_BACK = ("person_id", "contact_id", "followed_at", "erased_at", "source", "scene")
"""What is known of a follower who has come back, besides the openid."""


def erasure_from(item: RawItem, subject: Subject) -> Erasure:
    row = columns_of(item)
    runs = tuple(RunKey(journey, run_id) for journey, run_id in row.get("runs", ()))
    back = None
    if "back" in row:
        since = row["back"]["followed_at"]
        known = {"known_since": since, "look_at": since, "following": True, **row["back"]}
        back = from_plain(Follower, {**vars(subject), **known})
    at, unfinished = datetime.fromisoformat(row["at"]), row.get("unfinished", False)
    person_ids, seen = tuple(row.get("person_ids", ())), row.get("seen", frozenset())
    taken = tuple(from_plain(TakenJourney, one) for one in row.get("taken", ()))
    contact_id = row.get("contact_id", "")
    is_remembered = row.get("is_remembered", False)
    return Erasure(at, runs, seen, unfinished, back, person_ids, contact_id, taken, is_remembered)
