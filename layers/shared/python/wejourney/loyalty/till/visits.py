"""A visit at a till: a QR code that one person scans within two minutes, and who is served after that."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from wejourney.errors import WejourneyError

CODE_LASTS = timedelta(minutes=2)
"""How long a code can be scanned."""

VISIT_LASTS = timedelta(minutes=30)
"""How long the person who has scanned it can be served."""

VISIT_ID = "[a-z2-7]{24}"
"""120 random bits in base32: it is the nonce of the code, and nobody can guess another's."""

_SCENE = re.compile(f"visit-({VISIT_ID})")


def scene_of(visit_id: str) -> str:
    """The scene of the QR code; 30 characters, of which a mini program's code takes 32."""
    return f"visit-{visit_id}"


def visit_id_of(scene: str) -> str | None:
    """The visit whose code has this scene."""
    found = _SCENE.fullmatch(scene)
    return found[1] if found else None


class VisitStatus(StrEnum):
    """`waiting` for a scan; `scanned`: somebody is served; `expired`: nobody is, any more."""

    WAITING = "waiting"
    SCANNED = "scanned"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Visit:
    """`app_id` is the account whose code the till shows; `scan_id` the event by which a person took it."""

    id: str
    store: str
    till: str
    app_id: str
    opened_at: datetime
    person_id: str = ""
    scan_id: str = ""
    scanned_at: datetime | None = None

    @property
    def code_expires_at(self) -> datetime:
        return self.opened_at + CODE_LASTS

    @property
    def expires_at(self) -> datetime:
        return self.code_expires_at if self.scanned_at is None else self.scanned_at + VISIT_LASTS

    def status(self, now: datetime) -> VisitStatus:
        if now >= self.expires_at:
            return VisitStatus.EXPIRED
        return VisitStatus.WAITING if self.scanned_at is None else VisitStatus.SCANNED


# --- the scan ------------------------------------------------------------------------------------


class ScanOutcome(StrEnum):
    """What became of a scan: `late` and `taken` are refused."""

    SCANNED = "scanned"
    LATE = "late"
    TAKEN = "taken"


@dataclass(frozen=True)
class Scan:
    """A person has scanned a code; `id` is that of the event, the same for each delivery."""

    id: str
    person_id: str
    at: datetime


def scanned(visit: Visit | None, scan: Scan) -> tuple[Visit | None, ScanOutcome]:
    """The visit after a scan, which is the same visit unless the scan takes it, and what became of the scan.

    None is a visit whose row has expired. The same scan again, or another one of the same person, changes
    nothing.
    """
    if visit is None:
        return None, ScanOutcome.LATE
    if visit.scanned_at is not None:
        is_theirs = scan.id == visit.scan_id or scan.person_id == visit.person_id
        return visit, ScanOutcome.SCANNED if is_theirs else ScanOutcome.TAKEN
    if scan.at >= visit.code_expires_at:
        return visit, ScanOutcome.LATE
    taken = replace(visit, person_id=scan.person_id, scan_id=scan.id, scanned_at=scan.at)
    return taken, ScanOutcome.SCANNED


# --- the till ------------------------------------------------------------------------------------


class TillError(WejourneyError):
    """What a till asks for and does not get; `code` is a word for it that programs tell apart."""

    code: str


class UnknownVisitError(TillError):
    """There is no such visit at this store; it may be another store's."""

    code = "unknown_visit"

    def __init__(self) -> None:
        super().__init__("is no visit of this store, or one of long ago")


class WrongTillError(TillError):
    """The visit was opened at another till of the store."""

    code = "wrong_till"

    def __init__(self, till: str) -> None:
        super().__init__(f"was opened at another till than {till}")
        self.till = till


class NotScannedError(TillError):
    """Nobody has scanned the code yet."""

    code = "not_scanned"

    def __init__(self) -> None:
        super().__init__("has not been scanned yet")


class VisitExpiredError(TillError):
    """The code was not scanned in time, or the visit was long ago."""

    code = "visit_expired"

    def __init__(self, at: datetime) -> None:
        super().__init__(f"expired at {at.isoformat()}: open another one")
        self.at = at


def of_till(visit: Visit | None, store: str, till: str) -> Visit:
    """The visit, which is one of this till. Raises UnknownVisitError or WrongTillError."""
    if visit is None or visit.store != store:
        raise UnknownVisitError
    if visit.till != till:
        raise WrongTillError(till)
    return visit


def require_scanned(visit: Visit, now: datetime) -> Visit:
    """The visit, in which somebody is served. Raises NotScannedError or VisitExpiredError."""
    status = visit.status(now)
    match status:
        case VisitStatus.WAITING:
            raise NotScannedError
        case VisitStatus.EXPIRED:
            raise VisitExpiredError(visit.expires_at)
        case VisitStatus.SCANNED:
            return visit
        case _:
            assert_never(status)
