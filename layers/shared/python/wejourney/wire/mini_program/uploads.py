"""What a mini program asks about an upload."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from wejourney.errors import CallbackRefusedError
from wejourney.messaging.uploads import CONTENT_TYPES
from wejourney.wire.mini_program.requests import read_client_id


class Opening(NamedTuple):
    """The picture that is to be uploaded: `id` is the mini program's own of it."""

    id: str
    content_type: str


def read_opening(asked: Mapping[str, Any]) -> Opening:
    """Raises CallbackRefusedError, which quotes nothing."""
    content_type = asked.get("type")
    if content_type not in CONTENT_TYPES:
        raise CallbackRefusedError(400, f"`type` is none of {', '.join(CONTENT_TYPES)}")
    return Opening(read_client_id(asked), str(content_type))
