"""The steps of one path cut into blocks, each of which becomes one state (a date's wait: three)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

from wejourney.bounds import LARGEST_TASK, size_of
from wejourney.journeys import action_types
from wejourney.journeys.definition import QuietHours
from wejourney.messaging.contents import LocalizedText
from workbench.compiler.branches import (
    branch_of,
    goes_on_at_once,
    may_be_refused,
    paths_through,
    reads_profile,
)
from workbench.compiler.naming import task_name
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.questions import menus_shown, question_of
from workbench.language.traversal import always_stops, conditions_of, otherwise_of, placed, splits_of

OwnState = (
    step_types.Wait
    | step_types.WaitUntil
    | step_types.WaitDate
    | step_types.Branch
    | step_types.Split
    | step_types.Stop
)
"""The steps that become states of their own, or the end of one."""

Waiting = step_types.Ask | step_types.WaitEvent | step_types.HandOver
"""The steps that wait for something of the follower's, with a time limit: they end a stretch of actions."""


class Place(NamedTuple):
    """The first step that a state carries out, or (`late`) the step after whose time limit it comes."""

    step: str
    late: bool = False


@dataclass
class Block:
    """What becomes one state.

    `path` is where its first step stands. `step` is a wait, branch, split or stop, or the question, message
    or event that ends a stretch of `actions` because the paths may part there; it stands at `step_path`.
    A branch whose paths all go on at once is one of the actions, at most one of a block.
    `stale` says of a branch or split whether the run's copy of the profile can be old where its paths begin.
    A block that no step begins has a `place`. `closes` is the task whose time limit leads to this block: the
    run goes back to it if an answer won. `follows` is the wait for a time of day before it: the run goes
    back to it if the time lies ahead again.
    """

    path: str
    actions: list[action_types.Action] = field(default_factory=list)
    step: OwnState | Waiting | step_types.Send | None = None
    step_path: str = ""
    stale: bool = False
    place: Place | None = None
    closes: str = ""
    follows: str = ""


def date_of(step: step_types.WaitDate, quiet: QuietHours | None) -> action_types.DateSpec:
    """The date that a step waits for."""
    return action_types.DateSpec(step.date, step.within, step.offset, step.time, quiet, step.yearly)


def until_of(step: step_types.WaitUntil) -> action_types.UntilSpec:
    return action_types.UntilSpec(step.time, step.weekday)


@dataclass
class Gate:
    """What must be found out before a run goes on after a step: its next task begins with these actions."""

    step: str
    path: str
    actions: Sequence[action_types.Action]
    follows: str = ""

    def block(self) -> Block:
        """A task of its own, where no other comes next."""
        return Block(self.path, list(self.actions), follows=self.follows, place=Place(self.step))


