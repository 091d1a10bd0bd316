"""Steps, as people write them."""

from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node

from workbench.language.parse_conditions import read_condition, read_heard, read_moment_field
from workbench.language.parse_contents import read_content, read_said, read_words
from workbench.language.parse_values import duration, moment, percent, whole_number
from workbench.language.source import Location, Source
from workbench.language.vocabulary import (
    ASK,
    AWARD,
    CASE,
    HAND_OVER,
    NOTIFY,
    OTHERWISE,
    SAID,
    SEND,
    SHARE,
    SPLIT,
    STEP,
    WAIT_DATE,
    WAIT_EVENT,
    WAIT_UNTIL,
    Fields,
)

_PATHS = ("unanswered", "not_sent", "otherwise")


def read_steps(source: Source, node: Node, at: Location) -> list[dict[str, Any]]:
    """A list of steps, each of which is one field."""
    steps = []
    for i, one in enumerate(source.items(node, at, f"`{at[-1]}`")):
        here = (*at, i)
        fields = source.fields(one, here, STEP, "a step")
        if len(fields) > 1:
            extra = list(fields)[1]
            message = f"one entry holds one step: `{extra}` is a separate step"
            source.mistake_at(fields[extra], message, "put `- ` before it")
        if not fields and here not in source.broken:
            source.broken.add(here)
        kind = next(iter(fields), None)
        steps.append({"kind": kind, **_READERS[kind](source, fields[kind], here)} if kind else {})
    return steps


# --- steps that talk -----------------------------------------------------------------------------


def _send(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, SEND, "`send`")
    data: dict[str, Any] = {"content": read_content(source, fields, (*at, "content"), "a message")}
    if data["content"] is None and not source.broken & {at, (*at, "content")}:
        source.give_up((*at, "content"), node, "`send` has no content", f"give it one of {', '.join(SAID)}")
    if "instead" in fields:
        nodes = source.items(fields["instead"], (*at, "instead"), "`instead`")
        data["instead"] = [
            read_said(source, one, (*at, "instead", i), "a message") for i, one in enumerate(nodes)
        ]
    return data | _plain(source, fields, at, "name", "purpose", "if_unsure") | _paths(source, fields, at)


def _ask(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, ASK, "`ask`")
    data: dict[str, Any] = {"content": read_content(source, fields, (*at, "content"), "a question")}
    if "choices" in fields:
        data["choices"] = _choices(source, fields["choices"], (*at, "choices"))
    for name in {"minimum", "maximum"} & fields.keys():
        data[name] = whole_number(source, fields[name], (*at, name), f"`{name}`")
    data |= _plain(source, fields, at, "name", "parse") | _limit(source, fields, at)
    return data | _paths(source, fields, at)


def _choices(source: Source, node: Node, at: Location) -> dict[str, list[str]]:
    fields = source.fields(node, at, None, "`choices`")
    if not fields and at not in source.broken:
        source.give_up(
            at, node, "`choices` is empty", "write `choice: words`, or remove it to accept any text"
        )
    return {name: source.strings(value, (*at, name), "a word") for name, value in fields.items()}


def _notify(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, NOTIFY, "`notify`")
    data = _plain(source, fields, at, "staff")
    return data | ({"text": read_words(source, fields["text"], (*at, "text"))} if "text" in fields else {})


def _hand_over(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, HAND_OVER, "`hand_over`")
    return _plain(source, fields, at, "staff") | _limit(source, fields, at)


# --- steps that wait -----------------------------------------------------------------------------


def _wait(source: Source, node: Node, at: Location) -> dict[str, Any]:
    if not isinstance(node, MappingNode):
        return {"kind": "wait", "seconds": duration(source, node, (*at, "seconds"))}
    names = [str(key.value) for key, _ in node.value]
    kind = next((kind for kind in _WAITS if kind in names), None)
    if kind is None:
        message = "`wait` is empty"
        source.give_up(at, node, message, "give a duration such as 2h, or one of until, date, event")
        return {}
    allowed, read = _WAITS[kind]
    fields = source.fields(node, at, allowed, f"a wait for `{kind}`" if kind != "until" else "`until`")
    return {"kind": kind, **read(source, fields, at)}


