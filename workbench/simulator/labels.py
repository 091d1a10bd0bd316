"""What a step is called where there is one line for it: its texts as they are read, cut to the width."""

from rich.cells import cell_len, set_cell_size

from wejourney.journeys.definition import (
    Ask,
    Award,
    Branch,
    EndJourney,
    Give,
    HandOver,
    Notify,
    Send,
    Set,
    Split,
    StartJourney,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
)
from wejourney.messaging.contents import Content
from workbench.language.traversal import words_of
from workbench.wording.journey_parts import Wording

WIDEST = 40
"""Cells of a label: a Chinese character takes two."""


def label(step: Step, wording: Wording) -> str:
    """A step in some words of this language."""
    tellers = (_talking, _waiting, _directing, _changing)
    return _cut(next(told for teller in tellers if (told := teller(step, wording))))


def said(content: Content, wording: Wording) -> str:
    """The first line of a content."""
    text = next((wording.variant(words) for _, _, words in words_of(content, ())), "")
    return _cut(text.partition("\n")[0] or wording.say(content.kind))


def _talking(step: Step, wording: Wording) -> str:
    match step:
        case Send():
            return said(step.content, wording)
        case Ask():
            return wording.say("question", text=step.name)
        case Notify():
            return wording.say("notify", text=step.staff)
        case HandOver():
            return wording.say("hand over", text=step.staff)
        case Stop():
            return wording.say("goal" if step.goal else "stop", text=step.reason)
        case _:
            return ""


def _waiting(step: Step, wording: Wording) -> str:
    match step:
        case Wait():
            return wording.say("wait", text=wording.duration(step.seconds))
        case WaitUntil():
            return wording.say("until", text=wording.time(step.time, step.weekday))
        case WaitDate():
            return wording.say("wait date", text=step.date)
        case WaitEvent():
            return wording.say("wait event", text=wording.awaited(step.pattern))
        case _:
            return ""


def _directing(step: Step, wording: Wording) -> str:
    match step:
        case Branch():
            return wording.say("branch")
        case Split():
            return wording.say("split", text=step.name)
        case StartJourney():
            return wording.say("starts", text=step.journey)
        case EndJourney():
            return wording.say("ends", text=step.journey)
        case _:
            return ""


def _changing(step: Step, wording: Wording) -> str:
    match step:
        case Tag():
            return " ".join(f"+{tag}" for tag in step.tags)
        case Untag():
            return " ".join(f"-{tag}" for tag in step.tags)
        case Award():
            return wording.say("points added", n=step.points)
        case Set():
            return ", ".join(f"{name} = {value}" for name, value in step.values.items())
        case Give():
            return wording.say(step.what, text=step.name)
        case _:
            return step.kind


def _cut(text: str) -> str:
    if cell_len(text) <= WIDEST:
        return text
    return f"{set_cell_size(text, WIDEST - 1).rstrip()}…"
