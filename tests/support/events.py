"""What events say, for tests that know a kind by its name."""

from typing import Any

from wejourney.events.event_types import EVENT_TYPES, EventBody, OtherEvent

RIGHT: dict[str, dict[str, Any]] = {
    "tag": {"tag": "vip", "by": "welcome"},
    "segment": {"segment": "gold"},
    "check_in": {"name": "opening"},
    "till.visit": {"visit": "a" * 24, "store": "S-1", "till": "2", "outcome": "scanned"},
    "consent_given": {"purpose": "newsletter", "version": "2026-11", "channel": "store"},
    "consent_withdrawn": {"purpose": "newsletter"},
    "tier.changed": {"tier": "gold", "before": "silver", "direction": "up"},
    "member.joined": {"version": "2026-11", "channel": "store"},
    "gift.claimed": {"units": 30, "asset": "points"},
    "gift.returned": {"units": 30, "asset": "points"},
    "upload.approved": {"upload": "b" * 32},
    "upload.rejected": {"upload": "b" * 32},
    "date": {"date": "birthday"},
    "identified": {"identity_kind": "union_id", "identity": "brand#oU-1_x"},
    "merged": {"person": "0" * 32, "identity_kind": "phone"},
    "schedule": {},
    "journey": {"journey": "welcome", "by": "other"},
    "end": {"journey": "welcome"},
    "mini_program": {"name": "cart", "order": "17", "details": {"item": "ring"}},
    "payment": {"total": 9900, "order": "17"},
    "refund": {"total": 9900},
    "order.paid": {"total": 9900, "order": "17", "marketplace": "tmall"},
    "order.returned": {"total": 9900, "order": "17", "line": "17-2"},
    "call.logged": {"topic": "repair", "outcome": "solved", "staff": "S-7"},
    "booking.made": {"booking": "B-7", "starts_at": "2026-12-01T18:00", "name": "fitting"},
    "booking.changed": {"booking": "B-7", "starts_at": "2026-12-02T18:00+08:00"},
    "booking.cancelled": {"booking": "B-7", "store": "S-1"},
    "points": {"points": 50, "before": -3},
    "profile": {
        "changes": {"member": True, "customer": "false", "date.day": "2026-12-01", "city": "", "x": "y"}
    },
}
"""The fields of a right event of each of our own kinds."""

_LEAST: dict[str, dict[str, Any]] = {
    **{
        kind: {name: right[name] for name, spec in EVENT_TYPES[kind].fields.items() if spec.is_required}
        for kind, right in RIGHT.items()
    },
    "payment": {"total": 1},
    "refund": {"total": 1},
    "text": {"text": "hi"},
}


def body(kind: str, **fields: Any) -> EventBody:
    """What an event of this kind says: `body("tag", tag="vip")`; what it needs besides is filled in."""
    known = EVENT_TYPES[kind].body
    return OtherEvent(kind, fields) if known is OtherEvent else known(**_LEAST.get(kind, {}) | fields)
