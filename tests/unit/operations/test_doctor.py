"""What follows from a setup: nothing from a right one, and one problem from each mistake."""

import string
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from tests.support.builders import APP_ID, NOON
from wejourney.people.bindings import Binding
from wejourney.services.setup.facts import (
    AccountFacts,
    CallFacts,
    KeyFacts,
    MerchantFacts,
    PayKeyFacts,
    QuotaFacts,
    SecretFacts,
    SetupFacts,
)
from workbench.operations.doctor.checks import diagnose
from workbench.operations.doctor.findings import (
    PROBLEMS,
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
from workbench.operations.identities import report_of
from workbench.wording.doctor_phrases import DOCTOR
from workbench.wording.phrases import phrase
from workbench.wording.picture_phrases import LANGUAGES

MINI, MERCHANT = "wx5a4db0c5a4db0c51", "1900000109"
CERTIFICATE, PUBLIC = "5157F09EFDC096DE", "PUB_KEY_ID_0119"
SEND = "/cgi-bin/message/custom/send"
URL = "https://a.execute-api.cn-north-1.amazonaws.com.cn/wechat/wx"

ACCOUNT = AccountFacts(
    APP_ID, name="shop", token=CallFacts(), quotas=(QuotaFacts(SEND, limit=500_000, used=10),)
)
PROGRAM = AccountFacts(MINI, kind="mini_program", is_pushed_to=False, token=CallFacts())
KEYS = (
    PayKeyFacts(CERTIFICATE, NOON + timedelta(days=900), CallFacts()),
    PayKeyFacts(PUBLIC, None, CallFacts()),
)
SHOP = MerchantFacts(MERCHANT, asks=True, keys=KEYS, certificates=CallFacts(), in_use=(CERTIFICATE,))
BOUND = [Binding(APP_ID, "main", told_at=NOON), Binding(MINI, "main", told_at=NOON)]
PAID = Binding(APP_ID, merchant=MERCHANT)

RIGHT = Observed(
    now=NOON,
    stack_name="s",
    stack=StackFacts("UPDATE_COMPLETE", has_fixed_address=True),
    setup=SetupFacts((ACCOUNT, PROGRAM), (SHOP,), (KeyFacts("sessions"), KeyFacts("phones"))),
    counted=CountedFacts({"": 1, APP_ID: 1, MINI: 0}, received_today=100, refused_today=2, notices=7),
    union_ids=report_of([*BOUND, PAID]),
    alarms=AlarmFacts(confirmed=1, unconfirmed=0),
    journeys=JourneyFacts({"welcome": "a" * 12}, {"welcome": "a" * 12}, {"welcome": "shop"}),
    concurrency=1000,
    gateway=GatewayFacts(URL, 404, '{"message":"Not Found"}'),
)


def with_account(**changes: Any) -> Observed:
    return with_setup(accounts=(replace(ACCOUNT, **changes), PROGRAM))


def with_token(outcome: Any, code: str, address: str = "") -> Observed:
    return with_account(token=CallFacts(outcome, code, address=address), quotas=())


def with_merchant(**changes: Any) -> Observed:
    return with_setup(merchants=(replace(SHOP, **changes),))


def with_key(number: int, **changes: Any) -> Observed:
    keys = list(KEYS)
    keys[number] = replace(keys[number], **changes)
    return with_merchant(keys=tuple(keys))


def with_setup(**changes: Any) -> Observed:
    assert isinstance(RIGHT.setup, SetupFacts)
    return replace(RIGHT, setup=replace(RIGHT.setup, **changes))


def with_counts(**changes: Any) -> Observed:
    assert isinstance(RIGHT.counted, CountedFacts)
    return replace(RIGHT, counted=replace(RIGHT.counted, **changes))


def problems_of(observed: Observed) -> list[Problem]:
    results = (finding.result for finding in diagnose(observed))
    return [result for result in results if not isinstance(result, Fine | NotChecked)]


UNBOUND = [Binding(APP_ID, "main", not_told_at=NOON), BOUND[1]]
NEVER_CALLED = {"verified": {"": 0, APP_ID: 0, MINI: 0}}

MISTAKES: list[tuple[Observed, Problem]] = [
    (
        replace(RIGHT, stack=StackFacts("UPDATE_ROLLBACK_COMPLETE", has_fixed_address=True)),
        UpdateFailed("UPDATE_ROLLBACK_COMPLETE"),
    ),
    (
        replace(RIGHT, stack=StackFacts("UPDATE_IN_PROGRESS", has_fixed_address=True)),
        UpdateUnderWay("UPDATE_IN_PROGRESS"),
    ),
    (
        replace(RIGHT, stack=StackFacts("CREATE_COMPLETE", has_fixed_address=True, clock_differs=-600)),
        ClockDiffers(-600),
    ),
    (replace(RIGHT, stack=StackFacts("CREATE_COMPLETE", has_fixed_address=False)), NoFixedAddress()),
    (replace(RIGHT, gateway=GatewayFacts(URL, 403, '{"Message":null}')), NoIcpFiling(URL)),
    (replace(RIGHT, concurrency=10), FewConcurrentInvocations(10)),
    (replace(RIGHT, alarms=AlarmFacts(0, 0)), NoAlarmRecipient()),
    (replace(RIGHT, alarms=AlarmFacts(0, 1)), AlarmRecipientUnconfirmed(1)),
    (
        replace(RIGHT, journeys=JourneyFacts({"welcome": "a" * 12}, {})),
        JourneyNotDeployed("welcome", "a" * 12),
    ),
    (
        replace(RIGHT, journeys=JourneyFacts({"welcome": "a" * 12}, {"welcome": "b" * 12})),
        JourneyOutdated("welcome", "b" * 12, "a" * 12),
    ),
    (with_account(name="club"), AccountNotNamed("welcome", "shop")),
    (with_setup(keys=(KeyFacts("phones", SecretFacts("missing")),)), SecretMissing("s/keys/phones")),
    (
        with_account(secret=SecretFacts("missing"), token=None, quotas=()),
        SecretMissing(f"s/wechat/{APP_ID}"),
    ),
    (
        with_account(secret=SecretFacts("incomplete", "token"), token=None, quotas=()),
        SettingMissing(f"s/wechat/{APP_ID}", "token"),
    ),
    (
        with_account(secret=SecretFacts("invalid", "encoding_aes_key", "43 letters"), token=None, quotas=()),
        SettingInvalid(f"s/wechat/{APP_ID}", "encoding_aes_key", "43 letters"),
    ),
    *((with_token("refused", code), WrongAppSecret(code)) for code in ("40001", "40125", "41004")),
    *((with_token("refused", code), UnknownAppId(code)) for code in ("40013", "41002")),
    (with_token("refused", "40243"), FrozenAppSecret("40243")),
    *(
        (with_token("refused", code, "203.0.113.9"), AddressNotAllowed(code, "203.0.113.9"))
        for code in ("40164", "61004", "89501", "89503", "89506", "89507")
    ),
    (with_token("refused", "48004"), TokenRefused("48004")),
    (with_token("no_answer", "45009"), QuotaUsedUp("/cgi-bin/stable_token", 500_000)),
    (with_account(quotas=(QuotaFacts(SEND, limit=500, used=500),)), QuotaUsedUp(SEND, 500)),
    (with_account(quotas=(QuotaFacts(SEND, limit=500, used=450),)), QuotaNearlyUsedUp(SEND, 450, 500)),
    *((with_account(encryption=mode), CallbacksForgeable(mode)) for mode in ("optional", "plain")),
    (
        replace(with_counts(**NEVER_CALLED), union_ids=report_of([BOUND[1]])),
        UrlNotVerified(f"/wechat/{APP_ID}"),
    ),
    (
        with_setup(accounts=(ACCOUNT, replace(PROGRAM, is_pushed_to=True))),
        UrlNotVerified(f"/mini/push/{MINI}"),
    ),
    (with_counts(received_today=3, refused_today=4), CallbacksRefused(4)),
    (replace(RIGHT, union_ids=report_of(UNBOUND)), AppNotBound(APP_ID)),
    (
        replace(RIGHT, union_ids=report_of([*BOUND, Binding("wxother", merchant=MERCHANT)])),
        PayingAppNotBound("wxother", MERCHANT),
    ),
    (
        replace(RIGHT, union_ids=report_of([BOUND[0], replace(BOUND[1], open_platform="other")])),
        SeveralOpenPlatforms(("main", "other")),
    ),
    (
        with_merchant(secret=SecretFacts("incomplete", "api_v3_key"), keys=(), certificates=None),
        NoApiKey(f"s/pay/{MERCHANT}"),
    ),
    (
        with_merchant(
            keys=tuple(replace(key, tested=CallFacts("refused", "SIGN_ERROR")) for key in KEYS),
            certificates=CallFacts("refused", "SIGN_ERROR"),
            in_use=(),
        ),
        PayRequestRefused("SIGN_ERROR"),
    ),
    (with_key(1, tested=CallFacts("untrusted")), PayKeyWrong(PUBLIC)),
    (with_key(0, tested=CallFacts("refused", "PARAM_ERROR")), PayKeyUnused(CERTIFICATE, "PARAM_ERROR")),
    (with_merchant(keys=KEYS[:1]), NoPublicKey()),
    (with_key(0, expires_at=NOON + timedelta(days=29)), CertificateExpires(CERTIFICATE, "2026-12-21")),
    (with_key(0, expires_at=NOON - timedelta(days=1)), CertificateExpired(CERTIFICATE, "2026-11-21")),
    (with_merchant(certificates=CallFacts("undecrypted"), in_use=()), ApiKeyDiffers(f"s/pay/{MERCHANT}")),
    (
        with_merchant(
            asks=False, keys=tuple(replace(key, tested=None) for key in KEYS), certificates=None, in_use=()
        ),
        CannotAskWeChatPay(f"s/pay/{MERCHANT}"),
    ),
    (with_counts(notices=0), NoNotices(f"/pay/{MERCHANT}")),
]


def test_a_right_setup_has_no_finding_but_fine() -> None:
    findings = diagnose(RIGHT)

    assert {finding.result for finding in findings} == {Fine()}
    assert {finding.check for finding in findings} == set(get_args(Check.__value__))
    assert [finding.about for finding in findings if finding.check == "token"] == [APP_ID, MINI]


IDS = [f"{number} {type(problem).__name__}" for number, (_, problem) in enumerate(MISTAKES)]


@pytest.mark.parametrize(("observed", "expected"), MISTAKES, ids=IDS)
def test_each_mistake_is_one_problem(observed: Observed, expected: Problem) -> None:
    assert problems_of(observed) == [expected]


def test_a_platform_certificate_that_the_secret_lacks_is_a_problem_without_a_public_key() -> None:
    renewed = with_merchant(keys=KEYS[:1], in_use=(CERTIFICATE, "NEW"))
    assert problems_of(renewed) == [NoPublicKey(), CertificateNotInSecret("NEW")]
    assert problems_of(with_merchant(in_use=(CERTIFICATE, "NEW"))) == []


def test_every_problem_has_a_mistake_in_this_table() -> None:
    assert {type(problem) for _, problem in MISTAKES} | {CertificateNotInSecret} == set(PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_says_what_it_is_and_what_to_do_in_both_languages(problem: Any) -> None:
    named = {spec.name for spec in fields(problem)}
    for code in (f"doctor {problem.__name__}", f"doctor {problem.__name__}: do"):
        used = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in DOCTOR[code]]
        assert used[0] == used[1] <= named, code
        assert all(DOCTOR[code]), code
    assert problem.severity in ("wrong", "warning")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_finding_have_its_values(language: Any) -> None:
    finding = Finding("address", APP_ID, AddressNotAllowed("40164", "203.0.113.9"))
    assert finding.words is not None
    what, do = (words.in_words(language) for words in finding.words)

    assert "203.0.113.9" in what
    assert "40164" in what
    assert do


UNKNOWN = Unknown(phrase("doctor no metrics"))
PARTS = [spec.name for spec in fields(Observed) if spec.name not in ("now", "stack_name")]


@pytest.mark.parametrize("part", PARTS)
def test_what_cannot_be_looked_at_is_not_checked_and_hides_nothing_else(part: str) -> None:
    changes: dict[str, Any] = {part: UNKNOWN}
    blind = replace(RIGHT, **changes)
    found = [finding for finding in diagnose(blind) if isinstance(finding.result, NotChecked)]

    assert found
    assert {finding.result for finding in found} == {NotChecked(UNKNOWN.reason)}
    assert problems_of(blind) == []


@pytest.mark.parametrize(
    ("observed", "check"),
    [
        (with_token("no_answer", ""), "token"),
        (with_account(secret=SecretFacts("unreadable"), token=None, quotas=()), "secret"),
        (with_account(quotas=(QuotaFacts(SEND, CallFacts("refused", "76022")),)), "quota"),
        (with_key(1, tested=CallFacts("no_answer")), "pay_keys"),
        (replace(RIGHT, union_ids=report_of([BOUND[0], PAID])), "union_ids"),
        (replace(with_counts(notices=0), union_ids=report_of(BOUND)), "pay_notices"),
    ],
)
def test_what_nobody_can_tell_is_no_problem(observed: Observed, check: str) -> None:
    assert problems_of(observed) == []
    found = [finding.check for finding in diagnose(observed) if isinstance(finding.result, NotChecked)]
    assert found == [check]


@pytest.mark.parametrize(
    "proof",
    [
        lambda: with_counts(verified={"": 1, APP_ID: 0, MINI: 0}),
        lambda: with_counts(verified={"": 0, APP_ID: 1, MINI: 0}),
        lambda: with_counts(verified={"": 0, APP_ID: 0, MINI: 0}),
    ],
    ids=["counted before accounts were told apart", "its own count", "a follow"],
)
def test_a_callback_that_has_ever_worked_is_verified(proof: Callable[[], Observed]) -> None:
    assert problems_of(proof()) == []


def test_the_count_of_all_accounts_proves_nothing_of_one_among_several() -> None:
    other = replace(ACCOUNT, app_id="wx9999999999999999")
    observed = replace(
        with_setup(accounts=(ACCOUNT, other)),
        counted=CountedFacts({"": 1, APP_ID: 1, other.app_id: 0}, 100, 2, 7),
    )
    assert problems_of(observed) == [UrlNotVerified(f"/wechat/{other.app_id}")]


def test_a_verification_before_accounts_were_told_apart_may_be_that_of_any() -> None:
    pushed_to = replace(PROGRAM, is_pushed_to=True)
    observed = replace(
        with_setup(accounts=(ACCOUNT, pushed_to)),
        counted=CountedFacts({"": 2, APP_ID: 1, MINI: 0}, 100, 2, 7),
    )
    found = [(one.check, one.about) for one in diagnose(observed) if isinstance(one.result, NotChecked)]

    assert problems_of(observed) == []
    assert found == [("callback", MINI)]


@pytest.mark.capability(row="101")
def test_an_app_or_a_merchant_that_does_not_lead_to_one_union_id_is_warned_of() -> None:
    report = report_of([*UNBOUND, PAID])
    found = problems_of(replace(RIGHT, union_ids=report))

    assert found == [AppNotBound(APP_ID), PayingAppNotBound(APP_ID, MERCHANT)]
    assert {problem.severity for problem in found} == {"warning"}
    assert len(report.warnings) == len(found), "as `identities` reports"
