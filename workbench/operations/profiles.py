"""The profile as it was: put together again from the trace, as only its latest state is stored."""

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Any, assert_never

from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.events import event_types
from wejourney.events.event import InboundEvent
from wejourney.people.followers import Follower, after, profile_changes
from wejourney.people.profile_fields import FIELDS
from workbench.trace import trace_events

_RULES = RULE_SETS["current"]  # The allowances of the result are not looked at.


def profiles_then(
    now: Follower, trace: Sequence[trace_events.TraceEvent], wanted: Container[str]
) -> dict[str, Follower]:
    """The profile right after each event with a `wanted` id, by that id.

    What nothing in the trace changed was always as it is now. WeChat's own words for the source of a follow
    are known of the latest follow only.
    """
    received = (event.event for event in trace if isinstance(event, trace_events.EventReceived))
    follows = [event.id for event in received if isinstance(event.body, event_types.Followed)]
    profile = _before_all(now, trace)
    then: dict[str, Follower] = {}
    for event in trace:
        profile = _changed(profile, event)
        if isinstance(event, trace_events.EventReceived):
            if event.event.id in follows[-1:]:
                profile = replace(profile, source=now.source)
            if event.event.id in wanted:
                then[event.event.id] = profile
    return then


def _changed(profile: Follower, event: trace_events.TraceEvent) -> Follower:
    match event:
        case trace_events.EventReceived():
            return after(profile, event.event, _RULES)
        case trace_events.TagsChanged():
            return profile.tagged(event.added, event.removed)
        case trace_events.ProfileChanged():
            return profile.changed(**profile_changes(profile, event.values))
        case trace_events.PointsChanged():
            return replace(profile, points=event.balance)
        case (
            trace_events.RunStarted() | trace_events.JourneyRefused() | trace_events.MessageSent()
            | trace_events.MessageNotSent() | trace_events.MessageUnknown() | trace_events.MessagePending()
            | trace_events.WaitStarted() | trace_events.QuietPause() | trace_events.Answered()
            | trace_events.WaitEnded() | trace_events.DateMoved() | trace_events.DatePassed()
            | trace_events.TimedOut() | trace_events.ConsentChanged() | trace_events.CouponIssued()
            | trace_events.BranchTaken() | trace_events.Published() | trace_events.JourneyCalled()
            | trace_events.RunEnded() | trace_events.GoalWindowOpened() | trace_events.GoalCounted()
        ):  # fmt: skip
            return profile
        case _:
            assert_never(event)


def _before_all(now: Follower, trace: Sequence[trace_events.TraceEvent]) -> Follower:
    """The profile before the first event: without anything that an event has brought."""
    tags, segments, changed = set(now.tags), set(now.segments), set[str]()
    for event in reversed(trace):
        match event:
            case trace_events.EventReceived(event=InboundEvent(told_again=True)):
                pass
            case trace_events.TagsChanged():
                tags = (tags - set(event.added)) | set(event.removed)
            case trace_events.ProfileChanged():
                changed.update(event.values)
            case trace_events.EventReceived(event=InboundEvent(body=event_types.TagAdded(tag=tag))):
                tags.discard(tag)
            case trace_events.EventReceived(event=InboundEvent(body=event_types.SegmentEntered() as body)):
                segments.discard(body.segment)
            case trace_events.EventReceived(event=InboundEvent(body=event_types.ProfileChanged() as body)):
                changed.update(body.changes)
            case _:  # what brings nothing that stays
                pass
    unchanged: dict[str, Any] = {name: form.unknown for name, form in FIELDS.items() if name in changed}
    unchanged["attributes"] = {name: value for name, value in now.attributes.items() if name not in changed}
    unchanged["dates"] = {name: day for name, day in now.dates.items() if f"date.{name}" not in changed}
    before = replace(now, tags=frozenset(tags), segments=frozenset(segments), **unchanged)
    return replace(before, following=False, scene=None, source=None, points=0, told_at={})
