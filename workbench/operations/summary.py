"""What a year of events says of a person, each statement with the events that it follows from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from wejourney.events.event import InboundEvent
from wejourney.events.event_types import MiniProgramEvent, Source
from wejourney.people.counters import LONGEST_PERIOD, CountedEvents, Counts, counted, day_of
from wejourney.people.lifecycle import StageSigns, reached, with_sign
from wejourney.people.profile_model import ProfileModel
from wejourney.people.rfm import rfm_of

MOST_INTERESTS = 3
_SHOW_INTEREST = ("product.viewed", "cart.added")


class Topic(StrEnum):
    STAGE = "stage"
    COUNTER = "counter"
    RFM = "rfm"
    INTEREST = "interest"
    HOUR = "hour"


@dataclass(frozen=True)
class Statement:
    """`what` is a stage, a counter, or what somebody is interested in; `value` says how much, or since when.

    `events` are the ids of the events that say it, by time.
    """

    topic: Topic
    what: str
    value: str
    events: tuple[str, ...]


def summary_of(
    events: Iterable[InboundEvent], model: ProfileModel, now: datetime, zone: tzinfo
) -> tuple[Statement, ...]:
    """The summary: the same for the same events, in whatever order they come and however often.

    The hour is one of `zone`, the sums are those of a year.
    """
    first = day_of(now) - LONGEST_PERIOD
    by_id = {event.id: event for event in events if day_of(event.at) > first}
    past = sorted(by_id.values(), key=lambda event: event.position)
    signs: StageSigns = {}
    counts: Counts = {}
    for event in past:
        signs, counts = with_sign(signs, event, model.stages), counted(counts, event, model.counters)
    found = [
        Statement(Topic.STAGE, stage.value, cause.at.isoformat(), (cause.event_id,))
        for stage, cause in reached(signs, model.stages)
    ]
    meant = {name: _meant(past, counted_events) for name, counted_events in model.counters.items()}
    for name, amounts in sorted(counts.items()):
        total = amounts.within(LONGEST_PERIOD, day_of(now))
        found.append(Statement(Topic.COUNTER, name, str(total), _ids(meant[name])))
    scores = rfm_of(counts, model.rfm, day_of(now)) if model.rfm is not None else None
    if scores is not None and model.rfm is not None:
        bought = {event.id for name in (model.rfm.orders, model.rfm.spend) for event in meant.get(name, ())}
        value = "-".join(map(str, scores.scores))
        found.append(Statement(Topic.RFM, "", value, _ids(event for event in past if event.id in bought)))
    return (*found, *_interests(past), *_hour(past, zone))


def _meant(events: Sequence[InboundEvent], by: Sequence[CountedEvents]) -> list[InboundEvent]:
    return [event for event in events if any(one.counts(event) is not None for one in by)]


def _ids(events: Iterable[InboundEvent]) -> tuple[str, ...]:
    return tuple(event.id for event in events)


def _interests(events: Sequence[InboundEvent]) -> Iterator[Statement]:
    """The categories, or the products without one, that somebody has looked at most often."""
    seen = defaultdict[str, list[InboundEvent]](list)
    for event in events:
        body = event.body
        if isinstance(body, MiniProgramEvent) and body.name in _SHOW_INTEREST:
            name = body.details.get("category") or body.details.get("product")
            if name:
                seen[name].append(event)
    most = sorted(seen.items(), key=lambda one: (-len(one[1]), one[0]))[:MOST_INTERESTS]
    for name, looked in most:
        yield Statement(Topic.INTEREST, name, str(len(looked)), _ids(looked))


def _hour(events: Sequence[InboundEvent], zone: tzinfo) -> Iterator[Statement]:
    """The hour of the day in which somebody does most; of two alike the earlier one."""
    hours = defaultdict[int, list[InboundEvent]](list)
    for event in events:
        if event.source is Source.ACT or isinstance(event.body, MiniProgramEvent):
            hours[event.at.astimezone(zone).hour].append(event)
    if hours:
        hour = min(hours, key=lambda hour: (-len(hours[hour]), hour))
        yield Statement(Topic.HOUR, "", f"{hour:02}:00", _ids(hours[hour]))
