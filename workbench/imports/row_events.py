"""A row as the identities of its person and its events, or why it is neither."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from wejourney.bounds import LONGEST_NAME
from wejourney.errors import MalformedEventError
from wejourney.events.currencies import CURRENCIES
from wejourney.events.event import OPENID, Subject, check_event
from wejourney.events.event_fields import CNY, EventField
from wejourney.events.event_types import EVENT_TYPES, EventBody, ProfileChanged, TagAdded
from wejourney.events.pending import PendingEvent, told_id
from wejourney.people.identities import (
    LONGEST_IDENTITY,
    Identity,
    IdentityKind,
    is_nobodys,
    openid_identity,
    union_identity,
)
from wejourney.people.phones import InvalidPhoneError
from wejourney.people.profile_fields import YES_OR_NO_FIELDS, date_name
from wejourney.people.profile_model import ANY_PROFILE, AttributeType, ProfileModel
from wejourney.people.told_events import ToldEvents
from workbench.imports.mapping import (
    Amount,
    Column,
    Constant,
    EventRule,
    ImportMapping,
    Moment,
    Origin,
    PersonColumn,
)
from workbench.imports.rows import Row
from workbench.imports.values import (
    InvalidValueError,
    date_of,
    date_time_of,
    fen_of,
    moment_of,
    number_of,
    text_of,
    yes_or_no,
)
from workbench.wording.phrases import Phrase, phrase

type PhoneHash = Callable[[str, str], str]
"""The keyed hash of a number as it was typed, in a region. Raises InvalidPhoneError."""


class RejectedRowError(Exception):
    """A row that is not imported. `key` is the source's own number of it; nothing else of it is quoted."""

    def __init__(self, column: str, reason: Phrase, key: str = "") -> None:
        super().__init__(reason.in_words("en"))
        self.column, self.reason, self.key = column, reason, key


@dataclass(frozen=True, kw_only=True)
class ImportedRow(ToldEvents):
    """What a row tells of one person. `key` is the source's own number of the row."""

    number: int
    key: str


@dataclass(frozen=True)
class RowReader:
    """How rows of a file are read.

    `at` is when rows happened that do not say it, `app_id` the app of openids that do not say theirs,
    `profile` what the brand declares of profiles.
    """

    mapping: ImportMapping
    phone_hash: PhoneHash
    app_id: str
    now: datetime
    at: datetime | None = None
    profile: ProfileModel = ANY_PROFILE

    def read(self, row: Row) -> ImportedRow:
        """Raises RejectedRowError: nothing of the row is imported then."""
        if row.problem is not None:
            raise RejectedRowError("", row.problem)
        reading = _RowReading(self, row)
        try:
            return reading.read()
        except InvalidValueError as error:
            raise RejectedRowError(reading.column, error.reason, reading.key) from error


