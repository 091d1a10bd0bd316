"""The steps of one path cut into blocks, each of which becomes one state."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from wejourney.domain.actions import Action, AskAction, AwardAction, SendAction, TagAction
from wejourney.domain.journeys import Ask, Award, Branch, Send, Step, Stop, Tag, Untag, Wait
from wejourney.language.freshness import is_stale_after, reads_profile
from wejourney.language.walk import always_stops


@dataclass
class Block:
    """What becomes one state.

    `path` is where its first step stands. `step` is a wait, branch or stop, or the question or message
    that ends a stretch of `actions` because the way may part there; it stands at `step_path`.
    """

    path: str
    actions: list[Action] = field(default_factory=list)
    step: Step | None = None
    step_path: str = ""

    @property
    def is_task(self) -> bool:
        """Whether it does something, or reads the follower again."""
        return not isinstance(self.step, Wait | Branch | Stop)


def cut(steps: Sequence[Step], prefix: str, *, stale: bool) -> list[Block]:
    """Cut a path into blocks. `stale` says whether the run's copy of the profile can be old before it."""
    blocks: list[Block] = []
    growing: Block | None = None
    for number, step in enumerate(steps, start=1):
        path = f"{prefix}{number}"
        action = _action_of(step, path)
        if action is None:
            if isinstance(step, Branch) and stale and reads_profile(step):
                blocks.append(Block(path))
            blocks.append(Block(path, step=step, step_path=path))
            growing = None
        else:
            if growing is None:
                growing = Block(path)
                blocks.append(growing)
            growing.actions.append(action)
            if isinstance(step, Ask) or (isinstance(step, Send) and step.not_sent is not None):
                growing.step, growing.step_path = step, path
                growing = None
        stale = is_stale_after(step, stale=stale)
        if always_stops(step):
            break
    return blocks


def _action_of(step: Step, path: str) -> Action | None:
    match step:
        case Send():
            return SendAction(path, step.content, step.not_sent is not None, step.if_unsure)
        case Ask():
            return AskAction(path, step.name, step.content, step.choices)
        case Tag():
            return TagAction(path, add=step.tags)
        case Untag():
            return TagAction(path, remove=step.tags)
        case Award():
            return AwardAction(path, step.points, step.reason)
        case Wait() | Branch() | Stop():
            return None
