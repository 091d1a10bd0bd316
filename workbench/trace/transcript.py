"""A trace as people read it: a line for each event, in the follower's own time and the reader's language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from wejourney.events.event_types import ProfileChanged
from wejourney.loyalty.accounts import Pocket
from wejourney.loyalty.transactions import Kind
from workbench.language.journey import Journey
from workbench.trace import trace_events
from workbench.wording.journey_parts import Wording
from workbench.wording.phrases import phrase
from workbench.wording.picture_phrases import Language
from workbench.wording.reason_words import ReasonWords
from workbench.wording.report_phrases import WORDS


@dataclass(frozen=True)
class Line:
    """What a transcript says of an event; `style` is that of its kind, as Rich names it."""

    kind: str
    what: str
    allowance: str = ""
    style: str = ""


def transcript(
    events: Iterable[trace_events.TraceEvent], zone: ZoneInfo, language: Language, title: str = ""
) -> Table:
    """The table of a trace, with labels in `language`; messages are as the follower reads them.

    Times of another year than that in which the first run starts, or else of the last event, have theirs.
    """
    words = WORDS[language]
    narrator = Narrator(zone, language)
    told = [(event, line) for event in events if (line := narrator.line(event)) is not None]
    starts = (event.at for event, _ in told if isinstance(event, trace_events.RunStarted))
    start = next(starts, told[-1][0].at if told else None)
    several = len({event.journey for event, _ in told if event.journey}) > 1
    # Times mean nothing without their zone.
    title = f"{title}{narrator.zone_note()}" if title else ""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for heading in ("time", "kind", "step", "what", "allowance"):
        table.add_column(words[heading], no_wrap=heading in ("time", "kind", "step"), overflow="fold")
    for event, line in told:
        step = f"{event.journey} {event.step}".strip() if several else event.step
        kind = Text(line.kind, style=line.style)
        table.add_row(
            narrator.time(event.at, start or event.at), kind, *map(Text, (step, line.what, line.allowance))
        )
    return table


def not_entered(
    name: str, journey: Journey, events: Iterable[trace_events.TraceEvent], language: Language
) -> str | None:
    """That nothing began the journey for somebody; None when it did, or a line of the table says why not."""
    if any(event.journey == journey.name for event in events):
        return None
    wording = Wording(language)
    trigger = wording.join([wording.event(journey.trigger.event), *wording.trigger(journey.trigger)])
    return WORDS[language]["not entered"].format(name=name, journey=journey.name, trigger=trigger)


def path_in_words(event: trace_events.BranchTaken, wording: Wording) -> str:
    """Which path a run took, with the condition or the size that leads to it."""
    match event.way:
        case "case" | "until":
            why = "" if event.when is None else wording.condition(event.when)
        case "share":
            why = "" if event.percent is None else wording.say("percent", n=event.percent)
        case "otherwise" | "round":
            why = ""
        case _:
            assert_never(event.way)
    note = wording.say("note", text=why) if why else ""
    return WORDS[wording.language][event.way].format(n=event.number) + note


@dataclass(frozen=True)
class Narrator:
    """Says what happened, in a language and in the times of a zone."""

    zone: ZoneInfo
    language: Language

    def time(self, at: datetime, beside: datetime) -> str:
        """A time that is read beside another one: with its year, if that is another one."""
        local = at.astimezone(self.zone)
        form = "%m-%d %H:%M:%S" if local.year == beside.astimezone(self.zone).year else "%Y-%m-%d %H:%M:%S"
        return f"{local:{form}}"

    def zone_note(self) -> str:
        return Wording(self.language).say(
            "note", text=WORDS[self.language]["zone"].format(zone=self.zone.key)
        )

    def gives_nothing(self, nothing: Mapping[str, str]) -> Iterator[str]:
        """Why each rule of the programme gave nothing for an event."""
        words = WORDS[self.language]
        return (words["gives nothing"].format(rule=rule, why=words[why]) for rule, why in nothing.items())

    def line(self, event: trace_events.TraceEvent) -> Line | None:
        """The line of an event; None for what another line tells already."""
        words, reasons = WORDS[self.language], ReasonWords(self.language, self.zone)
        match event:
            case trace_events.EventReceived(event=received):
                is_review = isinstance(received.body, ProfileChanged) and not received.body.changes
                if event.by_run or is_review:
                    return None
                known = words["told_again"] if received.told_again else ""
                where = words["in account"].format(name=event.account) if event.account else ""
                nothing = self.gives_nothing(event.nothing)
                unranked = words["does not count"].format(why=words[event.unranked]) if event.unranked else ""
                told = (reasons.received(received.body), where, known, event.note, *nothing, unranked)
                what = "\n".join(filter(None, told))
                return Line(words[received.body.type.actor], what, style="bold cyan")
            case trace_events.RunStarted():
                spoken = words["speaks to"].format(name=event.speaks_to) if event.speaks_to else ""
                what = reasons.join([event.journey, event.key], "colon")
                return Line(words["started"], "\n".join(filter(None, (what, spoken))))
            case trace_events.JourneyRefused():
                what = reasons.join([event.journey, reasons(event.reason)], "colon")
                return Line(words["refused"], what, style="yellow")
            case trace_events.RunEnded():
                what = reasons.join([event.journey, reasons(event.end)], "colon")
                return Line(words["ended"], what, style="bold")
            case trace_events.GoalWindowOpened() | trace_events.GoalCounted():
                return self._goal(event)
            case (
                trace_events.MessageSent() | trace_events.MessageNotSent() | trace_events.MessageUnknown()
                | trace_events.MessagePending()
            ):  # fmt: skip
                return self._message(event)
            case trace_events.WaitStarted():
                what = f"{self._awaited(event.awaited)} → {self.time(event.until, event.at)}".strip()
                return Line(words["waits"], what)
            case trace_events.QuietPause():
                return Line(words["waits"], f"{words['quiet hours']} → {self.time(event.until, event.at)}")
            case trace_events.Answered():
                return Line(words["answered"], f"{event.question} = {event.answer}")
            case trace_events.WaitEnded():
                kind = "reached" if isinstance(event.awaited, trace_events.AwaitedDate) else "came"
                return Line(words[kind], self._awaited(event.awaited))
            case trace_events.DateMoved() | trace_events.DatePassed():
                kind = "moved" if isinstance(event, trace_events.DateMoved) else "passed"
                return Line(words[kind], event.date)
            case trace_events.TimedOut(awaited=awaited):
                late = "no answer" if isinstance(awaited, trace_events.AwaitedAnswer) else "not happened"
                what = words[late].format(what=self._awaited(awaited)) if awaited is not None else ""
                return Line(words["time_over"], what)
            case trace_events.BranchTaken():
                return Line(words["way"], path_in_words(event, reasons))
            case (
                trace_events.TagsChanged() | trace_events.ProfileChanged() | trace_events.ConsentChanged()
                | trace_events.CouponIssued() | trace_events.PointsChanged()
            ):  # fmt: skip
                return self._change(event)
            case trace_events.Published():
                return Line(words["told"], words[event.event].format(**event.detail))
            case trace_events.JourneyCalled():
                phrase = "starts" if event.operation == "journey" else "ends"
                return Line(words["called"], reasons.say(phrase, text=event.called))
            case _:
                assert_never(event)

    def _change(self, event: trace_events.ChangeEvent) -> Line:
        words, reasons = WORDS[self.language], ReasonWords(self.language, self.zone)
        match event:
            case trace_events.TagsChanged():
                signs = (*(f"+{tag}" for tag in event.added), *(f"-{tag}" for tag in event.removed))
                return Line(words["tags"], " ".join(signs) or words["nothing"])
            case trace_events.ProfileChanged():
                told = [f"{name}={value}" for name, value in event.values.items()]
                told += [
                    words["rejected"].format(name=name, value=value) for name, value in event.rejected.items()
                ]
                return Line(words["profile"], ", ".join(told) or words["nothing"])
            case trace_events.ConsentChanged():
                return Line(words["agrees" if event.given else "withdraws"], event.purpose)
            case trace_events.CouponIssued():
                what = words["none left"].format(name=event.name) if event.none_left else event.name
                return Line(words["coupon"], what)
            case trace_events.PointsChanged():
                return Line(words["points"], self._points(event, reasons))
            case _:
                assert_never(event)

    def _points(self, event: trace_events.PointsChanged, wording: Wording) -> str:
        """`+50 → 80 (told us the occasion)`, `+199 pending (purchases)`."""
        waiting = {Pocket.PENDING: event.pending, Pocket.UNCLAIMED: event.unclaimed}
        gains = {pocket: amount for pocket, amount in waiting.items() if amount > 0}
        parts = [f"{event.points:+d} → {event.balance}"] if event.points else []
        for pocket, amount in (gains if gains or parts else waiting).items():
            if amount:
                named = phrase("amount in pocket", amount=f"{amount:+d}", pocket=phrase(f"pocket {pocket}"))
                parts.append(named.in_words(self.language))
        kind = "" if event.kind == Kind.EARN else phrase(f"kind {event.kind}").in_words(self.language)
        why = wording.join([part for part in (kind, event.reason) if part], "colon")
        return wording.join(parts, "list") + (wording.say("note", text=why) if why else "")

    def _goal(self, event: trace_events.GoalEvent) -> Line | None:
        """A goal that is reached during a run is told by the run's end."""
        if isinstance(event, trace_events.GoalWindowOpened) or not event.afterwards:
            return None
        words, reasons = WORDS[self.language], ReasonWords(self.language, self.zone)
        what = words["goal without entry" if event.held_out else "goal afterwards"]
        return Line(words["goal"], reasons.join([event.journey, what], "colon"), style="bold")

    def _message(self, event: trace_events.MessageEvent) -> Line:
        words, reasons = WORDS[self.language], ReasonWords(self.language, self.zone)
        match event:
            case trace_events.MessageSent():
                allowance = reasons.sent(event.channel, event.act, event.left, event.reading)
                return Line(words["sent"], shown(event.content), allowance, "green")
            case trace_events.MessageNotSent() | trace_events.MessageUnknown():
                kind = "not_sent" if isinstance(event, trace_events.MessageNotSent) else "unknown"
                what = f"{shown(event.content)} — {reasons(event.reason)}"
                return Line(words[kind], what, style="bold red")
            case trace_events.MessagePending():
                return Line(words["busy" if event.busy else "pending"], shown(event.content))
            case _:
                assert_never(event)

    def _awaited(self, awaited: trace_events.Awaited | None) -> str:
        match awaited:
            case trace_events.AwaitedAnswer():
                return awaited.question
            case trace_events.AwaitedEvent():
                return Wording(self.language).awaited(awaited.pattern)
            case trace_events.AwaitedDate():
                return awaited.date
            case None:
                return ""
            case _:
                assert_never(awaited)


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
        case _:  # a picture
            return f"[{content['type']}] {content.get('media_id', '')}"
