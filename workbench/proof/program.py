"""A journey as a graph of steps: what comes after each, and what is still of interest there.

No step is reached twice, so the graph has no circle, and the steps have an order in which all ways into a
step are known before the step is looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, assert_never

from wejourney.allowances.wechat_rules import Act
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import EVENT_TYPES, Followed, SegmentEntered, TextReceived
from wejourney.events.text_matching import keyword
from wejourney.journeys.definition import Condition
from wejourney.messaging.channels import CHANNELS
from wejourney.messaging.contents import Content
from wejourney.plain_data import changed
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.source import RETRY, Location
from workbench.language.traversal import endings_of, parts_of_step, paths_of
from workbench.proof.facts import (
    NO_ANSWER,
    TRUE,
    Facts,
    Key,
    can_last,
    changed_by,
    consents_needed,
    happened,
    keys_of,
    scene_of,
    scenes_in,
    values_in,
    with_scenes,
)

END = 0
"""The number of the end of a run."""

OPENING = ("opening",)
"""The place of an opening in its journey."""

NOT_SENT = ("not_sent",)
"""The path of a step for when its message is not sent."""

TAP = "tap"
"""A tap on a menu message: it is heard as a text, but counts as a click."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The start of every run that is looked at; only what lies between two times matters."""


@dataclass(frozen=True)
class Node:
    """A step in its place.

    `next` is the number of what comes after it and `ways` of what its paths begin with, by their place in
    it. What it or a later step can look at: `live` are facts, `values` those that it tells apart; the kinds
    of events that open an allowance and are taken although they came before are `heard` of those since the
    last thing said or heard, `heard_at_once` of those in the second of it while it lasts,
    `heard_since_start` of all, with those that a branch counts. `optional` says that there is a message that
    need not leave.
    """

    at: Location
    step: step_types.RunStep | None
    next: int
    ways: Mapping[Location, int]
    live: frozenset[Key] = frozenset()
    values: Mapping[Key, frozenset[Any]] = field(default_factory=dict)
    heard: frozenset[str] = frozenset()
    heard_at_once: frozenset[str] = frozenset()
    heard_since_start: frozenset[str] = frozenset()
    optional: bool = False


def program(journey: Journey) -> list[Node]:
    """All nodes by their numbers: the end is the first, the start the last, each after all that follow it."""
    steps = _in_order(journey)
    nodes = steps[:1]
    for node in steps[1:]:
        if node.step is not None:
            nodes.append(_node(node.step, node.at, node.next, node.ways, nodes))
    return _with_all_scenes(nodes, journey)


def what_matters(journey: Journey) -> list[Node]:
    """The program, where a step that no message depends on that must leave is none, and leads straight on.

    Such are steps after the last of these messages, choices whose paths all lead to the same step that
    matters, and changes of facts that none of these looks at.
    """
    nodes = _in_order(journey)
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
            kept.append(changed(kept[then], at=node.at, step=None, next=then, ways={}))
            straight_on.append(then)
    return _with_all_scenes(kept, journey)


def with_opening(nodes: list[Node], opening: Content) -> list[Node]:
    """The nodes, before which the run sends the opening as a message."""
    return [*nodes, _node(step_types.Send(opening), OPENING, len(nodes) - 1, {}, nodes)]


def _matters(step: step_types.RunStep, leads_to: set[int], nodes: list[Node]) -> bool:
    if len(leads_to) > 1:
        return True
    if isinstance(step, step_types.ChangeStep):
        live = frozenset[Key]().union(*(nodes[number].live for number in leads_to))
        moves_zone = isinstance(step, step_types.Set) and "time_zone" in step.values
        is_seen_later = moves_zone or isinstance(step, step_types.StartJourney)
        return (is_seen_later and leads_to != {END}) or bool(changed_by(step, live))
    if isinstance(step, step_types.Branch | step_types.Split | step_types.Notify | step_types.Stop):
        return False
    return leads_to != {END} or (bool(parts_of_step(step).contents) and not is_optional(step))


def _with_all_scenes(nodes: list[Node], journey: Journey) -> list[Node]:
    scenes = scenes_in(key for node in nodes for key in node.live) | scene_of(journey.trigger).keys()
    return [changed(node, live=with_scenes(node.live, scenes)) for node in nodes] if scenes else nodes


def act_of(kind: str) -> Act | None:
    """The act that an event of this kind, or a tap, is."""
    return Act.CLICK if kind == TAP else EVENT_TYPES[kind].opens


def tap_of(item: str, label: str) -> InboundEvent:
    """What is heard when a line of a menu message is tapped."""
    return InboundEvent("", Subject("", ""), EPOCH, TextReceived(label, item or "0"))


def _in_order(journey: Journey) -> list[Node]:
    """The nodes of `program`, without what is of interest at them."""
    nodes = [Node((), None, END, {})]
    _path(journey.steps, ("steps",), END, nodes)
    return nodes


def _path(steps: tuple[step_types.Step, ...], at: Location, then: int, nodes: list[Node]) -> int:
    for i, step in reversed(list(enumerate(step_types.taken(steps)))):
        place = (*at, i)
        ways = {name: _path(path, (*place, *name), then, nodes) for name, path in paths_of(step)}
        after = END if isinstance(step, step_types.Stop) else then
        nodes.append(Node(place, step, after, ways))
        then = len(nodes) - 1
    return then


def _node(
    step: step_types.RunStep,
    at: Location,
    after: int,
    ways: Mapping[Location, int],
    nodes: list[Node],
) -> Node:
    following = [nodes[number] for number in (after, *ways.values())]
    live = _live(step, _all_of(node.live for node in following))
    optional = is_optional(step) or any(node.optional for node in following)
    node = Node(at, step, after, ways, live, _values(step, following), optional=optional)
    return _with_heard(node, step, nodes[after], {name: nodes[way] for name, way in ways.items()})


