"""Rows as DynamoDB's items, and the part of a follower's rows that a decision reads.

A row is a dict of columns, a value's type decides its form.
"""

import hashlib
import json
import zlib
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wejourney.errors import NewerDataError
from wejourney.events.event import Subject
from wejourney.journeys.runs import FollowerState, GoalWindow, LiveRun, OpenWait
from wejourney.loyalty.balance import Balance
from wejourney.people.contacts import Contact
from wejourney.people.erasure import TakenJourney
from wejourney.people.followers import Follower, ToldAt
from wejourney.people.identities import Identity
from wejourney.plain_data import changed, from_plain, to_plain

FOLLOWER = "FOLLOWER"
"""What the sk of every row begins with that a decision needs, so that one query reads them."""

LIVE_RUN = f"{FOLLOWER}#RUN#"
WAIT = f"{FOLLOWER}#WAIT#"
GOAL_WINDOW = f"{FOLLOWER}#GOAL#"


def partition(person_id: str) -> str:
    """The pk of all rows of a person."""
    return f"PERSON#{person_id}"


CALENDAR_SHARDS = 8
"""How many parts the calendar has, each of which is swept by itself; the template has a schedule for each."""


def calendar_of(shard: int) -> str:
    """What rows of a shard of the calendar have in the column `calendar`."""
    return str(shard)


def shard_of(person_id: str) -> int:
    """The shard of the calendar that a person is in."""
    return zlib.crc32(person_id.encode()) % CALENDAR_SHARDS


type RawItem = dict[str, dict[str, Any]]
"""An item as DynamoDB gives it: `{"pk": {"S": "…"}}`."""

type Row = Mapping[str, Any]
"""A row's columns by name: `pk`, `sk`, and what it holds; a column that is None is absent."""

_LONGEST_KEYS = {"pk": 2_048, "sk": 1_024}
"""Bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""


def row_key(pk: str, prefix: str, *names: str) -> Row:
    """The key of a row. A name from outside may have more bytes than a key: of that, a digest is in it."""
    key = {"pk": pk, "sk": prefix + "#".join(names)}
    return {name: _fitting(text, _LONGEST_KEYS[name]) for name, text in key.items()}


def _fitting(text: str, most: int) -> str:
    data = text.encode()
    if len(data) <= most:
        return text
    digest = hashlib.sha256(data).hexdigest()
    return data[: most - len(digest)].decode(errors="ignore") + digest


def identity_key(identity: Identity) -> dict[str, str]:
    """The key of the row that says whose identity this is. Only who knows the identity finds the row."""
    return {"pk": f"IDENTITY#{identity_hash(identity)}", "sk": "IDENTITY"}


def identity_hash(identity: Identity) -> str:
    return hashlib.sha256(str(identity).encode()).hexdigest()


_JSON = frozenset(
    {
        "amounts",
        "attributes",
        "back",
        "bookings",
        "cause",
        "changes",
        "codes",
        "consents",
        "contacts",
        "consent_record",
        "content",
        "counts",
        "coupons",
        "data",
        "data_keys",
        "dates",
        "earned",
        "end",
        "ends",
        "found",
        "gives",
        "event",
        "exits",
        "goal",
        "opening",
        "person_ids",
        "postings",
        "reason",
        "nothing",
        "refused",
        "remembered",
    }
    | {
        "marks",
        "rejected",
        "runs",
        "stage_signs",
        "starts",
        "step_positions",
        "taken",
        "tallies",
        "tiers_kept",
        "tries",
        "used",
        "values",
        "wakes",
        "windows",
    }
)
"""The columns that hold JSON, compressed where it is binary (`packed`)."""


json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON in UTF-8: a Chinese character takes 3 bytes, and 6 as an escape."""


_COMMON = (
    b'"pattern":{"event":"date":{"date":"offset":,"limit":"subscribed_kinds":["draws":{"facts":{"menus":{"'
    b'"follower":{"app_id":"wx"person_id":"rev":"following":true,"followed_at":"tags":["attributes":{"windows":['
    b'},"question":{"choices":{"},"name":"","key":"","answers":{"","step_positions":{"","start_position":"20'
    b'","last_position":"20","version":"","journey":"{"asked_at":":00+00:00","run":{"'
)
"""What runs and waits have in common: compression refers to it. Rows that are there are read with it, too."""


def packed(value: Any) -> bytes:
    """A value as compressed JSON: a write is paid for by the KB, and a token alone takes most of one."""
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS, memLevel=9, zdict=_COMMON)
    return deflate.compress(json_text(to_plain(value)).encode()) + deflate.flush()


def unpacked(stored: bytes) -> Any:
    """The value that `packed` has packed. Raises ValueError."""
    inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=_COMMON)
    try:
        return json.loads(inflate.decompress(stored) + inflate.flush())
    except zlib.error:
        raise ValueError("not compressed as rows are") from None


def packed_token(token: str) -> bytes | str:
    """A task token, a quarter smaller where it is base64, as those of Step Functions are."""
    try:
        raw = a2b_base64(token, strict_mode=True)
    except (Error, ValueError):
        return token
    return raw if unpacked_token(raw) == token else token


