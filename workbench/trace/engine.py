"""The trace that the engine's history of a run tells: where it waited, and which ways it took."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never

from wejourney.journeys import action_types
from wejourney.journeys.chance import buckets_of
from wejourney.journeys.conditions import History
from wejourney.journeys.runs import Run
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import choose
from wejourney.messaging.merge_fields import Merge, merge
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.task_states import actions_of
from workbench.language.journey import Journey
from workbench.language.places import places_of
from workbench.language.step_types import Branch, Split, Step, Wait, WaitDate, WaitUntil
from workbench.trace import trace_events
from workbench.trace.branches import verdicts_of


@dataclass(frozen=True)
class StateEntered:
    """A run came to a state of its machine (UTC); `run` is its data at that moment."""

    state: str
    at: datetime
    run: Mapping[str, Any] = field(repr=False)


def engine_trace(
    journey: Journey, history: Sequence[StateEntered], recorded: Sequence[trace_events.TraceEvent]
) -> Iterator[trace_events.TraceEvent]:
    """The waits and ways of a run, whose version `journey` is. `recorded` is the trace of its follower.

    What other systems were told is in the language and the time zone that an account has by default: its
    settings are not on record.
    """
    reader = _Reader(journey, recorded)
    for entered in history:
        yield from reader.events(entered)


class _Reader:
    def __init__(self, journey: Journey, recorded: Sequence[trace_events.TraceEvent]) -> None:
        self._states = compile_journey(journey, "")["States"]
        self._places, self._steps = places_of_states(journey), places_of(journey)
        self._received = [one.event for one in recorded if isinstance(one, trace_events.EventReceived)]
        self._dated: set[str] = set()

    def events(self, entered: StateEntered) -> Iterator[trace_events.TraceEvent]:
        """What a run does when it comes to a state."""
        run = Run.from_dict(entered.run)
        state, place = self._states.get(entered.state, {}), self._places.get(entered.state)
        if place is not None and not place.late and state["Type"] != "Task":
            where = trace_events.Where(entered.at, run.journey, run.id, place.step)
            # A run's `until` may be that of an earlier wait: a state with a length of its own ignores it.
            until = where.at + timedelta(seconds=state["Seconds"]) if "Seconds" in state else run.until
            yield from self._at_step(self._steps[place.step], where, run, until)
        for action in actions_of(state):
            where = trace_events.Where(entered.at, run.journey, run.id, action.step)
            limit = state["TimeoutSeconds"]
            yield from self._acting(action, where, run, limit if isinstance(limit, int) else 0)

    def _at_step(
        self, step: Step, where: trace_events.Where, run: Run, until: datetime | None
    ) -> Iterator[trace_events.TraceEvent]:
        match step:
            case Branch():
                yield self._branch(step, where, run)
            case Split():
                lot = run.draws[step.name]
                shares = enumerate(buckets_of(share.percent for share in step.shares), start=1)
                number = next(number for number, lots in shares if lot in lots)
                yield trace_events.BranchTaken(where, "share", number, lot=lot)
            case WaitDate():
                if until is None:
                    awaited = trace_events.AwaitedDate(step.date)
                    yield (
                        trace_events.WaitEnded(where, awaited)
                        if run.reached
                        else trace_events.TimedOut(where, awaited)
                    )
            case Wait() | WaitUntil():
                yield trace_events.WaitStarted(where, until or where.at)
            case _:
                raise TypeError(f"{where.step}: only a task does {step.kind}")

    def _branch(self, step: Branch, where: trace_events.Where, run: Run) -> trace_events.BranchTaken:
        past = tuple(event for event in self._received if event.at <= where.at)
        history = History(past, where.at, run.start_position, run.step_positions)
        verdicts = tuple(verdicts_of(step, run.follower, run.answers, history))
        if verdicts and verdicts[-1].holds:
            return trace_events.BranchTaken(where, "case", len(verdicts), verdicts)
        return trace_events.BranchTaken(where, "otherwise", verdicts=verdicts)

    def _acting(
        self, action: action_types.Action, where: trace_events.Where, run: Run, limit: int
    ) -> Iterator[trace_events.TraceEvent]:
        until = where.at + timedelta(seconds=limit)
        match action:
            case action_types.AskAction():
                yield trace_events.WaitStarted(where, until, trace_events.AwaitedAnswer(action.name))
            case action_types.AwaitAction(date=None, pattern=pattern) if pattern is not None:
                yield trace_events.WaitStarted(where, until, trace_events.AwaitedEvent(pattern))
            case action_types.AwaitAction(date=date) if date is not None and run.until is not None:
                yield from self._dating(where, run.until, date.date)
            case action_types.TellAction():
                yield trace_events.Published(where, action.event_name, dict(_texts(action, run)))
            case action_types.CallAction():
                yield trace_events.JourneyCalled(where, action.operation, action.journey)
            case (
                action_types.AwaitAction()
                | action_types.SendAction()
                | action_types.CloseAction()
                | action_types.PauseAction()
                | action_types.CheckAction()
            ):
                pass
            case action_types.TagAction() | action_types.SetAction() | action_types.AwardAction():
                pass  # The records tell of it.
            case _:
                assert_never(action)

    def _dating(
        self, where: trace_events.Where, until: datetime, date: str
    ) -> Iterator[trace_events.TraceEvent]:
        """A run that comes to the wait again does because the date has moved."""
        if where.step in self._dated:
            yield trace_events.DateMoved(where, date)
        self._dated.add(where.step)
        yield trace_events.WaitStarted(where, until, trace_events.AwaitedDate(date))


def _texts(action: action_types.TellAction, run: Run) -> Iterator[tuple[str, str]]:
    """The fields of what other systems were told, as an account with the default settings reads them."""
    account = AccountSettings(run.follower.app_id)
    known = Merge(run.follower, run.answers, account, account.language)
    for name, text in action.fields.items():
        variant = text if isinstance(text, str) else choose(text, account.language, account.language)
        yield name, merge(variant, known)
