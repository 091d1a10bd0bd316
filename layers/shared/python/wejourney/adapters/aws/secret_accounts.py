"""The WeChat accounts and the merchants of this deployment, each a secret in Secrets Manager."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wejourney.accounts import Account
from wejourney.adapters.failures import aws_errors, cause_of, code_of
from wejourney.errors import (
    InvalidSettingError,
    MissingSettingError,
    UnknownAccountError,
    WejourneyError,
)
from wejourney.services.ports.accounts import (
    AccountUnavailableError,
    AccountWatch,
    TooManyUnknownAccountsError,
)

_KEPT = timedelta(minutes=15)
_BETWEEN_REFRESHES = timedelta(seconds=60)
_UNKNOWN_KEPT = timedelta(seconds=60)
_UNREADABLE_KEPT = timedelta(seconds=2)
"""WeChat delivers again after five seconds: by then a secret that could not be read is asked for again."""
MOST_UNKNOWN = 30
"""App ids without a usable secret that are looked up in a minute: anybody can make up more."""


class KeptSecrets[T]:
    """Accounts or merchants, each a secret `{prefix}/{its id}`, kept in memory for 15 minutes.

    A secret that cannot be read anew is used as it was: a slip of an operator or a failure of Secrets
    Manager must not stop an account that works.
    """

    def __init__(
        self,
        client: Any,
        prefix: str,
        now: Callable[[], datetime],
        watch: AccountWatch,
        parse: Callable[[str, str], T],
        own: str | None = None,
    ) -> None:
        """`parse` makes an account of its id and the text of its secret; `own` is always looked up."""
        self._secrets = Secrets(client, prefix, parse)
        self._own = own
        self._now = now
        self._watch = watch
        self._accounts: dict[str, tuple[T, datetime]] = {}
        self._failed: dict[str, tuple[WejourneyError, datetime]] = {}

    def get(self, app_id: str) -> T:
        """The account as it was at most 15 minutes ago. After a failure it is not asked for again at once."""
        now = self._now()
        kept = self._accounts.get(app_id)
        if kept is not None and now - kept[1] < _KEPT:
            return kept[0]
        self._failed = {
            name: failure for name, failure in self._failed.items() if now - failure[1] < _UNKNOWN_KEPT
        }
        error, since = self._failed.get(app_id, (None, now))
        if error is not None and now - since < _kept_for(error):
            raise error
        if kept is None and app_id != self._own and len(self._failed.keys() - {app_id}) >= MOST_UNKNOWN:
            raise TooManyUnknownAccountsError
        return self._fetch(app_id)

    def _fetch(self, app_id: str) -> T:
        try:
            account = self._secrets.read(app_id)
        except UnknownAccountError as error:
            self._accounts.pop(app_id, None)
            self._failed[app_id] = (error, self._now())
            raise
        except (AccountUnavailableError, MissingSettingError, InvalidSettingError) as error:
            if app_id not in self._accounts:
                self._failed[app_id] = (error, self._now())
                raise
            self._watch.account_outdated(app_id, error)
            account = self._accounts[app_id][0]
        self._accounts[app_id] = (account, self._now())
        self._failed.pop(app_id, None)
        return account


@dataclass(frozen=True)
class SecretDirectory:
    """The ids of secrets `{prefix}/{id}`: a merchant is there as soon as its secret is."""

    client: Any
    prefix: str

    def ids(self) -> tuple[str, ...]:
        found, more = list[str](), dict[str, str]()
        wanted = [{"Key": "name", "Values": [f"{self.prefix}/"]}]
        try:
            while True:
                page = self.client.list_secrets(Filters=wanted, **more)
                found += [secret["Name"] for secret in page["SecretList"]]
                if not page.get("NextToken"):
                    break
                more = {"NextToken": page["NextToken"]}
        except aws_errors() as exc:
            raise AccountUnavailableError(cause_of("ListSecrets", exc)) from exc
        ids = (name.removeprefix(f"{self.prefix}/") for name in found if name.startswith(f"{self.prefix}/"))
        return tuple(sorted(ids))


@dataclass(frozen=True)
class Secrets[T](SecretDirectory):
    """The secrets as they are now; `parse` makes a value of an id and the text of its secret."""

    parse: Callable[[str, str], T]

    def read(self, secret_id: str) -> T:
        """Raises UnknownAccountError, AccountUnavailableError, or what `parse` raises."""
        try:
            secret = self.client.get_secret_value(SecretId=f"{self.prefix}/{secret_id}")
        except aws_errors() as exc:
            # A secret that is scheduled for deletion is an invalid request.
            if code_of(exc) in ("ResourceNotFoundException", "InvalidRequestException"):
                raise UnknownAccountError(secret_id) from None
            raise AccountUnavailableError(cause_of("GetSecretValue", exc)) from exc
        return self.parse(secret_id, secret.get("SecretString", ""))


class SecretAccounts(KeptSecrets[Account]):
    """The accounts; `own` is the app id of the one that was deployed with the stack."""

    def __init__(
        self,
        client: Any,
        prefix: str,
        now: Callable[[], datetime],
        watch: AccountWatch,
        own: str | None = None,
    ) -> None:
        super().__init__(client, prefix, now, watch, Account.from_secret, own)
        self._refreshed: dict[str, datetime] = {}

    def newer(self, account: Account) -> Account:
        """Look again, at most once a minute: wrong signatures must not turn into calls to AWS."""
        now = self._now()
        refreshed = self._refreshed.get(account.app_id)
        if refreshed is not None and now - refreshed < _BETWEEN_REFRESHES:
            return account
        self._refreshed[account.app_id] = now
        return self._fetch(account.app_id)


def _kept_for(error: WejourneyError) -> timedelta:
    return _UNKNOWN_KEPT if isinstance(error, UnknownAccountError) else _UNREADABLE_KEPT