def unpacked_token(stored: bytes | str) -> str:
    """The token that `packed_token` has packed."""
    return stored if isinstance(stored, str) else b2a_base64(stored, newline=False).decode()


def value_of(value: Any) -> dict[str, Any]:
    """A value in DynamoDB's form. Raises TypeError for a float: points and counts never pass through one."""
    if value.__class__ is str:  # Most are.
        return {"S": value}
    plain = to_plain(value)
    if isinstance(value, set | frozenset):
        return {"SS": sorted(plain)}
    match plain:
        case bool():
            return {"BOOL": plain}
        case int():
            return {"N": str(plain)}
        case str():
            return {"S": plain}
        case bytes():
            return {"B": plain}
        case float():
            raise TypeError(f"{plain} is no whole number")
        case _:  # A list or a dict.
            return {"S": json_text(plain)}


def item_of(row: Row) -> RawItem:
    """The item of a row. Neither None nor an empty set can be stored."""
    return {
        name: value_of(value) for name, value in row.items() if value is not None and value != frozenset()
    }


def columns_of(item: RawItem) -> dict[str, Any]:
    """The row of an item, with its times as texts (ISO 8601)."""
    columns: dict[str, Any] = {}
    for name, typed in item.items():
        ((form, value),) = typed.items()
        if form == "NULL":
            continue
        if form == "N":
            columns[name] = int(value)
        elif form == "SS":
            columns[name] = frozenset(value)
        elif form == "B":
            # botocore gives bytes, DynamoDB itself and `SignedClient` base64.
            stored = value if isinstance(value, bytes) else a2b_base64(value)
            columns[name] = unpacked(stored) if name in _JSON else stored
        else:
            columns[name] = json.loads(value) if name in _JSON else value
    return columns


def read_row[T](kind: type[T], row: Row) -> T:
    """The dataclass whose fields are columns of a row."""
    fields: Mapping[str, Any] = vars(kind)["__dataclass_fields__"]
    return from_plain(kind, {name: row[name] for name in fields if name in row})


_TOLD = "told:"
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def told_columns(told_at: ToldAt) -> Row:
    """When values were told: a column each, in microseconds since 1970.

    A step of a run writes those of its own values, and does not know the others.
    """
    return {f"{_TOLD}{name}": (at - _EPOCH) // _MICROSECOND for name, at in told_at.items()}


_BALANCE = "balance:"


def balance_columns(balances: Mapping[str, Balance]) -> Row:
    """What a person has of each asset: a column each, so that a posting of one need not know the others."""
    return {f"{_BALANCE}{asset}": json_text(to_plain(balance)) for asset, balance in balances.items()}


def person_of(row: Row) -> Follower:
    """The person of a row, seen through the first of their contacts."""
    first, *others = row["contacts"]
    told_at = {
        name.removeprefix(_TOLD): _EPOCH + value * _MICROSECOND
        for name, value in row.items()
        if name.startswith(_TOLD)
    }
    balances = {
        name.removeprefix(_BALANCE): from_plain(Balance, json.loads(value))
        for name, value in row.items()
        if name.startswith(_BALANCE)
    }
    person = changed(read_row(Follower, {**row, **first}), told_at=told_at, balances=balances)
    return changed(person, others=tuple(from_plain(Contact, other) for other in others)) if others else person


def erased_state(identity: Row) -> FollowerState:
    """Of the row of an openid that is nobody's: what is remembered of an earlier life (`remembered_row`)."""
    taken = (from_plain(TakenJourney, one) for one in identity.get("remembered", ()))
    at = datetime.fromisoformat(identity["erased_at"]) if "erased_at" in identity else None
    return FollowerState(erased_at=at).with_remembered(map(LiveRun.of, taken))


def state_of(items: Iterable[RawItem], seen_through: Subject) -> FollowerState:
    """The state in the raw items that begin with FOLLOWER, seen through one contact of the person.

    Raises KeyError, TypeError or ValueError for what we have not written, NewerDataError for what a newer
    version of the code may have.
    """
    follower: Follower | None = None
    live_runs: list[LiveRun] = []
    waits: list[OpenWait] = []
    windows: list[GoalWindow] = []
    for item in items:
        row = columns_of(item)
        if "merged_into" in row:
            return FollowerState(merged_into=row["merged_into"])
        if row["sk"] == FOLLOWER:
            follower = person_of(row).seen_through(seen_through)
        elif row["sk"].startswith(LIVE_RUN):
            live_runs.append(read_row(LiveRun, row))
        elif row["sk"].startswith(GOAL_WINDOW):
            windows.append(read_row(GoalWindow, row))
        elif not row["sk"].startswith(WAIT):
            raise NewerDataError("a kind of row")
        elif "ended" not in row:
            run_id, token = row["sk"].removeprefix(WAIT), unpacked_token(row["token"])
            apart = {"run_id": run_id, "step": row["step"], "token": token}
            waits.append(from_plain(OpenWait, apart | row["data"]))
    live = {run.run_id: run for run in live_runs if not run.ended}
    open_waits = tuple(wait.of_run(live[wait.run_id]) for wait in waits if wait.run_id in live)
    return FollowerState(follower, tuple(live_runs), open_waits, tuple(windows))
