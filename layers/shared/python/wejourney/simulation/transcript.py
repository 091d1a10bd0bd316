"""A simulation as people read it: one line for each thing that happened, in the follower's own time."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from wejourney.domain.events import DATE, PAYMENT, POINTS, PROFILE, REFUND, SEGMENT, TAG
from wejourney.simulation.days import OF_THE_CALENDAR
from wejourney.simulation.happenings import Happening, What
from wejourney.simulation.words import WORDS

_STYLES: Mapping[What, str] = {
    What.EVENT: "bold cyan",
    What.SENT: "green",
    What.NOT_SENT: "bold red",
    What.REFUSED: "yellow",
    What.ENDED: "bold",
}
_OWN_FIELDS: Mapping[str, str] = {
    TAG: "Tag",
    POINTS: "Points",
    SEGMENT: "Segment",
    DATE: "Date",
    PAYMENT: "Total",
    REFUND: "Total",
}


def transcript(happenings: Iterable[Happening], zone: ZoneInfo, language: str, title: str = "") -> Table:
    """The table of what happened, with labels in `language`; what was said is as the follower reads it."""
    words = WORDS[language]
    happenings = tuple(happenings)
    several = len({one.journey for one in happenings if one.journey}) > 1
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for heading in ("time", "who", "step", "what", "allowance"):
        table.add_column(words[heading], no_wrap=heading in ("time", "who", "step"), overflow="fold")
    for one in happenings:
        step = f"{one.journey} {one.step}".strip() if several else one.step
        cells = (_time(one.at, zone), _who(one, words), step, _said(one, zone, words), _allowance(one, words))
        style = _STYLES.get(one.what, "")
        table.add_row(*(Text(cell, style=style if i == 1 else "") for i, cell in enumerate(cells)))
    return table


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M:%S}"


def _who(one: Happening, words: Mapping[str, str]) -> str:
    if one.what is not What.EVENT:
        return words[one.what.value]
    return words["calendar" if one.details["kind"] in OF_THE_CALENDAR else "person"]


def _said(one: Happening, zone: ZoneInfo, words: Mapping[str, str]) -> str:
    if one.what is What.EVENT:
        return _event(one, words)
    if one.what is What.WAITS:
        return f"{one.text} → {_time(one.details['until'], zone)}".strip()
    tell = _TELLERS.get(one.what)
    return one.text if tell is None else tell(one)


def _named(one: Happening) -> str:
    return ": ".join(part for part in (one.journey, one.text) if part)


_TELLERS: Mapping[What, Callable[[Happening], str]] = {
    What.SENT: lambda one: shown(one.details["content"]),
    What.NOT_SENT: lambda one: f"{shown(one.details['content'])} — {one.text}",
    What.ANSWERED: lambda one: f"{one.details['question']} = {one.text}",
    What.TIME_OVER: lambda one: str(one.details.get("question", "")),
    What.POINTS: lambda one: f"{one.details['points']:+d} → {one.details['balance']} ({one.text})",
    What.TOLD: lambda one: " ".join([one.text, *map(str, one.details.values())]),
    What.CALLED: lambda one: f"{one.details['kind']} {one.text}",
    What.STARTED: _named,
    What.REFUSED: _named,
    What.ENDED: _named,
}
"""What a line says, where that is more than its text."""


def _event(one: Happening, words: Mapping[str, str]) -> str:
    kind, fields = one.details["kind"], one.details["fields"]
    told = fields.get(_OWN_FIELDS.get(kind, "EventKey"), "")
    if kind == PROFILE:
        told = ", ".join(f"{name}={value}" for name, value in fields["Changes"].items())
    if fields.get("bizmsgmenuid"):
        return f"{words['tap']}: {fields['bizmsgmenuid']}"
    return ": ".join(str(part) for part in (words.get(kind, kind), one.text or told) if part != "")


def shown(content: Mapping[str, Any]) -> str:
    """A content as it is read on the phone, in lines."""
    match content["type"]:
        case "text" | "mass":
            return str(content["text"])
        case "news":
            return f"[{content['title']}] {content['description']}"
        case "menu":
            lines = (f"  ▸ {item['text']}" for item in content["items"])
            return "\n".join(part for part in (content["head"], *lines, content["tail"]) if part)
        case "template" | "notice":
            fields = (f"{name}: {value}" for name, value in content["data"].items())
            return "\n".join([f"[{content['template_id']}]", *fields])
        case "mini_program":
            return f"[{content['title']}] {content['page']}"
        case _:
            return f"[{content['type']}] {content.get('media_id', '')}"


def _allowance(one: Happening, words: Mapping[str, str]) -> str:
    if one.what is not What.SENT:
        return ""
    if "act" not in one.details:
        return words.get(one.details["channel"], one.details["channel"])
    left = one.details["left"]
    return words["left"].format(
        act=words[f"act {one.details['act']}"], left=words["any"] if left is None else left
    )
