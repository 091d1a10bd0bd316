"""The queue of files that are to be fetched from WeChat. Its messages have our own ids and a time only."""

import json
from dataclasses import dataclass
from typing import Any

from wejourney.errors import MalformedEventError
from wejourney.events.positions import Position
from wejourney.services.media.ports import WantedMedia


@dataclass(frozen=True)
class SqsMediaQueue:
    client: Any
    queue_url: str

    def put(self, wanted: WantedMedia) -> None:
        told = {"person": wanted.person_id, "contact": wanted.contact_id, "event": str(wanted.event)}
        self.client.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(told))


def wanted_in(body: str) -> WantedMedia:
    """The file that a message asks for. Raises MalformedEventError."""
    try:
        told = json.loads(body)
        names = [told[name] for name in ("person", "contact", "event")]
        person, contact, event = (name for name in names if isinstance(name, str))
        return WantedMedia(person, contact, Position.parse(event))
    except (ValueError, TypeError, KeyError) as error:
        raise MalformedEventError(f"not a message of the media queue: {type(error).__name__}") from None
