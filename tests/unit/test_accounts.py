import json
from typing import Any

import pytest

from wejourney.accounts import Account, is_app_id
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import InvalidSettingError, MissingSettingError
from wejourney.messaging.account_settings import AccountSettings

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TOKEN = "a1b2c3d4e5f6g7h8"
SECRET = {"token": TOKEN, "encoding_aes_key": KEY, "app_secret": "s3cret"}


def account(**settings: Any) -> Account:
    return Account.from_secret("wx1234567890abcdef", json.dumps(SECRET | settings))


def test_three_settings_are_enough_and_the_rest_has_defaults() -> None:
    read = account()
    settings = read.settings
    assert (read.token, read.encoding_aes_key, read.app_secret) == (TOKEN, KEY, "s3cret")
    assert (settings.language, settings.time_zone) == ("zh", "Asia/Shanghai")
    assert settings.rules is RULE_SETS["current"]
    assert (read.encoding_aes_keys, read.encryption) == ((KEY,), "required")


def test_every_setting_can_be_given() -> None:
    read = account(
        previous_encoding_aes_key=KEY[::-1],
        original_id="gh_0123456789ab",
        language="en",
        time_zone="Europe/Paris",
        store_zones={"store-NY*": "America/New_York"},
        rules="2020",
        name="shop",
    )
    assert read.encoding_aes_keys == (KEY, KEY[::-1])
    assert read.settings == AccountSettings(
        app_id="wx1234567890abcdef",
        original_id="gh_0123456789ab",
        language="en",
        time_zone="Europe/Paris",
        store_zones={"store-NY*": "America/New_York"},
        rules=RULE_SETS["2020"],
        name="shop",
    )


@pytest.mark.parametrize("kind", ["official_account", "mini_program"])
def test_an_account_without_a_name_is_called_as_its_kind(kind: str) -> None:
    assert account(kind=kind).settings.name == kind
    assert account(kind=kind, name="club").settings.name == "club"


def test_an_empty_optional_setting_is_as_if_not_given() -> None:
    assert account(previous_encoding_aes_key="", original_id=None, rules="") == account()


def test_a_setting_of_later_versions_is_ignored() -> None:
    assert account(colour="gold") == account()


