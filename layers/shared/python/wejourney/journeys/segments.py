"""Segments: people for whom a condition holds. An event of a person moves them in and out of segments."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import OWN, EventBody, ProfileChanged, SegmentEntered
from wejourney.events.matching import EventPattern
from wejourney.journeys.conditions import History, counter_tests_in, holds
from wejourney.journeys.definition import Condition
from wejourney.loyalty.membership import next_review, reviewed, shown, with_membership
from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from wejourney.people.counters import NOTHING_COUNTED, CounterTest, counted, day_of, start_of
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import stage_of, with_sign
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from wejourney.plain_data import changed


@dataclass(frozen=True)
class PeopleRules:
    """What is to be found out about people: counters, stages, segments by their names, tiers.

    `subscribed_kinds` are the kinds of events of our own without which something of it would be out of date.
    The programme is no part of people.json.
    """

    profile: ProfileModel = ANY_PROFILE
    segments: Mapping[str, Condition] = field(default_factory=dict)
    subscribed_kinds: tuple[str, ...] = ()
    programme: Programme = field(default=NO_PROGRAMME, metadata={"sparse": True})

    def with_programme(self, programme: Programme) -> "PeopleRules":
        """These rules and what people earn, some of it by events of our own."""
        kinds = OWN.intersection(rule.pattern.event for rule in programme.rules.values())
        return replace(
            self, programme=programme, subscribed_kinds=tuple(sorted(kinds.union(self.subscribed_kinds)))
        )

    @cached_property
    def counter_tests(self) -> frozenset[CounterTest]:
        """The tests of all segments on counters."""
        return frozenset(test for when in self.segments.values() for test in counter_tests_in(when))


NO_RULES = PeopleRules()


def patterns_of(profile: ProfileModel) -> Iterable[EventPattern]:
    """The events that counters and stages are about."""
    yield from (one.pattern for counted_events in profile.counters.values() for one in counted_events)
    yield from (pattern for rule in profile.stages.values() for pattern in rule.events)


def recognised(follower: Follower, event: InboundEvent, rules: PeopleRules, now: datetime) -> Follower:
    """The follower with what an event changes of counters, stage, membership, tier and segments.

    It has changed the rest.
    """
    counts = counted(follower.counts, event, rules.profile.counters)
    signs = with_sign(follower.stage_signs, event, rules.profile.stages)
    stage = stage_of(signs, rules.profile.stages) if rules.profile.stages else follower.stage
    if counts is not follower.counts or signs is not follower.stage_signs or stage != follower.stage:
        follower = changed(follower, counts=counts, stage_signs=signs, stage=stage)
    follower = reviewed(with_membership(follower, rules.profile), rules.programme, now)
    segments = segments_of(follower, rules, now)
    return follower if segments == follower.segments else changed(follower, segments=segments)


def segments_of(follower: Follower, rules: PeopleRules, now: datetime) -> frozenset[str]:
    """The segments whose condition holds, and those that other systems have told of.

    Of several contacts one for which it holds is enough, whichever did something last.
    """
    told = follower.segments - frozenset(rules.segments)
    history = History(now=now)
    found = (
        name
        for name, when in rules.segments.items()
        if any(holds(when, view, {}, history) for view in follower.views)
    )
    return told.union(found)


def next_change(follower: Follower, rules: PeopleRules, after: datetime) -> datetime | None:
    """The next moment at which a segment or the tier can change without an event.

    A day leaves a counter's period, or the tier has been kept for long enough.
    """
    today = day_of(after)
    leaving = (
        day + test.days
        for test in rules.counter_tests
        for day in follower.counts.get(test.name, NOTHING_COUNTED).by_day
        if day + test.days > today
    )
    day = min(leaving, default=None)
    moments = (None if day is None else start_of(day), next_review(follower, rules.programme, after))
    return min((moment for moment in moments if moment is not None), default=None)


def look_again(follower: Follower, at: datetime, cause: str = "") -> InboundEvent:
    """The event after which the segments and the tier of a person are looked at again.

    Nothing else has changed. There is one for a moment, or for a `cause`.
    """
    subject = Subject("", follower.person_id)
    event = own_event(ProfileChanged({}), cause or at.isoformat(), subject, at)
    return replace(event, subject=follower.subject)


def found(
    before: Follower | None, after: Follower, event: InboundEvent, rules: PeopleRules
) -> Iterator[EventBody]:
    """What an event has shown of a person, besides what it tells itself, as events that tell it."""
    told = {event.body.segment} if isinstance(event.body, SegmentEntered) else set()
    known = before.segments if before is not None else frozenset()
    yield from (SegmentEntered(name, event.id) for name in sorted(after.segments - known - told))
    yield from shown(before, after, event, rules.programme.tiers, rules.profile)


def told_of(found: Iterable[EventBody], event: InboundEvent) -> Iterator[InboundEvent]:
    """The events that tell journeys what an event has shown."""
    for body in found:
        cause = f"{event.id}#{body.segment}" if isinstance(body, SegmentEntered) else event.id
        told = own_event(body, cause, event.subject, event.at)
        # What was imported as a part of the past starts no journey.
        yield replace(told, history=event.history)
