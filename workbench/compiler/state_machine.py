"""From a journey to its state machine: the Amazon States Language, in JSONata.

A maximal stretch of messages, tags and points is one task; a question or a wait for an event is one task
that waits for it; a wait is a Wait; a branch or a split is a Choice; a wait for a date is a task, a look when
its time is over, and a Choice, because the date may move. No state does nothing. The input and the output of
every state are the run's data; what ends at a stop has its reason in `stopped` besides.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, assert_never

from wejourney.journeys.action_types import Action, CloseAction, PauseAction
from wejourney.journeys.chance import buckets_of
from workbench.compiler.blocks import Block, cut, date_of, may_be_refused
from workbench.compiler.catalogue import version_of
from workbench.compiler.jsonata import COME, STILL_TO_COME, UNTIL, drawn_below, expression_of, template
from workbench.compiler.naming import choice_name, state_name, task_name, wait_name
from workbench.compiler.task_states import AslState, catch, result_of, task_state
from workbench.language import step_types
from workbench.language.durations import time_limit
from workbench.language.journey import Journey
from workbench.language.questions import menus_shown
from workbench.language.traversal import conditions_of, needs_answer, steps_of


class End(NamedTuple):
    """Where a path ends; `reason` is that of the stop, if it was one, `goal` whether that is the goal."""

    reason: str | None = None
    goal: bool = False


type Target = str | End
"""What comes next: a state by its name, or nothing."""


def compile_journey(journey: Journey, file: str) -> dict[str, Any]:
    """The definition of this journey's state machine. `file` is where the journey is written."""
    machine = _Machine(journey)
    start = machine.state_of(machine.path(journey.steps, "", End()))
    return {
        "Comment": f"generated from {file}, version {version_of(journey)}",
        "QueryLanguage": "JSONata",
        "StartAt": start,
        "TimeoutSeconds": time_limit(journey.steps, journey.quiet),
        "States": machine.in_reading_order(),
    }


class Place(NamedTuple):
    """The first step that a state carries out, or (`late`) the step after whose time limit it comes."""

    step: str
    late: bool = False


def places_of_states(journey: Journey) -> dict[str, Place]:
    """The place of every state that does something, by its name; those that only end a run have none."""
    machine = _Machine(journey)
    machine.path(journey.steps, "", End())
    return machine.places


def definition_json(journey: Journey, file: str) -> str:
    """The definition as it is committed and deployed."""
    return json.dumps(compile_journey(journey, file), ensure_ascii=False, indent=2) + "\n"


