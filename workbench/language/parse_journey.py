"""From the words that marketers write to the fields of `workbench.language.journey`, as plain data.

Each reader takes a node and the place of its part in the journey; what it cannot read it reports.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from workbench.language.mistakes import nearest
from workbench.language.parse_conditions import read_condition, read_pattern
from workbench.language.parse_contents import read_said, read_words
from workbench.language.parse_steps import read_steps
from workbench.language.parse_values import LONGEST_APART, duration, hours, percent, whole_number
from workbench.language.source import Location, Source
from workbench.language.vocabulary import AGAIN, CONDITION, EXIT, JOURNEY, NEEDED_TO_START, TRIGGER


def read_journey(source: Source, node: Node) -> dict[str, Any]:
    """The whole file."""
    fields = source.fields(node, (), JOURNEY, "a journey")
    return {name: _READERS[name](source, value, (name,)) for name, value in fields.items()}


def _priority(source: Source, node: Node, at: Location) -> int:
    return whole_number(source, node, at, "`priority`")


_OF_THE_PROFILE = {name: f"write `when: {{{name}: …}}`" for name in CONDITION if name not in TRIGGER}
"""What a trigger asks of the person, not of the event."""


def _trigger(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, TRIGGER, "a trigger", _OF_THE_PROFILE)
    if isinstance(fields.get("event"), SequenceNode):
        hint = "write one file per event, and let each of them `start` a further file with the shared steps"
        source.give_up((*at, "event"), fields.pop("event"), "a journey has one trigger event", hint)
    data = read_pattern(source, fields, at, NEEDED_TO_START)
    if "when" in fields:
        data["when"] = read_condition(source, fields["when"], (*at, "when"))
    return data


def _again(source: Source, node: Node, at: Location) -> dict[str, Any]:
    if not isinstance(node, MappingNode):
        mode = source.string(node, at, "`again`")
        if mode not in ("always", "never") and at not in source.broken:
            hint = nearest(mode, ("always", "never", "{after: 30d}", "{per: order}"))
            source.mistake(at, f"`{mode}` is not a valid `again`", hint)
            return {}
        return {"mode": mode}
    fields = source.fields(node, at, AGAIN, "`again`")
    if len(fields) != 1:
        source.mistake(at, "`again` takes exactly one field", "`after` or `per`")
        return {}
    if "after" in fields:
        return {
            "mode": "after",
            "seconds": duration(source, fields["after"], (*at, "seconds"), LONGEST_APART),
        }
    return {"mode": "per", "key": source.string(fields["per"], (*at, "key"), "`per`")}


def _holdout(source: Source, node: Node, at: Location) -> int:
    return percent(source, node, at, "`holdout`")


def _exits(source: Source, node: Node, at: Location) -> list[dict[str, Any]]:
    return [_exit(source, one, (*at, i)) for i, one in enumerate(source.items(node, at, "`exits`"))]


def _exit(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, EXIT, "an exit")
    data: dict[str, Any] = {}
    if "when" in fields:
        data["when"] = read_condition(source, fields["when"], (*at, "when"))
    if "reason" in fields:
        data["reason"] = source.string(fields["reason"], (*at, "reason"), "`reason`")
    return data


def _opening(source: Source, node: Node, at: Location) -> dict[str, Any] | None:
    return read_said(source, node, at, "an opening")


_READERS: Mapping[str, Callable[[Source, Node, Location], Any]] = {
    "title": read_words,
    "priority": _priority,
    "trigger": _trigger,
    "again": _again,
    "quiet": hours,
    "holdout": _holdout,
    "goal": read_condition,
    "exits": _exits,
    "opening": _opening,
    "steps": read_steps,
}
