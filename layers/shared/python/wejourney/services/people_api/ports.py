"""What the API for the brand's own systems needs of the world."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from wejourney.errors import WejourneyError
from wejourney.events.event import InboundEvent, Subject
from wejourney.people.consents import ConsentRecord
from wejourney.people.disclosure.accesses import Access
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity


class AccessNotRecordedError(WejourneyError):
    """Who reads could not be recorded: nothing is shown."""


class Accesses(Protocol):
    def record(self, access: Access) -> None:
        """Raises AccessNotRecordedError."""


@dataclass(frozen=True)
class Page[T]:
    """A part of a list; `start` is where the next one begins, None at the end."""

    entries: tuple[T, ...]
    start: str | None


@dataclass(frozen=True)
class TimelineEntry:
    """An event on record, and the run that it started, if it did.

    `nothing` says of rules of the programme why they have given nothing for it, `unranked` why its round does
    not count on a leader board.
    """

    event: InboundEvent
    journey: str | None = None
    run_id: str | None = None
    nothing: Mapping[str, str] = field(default_factory=dict)
    unranked: str | None = None


class People(Protocol):
    """People by our own ids; an id of somebody who was merged leads to who they are now."""

    def owner(self, identity: Identity) -> str | None:
        """Whose identity this is, by our own id."""

    def person(self, person_id: str) -> Follower | None: ...

    def timeline(self, person_id: str, most: int, start: str | None) -> Page[TimelineEntry]:
        """The newest events first."""

    def consents(self, person_id: str, most: int, start: str | None) -> Page[ConsentRecord]:
        """By purpose, of each the newest first."""

    def find(self, identities: Collection[Identity]) -> Mapping[Identity, Subject]:
        """As `Identities.find`."""

    def contacts(self, person_ids: Collection[str]) -> Mapping[str, Subject]:
        """A contact of each of these people; without those that nobody has, or has any more."""
