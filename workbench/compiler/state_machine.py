"""From a journey to its state machine: the Amazon States Language, in JSONata.

A maximal stretch of messages, tags and points is one task; a question or a wait for an event is one task
that waits for it; a wait is a Wait; a wait for a time of day is a task that waits, because the follower may
move; a wait for a date is a task, a look when its time is over, and a Choice, because the date may move. A
branch is decided by the task that takes its paths, if all of them go on at once and no condition counts
events; any other branch is a Choice, and so is a split. A task that finds quiet hours leads to a state that
waits for their end, and comes back. No state does nothing. The input and the output of every state are the
run's data; a run that ends at a stop has its reason in `stopped` besides.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, assert_never

from wejourney.journeys.action_types import (
    Action,
    AwaitAction,
    Beginning,
    BranchAction,
    CheckAction,
    CloseAction,
    QuietAction,
)
from wejourney.journeys.chance import buckets_of
from wejourney.journeys.runs import unclear_fact
from wejourney.messaging.contents import LocalizedText
from wejourney.plain_data import to_plain
from workbench.compiler.blocks import Block, BlockCutter, OwnState, Place, date_of
from workbench.compiler.branches import branch_of, may_be_refused, reads_profile
from workbench.compiler.jsonata import (
    BY_ITSELF,
    COME,
    COME_IN_TIME,
    PASSED,
    RESUMED,
    STILL_TO_COME,
    drawn_below,
    template,
    verdict_of,
)
from workbench.compiler.naming import cases_comment, state_name, step_name, task_name
from workbench.compiler.task_states import (
    AslState,
    actions_of,
    catch,
    catch_postponed,
    parks_token,
    retries,
    task_state,
)
from workbench.compiler.time_limits import LONGEST_EXECUTION, time_limit
from workbench.compiler.versions import subscribed_kinds, version_of
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.source import RETRY
from workbench.language.traversal import needs_answer, otherwise_of, splits_of, steps_of


class End(NamedTuple):
    """Where a path ends; `reason` is that of the stop, if it was one, with its texts by language.

    `goal` says whether that is the goal.
    """

    reason: str | None = None
    goal: bool = False
    texts: LocalizedText = MappingProxyType({})


type Target = str | End
"""What comes next: a state by its name, or nothing."""

type TaskStep = step_types.Send | step_types.Ask | step_types.WaitEvent | step_types.HandOver | None
"""The steps that can end a task's block."""


def compile_journey(journey: Journey, file: str) -> dict[str, Any]:
    """The definition of this journey's state machine. `file` is where the journey is written."""
    machine = _Machine(journey)
    begins = Beginning(journey.opening, tuple(sorted(subscribed_kinds(journey))), splits_of(journey))
    if begins != Beginning():
        for state in machine.first_tasks(machine.start):
            state["Arguments"]["Payload"]["begins"] = to_plain(begins)
            if journey.opening is not None:
                state["Retry"] = retries(actions_of(state), opens=True)
    spoken = f", speaks to {journey.speaks_to}" if journey.speaks_to else ""
    # The states as their steps stand in the file, and then the ends.
    definition = {
        "StartAt": machine.start,
        "States": {**dict(reversed(machine.states.items())), **machine.ends},
    }
    return {
        "Comment": f"generated from {file}, version {version_of(journey)}{spoken}",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": min(time_limit(definition), LONGEST_EXECUTION),
        **definition,
    }


def places_of_states(journey: Journey) -> dict[str, Place]:
    """The place of every state that does something, by its name; those that only end a run have none."""
    return _Machine(journey).places


def definition_json(journey: Journey, file: str) -> str:
    """The definition as it is committed and deployed."""
    return json.dumps(compile_journey(journey, file), ensure_ascii=False, indent=2) + "\n"


