"""The yardstick: a handler that does nothing but the callback's queue write, with the same settings."""

import os
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import get_session


@cache
def queue() -> Any:
    """The client, with the time limits and attempts of `wejourney.bootstrap.callback`."""
    retries: Any = {"mode": "standard", "total_max_attempts": 2}
    return get_session().create_client(
        "sqs", config=Config(connect_timeout=1, read_timeout=2, retries=retries)
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Queue the message that the event is."""
    queue().send_message(QueueUrl=os.environ["INBOX_QUEUE_URL"], **event)
    return {"statusCode": 200}
