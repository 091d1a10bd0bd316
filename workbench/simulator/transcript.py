"""A simulation as people read it: one line for each thing that happened, in the follower's own time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from wejourney.events.events import CHAT_CLOSED, DATE, JOURNEY, MINI_PROGRAM, POINTS, PROFILE, SEGMENT, TAG
from wejourney.journeys.definition import Journey
from wejourney.journeys.serialization import pattern_from
from workbench.simulator.days import OF_THE_CALENDAR
from workbench.simulator.labels import awaited
from workbench.simulator.reasons import end, in_local_time, reason
from workbench.simulator.trace import TraceEvent, What
from workbench.simulator.words import WORDS
from workbench.wording.journey_parts import Wording
from workbench.wording.phrases import Language

_FEN = 100
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
    MINI_PROGRAM: "Name",
    "location": "Label",
}


def transcript(
    happenings: Iterable[TraceEvent], zone: ZoneInfo, language: Language, title: str = ""
) -> Table:
    """The table of what happened, with labels in `language`; what was said is as the follower reads it."""
    words = WORDS[language]
    happenings = tuple(happenings)
    several = len({one.journey for one in happenings if one.journey}) > 1
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for heading in ("time", "kind", "step", "what", "allowance"):
        table.add_column(words[heading], no_wrap=heading in ("time", "kind", "step"), overflow="fold")
    teller = _Teller(zone, language)
    for one in happenings:
        step = f"{one.journey} {one.step}".strip() if several else one.step
        cells = (_time(one.at, zone), _kind(one, words), step, teller.said(one), _allowance(one, words))
        style = _STYLES.get(one.what, "")
        table.add_row(*(Text(cell, style=style if i == 1 else "") for i, cell in enumerate(cells)))
    return table


def not_entered(
    name: str, journey: Journey, happenings: Iterable[TraceEvent], language: Language
) -> str | None:
    """That nothing began the journey for somebody; None when it did, or a line of the table says why not."""
    if any(one.journey == journey.name for one in happenings):
        return None
    wording = Wording(language)
    trigger = wording.join([wording.event(journey.trigger), *wording.trigger(journey.trigger)])
    return WORDS[language]["not entered"].format(name=name, journey=journey.name, trigger=trigger)


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M:%S}"


_WHO = {
    **dict.fromkeys(OF_THE_CALENDAR, "calendar"),
    **dict.fromkeys((TAG, SEGMENT, PROFILE, POINTS), "system"),
    CHAT_CLOSED: "staff",
}
"""Who does what the follower does not do."""


def _kind(one: TraceEvent, words: Mapping[str, str]) -> str:
    if one.what is What.EVENT:
        return words[_WHO.get(one.details["kind"], "person")]
    return words["moved" if one.details.get("moved") else one.what.value]


@dataclass(frozen=True)
class _Teller:
    """Says what happened, in a language and the times of a zone."""

    zone: ZoneInfo
    language: Language

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def said(self, one: TraceEvent) -> str:
        """What a line says."""
        match one.what:
            case What.EVENT:
                return event_said(one.details["kind"], one.details["fields"], self.words, one.text)
            case What.SENT:
                return shown(one.details["content"])
            case What.NOT_SENT:
                return f"{shown(one.details['content'])} — {self._reason(one)}"
            case What.STARTED | What.REFUSED | What.ENDED:
                return ": ".join(part for part in (one.journey, self._reason(one)) if part)
            case What.WAITS | What.CAME | What.REACHED | What.TIME_OVER:
                return self._waiting(one)
            case _:
                return self._doing(one)

    def _waiting(self, one: TraceEvent) -> str:
        pattern = one.details.get("pattern")
        what = one.text or one.details.get("question") or one.details.get("date", "")
        if pattern is not None:
            what = awaited(pattern_from(pattern), Wording(self.language))
        if one.what is What.WAITS:
            return f"{what} → {_time(one.details['until'], self.zone)}".strip()
        if one.what is What.TIME_OVER:
            return self.words["no answer" if "question" in one.details else "not happened"].format(what=what)
        return str(what)

    def _doing(self, one: TraceEvent) -> str:
        details = one.details
        match one.what:
            case What.ANSWERED:
                return f"{details['question']} = {one.text}"
            case What.WAY:
                name, number = one.text.rstrip("0123456789"), one.text.lstrip("abcdefghijklmnopqrstuvwxyz")
                return self.words[name].format(n=number)
            case What.POINTS:
                return f"{details['points']:+d} → {details['balance']} ({one.text})"
            case What.TOLD:
                return self.words[one.text].format(**details)
            case What.CALLED:
                phrase = "starts" if details["kind"] == JOURNEY else "ends"
                return Wording(self.language).say(phrase, text=one.text)
            case _:
                return one.text or self.words["nothing"]

    def _reason(self, one: TraceEvent) -> str:
        if one.what is What.ENDED:
            return end(one.text, self.language)
        return reason(in_local_time(one.text, self.zone, one.at), self.language)


def event_said(kind: str, fields: Mapping[str, Any], words: Mapping[str, str], text: str = "") -> str:
    """An event in words, with what is said in it."""
    told = fields.get(_OWN_FIELDS.get(kind, "EventKey"), "")
    if kind == PROFILE:
        told = ", ".join(f"{name}={value}" for name, value in fields["Changes"].items())
    if "Total" in fields:
        told = f"¥{int(fields['Total']) / _FEN:.2f}"
    if fields.get("bizmsgmenuid"):
        return f"{words['tap']}: {fields['bizmsgmenuid']}"
    return ": ".join(str(part) for part in (words.get(kind, kind), text or told) if part != "")


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


def _allowance(one: TraceEvent, words: Mapping[str, str]) -> str:
    if one.what is not What.SENT:
        return ""
    if "act" not in one.details:
        return words.get(one.details["channel"], one.details["channel"])
    left = one.details["left"]
    return words["left"].format(
        act=words[f"act {one.details['act']}"], left=words["any"] if left is None else left
    )
