"""The account of tests."""

from dataclasses import dataclass

from tests.support.builders import ACCOUNT
from wejourney.accounts import Account
from wejourney.errors import UnknownAccountError


@dataclass(frozen=True)
class FakeAccounts:
    """A deployment with one account."""

    account: Account = ACCOUNT

    def get(self, app_id: str) -> Account:
        if app_id != self.account.app_id:
            raise UnknownAccountError(app_id)
        return self.account
