"""Private values and files, sealed with a key of the person that only KMS can decrypt.

Each person has a data key of KMS, whose encrypted form is in the person's row: it goes when the person is
erased, and with it whatever it has sealed, wherever that lies. The clear key stays in the function's memory
for some minutes.
https://docs.aws.amazon.com/kms/latest/developerguide/data-keys.html
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wejourney.people.followers import Follower
from wejourney.people.profile_fields import is_sealed, parts_of, sealed_text
from wejourney.services.ports.keys import SealedFile, SealedValues, UnreadableValueError

CONTEXT = "person"
"""The name in KMS's encryption context: a key can only be decrypted for the person that it was made for."""

KEPT = timedelta(minutes=5)
MOST_KEPT = 1000

_NONCE_BYTES = 12


class KmsPersonalData:
    """`key` is the id or ARN of the key in KMS; who only opens values needs none. `now` is the real time."""

    def __init__(self, client: Any, now: Callable[[], datetime], key: str = "") -> None:
        self._client, self._now, self._key = client, now, key
        self._kept: dict[str, tuple[bytes, datetime]] = {}

    def seal(self, person: Follower, values: Mapping[str, str]) -> SealedValues:
        key_id = person.person_id
        data_key, data_keys = self._key_of(person)
        sealed = {}
        for name, value in values.items():
            known = person.attributes.get(name, "")
            sealed[name] = known if self._says(person, known, value) else _sealed(key_id, data_key, value)
        return SealedValues(sealed, data_keys)

    def open(self, person: Follower, sealed: str) -> str:
        if not is_sealed(sealed):
            raise UnreadableValueError
        key_id, text = parts_of(sealed)
        if key_id not in person.data_keys:
            raise UnreadableValueError
        data_key = self._decrypted(key_id, person.data_keys[key_id])
        try:
            return _decrypted(data_key, b64decode(text, validate=True), key_id).decode()
        except (InvalidTag, ValueError):
            raise UnreadableValueError from None

    def seal_file(self, person: Follower, name: str, data: bytes) -> SealedFile:
        """The id of the key and a line feed, then as for a value."""
        key_id = person.person_id
        data_key, data_keys = self._key_of(person)
        return SealedFile(
            key_id.encode() + b"\n" + _encrypted(data_key, data, f"{key_id}\n{name}"), data_keys
        )

    def open_file(self, person: Follower, name: str, sealed: bytes) -> bytes:
        head, _, hidden = sealed.partition(b"\n")
        key_id = head.decode(errors="replace")
        if key_id not in person.data_keys:
            raise UnreadableValueError
        data_key = self._decrypted(key_id, person.data_keys[key_id])
        try:
            return _decrypted(data_key, hidden, f"{key_id}\n{name}")
        except (InvalidTag, ValueError):
            raise UnreadableValueError from None

    def _key_of(self, person: Follower) -> tuple[bytes, Mapping[str, str]]:
        """The key that seals for a person, and their keys with it: it is made for who has none."""
        key_id, data_keys = person.person_id, person.data_keys
        if key_id in data_keys:
            return self._decrypted(key_id, data_keys[key_id]), data_keys
        data_key, encrypted = self._new(key_id)
        return data_key, {**data_keys, key_id: encrypted}

    def _says(self, person: Follower, known: str, value: str) -> bool:
        with suppress(UnreadableValueError):
            return self.open(person, known) == value
        return False

    def _new(self, key_id: str) -> tuple[bytes, str]:
        made = self._client.generate_data_key(
            KeyId=self._key, KeySpec="AES_256", EncryptionContext={CONTEXT: key_id}
        )
        data_key, encrypted = _bytes(made["Plaintext"]), b64encode(_bytes(made["CiphertextBlob"])).decode()
        self._keep(encrypted, data_key)
        return data_key, encrypted

    def _decrypted(self, key_id: str, encrypted: str) -> bytes:
        kept = self._kept.get(encrypted)
        if kept is not None and self._now() - kept[1] < KEPT:
            return kept[0]
        wanted = {"KeyId": self._key} if self._key else {}
        blob, context = b64decode(encrypted), {CONTEXT: key_id}
        data_key = _bytes(
            self._client.decrypt(CiphertextBlob=blob, EncryptionContext=context, **wanted)["Plaintext"]
        )
        self._keep(encrypted, data_key)
        return data_key

    def _keep(self, encrypted: str, data_key: bytes) -> None:
        """Keep a clear key; of too many the oldest is forgotten."""
        self._kept.pop(encrypted, None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[encrypted] = (data_key, self._now())


def _sealed(key_id: str, data_key: bytes, value: str) -> str:
    return sealed_text(key_id, b64encode(_encrypted(data_key, value.encode(), key_id)).decode())


def _encrypted(data_key: bytes, data: bytes, bound_to: str) -> bytes:
    """The nonce, then the data, encrypted and bound to a text that is to be given to decrypt it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(data_key).encrypt(nonce, data, bound_to.encode())


def _decrypted(data_key: bytes, hidden: bytes, bound_to: str) -> bytes:
    """Raises InvalidTag or ValueError."""
    return AESGCM(data_key).decrypt(hidden[:_NONCE_BYTES], hidden[_NONCE_BYTES:], bound_to.encode())


def _bytes(value: bytes | str) -> bytes:
    """Botocore gives bytes, KMS itself and `SignedClient` base64."""
    return value if isinstance(value, bytes) else b64decode(value)
