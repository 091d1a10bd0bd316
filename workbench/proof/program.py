"""A journey as a graph of steps: what comes after each, and what is still of interest there.

No step is reached twice, so the graph has no circle, and the steps have an order in which all ways into a
step are known before the step is looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EVENT_TYPES, SegmentEntered, TextReceived
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import Content
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.source import Location
from workbench.language.traversal import parts_of_step, paths_of
from workbench.proof.facts import (
    NO_ANSWER,
    TRUE,
    Facts,
    Key,
    can_last,
    changes_of,
    happened,
    keys_of,
    scene_of,
    scenes_in,
    with_scenes,
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
    return _with_all_scenes(nodes, journey)


def what_matters(journey: Journey) -> list[Node]:
    """The program, where a step that no message depends on that must leave is none, and leads straight on.

    Such are steps after the last of these messages, choices whose paths all lead to the same step that
    matters, and changes of facts that none of these looks at.
    """
    nodes = program(journey)
    kept = nodes[:1]
    straight_on = [END]
    for number, node in enumerate(nodes[1:], start=1):
        after, ways = straight_on[node.next], {name: straight_on[way] for name, way in node.ways.items()}
        choice = isinstance(node.step, step_types.Branch | step_types.Split)
        leads_to = set(ways.values()) if choice else {after, *ways.values()}
        if node.step is not None and _matters(node.step, leads_to, kept):
            kept.append(_node(node.step, node.at, after, ways, kept))
            straight_on.append(number)
        else:
            (then,) = leads_to
            kept.append(replace(kept[then], at=node.at, step=None, next=then, ways={}))
            straight_on.append(then)
    return _with_all_scenes(kept, journey)


def _matters(step: step_types.Step, leads_to: set[int], nodes: list[Node]) -> bool:
    if len(leads_to) > 1:
        return True
    if isinstance(step, step_types.ChangeStep):
        live = frozenset[Key]().union(*(nodes[number].live for number in leads_to))
        moves_zone = isinstance(step, step_types.Set) and "time_zone" in step.values and leads_to != {END}
        return moves_zone or not live.isdisjoint(changes_of(step))
    if isinstance(step, step_types.Branch | step_types.Split | step_types.Notify | step_types.Stop):
        return False
    return leads_to != {END} or (bool(parts_of_step(step).contents) and not is_optional(step))


def _with_all_scenes(nodes: list[Node], journey: Journey) -> list[Node]:
    scenes = scenes_in(key for node in nodes for key in node.live) | scene_of(journey.trigger).keys()
    return [replace(node, live=with_scenes(node.live, scenes)) for node in nodes] if scenes else nodes


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
    lasting = frozenset(key for key in live if can_last(key))
    listens = frozenset[str]().union(*(node.listens for node in following))
    optional = is_optional(step) or any(node.optional for node in following)
    if isinstance(step, step_types.ChangeStep):
        return Node(at, step, after, ways, live - changes_of(step).keys(), listens, optional)
    match step:
        case step_types.Ask():
            live = lasting
            if step.content is None:
                listens |= {TextReceived.kind, TAP}
        case step_types.WaitEvent():
            live = lasting
            kinds = {step.pattern.event, *((TAP,) if step.pattern.event == TextReceived.kind else ())}
            listens |= {kind for kind in kinds if act_of(kind) is not None}
        case step_types.Wait() | step_types.WaitUntil() | step_types.WaitDate() | step_types.HandOver():
            live = lasting
        case step_types.Branch():
            live |= {key for case in step.cases for key in keys_of(case.when)}
        case step_types.Split():
            live |= {("draw", step.name)}
        case step_types.Send() | step_types.Notify() | step_types.Stop():
            pass
        case _:
            assert_never(step)
    return Node(at, step, after, ways, live, listens, optional)


def needs_window(content: Content) -> bool:
    """Whether a content leaves by a channel that needs an allowance."""
    return CHANNELS[content.kind].windowed


def is_optional(step: step_types.Step) -> bool:
    """Whether the step is a message that need not leave: there is a path or a channel for that."""
    parts = parts_of_step(step)
    if not parts.contents:
        return False
    has_path = any(name == ("not_sent",) for name, _ in parts.paths)
    return has_path or not all(needs_window(content) for _, content in parts.contents)


def at_start(journey: Journey, nodes: list[Node]) -> Facts:
    """What is known before the first step, without the trigger's condition."""
    questions = {key: NO_ANSWER for node in nodes for key in node.live if key[0] == "answer"}
    trigger = journey.trigger
    segment = (
        {("segment", trigger.name): TRUE} if trigger.event == SegmentEntered.kind and trigger.name else {}
    )
    known = {**questions, **scene_of(trigger), **segment}
    return known if act_of(trigger.event) is None else happened(known, trigger, nodes[-1].live)