class _Machine:
    """The states so far. A path is built from its end, because a state names what comes after it."""

    def __init__(self, journey: Journey) -> None:
        names = Counter(step.name for _, step in steps_of(journey) if isinstance(step, step_types.Ask))
        self._asked_once = {name for name, count in names.items() if count == 1}
        self._quiet = journey.quiet
        self._shown = menus_shown(journey)
        self._scopes = {count.scope for _, one in conditions_of(journey) for count in one.events}
        self._states: dict[str, AslState] = {}
        self._ends: dict[str, AslState] = {}
        self.places: dict[str, Place] = {}

    def in_reading_order(self) -> dict[str, AslState]:
        """All states, as their steps stand in the file, and then the ends."""
        return {**dict(reversed(self._states.items())), **self._ends}

    def path(
        self, steps: Sequence[step_types.Step], prefix: str, then: Target, *, stale: bool = False
    ) -> Target:
        """Build a path; returns its first state, or what comes after it when it needs none."""
        return self._blocks(self._cut(steps, prefix, stale=stale), then)

    def _cut(self, steps: Sequence[step_types.Step], prefix: str, *, stale: bool) -> list[Block]:
        return cut(steps, prefix, stale=stale, quiet=self._quiet, scopes=self._scopes, shown=self._shown)

    def _blocks(self, blocks: Sequence[Block], then: Target, answered: str | None = None) -> Target:
        """Build blocks; the first of them is then the task that goes back to `answered`."""
        following = None
        for block in reversed(blocks):
            silent = self._skips(block.step, following, then)
            back = answered if block is blocks[0] else None
            then, following = self._block(block, then, silent, back), block
        return then

    def _skips(self, step: step_types.Step | None, following: Block | None, then: Target) -> Target:
        """What comes after a question without its answer: not a branch that only looks at this answer."""
        if not isinstance(step, step_types.Ask) or step.name not in self._asked_once or following is None:
            return then
        branch = following.step
        if not isinstance(branch, step_types.Branch) or not all(
            needs_answer(case.when, step.name) for case in branch.cases
        ):
            return then
        default: str = self._states[str(then)]["Default"]
        return default

    def _block(self, block: Block, then: Target, silent: Target, answered: str | None) -> Target:
        match block.step:
            case step_types.Stop():
                return End(block.step.reason, block.step.goal)
            case step_types.Wait() | step_types.WaitUntil():
                return self._wait(block.step, block.path, then)
            case step_types.Branch():
                return self._branch(block.step, block, then)
            case step_types.Split():
                return self._split(block.step, block, then)
            case step_types.WaitDate():
                return self._date(block, block.step, then)
            case step_types.Send() | step_types.Ask() | step_types.WaitEvent() | step_types.HandOver() | None:
                return self._task(block, then, silent, answered)
            case _:
                assert_never(block.step)

    # --- times and dates -----------------------------------------------------------------------

    def _wait(self, step: step_types.Wait | step_types.WaitUntil, path: str, then: Target) -> str:
        """A wait whose end is known, or one whose end the task before it has found out."""
        if isinstance(step, step_types.Wait) and self._quiet is None:
            state: AslState = {"Type": "Wait", "Seconds": step.seconds}
        else:
            state = {"Type": "Wait", "Timestamp": UNTIL}
        return self._add(wait_name(path, step), Place(path), state, then, "$states.input")

    def _date(self, block: Block, step: step_types.WaitDate, then: Target) -> str:
        """The task that waits for a date, the one that looks at its time limit, and whether that was all.

        The wait ends early when the date moves, and goes on if it lies ahead.
        """
        wait = task_name(block.path, block.actions)
        choice = choice_name(block.path, step)
        ways = [{"Condition": STILL_TO_COME, "Next": wait}]
        following = self.state_of(then)
        if step.otherwise:
            ways.append({"Condition": COME, "Next": following})
            following = self.state_of(self.path(step.otherwise, f"{block.path}.otherwise.", then))
        self._choice(choice, Place(block.path), ways, following)
        look = Block(block.path, [CloseAction(block.path, date_of(step, self._quiet))])
        limit = self._add_task(task_name(look.path, look.actions), look, choice, self._ways_out())
        return self._add_task(wait, block, choice, [*self._ways_out(), catch("States.Timeout", limit)])

    # --- branches ------------------------------------------------------------------------------

    def _branch(self, branch: step_types.Branch, block: Block, then: Target) -> str:
        # A choice leads to a state even where the run ends.
        default = self._way(branch.otherwise, f"{block.path}.otherwise", block, then)
        rules = []
        for number, case in reversed(list(enumerate(branch.cases, start=1))):
            here = f"{block.path}.case{number}"
            condition = template(expression_of(case.when, here))
            rules.append({"Condition": condition, "Next": self._way(case.steps, here, block, then)})
        return self._choice(choice_name(block.path, branch), Place(block.path), rules[::-1], default)

    def _split(self, split: step_types.Split, block: Block, then: Target) -> str:
        lots = buckets_of(share.percent for share in split.shares)
        *drawn, rest = enumerate(split.shares, start=1)
        default = self._way(rest[1].steps, f"{block.path}.share{rest[0]}", block, then)
        rules = []
        for number, share in reversed(drawn):
            condition = template(drawn_below(split.name, lots[number - 1].stop))
            first = self._way(share.steps, f"{block.path}.share{number}", block, then)
            rules.append({"Condition": condition, "Next": first})
        return self._choice(choice_name(block.path, split), Place(block.path), rules[::-1], default)

    def _way(self, steps: Sequence[step_types.Step], here: str, block: Block, then: Target) -> str:
        """One way of a branch or split; returns its first state."""
        return self.state_of(self.path(steps, f"{here}.", then, stale=block.stale))

    def _choice(self, name: str, place: Place, rules: list[AslState], default: str) -> str:
        self._states[name] = {"Type": "Choice", "Choices": rules, "Default": default}
        self.places[name] = place
        return name

    # --- tasks ---------------------------------------------------------------------------------

    def _task(self, block: Block, then: Target, silent: Target, answered: str | None) -> str:
        name = task_name(block.path, block.actions)
        catchers = self._ways_out()
        if answered is not None:
            catchers.append(catch("AnsweredError", answered))
        match block.step:
            case step_types.Ask():
                catchers += self._ways_without_answer(block.step, block.step_path, name, silent)
            case step_types.WaitEvent():
                late = self._late(block.step.otherwise, block.step_path, "otherwise", name, then)
                catchers.append(catch("States.Timeout", late))
            case step_types.HandOver():
                late = self._late((), block.step_path, "otherwise", name, then)
                catchers.append(catch("States.Timeout", late))
            case step_types.Send() if block.step.not_sent is not None:
                way = self.path(block.step.not_sent, f"{block.step_path}.not_sent.", then, stale=True)
                catchers.append(catch("MessageNotSentError", self.state_of(way)))
            case (
                step_types.Send()
                | step_types.Wait()
                | step_types.WaitUntil()
                | step_types.WaitDate()
                | step_types.Branch()
                | step_types.Split()
                | step_types.Stop()
                | None
            ):
                pass
            case _:
                assert_never(block.step)
        return self._add_task(name, block, then, catchers)

    def _ways_out(self) -> list[AslState]:
        """What catches that there is nobody to go on with, or that the run is over."""
        return [
            catch("FollowerGoneError", self._end("Follower is gone", End())),
            catch("RunEndedError", self._end("Run was ended", End())),
        ]

    def _ways_without_answer(self, ask: step_types.Ask, path: str, name: str, then: Target) -> list[AslState]:
        """What catches the time limit, and a question that could not be put."""
        unsaid: Target | None = None
        if ask.not_sent is not None:
            unsaid = self.path(ask.not_sent, f"{path}.not_sent.", then, stale=True)
        silent = self._late(ask.unanswered, path, "unanswered", name, then)
        return [
            catch("States.Timeout", silent),
            catch("MessageNotSentError", silent if unsaid is None else self.state_of(unsaid)),
        ]

    def _late(self, steps: Sequence[step_types.Step], path: str, way: str, name: str, then: Target) -> str:
        """The path after a time limit: its first task closes the wait, unless what it waits for won.

        In quiet hours the path begins when they are over.
        """
        here = f"{path}.{way}"
        closing: list[Action] = [CloseAction(path)]
        blocks = self._cut(steps, f"{here}.", stale=self._quiet is not None)
        if self._quiet is not None:
            first = self._blocks(blocks, then)
            pause = {"Type": "Wait", "Timestamp": UNTIL}
            waiting = state_name(here, "Wait for the end of quiet hours")
            then = self._add(waiting, Place(path, late=True), pause, first, "$states.input")
            closing.append(PauseAction(here, quiet=self._quiet))
            blocks = []
        if not blocks or not blocks[0].is_task or may_be_refused(blocks[0].step):
            blocks.insert(0, Block(here, late_for=path))
        blocks[0].actions[:0] = closing
        return self.state_of(self._blocks(blocks, then, answered=name))

    # --- what comes next -----------------------------------------------------------------------

    def _add_task(self, name: str, block: Block, then: Target, catchers: list[AslState]) -> str:
        state = task_state(block, catchers)
        place = Place(block.late_for or block.path, late=bool(block.late_for))
        return self._add(name, place, state, then, result_of(state), always=True)

    def _add(
        self, name: str, place: Place, state: AslState, then: Target, output: str, *, always: bool = False
    ) -> str:
        """Add a state that leads on by itself; `always` writes its output even when it is its input."""
        if isinstance(then, End) and then.reason is not None:
            state["Output"] = template(_stopped(output, then))
        elif always:
            state["Output"] = template(output)
        state |= {"End": True} if isinstance(then, End) else {"Next": then}
        self._states[name] = state
        self.places[name] = place
        return name

    def state_of(self, target: Target) -> str:
        """The state to go to: where a run can end without a state of its own, one that ends it."""
        if isinstance(target, str):
            return target
        if target.reason is None:
            return self._end("Done", target)
        return self._end(f"{'Goal' if target.goal else 'Stop'}: {target.reason}", target)

    def _end(self, what: str, end: End) -> str:
        state: AslState = {"Type": "Succeed"}
        if end.reason is not None:
            state["Output"] = template(_stopped("$states.input", end))
        name = state_name("", what)
        number = 2
        while self._ends.setdefault(name, state) != state:
            name, number = state_name(str(number), what), number + 1
        return name


def _stopped(data: str, end: End) -> str:
    how = {"stopped": end.reason, **({"goal": True} if end.goal else {})}
    return f"$merge([{data}, {json.dumps(how, ensure_ascii=False)}])"
