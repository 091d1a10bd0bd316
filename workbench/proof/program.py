"""A journey as a graph of steps: what comes after each, and what is still of interest there.

No step is reached twice, so the graph has no circle, and the steps have an order in which all ways into a
step are known before the step is looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EVENT_TYPES, Followed, SegmentEntered, TextReceived
from wejourney.journeys.chance import buckets_of
from wejourney.journeys.definition import Trigger
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import Content
from wejourney.messaging.merge_fields import OTHER
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.language.traversal import parts_of_step, paths_of
from workbench.proof.facts import (
    FALSE,
    NO_ANSWER,
    SOME_ANSWER,
    TRUE,
    Between,
    Facts,
    Key,
    Known,
    can_last,
    happened,
    keys_of,
    one_of,
)

END = 0
"""The number of the end of a run."""

TAP = "tap"
"""A tap on a menu message: it is heard as a text, but counts as a click."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The start of every run that is looked at; only what lies between two times matters."""


@dataclass(frozen=True)
class Node:
    """A step in its place.

    `next` is the number of what comes after it and `ways` of what its paths begin with, by their place in
    it. `live` are the facts that it or a later step can look at; `listens` is what it or a later step would
    take although it came before: kinds of events that open an allowance. `optional` says that it or a later
    step is a message that need not leave.
    """

    at: Location
    step: step_types.Step | None
    next: int
    ways: Mapping[Location, int]
    live: frozenset[Key]
    listens: frozenset[str]
    optional: bool = False


def program(journey: Journey) -> list[Node]:
    """All nodes by their numbers: the end is the first, the start the last, each after all that follow it."""
    nodes = [Node((), None, END, {}, frozenset(), frozenset())]
    _path(journey.steps, ("steps",), END, nodes)
    scenes = scenes_in(key for node in nodes for key in node.live) | _scene_of(journey.trigger).keys()
    return [replace(node, live=with_scenes(node.live, scenes)) for node in nodes]


def scenes_in(keys: Iterable[Key]) -> frozenset[Key]:
    """The patterns of a scene among these keys."""
    return frozenset(key for key in keys if key[0] == "scene")


def with_scenes(keys: frozenset[Key], scenes: frozenset[Key]) -> frozenset[Key]:
    """Keys of interest: where one pattern of a scene is, all are, as they bear on each other."""
    return keys | scenes if scenes_in(keys) else keys


def act_of(kind: str) -> Act | None:
    """The act that an event of this kind, or a tap, is."""
    return Act.CLICK if kind == TAP else EVENT_TYPES[kind].opens


def tap_of(item: str, label: str) -> InboundEvent:
    """What is heard when a line of a menu message is tapped."""
    return InboundEvent("", Subject("", ""), EPOCH, TextReceived(label, item or "0"))


def _path(steps: tuple[step_types.Step, ...], at: Location, then: int, nodes: list[Node]) -> int:
    for i, step in reversed(list(enumerate(steps))):
        place = (*at, i)
        ways = {name: _path(path, (*place, *name), then, nodes) for name, path in paths_of(step)}
        after = END if isinstance(step, step_types.Stop) else then
        nodes.append(_node(step, place, after, ways, nodes))
        then = len(nodes) - 1
    return then


def _node(
    step: step_types.Step, at: Location, after: int, ways: Mapping[Location, int], nodes: list[Node]
) -> Node:
    following = [nodes[number] for number in (after, *ways.values())]
    live = frozenset[Key]().union(*(node.live for node in following))
    effects = _effects(step)
    if effects.takes_time:
        live = frozenset(key for key in live if can_last(key))
    listens = frozenset[str]().union(*(node.listens for node in following))
    optional = is_optional(step) or any(node.optional for node in following)
    if isinstance(step, step_types.ChangeStep):
        live -= _changes(step).keys()
    live |= effects.looked_at
    return Node(at, step, after, ways, live, listens | effects.heard, optional)


def needs_window(content: Content) -> bool:
    """Whether a content leaves by a channel that needs an allowance."""
    return CHANNELS[content.kind].windowed