class _Machine:
    """The states of a journey. A path is built from its end, because a state names what comes after it."""

    def __init__(self, journey: Journey) -> None:
        names = Counter(step.name for _, step in steps_of(journey) if isinstance(step, step_types.Ask))
        self._asked_once = {name for name, count in names.items() if count == 1}
        self._quiet, self._name = journey.quiet, journey.name
        self._cutter = BlockCutter(journey)
        self.states: dict[str, AslState] = {}
        self.ends: dict[str, AslState] = {}
        self.places: dict[str, Place] = {}
        blocks = self._cutter.cut_start(journey.steps, by_act=journey.trigger.is_act)
        self.start = self._state_of(self._blocks(blocks, End()))

    def first_tasks(self, name: str) -> Iterator[AslState]:
        """The tasks by which a run may begin that has come to this state."""
        state = self.states.get(name, {"Type": "Succeed"})
        if state["Type"] == "Task":
            yield state
        else:
            after = (
                state.get("Next"),
                state.get("Default"),
                *(one["Next"] for one in state.get("Choices", ())),
            )
            for following in filter(None, after):
                yield from self.first_tasks(following)

    def _path(
        self, steps: Sequence[step_types.Step], prefix: str, then: Target, *, stale: bool = False
    ) -> Target:
        """Build a path; returns its first state, or what comes after it when it needs none."""
        return self._blocks(self._cutter.cut(steps, prefix, stale=stale), then)

    def _blocks(self, blocks: Sequence[Block], then: Target) -> Target:
        following, after = None, then
        for block in reversed(blocks):
            first = self._block(block, then, following, after)
            following, after, then = block, then, first
        return then

    def _block(self, block: Block, then: Target, following: Block | None, after: Target) -> Target:
        """The first state of a block; `then` is that of the following one, `after` what comes after that."""
        step = block.step
        match step:
            case step_types.Stop():
                return End(step.reason, step.goal, step.texts)
            case step_types.Wait():
                state: AslState = {"Type": "Wait", "Seconds": step.seconds}
                output = RESUMED if self._quiet is None else BY_ITSELF
                return self._add(step_name(block.path, step), Place(block.path), state, then, output)
            case step_types.WaitUntil():
                return self._add_task(
                    block, then, [*self._early_ends(), catch("States.Timeout", self._state_of(then))]
                )
            case step_types.Branch() | step_types.Split():
                return self._choice(block, step, then)
            case step_types.WaitDate():
                return self._date(block, step, then)
            case step_types.Send() | step_types.Ask() | step_types.WaitEvent() | step_types.HandOver() | None:
                return self._task(block, step, then, following, after)
            case _:
                assert_never(step)

    # --- dates, branches and splits --------------------------------------------------------------

    def _date(self, block: Block, step: step_types.WaitDate, then: Target) -> str:
        """The task that waits for a date, the one that looks at its time limit, and whether that was all.

        The wait ends early when the date moves, and goes on if it lies ahead.
        """
        wait, choice = task_name(block.path, block.actions), step_name(block.path, step)
        rules = [{"Condition": STILL_TO_COME, "Next": wait}]
        default = self._state_of(then)
        if step.passed:
            passed = self._state_of(self._path(step.passed, f"{block.path}.passed.", then))
            rules.append({"Condition": PASSED, "Next": passed})
        if step.otherwise:
            rules.append({"Condition": COME_IN_TIME if step.passed is None else COME, "Next": default})
            default = self._state_of(self._path(step.otherwise, f"{block.path}.otherwise.", then))
        self._add_choice(choice, block.path, rules, default)
        look = Block(block.path, [CloseAction(block.path, date_of(step, self._quiet))])
        limit = self._add_task(look, choice, self._early_ends())
        return self._add_task(block, choice, [*self._early_ends(), catch("States.Timeout", limit)])

    def _choice(self, block: Block, step: step_types.ChoiceStep, then: Target) -> str:
        """A choice leads to a state even where the run ends."""
        default, *others = [
            (condition, self._state_of(self._path(steps, f"{here}.", then, stale=block.stale)))
            for here, steps, condition in reversed(_paths(step, block.path))
        ]
        rules = [{"Condition": template(condition), "Next": first} for condition, first in reversed(others)]
        name = self._add_choice(step_name(block.path, step), block.path, rules, default[1])
        if isinstance(step, step_types.Branch):
            self.states[name]["Comment"] = cases_comment(step)
        return name

    def _add_choice(self, name: str, path: str, rules: list[AslState], default: str) -> str:
        self.states[name] = {"Type": "Choice", "Choices": rules, "Default": default}
        self.places[name] = Place(path)
        return name

    # --- tasks -----------------------------------------------------------------------------------

    def _task(
        self, block: Block, step: TaskStep, then: Target, following: Block | None, after: Target
    ) -> str:
        catchers = self._early_ends()
        if block.closes:
            catchers.append(catch("AnsweredError", block.closes))
        match step:
            case step_types.Ask():
                silent = self._after_silence(step, following, then, after)
                unsent = None if step.not_sent is None else self._unsent(step.not_sent, block, silent)
                late = self._late(step.unanswered, f"{block.step_path}.unanswered", block, silent)
                not_sent = late if unsent is None else self._state_of(unsent)
                catchers += [catch("States.Timeout", late), catch("MessageNotSentError", not_sent, RESUMED)]
                then = self._retried(step, block, then)
            case step_types.WaitEvent() | step_types.HandOver():
                otherwise = step.otherwise if isinstance(step, step_types.WaitEvent) else ()
                late = self._late(otherwise, f"{block.step_path}.otherwise", block, then)
                catchers.append(catch("States.Timeout", late))
            case step_types.Send():
                unsent = self._unsent(step.not_sent or (), block, then)
                catchers.append(catch("MessageNotSentError", self._state_of(unsent), RESUMED))
            case None:
                pass
            case _:
                assert_never(step)
        return self._add_task(block, then, catchers)

    def _retried(self, ask: step_types.Ask, block: Block, then: Target) -> Target:
        """What comes after an answer: the same question, if it is `other` and may be asked again."""
        if not ask.retries:
            return then
        again = self._state_of(self._path((ask.asked_again,), f"{block.step_path}.{RETRY[0]}.", then))
        unclear = template(verdict_of(unclear_fact(block.step_path)))
        name = state_name(block.step_path, f"Ask {ask.name} again?")
        rules = [{"Condition": unclear, "Next": again}]
        return self._add_choice(name, block.step_path, rules, self._state_of(then))

    def _early_ends(self) -> list[AslState]:
        """What catches that the follower is gone, or that the run is over."""
        return [
            catch("FollowerGoneError", self._end("Follower is gone", End())),
            catch("RunEndedError", self._end("Run was ended", End())),
        ]

    def _unsent(self, steps: Sequence[step_types.Step], block: Block, then: Target) -> Target:
        return self._path(steps, f"{block.step_path}.not_sent.", then, stale=True)

    def _after_silence(
        self, ask: step_types.Ask, following: Block | None, then: Target, after: Target
    ) -> Target:
        """What comes after a question without its answer: not a branch that only looks at this answer."""
        if following is None or ask.name not in self._asked_once:
            return then
        if len(following.actions) == 1 and isinstance(following.actions[0], CheckAction):
            # A task looks first: this is skipped, too, where it is all that the branch asks.
            looked_up, choice = following.actions[0].conditions.values(), self.states[str(after)]
            is_all = len(looked_up) == len(choice["Choices"])
            skips = is_all and all(needs_answer(condition, ask.name) for condition in looked_up)
            return str(choice["Default"]) if skips else then
        decided = branch_of(following.actions[:1])
        branch = following.step if decided is None else decided
        if not isinstance(branch, step_types.Branch | BranchAction):
            return then
        if not all(needs_answer(case.when, ask.name) for case in branch.cases):
            return then
        if decided is not None:
            return then if decided.otherwise or following.actions[1:] else after
        default: str = self.states[str(then)]["Default"]
        return default

    def _late(self, steps: Sequence[step_types.Step], here: str, waiting: Block, then: Target) -> str:
        """The path after a time limit: its first task closes the wait, unless what it waits for won.

        In quiet hours the path goes on when they are over.
        """
        place = Place(waiting.step_path, late=True)
        closing: list[Action] = [CloseAction(waiting.step_path)]
        blocks = self._cutter.cut(steps, f"{here}.", stale=False)
        if not blocks or not _can_begin_by_closing(blocks[0]):
            blocks.insert(0, Block(here, place=place))
        if self._quiet is not None:
            blocks[0].actions = [one for one in blocks[0].actions if not isinstance(one, QuietAction)]
            closing.append(QuietAction(here, self._quiet))
        blocks[0].actions[:0] = closing
        blocks[0].closes = task_name(waiting.path, waiting.actions)
        return self._state_of(self._blocks(blocks, then))

    # --- what comes next -------------------------------------------------------------------------

    def _add_task(self, block: Block, then: Target, catchers: list[AslState]) -> str:
        name, place = task_name(block.path, block.actions), block.place or Place(block.path)
        if block.follows:
            catchers.append(catch_postponed("NotYetError", block.follows))
        quiet = next((action for action in block.actions if isinstance(action, QuietAction)), None)
        if quiet is not None:
            catchers.append(catch_postponed("QuietHoursError", self._wait_while_quiet(block, quiet, name)))
        state = task_state(block, catchers)
        waits = parks_token(block.actions)
        return self._add(name, place, state, then, "$states.result" if waits else "$states.result.Payload")

    def _wait_while_quiet(self, block: Block, action: QuietAction, task: str) -> str:
        """The state that waits for the end of quiet hours and goes back to the task."""
        pause = AwaitAction(f"{action.step}.quiet", quiet=action.quiet)
        catchers = [*self._early_ends(), catch("States.Timeout", task, RESUMED)]
        state = task_state(Block(block.path, [pause]), catchers)
        name = task_name(action.step, [pause])
        self.states[name] = {**state, "Output": template("$states.result"), "Next": task}
        return name

    def _add(self, name: str, place: Place, state: AslState, then: Target, output: str = "") -> str:
        """Add a state that leads on by itself. Without `output` it hands on its input."""
        if isinstance(then, End) and then.reason is not None:
            state["Output"] = _stopped(output or "$states.input", then)
        elif output:
            state["Output"] = template(output)
        state |= {"End": True} if isinstance(then, End) else {"Next": then}
        self.states[name], self.places[name] = state, place
        return name

    def _state_of(self, target: Target) -> str:
        """The state to go to: where a run can end without a state of its own, one that ends it."""
        if isinstance(target, str):
            return target
        if target.reason is None:
            return self._end("Done", target)
        return self._end(f"{'Goal' if target.goal else 'Stop'}: {target.reason}", target)

    def _end(self, what: str, end: End) -> str:
        state: AslState = {"Type": "Succeed"}
        if end.reason is not None:
            state["Output"] = _stopped("$states.input", end)
        name, number = state_name("", what), 2
        while self.ends.setdefault(name, state) != state:
            name, number = state_name(str(number), what), number + 1
        return name


