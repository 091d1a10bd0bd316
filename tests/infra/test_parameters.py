"""The template's parameters: what is asked, what is rejected, and what the account's secret becomes."""

import json
import re
import secrets
import string
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.session import get_session
from ministack.services.cloudformation import engine

from tests.infra.template import RESOURCES, TEMPLATE, of_type
from tests.support.servers.ministack import ministack
from wejourney.accounts import Account

PARAMETERS: Mapping[str, Mapping[str, Any]] = TEMPLATE["Parameters"]
APP_ID = "wx1234567890abcdef"
KEY = "muDjPBsZlEgjRBI0SrOFfQzLAPyeN0irMw7BFgmh6hU"

GOOD: Mapping[str, tuple[str, ...]] = {
    "AppId": (APP_ID, "gh_5a4db0c5a4db"),
    "AppSecret": ("0123456789abcdef0123456789abcdef",),
    "Token": ("generate", "a1" * 8, "Z9" * 16),
    "EncodingAESKey": ("generate", KEY),
    "Encryption": ("required", "optional", "plain"),
    "Rules": ("current", "2020"),
    "Language": ("zh", "en"),
    "TimeZone": ("Asia/Shanghai", "Etc/GMT+8", "America/Port-au-Prince"),
    "KeepMedia": ("none", "1", "30", "999"),
    "KeepUploads": ("none", "1", "30", "999"),
    "PublishEvents": ("none", "1", "30", "999"),
    "AlarmEmail": ("", "ops+wechat@example.com.cn"),
    "LogRetentionDays": ("30",),
    "SubnetIds": ("", "subnet-0123456789abcdef0,subnet-01234567"),
    "SecurityGroupIds": ("", "sg-0123456789abcdef0"),
    "Architecture": ("arm64", "x86_64"),
    "WeChatApiUrl": ("https://api.weixin.qq.com", "http://127.0.0.1:8701"),
    "WeChatPayApiUrl": ("https://api.mch.weixin.qq.com", "http://127.0.0.1:8701"),
    "VirtualClock": ("", "/home/lee/my project/.sandbox/clock"),
}
BAD: Mapping[str, tuple[str, ...]] = {
    "KeepMedia": ("", "0", "-1", "1000", "03", "1.5", "forever"),
    "KeepUploads": ("", "0", "-1", "1000", "03", "1.5", "forever"),
    "PublishEvents": ("", "0", "-1", "1000", "03", "1.5", "forever"),
    "Token": ("", "abc", "a" * 15, "a" * 33, "a" * 15 + "-", "generated", "a" * 15 + "é"),
    "EncodingAESKey": ("", KEY[:-1], KEY + "a", KEY[:-1] + "=", KEY[:-1] + "+"),
    "AppSecret": ("", "secret", 'a" ,"token":"' + "a" * 16),
    "Encryption": ("", "none", "Required"),
    "TimeZone": ("", 'UTC"'),
    "AlarmEmail": ("ops", "@example.com", "ops@", "a@example.com,b@example.com", "ops@example.com."),
    "SubnetIds": ("subnet-x", "sg-0123456789abcdef0", "subnet-01234567;subnet-01234568"),
    "SecurityGroupIds": ("subnet-01234567", "sg-"),
}
BLANKS = (*" \t\n\r\v\f", "\r\n", *"\u00a0\u2003\u3000\u200b\ufeff\u2028")
"""What is copied along with a value: also a no-break, a full-width and a zero-width space."""


def rejection(name: str, value: str) -> str:
    """Why the local AWS rejects a value of a parameter, by the rules of CloudFormation; else nothing."""
    given = {"AppId": APP_ID, "AppSecret": "0123456789abcdef"} | {name: value}
    try:
        engine._resolve_parameters(TEMPLATE, [{"Key": key, "Value": text} for key, text in given.items()])
    except ValueError as error:
        return str(error)
    return ""


def padded(name: str, value: str, blank: str) -> Iterator[str]:
    """A value with a blank before it, in it and after it; CloudFormation trims the members of a list."""
    middle = len(value) // 2
    yield value[:middle] + blank + value[middle:]
    if PARAMETERS[name]["Type"] != "CommaDelimitedList" or not blank.isspace():
        yield from (blank + value, value + blank)


def test_every_parameter_is_bounded_and_says_what_it_takes() -> None:
    assert set(GOOD) == set(PARAMETERS)
    for name, parameter in PARAMETERS.items():
        assert "AllowedValues" in parameter or parameter["ConstraintDescription"], name
        pattern = parameter.get("AllowedPattern", "^$")
        assert pattern[0] == "^", name
        assert pattern[-1] == "$", name


@pytest.mark.parametrize("name", GOOD)
def test_good_values_are_taken(name: str) -> None:
    assert [rejection(name, value) for value in GOOD[name]] == [""] * len(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_weak_short_and_malformed_values_are_rejected_by_the_parameters_name(name: str) -> None:
    assert all(name in rejection(name, value) for value in BAD[name])


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("VirtualClock", "LogRetentionDays")])
@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_value_with_a_blank_is_rejected_by_the_parameters_name(name: str, blank: str) -> None:
    for value in filter(None, GOOD[name]):
        assert all(f"'{name}'" in rejection(name, text) for text in padded(name, value, blank))


def test_an_engineer_fills_in_two_parameters_and_secrets_are_not_shown() -> None:
    asked = [name for name, one in PARAMETERS.items() if "Default" not in one]
    assert asked == ["AppId", "AppSecret"]
    assert all(PARAMETERS[name]["NoEcho"] for name in ("AppSecret", "Token", "EncodingAESKey"))


