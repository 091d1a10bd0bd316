"""EventBridge: what other systems have to do for a run, such as telling the staff or giving a coupon."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.adapters.failures import aws_errors, cause_of
from wejourney.errors import WejourneyError

SOURCE = "wejourney"


class NotPublishedError(WejourneyError):
    """EventBridge did not take an event; the state tries again."""


@dataclass(frozen=True)
class EventBus:
    """The account's default bus, where rules of other stacks find our events by their source."""

    client: Any

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        """Publish an event. Raises NotPublishedError, also when EventBridge answers that it refused it.

        It takes 1 MB, in the China Regions 256 KB, and refuses what is larger.
        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
        """
        entry = {"Source": SOURCE, "DetailType": event_name, "Detail": json.dumps(detail, ensure_ascii=False)}
        try:
            answer = self.client.put_events(Entries=[entry])
        except aws_errors() as exc:
            raise NotPublishedError(cause_of("PutEvents", exc)) from exc
        if answer["FailedEntryCount"]:
            raise NotPublishedError(f"PutEvents: {answer['Entries'][0]['ErrorCode']}")
