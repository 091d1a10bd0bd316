"""The WeChat accounts of this deployment."""

from typing import Protocol

from wejourney.accounts import Account
from wejourney.errors import CallbackRefusedError, WejourneyError


class AccountUnavailableError(WejourneyError):
    """The secret of an account could not be read; it may exist."""


class TooManyUnknownAccountsError(CallbackRefusedError):
    """Requests for more unknown app ids than are looked up in a minute.

    This one may exist: WeChat delivers again after a 503. It is no failure of ours.
    """

    def __init__(self) -> None:
        super().__init__(503, "too many unknown app ids: this one is not looked up now")


class Accounts(Protocol):
    def get(self, app_id: str) -> Account:
        """The account, possibly as it was a while ago.

        Raises UnknownAccountError, AccountUnavailableError, or MissingSettingError or
        InvalidSettingError when its secret is not complete.
        """


class RefreshableAccounts(Accounts, Protocol):
    def newer(self, account: Account) -> Account:
        """The account as it is now, if it is time to read it again; else the same one. Raises as `get`."""


class AccountWatch(Protocol):
    def account_outdated(self, app_id: str, error: WejourneyError) -> None:
        """The secret of an account could not be read anew; what it was before is still used."""
