"""Answers of the API: what is known of people as JSON, masked unless it was asked for in clear."""

from datetime import datetime
from typing import Any

from wejourney.loyalty.membership import tier_until
from wejourney.people.bookings import listed
from wejourney.people.consents import Consent, ConsentRecord
from wejourney.people.counters import Counts, day_of
from wejourney.people.followers import Follower
from wejourney.people.profile_fields import FIELDS
from wejourney.people.rfm import RfmScale, rfm_of
from wejourney.services.people_api.ports import TimelineEntry
from wejourney.wire.http import Answer
from wejourney.wire.json_api import RequestRejectedError, answer

_CONTACT = (
    *("contact_id", "app_id", "openid", "following", "followed_at", "known_since", "source", "scene"),
    "unreachable",
)
_BALANCE = ("available", "unclaimed", "pending", "held", "expiring", "expires_on")
_CONSENT = ("given", "at", "version", "channel")
_DAYS = (7, 30, 365)


def rejection(error: RequestRejectedError) -> Answer:
    return answer(error.status, {"error": {"where": error.where, "what": error.what}})


def person_answer(person: Follower, now: datetime, scale: RfmScale | None) -> dict[str, Any]:
    today = day_of(now)
    rfm = rfm_of(person.counts, scale, today) if scale is not None else None
    return {
        "person_id": person.person_id,
        "known_since": person.known_first,
        "contacts": [{name: getattr(contact, name) for name in _CONTACT} for contact in person.contacts],
        "identities": [{"kind": one.kind, "value": one.value} for one in sorted(person.identities)],
        "profile": {name: getattr(person, name) for name in FIELDS},
        "attributes": person.attributes,
        "dates": person.dates,
        "tags": sorted(person.tags),
        "points": person.points,
        "balances": {
            asset: {name: getattr(balance, name) for name in _BALANCE}
            for asset, balance in person.balances.items()
        },
        "tier_since": person.tier_since,
        "tier_until": tier_until(person),
        "stage": person.stage,
        "segments": sorted(person.segments),
        "bookings": listed(person.bookings),
        "consents": {purpose: _consent(consent) for purpose, consent in person.consents.items()},
        "counters": _counters(person.counts, today),
        "rfm": vars(rfm) if rfm is not None else None,
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {name: getattr(consent, name) for name in _CONSENT}


def _counters(counts: Counts, today: int) -> dict[str, dict[str, int]]:
    return {
        name: {f"days_{days}": amounts.within(days, today) for days in _DAYS}
        for name, amounts in counts.items()
    }


def timeline_answer(entry: TimelineEntry) -> dict[str, Any]:
    event = entry.event
    return {
        "id": event.id,
        "type": event.kind,
        "at": event.at,
        "app_id": event.subject.app_id,
        "history": event.history,
        "fields": event.body.to_dict(),
        "journey": entry.journey,
        "run_id": entry.run_id,
        "not_ranked": entry.unranked,
        "not_earned": [{"rule": rule, "why": why} for rule, why in entry.nothing.items()],
    }


def consent_answer(told: ConsentRecord) -> dict[str, Any]:
    consent: Consent = told.consent
    return {"purpose": told.purpose, **_consent(consent), "event_id": told.event_id}
