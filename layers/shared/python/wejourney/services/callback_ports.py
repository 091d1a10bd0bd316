"""What receiving a callback needs of the world."""

from typing import Protocol

from wejourney.accounts import Account
from wejourney.errors import CallbackRefusedError, WejourneyError
from wejourney.events.events import InboundEvent
from wejourney.people.followers import FollowerState
from wejourney.wire.official_account.request import Use


class AccountUnavailableError(WejourneyError):
    """The secret of an account could not be read; it may exist."""


class TooManyUnknownAccountsError(CallbackRefusedError):
    """Requests for more unknown app ids than are looked up in a minute.

    This one may exist: WeChat delivers again after a 503. It is no failure of ours.
    """

    def __init__(self) -> None:
        super().__init__(503, "too many unknown app ids: this one is not looked up now")


class FollowerUnreadableError(WejourneyError):
    """What is stored of a follower could not be read."""


class InboxUnavailableError(WejourneyError):
    """The inbox did not take an event."""


class Accounts(Protocol):
    """The accounts of this deployment."""

    def get(self, app_id: str) -> Account:
        """The account, possibly as it was a while ago.

        Raises UnknownAccountError, AccountUnavailableError, or MissingSettingError or
        InvalidSettingError when its secret is not complete.
        """

    def newer(self, account: Account) -> Account:
        """The account as it is now, if it is time to look again; else the same one. Raises as `get`."""


class FollowerReader(Protocol):
    """Reads followers."""

    def read(self, app_id: str, openid: str) -> FollowerState:
        """All that routing needs of a follower, in one call. Raises FollowerUnreadableError."""


class SignaturesUnavailableError(WejourneyError):
    """Whether a signature was used before could not be found out."""


class Signatures(Protocol):
    """The signatures that were used a short while ago, of accounts that take plain messages."""

    def use(self, use: Use) -> bool:
        """Remember what a signature is used for; False when it was used for another body before.

        Raises SignaturesUnavailableError.
        """


class Inbox(Protocol):
    """The queue of events that are to be processed."""

    def put(self, event: InboundEvent, opening: str | None) -> None:
        """Queue an event, with the name of the journey whose opening answers it.

        Raises InboxUnavailableError, and CallbackRefusedError for what no queue message can hold.
        """


class AccountWatch(Protocol):
    """Who is told what happens to accounts."""

    def account_outdated(self, app_id: str, error: WejourneyError) -> None:
        """The secret of an account could not be read anew; what it was before is still used."""


class Watch(Protocol):
    """Who is told what happened: logs and metrics. Nothing that it is told names a follower in clear."""

    def verified(self, app_id: str) -> None:
        """WeChat's console was shown that this URL is ours."""

    def received(self, event: InboundEvent, opening: str | None) -> None:
        """An event is in the inbox."""

    def refused(self, refusal: CallbackRefusedError, app_id: str | None) -> None:
        """A request was refused. The app id is None where no account of ours was asked for."""

    def replayed(self, app_id: str) -> None:
        """A signature came again with another body: somebody has seen an address of WeChat's requests."""

    def opening_undecided(self, event: InboundEvent, error: WejourneyError) -> None:
        """An event was queued and answered without an opening, because its follower could not be read."""

    def failed(self, error: WejourneyError, app_id: str | None) -> None:
        """We could not do our part; WeChat will deliver again. The app id is as in `refused`."""
