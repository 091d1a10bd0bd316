"""What `wejourney doctor` finds; `workbench.wording.doctor_phrases` has the words."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from wejourney.plain_data import union_members
from workbench.wording.phrases import Phrase, phrase

type Severity = Literal["wrong", "warning", "fine", "not_checked"]

type Check = Literal[
    "stack", "keys", "secret", "token", "address", "quota", "callback", "union_ids", "pay_secret",
    "pay_keys", "pay_notices", "alarms", "journeys", "concurrency", "gateway", "clock",
]  # fmt: skip


@dataclass(frozen=True)
class _Wrong:
    severity: ClassVar[Severity] = "wrong"


@dataclass(frozen=True)
class _Warning:
    severity: ClassVar[Severity] = "warning"


@dataclass(frozen=True)
class Fine:
    severity: ClassVar[Severity] = "fine"


@dataclass(frozen=True)
class NotChecked:
    """`reason` says why nobody can tell."""

    reason: Phrase
    severity: ClassVar[Severity] = "not_checked"


# --- the stack ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UpdateFailed(_Wrong):
    status: str


@dataclass(frozen=True)
class UpdateUnderWay(_Warning):
    status: str


@dataclass(frozen=True)
class NoIcpFiling(_Wrong):
    url: str


@dataclass(frozen=True)
class ClockDiffers(_Warning):
    """The clock of this machine, not of the deployment."""

    seconds: int


@dataclass(frozen=True)
class FewConcurrentInvocations(_Warning):
    limit: int


@dataclass(frozen=True)
class NoAlarmRecipient(_Warning):
    pass


@dataclass(frozen=True)
class AlarmRecipientUnconfirmed(_Wrong):
    """Nobody has confirmed: alarms reach no one."""

    number: int


@dataclass(frozen=True)
class JourneyNotDeployed(_Wrong):
    journey: str
    committed: str


@dataclass(frozen=True)
class JourneyOutdated(_Wrong):
    journey: str
    deployed: str
    committed: str


@dataclass(frozen=True)
class AccountNotNamed(_Wrong):
    """A journey speaks to an account of this name, and none has it."""

    journey: str
    name: str


# --- secrets ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SecretMissing(_Wrong):
    name: str


@dataclass(frozen=True)
class SettingMissing(_Wrong):
    name: str
    setting: str


@dataclass(frozen=True)
class SettingInvalid(_Wrong):
    name: str
    setting: str
    expected: str


@dataclass(frozen=True)
class NoApiKey(_Wrong):
    name: str


# --- accounts and mini programs -----------------------------------------------------------------------


@dataclass(frozen=True)
class WrongAppSecret(_Wrong):
    code: str


@dataclass(frozen=True)
class UnknownAppId(_Wrong):
    code: str


@dataclass(frozen=True)
class FrozenAppSecret(_Wrong):
    code: str


@dataclass(frozen=True)
class AddressNotAllowed(_Wrong):
    code: str
    address: str


@dataclass(frozen=True)
class TokenRefused(_Wrong):
    code: str


@dataclass(frozen=True)
class NoFixedAddress(_Warning):
    pass


@dataclass(frozen=True)
class QuotaUsedUp(_Wrong):
    api: str
    limit: int


@dataclass(frozen=True)
class QuotaNearlyUsedUp(_Warning):
    api: str
    used: int
    limit: int


@dataclass(frozen=True)
class CallbacksForgeable(_Warning):
    encryption: str


@dataclass(frozen=True)
class UrlNotVerified(_Wrong):
    path: str


@dataclass(frozen=True)
class CallbacksRefused(_Warning):
    """Of all accounts together, in the last day."""

    number: int


@dataclass(frozen=True)
class AppNotBound(_Warning):
    app_id: str


@dataclass(frozen=True)
class PayingAppNotBound(_Warning):
    app_id: str
    merchant: str


@dataclass(frozen=True)
class SeveralOpenPlatforms(_Warning):
    names: tuple[str, ...]


# --- WeChat Pay ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PayRequestRefused(_Wrong):
    code: str


@dataclass(frozen=True)
class PayKeyWrong(_Wrong):
    """Under this name WeChat Pay signs with another key than the secret has."""

    key: str


@dataclass(frozen=True)
class PayKeyUnused(_Warning):
    """WeChat Pay does not sign with it, but with another key of the secret."""

    key: str
    code: str


@dataclass(frozen=True)
class CertificateNotInSecret(_Wrong):
    serial: str


@dataclass(frozen=True)
class NoPublicKey(_Warning):
    pass


@dataclass(frozen=True)
class CertificateExpires(_Warning):
    serial: str
    day: str


@dataclass(frozen=True)
class CertificateExpired(_Wrong):
    serial: str
    day: str


@dataclass(frozen=True)
class ApiKeyDiffers(_Wrong):
    name: str


@dataclass(frozen=True)
class CannotAskWeChatPay(_Warning):
    name: str


@dataclass(frozen=True)
class NoNotices(_Wrong):
    """Payments are known, by trade bills or queries, and no notice has ever come."""

    path: str


type Problem = (
    UpdateFailed
    | UpdateUnderWay
    | NoIcpFiling
    | ClockDiffers
    | FewConcurrentInvocations
    | NoAlarmRecipient
    | AlarmRecipientUnconfirmed
    | JourneyNotDeployed
    | JourneyOutdated
    | AccountNotNamed
    | SecretMissing
    | SettingMissing
    | SettingInvalid
    | NoApiKey
    | WrongAppSecret
    | UnknownAppId
    | FrozenAppSecret
    | AddressNotAllowed
    | TokenRefused
    | NoFixedAddress
    | QuotaUsedUp
    | QuotaNearlyUsedUp
    | CallbacksForgeable
    | UrlNotVerified
    | CallbacksRefused
    | AppNotBound
    | PayingAppNotBound
    | SeveralOpenPlatforms
    | PayRequestRefused
    | PayKeyWrong
    | PayKeyUnused
    | CertificateNotInSecret
    | NoPublicKey
    | CertificateExpires
    | CertificateExpired
    | ApiKeyDiffers
    | CannotAskWeChatPay
    | NoNotices
)

PROBLEMS = union_members(Problem)


@dataclass(frozen=True)
class Finding:
    """`about` is an app id, a merchant's number, or empty for the whole deployment."""

    check: Check
    about: str
    result: Problem | Fine | NotChecked

    @property
    def severity(self) -> Severity:
        return self.result.severity

    @property
    def words(self) -> tuple[Phrase, Phrase] | None:
        """What it is, and what to do; of what is not checked the reason alone. None: nothing to say."""
        match self.result:
            case Fine():
                return None
            case NotChecked(reason):
                return reason, phrase("doctor nothing to do")
            case problem:  # any of them
                name, data = f"doctor {type(problem).__name__}", tuple(vars(problem).items())
                return Phrase(name, data), Phrase(f"{name}: do", data)
