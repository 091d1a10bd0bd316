"""A merchant of WeChat Pay with its keys, as its secret holds them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from wejourney.accounts import read_object
from wejourney.bounds import LONGEST_NAME
from wejourney.errors import InvalidSettingError, MissingSettingError

PUBLIC_KEY = "PUB_KEY_ID_"
"""How the name of a key begins that is no certificate's: the name of a certificate's is its serial number."""

_ID = re.compile(r"[0-9]{6,32}", re.ASCII)
_API_KEY_BYTES = 32
_MOST_KEYS = 20
_SMALLEST_KEY = 2048
_SERIAL = re.compile(r"[0-9A-F]{8,64}", re.ASCII)

type StoreSource = Literal["attach", "order", "device", "merchant"]
"""Where a payment says in which store it was: in the merchant's own data, or in one of its numbers."""

_SOURCES = ("attach", "order", "device", "merchant")


def is_merchant_id(text: str) -> bool:
    """Whether this can be a merchant's number, so that it may become part of a secret's name or a key."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True)
class StoreRule:
    """How the store is found: in `source`, after the first `after` and before the next `until`.

    Without them it is all of `source`. `names` are the stores by what was found, such as tills by their
    numbers; what is not among them is the store itself.
    """

    source: StoreSource | None = None
    until: str = ""
    after: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def store_of(self, values: Mapping[StoreSource, str]) -> str:
        """The store; empty where the payment names none."""
        store = values.get(self.source, "") if self.source is not None else ""
        found = True
        if self.after:
            _, mark, store = store.partition(self.after)
            found = bool(mark)
        if self.until:
            store, mark, _ = store.partition(self.until)
            found = found and bool(mark)
        store = store.strip()
        store = self.names.get(store, store)
        return store if found and len(store) <= LONGEST_NAME else ""


@dataclass(frozen=True)
class RequestKey:
    """The key with which the merchant signs requests, and the serial number of its certificate."""

    serial: str
    private: RSAPrivateKey = field(repr=False)


@dataclass(frozen=True)
class Merchant:
    """`keys` are those with which WeChat signs, by serial number or id of a public key in upper case.

    Without a `request_key` WeChat Pay only tells, and is asked for nothing. `expires_at` is until when those
    of the keys are valid that are certificates (UTC).
    """

    id: str
    api_v3_key: bytes = field(repr=False)
    keys: Mapping[str, RSAPublicKey] = field(repr=False)
    store: StoreRule = StoreRule()
    request_key: RequestKey | None = None
    expires_at: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def answered_with(self) -> str | None:
        """The public key that WeChat is to sign answers with, if the merchant has one.

        Without a wish it signs with a certificate, which it replaces by itself every five years.
        """
        return next((name for name in self.keys if name.startswith(PUBLIC_KEY)), None)

    @classmethod
    def from_secret(cls, merchant_id: str, text: str) -> "Merchant":
        """Read the merchant from the JSON text of its secret. Raises as `Account.from_secret`."""
        where = f"the secret of merchant {merchant_id}"
        settings = read_object(text, where)
        for name in ("api_v3_key", "keys"):
            if not settings.get(name):
                raise MissingSettingError(name, where)
        api_v3_key, keys = settings["api_v3_key"], settings["keys"]
        if not isinstance(api_v3_key, str) or len(api_v3_key.strip().encode()) != _API_KEY_BYTES:
            raise InvalidSettingError("api_v3_key", where, f"{_API_KEY_BYTES} letters and digits")
        if not isinstance(keys, dict) or len(keys) > _MOST_KEYS:
            raise InvalidSettingError("keys", where, f"an object of at most {_MOST_KEYS} keys in PEM")
        loaded = {
            key: _public_key(key, pem, where) for name, pem in keys.items() if (key := name.strip().upper())
        }
        return cls(
            merchant_id,
            api_v3_key.strip().encode(),
            {name: key for name, (key, _) in loaded.items()},
            _store_rule(settings, where),
            _request_key(settings, where),
            {name: until for name, (_, until) in loaded.items() if until is not None},
        )


def _public_key(name: str, pem: object, where: str) -> tuple[RSAPublicKey, datetime | None]:
    """The key, and until when it is valid if it is a certificate's."""
    setting = f"keys.{name[:LONGEST_NAME]}"
    text = pem.strip().encode() if isinstance(pem, str) else b""
    until = None
    try:
        if name.startswith(PUBLIC_KEY):
            key = load_pem_public_key(text)
        else:
            certificate = load_pem_x509_certificate(text)
            key, until = cast("Any", certificate.public_key()), certificate.not_valid_after_utc
            if f"{certificate.serial_number:X}" != name.lstrip("0"):
                raise InvalidSettingError(setting, where, "the certificate with this serial number")
    except (ValueError, UnsupportedAlgorithm):
        # Not chained: the text may quote the key.
        raise InvalidSettingError(setting, where, "a key or a certificate in PEM") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise InvalidSettingError(setting, where, f"an RSA key of at least {_SMALLEST_KEY} bits")
    return key, until


def _request_key(settings: Mapping[str, Any], where: str) -> RequestKey | None:
    pem, serial = settings.get("private_key"), settings.get("certificate_serial")
    if not pem and not serial:
        return None
    for name, value in (("private_key", pem), ("certificate_serial", serial)):
        if not value:
            raise MissingSettingError(name, where)
    number = serial.strip().upper() if isinstance(serial, str) else ""
    if not _SERIAL.fullmatch(number):
        expected = "the serial number of the merchant's API certificate, 0 to 9 and A to F"
        raise InvalidSettingError("certificate_serial", where, expected)
    try:
        text = pem.strip().encode() if isinstance(pem, str) else b""
        # To check its primes takes 80 ms of a cold start. WeChat Pay refuses what a wrong key signs.
        key = load_pem_private_key(text, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained, as above. A key with a password is a TypeError.
        raise InvalidSettingError("private_key", where, "a private key in PEM without a password") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise InvalidSettingError("private_key", where, f"an RSA key of at least {_SMALLEST_KEY} bits")
    return RequestKey(number, key)


def _store_rule(settings: Mapping[str, Any], where: str) -> StoreRule:
    source, names = settings.get("store_from"), settings.get("store_names", {})
    until, after = settings.get("store_until", ""), settings.get("store_after", "")
    if source is not None and source not in _SOURCES:
        raise InvalidSettingError("store_from", where, f"one of {', '.join(_SOURCES)}")
    for name, value in (("store_until", until), ("store_after", after)):
        if not isinstance(value, str) or len(value) > LONGEST_NAME:
            raise InvalidSettingError(name, where, "a text, such as -")
    if source == "order" and not until:
        # A whole number of an order names no store, and would be one of its own each time.
        raise InvalidSettingError("store_until", where, "given with store_from order, such as -")
    if not isinstance(names, dict) or not all(
        isinstance(name, str) and 0 < len(name) <= LONGEST_NAME for name in names.values()
    ):
        expected = f"an object of stores, such as POS1: SH01, of at most {LONGEST_NAME} characters each"
        raise InvalidSettingError("store_names", where, expected)
    return StoreRule(source, until, after, names)
