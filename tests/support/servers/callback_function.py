"""The callback function in a process of the test, with its environment set up as in a deployment."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from tests.support.servers.aws import FakeAws
from tests.support.servers.wechat_server import ACCOUNT
from wejourney.journeys.routing import JourneyEntry
from wejourney.plain_data import fields_to_plain

SECRET_PREFIX = "wejourney/accounts"
QUEUE = "inbox.fifo"

HELD = replace(ACCOUNT, encryption="required", settings=replace(ACCOUNT.settings, name="official_account"))
"""The account that `hold_account` holds."""

CONTEXT = SimpleNamespace(
    function_name="wechat_callback",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:wechat_callback",
    aws_request_id="9b7b7c1e-0000-4000-8000-000000000000",
)


def environment(aws: FakeAws) -> dict[str, str]:
    """The function's variables. What AWS_ENDPOINT_URL names is all of AWS that it can reach."""
    return {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "INBOX_QUEUE_URL": f"{aws.endpoint}/123456789012/{QUEUE}",
        "FOLLOWERS_TABLE": "followers",
        "ACCOUNTS_TABLE": "accounts",
        "APP_ID": ACCOUNT.app_id,
        "ACCOUNTS_SECRET_PREFIX": SECRET_PREFIX,
    }


def secret(**changes: str | None) -> str:
    """The sample account's secret."""
    names = ("token", "encoding_aes_key", "previous_encoding_aes_key", "app_secret", "original_id")
    known = vars(ACCOUNT) | vars(ACCOUNT.settings)
    return json.dumps({name: known[name] for name in names} | changes)


def hold_account(aws: FakeAws, settings: Mapping[str, str | None] | None = None) -> None:
    aws.secrets[f"{SECRET_PREFIX}/{ACCOUNT.app_id}"] = secret(**(settings or {}))


def write_catalogue(folder: Path, entries: Iterable[JourneyEntry]) -> None:
    """A package `journey_catalogue` as the layer of journeys has it."""
    package = folder / "journey_catalogue"
    package.mkdir()
    (package / "__init__.py").write_text("")
    catalogue = json.dumps([fields_to_plain(entry, whole=True) for entry in entries], ensure_ascii=False)
    (package / "catalogue.json").write_text(catalogue, encoding="utf-8")
