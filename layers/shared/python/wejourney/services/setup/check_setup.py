"""Find out what only the deployment can: what its secrets hold, and what WeChat answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from wejourney.accounts import Account
from wejourney.errors import InvalidSettingError, MissingSettingError, UnknownAccountError
from wejourney.merchants import Merchant
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.ports.keys import PHONES, SESSIONS, DeploymentKey
from wejourney.services.ports.merchants import (
    ApiKeyDiffersError,
    PayRefusedError,
    PayUnavailableError,
    PayUntrustedError,
)
from wejourney.services.setup.facts import (
    AccountFacts,
    CallFacts,
    KeyFacts,
    MerchantFacts,
    PayKeyFacts,
    PayProbe,
    SecretFacts,
    SecretReader,
    SetupFacts,
    WeChatProbe,
)


@dataclass(frozen=True)
class CheckSetup:
    """`own` is the app id of the account that was deployed with the stack: its secret must be there."""

    own: str
    accounts: SecretReader[Account]
    merchants: SecretReader[Merchant]
    keys: SecretReader[DeploymentKey]
    wechat: WeChatProbe
    pay: PayProbe

    def __call__(self) -> SetupFacts:
        """Everything is asked for anew. Raises AccountUnavailableError if the secrets cannot be listed."""
        app_ids = sorted({self.own, *self.accounts.ids()}, key=lambda app_id: (app_id != self.own, app_id))
        return SetupFacts(
            tuple(map(self._account, app_ids)),
            tuple(map(self._merchant, self.merchants.ids())),
            tuple(KeyFacts(name, _read(self.keys, name)[1]) for name in (SESSIONS, PHONES)),
        )

    def _account(self, app_id: str) -> AccountFacts:
        account, secret = _read(self.accounts, app_id)
        if account is None:
            return AccountFacts(app_id, secret)
        token, quotas = self.wechat.check(account)
        return AccountFacts(
            app_id,
            secret,
            account.settings.name,
            account.kind,
            account.encryption,
            bool(account.token),
            token,
            quotas,
        )

    def _merchant(self, merchant_id: str) -> MerchantFacts:
        merchant, secret = _read(self.merchants, merchant_id)
        if merchant is None:
            return MerchantFacts(merchant_id, secret)
        asks, until = merchant.request_key is not None, merchant.expires_at
        if not asks:
            keys = tuple(PayKeyFacts(name, until.get(name)) for name in merchant.keys)
            return MerchantFacts(merchant_id, secret, asks, keys)
        keys = tuple(
            PayKeyFacts(name, until.get(name), _asked(partial(self.pay.test_key, merchant, name))[1])
            for name in merchant.keys
        )
        in_use, certificates = _asked(partial(self.pay.certificates, merchant))
        return MerchantFacts(merchant_id, secret, asks, keys, certificates, tuple(in_use or ()))


def _read[T](secrets: SecretReader[T], secret_id: str) -> tuple[T | None, SecretFacts]:
    try:
        return secrets.read(secret_id), SecretFacts()
    except UnknownAccountError:
        return None, SecretFacts("missing")
    except AccountUnavailableError as error:
        return None, SecretFacts("unreadable", expected=str(error))
    except MissingSettingError as error:
        return None, SecretFacts("incomplete", error.name)
    except InvalidSettingError as error:
        return None, SecretFacts("invalid", error.name, error.expected)


def _asked[T](ask: Callable[[], T]) -> tuple[T | None, CallFacts]:
    try:
        return ask(), CallFacts()
    except PayRefusedError as error:
        return None, CallFacts("refused", error.code, error.reason)
    except PayUntrustedError as error:
        return None, CallFacts("untrusted", reason=error.reason)
    except ApiKeyDiffersError as error:
        return None, CallFacts("undecrypted", reason=error.reason)
    except PayUnavailableError as error:
        return None, CallFacts("no_answer", reason=error.reason)
