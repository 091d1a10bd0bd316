"""The names of states: where the step stands in its file, and what it does."""

import hashlib
from collections.abc import Sequence
from typing import assert_never

from wejourney.journeys.actions import (
    COUPON_GIVEN,
    HAND_OVER_REQUESTED,
    OFFER_MADE,
    STAFF_NOTIFIED,
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    CloseAction,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from workbench.language.durations import format_duration
from workbench.language.journey import Branch, Split, Wait, WaitDate, WaitUntil
from workbench.language.vocabulary import WEEKDAYS

LONGEST = 80
"""Characters; Step Functions takes no longer name."""


def state_name(path: str, what: str) -> str:
    """A name that is unique as long as the same path does not do the same twice."""
    name = f"{path} {what}".strip()
    if len(name) <= LONGEST:
        return name
    mark = f"… {hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return name[: LONGEST - len(mark)] + mark


def task_name(path: str, actions: Sequence[Action]) -> str:
    """The name of a task: `3 Tag vip, send text, ask style`."""
    what = ", ".join(_words(action) for action in actions) or "look again"
    return state_name(path, what[0].upper() + what[1:])


def wait_name(path: str, step: Wait | WaitUntil) -> str:
    """The name of a wait: `4 Wait 2h`, `4 Wait until monday 09:00`."""
    if isinstance(step, Wait):
        return state_name(path, f"Wait {format_duration(step.seconds)}")
    day = "" if step.weekday is None else f"{WEEKDAYS[step.weekday]} "
    return state_name(path, f"Wait until {day}{step.time // 60:02}:{step.time % 60:02}")


def choice_name(path: str, step: Branch | Split | WaitDate) -> str:
    """The name of a choice: `5 Branch`, `5 Split teaser`, `5 Has birthday come?`."""
    match step:
        case Branch():
            return state_name(path, "Branch")
        case Split():
            return state_name(path, f"Split {step.name}")
        case WaitDate():
            return state_name(path, f"Has {step.date} come?")
        case _:
            assert_never(step)


def _words(action: Action) -> str:
    match action:
        case SendAction():
            return f"send {action.content.kind.replace('_', ' ')}"
        case AskAction():
            return f"ask {action.name}"
        case AwaitAction() | CloseAction() | PauseAction():
            return _waiting(action)
        case TagAction() | SetAction() | AwardAction():
            return _changing(action)
        case TellAction() | CallAction():
            return _telling(action)
        case CheckAction():
            return "look at what happened"
        case _:
            assert_never(action)


def _changing(action: TagAction | SetAction | AwardAction) -> str:
    match action:
        case TagAction():
            words = [f"tag {' '.join(action.add)}"] if action.add else []
            words += [f"untag {' '.join(action.remove)}"] if action.remove else []
            return ", ".join(words)
        case SetAction():
            return f"set {' '.join(action.values)}"
        case AwardAction():
            return f"award {action.points}"
        case _:
            assert_never(action)


def _waiting(action: AwaitAction | CloseAction | PauseAction) -> str:
    match action:
        case AwaitAction():
            if action.date is not None:
                return f"wait for {action.date.date}"
            return f"wait for {action.pattern.event.replace('_', ' ')}" if action.pattern else "wait"
        case CloseAction():
            return "close the wait" if action.date is None else f"look whether {action.date.date} has come"
        case PauseAction():
            return "find the time" if action.date is None else f"find {action.date.date}"
        case _:
            assert_never(action)


def _telling(action: TellAction | CallAction) -> str:
    match action:
        case TellAction():
            name = next((text for text in action.fields.values() if isinstance(text, str)), "")
            what = {
                STAFF_NOTIFIED: "notify",
                HAND_OVER_REQUESTED: "hand over to",
                COUPON_GIVEN: "coupon",
                OFFER_MADE: "offer",
            }
            return f"{what[action.event_name]} {name}"
        case CallAction():
            return f"{'start' if action.operation == 'journey' else 'end'} {action.journey}"
        case _:
            assert_never(action)
