"""EventBridge: what other systems have to do for a run, such as telling the staff, and what has happened."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.adapters.failures import aws_errors, cause_of
from wejourney.errors import WejourneyError

SOURCE = "wejourney"


class NotPublishedError(WejourneyError):
    """EventBridge did not take an event; the state tries again."""


MOST_ENTRIES = 10
"""Of a call."""

LARGEST_CALL = 200_000
"""Bytes of the details of a call. It takes 1 MB, in the China Regions 256 KB.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""


@dataclass(frozen=True)
class EventBus:
    """A bus, where rules find our events by their source: `name`, or the account's default one."""

    client: Any
    name: str = ""

    def publish(self, event_name: str, detail: Mapping[str, Any]) -> None:
        """Publish an event. Raises NotPublishedError, also when EventBridge answers that it refused it."""
        self._put([self._entry(event_name, detail)])

    def publish_all(self, events: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Publish events in their order. Raises NotPublishedError when one is refused: some may be out."""
        for entries in _calls(self._entry(event_name, detail) for event_name, detail in events):
            self._put(entries)

    def _entry(self, event_name: str, detail: Mapping[str, Any]) -> dict[str, str]:
        entry = {"Source": SOURCE, "DetailType": event_name, "Detail": json.dumps(detail, ensure_ascii=False)}
        return {**entry, "EventBusName": self.name} if self.name else entry

    def _put(self, entries: list[dict[str, str]]) -> None:
        try:
            answer = self.client.put_events(Entries=entries)
        except aws_errors() as exc:
            raise NotPublishedError(cause_of("PutEvents", exc)) from exc
        if answer["FailedEntryCount"]:
            refused = next(entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry)
            raise NotPublishedError(f"PutEvents: {refused}")


def _calls(entries: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """As many entries together as a call takes; one that is larger by itself has one of its own."""
    some, size = list[dict[str, str]](), 0
    for entry in entries:
        bytes_ = len(entry["Detail"].encode())
        if some and (len(some) == MOST_ENTRIES or size + bytes_ > LARGEST_CALL):
            yield some
            some, size = [], 0
        some.append(entry)
        size += bytes_
    if some:
        yield some
