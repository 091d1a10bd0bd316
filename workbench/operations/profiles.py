"""The profile as it was: put together again from the timeline, as only its latest state is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wejourney.events.events import InboundEvent
from wejourney.events.registry import EventBody, Followed, ProfileChanged, SegmentEntered, TagAdded
from wejourney.messaging.rule_sets import RULE_SETS
from wejourney.people.followers import Follower, after, profile_changes

_RULES = RULE_SETS["current"]  # The allowances of the result are not looked at.
_FORGOTTEN: Mapping[str, Any] = {
    "customer": False,
    "member": False,
    "language": None,
    "time_zone": None,
    "tier": None,
}

type Timeline = Sequence[Mapping[str, Any]]
"""The entries of `FollowerStore.timeline`, with `points` lines of the books, by time."""


def profiles_then(now: Follower, timeline: Timeline) -> dict[str, Follower]:
    """The profile right after each event, by the event's id.

    What no entry of the timeline changed was always as it is now. WeChat's own words for the source of a
    follow are known of the latest follow only.
    """
    known = _before_all(now, timeline)
    follows = [entry["event"]["id"] for entry in timeline if isinstance(_body(entry), Followed)]
    then: dict[str, Follower] = {}
    for entry in timeline:
        if entry["kind"] == "event":
            event = InboundEvent.from_dict(entry["event"])
            known = after(known, event, _RULES)
            if follows and event.id == follows[-1]:
                known = replace(known, source=now.source)
            then[event.id] = known
        else:
            known = _changed(known, entry)
    return then


def _changed(known: Follower, entry: Mapping[str, Any]) -> Follower:
    match entry["kind"]:
        case "change":
            tagged = known.tagged(entry.get("added") or (), entry.get("removed") or ())
            return tagged.changed(**profile_changes(tagged, entry.get("values") or {}))
        case "points":
            return replace(known, points=known.points + int(entry["points"]))
        case _:  # a kind of row that changes no profile
            return known


def _before_all(now: Follower, timeline: Timeline) -> Follower:
    """The profile before the first entry: without anything that an entry has brought."""
    tags, segments, values = set(now.tags), set(now.segments), set[str]()
    for entry in reversed(timeline):
        body = _body(entry)
        if isinstance(body, TagAdded):
            tags.discard(body.tag)
        elif isinstance(body, SegmentEntered):
            segments.discard(body.segment)
        elif isinstance(body, ProfileChanged):
            values.update(body.changes)
        elif entry["kind"] == "change":
            tags = (tags - set(entry.get("added") or ())) | set(entry.get("removed") or ())
            values.update(entry.get("values") or {})
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


def _body(entry: Mapping[str, Any]) -> EventBody | None:
    """What an event says; None for any other entry."""
    return InboundEvent.from_dict(entry["event"]).body if entry["kind"] == "event" else None
