"""The names of states: where the step stands in its file, and what it does."""

from collections.abc import Sequence

from wejourney.domain.actions import Action, AskAction, AwardAction, CloseAction, SendAction, TagAction
from wejourney.language.durations import format_duration

LONGEST = 80
"""Characters; Step Functions takes no longer name."""


def state_name(path: str, what: str) -> str:
    """A name that is unique as long as the same path does not do the same twice."""
    name = f"{path} {what}".strip()
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def task_name(path: str, actions: Sequence[Action]) -> str:
    """The name of a task: `3 Tag vip, send text, ask style`."""
    what = ", ".join(_words(action) for action in actions) or "look again"
    return state_name(path, what[0].upper() + what[1:])


def wait_name(path: str, seconds: int) -> str:
    """The name of a wait: `4 Wait 2h`."""
    return state_name(path, f"Wait {format_duration(seconds)}")


def _words(action: Action) -> str:
    match action:
        case SendAction():
            return f"send {action.content.kind.replace('_', ' ')}"
        case AskAction():
            return f"ask {action.name}"
        case CloseAction():
            return "close the question"
        case TagAction():
            words = [f"tag {' '.join(action.add)}"] if action.add else []
            words += [f"untag {' '.join(action.remove)}"] if action.remove else []
            return ", ".join(words)
        case AwardAction():
            return f"award {action.points}"
