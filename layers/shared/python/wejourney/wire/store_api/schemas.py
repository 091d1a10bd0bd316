"""What requests and answers of the API for tills look like."""

from collections.abc import Mapping

from wejourney.bounds import LONGEST_NAME
from wejourney.events.currencies import CURRENCIES
from wejourney.events.event_fields import CNY, MOST_FEN
from wejourney.loyalty.till.holds import HoldStatus
from wejourney.loyalty.till.visits import VISIT_ID, VisitStatus
from wejourney.wire.json_api import NUMBER, TEXT, TIME, YES_NO, Schema, listed, or_null, record
from wejourney.wire.people_api.schemas import IDENTITY, MOST_IDENTITIES

VISIT: Schema = {"type": "string", "pattern": f"^{VISIT_ID}$", "description": "The id of a visit."}
_FEN: Schema = {"type": "integer", "minimum": 0, "exclusiveMaximum": MOST_FEN}

# --- what is sent --------------------------------------------------------------------------------

HOLD_ID: Schema = {
    "type": "string",
    "pattern": f"^{VISIT_ID}-[A-Za-z0-9]{{1,32}}$",
    "description": "The id of a hold.",
}
_POINTS: Schema = {"type": "integer", "minimum": 1, "exclusiveMaximum": MOST_FEN}
_OWN_NUMBER: Schema = {"type": "string", "pattern": "^[A-Za-z0-9]{1,32}$"}
HOLD = record(
    {
        "id": {
            **_OWN_NUMBER,
            "description": "Your own number of the hold in this visit. Asked for again, it is the same hold.",
        },
        "points": {**_POINTS, "description": "Points to pay with, in whole steps of the programme."},
        "offer": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9_-]{0,29}$",
            "description": "In their place: an offer by its name, with the points that it costs.",
        },
    },
    *("points", "offer"),
    about="Either points or an offer.",
)
LONGEST_ORDER = LONGEST_NAME // 2
"""So that there is room for the store before it."""

