"""What the till needs of the world."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from wejourney.accounts import is_app_id, read_object
from wejourney.errors import InvalidSettingError, MissingSettingError, WejourneyError
from wejourney.events.event import Subject
from wejourney.loyalty.till.holds import Hold
from wejourney.loyalty.till.visits import Visit
from wejourney.people.followers import Follower
from wejourney.services.loyalty.ports import BookRecords, Entry, OfferRecords
from wejourney.services.ports.keys import DeploymentKey
from wejourney.time_zones import is_time_zone


class UnknownStoreError(WejourneyError):
    """No secret exists for this store: it is not set up in this deployment."""

    def __init__(self, store: str) -> None:
        super().__init__(f"no store {store} in this deployment")
        self.store = store


@dataclass(frozen=True)
class Store:
    """A store as its secret has it: the key that its tills sign with, and the account whose codes they show.

    `page` is the one that the code of a mini program opens, `zone` the time zone of the store, empty: that of
    the programme.
    """

    name: str
    key: DeploymentKey = field(repr=False)
    app_id: str
    page: str = ""
    zone: str = ""

    @classmethod
    def from_secret(cls, name: str, text: str) -> "Store":
        """Read `{"key": …, "app_id": …, "page": …, "zone": …}` and `previous_key`.

        Raises as `Account.from_secret`.
        """
        where = f"the secret of the store {name}"
        settings = read_object(text, where)
        if not (app_id := settings.get("app_id")):
            raise MissingSettingError("app_id", where)
        if not isinstance(app_id, str) or not is_app_id(app_id.strip()):
            raise InvalidSettingError("app_id", where, "an app id, such as wx1234567890abcdef")
        page = settings.get("page") or ""
        if not isinstance(page, str):
            raise InvalidSettingError("page", where, "the page of a mini program, such as pages/till")
        zone = settings.get("zone") or ""
        if zone and not (isinstance(zone, str) and is_time_zone(zone)):
            raise InvalidSettingError("zone", where, "a time zone, such as Asia/Shanghai")
        return cls(name, DeploymentKey.from_secret(name, text), app_id.strip(), page.strip(), zone)


class Stores(Protocol):
    def get(self, name: str, /) -> Store:
        """A store as it was at most 15 minutes ago. Raises UnknownStoreError, else as `Accounts.get`."""


class Nonces(Protocol):
    def use(self, store: str, nonce: str, until: datetime) -> bool:
        """Whether a nonce was not used yet; it is from now on, at least until then."""


class Visits(Protocol):
    """Visits by their ids; a row is deleted a day after the visit."""

    def add(self, visit: Visit) -> None: ...

    def find(self, visit_id: str) -> Visit | None: ...

    def take(self, visit: Visit) -> bool:
        """Write who has scanned the code, unless somebody had before. Whether it was written."""


@dataclass(frozen=True)
class NotedSale:
    """The hash of what a till has told of an order, and the `status` that it was answered, once it was."""

    content: str
    status: str = ""


class ToldSales(Protocol):
    """Notes of orders, each kept for as long as somebody can tell of the order, and a day more."""

    def find(self, store: str, order: str) -> NotedSale | None: ...

    def note(self, store: str, order: str, sale: NotedSale, at: datetime) -> bool:
        """Note an order that was paid then. Whether it was noted: not where it has other content."""


class Customers(Protocol):
    """People by our own ids; an id of somebody who was merged leads to who they are now."""

    def person(self, person_id: str) -> Follower | None: ...

    def contacts(self, person_ids: Collection[str]) -> Mapping[str, Subject]:
        """A contact of each of these people; without those that nobody has, or has any more."""


class HoldRecords(BookRecords, OfferRecords, Protocol):
    """The books, and the holds of tills by their ids."""

    def hold(self, hold_id: str) -> Hold | None: ...

    def keep(self, hold: Hold, *entries: Entry, rev: int | None = None) -> None:
        """Post entries and keep the hold as it is after them: new, or one that was held.

        A new one takes one of the stock of its offer and what its person can have of it, which a release
        gives back; that of a person of whom there is another revision than `rev` raises StaleFollowerError.
        Raises NoneLeftError, AlreadyDoneError where it is not new, StaleBooksError where it was settled or
        the person has had the offer, else as `post`.
        """

    def due_holds(self, now: datetime) -> Iterator[str]:
        """The ids of open holds whose time is over, those first that are over for longest."""
