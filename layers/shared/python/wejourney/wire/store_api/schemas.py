"""What requests and answers of the API for tills look like."""

from collections.abc import Mapping

from wejourney.bounds import LONGEST_NAME
from wejourney.events.currencies import CURRENCIES
from wejourney.events.event_fields import CNY, MOST_FEN
from wejourney.loyalty.visits import VISIT_ID, VisitStatus
from wejourney.wire.json_api import NUMBER, TEXT, TIME, YES_NO, Schema, listed, or_null, record
from wejourney.wire.people_api.schemas import IDENTITY, MOST_IDENTITIES

VISIT: Schema = {"type": "string", "pattern": f"^{VISIT_ID}$", "description": "The id of a visit."}
_FEN: Schema = {"type": "integer", "minimum": 0, "exclusiveMaximum": MOST_FEN}

# --- what is sent --------------------------------------------------------------------------------

ORDER: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_NAME,
    "pattern": "^[!-~]*$",
    "description": "Your number of the order; what WeChat Pay knows as `out_trade_no`, if it was paid so.",
}
SALE = record(
    {
        "order": ORDER,
        "total": {**_FEN, "description": "In fen, or in hundredths of another currency."},
        "currency": {"type": "string", "enum": sorted(CURRENCIES), "default": CNY},
        "at": {**TIME, "description": "When it was paid, at most 29 days ago."},
        "visit": {**VISIT, "description": "The visit of who has paid. Without it: `identities`."},
        "identities": listed(IDENTITY, MOST_IDENTITIES, 1),
    },
    *("currency", "visit", "identities"),
    about="A sale, with either the visit of who has paid or what they are known by.",
)

# --- what is answered ----------------------------------------------------------------------------

OPENED = record(
    {
        "visit": VISIT,
        "expires_at": {**TIME, "description": "Until when the code can be scanned."},
        "code": {**or_null(TEXT), "description": "The text of the QR code, of an official account."},
        "picture": {**or_null(TEXT), "description": "The code as PNG in base64, of a mini program."},
    }
)

CUSTOMER = record(
    {
        "name": {**or_null(TEXT), "description": "The first character of the name, if it is known."},
        "member": YES_NO,
        "tier": or_null(TEXT),
        "points": {**NUMBER, "description": "The balance, which may be below zero."},
    },
    about="Who has scanned the code.",
)
SHOWN = record(
    {
        "visit": VISIT,
        "status": {"type": "string", "enum": list(VisitStatus)},
        "expires_at": TIME,
        "customer": {"oneOf": [CUSTOMER, {"type": "null"}]},
    }
)
SOLD = record(
    {
        "order": ORDER,
        "event_id": TEXT,
        "status": {
            "type": "string",
            "enum": ["queued", "waiting"],
            "description": "A waiting sale takes effect when somebody is known by its identity.",
        },
    }
)

CODES: Mapping[str, str] = {
    "invalid": "the request is not as the document says",
    "unsigned": "the signature is missing or wrong, or the store is unknown",
    "stale": "the time of the signature is not now",
    "replayed": "the nonce was used before",
    "unknown_visit": "there is no such visit at this store",
    "wrong_till": "the visit was opened at another till",
    "not_scanned": "nobody has scanned the code yet",
    "visit_expired": "the code was not scanned in time, or the visit was long ago",
    "unknown_customer": "the customer was erased meanwhile",
    "conflict": "the number was used for something else before",
    "unavailable": "it is our fault: send the request again",
}
"""The words for what can go wrong, with what they mean."""

PROBLEM = record(
    {
        "error": record(
            {
                "code": {"type": "string", "enum": [*CODES]},
                "where": {"type": "string", "description": "The part of the request, such as body.order."},
                "what": {"type": "string", "description": "What is wrong with it, and what it must be."},
            }
        )
    }
)
