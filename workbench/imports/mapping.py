"""What a mapping says: which columns of a file name the person, and which events a row is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import Literal

from wejourney.events.event_types import (
    BookingCancelled,
    BookingChanged,
    BookingMade,
    CallLogged,
    OrderPaid,
    OrderReturned,
    ProfileChanged,
    Refunded,
    TagAdded,
)
from wejourney.people.identities import IdentityKind

type Format = Literal["csv", "jsonl"]
type Unit = Literal["yuan", "fen"]

IMPORTED = (
    *(OrderPaid.kind, Refunded.kind, OrderReturned.kind, CallLogged.kind),
    *(BookingMade.kind, BookingChanged.kind, BookingCancelled.kind),
    *(ProfileChanged.kind, TagAdded.kind),
)
"""The events that a row can be. Payments come from WeChat Pay alone: they open an allowance."""

TMALL = frozenset({"tmall", "taobao"})
"""The sources whose phone numbers are masked: their people are known by `tmall_ouid` and `tmall_omid`.

https://developer.alibaba.com/docs/doc.htm?articleId=120176&docType=1&treeId=1
"""


@dataclass(frozen=True)
class Column:
    """A column by its header; in JSON a field, or the way to it: `order.buyer.id`."""

    name: str


@dataclass(frozen=True)
class Constant:
    text: str


type Origin = Column | Constant
"""Where a text comes from."""


@dataclass(frozen=True)
class Amount:
    column: str
    unit: Unit


@dataclass(frozen=True)
class Moment:
    """A time. `form`: as `strptime` reads it, `epoch` or `epoch_ms`; empty: ISO 8601 or nearly so."""

    origin: Origin
    form: str = ""


@dataclass(frozen=True)
class Only:
    """The rows that are meant: those with one of these values in a column; without values, with any."""

    column: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Texts:
    """Several texts in one value, between separators."""

    origin: Origin
    separator: str = ""


@dataclass(frozen=True)
class PersonColumn:
    """A column that names the person.

    `within` is the app of an openid, or the account of the Open Platform of a union id; `region` the country
    of phone numbers.
    """

    kind: IdentityKind
    column: str
    within: str = ""
    region: str = "CN"


@dataclass(frozen=True)
class EventRule:
    """An event that rows are.

    `fields` are those of its type; a profile has `changes` instead, a tag has `tags`. `key` is what the
    source numbers its rows by: with the source and the type it is the identity of the event.
    """

    kind: str
    key: str
    at: Moment | None = None
    only: Only | None = None
    fields: Mapping[str, Origin | Amount] = field(default_factory=dict)
    changes: Mapping[str, Origin] = field(default_factory=dict)
    tags: Texts | None = None

    def origins(self) -> Iterator[Origin]:
        yield Column(self.key)
        if self.at is not None:
            yield self.at.origin
        if self.only is not None:
            yield Column(self.only.column)
        for origin in self.fields.values():
            yield Column(origin.column) if isinstance(origin, Amount) else origin
        yield from self.changes.values()
        if self.tags is not None:
            yield self.tags.origin


@dataclass(frozen=True)
class ImportMapping:
    """`at` is when rows happened whose events do not say it; `time_zone` is that of times without one.

    `format` is None where the file's name says it.
    """

    source: str
    person: tuple[PersonColumn, ...]
    events: tuple[EventRule, ...] = ()
    at: Moment | None = None
    time_zone: tzinfo | None = None
    format: Format | None = None
    encoding: str = "utf-8"
    delimiter: str = ","

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that a file must have."""
        origins = [origin for rule in self.events for origin in rule.origins()]
        origins += [self.at.origin] if self.at is not None else []
        named = (origin.name for origin in origins if isinstance(origin, Column))
        return frozenset(named) | {column.column for column in self.person}

    @property
    def needs_phones(self) -> bool:
        return any(column.kind is IdentityKind.PHONE for column in self.person)

    @property
    def lacks_time(self) -> bool:
        """Whether some event does not say when it was."""
        return self.at is None and (not self.events or any(rule.at is None for rule in self.events))
