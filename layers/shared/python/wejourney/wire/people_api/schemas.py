"""What requests and answers of the API look like: JSON Schema, from the registries of the domain."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args, get_type_hints

from wejourney.accounts import OPEN_PLATFORM_FORM
from wejourney.bounds import LONGEST_NAME
from wejourney.events.currencies import CURRENCIES
from wejourney.events.event_fields import (
    CNY,
    LONGEST_DATE_TIME,
    MOST_CHANGES,
    MOST_FEN,
    Changes,
    Currency,
    DateTime,
    Fen,
    Key,
    Name,
    Points,
)
from wejourney.events.event_types import (
    EVENT_TYPES,
    ConsentGiven,
    ConsentWithdrawn,
    EventType,
    GiftClaimed,
    GiftReturned,
    MiniProgramEvent,
    ProfileChanged,
    TillVisited,
    UploadApproved,
    UploadRejected,
)
from wejourney.loyalty.balance import POINTS
from wejourney.loyalty.benefits.gifts import GiftStatus
from wejourney.loyalty.benefits.referrals import WhyNoReward
from wejourney.loyalty.earning import WhyNothing
from wejourney.loyalty.games import WhyUnranked
from wejourney.people.bookings import BookingStatus
from wejourney.people.identities import LONGEST_IDENTITY, IdentityKind
from wejourney.people.lifecycle import Stage
from wejourney.people.profile_fields import FIELDS, LONGEST_VALUE, YES_OR_NO_FIELDS
from wejourney.wire.json_api import (
    NUMBER,
    PERSON_ID,
    TEXT,
    TIME,
    YES_NO,
    Schema,
    by_name,
    listed,
    or_null,
    record,
)

MOST_EVENTS = 50
MOST_ENTRIES = 100
MOST_IDENTITIES = 5
MOST_OF_A_CARD = 10**9
LONGEST_CURSOR = 1_355
"""Characters; what they stand for fits into a sort key, which has 1,024 bytes."""


NAME: Schema = {"type": "string", "pattern": "\\S", "maxLength": LONGEST_NAME}
KEY: Schema = {**NAME, "pattern": "^$|\\S"}
CURSOR: Schema = {
    "type": "string",
    "pattern": f"^[A-Za-z0-9_-]{{1,{LONGEST_CURSOR}}}$",
    "description": "The `next` of the page before.",
}
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES, "default": MOST_ENTRIES}


# --- what is sent --------------------------------------------------------------------------------

IDENTITY = record(
    {
        "kind": {"type": "string", "enum": list(IdentityKind)},
        "value": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_IDENTITY,
            "description": "A phone number as it is dialled; any other identity as its system writes it.",
        },
        "within": {
            "type": "string",
            "pattern": f"^{OPEN_PLATFORM_FORM}$",
            "description": "App id of an `openid`; name of the Open Platform account of a `union_id`.",
        },
        "region": {
            "type": "string",
            "pattern": "^[A-Z]{2}$",
            "default": "CN",
            "description": "The country (ISO 3166) of a `phone` without a country code.",
        },
    },
    *("within", "region"),
    about="By what another system knows a person.",
)

_PERSON: Schema = {
    "type": "object",
    "description": "Whom an event is about: our id, or identities that all belong to this one person.",
    "properties": {"id": PERSON_ID, "identities": listed(IDENTITY, MOST_IDENTITIES, 1)},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}

_FIELDS: Mapping[Any, Schema] = {
    Name: NAME,
    Key: KEY,
    DateTime: {
        "type": "string",
        "pattern": "^[0-9]{4}(-[0-9]{2}-[0-9]{2}|[0-9]{4})T",
        "maxLength": LONGEST_DATE_TIME,
        "description": "A day with a time, such as 2026-12-01T18:00+08:00; without a zone: the person's.",
    },
    Points: {"type": "integer", "exclusiveMinimum": -MOST_FEN, "exclusiveMaximum": MOST_FEN},
    Fen: {
        "type": "integer",
        "minimum": 0,
        "exclusiveMaximum": MOST_FEN,
        "description": "In fen, or in hundredths of another currency.",
    },
    Currency: {
        "type": "string",
        "enum": sorted(CURRENCIES),
        "default": CNY,
        "description": "Amounts in another currency than CNY are kept, and not added up.",
    },
    Changes: {
        "type": "object",
        "description": "Values of the profile by name; an empty text forgets one. Dates are named date.…",
        "propertyNames": NAME,
        "additionalProperties": {"type": ["string", "boolean"], "maxLength": LONGEST_VALUE},
        "minProperties": 1,
        "maxProperties": MOST_CHANGES,
    },
}

_NOT_TOLD = frozenset({"by", "cause", "code_facts"})
"""Fields that say which journey, event or code of ours has caused an event."""


def _event(kind: EventType) -> dict[str, Any]:
    hints = get_type_hints(kind.body)
    names = [name for name in kind.fields if name not in _NOT_TOLD]
    optional = [name for name in names if not kind.fields[name].is_required]
    fields = record({name: _field(hints[name]) for name in names}, *optional)
    return record(
        {
            "id": {
                "type": "string",
                "pattern": "^[!-~]{1,128}$",
                "description": "Your own id of the event. Told again with the same `at`, it changes nothing.",
            },
            "type": {"const": kind.name},
            "at": {**TIME, "description": "When it happened, at most 29 days ago."},
            "person": _PERSON,
            "fields": fields,
        },
        *(() if fields["required"] else ("fields",)),
    )


def _field(annotation: Any) -> Schema:
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return or_null(_FIELDS[kinds[0]]) if kinds else _FIELDS[annotation]


_CONSENTS = (ConsentGiven.kind, ConsentWithdrawn.kind)
_TOLD_BY_US = {
    *(MiniProgramEvent.kind, TillVisited.kind, GiftClaimed.kind, GiftReturned.kind),
    *(UploadApproved.kind, UploadRejected.kind),
}
_TOLD_BY_OTHERS = [
    *(one for one in EVENT_TYPES.values() if one.can_be_emitted and one.name not in _TOLD_BY_US),
    EVENT_TYPES[ProfileChanged.kind],
]
EVENTS: Mapping[str, Schema] = {
    one.name: _event(one) for one in _TOLD_BY_OTHERS if one.opens is None and one.name not in _CONSENTS
}
"""The events that another system may tell, by type.

