"""KMS as far as data keys need it: what it encrypts it decrypts for the same context only."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.builders import NOON
from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.failures import AwsCallError

KEY = "key-of-the-brand"


@dataclass
class FakeKms:
    """`calls` are the operations, in order; while `is_down` none is answered."""

    calls: list[str] = field(default_factory=list)
    is_down: bool = False
    _wrapped: dict[bytes, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)

    # The names of its parameters are AWS's.
    def generate_data_key(
        self,
        KeyId: str,  # noqa: N803 - as above
        KeySpec: str,  # noqa: N803 - as above
        EncryptionContext: Mapping[str, str],  # noqa: N803 - as above
    ) -> dict[str, Any]:
        self._call("GenerateDataKey")
        assert (KeyId, KeySpec) == (KEY, "AES_256")
        plain, blob = secrets.token_bytes(32), secrets.token_bytes(80)
        self._wrapped[blob] = (plain, dict(EncryptionContext))
        return {"Plaintext": plain, "CiphertextBlob": blob}

    def decrypt(
        self,
        CiphertextBlob: bytes,  # noqa: N803 - as above
        EncryptionContext: Mapping[str, str],  # noqa: N803 - as above
        KeyId: str = KEY,  # noqa: N803 - as above
    ) -> dict[str, Any]:
        self._call("Decrypt")
        assert KeyId == KEY
        plain, context = self._wrapped.get(CiphertextBlob, (b"", {}))
        if not plain or context != EncryptionContext:
            raise AwsCallError("Decrypt", "InvalidCiphertextException")
        return {"Plaintext": plain}

    def _call(self, operation: str) -> None:
        if self.is_down:
            raise AwsCallError(operation, "ConnectionError")
        self.calls.append(operation)


def personal_data(kms: FakeKms | None = None, now: Callable[[], datetime] = lambda: NOON) -> KmsPersonalData:
    """Private values under a KMS of their own, or this one."""
    return KmsPersonalData(kms or FakeKms(), now, KEY)
