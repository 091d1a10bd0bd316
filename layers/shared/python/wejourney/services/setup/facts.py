"""Facts of a setup, as the deployment sees them: without a judgement, and without a secret."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from wejourney.accounts import Account, Encryption
from wejourney.merchants import Merchant
from wejourney.messaging.account_settings import AccountKind

type SecretState = Literal["ok", "missing", "unreadable", "incomplete", "invalid"]
"""`incomplete`: a setting is missing. `unreadable`: Secrets Manager did not answer, or refused."""

type Outcome = Literal["ok", "refused", "no_answer", "untrusted", "undecrypted"]
"""What became of a call. `untrusted`: no key of the secret vouches for the answer."""


@dataclass(frozen=True)
class SecretFacts:
    """Whether a secret can be used; the setting that cannot, and what it must be. Never its value."""

    state: SecretState = "ok"
    setting: str = ""
    expected: str = ""


@dataclass(frozen=True)
class CallFacts:
    """`code` is WeChat's own word for a refusal, `address` the caller's as WeChat names it there."""

    outcome: Outcome = "ok"
    code: str = ""
    reason: str = ""
    address: str = ""


@dataclass(frozen=True)
class QuotaFacts:
    """How often an API may be called today, and was called. A `limit` of 0 means nothing."""

    api: str
    asked: CallFacts = CallFacts()
    limit: int = 0
    used: int = 0


@dataclass(frozen=True)
class AccountFacts:
    """`token` is what became of asking for an access token; without one there are no quotas.

    `name` is what journeys call the account.
    """

    app_id: str
    secret: SecretFacts = SecretFacts()
    name: str = ""
    kind: AccountKind = "official_account"
    encryption: Encryption = "required"
    is_pushed_to: bool = True
    token: CallFacts | None = None
    quotas: tuple[QuotaFacts, ...] = ()


@dataclass(frozen=True)
class PayKeyFacts:
    """A key that WeChat Pay signs with; `expires_at` of a certificate (UTC)."""

    name: str
    expires_at: datetime | None = None
    tested: CallFacts | None = None


@dataclass(frozen=True)
class MerchantFacts:
    """`certificates` is what became of asking for those that are `in_use`, by serial number.

    A merchant without a key of its own (`asks`) can ask nothing.
    """

    id: str
    secret: SecretFacts = SecretFacts()
    asks: bool = False
    keys: tuple[PayKeyFacts, ...] = ()
    certificates: CallFacts | None = None
    in_use: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyFacts:
    """A key of the deployment itself."""

    name: str
    secret: SecretFacts = SecretFacts()


@dataclass(frozen=True)
class SetupFacts:
    accounts: tuple[AccountFacts, ...] = ()
    merchants: tuple[MerchantFacts, ...] = ()
    keys: tuple[KeyFacts, ...] = ()


class SecretReader[T](Protocol):
    def ids(self) -> Collection[str]:
        """The ids of all secrets of a kind. Raises AccountUnavailableError."""

    def read(self, secret_id: str, /) -> T:
        """What a secret holds now. Raises as `Accounts.get`."""


class WeChatProbe(Protocol):
    def check(self, account: Account) -> tuple[CallFacts, tuple[QuotaFacts, ...]]:
        """Ask for an access token and, with it, for quotas. Nothing is changed or stored."""


class PayProbe(Protocol):
    """Both raise PayUnavailableError; nothing is changed."""

    def test_key(self, merchant: Merchant, name: str) -> None:
        """WeChat Pay signs an answer with this key of the merchant's secret."""

    def certificates(self, merchant: Merchant) -> Collection[str]:
        """The serial numbers of the certificates in use; none where a merchant has only public keys."""
