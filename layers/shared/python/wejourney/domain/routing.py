"""Where an event goes: to the question that waits for it, or to the journey that it starts.

The callback and the inbox ask the same function, so the reply that a follower sees at once and the run
that follows it belong to the same journey.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wejourney.domain.conditions import holds, like, normalise
from wejourney.domain.events import CLICK, FOLLOW, SCAN, TEXT, InboundEvent
from wejourney.domain.followers import Follower, FollowerState, OpenWait
from wejourney.domain.journeys import Condition, Journey, Trigger
from wejourney.domain.messages import Content, content_from_dict, content_to_dict

OTHER = "other"
"""The answer to a question with choices when what was said is none of them."""

LONGEST_ANSWER = 500


@dataclass(frozen=True)
class Entry:
    """What must be known of a journey to start it.

    `longest` is the time limit of its machine in seconds; the engine's own is a year.
    """

    name: str
    version: str
    trigger: Trigger
    opening: Content | None = None
    longest: int = 365 * 86_400

    def to_dict(self) -> dict[str, Any]:
        """The form in the catalogue that is deployed with the functions."""
        return {
            "name": self.name,
            "version": self.version,
            "longest": self.longest,
            "trigger": {
                **{k: v for k, v in vars(self.trigger).items() if k != "when" and v not in (None, ())},
                "when": condition_to_dict(self.trigger.when),
            },
            "opening": content_to_dict(self.opening) if self.opening else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Entry":
        """The entry that `to_dict` wrote."""
        trigger = dict(data["trigger"])
        when = condition_from_dict(trigger.pop("when", {}))
        keywords = tuple(trigger.pop("keywords", ()))
        opening = data["opening"]
        return cls(
            name=data["name"],
            version=data["version"],
            longest=int(data["longest"]),
            trigger=Trigger(**trigger, keywords=keywords, when=when),
            opening=content_from_dict(opening) if opening else None,
        )


def entry_of(journey: Journey, version: str, longest: int) -> Entry:
    """The entry of a journey whose machine runs for `longest` seconds at most."""
    return Entry(journey.name, version, journey.trigger, journey.opening, longest)


def condition_to_dict(condition: Condition) -> dict[str, Any]:
    """A condition without what it leaves open."""
    data = {
        spec.name: getattr(condition, spec.name)
        for spec in dataclasses.fields(condition)
        if spec.name not in ("any", "none") and getattr(condition, spec.name) not in (None, (), {})
    }
    if condition.any:
        data["any"] = [condition_to_dict(one) for one in condition.any]
    if condition.none is not None:
        data["none"] = condition_to_dict(condition.none)
    return data


def condition_from_dict(data: Mapping[str, Any]) -> Condition:
    """The condition that `condition_to_dict` wrote."""
    values = dict(data)
    for name in ("tags", "without_tags"):
        values[name] = tuple(values.get(name, ()))
    values["any"] = tuple(condition_from_dict(one) for one in values.get("any", ()))
    if "none" in values:
        values["none"] = condition_from_dict(values["none"])
    return Condition(**values)


@dataclass(frozen=True)
class Route:
    """What an event leads to: an answered question, a journey to start, or neither.

    `again` says that the run of `starts` exists already, because this delivery repeats an earlier one.
    """

    answers: OpenWait | None = None
    answer: str = ""
    starts: Entry | None = None
    again: bool = False


def may_open(event: InboundEvent, entries: Iterable[Entry]) -> bool:
    """Whether some journey may answer this event with a passive opening, for some follower."""
    return any(entry.opening is not None and _triggered(entry.trigger, event) for entry in entries)


def route(event: InboundEvent, state: FollowerState, entries: Iterable[Entry]) -> Route:
    """Decide what an event leads to.

    A message goes to the latest open question, unless that question lists its choices, the message is
    none of them, and it is a keyword of a journey. A journey with a live run of this follower is not
    started again.
    """
    entries = tuple(entries)
    started = next((run for run in state.live_runs if run.event_id == event.id), None)
    if started is not None:
        entry = next((entry for entry in entries if entry.name == started.journey), None)
        return Route(starts=entry, again=True)
    live = {run.journey for run in state.live_runs if not run.is_over(event.at)}
    entry = next((entry for entry in entries if _starts(entry, event, state.follower, live)), None)
    wait = max(state.waits, key=lambda one: (one.asked_at, one.run_id), default=None)
    if wait is not None and is_answer(event):
        answer = read_answer(wait.choices, event)
        if answer != OTHER or entry is None:
            return Route(answers=wait, answer=answer)
    return Route(starts=entry)


def is_answer(event: InboundEvent) -> bool:
    """Whether an event can answer a question: only what a person says can."""
    return event.kind == TEXT


def read_answer(choices: Mapping[str, tuple[str, ...]], event: InboundEvent) -> str:
    """The answer in an event: the choice that was meant, `other`, or the text where all is welcome."""
    if not choices:
        return event.text.strip()[:LONGEST_ANSWER]
    if event.menu_item in choices:
        return str(event.menu_item)
    said = normalise(event.text)
    return next((key for key, words in choices.items() if said in map(normalise, (key, *words))), OTHER)


def _starts(entry: Entry, event: InboundEvent, follower: Follower | None, live: set[str]) -> bool:
    return (
        entry.name not in live
        and _triggered(entry.trigger, event)
        and holds(entry.trigger.when, follower, {})
    )


def _triggered(trigger: Trigger, event: InboundEvent) -> bool:
    if trigger.event != event.kind:
        return False
    if event.kind in (FOLLOW, SCAN):
        return trigger.scene is None or like(trigger.scene, event.scene)
    if event.kind == TEXT:
        said = normalise(event.text)
        return any(like(normalise(keyword), said) for keyword in trigger.keywords)
    return event.kind == CLICK and trigger.key == event.menu_key
