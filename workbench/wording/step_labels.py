"""What a step is called where there is one line for it: its texts as they are read, cut to the width."""

from typing import assert_never

from rich.cells import cell_len, set_cell_size

from wejourney.messaging.contents import Content
from workbench.language import step_types
from workbench.language.traversal import words_of
from workbench.wording.journey_parts import Wording

WIDEST = 40
"""Cells of a label: a Chinese character takes two."""


def label(step: step_types.Step, wording: Wording) -> str:
    """A step in some words of this language."""
    say = wording.say
    match step:
        case step_types.Send():
            text = said(step.content, wording)
        case step_types.Ask():
            text = say("question", text=step.name)
        case step_types.Notify():
            text = say("notify", text=step.staff)
        case step_types.HandOver():
            text = say("hand over", text=step.staff)
        case step_types.Wait():
            text = say("wait", text=wording.duration(step.seconds))
        case step_types.WaitUntil():
            text = say("until", text=wording.time(step.time, step.weekday))
        case step_types.WaitDate():
            text = say("wait date", text=step.date)
        case step_types.WaitEvent():
            text = say("wait event", text=wording.awaited(step.pattern))
        case step_types.Branch():
            text = say("branch")
        case step_types.Split():
            text = say("split", text=step.name)
        case step_types.Tag():
            text = " ".join(f"+{tag}" for tag in step.tags)
        case step_types.Untag():
            text = " ".join(f"-{tag}" for tag in step.tags)
        case step_types.Set():
            text = ", ".join(f"{name} = {value}" for name, value in step.values.items())
        case step_types.Award():
            text = say("points added", n=step.points)
        case step_types.Give():
            text = say(step.what, text=step.name)
        case step_types.StartJourney() | step_types.EndJourney():
            phrase = "starts" if isinstance(step, step_types.StartJourney) else "ends"
            text = say(phrase, text=step.journey)
        case step_types.Stop():
            text = say("goal" if step.goal else "stop", text=step.reason)
        case _:
            assert_never(step)
    return _cut(text)


def said(content: Content, wording: Wording) -> str:
    """The first line of a content."""
    text = next((wording.variant(words) for _, _, words in words_of(content, ())), "")
    return _cut(text.partition("\n")[0] or wording.say(content.kind))


def _cut(text: str) -> str:
    if cell_len(text) <= WIDEST:
        return text
    return f"{set_cell_size(text, WIDEST - 1).rstrip()}…"
