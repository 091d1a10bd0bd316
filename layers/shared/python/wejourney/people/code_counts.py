"""What an event counts for the QR codes that led a person to the brand: scans, people, orders, money.

Counts name nobody: codes of one visit or one person are counted together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import (
    Followed,
    MiniProgramEvent,
    OrderPaid,
    OrderReturned,
    Paid,
    Refunded,
    Scanned,
)
from wejourney.people.codes import (
    CLICK_ID,
    FIRST,
    LATEST,
    PAGE,
    SHARER,
    CodeKind,
    SourceClass,
    first_code_at,
    latest_code_at,
)
from wejourney.people.counters import day_of
from wejourney.people.followers import Follower


class CodeCount(StrEnum):
    """What is counted of a code. Money is in fen: amounts in another currency than CNY are not counted.

    `first_…` is of people whose first code it is, `last_…` of those whose last one it was before they paid.
    """

    SCANS = "scans"
    ELSEWHERE = "elsewhere"
    FOLLOWS = "follows"
    PEOPLE = "people"
    FIRST_ORDERS = "first_orders"
    FIRST_REVENUE = "first_revenue"
    FIRST_REFUNDS = "first_refunds"
    LAST_ORDERS = "last_orders"
    LAST_REVENUE = "last_revenue"


@dataclass(frozen=True)
class CodeCounts:
    """Counts of a code on a day of Beijing (ISO), with the facts that the code had when it was scanned."""

    day: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[CodeCount, int] = field(default_factory=dict)


def code_counts(
    event: InboundEvent, before: Iterable[Follower], after: Follower | None
) -> tuple[CodeCounts, ...]:
    """What an event counts: `before` is who the person was, or both who turn out to be one."""
    if after is None:
        return ()
    found = dict[_Touch, Counter[CodeCount]]()
    for touch, what, number in (
        *_coming(event, after),
        *_first_brought(before, after),
        *_buying(event, after),
    ):
        if touch.day:
            found.setdefault(touch, Counter())[what] += number
    kept = {touch: {what: n for what, n in counts.items() if n} for touch, counts in found.items()}
    return tuple(
        CodeCounts(touch.day, touch.code, dict(touch.facts), counts)
        for touch, counts in kept.items()
        if counts
    )


@dataclass(frozen=True)
class _Touch:
    """A code that led somebody there; without a `day` nobody knows when."""

    code: str
    facts: tuple[tuple[str, str], ...]
    day: str

    @classmethod
    def of(cls, facts: Mapping[str, str], at: datetime | None) -> "_Touch":
        kept = tuple(sorted((name, value) for name, value in facts.items() if name in _KEPT))
        return cls(_counted_as(facts), kept, _day(at) if at is not None else "")


_KEPT = ("class", *CodeKind)


def _counted_as(facts: Mapping[str, str]) -> str:
    """The name that a code is counted by: codes of one visit, and of one person, have one together."""
    if CLICK_ID in facts:
        return "click-*"
    return "share-*" if SHARER in facts else facts["name"]


def _day(at: datetime) -> str:
    return date.fromordinal(day_of(at)).isoformat()


def _known(person: Follower, prefix: str) -> dict[str, str]:
    attributes = person.attributes.items()
    return {name.removeprefix(prefix): value for name, value in attributes if name.startswith(prefix)}


def _first(person: Follower) -> _Touch | None:
    facts = _known(person, FIRST)
    return _Touch.of(facts, first_code_at(person.told_at)) if "name" in facts else None


type _Counted = tuple[_Touch, CodeCount, int]


def _first_brought(before: Iterable[Follower], after: Follower) -> Iterator[_Counted]:
    """The person is counted where their first code is known now, and nowhere else any more."""
    for people, number in ((before, -1), ((after,), 1)):
        for touch in filter(None, map(_first, people)):
            yield touch, CodeCount.PEOPLE, number


def _coming(event: InboundEvent, after: Follower) -> Iterator[_Counted]:
    body = event.body
    if not isinstance(body, Followed | Scanned | MiniProgramEvent) or not body.code_facts:
        return
    touch = _Touch.of(body.code_facts, event.at)
    yield touch, CodeCount.SCANS, 1
    if isinstance(body, Followed):
        yield touch, CodeCount.FOLLOWS, 1
    if _is_elsewhere(body, after):
        yield touch, CodeCount.ELSEWHERE, 1


_BY_CODE = ("1011", "1012", "1013", "1047", "1048", "1049")
_BY_CAMERA = ("1011", "1047")
"""How a mini program is opened by a code, and by one before the camera, neither in a chat nor in an album.

https://developers.weixin.qq.com/miniprogram/dev/reference/scene-list.html
"""


def _is_elsewhere(body: Followed | Scanned | MiniProgramEvent, after: Follower) -> bool:
    """Whether somebody came otherwise than the code says; where nothing is known of that, they have not."""
    facts = body.code_facts
    match body:
        case Followed():
            ways = ("qr", "advertisement") if facts.get("class") == SourceClass.ADVERTISING else ("qr",)
            return after.source is not None and after.source not in ways
        case MiniProgramEvent(name="page.viewed", details=details):
            scenes = _BY_CAMERA if facts.get("kind") == CodeKind.STORE else _BY_CODE
            here = details.get("scene", scenes[0]) in scenes
            return not here or details.get("page") != facts.get(PAGE, details.get("page"))
        case Scanned() | MiniProgramEvent():
            return False
        case _:
            assert_never(body)


def _buying(event: InboundEvent, after: Follower) -> Iterator[_Counted]:
    """What an order or a return counts, on its own day, for the codes that were scanned before it."""
    body = event.body
    if not isinstance(body, Paid | OrderPaid | Refunded | OrderReturned):
        return
    first, last = _scanned_before(event, after)
    if first is None or last is None:
        return
    fen = body.amount or 0
    if isinstance(body, Refunded | OrderReturned):
        # Of the last code before the order nothing is on record when the money goes back.
        yield first, CodeCount.FIRST_REFUNDS, fen
        return
    yield first, CodeCount.FIRST_ORDERS, 1
    yield first, CodeCount.FIRST_REVENUE, fen
    yield last, CodeCount.LAST_ORDERS, 1
    yield last, CodeCount.LAST_REVENUE, fen


def _scanned_before(event: InboundEvent, person: Follower) -> tuple[_Touch | None, _Touch | None]:
    """The first and the last code that were scanned before an event.

    Where the latest one was scanned after it, only the first one is known to have come before.
    """
    found: list[_Touch | None] = []
    for prefix, at in ((FIRST, first_code_at(person.told_at)), (LATEST, latest_code_at(person.told_at))):
        facts = _known(person, prefix)
        is_before = "name" in facts and (at is None or at <= event.at)
        found.append(_Touch.of(facts, event.at) if is_before else None)
    first, last = found
    return first, last or first
