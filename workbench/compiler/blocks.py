"""The steps of one path cut into blocks, each of which becomes one state (a date's wait: three)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from wejourney.journeys.actions import (
    GIVEN,
    HAND_OVER_REQUESTED,
    STAFF_NOTIFIED,
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    DateSpec,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.definition import QuietHours
from wejourney.messaging.contents import Menu
from workbench.compiler.freshness import is_stale_after, reads_profile
from workbench.compiler.jsonata import event_conditions
from workbench.language.journey import (
    CHAT_IS_CLOSED,
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
    WaitUntil,
)
from workbench.language.questions import question_of
from workbench.language.traversal import always_stops

OwnState = Wait | WaitUntil | WaitDate | Branch | Split | Stop
"""The steps that become states of their own, or the end of one."""

Waiting = Ask | WaitEvent | WaitDate | HandOver
"""The steps that wait for something, with a time limit: their task parks its token."""

type LastStep = OwnState | Waiting | Send
"""The steps that can end a block."""


@dataclass
class Block:
    """What becomes one state.

    `path` is where its first step stands. `step` is a wait, branch, split or stop, or the question, message
    or event that ends a stretch of `actions` because the way may part there; it stands at `step_path`.
    `stale` says of a branch or split whether the run's copy of the profile can be old where its ways begin.
    `late_for` is the step whose time limit leads to a block that no step of its path begins.
    """

    path: str
    actions: list[Action] = field(default_factory=list)
    step: LastStep | None = None
    step_path: str = ""
    stale: bool = False
    late_for: str = ""

    @property
    def is_task(self) -> bool:
        """Whether it does something, or reads the follower again, and can do more before that."""
        return not isinstance(self.step, OwnState)


def cut(
    steps: Sequence[Step],
    prefix: str,
    *,
    stale: bool,
    quiet: QuietHours | None = None,
    scopes: Collection[str] = (),
    shown: Sequence[Menu] = (),
) -> list[Block]:
    """Cut a path into blocks. `stale` says whether the run's copy of the profile can be old before it.

    `scopes` are the names of steps from which some condition counts events, `shown` the menus of the journey
    that are no questions themselves.
    """
    blocks = _Blocks(scopes)
    for number, step in enumerate(steps, start=1):
        path = f"{prefix}{number}"
        if isinstance(step, OwnState):
            blocks.extend(_preparations(step, path, quiet))
            if isinstance(step, Branch):
                if stale and reads_profile(step) and not blocks.ends_with_check:
                    blocks.add(Block(path))
                stale = stale and not reads_profile(step)
            actions = [_await_date(step, path, quiet)] if isinstance(step, WaitDate) else []
            blocks.add(Block(path, actions, step, path, stale))
        else:
            if may_be_refused(step):
                blocks.keep_marks()
            blocks.extend([(path, action) for action in _actions_of(step, path, shown)])
            if isinstance(step, Waiting) or (isinstance(step, Send) and step.not_sent is not None):
                blocks.part(step, path)
        stale = is_stale_after(step, stale=stale, quiet=quiet is not None)
        if always_stops(step):
            break
    return blocks.done


class _Blocks:
    """Blocks so far; the last one grows while its stretch goes on."""

    def __init__(self, scopes: Collection[str]) -> None:
        self.done: list[Block] = []
        self._growing: Block | None = None
        self._scopes = scopes

    @property
    def ends_with_check(self) -> bool:
        """Whether the last thing done is a look at what happened, which reads the follower as well."""
        return self._growing is not None and isinstance(self._growing.actions[-1], CheckAction)

    def extend(self, actions: Sequence[tuple[str, Action]]) -> None:
        """Do more, in the stretch that goes on or in a new one."""
        for path, action in actions:
            if self._growing is None:
                self._growing = Block(path)
                self.done.append(self._growing)
            self._growing.actions.append(action)

    def keep_marks(self) -> None:
        """End the stretch if it marks a step that counts: its mark is lost if a later message is refused."""
        done = self._growing.actions if self._growing is not None else []
        if any(isinstance(one, SendAction) and one.name in self._scopes for one in done):
            self._growing = None

    def part(self, step: LastStep, path: str) -> None:
        """End the stretch with this step."""
        if self._growing is not None:
            self._growing.step, self._growing.step_path = step, path
        self._growing = None

    def add(self, block: Block) -> None:
        """Add a block of its own."""
        self.done.append(block)
        self._growing = None


def may_be_refused(step: Step | None) -> bool:
    """Whether the run goes on without what its task did to it, because a message could not be said."""
    match step:
        case Send():
            return step.not_sent is not None
        case Ask():
            return step.content is not None
        case Notify() | HandOver() | Wait() | WaitUntil() | WaitDate() | WaitEvent() | Branch() | Split():
            return False
        case Tag() | Untag() | Set() | Award() | Give() | StartJourney() | EndJourney() | Stop() | None:
            return False
        case _:
            assert_never(step)


def _preparations(step: OwnState, path: str, quiet: QuietHours | None) -> list[tuple[str, Action]]:
    """What the task before a step must find out for it."""
    match step:
        case Wait() if quiet is not None:
            return [(path, PauseAction(path, seconds=step.seconds, quiet=quiet))]
        case WaitUntil():
            return [(path, PauseAction(path, time=step.time, weekday=step.weekday, quiet=quiet))]
        case WaitDate():
            return [(path, PauseAction(path, date=date_of(step, quiet)))]
        case Branch():
            found = {
                name: condition
                for number, case in enumerate(step.cases, start=1)
                for name, condition in event_conditions(case.when, f"{path}.case{number}")
            }
            return [(path, CheckAction(path, found))] if found else []
        case Wait() | Split() | Stop():
            return []
        case _:
            assert_never(step)


def date_of(step: WaitDate, quiet: QuietHours | None) -> DateSpec:
    """The date that a step waits for."""
    return DateSpec(step.date, step.within, step.offset, step.time, quiet)


def _await_date(step: WaitDate, path: str, quiet: QuietHours | None) -> Action:
    return AwaitAction(path, date=date_of(step, quiet))


def _actions_of(step: TalkStep | WaitEvent | ChangeStep, path: str, shown: Sequence[Menu]) -> list[Action]:
    match step:
        case Send():
            return [SendAction(path, step.content, step.not_sent is not None, step.if_unsure, step.name)]
        case Ask():
            return [AskAction(path, step.name, step.content, question_of(step, shown))]
        case WaitEvent():
            return [AwaitAction(path, step.pattern, entered=step.since == "entry")]
        case Notify():
            return [TellAction(path, STAFF_NOTIFIED, {"staff": step.staff, "text": step.text})]
        case HandOver():
            told = TellAction(path, HAND_OVER_REQUESTED, {"staff": step.staff})
            return [told, AwaitAction(path, CHAT_IS_CLOSED)]
        case Tag() | Untag() | Set() | Award() | Give() | StartJourney() | EndJourney():
            return [_change(step, path)]
        case _:
            assert_never(step)


def _change(step: ChangeStep, path: str) -> Action:
    action: Action
    match step:
        case Tag():
            action = TagAction(path, add=step.tags)
        case Untag():
            action = TagAction(path, remove=step.tags)
        case Set():
            action = SetAction(path, step.values)
        case Award():
            action = AwardAction(path, step.points, step.reason)
        case Give():
            action = TellAction(path, GIVEN[step.what], {step.what: step.name})
        case StartJourney():
            action = CallAction(path, "journey", step.journey)
        case EndJourney():
            action = CallAction(path, "end", step.journey)
        case _:
            assert_never(step)
    return action