def _wait_until(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    return moment(source, fields["until"], (*at, "time"))


def _wait_date(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    data = _plain(source, fields, at, "date")
    for name in fields:
        if name in ("before", "after", "at"):
            data |= read_moment_field(source, name, fields[name], at)
    return data | _limit(source, fields, at) | _paths(source, fields, at)


def _wait_event(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    pattern = read_heard(source, fields, (*at, "pattern"))
    data = {"pattern": pattern, **_plain(source, fields, at, "since")}
    return data | _limit(source, fields, at) | _paths(source, fields, at)


_WAITS: Mapping[str, tuple[Fields, Callable[[Source, Mapping[str, Node], Location], dict[str, Any]]]] = {
    "until": (WAIT_UNTIL, _wait_until),
    "event": (WAIT_EVENT, _wait_event),
    "date": (WAIT_DATE, _wait_date),
}

# --- steps that choose ---------------------------------------------------------------------------


def _branch(source: Source, node: Node, at: Location) -> dict[str, Any]:
    cases: list[dict[str, Any]] = []
    data: dict[str, Any] = {"cases": cases}
    nodes = source.items(node, (*at, "cases"), "`branch`")
    for i, one in enumerate(nodes):
        here = (*at, "cases", i)
        fields = source.fields(one, here, (*CASE, *OTHERWISE), "a case of a branch")
        if "otherwise" not in fields:
            cases.append(_case(source, fields, here))
            continue
        if len(fields) > 1 or i != len(nodes) - 1:
            message = "`otherwise` is the last case of a branch and has no `when`"
            source.mistake_at(fields["otherwise"], message, "make it the last, separate case")
        data |= _paths(source, fields, at)
    if nodes and not cases:
        hint = "or replace the branch with the steps of `otherwise`"
        source.mistake((*at, "cases"), "a branch needs a case with `when` and `steps`", hint)
    return data


def _case(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if "when" in fields:
        data["when"] = read_condition(source, fields["when"], (*at, "when"))
    if "steps" in fields:
        data["steps"] = read_steps(source, fields["steps"], (*at, "steps"))
    return data


def _split(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, SPLIT, "`split`")
    data = _plain(source, fields, at, "name")
    if "shares" in fields:
        nodes = source.items(fields["shares"], (*at, "shares"), "`shares`")
        data["shares"] = [_share(source, one, (*at, "shares", i)) for i, one in enumerate(nodes)]
    return data


def _share(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, SHARE, "a share")
    data: dict[str, Any] = {}
    if "percent" in fields:
        data["percent"] = percent(source, fields["percent"], (*at, "percent"), "`percent`")
    if "steps" in fields:
        data["steps"] = read_steps(source, fields["steps"], (*at, "steps"))
    return data


# --- steps that change something, and steps that end the run ---------------------------------------


def _tag(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"tags": source.strings(node, (*at, "tags"), "a tag")}


def _set(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, (*at, "values"), None, "`set`")
    if not fields and (*at, "values") not in source.broken:
        source.give_up((*at, "values"), node, "`set` is empty", "write `name: value`")
    values = {name: source.string(one, (*at, "values", name), "a value") for name, one in fields.items()}
    return {"values": values}


def _award(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, AWARD, "`award`")
    data = _plain(source, fields, at, "reason")
    if "points" in fields:
        data["points"] = whole_number(source, fields["points"], (*at, "points"), "`points`")
    return data


def _coupon(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"kind": "give", "what": "coupon", "name": source.string(node, (*at, "name"), "a coupon")}


def _offer(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"kind": "give", "what": "offer", "name": source.string(node, (*at, "name"), "an offer")}


def _other_journey(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"journey": source.string(node, (*at, "journey"), "the name of a journey")}


def _goal(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"kind": "stop", "goal": True, "reason": source.string(node, (*at, "reason"), "the goal")}


def _stop(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"reason": source.string(node, (*at, "reason"), "the reason of a stop")}


# --- what several steps have -----------------------------------------------------------------------


def _plain(source: Source, fields: Mapping[str, Node], at: Location, *names: str) -> dict[str, Any]:
    return {name: source.string(fields[name], (*at, name), f"`{name}`") for name in names if name in fields}


def _limit(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    return {"within": duration(source, fields["within"], (*at, "within"))} if "within" in fields else {}


def _paths(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    names = [name for name in _PATHS if name in fields]
    return {name: read_steps(source, fields[name], (*at, name)) for name in names}


_READERS: Mapping[str, Callable[[Source, Node, Location], dict[str, Any]]] = {
    "send": _send,
    "ask": _ask,
    "notify": _notify,
    "hand_over": _hand_over,
    "wait": _wait,
    "branch": _branch,
    "split": _split,
    "tag": _tag,
    "untag": _tag,
    "set": _set,
    "award": _award,
    "coupon": _coupon,
    "offer": _offer,
    "start": _other_journey,
    "end": _other_journey,
    "goal": _goal,
    "stop": _stop,
}
