"""What the deployment finds out of its setup: the real function against the fake WeChat and WeChat Pay."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.check_setup import app
from infra.sandbox.fake_wechat.merchant import SigningKey
from infra.sandbox.fake_wechat.world import Fault
from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.pay_notices import SELLER
from tests.support.servers.served_wechat import ServedWeChat, WeChatServer, wechat_server
from wejourney.plain_data import from_plain
from wejourney.services.setup.facts import CallFacts, SecretFacts, SetupFacts

CONTEXT: Any = SimpleNamespace(
    function_name="check_setup", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1"
)
KEY = json.dumps({"key": "k" * 64})


@dataclass
class Deployment:
    """A stack whose setup is right; tests break it."""

    aws: FakeAws
    wechat: ServedWeChat

    @property
    def facts(self) -> SetupFacts:
        """What is answered, through JSON as Lambda has it."""
        return from_plain(SetupFacts, json.loads(json.dumps(app.handler({}, CONTEXT))))

    def set_account(self, **changes: str | None) -> None:
        account = self.wechat.account
        names = ("token", "encoding_aes_key", "app_secret")
        secret = {name: getattr(account, name) for name in names} | changes
        self.aws.secrets[f"s/wechat/{account.app_id}"] = json.dumps(secret)

    def set_merchant(self, **changes: Any) -> None:
        self.aws.secrets[f"s/pay/{SELLER.id}"] = SELLER.secret(**changes)


@pytest.fixture(scope="module")
def server() -> Iterator[WeChatServer]:
    with wechat_server() as server:
        yield server


@pytest.fixture
def deployed(server: WeChatServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    wechat = server.new()
    with serve_fake_aws() as aws:
        variables = {
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_DEFAULT_REGION": "cn-north-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "ACCOUNTS_SECRET_PREFIX": "s/wechat",
            "MERCHANTS_SECRET_PREFIX": "s/pay",
            "KEYS_SECRET_PREFIX": "s/keys",
            "APP_ID": wechat.account.app_id,
            "WECHAT_API_URL": server.url,
            "WECHAT_PAY_API_URL": server.url,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        # What WeChat Pay signs is as old as the fake's clock, which stands.
        monkeypatch.setattr("wejourney.clock.Clock.now", lambda _: wechat.clock.now())
        deployment = Deployment(aws, wechat)
        deployment.set_account()
        deployment.set_merchant()
        aws.secrets |= {"s/keys/sessions": KEY, "s/keys/phones": KEY}
        app.check_setup.cache_clear()
        yield deployment
    app.check_setup.cache_clear()


def test_of_a_right_setup_nothing_is_refused(deployed: Deployment) -> None:
    facts = deployed.facts
    (account,), (merchant,) = facts.accounts, facts.merchants

    assert (account.secret, account.token, account.is_pushed_to) == (SecretFacts(), CallFacts(), True)
    assert [(quota.api, quota.asked, quota.limit) for quota in account.quotas] == [
        ("/cgi-bin/message/custom/send", CallFacts(), 500_000),
        ("/cgi-bin/user/info", CallFacts(), 500_000),
        ("/cgi-bin/qrcode/create", CallFacts(), 500_000),
    ]
    assert (merchant.secret, merchant.asks, merchant.certificates) == (SecretFacts(), True, CallFacts())
    assert {key.name for key in merchant.keys} == {SELLER.certificate.serial, SELLER.public_key.serial}
    assert all(key.tested == CallFacts() for key in merchant.keys)
    assert merchant.in_use == (SELLER.certificate.serial,)
    assert [(key.name, key.secret.state) for key in facts.keys] == [("sessions", "ok"), ("phones", "ok")]


def test_no_secret_is_answered_or_logged(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.set_account(app_secret="WRONG-SECRET-0123456789")
    answer = json.dumps(app.handler({}, CONTEXT))

    told = answer + "".join(capsys.readouterr())
    hidden = [*json.loads(SELLER.secret()).values(), "WRONG-SECRET", deployed.wechat.account.token, "k" * 64]
    assert not [value for value in hidden if isinstance(value, str) and value in told and len(value) > 32]
    assert "WRONG-SECRET" not in told


def test_asking_replaces_no_token_and_stores_none(deployed: Deployment) -> None:
    first = deployed.wechat.world.tokens.stable(deployed.wechat.clock.real_now(), force=False)
    assert deployed.facts.accounts[0].token == CallFacts()

    now = deployed.wechat.clock.real_now()
    assert deployed.wechat.world.tokens.stable(now, force=False).value == first.value
    assert set(deployed.aws.operations) == {"ListSecrets", "GetSecretValue"}


def test_a_changed_secret_is_seen_at_once(deployed: Deployment) -> None:
    deployed.set_account(app_secret="w" * 32)
    assert deployed.facts.accounts[0].token is not None
    assert deployed.facts.accounts[0].token.code == "40125"
    deployed.set_account()
    assert deployed.facts.accounts[0].token == CallFacts()


def test_an_address_that_is_not_allowed_is_named_as_wechat_sees_it(deployed: Deployment) -> None:
    deployed.wechat.world.allows_address = False
    token = deployed.facts.accounts[0].token

    assert token is not None
    assert (token.outcome, token.code, token.address) == ("refused", "40164", "127.0.0.1")


def test_what_wechat_does_not_answer_is_no_refusal(deployed: Deployment) -> None:
    deployed.wechat.world.faults.append(Fault("stable_token", 9, http_status=502))
    token = deployed.facts.accounts[0].token

    assert token is not None
    assert token.outcome == "no_answer"


def test_the_quota_that_is_left_is_told(deployed: Deployment) -> None:
    deployed.wechat.world.quota_left = 0
    sending = deployed.facts.accounts[0].quotas[0]

    assert sending.used == sending.limit > 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"encoding_aes_key": "short"}, ("invalid", "encoding_aes_key")),
        ({"token": None}, ("incomplete", "token")),
        ({"token": "abc"}, ("invalid", "token")),
        ({"encryption": "sometimes"}, ("invalid", "encryption")),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    deployed: Deployment, changes: dict[str, str | None], expected: tuple[str, str]
) -> None:
    deployed.set_account(**changes)
    (account,) = deployed.facts.accounts

    assert (account.secret.state, account.secret.setting) == expected
    assert account.token is None


def test_the_stacks_own_account_is_missing_even_if_no_secret_names_it(deployed: Deployment) -> None:
    deployed.aws.secrets = {"s/keys/phones": KEY}
    facts = deployed.facts

    assert [(one.app_id, one.secret.state) for one in facts.accounts] == [
        (deployed.wechat.account.app_id, "missing")
    ]
    assert [key.secret.state for key in facts.keys] == ["missing", "ok"]
    assert facts.merchants == ()


def test_a_secret_that_aws_does_not_give_is_unreadable(deployed: Deployment) -> None:
    deployed.aws.failing.add("GetSecretValue")
    assert {one.secret.state for one in deployed.facts.accounts} == {"unreadable"}


# --- WeChat Pay ---------------------------------------------------------------------------------------


def test_a_merchant_without_a_key_of_its_own_asks_nothing(deployed: Deployment) -> None:
    deployed.set_merchant(private_key=None, certificate_serial=None)
    (merchant,) = deployed.facts.merchants

    assert (merchant.asks, merchant.certificates) == (False, None)
    assert {key.tested for key in merchant.keys} == {None}
    assert deployed.wechat.world.calls.keys() & {"certificates"} == set()


def test_the_time_until_which_certificates_are_valid_is_told(deployed: Deployment) -> None:
    until = {key.name: key.expires_at for key in deployed.facts.merchants[0].keys}

    expires_at = until[SELLER.certificate.serial]
    assert expires_at is not None
    assert abs(expires_at - datetime.now(UTC) - timedelta(days=1825)) < timedelta(days=1)
    assert until[SELLER.public_key.serial] is None


def test_another_api_v3_key_does_not_decrypt_the_certificates(deployed: Deployment) -> None:
    deployed.set_merchant(api_v3_key="x" * 32)
    certificates = deployed.facts.merchants[0].certificates

    assert certificates is not None
    assert certificates.outcome == "undecrypted"


def test_a_missing_api_v3_key_is_an_incomplete_secret(deployed: Deployment) -> None:
    deployed.set_merchant(api_v3_key=None)
    assert deployed.facts.merchants[0].secret == SecretFacts("incomplete", "api_v3_key")


def test_a_wrong_serial_of_the_merchants_certificate_is_refused(deployed: Deployment) -> None:
    deployed.set_merchant(certificate_serial="0123456789ABCDEF")
    (merchant,) = deployed.facts.merchants

    assert {(key.tested.outcome, key.tested.code) for key in merchant.keys if key.tested} == {
        ("refused", "SIGN_ERROR")
    }


def test_a_public_key_that_is_not_wechats_is_not_trusted(deployed: Deployment) -> None:
    """The id is right, the PEM another one's: every notice that is signed with it would be refused."""
    other: SigningKey = replace(SELLER.public_key, pem=_pem_of(SELLER.request_key))
    keys = {key.serial: key.pem for key in (SELLER.certificate, other)}
    deployed.set_merchant(keys=keys)
    tested = {key.name: key.tested for key in deployed.facts.merchants[0].keys}

    assert tested[SELLER.certificate.serial] == CallFacts()
    answer = tested[SELLER.public_key.serial]
    assert answer is not None
    assert answer.outcome == "untrusted"


def test_a_merchant_with_public_keys_only_has_no_certificates_in_use(deployed: Deployment) -> None:
    httpx.post(f"{deployed.wechat.url}/sandbox/pay-certificates", json={"used": False}).raise_for_status()
    (merchant,) = deployed.facts.merchants
    tested = {key.name: key.tested for key in merchant.keys}

    assert (merchant.certificates, merchant.in_use) == (CallFacts(), ())
    assert tested[SELLER.public_key.serial] == CallFacts()
    gone = tested[SELLER.certificate.serial]
    assert gone is not None
    assert gone.outcome == "refused"


def test_a_call_that_warms_the_function_up_asks_nothing(deployed: Deployment) -> None:
    assert app.handler({"warm": True}, CONTEXT) == {}
    assert deployed.aws.calls == []


def _pem_of(key: SigningKey) -> str:
    public = key.private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
