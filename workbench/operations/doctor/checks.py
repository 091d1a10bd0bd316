"""What follows from what was observed: pure, and told only where it is certain."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import assert_never

from wejourney.merchants import PUBLIC_KEY
from wejourney.services.setup.facts import (
    AccountFacts,
    CallFacts,
    MerchantFacts,
    PayKeyFacts,
    QuotaFacts,
    SecretFacts,
)
from workbench.operations.doctor.findings import (
    AccountNotNamed,
    AddressNotAllowed,
    AlarmRecipientUnconfirmed,
    ApiKeyDiffers,
    AppNotBound,
    CallbacksForgeable,
    CallbacksRefused,
    CannotAskWeChatPay,
    CertificateExpired,
    CertificateExpires,
    CertificateNotInSecret,
    Check,
    ClockDiffers,
    FewConcurrentInvocations,
    Finding,
    Fine,
    FrozenAppSecret,
    JourneyNotDeployed,
    JourneyOutdated,
    NoAlarmRecipient,
    NoApiKey,
    NoFixedAddress,
    NoIcpFiling,
    NoNotices,
    NoPublicKey,
    NotChecked,
    PayingAppNotBound,
    PayKeyUnused,
    PayKeyWrong,
    PayRequestRefused,
    Problem,
    QuotaNearlyUsedUp,
    QuotaUsedUp,
    SecretMissing,
    SettingInvalid,
    SettingMissing,
    SeveralOpenPlatforms,
    TokenRefused,
    UnknownAppId,
    UpdateFailed,
    UpdateUnderWay,
    UrlNotVerified,
    WrongAppSecret,
)
from workbench.operations.doctor.observed import (
    AlarmFacts,
    CountedFacts,
    GatewayFacts,
    JourneyFacts,
    Observed,
    StackFacts,
    Unknown,
)
from workbench.operations.identities import Report
from workbench.wording.phrases import phrase

EXPIRES_WITHIN = timedelta(days=30)

CLOCK_TOLERANCE = 60
"""Seconds. AWS itself rejects calls of a clock that is five minutes wrong."""

FEWEST_INVOCATIONS = 100
"""AWS gives new accounts 10, others 1,000. An advertisement brings more than 10 followers at once."""

NEARLY = 0.8
"""The part of a day's quota from which on it is warned of."""

TOKENS_A_DAY = 500_000
"""https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken ."""

_WRONG_SECRET = frozenset({"40001", "40125", "41004"})
_UNKNOWN_APP = frozenset({"40013", "41002"})
_FROZEN_SECRET = "40243"  # noqa: S105 - a code of WeChat's
_NOT_ALLOWED = frozenset({"40164", "61004", "89501", "89503", "89506", "89507"})
_DAILY_QUOTA = "45009"

_FORBIDDEN = 403

type Results = Iterable[Problem | NotChecked]


def diagnose(observed: Observed) -> list[Finding]:
    """All findings, for each thing that was checked at least one."""
    return [
        *_found("stack", "", _of(observed.stack, _stack)),
        *_found("clock", "", _of(observed.stack, _clock)),
        *_found("gateway", "", _of(observed.gateway, _gateway)),
        *_found("concurrency", "", _of(observed.concurrency, _concurrency)),
        *_found("alarms", "", _of(observed.alarms, _alarms)),
        *_found("journeys", "", [*_of(observed.journeys, _journeys), *_named_accounts(observed)]),
        *_inside(observed),
        *_union_ids(observed),
    ]


def _found(check: Check, about: str, results: Results) -> Iterator[Finding]:
    """A finding for each result, or that the check found nothing."""
    found: list[Problem | NotChecked | Fine] = [*results]
    for result in found or [Fine()]:
        yield Finding(check, about, result)


def _of[T](facts: T | Unknown, check: Callable[[T], Results]) -> Results:
    return [NotChecked(facts.reason)] if isinstance(facts, Unknown) else check(facts)


# --- the stack ----------------------------------------------------------------------------------------


def _stack(stack: StackFacts) -> Results:
    if stack.status.endswith("IN_PROGRESS"):
        yield UpdateUnderWay(stack.status)
    elif stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        yield UpdateFailed(stack.status)


def _clock(stack: StackFacts) -> Results:
    if abs(stack.clock_differs) > CLOCK_TOLERANCE:
        yield ClockDiffers(round(stack.clock_differs))


def _gateway(gateway: GatewayFacts) -> Results:
    """Without an ICP filing API Gateway answers so to everybody without AWS credentials."""
    if gateway.status == _FORBIDDEN and "null" in gateway.body:
        yield NoIcpFiling(gateway.url)


def _concurrency(limit: int) -> Results:
    if limit < FEWEST_INVOCATIONS:
        yield FewConcurrentInvocations(limit)


def _alarms(alarms: AlarmFacts) -> Results:
    if alarms.confirmed:
        return
    if alarms.unconfirmed:
        yield AlarmRecipientUnconfirmed(alarms.unconfirmed)
    else:
        yield NoAlarmRecipient()