class BlockCutter:
    """Cuts the paths of a journey."""

    def __init__(self, journey: Journey) -> None:
        self._quiet = journey.quiet
        self._has_opening = journey.opening is not None
        self._has_split = bool(splits_of(journey))
        self._menus = menus_shown(journey)
        self._counted_from = {
            count.scope for _, condition in conditions_of(journey) for count in condition.events
        }

    def cut(self, steps: Sequence[step_types.Step], prefix: str, *, stale: bool) -> list[Block]:
        """The blocks of a path. `stale`: the run's copy of the profile can be old before it."""
        return self._with_checks(self._cut(steps, prefix, None, stale=stale))

    def cut_start(self, steps: Sequence[step_types.Step], *, by_act: bool) -> list[Block]:
        """The blocks of the whole journey. `by_act`: an act of the follower starts it."""
        blocks = self._cut(steps, "", None if by_act else self._gate_after("1", "start"), stale=False)
        if self._has_split and not blocks[0].actions:
            # Its lots are drawn by the task that the run begins with.
            blocks.insert(0, Block("start", place=Place("1")))
        return self._with_checks(blocks, says_opening=self._has_opening)

    def _cut(
        self, steps: Sequence[step_types.Step], prefix: str, gate: Gate | None, *, stale: bool
    ) -> list[Block]:
        blocks: list[Block] = []
        growing: Block | None = None
        for number, step in enumerate(step_types.taken(tuple(steps)), start=1):
            path = f"{prefix}{number}"
            if growing is not None and may_be_refused(step) and self._keeps_position(growing):
                growing = None
            actions = self._actions(step, path)
            branch = branch_of(actions)
            if branch is not None and (reads_profile(branch) or _decides(growing)):
                # A task decides on what it was given: of that, actions before it change all but the answers.
                growing = None
            reads = isinstance(step, step_types.Branch) and reads_profile(step)
            if gate is not None and (not actions or (branch is not None and reads)):
                blocks.append(gate.block())
                gate, stale = None, False
            if reads:
                if stale and (branch is not None or not actions):
                    blocks.append(Block(path))
                stale = False
            if growing is not None and size_of([*growing.actions, *actions]) > LARGEST_TASK:
                growing = None
            if actions:
                if growing is None:
                    growing = Block(path)
                    blocks.append(growing)
                if gate is not None:
                    growing.actions += gate.actions
                    growing.follows, gate, stale = gate.follows, None, False
                growing.actions += actions
            if branch is None and isinstance(step, OwnState):
                own: list[action_types.Action] = []
                if isinstance(step, step_types.WaitDate):
                    own.append(action_types.AwaitAction(path, date=date_of(step, self._quiet)))
                if isinstance(step, step_types.WaitUntil):
                    own.append(action_types.AwaitAction(path, until=until_of(step)))
                blocks.append(Block(path, own, step, path, stale))
                growing = None
            elif growing is not None and (
                isinstance(step, Waiting) or (isinstance(step, step_types.Send) and step.not_sent is not None)
            ):
                growing.step, growing.step_path = step, path
                growing = None
            gate = self._gate_of(step, path)
            stale = self._is_stale_after(step, stale=stale)
            if always_stops(step):
                break
        if gate is not None:
            blocks.append(gate.block())
        return blocks

    def _gate_of(self, step: step_types.RunStep, path: str) -> Gate | None:
        """What must be found out after a step that no act of the follower ends."""
        if isinstance(step, step_types.WaitUntil):
            close = action_types.CloseAction(path, until=until_of(step))
            own = task_name(path, [action_types.AwaitAction(path, until=until_of(step))])
            return Gate(path, path, [close, *self._look_at_time(path)], own)
        is_heard = isinstance(step, step_types.WaitEvent) and not step.pattern.is_act
        if is_heard or isinstance(step, step_types.Wait | step_types.HandOver):
            return self._gate_after(path, path)
        return None

    def _gate_after(self, step: str, path: str) -> Gate | None:
        return None if self._quiet is None else Gate(step, path, self._look_at_time(path))

    def _look_at_time(self, path: str) -> list[action_types.Action]:
        return [] if self._quiet is None else [action_types.QuietAction(path, self._quiet)]

    def _with_checks(self, blocks: list[Block], *, says_opening: bool = False) -> list[Block]:
        """The blocks; one that sends something looks first whether it is quiet: it may be tried late."""
        for number, block in enumerate(blocks):
            is_checked = any(isinstance(action, action_types.QuietAction) for action in block.actions)
            sends = action_types.speaks(block.actions) or (says_opening and number == 0)
            if self._quiet is not None and sends and block.actions and not is_checked:
                block.actions.insert(0, action_types.QuietAction(block.path, self._quiet))
        return blocks

    def _keeps_position(self, block: Block) -> bool:
        """Whether the block sends a message from which a condition counts.

        Its position is lost if a later message of the same task is refused.
        """
        done = (action for path in paths_through(block.actions) for action in path)
        sent = (action for action in done if isinstance(action, action_types.SendAction))
        return any(action.name in self._counted_from for action in sent)

    def _actions(self, step: step_types.RunStep, path: str) -> list[action_types.Action]:
        """What a task does for a step; for one with a state of its own, what must be found out before it."""
        match step:
            case step_types.WaitUntil():
                return [action_types.PauseAction(path, time=step.time, weekday=step.weekday)]
            case step_types.WaitDate():
                return [action_types.PauseAction(path, date=date_of(step, self._quiet))]
            case step_types.Branch():
                if goes_on_at_once(step):
                    return [self._branch_action(step, path)]
                looked_up = {
                    f"{path}.case{number}": case.when for number, case in enumerate(step.cases, start=1)
                }
                return [action_types.CheckAction(path, looked_up)]
            case step_types.Wait() | step_types.Split() | step_types.Stop():
                return []
            case step_types.Send():
                must = step.not_sent is not None
                return [
                    action_types.SendAction(path, step.content, must, step.if_unsure, step.name, step.consent)
                ]
            case step_types.Ask():
                question = question_of(step, self._menus)
                return [action_types.AskAction(path, step.name, step.content, question, step.consent)]
            case step_types.WaitEvent():
                return [action_types.AwaitAction(path, step.pattern, since_run_start=step.since == "entry")]
            case step_types.Notify():
                note: Mapping[str, str | LocalizedText] = {"staff": step.staff, "text": step.text}
                return [action_types.TellAction(path, action_types.STAFF_NOTIFIED, note)]
            case step_types.HandOver():
                told = action_types.TellAction(path, action_types.HAND_OVER_REQUESTED, {"staff": step.staff})
                return [told, action_types.AwaitAction(path, step_types.CHAT_IS_CLOSED)]
            case step_types.Tag():
                return [action_types.TagAction(path, add=step.tags)]
            case step_types.Untag():
                return [action_types.TagAction(path, remove=step.tags)]
            case step_types.Set():
                return [action_types.SetAction(path, step.values)]
            case step_types.Agree():
                return [action_types.ConsentAction(path, step.purpose, given=True, version=step.version)]
            case step_types.Withdraw():
                return [action_types.ConsentAction(path, step.purpose, given=False)]
            case step_types.Award():
                return [action_types.AwardAction(path, step.points, step.reason)]
            case step_types.Give():
                return [_given(step, path)]
            case step_types.StartJourney():
                return [action_types.CallAction(path, "journey", step.journey)]
            case step_types.EndJourney():
                return [action_types.CallAction(path, "end", step.journey)]
            case _:
                assert_never(step)

    def _branch_action(self, branch: step_types.Branch, path: str) -> action_types.BranchAction:
        cases = (
            action_types.BranchCase(case.when, self._path(case.steps, f"{path}.case{number}"))
            for number, case in enumerate(branch.cases, start=1)
        )
        return action_types.BranchAction(
            path, tuple(cases), self._path(branch.otherwise, otherwise_of(branch, path))
        )

    def _path(self, steps: Sequence[step_types.Step], here: str) -> tuple[action_types.Action, ...]:
        return tuple(
            action for place, step in placed(steps, f"{here}.") for action in self._actions(step, place)
        )

    # --- where the run's copy of the profile is old ----------------------------------------------
    # After a wait, until a task has read the follower again: no branch may decide on what was true before.

    def _is_stale_after(self, step: step_types.RunStep, *, stale: bool) -> bool:
        match step:
            case step_types.Wait():
                return self._quiet is None
            case step_types.WaitUntil():
                return False
            case step_types.Branch():
                stale = stale and not reads_profile(step)
                paths = (*(case.steps for case in step.cases), step.otherwise)
                return any(self._is_stale_at_end(path, stale=stale) for path in paths)
            case step_types.Split():
                return any(self._is_stale_at_end(share.steps, stale=stale) for share in step.shares)
            case step_types.Send():
                return self._is_stale_unsent(step.not_sent)
            case step_types.Ask():
                # The unanswered path begins with a task, that of a question not sent goes on without one.
                unanswered = self._is_stale_at_end(step.unanswered, stale=False)
                return unanswered or self._is_stale_unsent(step.not_sent)
            case step_types.WaitEvent():
                return self._is_stale_at_end(step.otherwise, stale=False)
            case step_types.WaitDate():
                paths = (step.otherwise, step.passed or ())
                return any(self._is_stale_at_end(path, stale=False) for path in paths)
            case step_types.HandOver():
                return False
            case step_types.Award():
                # An award is posted to the person; their follower is not read.
                return stale
            case step_types.Stop() | step_types.Notify():
                return False
            case step_types.Tag() | step_types.Untag() | step_types.Set():
                return False
            case step_types.Agree() | step_types.Withdraw():
                return False
            case step_types.Give() | step_types.StartJourney() | step_types.EndJourney():
                return False
            case _:
                assert_never(step)

    def _is_stale_unsent(self, steps: Sequence[step_types.Step] | None) -> bool:
        """After the path of a message not sent: what its task did before it failed is not in the data."""
        return steps is not None and self._is_stale_at_end(steps, stale=True)

    def _is_stale_at_end(self, steps: Sequence[step_types.Step], *, stale: bool) -> bool:
        for step in step_types.taken(tuple(steps)):
            if isinstance(step, step_types.Stop):
                return False
            stale = self._is_stale_after(step, stale=stale)
        return stale


def _given(step: step_types.Give, path: str) -> action_types.Action:
    if step.terms is not None:
        return action_types.CouponAction(path, step.name, step.terms, step.zone)
    return action_types.TellAction(path, action_types.GIVEN[step.what], {step.what: step.name})


def _decides(block: Block | None) -> bool:
    return block is not None and branch_of(block.actions) is not None
