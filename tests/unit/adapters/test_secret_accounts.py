from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.servers.aws import FakeAws, serve_fake_aws
from tests.support.servers.callback_function import HELD, SECRET_PREFIX, environment, hold_account, secret
from tests.support.servers.wechat_server import APP_ID
from wejourney.adapters.aws.secret_accounts import SecretAccounts, SecretDirectory
from wejourney.adapters.failures import AwsCallError
from wejourney.bootstrap.callback import LIMITS, make_client
from wejourney.clock import Clock
from wejourney.errors import MissingSettingError, UnknownAccountError, WejourneyError
from wejourney.services.ports.accounts import AccountUnavailableError, TooManyUnknownAccountsError

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
def secrets(aws: FakeAws) -> Any:
    assert aws.endpoint
    return make_client("secretsmanager", Clock())


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def accounts(secrets: Any, hours: Hours) -> SecretAccounts:
    return SecretAccounts(secrets, "wejourney/accounts", hours.now, hours)


def test_a_secret_is_kept_for_15_minutes(aws: FakeAws, accounts: SecretAccounts, hours: Hours) -> None:
    assert accounts.get(APP_ID) == accounts.get(APP_ID) == HELD
    hours.pass_(minutes=14, seconds=59)
    accounts.get(APP_ID)
    assert aws.operations == ["GetSecretValue"]
    hours.pass_(seconds=1)
    accounts.get(APP_ID)
    assert aws.operations == ["GetSecretValue"] * 2


def test_a_secret_is_refreshed_at_most_once_a_minute(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    old = accounts.get(APP_ID)
    hold_account(aws, {"token": "a-new-token-of-the-console"})
    assert accounts.newer(old).token == "a-new-token-of-the-console"
    hold_account(aws, {"token": "a-newer-token-of-the-console"})
    current = accounts.get(APP_ID)
    assert accounts.newer(current) == current
    hours.pass_(seconds=60)
    assert accounts.newer(current).token == "a-newer-token-of-the-console"
    assert accounts.get(APP_ID).token == "a-newer-token-of-the-console"
    assert len(aws.calls) == 3


def test_an_unknown_account_is_cached_for_a_minute(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    for _ in range(3):
        with pytest.raises(UnknownAccountError, match=UNKNOWN):
            accounts.get(UNKNOWN)
    assert len(aws.calls) == 1
    aws.secrets[f"wejourney/accounts/{UNKNOWN}"] = secret()
    hours.pass_(minutes=1)
    assert accounts.get(UNKNOWN).app_id == UNKNOWN


def test_20_000_made_up_app_ids_in_a_minute_cost_30_looks_and_no_known_account(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    accounts.get(APP_ID)
    aws.calls.clear()
    refused = {404: 0, 503: 0}
    for number in range(20_000):
        try:
            accounts.get(f"wx{number:016}")
        except UnknownAccountError:
            refused[404] += 1
        except TooManyUnknownAccountsError as error:
            refused[error.status] += 1
    assert refused == {404: 30, 503: 19_970}
    assert len(aws.calls) == len(accounts._failed) == 30
    assert accounts.get(APP_ID) == HELD
    hours.pass_(minutes=15)
    assert accounts.get(APP_ID) == HELD


def test_the_stacks_own_account_is_looked_up_in_the_middle_of_a_flood(
    aws: FakeAws, secrets: Any, hours: Hours
) -> None:
    accounts = SecretAccounts(secrets, SECRET_PREFIX, hours.now, hours, own=APP_ID)
    for number in range(100):
        with pytest.raises((UnknownAccountError, TooManyUnknownAccountsError)):
            accounts.get(f"wx{number:016}")
    assert accounts.get(APP_ID) == HELD


REFUSALS = ["AccessDeniedException", "DecryptionFailure", "InvalidParameterException", "ValidationException"]
"""Of those that botocore does not send a second time."""


@pytest.mark.parametrize("code", REFUSALS)
def test_a_secret_that_cannot_be_read_is_asked_for_once_in_two_seconds_by_any_number_of_requests(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours, code: str
) -> None:
    aws.codes["GetSecretValue"] = code
    for _ in range(2_000):
        with pytest.raises(AccountUnavailableError, match=code):
            accounts.get(APP_ID)
    assert len(aws.calls) == 1
    aws.codes.clear()
    hours.pass_(seconds=2)
    assert accounts.get(APP_ID) == HELD


@pytest.mark.parametrize("code", REFUSALS)
def test_made_up_app_ids_are_bounded_whatever_aws_answers(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours, code: str
) -> None:
    aws.codes["GetSecretValue"] = code
    for number in range(1_000):
        hours.pass_(milliseconds=10)
        with pytest.raises((AccountUnavailableError, TooManyUnknownAccountsError)):
            accounts.get(f"wx{number:016}")
    assert len(aws.calls) == 30


def test_a_secret_that_is_scheduled_for_deletion_is_no_account(
    aws: FakeAws, accounts: SecretAccounts
) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""
    aws.codes["GetSecretValue"] = "InvalidRequestException"
    with pytest.raises(UnknownAccountError):
        accounts.get(APP_ID)


def test_an_incomplete_secret_is_read_once_in_two_seconds(aws: FakeAws, accounts: SecretAccounts) -> None:
    hold_account(aws, {"token": ""})
    for _ in range(100):
        with pytest.raises(MissingSettingError):
            accounts.get(APP_ID)
    assert len(aws.calls) == 1


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
    assert accounts.get(APP_ID) == accounts.get(APP_ID) == HELD
    assert hours.outdated == [f"{APP_ID}: GetSecretValue: AccessDeniedException"]


def test_without_an_account_from_before_the_failure_is_told(
    aws: FakeAws, accounts: SecretAccounts, hours: Hours
) -> None:
    aws.failing.add("GetSecretValue")
    with pytest.raises(AccountUnavailableError, match="GetSecretValue: AccessDeniedException"):
        accounts.get(APP_ID)
    aws.failing.clear()
    hold_account(aws, {"token": ""})
    hours.pass_(seconds=2)
    with pytest.raises(MissingSettingError, match="token is missing"):
        accounts.get(APP_ID)


@pytest.mark.parametrize("service", ["sqs", "dynamodb", "secretsmanager"])
def test_clients_give_up_before_wechat_does(service: str) -> None:
    limits = LIMITS[service]
    assert limits.connect + limits.read <= 3
    assert limits.attempts == 2


# --- which there are -------------------------------------------------------------------------------


def listing(*pages: list[str]) -> Any:
    """A client whose answers are these pages of names."""

    def list_secrets(*, Filters: list[dict[str, Any]], NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - AWS's
        assert Filters == [{"Key": "name", "Values": ["stack/pay/"]}]
        number = int(NextToken)
        more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
        return {"SecretList": [{"Name": name} for name in pages[number]], **more}

    return SimpleNamespace(list_secrets=list_secrets)


def test_merchants_are_listed_by_their_secrets_over_all_pages() -> None:
    client = listing(
        ["stack/pay/2", "stack/pay/1"], [], ["stack/payroll/x", "other/stack/pay/3", "stack/pay/4"]
    )
    assert SecretDirectory(client, "stack/pay").ids() == ("1", "2", "4")


def test_a_list_that_cannot_be_read_is_unavailable() -> None:
    def list_secrets(**_asked: Any) -> dict[str, Any]:
        raise AwsCallError("ListSecrets", "AccessDeniedException")

    with pytest.raises(AccountUnavailableError, match="ListSecrets: AccessDeniedException"):
        SecretDirectory(SimpleNamespace(list_secrets=list_secrets), "stack/pay").ids()
