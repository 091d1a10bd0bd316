"""What a persona does, as people write it, and the event that it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ruamel.yaml.nodes import Node

from wejourney.people.followers import SOURCES
from wejourney.people.profile_fields import expected
from workbench.language.mistakes import nearest
from workbench.language.parse_values import duration, whole_number
from workbench.language.source import Location, Source
from workbench.simulator.deployment import ScriptedEvent

type Fields = dict[str, Any]
type Reader = Callable[[Source, Node, Location], tuple[str, Fields]]


@dataclass(frozen=True)
class ReadDeed:
    """A deed, and the source of a follow, which WeChat tells only when it is asked."""

    deed: ScriptedEvent
    source: str | None = None


def read_deed(
    source: Source, node: Node, at: Location, known: Mapping[str, Reader], when: str = "at"
) -> ReadDeed:
    """One deed: what is done, and `when`, which is at once if it is left out."""
    mistakes = len(source.mistakes)
    fields = source.fields(node, at, (when, *known), "an act")
    done = [name for name in fields if name != when]
    after = _after(source, fields.get(when), (*at, when))
    if len(done) != 1:
        if len(source.mistakes) == mistakes:
            source.mistake_at(node, "an act does one thing", f"one of {', '.join(known)}")
        return ReadDeed(ScriptedEvent(after, ""))
    kind, told = known[done[0]](source, fields[done[0]], (*at, done[0]))
    origin = told.pop("source", None)
    return ReadDeed(ScriptedEvent(after, kind, told), origin)


def _after(source: Source, node: Node | None, at: Location) -> timedelta:
    if node is None or str(node.value) in ("0", "0s", "0m", "0h", "0d"):
        return timedelta(0)
    return timedelta(seconds=duration(source, node, at))


def _follow(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
    fields = source.fields(node, at, ("scene", "source"), "`follow`")
    told: Fields = {}
    if "scene" in fields:
        told["EventKey"] = f"qrscene_{source.string(fields['scene'], (*at, 'scene'), '`scene`')}"
    if "source" in fields:
        told["source"] = source.string(fields["source"], (*at, "source"), "`source`")
        if told["source"] not in SOURCES.values():
            hint = nearest(told["source"], SOURCES.values())
            source.mistake((*at, "source"), f"`{told['source']}` is no source of a follow", hint)
    return "follow", told


def _said(field: str) -> Reader:
    def read(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
        said = source.string(node, at, f"`{at[-1]}`")
        return "text", {"Content": said} | ({field: said} if field else {})

    return read


def _one(kind: str, field: str) -> Reader:
    """A deed with one value."""

    def read(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
        return kind, {field: source.string(node, at, f"`{at[-1]}`")}

    return read


def _paid(kind: str) -> Reader:
    def read(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
        fields = source.fields(node, at, ("order", "total"), f"`{kind}`")
        told: Fields = {}
        if "order" in fields:
            told["Order"] = source.string(fields["order"], (*at, "order"), "`order`")
        if "total" in fields:
            told["Total"] = whole_number(source, fields["total"], (*at, "total"), "`total`, in fen,", least=1)
        return kind, told

    return read


def _mini_program(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
    fields = source.fields(node, at, None, "`mini_program`")
    if "name" not in fields:
        source.mistake(at, "`name` is missing: it says what happened in the mini program")
    told = {name: source.string(one, (*at, name), f"`{name}`") for name, one in fields.items()}
    return "mini_program", {name.capitalize(): value for name, value in told.items()}


def _profile(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
    fields = source.fields(node, at, None, "`profile`")
    changes = {name: source.string(one, (*at, name), "a value") for name, one in fields.items()}
    for name, value in changes.items():
        wanted = expected(name, value) if value else None
        if wanted is not None:
            source.mistake((*at, name), f"`{value}` cannot be `{name}`", wanted)
    return "profile", {"Changes": changes}


def _plain(kind: str) -> Reader:
    """A deed that is all said with its name: `unfollow: true`."""

    def read(source: Source, node: Node, at: Location) -> tuple[str, Fields]:
        if source.scalar(node, at, f"`{at[-1]}`") is not True:
            source.mistake(at, f"`{at[-1]}` takes only `true`", "leave the act out if it does not happen")
        return kind, {}

    return read


DEEDS: Mapping[str, Reader] = {
    "follow": _follow,
    "scan": _one("scan", "EventKey"),
    "say": _said(""),
    "tap": _said("bizmsgmenuid"),
    "click": _one("click", "EventKey"),
    "view": _one("view", "EventKey"),
    "image": _one("image", "MediaId"),
    "voice": _one("voice", "MediaId"),
    "video": _one("video", "MediaId"),
    "location": _one("location", "Label"),
    "link": _one("link", "Url"),
    "pay": _paid("payment"),
    "refund": _paid("refund"),
    "mini_program": _mini_program,
    "segment": _one("segment", "Segment"),
    "tag": _one("tag", "Tag"),
    "profile": _profile,
    "unfollow": _plain("unfollow"),
    "agent_closes": _plain("chat_closed"),
}
"""What a persona can do, or what can be told of them, as `wejourney emit` and `set-profile` do."""
