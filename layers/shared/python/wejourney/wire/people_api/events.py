"""A batch of events: each is read on its own, so that a bad one does not hold up the others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wejourney.errors import MalformedEventError
from wejourney.events.event import Subject, check_event
from wejourney.events.event_types import EVENT_TYPES, EventBody, ProfileChanged
from wejourney.events.pending import PendingEvent, told_id
from wejourney.people.identities import Identity
from wejourney.people.profile_model import ProfileModel
from wejourney.wire.json_api import RequestRejectedError, conform, happened_at
from wejourney.wire.people_api.identities import PhoneHash, read_identity
from wejourney.wire.people_api.requests import ApiRequest


@dataclass(frozen=True)
class EventOfBatch:
    """An event at its `index`; whom it is about say either our own id of them or their identities."""

    index: int
    event: PendingEvent
    person_id: str | None
    identities: tuple[Identity, ...]


@dataclass(frozen=True)
class Problem:
    """Why the event at an `index` is not taken."""

    index: int
    where: str
    what: str


@dataclass(frozen=True)
class Batch:
    events: tuple[EventOfBatch, ...]
    problems: tuple[Problem, ...]


def place(index: int) -> str:
    return f"body.events[{index}]"


def read_batch(request: ApiRequest, profile: ProfileModel, phone_hash: PhoneHash, now: datetime) -> Batch:
    """The events of a batch in its order; two with one id have to say the same."""
    reading = _Reading(request, profile, phone_hash, now)
    events: list[EventOfBatch] = []
    problems: list[Problem] = []
    first: dict[str, EventOfBatch] = {}
    for index, told in enumerate(request.body["events"]):
        try:
            one = reading.event(index, told)
        except RequestRejectedError as error:
            problems.append(Problem(index, error.where, error.what))
            continue
        same = first.setdefault(one.event.id, one)
        if replace(one, index=same.index) == same:
            events.append(one)
        else:
            what = f"is also that of events[{same.index}], which says something else"
            problems.append(Problem(index, f"{place(index)}.id", what))
    return Batch(tuple(events), tuple(problems))


@dataclass(frozen=True)
class _Reading:
    request: ApiRequest
    profile: ProfileModel
    phone_hash: PhoneHash
    now: datetime

    def event(self, index: int, told: Mapping[str, Any]) -> EventOfBatch:
        """Raises RequestRejectedError."""
        where, kinds = place(index), self.request.operation.events
        conform(told.get("type"), {"enum": [*kinds]}, f"{where}.type")
        kind = told["type"]
        conform(told, kinds[kind], where)
        at = happened_at(told["at"], f"{where}.at", self.now)
        body = self._body(kind, told.get("fields", {}), f"{where}.fields")
        event = PendingEvent(told_id("api", self.request.body["source"], kind, told["id"]), at, body)
        try:
            check_event(event.about(_NOBODY, history=False))
        except MalformedEventError as error:
            raise RequestRejectedError(400, f"{where}.fields", str(error)) from None
        person = told["person"]
        identities = [
            read_identity(one, f"{where}.person.identities[{number}]", self.phone_hash)
            for number, one in enumerate(person.get("identities", ()))
        ]
        known_by = tuple(dict.fromkeys(identities))
        return EventOfBatch(index, event.received(self.now), person.get("id"), known_by)

    def _body(self, kind: str, fields: Mapping[str, Any], where: str) -> EventBody:
        for name, value in fields.get("changes", {}).items() if kind == ProfileChanged.kind else ():
            text = str(value).lower() if isinstance(value, bool) else value
            if text and (expected := self.profile.expected(name, text)) is not None:
                raise RequestRejectedError(400, f"{where}.changes.{name}", f"must be {expected}")
        try:
            return EVENT_TYPES[kind].read(fields)
        except MalformedEventError as error:
            raise RequestRejectedError(400, where, str(error)) from None


_NOBODY = Subject("-", "-")
