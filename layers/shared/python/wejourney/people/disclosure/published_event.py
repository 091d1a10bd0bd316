"""What the brand's other systems hear of an event: what the brand knows it by, and nothing that is personal.

A text that a person wrote, and any other that nobody has named here, is masked; a private value is hidden.
Who may see them asks the API for them.
"""

from collections.abc import Mapping
from typing import Any

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import MiniProgramEvent, OtherEvent
from wejourney.events.mini_program_events import FORMS, GAME_RANKED, GROUP_COMPLETED, GROUP_FAILED
from wejourney.people.disclosure.masking import all_masked, opened
from wejourney.people.profile_fields import HIDDEN

CLEAR = frozenset(
    {"asset", "before", "booking", "by", "by_payer", "cause", "channel", "code_facts", "coupon"}
    | {"currency", "date", "direction", "identity_kind", "journey", "key", "line", "marketplace"}
    | {"menu_item", "merchant", "name", "order", "outcome", "person", "points", "purpose", "scene"}
    | {"seconds", "segment", "staff", "starts_at", "store", "tag", "tier", "till", "topic", "total"}
    | {"trace", "transaction", "units", "upload", "verdict", "version", "visit"}
)
"""The fields of events with names, numbers and amounts of the brand's own, which are told as they are."""


OF_THE_BRAND = frozenset({*FORMS, GAME_RANKED, GROUP_COMPLETED, GROUP_FAILED} - {"address.chosen"})
"""Events of mini programs whose properties are products, codes and numbers; others may be anything."""


def published_event(event: InboundEvent, person_id: str) -> Mapping[str, Any]:
    """The event by its `id`, the same whenever it is told again; `person_id` is empty for nobody's."""
    body, clear = event.body, CLEAR
    if isinstance(body, OtherEvent):
        clear = frozenset[str]()  # They are as their sender named them.
    elif isinstance(body, MiniProgramEvent) and body.name in OF_THE_BRAND:
        clear |= {"details"}
    fields = {
        name: value if name in clear else all_masked(value, is_free=True)
        for name, value in body.to_dict().items()
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