ORDER: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_ORDER,
    "pattern": "^[!-~]*$",
    "description": "Your number of the order; what WeChat Pay knows as `out_trade_no`, if it was paid so.",
}
CAPTURE = record(
    {
        "points": {
            **_POINTS,
            "description": "At most what is held, in whole steps; the rest is given back. Default: all.",
        },
        "order": ORDER,
        "total": {**_FEN, "description": "What the goods cost before anything was taken off, in fen."},
    },
    "points",
)
REFUND = record(
    {
        "id": {
            **_OWN_NUMBER,
            "description": "Your own number of this refund. Asked for again, it is the same refund.",
        },
        "order": {**ORDER, "description": "The order for which the points were taken."},
        "points": {**_POINTS, "description": "How many; without it, all that were not refunded before."},
    },
    "points",
)
_CODE: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 48,
    "description": "The code as it was typed or scanned; case, blanks and hyphens do not matter.",
}
COUPON_CODE = record({"code": _CODE})
COUPON_USE = record(
    {
        "code": _CODE,
        "order": ORDER,
        "total": {**_FEN, "description": "What the goods cost before the coupon, in fen."},
    }
)
SALE = record(
    {
        "order": ORDER,
        "total": {**_FEN, "description": "In fen, or in hundredths of another currency."},
        "currency": {"type": "string", "enum": sorted(CURRENCIES), "default": CNY},
        "at": {**TIME, "description": "When it was paid, at most 29 days ago."},
        "wechat_pay": record(
            {
                "merchant": {"type": "string", "pattern": "^[0-9]{8,10}$", "description": "`mchid`."},
                "transaction": {
                    "type": "string",
                    "pattern": "^[0-9A-Za-z]{1,32}$",
                    "description": "`transaction_id`.",
                },
            },
            about="If it was paid with WeChat Pay: what that has answered the till.",
        ),
        "visit": {**VISIT, "description": "The visit of who has paid. Without it: `identities`."},
        "identities": listed(IDENTITY, MOST_IDENTITIES, 1),
    },
    *("currency", "wechat_pay", "visit", "identities"),
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

_TAKES: Schema = {**or_null(TEXT), "description": "What it takes off the sale, such as `10%` or `20 yuan`."}

WHY_NOT: Mapping[str, str] = {
    "condition_not_met": "the customer does not meet a part of the offer's condition",
    "too_few_points": "the customer has fewer points",
    "too_few_unclaimed": "fewer points wait for the customer",
    "member_before": "it is for who joins today, and the customer was a member before",
    "had_before": "it is given once, and the customer has had it or has it set aside",
    "none_left": "there is none of it any more",
}
"""The words for why an offer does not apply, with what they mean."""

_WHY_NOT = record(
    {
        "code": {"type": "string", "enum": [*WHY_NOT]},
        "about": {**or_null(TEXT), "description": "Which part of the condition, such as `tier`."},
        "wanted": {**or_null(TEXT), "description": "What it has to be, or at least so many."},
        "there": {**or_null(NUMBER), "description": "How many there are."},
    },
    about="A reason why an offer does not apply.",
)

CUSTOMER = record(
    {
        "name": {**or_null(TEXT), "description": "The first character of the name, if it is known."},
        "member": YES_NO,
        "tier": or_null(TEXT),
        "points": {**NUMBER, "description": "The balance, which may be below zero."},
        "unclaimed": {**NUMBER, "description": "What becomes theirs when they join."},
        "expiring": {**NUMBER, "description": "How many points expire first."},
        "expires_on": {**or_null(TEXT), "description": "The last day of those."},
        "money_off": {
            "oneOf": [
                record(
                    {
                        "points": {**NUMBER, "description": "How many they can pay with, in whole steps."},
                        "fen": {**NUMBER, "description": "What these take off the sale."},
                    }
                ),
                {"type": "null"},
            ]
        },
        "offers": listed(
            record(
                {
                    "offer": {**TEXT, "description": "Its name in the programme."},
                    "costs": {**NUMBER, "description": "How many points it costs."},
                    "takes": _TAKES,
                    "gift": {**or_null(TEXT), "description": "What the till gives."},
                    "why_not": listed(_WHY_NOT),
                },
                about="An offer of the programme; it applies if there is no reason why not.",
            )
        ),
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
HELD = record(
    {
        "hold": HOLD_ID,
        "status": {"type": "string", "enum": list(HoldStatus)},
        "points": {**NUMBER, "description": "How many were held."},
        "offer": {**or_null(TEXT), "description": "Its name, if an offer was held."},
        "takes": _TAKES,
        "gift": {**or_null(TEXT), "description": "What the till gives."},
        "captured": {**NUMBER, "description": "How many of the points were taken."},
        "taken": {**NUMBER, "description": "What it has taken off the sale, in fen."},
        "expires_at": {**TIME, "description": "Until when they can be taken."},
    }
)
REFUNDED = record(
    {
        "hold": HOLD_ID,
        "id": TEXT,
        "order": ORDER,
        "points": {**NUMBER, "description": "How many this refund gives back."},
    }
)
COUPON = record(
    {
        "coupon": {**TEXT, "description": "Its name in the programme."},
        "takes": {**TEXT, "description": "What it takes off a sale, such as `10%` or `20 yuan`."},
        "least": {**NUMBER, "description": "Of a sale of at least so many fen."},
        "since": TIME,
        "until": {**TIME, "description": "Before when it can be used."},
        "why_not": {
            **or_null(TEXT),
            "description": "Why no sale can use it now: the code of an error, such as `coupon_used`.",
        },
    }
)
COUPON_USED = record(
    {
        "coupon": TEXT,
        "order": ORDER,
        "taken": {**NUMBER, "description": "What it takes off this sale, in fen."},
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
    **WHY_NOT,
    "wrong_points": "points are taken in whole steps of the programme, an offer whole",
    "unknown_offer": "the programme has no such offer",
    "not_joined": "the offer is for who joins today, and the customer has not joined yet",
    "unknown_hold": "there is no such hold at this store",
    "above_hold": "more is to be taken than is held",
    "hold_captured": "the points were taken already, for another sale or amount",
    "hold_released": "the points were given back already",
    "hold_expired": "the time of the hold is over",
    "not_captured": "nothing was taken of the hold, or for another order",
    "above_capture": "more is to be refunded than was taken and not refunded before",
    "mistyped_coupon": "no code has this form",
    "unknown_coupon": "no coupon has this code",
    "coupon_not_yet": "the coupon cannot be used yet",
    "coupon_expired": "the coupon cannot be used any more",
    "coupon_used": "the coupon was used in another sale",
    "coupon_held": "its holder has given it away, and nobody has claimed it yet",
    "coupon_given": "a friend of its holder has claimed it, and has another code",
    "sale_too_small": "the sale is too small for the coupon",
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
