"""The steps of one path cut into blocks, each of which becomes one state (a date's wait: three)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from wejourney.journeys import action_types
from wejourney.journeys.definition import QuietHours
from wejourney.messaging.contents import Menu
from workbench.compiler.freshness import is_stale_after, reads_profile
from workbench.compiler.jsonata import event_conditions
from workbench.language import step_types
from workbench.language.questions import question_of
from workbench.language.traversal import always_stops

OwnState = (
    step_types.Wait
    | step_types.WaitUntil
    | step_types.WaitDate
    | step_types.Branch
    | step_types.Split
    | step_types.Stop
)
"""The steps that become states of their own, or the end of one."""

Waiting = step_types.Ask | step_types.WaitEvent | step_types.WaitDate | step_types.HandOver
"""The steps that wait for something, with a time limit: their task parks its token."""

type LastStep = OwnState | Waiting | step_types.Send
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
    actions: list[action_types.Action] = field(default_factory=list)
    step: LastStep | None = None
    step_path: str = ""
    stale: bool = False
    late_for: str = ""

    @property
    def is_task(self) -> bool:
        """Whether it does something, or reads the follower again, and can do more before that."""
        return not isinstance(self.step, OwnState)


def cut(
    steps: Sequence[step_types.Step],
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
            if isinstance(step, step_types.Branch):
                if stale and reads_profile(step) and not blocks.ends_with_check:
                    blocks.add(Block(path))
                stale = stale and not reads_profile(step)
            actions = [_await_date(step, path, quiet)] if isinstance(step, step_types.WaitDate) else []
            blocks.add(Block(path, actions, step, path, stale))
        else:
            if may_be_refused(step):
                blocks.keep_marks()
            blocks.extend([(path, action) for action in _actions_of(step, path, shown)])
            if isinstance(step, Waiting) or (isinstance(step, step_types.Send) and step.not_sent is not None):
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
        return self._growing is not None and isinstance(self._growing.actions[-1], action_types.CheckAction)

    def extend(self, actions: Sequence[tuple[str, action_types.Action]]) -> None:
        """Do more, in the stretch that goes on or in a new one."""
        for path, action in actions:
            if self._growing is None:
                self._growing = Block(path)
                self.done.append(self._growing)
            self._growing.actions.append(action)

    def keep_marks(self) -> None:
        """End the stretch if it marks a step that counts: its mark is lost if a later message is refused."""
        done = self._growing.actions if self._growing is not None else []
        if any(isinstance(one, action_types.SendAction) and one.name in self._scopes for one in done):
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


def may_be_refused(step: step_types.Step | None) -> bool:
    """Whether the run goes on without what its task did to it, because a message could not be said."""
    match step:
        case step_types.Send():
            return step.not_sent is not None
        case step_types.Ask():
            return step.content is not None
        case (
            step_types.Notify()
            | step_types.HandOver()
            | step_types.Wait()
            | step_types.WaitUntil()
            | step_types.WaitDate()
            | step_types.WaitEvent()
            | step_types.Branch()
            | step_types.Split()
        ):
            return False
        case (
            step_types.Tag()
            | step_types.Untag()
            | step_types.Set()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
            | step_types.Stop()
            | None
        ):
            return False
        case _:
            assert_never(step)


def _preparations(
    step: OwnState, path: str, quiet: QuietHours | None
) -> list[tuple[str, action_types.Action]]:
    """What the task before a step must find out for it."""
    match step:
        case step_types.Wait() if quiet is not None:
            return [(path, action_types.PauseAction(path, seconds=step.seconds, quiet=quiet))]
        case step_types.WaitUntil():
            return [(path, action_types.PauseAction(path, time=step.time, weekday=step.weekday, quiet=quiet))]
        case step_types.WaitDate():
            return [(path, action_types.PauseAction(path, date=date_of(step, quiet)))]
        case step_types.Branch():
            found = {
                name: condition
                for number, case in enumerate(step.cases, start=1)
                for name, condition in event_conditions(case.when, f"{path}.case{number}")
            }
            return [(path, action_types.CheckAction(path, found))] if found else []
        case step_types.Wait() | step_types.Split() | step_types.Stop():
            return []
        case _:
            assert_never(step)


def date_of(step: step_types.WaitDate, quiet: QuietHours | None) -> action_types.DateSpec:
    """The date that a step waits for."""
    return action_types.DateSpec(step.date, step.within, step.offset, step.time, quiet)


def _await_date(step: step_types.WaitDate, path: str, quiet: QuietHours | None) -> action_types.Action:
    return action_types.AwaitAction(path, date=date_of(step, quiet))


def _actions_of(
    step: step_types.TalkStep | step_types.WaitEvent | step_types.ChangeStep, path: str, shown: Sequence[Menu]
) -> list[action_types.Action]:
    match step:
        case step_types.Send():
            return [
                action_types.SendAction(
                    path, step.content, step.not_sent is not None, step.if_unsure, step.name
                )
            ]
        case step_types.Ask():
            return [action_types.AskAction(path, step.name, step.content, question_of(step, shown))]
        case step_types.WaitEvent():
            return [action_types.AwaitAction(path, step.pattern, entered=step.since == "entry")]
        case step_types.Notify():
            return [
                action_types.TellAction(
                    path, action_types.STAFF_NOTIFIED, {"staff": step.staff, "text": step.text}
                )
            ]
        case step_types.HandOver():
            told = action_types.TellAction(path, action_types.HAND_OVER_REQUESTED, {"staff": step.staff})
            return [told, action_types.AwaitAction(path, step_types.CHAT_IS_CLOSED)]
        case (
            step_types.Tag()
            | step_types.Untag()
            | step_types.Set()
            | step_types.Award()
            | step_types.Give()
            | step_types.StartJourney()
            | step_types.EndJourney()
        ):
            return [_change(step, path)]
        case _:
            assert_never(step)


def _change(step: step_types.ChangeStep, path: str) -> action_types.Action:
    action: action_types.Action
    match step:
        case step_types.Tag():
            action = action_types.TagAction(path, add=step.tags)
        case step_types.Untag():
            action = action_types.TagAction(path, remove=step.tags)
        case step_types.Set():
            action = action_types.SetAction(path, step.values)
        case step_types.Award():
            action = action_types.AwardAction(path, step.points, step.reason)
        case step_types.Give():
            action = action_types.TellAction(path, action_types.GIVEN[step.what], {step.what: step.name})
        case step_types.StartJourney():
            action = action_types.CallAction(path, "journey", step.journey)
        case step_types.EndJourney():
            action = action_types.CallAction(path, "end", step.journey)
        case _:
            assert_never(step)
    return action