@pytest.mark.parametrize("name", SECRET)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(MissingSettingError, match=f"{name} is missing from the secret of account wx1234"):
        account(**{name: ""})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("encoding_aes_key", "too-short", "43 letters"),
        ("previous_encoding_aes_key", KEY + "=", "43 letters"),
        ("token", 98765, "a text"),
        ("token", "t0k", "at least 16 letters"),
        ("token", "t" * 15, "at least 16 letters"),
        ("token", "t" * 65, "at least 16 letters"),
        ("encryption", "off", "one of required, optional, plain"),
        ("encryption", True, "a text"),
        ("kind", "shop", "one of official_account, mini_program"),
        ("language", "Chinese", "a language such as"),
        ("name", "The shop", "small letters"),
        ("rules", "2019", "one of 2020, 2021-06, 2023-06, current"),
        ("time_zone", "Mars/Olympus", "a time zone such as"),
        ("time_zone", "Europe", "a time zone such as"),
        ("time_zone", 480, "a text"),
        ("store_zones", ["Europe/Paris"], "an object that maps scenes to time zones"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_value(
    name: str, value: object, expected: str
) -> None:
    with pytest.raises(InvalidSettingError, match=expected) as caught:
        account(**{name: value})
    assert name in str(caught.value)
    assert str(value) not in str(caught.value)


@pytest.mark.parametrize("zone", ["Mars/Olympus", 8, None, "../etc/passwd"])
def test_a_store_with_no_zone_is_named_by_its_scene(zone: object) -> None:
    with pytest.raises(InvalidSettingError, match=r"store_zones\.store-PAR\* .* must be a time zone"):
        account(store_zones={"store-NY": "America/New_York", "store-PAR*": zone})


@pytest.mark.parametrize("text", ["", "t0ken", '["t0ken"]', '{"token": "t0ken"'])
def test_a_secret_that_is_not_a_json_object_is_not_quoted(text: str) -> None:
    with pytest.raises(InvalidSettingError, match="one JSON object") as caught:
        Account.from_secret("wx1234567890abcdef", text)
    assert "t0ken" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


BLANKS = [" ", "\n", "\r\n", "\t", "\u00a0", "\u3000"]
"""What comes along when a value is copied from a page."""


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(
    "name", [*SECRET, "previous_encoding_aes_key", "original_id", "language", "time_zone", "rules"]
)
def test_blanks_around_a_setting_are_trimmed(name: str, blank: str) -> None:
    settings = SECRET | {
        "previous_encoding_aes_key": KEY[::-1],
        "original_id": "gh_0123456789ab",
        "language": "en",
        "time_zone": "Europe/Paris",
        "rules": "2020",
    }
    assert account(**settings | {name: f"{blank}{settings[name]}{blank}"}) == account(**settings)


@pytest.mark.parametrize("blank", [*BLANKS, "\u200b", "\ufeff", "\x00"])
@pytest.mark.parametrize(
    "name", [*SECRET, "previous_encoding_aes_key", "original_id", "language", "time_zone"]
)
def test_a_blank_or_an_unseen_sign_within_a_setting_is_told_by_its_name(name: str, blank: str) -> None:
    value = SECRET.get(name, KEY)
    with pytest.raises(InvalidSettingError, match=name):
        account(**{name: value[:5] + blank + value[5:]})


def test_only_a_plain_account_needs_no_key() -> None:
    plain = account(encryption="plain", encoding_aes_key="")
    assert (plain.encryption, plain.encoding_aes_keys) == ("plain", ())
    for encryption in ("required", "optional", ""):
        with pytest.raises(MissingSettingError, match="encoding_aes_key is missing"):
            account(encryption=encryption, encoding_aes_key="")


def mini_program(**settings: Any) -> Account:
    return Account.from_secret("wx1234567890abcdef", json.dumps({"kind": "mini_program"} | settings))


def test_a_mini_program_without_pushes_needs_its_app_secret_alone() -> None:
    read = mini_program(app_secret="s3cret")
    assert (read.kind, read.token, read.encoding_aes_keys) == ("mini_program", "", ())
    with pytest.raises(MissingSettingError, match="app_secret is missing"):
        mini_program()
    assert account().kind == "official_account"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"token": TOKEN}, "encoding_aes_key"),
        ({"encoding_aes_key": KEY}, "token"),
        ({"encoding_aes_key": KEY, "encryption": "plain"}, "token"),
    ],
)
def test_a_mini_program_with_half_of_what_pushes_need_names_the_other_half(
    given: dict[str, str], missing: str
) -> None:
    with pytest.raises(MissingSettingError, match=f"{missing} is missing"):
        mini_program(app_secret="s3cret", **given)
    whole = {"token": TOKEN, "encoding_aes_key": KEY}
    assert mini_program(app_secret="s3cret", **whole).encoding_aes_keys == (KEY,)


def test_an_account_names_the_open_platform_account_that_it_is_bound_to() -> None:
    assert account().settings.open_platform == "main"
    assert account(open_platform="brand").settings.open_platform == "brand"
    for wrong in ("a#b", "x" * 65, "品牌"):
        with pytest.raises(InvalidSettingError, match="open_platform"):
            account(open_platform=wrong)


def test_secrets_are_not_in_the_representation() -> None:
    shown = repr(account(previous_encoding_aes_key=KEY[::-1]))
    assert not any(secret in shown for secret in (*SECRET.values(), KEY[::-1]))


@pytest.mark.parametrize("text", ["", "wx", "wx/../../other", "wx 234567", "wx12345\n", "wx" + "0" * 63])
def test_what_cannot_be_an_app_id_is_refused(text: str) -> None:
    assert not is_app_id(text)


def test_app_ids_and_corp_ids_are_app_ids() -> None:
    assert is_app_id("wx1234567890abcdef")
    assert is_app_id("ww1234567890abcdef")
