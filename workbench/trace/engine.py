"""The trace from the engine's history of a run: its waits, branches and what it published."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Literal, assert_never

from wejourney.events.event import InboundEvent
from wejourney.journeys import action_types
from wejourney.journeys.chance import buckets_of, draw, split_name
from wejourney.journeys.conditions import History, offers_in, parts_of
from wejourney.journeys.runs import Run
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.merge_fields import published
from workbench.compiler.blocks import Place
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.task_states import TASK_SECONDS, AslState, actions_of, waits_while_quiet
from workbench.language import step_types
from workbench.language.journey import Journey
from workbench.language.traversal import places_of
from workbench.trace import trace_events


@dataclass(frozen=True)
class StateEntered:
    """A run came to a state of its machine (UTC); `run` is its data at that moment."""

    state: str
    at: datetime
    run: Mapping[str, Any] = field(repr=False)


_DONE_ONCE = (action_types.BranchAction, action_types.TellAction, action_types.CallAction)


@dataclass(frozen=True)
class Compiled:
    """What the histories of all runs of a version of a journey are read with."""

    states: Mapping[str, AslState]
    places: Mapping[str, Place]
    steps: Mapping[str, step_types.RunStep]

    @classmethod
    def of(cls, journey: Journey) -> "Compiled":
        return cls(compile_journey(journey, "")["States"], places_of_states(journey), places_of(journey))


def engine_trace(
    compiled: Compiled,
    histories: Iterable[Sequence[StateEntered]],
    recorded: Sequence[trace_events.TraceEvent],
) -> Iterator[trace_events.TraceEvent]:
    """The traces of runs of this version of a journey. `recorded` is the trace of their follower.

    Published texts are in the default language and time zone of an account: its settings are not on record.
    """
    states, places, steps = compiled.states, compiled.places, compiled.steps
    received = tuple(event.event for event in recorded if isinstance(event, trace_events.EventReceived))
    for history in histories:
        dated: set[str] = set()
        done: set[str] = set()
        for entered, following in zip_longest(history, history[1:]):
            run, place = Run.from_dict(entered.run), places.get(entered.state)
            state = states.get(entered.state, {})
            if place is not None and not place.late and state["Type"] != "Task":
                where = trace_events.Where(entered.at, run.journey, run.id, place.step)
                until = where.at + timedelta(seconds=state["Seconds"]) if "Seconds" in state else run.until
                yield from _of_step(steps[place.step], where, run, until, received)
            next_actions = actions_of(states.get(following.state, {})) if following is not None else ()
            paused = following is not None and waits_while_quiet(next_actions)
            if paused and following.at < entered.at + timedelta(seconds=TASK_SECONDS):
                continue  # It was quiet already, and nothing was done: the run comes back to this state.
            for action in action_types.decided(actions_of(state), run):
                where = trace_events.Where(entered.at, run.journey, run.id, action.step)
                if isinstance(action, _DONE_ONCE):
                    # An answer that beats a time limit, and quiet hours, bring a run back to it.
                    if action.step in done:
                        continue
                    done.add(action.step)
                if isinstance(action, action_types.BranchAction):
                    yield from _of_step(steps[action.step], where, run, None, received)
                    continue
                if paused and isinstance(action, action_types.AskAction):
                    continue
                limit = state["TimeoutSeconds"]
                until = where.at + timedelta(seconds=limit if isinstance(limit, int) else 0)
                yield from _of_action(action, where, run, until, dated)


def _of_step(
    step: step_types.RunStep,
    where: trace_events.Where,
    run: Run,
    until: datetime | None,
    received: tuple[InboundEvent, ...],
) -> Iterator[trace_events.TraceEvent]:
    """What a step does that a task does not do, or only decides; `received`: all events of the follower."""
    match step:
        case step_types.Branch():
            past = tuple(event for event in received if event.at <= where.at)
            names = {name for case in step.cases for name in offers_in(case.when)}
            offers = frozenset(name for name in names if run.offers.get(name))
            begin, positions = run.start_position, run.step_positions
            history = History(past, where.at, begin, positions, about=run.about, offers=offers)
            verdicts = tuple(_verdicts(step, run, history))
            taken = any(verdict.holds for verdict in verdicts)
            number, when = (len(verdicts), verdicts[-1].when) if taken else (0, None)
            way: Literal["case", "otherwise", "round", "until"] = "case" if taken else "otherwise"
            if isinstance(step, step_types.Round):
                way, number = ("until", number) if taken else ("round", step.round)
            yield trace_events.BranchTaken(where, way, number, verdicts, when=when)
        case step_types.Split():
            lot = draw(run.follower.drawn_by, split_name(run.journey, step.name))
            shares = enumerate(buckets_of(share.percent for share in step.shares), start=1)
            number = next(number for number, lots in shares if lot in lots)
            percent = step.shares[number - 1].percent
            yield trace_events.BranchTaken(where, "share", number, lot=lot, percent=percent)
        case step_types.WaitDate():
            if until is None:
                yield trace_events.date_wait_ended(where, step.date, reached=run.reached, passed=run.passed)
        case step_types.Ask():
            pass  # Whether it is asked again: the question that follows tells.
        case step_types.Wait():
            yield trace_events.WaitStarted(where, until or where.at)
        case (
            step_types.Send() | step_types.Notify() | step_types.HandOver()
            | step_types.WaitEvent() | step_types.WaitUntil() | step_types.Tag() | step_types.Untag()
            | step_types.Set() | step_types.Agree() | step_types.Withdraw() | step_types.Award()
            | step_types.Give() | step_types.StartJourney() | step_types.EndJourney() | step_types.Stop()
        ):  # fmt: skip
            raise TypeError(f"{where.step}: only a task does {step.kind}")
        case _:
            assert_never(step)


def _verdicts(branch: step_types.Branch, run: Run, history: History) -> Iterator[trace_events.CaseVerdict]:
    """The cases up to the one that holds, or all."""
    for case in branch.cases:
        parts = parts_of(case.when, run.follower, run.answers, history)
        verdict = trace_events.CaseVerdict(all(part.holds for part in parts), parts, case.when)
        yield verdict
        if verdict.holds:
            return


def _of_action(
    action: action_types.Action, where: trace_events.Where, run: Run, until: datetime, dated: set[str]
) -> Iterator[trace_events.TraceEvent]:
    """What a task does and no record tells. `dated`: the steps that have waited for a date before."""
    match action:
        case action_types.AskAction():
            yield trace_events.WaitStarted(where, until, trace_events.AwaitedAnswer(action.name))
        case action_types.AwaitAction(until=moment) if moment is not None and run.until is not None:
            yield trace_events.WaitStarted(where, run.until)
        case action_types.AwaitAction(quiet=quiet) if quiet is not None and run.until is not None:
            yield trace_events.QuietPause(replace(where, step=""), run.until)
        case action_types.AwaitAction(pattern=pattern) if pattern is not None:
            yield trace_events.WaitStarted(where, until, trace_events.AwaitedEvent(pattern))
        case action_types.AwaitAction(date=date) if date is not None and run.until is not None:
            if where.step in dated:  # A run comes to the wait again because the date has moved.
                yield trace_events.DateMoved(where, date.date)
            dated.add(where.step)
            yield trace_events.WaitStarted(where, run.until, trace_events.AwaitedDate(date.date))
        case action_types.TellAction():
            yield trace_events.Published(where, action.event_name, _texts(action, run))
        case action_types.CallAction():
            yield trace_events.JourneyCalled(where, action.operation, action.journey)
        case (
            action_types.AwaitAction() | action_types.SendAction() | action_types.CloseAction()
            | action_types.QuietAction() | action_types.PauseAction() | action_types.CheckAction()
            | action_types.TagAction() | action_types.SetAction() | action_types.ConsentAction()
            | action_types.CouponAction() | action_types.AwardAction() | action_types.BranchAction()
        ):  # fmt: skip
            pass
        case _:
            assert_never(action)


def _texts(action: action_types.TellAction, run: Run) -> Mapping[str, str]:
    return published(
        action.fields, run.follower, AccountSettings(run.follower.app_id), run.answers, run.about.booking
    )
