"""The profile as it was: put together again from the trace, as only its latest state is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from wejourney.events import event_types
from wejourney.messaging.wechat_rules import RULE_SETS
from wejourney.people.followers import Follower, after, profile_changes
from workbench.trace import trace_events

_RULES = RULE_SETS["current"]  # The allowances of the result are not looked at.
_FORGOTTEN: Mapping[str, Any] = {
    "customer": False,
    "member": False,
    "language": None,
    "time_zone": None,
    "tier": None,
}


def profiles_then(now: Follower, trace: Sequence[trace_events.TraceEvent]) -> dict[str, Follower]:
    """The profile right after each event, by the event's id.

    What nothing in the trace changed was always as it is now. WeChat's own words for the source of a follow
    are known of the latest follow only.
    """
    known = _before_all(now, trace)
    received = (one.event for one in trace if isinstance(one, trace_events.EventReceived))
    follows = [event.id for event in received if isinstance(event.body, event_types.Followed)]
    then: dict[str, Follower] = {}
    for one in trace:
        known = _changed(known, one)
        if isinstance(one, trace_events.EventReceived):
            if follows and one.event.id == follows[-1]:
                known = replace(known, source=now.source)
            then[one.event.id] = known
    return then


def _changed(known: Follower, one: trace_events.TraceEvent) -> Follower:
    match one:
        case trace_events.EventReceived():
            return after(known, one.event, _RULES)
        case trace_events.TagsChanged():
            return known.tagged(one.added, one.removed)
        case trace_events.ProfileChanged():
            return known.changed(**profile_changes(known, one.values))
        case trace_events.PointsChanged():
            return replace(known, points=one.balance)
        case (
            trace_events.RunStarted() | trace_events.JourneyRefused() | trace_events.MessageSent()
            | trace_events.MessageNotSent() | trace_events.MessageUnknown() | trace_events.MessagePending()
            | trace_events.WaitStarted() | trace_events.Answered() | trace_events.WaitEnded()
            | trace_events.DateMoved() | trace_events.TimedOut() | trace_events.BranchTaken()
            | trace_events.Published() | trace_events.JourneyCalled() | trace_events.RunEnded()
        ):  # fmt: skip
            return known
        case _:
            assert_never(one)


def _before_all(now: Follower, trace: Sequence[trace_events.TraceEvent]) -> Follower:
    """The profile before the first event: without anything that an event has brought."""
    tags, segments, values = set(now.tags), set(now.segments), set[str]()
    for event in reversed(trace):
        if isinstance(event, trace_events.TagsChanged):
            tags = (tags - set(event.added)) | set(event.removed)
        elif isinstance(event, trace_events.ProfileChanged):
            values.update(event.values)
        elif isinstance(event, trace_events.EventReceived):
            body = event.event.body
            if isinstance(body, event_types.TagAdded):
                tags.discard(body.tag)
            elif isinstance(body, event_types.SegmentEntered):
                segments.discard(body.segment)
            elif isinstance(body, event_types.ProfileChanged):
                values.update(body.changes)
    return replace(
        now,
        following=False,
        scene=None,
        source=None,
        points=0,
        tags=frozenset(tags),
        segments=frozenset(segments),
        attributes={name: value for name, value in now.attributes.items() if name not in values},
        dates={name: value for name, value in now.dates.items() if f"date.{name}" not in values},
        **{name: value for name, value in _FORGOTTEN.items() if name in values},
    )