def _journeys(journeys: JourneyFacts) -> Results:
    for name, committed in journeys.committed.items():
        deployed = journeys.deployed.get(name)
        if deployed is None:
            yield JourneyNotDeployed(name, committed)
        elif deployed != committed:
            yield JourneyOutdated(name, deployed, committed)


def _named_accounts(observed: Observed) -> Results:
    """A journey starts with nobody if no account has the name. A secret that cannot be read may have it."""
    journeys, setup = observed.journeys, observed.setup
    if isinstance(journeys, Unknown) or isinstance(setup, Unknown):
        return
    if any(account.secret.state != "ok" for account in setup.accounts):
        return
    names = {account.name for account in setup.accounts}
    for journey, name in journeys.speaks_to.items():
        if name not in names:
            yield AccountNotNamed(journey, name)


# --- what the deployment sees of itself ---------------------------------------------------------------


def _inside(observed: Observed) -> Iterator[Finding]:
    setup = observed.setup
    if isinstance(setup, Unknown):
        for check in _OF_THE_INSIDE:
            yield Finding(check, "", NotChecked(setup.reason))
        return
    keys = (result for key in setup.keys for result in _secret(key.secret, observed, "keys", key.name))
    yield from _found("keys", "", keys)
    pushed_to = [account for account in setup.accounts if account.is_pushed_to]
    for account in setup.accounts:
        yield from _account(account, observed, is_only=pushed_to == [account])
    for merchant in setup.merchants:
        yield from _merchant(merchant, observed)


_OF_THE_INSIDE: tuple[Check, ...] = ("keys", "secret", "token", "address", "quota", "callback", "pay_secret")


def _secret(secret: SecretFacts, observed: Observed, kind: str, secret_id: str) -> Results:
    name = f"{observed.stack_name}/{kind}/{secret_id}"
    match secret.state:
        case "ok":
            pass
        case "missing":
            yield SecretMissing(name)
        case "unreadable":
            yield NotChecked(phrase("doctor unreadable secret", name=name, why=secret.expected))
        case "incomplete" if secret.setting == "api_v3_key":
            yield NoApiKey(name)
        case "incomplete":
            yield SettingMissing(name, secret.setting)
        case "invalid":
            yield SettingInvalid(name, secret.setting, secret.expected)
        case state:  # none is left
            assert_never(state)


def _account(account: AccountFacts, observed: Observed, *, is_only: bool) -> Iterator[Finding]:
    about = account.app_id
    yield from _found("secret", about, _secret(account.secret, observed, "wechat", about))
    if account.token is None:
        return
    refused = list(_token(account.token))
    outside = [one for one in refused if isinstance(one, AddressNotAllowed)]
    yield from _found("token", about, [one for one in refused if one not in outside])
    if account.kind == "official_account":
        yield from _found("address", about, [*outside, *_address(observed)])
        if account.quotas:
            quotas = (result for quota in account.quotas for result in _quota(quota))
            yield from _found("quota", about, quotas)
    if account.is_pushed_to:
        yield from _found("callback", about, _callback(account, observed, is_only=is_only))


def _token(token: CallFacts) -> Results:
    code = token.code
    if token.outcome == "ok":
        return
    if code == _DAILY_QUOTA:
        yield QuotaUsedUp("/cgi-bin/stable_token", TOKENS_A_DAY)
    elif token.outcome == "no_answer":
        yield NotChecked(phrase("doctor no answer", who="WeChat", why=token.reason))
    elif code in _WRONG_SECRET:
        yield WrongAppSecret(code)
    elif code in _UNKNOWN_APP:
        yield UnknownAppId(code)
    elif code == _FROZEN_SECRET:
        yield FrozenAppSecret(code)
    elif code in _NOT_ALLOWED:
        yield AddressNotAllowed(code, token.address)
    else:
        yield TokenRefused(code)


def _address(observed: Observed) -> Results:
    if isinstance(observed.stack, StackFacts) and not observed.stack.has_fixed_address:
        yield NoFixedAddress()


def _quota(quota: QuotaFacts) -> Results:
    if quota.asked.outcome != "ok":
        yield NotChecked(phrase("doctor no quota", api=quota.api, why=quota.asked.reason))
    elif quota.limit and quota.used >= quota.limit:
        yield QuotaUsedUp(quota.api, quota.limit)
    elif quota.used > quota.limit * NEARLY:
        yield QuotaNearlyUsedUp(quota.api, quota.used, quota.limit)


def _callback(account: AccountFacts, observed: Observed, *, is_only: bool) -> Results:
    if account.encryption != "required":
        yield CallbacksForgeable(account.encryption)
    counted = observed.counted
    if isinstance(counted, Unknown):
        yield NotChecked(counted.reason)
        return
    folder = "wechat" if account.kind == "official_account" else "mini/push"
    of_all = counted.verified.get("", 0)
    told_apart = sum(counted.verified.values()) - of_all
    if _was_seen(account, counted, observed) or (is_only and of_all):
        if counted.refused_today > counted.received_today:
            yield CallbacksRefused(counted.refused_today)
    elif of_all <= told_apart:
        yield UrlNotVerified(f"/{folder}/{account.app_id}")
    else:
        yield NotChecked(phrase("doctor not told apart"))


