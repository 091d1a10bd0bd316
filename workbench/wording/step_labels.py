"""What a step is called where there is one line for it: its texts as they are read, cut to the width."""

from typing import assert_never

from rich.cells import cell_len, set_cell_size

from wejourney.messaging.contents import Content
from workbench.language.journey import (
    Ask,
    Award,
    Branch,
    ChangeStep,
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
    TalkStep,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitStep,
    WaitUntil,
)
from workbench.language.traversal import words_of
from workbench.wording.journey_parts import Wording

WIDEST = 40
"""Cells of a label: a Chinese character takes two."""


def label(step: Step, wording: Wording) -> str:
    """A step in some words of this language."""
    match step:
        case Send() | Ask() | Notify() | HandOver():
            text = _talking(step, wording)
        case Wait() | WaitUntil() | WaitDate() | WaitEvent():
            text = _waiting(step, wording)
        case Tag() | Untag() | Set() | Award() | Give() | StartJourney() | EndJourney():
            text = _changing(step, wording)
        case Branch():
            text = wording.say("branch")
        case Split():
            text = wording.say("split", text=step.name)
        case Stop():
            text = wording.say("goal" if step.goal else "stop", text=step.reason)
        case _:
            assert_never(step)
    return _cut(text)


def said(content: Content, wording: Wording) -> str:
    """The first line of a content."""
    text = next((wording.variant(words) for _, _, words in words_of(content, ())), "")
    return _cut(text.partition("\n")[0] or wording.say(content.kind))


def _talking(step: TalkStep, wording: Wording) -> str:
    match step:
        case Send():
            return said(step.content, wording)
        case Ask():
            return wording.say("question", text=step.name)
        case Notify():
            return wording.say("notify", text=step.staff)
        case HandOver():
            return wording.say("hand over", text=step.staff)
        case _:
            assert_never(step)


def _waiting(step: WaitStep, wording: Wording) -> str:
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
            assert_never(step)


def _changing(step: ChangeStep, wording: Wording) -> str:
    match step:
        case Tag():
            text = " ".join(f"+{tag}" for tag in step.tags)
        case Untag():
            text = " ".join(f"-{tag}" for tag in step.tags)
        case Set():
            text = ", ".join(f"{name} = {value}" for name, value in step.values.items())
        case Award():
            text = wording.say("points added", n=step.points)
        case Give():
            text = wording.say(step.what, text=step.name)
        case StartJourney():
            text = wording.say("starts", text=step.journey)
        case EndJourney():
            text = wording.say("ends", text=step.journey)
        case _:
            assert_never(step)
    return text


def _cut(text: str) -> str:
    if cell_len(text) <= WIDEST:
        return text
    return f"{set_cell_size(text, WIDEST - 1).rstrip()}…"
