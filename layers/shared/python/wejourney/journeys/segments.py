"""Segments: people for whom a condition holds. An event of a person moves them in and out of segments."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from wejourney.events.event import InboundEvent, own_event
from wejourney.events.event_types import SegmentEntered
from wejourney.events.matching import EventPattern
from wejourney.journeys.conditions import History, holds
from wejourney.journeys.definition import Condition
from wejourney.people.counters import counted
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import stage_of, with_sign
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.plain_data import changed


@dataclass(frozen=True)
class PeopleRules:
    """What is to be found out about people: counters, stages, and the segments by their names.

    `subscribed_kinds` are the kinds of events of our own without which something of it would be out of date.
    """

    profile: ProfileModel = ANY_PROFILE
    segments: Mapping[str, Condition] = field(default_factory=dict)
    subscribed_kinds: tuple[str, ...] = ()


NO_RULES = PeopleRules()


def patterns_of(profile: ProfileModel) -> Iterable[EventPattern]:
    """The events that counters and stages are about."""
    yield from (one.pattern for counted_events in profile.counters.values() for one in counted_events)
    yield from (pattern for rule in profile.stages.values() for pattern in rule.events)


def recognised(follower: Follower, event: InboundEvent, rules: PeopleRules, now: datetime) -> Follower:
    """The follower with what an event changes of counters, stage and segments; it has changed the rest."""
    counts = counted(follower.counts, event, rules.profile.counters)
    signs = with_sign(follower.stage_signs, event, rules.profile.stages)
    stage = stage_of(signs, rules.profile.stages) if rules.profile.stages else follower.stage
    if counts is not follower.counts or signs is not follower.stage_signs or stage != follower.stage:
        follower = changed(follower, counts=counts, stage_signs=signs, stage=stage)
    segments = segments_of(follower, rules, now)
    return follower if segments == follower.segments else changed(follower, segments=segments)


def segments_of(follower: Follower, rules: PeopleRules, now: datetime) -> frozenset[str]:
    """The segments whose condition holds, and those that other systems have told of."""
    told = follower.segments - frozenset(rules.segments)
    history = History(now=now)
    found = (name for name, when in rules.segments.items() if holds(when, follower, {}, history))
    return told.union(found)


def entered(before: Follower | None, after: Follower, event: InboundEvent) -> tuple[str, ...]:
    """The segments that an event has moved a person into, besides the one that it tells of itself."""
    told = {event.body.segment} if isinstance(event.body, SegmentEntered) else set()
    known = before.segments if before is not None else frozenset()
    return tuple(sorted(after.segments - known - told))


def told_of(entered: Iterable[str], event: InboundEvent) -> Iterator[InboundEvent]:
    """The events that tell journeys of the segments that an event has moved a person into."""
    for segment in entered:
        body = SegmentEntered(segment, event.id)
        told = own_event(body, f"{event.id}#{segment}", event.subject, event.at)
        # What was imported as a part of the past starts no journey.
        yield replace(told, history=event.history)
