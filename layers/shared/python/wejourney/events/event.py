"""A message or an event about a follower: who, when, and what (`wejourney.events.event_types`).

What each wire may bring is in `wejourney.wire`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

from wejourney.allowances.wechat_rules import Act
from wejourney.bounds import LARGEST_EVENT, size_of
from wejourney.errors import MalformedEventError, NewerDataError
from wejourney.events.event_types import EVENT_TYPES, UNKNOWN, EventBody, OtherEvent, Source
from wejourney.events.positions import Position
from wejourney.text import encodable, encodable_json

OPENID = re.compile(r"[\w@.-]{1,128}", re.ASCII)
"""What an openid or an original id can look like; WeChat's own have 28 letters, digits, _ and -."""

_LONGEST_APP_ID = 128

_ID = re.compile(r"[0-9a-f]{32}")
"""An id goes into logs: it is a hash, and nothing else."""


@dataclass(frozen=True)
class Subject:
    """Whom an event is about: one openid of one app."""

    app_id: str
    openid: str


@dataclass(frozen=True)
class InboundEvent:
    """One message or event about a follower.

    `id` is the same for every delivery of the same event; `at` is UTC, of WeChat's events in whole seconds.
    `told_again`: it said of the follower only what was known, and no pattern fits it. `arrival` says in which
    order a follower's events came into the inbox, whatever they are; it is empty until they leave that.
    `history`: it was imported as a part of the past, and starts no journey. `told_at` is the time that a
    phone or another system gave to it, if their clock was ahead: `at` is when it was received.
    """

    id: str
    subject: Subject
    at: datetime
    body: EventBody
    told_again: bool = False
    arrival: str = ""
    history: bool = False
    told_at: datetime | None = None

    @property
    def kind(self) -> str:
        return self.body.kind

    @property
    def act(self) -> Act | None:
        return self.body.opens

    @property
    def source(self) -> Source:
        return self.body.type.source

    @cached_property
    def position(self) -> Position:
        return Position(Position.at(self.at).second, self.arrival or self.id)

    @property
    def place_on_record(self) -> Position:
        """Where the event is kept: the same for every delivery of it, whenever it arrives."""
        return Position(Position.at(self.told_at or self.at).second, self.id)

    def received(self, now: datetime) -> "InboundEvent":
        """The event as it is received: nothing happens after that, whatever its clock says."""
        return self if self.at <= now else replace(self, at=now.replace(microsecond=0), told_at=self.at)

    def to_dict(self) -> dict[str, Any]:
        """The form in the inbox and on the timeline."""
        return {
            "id": self.id,
            "app_id": self.subject.app_id,
            "openid": self.subject.openid,
            "kind": self.kind,
            "at": self.at.isoformat(),
            "fields": self.body.to_dict(),
            **({"told_again": True} if self.told_again else {}),
            **({"arrival": self.arrival} if self.arrival else {}),
            **({"history": True} if self.history else {}),
            **({"told_at": self.told_at.isoformat()} if self.told_at else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "InboundEvent":
        """The event that `to_dict` wrote; of a type that is gone since it is `unknown`.

        Raises MalformedEventError, which names a field and never its value.
        """
        if not isinstance(data, Mapping):
            raise MalformedEventError("an inbox event is not an object")
        names = {name: data.get(name) for name in ("id", "app_id", "openid", "kind", "at")}
        for name, value in names.items():
            if not isinstance(value, str) or (not value and name != "id"):
                raise MalformedEventError(f"an inbox event has no usable `{name}`")
        texts = encodable_json(names)
        at = _moment("at", texts["at"])
        told_at = _moment("told_at", data["told_at"]) if "told_at" in data else None
        if not isinstance(data.get("fields"), Mapping):
            raise MalformedEventError("an inbox event has no usable `fields`")
        fields, type_ = encodable_json(data["fields"]), EVENT_TYPES.get(texts["kind"])
        body = type_.read(fields) if type_ else OtherEvent(UNKNOWN, {"kind": texts["kind"], **fields})
        subject, told_again = Subject(texts["app_id"], texts["openid"]), data.get("told_again") is True
        arrival = data.get("arrival", "")
        if arrival != "" and not (isinstance(arrival, str) and _ID.fullmatch(arrival)):
            raise MalformedEventError("an inbox event has no usable `arrival`")
        history = data.get("history") is True
        return cls(texts["id"], subject, at, body, told_again, arrival, history, told_at)

    @classmethod
    def from_record(cls, data: Mapping[str, Any]) -> "InboundEvent":
        """The event of a row: `unknown`, with its own fields, if those of its type have changed since."""
        try:
            return cls.from_dict(data)
        except MalformedEventError:
            fields = {"kind": data["kind"], **data["fields"]}
            return cls.from_dict({**data, "kind": UNKNOWN, "fields": fields})


def _moment(name: str, text: object) -> datetime:
    """The moment in UTC. Raises MalformedEventError for one without a zone, and for no moment."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise MalformedEventError(f"an inbox event has no usable `{name}`")


def arrival_of(number: int) -> str:
    """The `arrival` of an event from its number in the inbox, of up to 128 bits."""
    return f"{number:032x}"


def own_event(body: EventBody, cause: str, to: Subject, at: datetime) -> InboundEvent:
    """An event of our own; `cause` makes it the same event however often it is reported."""
    to = Subject(encodable(to.app_id), encodable(to.openid))
    identity = f"{to.app_id}\n{to.openid}\n{body.kind}\n{encodable(cause)}"
    return InboundEvent(hashlib.sha256(identity.encode()).hexdigest()[:32], to, at, body)


@cache
def event_schema() -> str:
    """A name for the kinds of events and their fields that this version of the code knows."""
    known = (f"{name}: {sorted(vars(one.body)['__dataclass_fields__'])}" for name, one in EVENT_TYPES.items())
    return hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()[:12]


def check_is_known(data: Mapping[str, Any], *, without_fields: bool = False) -> None:
    """Whether all of an event (`InboundEvent.to_dict`) is known that another version of the code has queued.

    Without the rest it would wake, start or end less than it should. `without_fields`: it may lack fields, as
    one of an earlier version that has been queued for long. Raises NewerDataError.
    """
    type_ = EVENT_TYPES.get(data["kind"])
    if type_ is None:
        raise NewerDataError("a kind of event")
    unknown = () if type_.body is OtherEvent else data["fields"].keys() - type_.fields.keys()
    if unknown and not without_fields:
        raise NewerDataError(f"a field of `{type_.name}`")


def check_event(event: InboundEvent) -> None:
    """Whether an event can be applied. Raises MalformedEventError, which names the field, not its value."""
    if not _ID.fullmatch(event.id):
        raise MalformedEventError("an event has no usable id")
    if not OPENID.fullmatch(event.subject.openid) or len(event.subject.app_id) > _LONGEST_APP_ID:
        raise MalformedEventError("an event has no usable openid or app id")
    event.body.type.read(vars(event.body))
    size = size_of(event.body.to_dict()) if event.source is Source.OWN else 0
    if size > LARGEST_EVENT:
        raise MalformedEventError(f"the fields of an event have {size:,} bytes of at most {LARGEST_EVENT:,}")