def _can_begin_by_closing(block: Block) -> bool:
    """Whether the task of this block can close a wait before all else: it reads the profile doing so."""
    branch = branch_of(block.actions)
    decides = branch is not None and reads_profile(branch)
    return not (decides or isinstance(block.step, OwnState) or may_be_refused(block.step))


def _paths(step: step_types.ChoiceStep, path: str) -> list[tuple[str, tuple[step_types.Step, ...], str]]:
    """The paths of a branch or split: place, steps and condition. The last is for everybody else."""
    if isinstance(step, step_types.Split):
        buckets = buckets_of(share.percent for share in step.shares)
        return [
            (f"{path}.share{number}", share.steps, drawn_below(step.name, drawn.stop))
            for number, (share, drawn) in enumerate(zip(step.shares, buckets, strict=True), start=1)
        ]
    cases = [(f"{path}.case{number}", case) for number, case in enumerate(step.cases, start=1)]
    paths = [(here, case.steps, verdict_of(here)) for here, case in cases]
    return [*paths, (otherwise_of(step, path), step.otherwise, "")]


def _stopped(data: str, end: End) -> str:
    how: dict[str, object] = {"stopped": end.reason}
    how |= {"goal": True} if end.goal else {}
    how |= {"texts": dict(end.texts)} if end.texts else {}
    return template(f"$merge([{data}, {json.dumps(how, ensure_ascii=False)}])")