Payments are WeChat Pay's alone, because they open an allowance; mini programs and tills have their own ways;
the books tell of gifts, and the check of uploads.
"""

CONSENTS: Mapping[str, Schema] = {name: _event(EVENT_TYPES[name]) for name in _CONSENTS}


def batch(events: Schema) -> dict[str, Any]:
    """The schema of a batch, whose events are as this schema says."""
    return record(
        {
            "source": {
                "type": "string",
                "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$",
                "description": "The name of your system: ids of events are its own.",
            },
            "events": listed(events, MOST_EVENTS, 1),
        }
    )


# --- what is answered ----------------------------------------------------------------------------

FOUND = record({"person_id": {**or_null(PERSON_ID), "description": "Null: nobody who is known."}})

_PROFILE = record({name: YES_NO if name in YES_OR_NO_FIELDS else or_null(TEXT) for name in FIELDS})

_CONSENT = {"given": YES_NO, "at": TIME, "version": TEXT, "channel": TEXT}

PERSON = record(
    {
        "person_id": PERSON_ID,
        "known_since": or_null(TIME),
        "contacts": listed(
            record(
                {
                    "contact_id": TEXT,
                    "app_id": TEXT,
                    "openid": TEXT,
                    "following": YES_NO,
                    "followed_at": or_null(TIME),
                    "known_since": or_null(TIME),
                    "source": or_null(TEXT),
                    "scene": or_null(TEXT),
                    "unreachable": or_null(NUMBER),
                }
            )
        ),
        "identities": listed(record({"kind": {"type": "string", "enum": list(IdentityKind)}, "value": TEXT})),
        "profile": _PROFILE,
        "attributes": by_name(TEXT),
        "dates": by_name(TEXT),
        "tags": listed(TEXT),
        "points": NUMBER,
        "balances": by_name(
            record(
                {
                    "available": NUMBER,
                    "unclaimed": NUMBER,
                    "pending": NUMBER,
                    "held": NUMBER,
                    "expiring": NUMBER,
                    "expires_on": TEXT,
                },
                about="What a person has of an asset: `expiring` expires first, after `expires_on`.",
            )
        ),
        "tier_since": {**or_null(TEXT), "description": "The day since which they have the tier."},
        "tier_until": {**or_null(TEXT), "description": "The last day of it, if nothing more is earned."},
        "stage": {"type": "string", "enum": list(Stage)},
        "segments": listed(TEXT),
        "bookings": listed(
            record(
                {
                    "booking": TEXT,
                    "at": TIME,
                    "status": {"type": "string", "enum": list(BookingStatus)},
                    "starts_at": TEXT,
                }
            )
        ),
        "consents": by_name(record(_CONSENT)),
        "counters": by_name(record({"days_7": NUMBER, "days_30": NUMBER, "days_365": NUMBER})),
        "rfm": or_null(
            record(
                {"recency": NUMBER, "frequency": NUMBER, "monetary": NUMBER, "scores": listed(NUMBER, 3, 3)}
            )
        ),
    }
)


def page(entries: str, of: Schema) -> dict[str, Any]:
    """The schema of a page of a list."""
    return record({entries: listed(of, MOST_ENTRIES), "next": or_null(CURSOR)})


TIMELINE = page(
    "events",
    record(
        {
            "id": TEXT,
            "type": TEXT,
            "at": TIME,
            "app_id": TEXT,
            "history": YES_NO,
            "fields": {"type": "object"},
            "journey": or_null(TEXT),
            "run_id": or_null(TEXT),
            "not_ranked": {
                "enum": [*WhyUnranked, None],
                "description": "Why its round does not count on the leader board of the game.",
            },
            "not_earned": {
                "type": "array",
                "items": record({"rule": TEXT, "why": {"enum": [*WhyNothing, *WhyNoReward]}}),
                "description": "Rules of the programme that gave nothing for the event, and why.",
            },
        }
    ),
)
CONSENT_RECORDS = page("consents", record({"purpose": TEXT, **_CONSENT, "event_id": TEXT}))
SEGMENTS = record({"segments": listed(record({"name": TEXT, "people": NUMBER}))})
MEMBERS = page("people", PERSON_ID)

GIFT_CARD = record(
    {
        "id": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_-]{16,64}$",
            "description": "Your own random id of the card, such as a UUID. Told again, it is the same card.",
        },
        "asset": {**NAME, "default": POINTS},
        "amount": {"type": "integer", "minimum": 1, "maximum": MOST_OF_A_CARD},
    },
    "asset",
    about="A gift card that is to be issued.",
)
ISSUED_CARD = record(
    {
        "code": {**TEXT, "description": "For whoever claims it. No later answer to another request has it."},
        "asset": TEXT,
        "amount": NUMBER,
        "status": {"type": "string", "enum": list(GiftStatus)},
        "until": {**TIME, "description": "Until when it can be claimed."},
    }
)

_PROBLEM = {
    "where": {"type": "string", "description": "The part of the request, such as body.events[0].at."},
    "what": {"type": "string", "description": "What is wrong with it, and what it must be."},
}
_REJECTED = listed(record({"index": NUMBER, **_PROBLEM}), MOST_EVENTS)
TAKEN = record(
    {
        "accepted": listed(
            record(
                {
                    "index": NUMBER,
                    "event_id": TEXT,
                    "status": {
                        "type": "string",
                        "enum": ["queued", "waiting"],
                        "description": "A waiting event takes effect when somebody is known by its identity.",
                    },
                }
            ),
            MOST_EVENTS,
        ),
        "rejected": _REJECTED,
        "now": {**TIME, "description": "The time of the deployment."},
    }
)
PROBLEM = record({"error": record(_PROBLEM), "rejected": _REJECTED}, "rejected")
