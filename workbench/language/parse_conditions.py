"""Conditions and patterns of events, as people write them."""

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from workbench.language.mistakes import nearest
from workbench.language.parse_values import LONGEST_APART, duration, time_of_day, weekday, whole_number
from workbench.language.source import Location, Source
from workbench.language.vocabulary import CONDITION, EVENT_COUNT, EVENTS, NEEDED, NEVER_HEARD, POINTS_RANGE


def read_pattern(
    source: Source, fields: Mapping[str, Node], at: Location, needed: Mapping[str, str] = NEEDED
) -> dict[str, Any]:
    """The event's kind and the fields that narrow it, among these fields.

    `needed` has the field that a kind cannot do without.
    """
    data: dict[str, Any] = {}
    kind = source.string(fields["event"], (*at, "event"), "`event`") if "event" in fields else ""
    if kind in EVENTS:
        data["event"] = kind
    elif kind:
        hint = nearest(kind, EVENTS)
        source.give_up((*at, "event"), fields["event"], f"`{kind}` is not a valid `event`", hint)
    if kind in needed and needed[kind] not in fields:
        message = f"`{needed[kind]}` is missing: name the {kind}"
        source.mistake(at, message, f"write `{needed[kind]}: …`")
    narrowing = EVENTS.get(kind)
    for name in fields:
        if name not in _NARROWING:
            continue
        if narrowing is None or name in narrowing:
            data |= _narrowed(source, name, fields[name], at)
        else:
            events = " or ".join(event for event, names in EVENTS.items() if name in names)
            source.mistake_at(fields[name], f"`{name}` belongs to the event {events}", "remove it")
    return data


_NARROWING = {name for names in EVENTS.values() for name in names}


def _narrowed(source: Source, name: str, node: Node, at: Location) -> dict[str, Any]:
    match name:
        case "keywords":
            return {name: source.strings(node, (*at, name), "a keyword")}
        case "points" | "total":
            return {"at_least": whole_number(source, node, (*at, "at_least"), f"`{name}`")}
        case "before" | "after" | "at":
            return read_moment_field(source, name, node, at)
        case "every":
            return {"weekday": weekday(source, node, (*at, "weekday"))}
        case "scene" | "key" | "url":
            return {name: source.string(node, (*at, name), f"`{name}`")}
        case _:  # the field that names a kind's own thing
            return {"name": source.string(node, (*at, "name"), f"`{name}`")}


def read_moment_field(source: Source, name: str, node: Node, at: Location) -> dict[str, Any]:
    """One of the fields that say which moment of a date is meant."""
    if name == "at":
        return {"time": time_of_day(source, node, (*at, "time"))}
    if (*at, "offset") in source:
        source.mistake_at(node, "`before` and `after` exclude each other", "remove one of them")
    seconds = duration(source, node, (*at, "offset"), LONGEST_APART)
    return {"offset": -seconds if name == "before" else seconds}


def read_heard(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    """The pattern of an event that is waited for or counted: what is only a time is none."""
    data = read_pattern(source, fields, at)
    if data.get("event") in NEVER_HEARD:
        hint = "`wait` takes a `date` or `until`" if "within" in fields else "it can only start a journey"
        source.mistake((*at, "event"), f"there is no `{data['event']}` to wait for", hint)
    return data


# --- conditions ----------------------------------------------------------------------------------


def read_condition(source: Source, node: Node, at: Location) -> dict[str, Any]:
    """What must hold. An empty condition is a mistake wherever it would decide something."""
    data: dict[str, Any] = {}
    if isinstance(node, MappingNode) and not node.value and at != ("trigger", "when"):
        source.mistake_at(
            node, "an empty condition always holds", "use `otherwise` for all remaining followers"
        )
    for name, value in source.fields(node, at, CONDITION, "a condition").items():
        data |= _held(source, name, value, at)
    return data


def _held(source: Source, name: str, node: Node, at: Location) -> dict[str, Any]:
    data: dict[str, Any]
    match name:
        case "tag" | "without_tag" | "segment":
            data = {f"{name}s": source.strings(node, (*at, f"{name}s"), f"a {name.removeprefix('without_')}")}
        case "points":
            data = _balance(source, node, at)
        case "attribute":
            data = {"attributes": _by_name(source, node, (*at, "attributes"), "`attribute`", "a value")}
        case "date":
            data = {"dates": source.strings(node, (*at, "dates"), "a date")}
        case "answer":
            data = {"answers": _by_name(source, node, (*at, "answers"), "`answer`", "an answer")}
        case "event":
            data = {"events": _counts(source, node, (*at, "events"))}
        case "any":
            nodes = source.items(node, (*at, name), "`any`")
            data = {name: [read_condition(source, one, (*at, name, i)) for i, one in enumerate(nodes)]}
        case "not":
            data = {"none": read_condition(source, node, (*at, "none"))}
        case _:  # a field with one plain value
            flag = name in ("customer", "member")
            data = {name: (source.scalar if flag else source.string)(node, (*at, name), f"`{name}`")}
    return data


def _by_name(source: Source, node: Node, at: Location, what: str, value: str) -> dict[str, str]:
    fields = source.fields(node, at, None, what)
    if not fields and at not in source.broken:
        source.give_up(at, node, f"{what} is empty", "write `name: value`, or remove the field")
    return {name: source.string(one, (*at, name), value) for name, one in fields.items()}


def _balance(source: Source, node: Node, at: Location) -> dict[str, Any]:
    if not isinstance(node, MappingNode):
        return {"points_from": whole_number(source, node, (*at, "points_from"), "`points`")}
    fields = source.fields(node, (*at, "points"), POINTS_RANGE, "`points`")
    if not fields:
        source.mistake_at(node, "`points` has no bounds", "write `from`, `to` or both")
    return {
        f"points_{name}": whole_number(source, one, (*at, f"points_{name}"), f"`{name}`")
        for name, one in fields.items()
    }


def _counts(source: Source, node: Node, at: Location) -> list[dict[str, Any]]:
    nodes = source.items(node, at, "`event`") if isinstance(node, SequenceNode) else [node]
    return [_count(source, one, (*at, i)) for i, one in enumerate(nodes)]


def _count(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, EVENT_COUNT, "an event")
    source.note((*at, "pattern"), node)
    data: dict[str, Any] = {"pattern": read_heard(source, fields, (*at, "pattern"))}
    if "times" in fields:
        data["at_least"] = whole_number(source, fields["times"], (*at, "at_least"), "`times`")
    if "days" in fields:
        data["days"] = _days(source, fields["days"], (*at, "days"))
    if "scope" in fields:
        data["scope"] = source.string(fields["scope"], (*at, "scope"), "`scope`")
    return data


def _days(source: Source, node: Node, at: Location) -> int:
    days = whole_number(source, node, at, "`days`")
    if days not in (7, 30, 365) and isinstance(source.scalar(node, at, "`days`"), int):
        source.mistake(at, f"events cannot be counted over {days} days", "7, 30 or 365")
        return 7
    return days
