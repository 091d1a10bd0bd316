"""What the brand's other systems hear of an event: what the brand knows it by, and nothing that is personal.

A text that a person wrote, and any other that nobody has named here, is masked; a private value is hidden.
Who may see them asks the API for them.
"""

from collections.abc import Mapping
from typing import Any

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import OtherEvent
from wejourney.people.disclosure.masking import all_masked, opened
from wejourney.people.profile_fields import HIDDEN

CLEAR = frozenset(
    {
        "asset",
        "before",
        "booking",
        "by",
        "by_payer",
        "cause",
        "changes",
        "channel",
        "code_facts",
        "currency",
        "date",
    }
    | {"details", "direction", "identity_kind", "journey", "key", "line", "marketplace", "menu_item"}
    | {"merchant", "name", "order", "outcome", "person", "points", "purpose", "scene", "seconds", "segment"}
    | {
        "asset",
        "staff",
        "starts_at",
        "store",
        "tag",
        "tier",
        "till",
        "topic",
        "total",
        "transaction",
        "units",
        "version",
        "visit",
    }
)
"""The fields of events with names, numbers and amounts of the brand's own, which are told as they are."""


def published_event(event: InboundEvent, person_id: str) -> Mapping[str, Any]:
    """The event by its `id`, the same whenever it is told again; `person_id` is empty for nobody's."""
    # The fields of a type that nothing uses are as their sender named them.
    clear = frozenset[str]() if isinstance(event.body, OtherEvent) else CLEAR
    fields = {
        name: value if name in clear else all_masked(value, is_free=True)
        for name, value in event.body.to_dict().items()
    }
    shown: Mapping[str, Any] = opened(
        {
            "id": event.id,
            "type": event.kind,
            "at": event.at.isoformat(),
            "person_id": person_id,
            "app_id": event.subject.app_id,
            "history": event.history,
            "fields": fields,
        },
        lambda _: HIDDEN,
    )
    return shown
