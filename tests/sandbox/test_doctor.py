"""`wejourney doctor` in a deployment that is right, and in one that is broken piece by piece."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from infra.sandbox.fake_wechat.merchant import MERCHANT_ID
from infra.sandbox.settings import load_account
from tests.sandbox.conftest import DIRECTORY
from tests.support.cli import run
from workbench.operations.target import Target, find_target

pytestmark = pytest.mark.sandbox

APP_ID = load_account().app_id


@pytest.fixture
def target(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("SANDBOX_DIR", str(DIRECTORY))
    return find_target(None)


def wrong() -> dict[str, str]:
    """What `doctor` calls wrong: the problems, with what each is about."""
    done = run("doctor", "--json")
    told = json.loads(done.stdout)
    found = {one["problem"]: one["about"] for one in told["findings"] if one["result"] == "wrong"}
    assert done.exit_code == (1 if found else 0)
    return found


@contextmanager
def changed(target: Target, name: str, **changes: Any) -> Iterator[None]:
    """A secret with other values for a while."""
    secrets = target.client("secretsmanager")
    text = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString=json.dumps(json.loads(text) | changes))
    yield
    secrets.put_secret_value(SecretId=name, SecretString=text)


@contextmanager
def switched(sandbox: Any, path: str, name: str) -> Iterator[None]:
    for value in (False, True):
        sandbox.fake.post(path, json={name: value}).raise_for_status()
        if not value:
            yield


def test_the_sandbox_is_right_and_every_mistake_in_it_is_found(sandbox: Any, target: Target) -> None:
    assert wrong() == {}
    account, merchant = f"{target.stack}/wechat/{APP_ID}", f"{target.stack}/pay/{MERCHANT_ID}"
    mistakes: list[tuple[Callable[[], Any], dict[str, str]]] = [
        (lambda: switched(sandbox, "/sandbox/ip-allow-list", "allowed"), {"AddressNotAllowed": APP_ID}),
        (lambda: changed(target, account, app_secret="w" * 32), {"WrongAppSecret": APP_ID}),
        (lambda: changed(target, account, encoding_aes_key="short"), {"SettingInvalid": APP_ID}),
        (lambda: changed(target, merchant, api_v3_key=""), {"NoApiKey": MERCHANT_ID}),
        (lambda: changed(target, merchant, api_v3_key="x" * 32), {"ApiKeyDiffers": MERCHANT_ID}),
        (lambda: changed(target, merchant, certificate_serial="0" * 16), {"PayRequestRefused": MERCHANT_ID}),
    ]
    for mistake, expected in mistakes:
        with mistake():
            assert wrong() == expected
    assert wrong() == {}
    # Other tests of this sandbox find no call refused.
    refused = {one["errcode"] for one in sandbox.fake.delete("/sandbox/refusals").json()}
    assert refused == {40125, 40164}
    assert sandbox.refusals() == []


def test_what_a_person_reads_fits_the_terminal_and_says_what_the_sandbox_lacks(target: Target) -> None:
    done = run("doctor", columns=100)

    assert done.exit_code == 0
    assert max(map(len, done.output.splitlines())) <= 100
    assert "the sandbox keeps no metrics" in " ".join(done.output.split())
    assert "AWS call failed" not in done.output
