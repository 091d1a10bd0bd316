"""A WeChat account of this deployment with its credentials, as its secret holds them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wejourney import languages
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import InvalidSettingError, MissingSettingError
from wejourney.messaging.account_settings import AccountKind, AccountSettings

type Encryption = Literal["required", "optional", "plain"]
"""Which messages of WeChat an account takes.

`required`: encrypted ones only (safe and compatible mode). `optional`: plain ones as well, while a console is
switched. `plain`: no key is needed. Whoever sees the address of a plain message can try to send another body
with it, see docs/security.md.
"""

_ENCODING_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
APP_ID_FORM = "[A-Za-z0-9_-]{6,64}"
_APP_ID = re.compile(APP_ID_FORM, re.ASCII)
OPEN_PLATFORM_FORM = "[A-Za-z0-9._-]{1,64}"
"""The brand's name for an account of the Open Platform, wherever it is written."""

_CREDENTIAL = re.compile(r"[!-~]{1,128}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}", re.ASCII)
"""What journeys can call an account."""

_SHORTEST_TOKEN = 16
"""Characters. A token of a few can be guessed from one address: it is all that keeps the signature secret."""

_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "token": (
        re.compile(rf"[!-~]{{{_SHORTEST_TOKEN},64}}", re.ASCII),
        f"at least {_SHORTEST_TOKEN} letters and digits, without blanks",
    ),
    "app_secret": (_CREDENTIAL, "letters and digits, without blanks, as WeChat's console shows it"),
    "original_id": (_CREDENTIAL, "the account's own id, such as gh_0123456789ab"),
    "encoding_aes_key": (_ENCODING_AES_KEY, "43 letters and digits, as WeChat's console shows it"),
    "previous_encoding_aes_key": (_ENCODING_AES_KEY, "43 letters and digits, as WeChat's console shows it"),
    "encryption": (re.compile("required|optional|plain"), "one of required, optional, plain"),
    "kind": (re.compile("official_account|mini_program"), "one of official_account, mini_program"),
    "open_platform": (
        re.compile(OPEN_PLATFORM_FORM, re.ASCII),
        "a name of letters and digits, such as brand",
    ),
    "name": (_NAME, "a name of small letters, digits, _ and -, such as shop"),
    "language": (languages.FORM, "a language such as en or zh-TW"),
}
"""What a setting must look like, and how that is said: never with its value."""


def is_app_id(text: str) -> bool:
    """Whether this can be an app id, so that it may become part of a secret's name or a key."""
    return _APP_ID.fullmatch(text) is not None


@dataclass(frozen=True)
class Account:
    """One WeChat account with its credentials. Pure code gets its `settings` alone.

    `token` and `encoding_aes_key` are those of the console's server configuration. There is no key where
    `encryption` is `plain`; a mini program without pushes has no key and an empty token, which signs nothing.
    The previous key is still accepted while a change of keys spreads.
    """

    settings: AccountSettings
    token: str = field(repr=False)
    encoding_aes_key: str | None = field(repr=False)
    app_secret: str = field(repr=False)
    encryption: Encryption = "required"
    previous_encoding_aes_key: str | None = field(default=None, repr=False)
    kind: AccountKind = "official_account"

    @property
    def app_id(self) -> str:
        return self.settings.app_id

    @property
    def encoding_aes_keys(self) -> tuple[str, ...]:
        """The keys that a message may be encrypted with, the current one first."""
        keys = (self.encoding_aes_key, self.previous_encoding_aes_key)
        return tuple(key for key in keys if key is not None)

    @classmethod
    def from_secret(cls, app_id: str, text: str) -> "Account":
        """Read the account from the JSON text of its secret; without a name it is called as its kind.

        Raises MissingSettingError for a key that is not there, InvalidSettingError for one that cannot
        be used. Neither holds a value.
        """
        where = f"the secret of account {app_id}"
        # What is copied from a page often has a blank at its end.
        settings = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in read_object(text, where).items()
        }
        for name in _required(settings):
            if not settings.get(name):
                raise MissingSettingError(name, where)
        known: dict[str, Any] = {name: value for name, value in settings.items() if name in _NAMES and value}
        stores = known.pop("store_zones", {})
        for name, value in known.items():
            if not isinstance(value, str):
                raise InvalidSettingError(name, where, "a text")
            form, expected = _FORMS.get(name, (None, ""))
            if form is not None and not form.fullmatch(value):
                raise InvalidSettingError(name, where, expected)
        kind = known.get("kind", cls.kind)
        known = {"token": "", "encoding_aes_key": None, "name": kind} | known
        if "language" in known:
            known["language"] = languages.tag_of(known["language"])
        if "rules" in known:
            if known["rules"] not in RULE_SETS:
                raise InvalidSettingError("rules", where, f"one of {', '.join(RULE_SETS)}")
            known["rules"] = RULE_SETS[known["rules"]]
        if "time_zone" in known:
            _check_zone("time_zone", known["time_zone"], where)
        if not isinstance(stores, dict):
            raise InvalidSettingError("store_zones", where, "an object that maps scenes to time zones")
        for scene, zone in stores.items():
            _check_zone(f"store_zones.{scene}", zone, where)
        known["store_zones"] = stores
        credentials = {name: known.pop(name) for name in _CREDENTIALS & known.keys()}
        return cls(AccountSettings(app_id, **known), **credentials)


def _required(settings: Mapping[str, Any]) -> tuple[str, ...]:
    is_pushed_to = settings.get("kind") != "mini_program" or any(
        settings.get(name) for name in ("token", "encoding_aes_key")
    )
    if not is_pushed_to:
        return ("app_secret",)
    keys = () if settings.get("encryption") == "plain" else ("encoding_aes_key",)
    return ("token", "app_secret", *keys)


def _check_zone(name: str, zone: object, where: str) -> None:
    """A zone exists: a wait until nine o'clock must not find out at night that it does not."""
    # Late: the callback must start fast, and tells no time of day.
    from wejourney.time_zones import is_time_zone  # noqa: PLC0415

    if not isinstance(zone, str) or not is_time_zone(zone):
        raise InvalidSettingError(name, where, "a time zone such as Asia/Shanghai")


_CREDENTIALS = frozenset(Account.__dataclass_fields__) - {"settings"}
_NAMES = _CREDENTIALS | frozenset(AccountSettings.__dataclass_fields__) - {"app_id"}


def read_object(text: str, where: str) -> dict[str, Any]:
    """The JSON object of a secret. Raises InvalidSettingError."""
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        # Not chained: the decoder's message and its `doc` would quote the secret.
        raise InvalidSettingError("everything", where, "one JSON object") from None
    return settings
