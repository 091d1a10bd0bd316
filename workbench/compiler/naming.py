"""The names of states: where the step stands in its file, and what it does."""

import hashlib
from collections.abc import Sequence
from typing import assert_never

from wejourney.journeys import action_types
from workbench.language.durations import format_duration
from workbench.language.step_types import Branch, Split, Wait, WaitDate, WaitUntil
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


def task_name(path: str, actions: Sequence[action_types.Action]) -> str:
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


def _words(action: action_types.Action) -> str:
    match action:
        case action_types.SendAction():
            return f"send {action.content.kind.replace('_', ' ')}"
        case action_types.AskAction():
            return f"ask {action.name}"
        case action_types.AwaitAction() | action_types.CloseAction() | action_types.PauseAction():
            return _waiting(action)
        case action_types.TagAction() | action_types.SetAction() | action_types.AwardAction():
            return _changing(action)
        case action_types.TellAction() | action_types.CallAction():
            return _telling(action)
        case action_types.CheckAction():
            return "look at what happened"
        case _:
            assert_never(action)


def _changing(action: action_types.TagAction | action_types.SetAction | action_types.AwardAction) -> str:
    match action:
        case action_types.TagAction():
            words = [f"tag {' '.join(action.add)}"] if action.add else []
            words += [f"untag {' '.join(action.remove)}"] if action.remove else []
            return ", ".join(words)
        case action_types.SetAction():
            return f"set {' '.join(action.values)}"
        case action_types.AwardAction():
            return f"award {action.points}"
        case _:
            assert_never(action)


def _waiting(action: action_types.AwaitAction | action_types.CloseAction | action_types.PauseAction) -> str:
    match action:
        case action_types.AwaitAction():
            if action.date is not None:
                return f"wait for {action.date.date}"
            return f"wait for {action.pattern.event.replace('_', ' ')}" if action.pattern else "wait"
        case action_types.CloseAction():
            return "close the wait" if action.date is None else f"look whether {action.date.date} has come"
        case action_types.PauseAction():
            return "find the time" if action.date is None else f"find {action.date.date}"
        case _:
            assert_never(action)


def _telling(action: action_types.TellAction | action_types.CallAction) -> str:
    match action:
        case action_types.TellAction():
            name = next((text for text in action.fields.values() if isinstance(text, str)), "")
            what = {
                action_types.STAFF_NOTIFIED: "notify",
                action_types.HAND_OVER_REQUESTED: "hand over to",
                action_types.COUPON_GIVEN: "coupon",
                action_types.OFFER_MADE: "offer",
            }
            return f"{what[action.event_name]} {name}"
        case action_types.CallAction():
            return f"{'start' if action.operation == 'journey' else 'end'} {action.journey}"
        case _:
            assert_never(action)