class _RowReading:
    """A row while it is read; `column` is the one that is looked at, `key` the source's number of the row."""

    def __init__(self, reader: RowReader, row: Row) -> None:
        self._reader, self._mapping, self._row = reader, reader.mapping, row
        self.column = self.key = ""
        self._why_nobody = phrase("import no identity")

    def read(self) -> ImportedRow:
        """Raises InvalidValueError."""
        for rule in self._mapping.events:
            self.key = self.key or self._number(rule.key)
        found = [self._identity(person) for person in self._mapping.person]
        identities = tuple(dict.fromkeys(identity for identity in found if identity is not None))
        if not identities:
            self.column = ", ".join(dict.fromkeys(person.column for person in self._mapping.person))
            raise InvalidValueError(self._why_nobody)
        events = tuple(event for rule in self._mapping.events for event in self._events(rule))
        at = events[0].at if events else self._at(None) if len(identities) > 1 else None
        return ImportedRow(identities, events, at, number=self._row.number, key=self.key)

    def _cell(self, column: str) -> str:
        self.column = column
        return text_of(self._row.cells.get(column, ""))

    def _text(self, origin: Origin) -> str:
        match origin:
            case Column(name):
                return self._cell(name)
            case Constant(text):
                return text
            case _:
                assert_never(origin)

    def _number(self, column: str) -> str:
        return number_of(self._cell(column))

    def _identity(self, person: PersonColumn) -> Identity | None:
        text = self._cell(person.column)
        if not text:
            return None
        if is_nobodys(text):
            self._why_nobody = phrase("import nobodys identity")
            return None
        match person.kind:
            case IdentityKind.OPENID:
                if not OPENID.fullmatch(text):
                    raise InvalidValueError(phrase("import no openid"))
                return openid_identity(person.within or self._reader.app_id, text)
            case IdentityKind.PHONE:
                return Identity(person.kind, self._phone_hash(number_of(text), person.region))
            case IdentityKind.UNION_ID:
                identity = union_identity(person.within, text)
            case _:  # an identity that is as it is written
                identity = Identity(person.kind, number_of(text))
        if len(identity.value) > LONGEST_IDENTITY:
            raise InvalidValueError(phrase("import identity too long", most=LONGEST_IDENTITY))
        return identity

    def _phone_hash(self, text: str, region: str) -> str:
        try:
            return self._reader.phone_hash(text, region)
        except InvalidPhoneError as error:
            raise InvalidValueError(phrase("import no phone", region=error.region)) from None

    def _at(self, moment: Moment | None) -> datetime:
        """When it happened: as the event says, else the mapping, else the command."""
        moment = moment or self._mapping.at
        if moment is None:
            if self._reader.at is None:
                raise InvalidValueError(phrase("import no time"))
            return self._reader.at
        text = self._text(moment.origin)
        return moment_of(text, moment.form, self._mapping.time_zone or UTC, self._reader.now)

    def _events(self, rule: EventRule) -> Iterator[PendingEvent]:
        if rule.only is not None:
            text = self._cell(rule.only.column)
            if not text or (rule.only.values and text not in rule.only.values):
                return
        key = self._number(rule.key)
        if not key:
            raise InvalidValueError(phrase("import value missing"))
        at = self._at(rule.at)
        try:
            for name, body in self._bodies(rule):
                event = PendingEvent(self._id(rule.kind, key, name, at.isoformat()), at, body)
                check_event(event.about(_NOBODY, history=False))
                yield event
        except MalformedEventError as error:
            raise InvalidValueError(phrase("import invalid event", why=str(error))) from None

    def _id(self, *parts: str) -> str:
        """The same for the same row of the same source, whatever else the row says."""
        return told_id("import", self._mapping.source, *parts)

    def _bodies(self, rule: EventRule) -> Iterator[tuple[str, EventBody]]:
        """What the row says, and what tells two events of one rule apart."""
        if rule.kind == TagAdded.kind and rule.tags is not None:
            text, separator = self._text(rule.tags.origin), rule.tags.separator
            parts = text.split(separator) if separator else [text]
            for tag in dict.fromkeys(part.strip() for part in parts if part.strip()):
                yield tag, TagAdded(tag)
        elif rule.kind == ProfileChanged.kind:
            changes = {name: self._change(name, origin) for name, origin in rule.changes.items()}
            if told := {name: value for name, value in changes.items() if value}:
                yield json.dumps(told, sort_keys=True), ProfileChanged(told)
        else:
            known = EVENT_TYPES[rule.kind].fields
            fields = {name: self._field(known[name], origin) for name, origin in rule.fields.items()}
            if fields.get("currency", CNY) not in CURRENCIES:
                raise InvalidValueError(phrase("import no currency"))
            yield "", EVENT_TYPES[rule.kind].read(fields)

    def _field(self, field: EventField, origin: Origin | Amount) -> str | int:
        if field.is_date_time and not isinstance(origin, Amount):
            text = date_time_of(self._text(origin))
            if field.fits(text):
                return text
            raise InvalidValueError(phrase("import no date time" if text else "import value missing"))
        if not isinstance(origin, Amount):
            text = number_of(self._text(origin))
            if len(text) > LONGEST_NAME:
                raise InvalidValueError(phrase("import value too long", most=LONGEST_NAME))
            return text
        text = self._cell(origin.column)
        if not text:
            raise InvalidValueError(phrase("import value missing"))
        return fen_of(text, origin.unit)

    def _change(self, name: str, origin: Origin) -> str:
        """A value of the profile; an empty cell says nothing, and deletes nothing."""
        text = self._text(origin)
        declared = self._reader.profile.attributes.get(name)
        if name in YES_OR_NO_FIELDS or declared is AttributeType.YES_NO:
            value = yes_or_no(text)
        elif date_name(name) is not None or declared is AttributeType.DATE:
            value = date_of(text)
        else:
            value = text
        if value and (form := self._reader.profile.expected(name, value)):
            raise InvalidValueError(phrase("import invalid profile value", name=name, form=form))
        return value


_NOBODY = Subject("-", "-")
