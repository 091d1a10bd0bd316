"""What happened in a run, line by line: from the phone, from the product's records and from the engine."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from infra.sandbox.personas import Persona
from wejourney.events.events import InboundEvent
from wejourney.events.registry import EventBody, Followed, TextReceived
from wejourney.journeys.runs import ANSWERED
from wejourney.loyalty.ledger import StatementLine
from wejourney.reasons import run_end_from
from workbench.wording.reason_words import ReasonWords

ZONE = ZoneInfo("Asia/Shanghai")
_WIDEST = 64

FUNNEL_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {},
    "zh": {
        "funnel of": "旅程漏斗：",
        "step": "步骤",
        "entered": "到达",
        "sent": "已发送",
        "not sent": "未发送",
        "held out": "对照组",
        "answered": "已回答",
        "unanswered": "未回答",
        "runs": "运行",
    },
}
"""The headings of a funnel by language."""

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "follow": "follows", "unfollow": "leaves", "text": "says", "click": "clicks", "scan": "scans",
        "run": "journey", "wait": "wait", "branch": "branch", "tags": "tags", "points": "points",
        "unanswered": "no answer", "answered": "answer", "passive": "passive reply", "custom": "message",
        "no_allowance": "needs no allowance", "left": "allowed by {act}, {left} of {all} left",
        "day": "day", "person": "person", "about": "who", "profile": "profile", "balance": "points",
        "refusals": "refusals", "incomplete": "did not complete {journey}", "any": "any number",
        "people": "after 48 hours", "unasked": "came by itself",
    },
    "zh": {
        "follow": "关注", "unfollow": "取消关注", "text": "说", "click": "点击菜单", "scan": "扫码",
        "run": "旅程", "wait": "等待", "branch": "分支", "tags": "标签", "points": "积分",
        "unanswered": "未回答", "answered": "回答", "passive": "被动回复", "custom": "客服消息",
        "no_allowance": "不占用下发额度", "left": "额度来自 {act}，{all} 条中剩余 {left} 条",
        "day": "第", "person": "人物", "about": "身份", "profile": "档案", "balance": "积分",
        "refusals": "被拒绝的调用", "incomplete": "未走完 {journey}", "any": "不限",
        "people": "48 小时之后", "unasked": "自行到来",
    },
}  # fmt: skip


@dataclass(frozen=True)
class TraceEvent:
    """One line of the transcript. `rank` orders what happened at the same moment: cause before effect."""

    at: datetime
    rank: int
    openid: str
    kind: str
    text: str


def from_phone(
    openid: str,
    messages: Iterable[Mapping[str, Any]],
    spent: Iterable[Mapping[str, Any]],
    labels: Mapping[str, str],
) -> Iterator[TraceEvent]:
    """What the person received, and the allowance that it took."""
    used = iter(spent)
    for message in messages:
        channel = message["channel"]
        allowance = labels["no_allowance"] if channel == "passive" else _allowance(next(used), labels)
        text = (
            f"{message['type']} [dim]({allowance})[/] {escape(summary(message['type'], message['content']))}"
        )
        yield TraceEvent(datetime.fromisoformat(message["at"]), 5, openid, channel, text)


def _allowance(spent: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    if spent["left"] is None:
        return labels["left"].format(act=spent["act"], left=labels["any"], all=labels["any"])
    return labels["left"].format(act=spent["act"], left=spent["left"] - 1, all=spent["left"])


def summary(kind: str, content: Any) -> str:
    """The words of a message in one short line."""
    match kind:
        case "text":
            words = str(content)
        case "news":
            words = str(content["articles"][0]["title"])
        case "msgmenu":
            lines = " / ".join(str(line["content"]) for line in content["list"])
            words = f"{content['head_content']} [{lines}]"
        case _:  # a picture or a card
            words = str(content.get("title") or content.get("media_id") or "")
    line = " ".join(words.split())
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…"


def from_records(
    openid: str,
    timeline: Iterable[Mapping[str, Any]],
    statement: Iterable[StatementLine],
    source: str | None,
    words: ReasonWords,
) -> Iterator[TraceEvent]:
    """What the product has on record: acts, runs, unanswered questions, tags, points.

    `source` is where the person came from, which a follow without a QR code does not say itself.
    """
    for entry in timeline:
        at = datetime.fromisoformat(entry["at"])
        match entry["kind"]:
            case "event":
                body = InboundEvent.from_dict(entry["event"]).body
                said = _act(body) or (escape(source or "") if isinstance(body, Followed) else "")
                yield TraceEvent(at, 0, openid, body.kind, said)
            case "run":
                yield TraceEvent(at, 1, openid, "run", f"▶ {entry['journey']} [dim]{entry['version']}[/]")
                if entry.get("ended_at"):
                    ended = datetime.fromisoformat(entry["ended_at"])
                    yield TraceEvent(
                        ended, 9, openid, "run", f"■ {entry['journey']} {words(run_end_from(entry['end']))}"
                    )
            case "answer" if entry["outcome"] == ANSWERED:
                said = f"{entry['name']} = {escape(entry['answer'])}" if entry.get("name") else ""
                yield TraceEvent(at, 1, openid, "answered", said)
            case "answer":
                yield TraceEvent(at, 1, openid, "unanswered", "")
            case "change":
                signs = [f"+{tag}" for tag in entry.get("added") or ()]
                signs += [f"-{tag}" for tag in entry.get("removed") or ()]
                signs += [f"{name}={value}" for name, value in (entry.get("values") or {}).items()]
                yield TraceEvent(at, 3, openid, "tags", " ".join(signs))
            case _:  # messages, which the inbox of the person has
                pass
    for line in statement:
        yield TraceEvent(line.at, 4, openid, "points", f"{line.points:+d} {escape(line.reason)}")


def _act(body: EventBody) -> str:
    """What was typed, tapped or scanned."""
    item = body.menu_item if isinstance(body, TextReceived) else None
    return escape(body.detail) + (f" [dim](tap: {escape(item)})[/]" if item is not None else "")


def from_engine(openid: str, history: Iterable[Mapping[str, Any]]) -> Iterator[TraceEvent]:
    """The waits and branches of a run, as Step Functions went through them."""
    branch: TraceEvent | None = None
    for event in history:
        details = event.get("stateEnteredEventDetails")
        if details is None:
            continue
        at = event["timestamp"]
        if branch is not None:
            yield replace(branch, text=f"{branch.text} → {escape(details['name'])}")
            branch = None
        if event["type"] == "WaitStateEntered":
            step, _, length = details["name"].partition(" Wait ")
            yield TraceEvent(at, 6, openid, "wait", f"{escape(length)} [dim]({escape(step)})[/]")
        elif event["type"] == "ChoiceStateEntered":
            branch = TraceEvent(at, 2, openid, "branch", escape(details["name"].partition(" ")[0]))


class Transcript:
    """Prints what happened, in the order of virtual time."""

    def __init__(self, console: Console, personas: Iterable[Persona], language: str) -> None:
        self._console = console
        self._personas = {persona.openid: persona for persona in personas}
        self._labels = LABELS[language]
        self._seen: set[TraceEvent] = set()
        self._new: list[TraceEvent] = []
        self._followed: dict[str, datetime] = {}

    def add(self, happenings: Iterable[TraceEvent]) -> None:
        """Take what is new."""
        new = [happening for happening in happenings if happening not in self._seen]
        self._seen.update(new)
        self._new.extend(new)

    def print(self) -> None:
        """Print what is new, once nothing is in flight that could still come before it."""
        for line in sorted(self._new, key=lambda line: (line.at, line.rank)):
            self._print(line)
        self._new.clear()

    def _print(self, line: TraceEvent) -> None:
        persona = self._personas[line.openid]
        if line.kind == "follow":
            self._followed.setdefault(line.openid, line.at)
        since = line.at - self._followed.get(line.openid, line.at)
        hours, minutes = divmod(int(since.total_seconds()) // 60, 60)
        days, hours = divmod(hours, 24)
        self._console.print(
            f"[dim]{line.at.astimezone(ZONE):%m-%d %H:%M}[/]  {days + 1}d {hours:02}:{minutes:02}"
            f"  [{persona.colour}]{persona.name:<5}[/]"
            f" [bold]{self._labels.get(line.kind, line.kind)}[/] {line.text}",
            highlight=False,
            soft_wrap=True,
        )