_WAITS = step_types.Ask | step_types.HandOver | step_types.WaitStep


def _all_of[T](sets: Iterable[frozenset[T]]) -> frozenset[T]:
    return frozenset[T]().union(*sets)


def _live(step: step_types.RunStep, after: frozenset[Key]) -> frozenset[Key]:
    if isinstance(step, step_types.ChangeStep):
        return after - changed_by(step, after)
    if isinstance(step, _WAITS):
        return frozenset(key for key in after if can_last(key)) | consents_needed(step)
    match step:
        case step_types.Branch():
            return after | {key for case in step.cases for key in keys_of(case.when)}
        case step_types.Split():
            return after | {("draw", step.name)}
        case step_types.Send():
            return after | consents_needed(step)
        case step_types.Notify() | step_types.Stop():
            return after
        case _:
            assert_never(step)


def _values(step: step_types.RunStep, following: Iterable[Node]) -> Mapping[Key, frozenset[Any]]:
    cases = step.cases if isinstance(step, step_types.Branch) else ()
    found = [item for case in cases for item in values_in(case.when)]
    found += (item for node in following for item in node.values.items())
    values: dict[Key, frozenset[Any]] = {}
    for key, told_apart in found:
        values[key] = values.get(key, frozenset()) | told_apart
    return values


def _with_heard(node: Node, step: step_types.RunStep, then: Node, ways: Mapping[Location, Node]) -> Node:
    """The node, with what is taken although it came before: when a step hears something, that ends."""
    following = [then, *ways.values()]
    heard = _all_of(other.heard for other in following)
    at_once = _all_of(other.heard_at_once for other in following)
    since_start = _all_of(other.heard_since_start for other in following)
    match step:
        case step_types.Ask() if step.content is not None:
            # A question that is not sent is not heard.
            heard = ways[NOT_SENT].heard if NOT_SENT in ways else frozenset()
        case step_types.Ask() | step_types.WaitEvent():
            kinds = _taken_early(step)
            heard, at_once = then.heard, kinds | then.heard_at_once
            if isinstance(step, step_types.Ask):
                again = (ways[RETRY].heard,) if RETRY in ways else ()
                heard = kinds.union(heard, *again)
            elif step.since == "entry":
                since_start |= at_once
        case step_types.HandOver():
            heard, at_once = frozenset(), then.heard_at_once
        case step_types.Wait() | step_types.WaitUntil():
            at_once = heard
        case step_types.Branch():
            since_start |= _counted(step)
        case (
            step_types.Send() | step_types.WaitDate() | step_types.Split()
            | step_types.Notify() | step_types.Stop() | step_types.Tag() | step_types.Untag()
            | step_types.Set() | step_types.Agree() | step_types.Withdraw() | step_types.Award()
            | step_types.Give() | step_types.StartJourney() | step_types.EndJourney()
        ):  # fmt: skip
            pass
        case _:
            assert_never(step)
    return changed(node, heard=heard, heard_at_once=heard | at_once, heard_since_start=since_start)


def _taken_early(step: step_types.Ask | step_types.WaitEvent) -> frozenset[str]:
    """Kinds of events that a wait takes although they came before it, and that open an allowance."""
    if isinstance(step, step_types.Ask):
        return frozenset({TextReceived.kind, TAP})
    kinds = {step.pattern.event, *((TAP,) if step.pattern.event == TextReceived.kind else ())}
    return frozenset(kind for kind in kinds if act_of(kind) is not None)


def _counted(step: step_types.Branch) -> frozenset[str]:
    """Kinds of acts that the step counts since the start and that can happen in a run."""
    keys = {key for case in step.cases for key in keys_of(case.when)}
    return _all_of(map(kinds_counted, keys)) - {Followed.kind}


def kinds_counted(key: Key) -> frozenset[str]:
    """If a fact counts what the follower does in a run to open an allowance: the kinds of it, else none."""
    if key[0] != "event" or key[3] != "run" or act_of(key[1].event) is None:
        return frozenset()
    kind = key[1].event
    return frozenset({kind, TAP} if kind == TextReceived.kind else {kind})


def needs_window(content: Content) -> bool:
    """Whether a content leaves by a channel that needs an allowance."""
    return CHANNELS[content.kind].windowed


def is_optional(step: step_types.RunStep) -> bool:
    """Whether the step is a message that need not leave: there is a path or a channel for that."""
    parts = parts_of_step(step)
    if not parts.contents:
        return False
    has_path = any(name == NOT_SENT for name, _ in parts.paths)
    return has_path or not all(needs_window(content) for _, content in parts.contents)


def last_words(journey: Journey) -> frozenset[str]:
    """What a follower can say that ends a run at once, whatever is known: words of its goal and its exits."""
    ends = (condition for _, condition in endings_of(journey))
    alone = (
        condition.events[0]
        for condition in ends
        if condition == Condition(events=condition.events) and len(condition.events) == 1
    )
    return frozenset(
        keyword(word)
        for count in alone
        if count.pattern.event == TextReceived.kind and count.at_least == 1 and count.scope in ("run", "ever")
        for word in count.pattern.keywords
        if "*" not in word
    )


def at_start(journey: Journey, nodes: list[Node]) -> Facts:
    """What is known before the first step, without the trigger's condition."""
    questions = {key: NO_ANSWER for node in nodes for key in node.live if key[0] == "answer"}
    trigger = journey.trigger
    segment = (
        {("segment", trigger.name): TRUE} if trigger.event == SegmentEntered.kind and trigger.name else {}
    )
    known = {**questions, **scene_of(trigger), **segment}
    return known if act_of(trigger.event) is None else happened(known, trigger, nodes[-1].live)