def is_optional(step: step_types.Step) -> bool:
    """Whether the step is a message that need not leave: there is a path or a channel for that."""
    contents = [content for _, content in parts_of_step(step).contents]
    has_path = any(name == ("not_sent",) for name, _ in paths_of(step))
    return bool(contents) and (has_path or not all(map(needs_window, contents)))


@dataclass(frozen=True)
class _Effects:
    """What a step does to the facts.

    `looked_at` are those that it looks at; `heard` is what it takes although it came before. With
    `takes_time` others may have changed the profile.
    """

    looked_at: frozenset[Key] = frozenset()
    heard: frozenset[str] = frozenset()
    takes_time: bool = False


def _effects(step: step_types.Step) -> _Effects:
    match step:
        case step_types.Ask():
            heard = frozenset({TextReceived.kind, TAP}) if step.content is None else frozenset[str]()
            return _Effects(heard=heard, takes_time=True)
        case step_types.WaitEvent():
            kinds = {step.pattern.event, *((TAP,) if step.pattern.event == TextReceived.kind else ())}
            heard = frozenset(kind for kind in kinds if act_of(kind) is not None)
            return _Effects(heard=heard, takes_time=True)
        case step_types.Wait() | step_types.WaitUntil() | step_types.WaitDate() | step_types.HandOver():
            return _Effects(takes_time=True)
        case step_types.Branch():
            return _Effects(frozenset(key for case in step.cases for key in keys_of(case.when)))
        case step_types.Split():
            return _Effects(frozenset({("draw", step.name)}))
        case (
            step_types.Send()
            | step_types.Notify()
            | step_types.Tag()
            | step_types.Untag()
            | step_types.Set()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
            | step_types.Stop()
        ):
            return _Effects()
        case _:
            assert_never(step)


def at_start(journey: Journey, nodes: list[Node]) -> Facts:
    """What is known before the first step, without the trigger's condition."""
    questions = {key: NO_ANSWER for node in nodes for key in node.live if key[0] == "answer"}
    trigger = journey.trigger
    segment = (
        {("segment", trigger.name): TRUE} if trigger.event == SegmentEntered.kind and trigger.name else {}
    )
    known = {**questions, **_scene_of(trigger), **segment}
    return known if act_of(trigger.event) is None else happened(known, trigger, nodes[-1].live)


def _scene_of(trigger: Trigger) -> Facts:
    return {("scene", trigger.scene): TRUE} if trigger.event == Followed.kind and trigger.scene else {}


def answers_to(ask: step_types.Ask) -> Known:
    """What is known of an answer when it is given."""
    return one_of(*ask.choices, OTHER) if ask.choices else SOME_ANSWER


def draws_of(split: step_types.Split) -> Iterator[Known]:
    """What is known of the lot of those who go each way of a split."""
    for lots in buckets_of(share.percent for share in split.shares):
        yield Between(lots.start, lots.stop - 1)


def after_change(step: step_types.ChangeStep, facts: Facts) -> Facts:
    """What is known after a step that changes something at once."""
    changes = _changes(step)
    kept = {key: known for key, known in facts.items() if key not in changes}
    return kept | {key: known for key, known in changes.items() if known is not None}


def _changes(step: step_types.ChangeStep) -> Mapping[Key, Known | None]:
    """The facts that a step changes, whatever they were before it, with what is known of them after it."""
    match step:
        case step_types.Tag():
            return {("tag", tag): TRUE for tag in step.tags}
        case step_types.Untag():
            return {("tag", tag): FALSE for tag in step.tags}
        case step_types.Set():
            return dict(_value(name, value) for name, value in step.values.items() if name != "time_zone")
        case step_types.Award():
            return {("points",): None}
        case step_types.Give() | step_types.StartJourney() | step_types.EndJourney():
            return {}
        case _:
            assert_never(step)


def _value(name: str, value: str) -> tuple[Key, Known | None]:
    """The fact that a value of `set` is about, and what is known of it; None where the value is merged in."""
    if name.startswith("date."):
        key: Key = ("date", name.removeprefix("date."))
        known = TRUE
    elif name in ("customer", "member"):
        key, known = (name,), TRUE if value.casefold() == "true" else FALSE
    else:
        key = (name,) if name in ("language", "tier") else ("attribute", name)
        known = one_of(value)
    return key, None if "{" in value else known
