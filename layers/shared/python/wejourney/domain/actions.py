"""What a task of a compiled journey is told to do: the messages, tags and points of one stretch of a run.

A task's payload carries its actions as literals, so the definition holds the whole journey. `step` is
the place of a step in its file (`3`, `3.unanswered.1`): with the run's id it is the key of the effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from wejourney.domain.errors import MalformedEventError
from wejourney.domain.messages import Content, content_from_dict, content_to_dict


@dataclass(frozen=True)
class SendAction:
    """Send a message. `must` raises MessageNotSentError when it cannot be sent."""

    step: str
    content: Content
    must: bool = False
    if_unsure: Literal["drop", "resend"] = "drop"


@dataclass(frozen=True)
class AskAction:
    """Ask (or, without content, take what was said last as the question) and park the task's token."""

    step: str
    name: str
    content: Content | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class CloseAction:
    """The time limit of the question at `step` is over, unless its answer won: then AnsweredError."""

    step: str


@dataclass(frozen=True)
class TagAction:
    """Put tags on and take tags off."""

    step: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class AwardAction:
    """Post points."""

    step: str
    points: int
    reason: str


type Action = SendAction | AskAction | CloseAction | TagAction | AwardAction

_KINDS: Mapping[str, type[Action]] = {
    "send": SendAction,
    "ask": AskAction,
    "close": CloseAction,
    "tag": TagAction,
    "award": AwardAction,
}


def action_to_dict(action: Action) -> dict[str, Any]:
    """The literal in a compiled definition: `{"do": "send", ...}` without what is default."""
    kind = next(kind for kind, cls in _KINDS.items() if isinstance(action, cls))
    data: dict[str, Any] = {"do": kind}
    for name, value in vars(action).items():
        if name == "content" and value is not None:
            data[name] = content_to_dict(value)
        elif name == "choices":
            data |= {name: {key: list(words) for key, words in value.items()}} if value else {}
        elif isinstance(value, tuple):
            data |= {name: list(value)} if value else {}
        elif value not in (None, False, "drop"):
            data[name] = value
    return data


def action_from_dict(data: Mapping[str, Any]) -> Action:
    """The action that `action_to_dict` wrote. Raises MalformedEventError for anything else."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    try:
        cls: Any = _KINDS[values.pop("do")]
        if "content" in values:
            values["content"] = content_from_dict(values["content"])
        if "choices" in values:
            values["choices"] = {key: tuple(words) for key, words in values["choices"].items()}
        return cast("Action", cls(**values))
    except (KeyError, TypeError) as exc:
        raise MalformedEventError(f"not an action: {exc!r}") from exc
