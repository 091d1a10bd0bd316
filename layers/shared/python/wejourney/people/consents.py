"""Consents: whether a person lets the brand use their data for a purpose, and how that is known.

Each time that they say so is a record of its own, which nothing changes. What they said last of each purpose
is a part of the person, so that a decision needs no further read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import ConsentGiven, ConsentWithdrawn, MiniProgramEvent

MOST_PURPOSES = 50
"""Purposes of one person: of more, only the records tell."""

_IN_MINI_PROGRAM: Mapping[str, bool] = {"consent.given": True, "consent.withdrawn": False}
"""The names of the events of a mini program, and whether they give a consent."""


@dataclass(frozen=True)
class Consent:
    """What a person said of a purpose: `given`, or withdrawn. `at` (UTC) is when they did.

    `version` is that of the text that they read, `channel` where they read it. `first_given_at` and
    `last_withdrawn_at` are of what they have said before.
    """

    given: bool
    at: datetime
    version: str = ""
    channel: str = ""
    first_given_at: datetime | None = None
    last_withdrawn_at: datetime | None = None

    @property
    def since(self) -> datetime:
        """Since when a consent is given: who agrees again agreed before, unless they withdrew meanwhile."""
        first, withdrawn = self.first_given_at or self.at, self.last_withdrawn_at
        return first if withdrawn is None or withdrawn < first else self.at


@dataclass(frozen=True)
class ConsentRecord:
    """That a person gave or withdrew their consent to a purpose, by the event that told of it."""

    purpose: str
    consent: Consent
    event_id: str


def consent_told(event: InboundEvent) -> ConsentRecord | None:
    """What an event says of a consent, None where it says nothing of one that is not on record.

    What a run tells of it has recorded in its step.
    """
    body = event.body
    if isinstance(body, ConsentGiven | ConsentWithdrawn):
        if body.by is not None:
            return None
        consent = Consent(isinstance(body, ConsentGiven), event.at, body.version, body.channel)
        return ConsentRecord(body.purpose, consent, event.id)
    if isinstance(body, MiniProgramEvent) and body.name in _IN_MINI_PROGRAM and body.details.get("purpose"):
        given, version = _IN_MINI_PROGRAM[body.name], body.details.get("version", "")
        consent = Consent(given, event.at, version, MiniProgramEvent.kind)
        return ConsentRecord(body.details["purpose"], consent, event.id)
    return None


def said_in_chat(chat: Subject, *, given: bool, version: str, heard_at: datetime, now: datetime) -> Consent:
    """What somebody says of a purpose in a chat, where they were last heard at `heard_at`.

    They agree by that: what they have withdrawn since stays withdrawn. They withdraw `now`.
    """
    return Consent(given, min(heard_at, now) if given else now, version, f"chat:{chat.app_id}")


def consent_event(
    purpose: str, consent: Consent, by: str, cause: str, chat: Subject, at: datetime
) -> InboundEvent:
    """How a run of the journey `by` tells at this time what its step has recorded."""
    body = ConsentGiven if consent.given else ConsentWithdrawn
    return own_event(body(purpose, consent.version, consent.channel, by), cause, chat, at)


def consents_after(known: Mapping[str, Consent], told: ConsentRecord) -> Mapping[str, Consent]:
    """What a person has said last of each purpose, after they are told to have said this."""
    before = known.get(told.purpose)
    if before is None and len(known) >= MOST_PURPOSES:
        return known
    return {**known, told.purpose: told.consent if before is None else _last(before, told.consent)}


def consents_of_both(one: Mapping[str, Consent], other: Mapping[str, Consent]) -> Mapping[str, Consent]:
    """What a person has said last of each purpose who was known as two."""
    both = {name: _last(consent, other[name]) for name, consent in one.items() if name in other}
    return {**other, **one, **both}


def _last(one: Consent, other: Consent) -> Consent:
    """The later of two, in either order; a withdrawal in the same second counts."""
    both = (one, other)
    last = max(both, key=lambda consent: (consent.at, not consent.given, consent.version, consent.channel))
    given = [consent.at for consent in both if consent.given]
    given += [consent.first_given_at for consent in both if consent.first_given_at is not None]
    withdrawn = [consent.at for consent in both if not consent.given]
    withdrawn += [consent.last_withdrawn_at for consent in both if consent.last_withdrawn_at is not None]
    first, ended = min(given, default=None), max(withdrawn, default=None)
    return replace(
        last,
        first_given_at=first if not last.given or first != last.at else None,
        last_withdrawn_at=ended if last.given else None,
    )
