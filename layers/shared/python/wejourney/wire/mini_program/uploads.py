"""What a mini program asks about an upload."""

from collections.abc import Mapping
from typing import Any

from wejourney.errors import CallbackRefusedError
from wejourney.messaging.uploads import CONTENT_TYPES


def read_content_type(asked: Mapping[str, Any]) -> str:
    """The `type` of the picture that is to be uploaded. Raises CallbackRefusedError, which quotes nothing."""
    content_type = asked.get("type")
    if content_type not in CONTENT_TYPES:
        raise CallbackRefusedError(400, f"`type` is none of {', '.join(CONTENT_TYPES)}")
    return str(content_type)