def test_no_output_names_a_secret_value() -> None:
    for name in ("AppSecret", "Token", "EncodingAESKey", "resolve:", "Generated"):
        assert not re.search(
            rf"\b{name}\b", json.dumps([one["Value"] for one in TEMPLATE["Outputs"].values()])
        )


SECRETS = of_type("AWS::SecretsManager::Secret")
GENERATED = [name for name, one in SECRETS.items() if "GenerateSecretString" in one and "Name" not in one]
"""Those that a person copies into WeChat's console; keys of our own have names that functions know."""


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_outlive_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", GENERATED)
def test_what_is_generated_has_letters_and_digits_only_and_no_function_may_read_it(name: str) -> None:
    """Functions read `<stack>/wechat/*`. A generated secret has no name of its own, so that one which is left
    behind does not stand in the way of a new stack."""
    generate = SECRETS[name]["GenerateSecretString"]
    assert generate["ExcludePunctuation"]
    assert set(generate["ExcludeCharacters"]) == set(string.punctuation)
    assert generate["PasswordLength"] == {"GeneratedToken": 32, "GeneratedEncodingAESKey": 43}[name]
    assert "Name" not in SECRETS[name]


# --- in the local AWS -----------------------------------------------------------------------------------


class Stack:
    """The template's secrets as a stack of the local AWS."""

    def __init__(self, endpoint: str) -> None:
        session: Any = get_session()
        session.set_credentials("test", "test")
        session.set_config_variable("region", "cn-north-1")
        self.name = f"stack-{secrets.token_hex(4)}"
        self.cloudformation = session.create_client("cloudformation", endpoint_url=endpoint)
        self.manager = session.create_client("secretsmanager", endpoint_url=endpoint)
        resources = {name: RESOURCES[name] for name in SECRETS}
        kept = {key: TEMPLATE[key] for key in ("AWSTemplateFormatVersion", "Parameters", "Conditions")}
        self.template = json.dumps({**kept, "Resources": resources})

    def create(self, **given: str) -> None:
        self.cloudformation.create_stack(**self._call({"AppId": APP_ID, "AppSecret": "s" * 32} | given))

    def update(self, **given: str) -> None:
        """As `sam deploy` does: what is not given keeps its value."""
        call = self._call(given)
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in PARAMETERS if name not in given]
        self.cloudformation.update_stack(**{**call, "Parameters": call["Parameters"] + kept})

    def _call(self, given: Mapping[str, str]) -> dict[str, Any]:
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
        return {"StackName": self.name, "TemplateBody": self.template, "Parameters": parameters}

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)

    def secret(self) -> dict[str, str]:
        """The account's secret, once the stack is settled."""
        while self._is_busy():
            time.sleep(0.02)
        text = self.manager.get_secret_value(SecretId=f"{self.name}/wechat/{APP_ID}")["SecretString"]
        settings: dict[str, str] = json.loads(text)
        assert Account.from_secret(APP_ID, text).token == settings["token"]
        return settings

    def _is_busy(self) -> bool:
        stacks = self.cloudformation.describe_stacks()["Stacks"]
        states = [one["StackStatus"] for one in stacks if one["StackName"] == self.name]
        assert not any("FAILED" in state or "ROLLBACK" in state for state in states), states
        return any(state.endswith("IN_PROGRESS") for state in states)


@pytest.fixture(scope="module")
def local_aws() -> Iterator[str]:
    with ministack() as url:
        yield url


@pytest.fixture
def stack(local_aws: str) -> Stack:
    return Stack(local_aws)


def test_token_and_key_are_generated_and_stay_as_they_are_through_updates(stack: Stack) -> None:
    stack.create()
    first = stack.secret()
    assert re.fullmatch("[A-Za-z0-9]{32}", first["token"])
    assert re.fullmatch("[A-Za-z0-9]{43}", first["encoding_aes_key"])
    assert first["encryption"] == "required"

    stack.update(Language="en", TimeZone="Europe/Paris", Encryption="optional")
    assert stack.secret() == first | {
        "language": "en",
        "time_zone": "Europe/Paris",
        "encryption": "optional",
    }


def test_two_stacks_have_secrets_of_their_own(stack: Stack, local_aws: str) -> None:
    other = Stack(local_aws)
    stack.create()
    other.create()
    assert stack.secret()["token"] != other.secret()["token"]
    assert stack.secret()["encoding_aes_key"] != other.secret()["encoding_aes_key"]


def test_given_values_are_taken_and_only_the_word_generate_replaces_them(stack: Stack) -> None:
    given = "ours" * 4
    stack.create(Token=given, EncodingAESKey=KEY)
    assert (stack.secret()["token"], stack.secret()["encoding_aes_key"]) == (given, KEY)

    stack.update(Language="en")
    assert (stack.secret()["token"], stack.secret()["encoding_aes_key"]) == (given, KEY)

    stack.update(Token="generate")
    assert re.fullmatch("[A-Za-z0-9]{32}", stack.secret()["token"])
    assert stack.secret()["encoding_aes_key"] == KEY

    stack.update(Token=given)
    assert stack.secret()["token"] == given


def test_the_accounts_secret_outlives_its_stack(stack: Stack) -> None:
    stack.create()
    before = stack.secret()
    stack.delete()
    assert stack.secret() == before
