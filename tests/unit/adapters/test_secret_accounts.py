from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from infra.bench.fake_aws import FakeAws, serve_fake_aws
from tests.support.callback_function import environment, hold_account, secret
from tests.support.wechat_server import ACCOUNT, APP_ID
from wejourney.adapters.callback_aws import Clients, make_clients
from wejourney.adapters.secret_accounts import SecretAccounts
from wejourney.domain.errors import MissingSettingError, UnknownAccountError, WejourneyError
from wejourney.services.callback_ports import AccountUnavailableError

UNKNOWN = "wxfedcba0987654321"


@dataclass
class Hours:
    """A clock that the test moves, and who listens to the accounts."""

    time: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    outdated: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def pass_(self, **amount: float) -> None:
        self.time += timedelta(**amount)

    def account_outdated(self, app_id: str, error: WejourneyError) -> None:
        self.outdated.append(f"{app_id}: {error}")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    with serve_fake_aws() as fake:
        for name, value in environment(fake).items():
            monkeypatch.setenv(name, value)
        hold_account(fake)
        yield fake


@pytest.fixture
def clients(aws: FakeAws) -> Clients:
    assert aws.endpoint
    return make_clients()


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def accounts(clients: Clients, hours: Hours) -> SecretAccounts:
    return SecretAccounts(clients.secrets, "wejourney/accounts", hours.now, hours)


def test_a_secret_is_kept_for_15_minutes(aws: FakeAws, accounts: SecretAccounts, hours: Hours) -> None:
    assert accounts.get(APP_ID) == accounts.get(APP_ID) == ACCOUNT
    hours.pass_(minutes=14, seconds=59)
    accounts.get(APP_ID)
    assert aws.operations == ["GetSecretValue"]
    hours.pass_(seconds=1)
    accounts.get(APP_ID)
    assert aws.operations == ["GetSecretValue"] * 2


def test_it_is_looked_at_anew_at_most_once_a_minute(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    old = accounts.get(APP_ID)
    hold_account(aws, {"token": "a-new-token"})
    assert accounts.newer(old).token == "a-new-token"
    hold_account(aws, {"token": "a-newer-token"})
    current = accounts.get(APP_ID)
    assert accounts.newer(current) == current
    hours.pass_(seconds=60)
    assert accounts.newer(current).token == "a-newer-token"
    assert accounts.get(APP_ID).token == "a-newer-token"
    assert len(aws.calls) == 3


def test_that_there_is_no_account_is_remembered_for_a_minute(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    for _ in range(3):
        with pytest.raises(UnknownAccountError, match=UNKNOWN):
            accounts.get(UNKNOWN)
    assert len(aws.calls) == 1
    aws.secrets[f"wejourney/accounts/{UNKNOWN}"] = secret()
    hours.pass_(minutes=1)
    assert accounts.get(UNKNOWN).app_id == UNKNOWN


def test_guessed_app_ids_do_not_fill_the_memory(accounts: SecretAccounts) -> None:
    for number in range(1010):
        with pytest.raises(UnknownAccountError):
            accounts.get(f"wx{number:016}")
    assert len(accounts._unknown) == 1000


def test_a_removed_account_is_unknown(aws: FakeAws, accounts: SecretAccounts, hours: Hours) -> None:
    accounts.get(APP_ID)
    aws.secrets.clear()
    hours.pass_(minutes=15)
    for _ in range(2):
        with pytest.raises(UnknownAccountError):
            accounts.get(APP_ID)


def test_an_account_goes_on_while_its_secret_cannot_be_read(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    accounts.get(APP_ID)
    aws.failing.add("GetSecretValue")
    hours.pass_(minutes=15)
    assert accounts.get(APP_ID) == accounts.get(APP_ID) == ACCOUNT
    assert hours.outdated == [f"{APP_ID}: GetSecretValue: AccessDeniedException"]


def test_without_an_account_from_before_the_failure_is_told(aws: FakeAws, accounts: SecretAccounts) -> None:
    aws.failing.add("GetSecretValue")
    with pytest.raises(AccountUnavailableError, match="GetSecretValue: AccessDeniedException"):
        accounts.get(APP_ID)
    aws.failing.clear()
    hold_account(aws, {"token": ""})
    with pytest.raises(MissingSettingError, match="token is missing"):
        accounts.get(APP_ID)


def test_clients_give_up_before_wechat_does(clients: Clients) -> None:
    for client in (clients.sqs, clients.dynamodb, clients.secrets):
        config = client.meta.config
        assert config.connect_timeout + config.read_timeout <= 3
        assert config.retries["total_max_attempts"] == 2
