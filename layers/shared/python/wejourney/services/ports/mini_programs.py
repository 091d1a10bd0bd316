"""What mini programs need of the world."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wejourney.accounts import Account
from wejourney.errors import WejourneyError
from wejourney.events.event import Subject
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity
from wejourney.services.ports.callback import Watch
from wejourney.wire.mini_program.requests import Batch, GiftOperation


@dataclass(frozen=True)
class Login:
    """Who has logged in; the union id where the app is bound to an account of the Open Platform."""

    openid: str
    union_id: str | None = None


class MiniPrograms(Protocol):
    """WeChat for mini programs. Raises the errors of `wejourney.messaging.sending.error_of`."""

    def login(self, account: Account, code: str) -> Login: ...

    def phone_number(self, account: Account, code: str) -> str:
        """The number that somebody has shared, with + and its country's code."""


class MiniProgramWatch(Watch, Protocol):
    """Who is told what happened: as for the callback."""

    def logged_in(self, app_id: str) -> None: ...

    def phone_told(self, app_id: str) -> None: ...

    def address_told(self, app_id: str) -> None: ...

    def taken(self, batch: Batch, app_id: str) -> None:
        """The good events of a batch are queued, the bad ones rejected."""

    def gift_asked(self, operation: GiftOperation, status: int, app_id: str) -> None:
        """Somebody has asked for or about a gift, and was answered with this status."""

    def upload_asked(self, status: int, app_id: str) -> None:
        """Somebody has asked for the address of an upload, and was answered with this status."""

    def leaders_asked(self, status: int, app_id: str) -> None:
        """Somebody has asked for a leader board, and was answered with this status."""

    def session_over(self) -> None:
        """A request without a session that is good; usual, since sessions end."""

    def request_refused(self, status: int, reason: str, app_id: str | None) -> None:
        """A request of a mini program was refused, which its developers have to know of."""

    def unavailable(self, error: WejourneyError, app_id: str | None) -> None:
        """We or WeChat could not do our part; the mini program asks again."""


class Owners(Protocol):
    def owner(self, identity: Identity) -> str | None:
        """Whose identity this is, by our own id."""


class KnownIdentities(Owners, Protocol):
    def person(self, person_id: str) -> Follower | None:
        """As `loyalty.ports.People.person`."""


class Tries(Protocol):
    def count(self, subject: Subject, most: int, now: datetime) -> None:
        """Count a request of somebody. Raises an error of its own when there were `most` in its time."""
