"""The data of a run as executions hold it: what a machine needs in the open, all else sealed.

Step Functions keeps it for 90 days and deletes none of it before. The key of a run is in the person's
partition: with it, what is sealed is deleted.
"""

import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wejourney.adapters.dynamo.items import packed, unpacked
from wejourney.errors import MalformedEventError
from wejourney.journeys.runs import Run

OPEN = (
    *("id", "journey", "version", "last_position", "start_position", "step_positions", "draws", "facts"),
    *("until", "reached", "passed", "unopened", "resumed_at", "acted_at"),
)
"""The fields of a run that its machine reads or that tell where it is: no identifier that others know, no
text, and nothing of a profile. docs/security.md names them all."""

SEALED = "sealed"
"""The field with the others, encrypted: AES-GCM, of packed JSON."""

_NONCE_BYTES = 12


class SealKeys(Protocol):
    def seal_key(self, person_id: str, run_id: str) -> str:
        """The key of a run. Raises FollowerGoneError when it was deleted with the follower."""


def sealed(run: Run) -> dict[str, Any]:
    """The data of a run for its execution; one that an earlier release has started goes on as it was."""
    data = run.to_dict()
    if not run.seal_key:
        return data
    shown = {name: value for name, value in data.items() if name in OPEN}
    shown |= {"person_id": run.follower.person_id, "contact_id": run.follower.contact_id}
    hidden = packed({name: value for name, value in data.items() if name not in shown})
    nonce = secrets.token_bytes(_NONCE_BYTES)
    text = nonce + _cipher(run.seal_key).encrypt(nonce, hidden, run.id.encode())
    return {**shown, SEALED: b64encode(text).decode()}


def unsealed(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The data of a run as `Run.from_dict` reads it. Raises MalformedEventError."""
    try:
        text = b64decode(data[SEALED], validate=True)
        nonce, hidden = text[:_NONCE_BYTES], text[_NONCE_BYTES:]
        found = unpacked(_cipher(key).decrypt(nonce, hidden, data["id"].encode()))
    except (InvalidTag, ValueError, zlib.error):
        raise MalformedEventError("the data of a run is not sealed with its key") from None
    return {**found, **{name: value for name, value in data.items() if name != SEALED}}


def _cipher(key: str) -> AESGCM:
    return AESGCM(b64decode(key))


@dataclass(frozen=True)
class SealedRuns:
    """Reads the data of executions, old and new."""

    keys: SealKeys

    def read(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data of a run. Raises FollowerGoneError and MalformedEventError."""
        if SEALED not in data:
            return data
        return unsealed(data, self.keys.seal_key(data["person_id"], data["id"]))