def _was_seen(account: AccountFacts, counted: CountedFacts, observed: Observed) -> bool:
    """Whether WeChat has verified the URL, as far as metrics reach back; a follow proves it, too."""
    if counted.verified.get(account.app_id):
        return True
    if account.kind == "mini_program" or isinstance(observed.union_ids, Unknown):
        return False
    return any(binding.app_id == account.app_id for binding in observed.union_ids.apps)


# --- union ids ----------------------------------------------------------------------------------------


def _union_ids(observed: Observed) -> Iterator[Finding]:
    report = observed.union_ids
    if isinstance(report, Unknown):
        yield Finding("union_ids", "", NotChecked(report.reason))
        return
    accounts = () if isinstance(observed.setup, Unknown) else observed.setup.accounts
    seen = {binding.app_id for binding in report.apps if binding.is_bound is not None}
    unseen = [account.app_id for account in accounts if account.app_id not in seen]
    found = list(_bindings(report))
    if found or not unseen:
        yield from _found("union_ids", "", found)
    for app_id in unseen:
        yield Finding("union_ids", app_id, NotChecked(phrase("doctor nobody seen")))


def _bindings(report: Report) -> Results:
    for binding in report.unbound_apps:
        yield AppNotBound(binding.app_id)
    for binding in report.unbound_merchants:
        yield PayingAppNotBound(binding.app_id, binding.merchant)
    if len(report.open_platforms) > 1:
        yield SeveralOpenPlatforms(report.open_platforms)


# --- WeChat Pay ---------------------------------------------------------------------------------------


def _merchant(merchant: MerchantFacts, observed: Observed) -> Iterator[Finding]:
    about, name = merchant.id, f"{observed.stack_name}/pay/{merchant.id}"
    secret = list(_secret(merchant.secret, observed, "pay", about))
    if merchant.certificates is not None and merchant.certificates.outcome == "undecrypted":
        secret.append(ApiKeyDiffers(name))
    yield from _found("pay_secret", about, secret)
    if merchant.secret.state == "ok":
        yield from _found("pay_keys", about, _pay_keys(merchant, name, observed.now))
        yield from _found("pay_notices", about, _pay_notices(merchant, observed))


def _pay_keys(merchant: MerchantFacts, name: str, now: datetime) -> Results:
    if not merchant.asks:
        yield CannotAskWeChatPay(name)
    if refused := _refusal_of_all(merchant):
        yield PayRequestRefused(refused)
    else:
        for key in merchant.keys:
            yield from _pay_key(key)
    has_public_key = any(key.name.startswith(PUBLIC_KEY) for key in merchant.keys)
    if not has_public_key:
        yield NoPublicKey()
    named = {key.name for key in merchant.keys}
    for serial in merchant.in_use:
        if serial not in named and not has_public_key:
            yield CertificateNotInSecret(serial)
    for key in merchant.keys:
        if key.expires_at is not None and key.expires_at - now < EXPIRES_WITHIN:
            day = f"{key.expires_at:%Y-%m-%d}"
            expired = key.expires_at <= now
            yield CertificateExpired(key.name, day) if expired else CertificateExpires(key.name, day)


def _refusal_of_all(merchant: MerchantFacts) -> str:
    """WeChat Pay's words if it refuses whatever the merchant asks, with whichever key it is to answer."""
    tested = [key.tested for key in merchant.keys if key.tested is not None]
    refused = {one.code for one in tested if one.outcome == "refused"}
    return ", ".join(sorted(refused)) if all(one.outcome == "refused" for one in tested) else ""


def _pay_key(key: PayKeyFacts) -> Results:
    if key.tested is None:
        return
    match key.tested.outcome:
        case "ok":
            pass
        case "refused":
            yield PayKeyUnused(key.name, key.tested.code)
        case "untrusted" | "undecrypted":
            yield PayKeyWrong(key.name)
        case "no_answer":
            yield NotChecked(phrase("doctor no answer", who="WeChat Pay", why=key.tested.reason))
        case outcome:  # none is left
            assert_never(outcome)


def _pay_notices(merchant: MerchantFacts, observed: Observed) -> Results:
    counted, report = observed.counted, observed.union_ids
    if isinstance(counted, Unknown):
        yield NotChecked(counted.reason)
    elif isinstance(report, Unknown):
        yield NotChecked(report.reason)
    elif counted.notices == 0:
        if any(binding.merchant == merchant.id for binding in report.merchants):
            yield NoNotices(f"/pay/{merchant.id}")
        else:
            yield NotChecked(phrase("doctor no payment yet"))
