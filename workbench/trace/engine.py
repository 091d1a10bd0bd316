"""The trace that the engine's history of a run tells: where it waited, and which ways it took."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never

from wejourney.journeys.actions import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    CallAction,
    CheckAction,
    CloseAction,
    PauseAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
)
from wejourney.journeys.chance import buckets_of
from wejourney.journeys.conditions import History
from wejourney.journeys.runs import Run
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import choose
from wejourney.messaging.merge_fields import Merge, merge
from workbench.compiler.state_machine import compile_journey, places_of_states
from workbench.compiler.task_states import actions_of
from workbench.language.journey import Branch, Journey, Split, Step, Wait, WaitDate, WaitUntil
from workbench.language.places import places_of
from workbench.trace.branches import verdicts_of
from workbench.trace.events import (
    AwaitedAnswer,
    AwaitedDate,
    AwaitedEvent,
    BranchTaken,
    DateMoved,
    EventReceived,
    JourneyCalled,
    Published,
    TimedOut,
    TraceEvent,
    WaitEnded,
    WaitStarted,
    Where,
)


@dataclass(frozen=True)
class StateEntered:
    """A run came to a state of its machine (UTC); `run` is its data at that moment."""

    state: str
    at: datetime
    run: Mapping[str, Any] = field(repr=False)


def engine_trace(
    journey: Journey, history: Sequence[StateEntered], recorded: Sequence[TraceEvent]
) -> Iterator[TraceEvent]:
    """The waits and ways of a run, whose version `journey` is. `recorded` is the trace of its follower.

    What other systems were told is in the language and the time zone that an account has by default: its
    settings are not on record.
    """
    reader = _Reader(journey, recorded)
    for entered in history:
        yield from reader.events(entered)


class _Reader:
    def __init__(self, journey: Journey, recorded: Sequence[TraceEvent]) -> None:
        self._states = compile_journey(journey, "")["States"]
        self._places, self._steps = places_of_states(journey), places_of(journey)
        self._received = [one.event for one in recorded if isinstance(one, EventReceived)]
        self._dated: set[str] = set()

    def events(self, entered: StateEntered) -> Iterator[TraceEvent]:
        """What a run does when it comes to a state."""
        run = Run.from_dict(entered.run)
        state, place = self._states.get(entered.state, {}), self._places.get(entered.state)
        if place is not None and not place.late and state["Type"] != "Task":
            where = Where(entered.at, run.journey, run.id, place.step)
            # A run's `until` may be that of an earlier wait: a state with a length of its own ignores it.
            until = where.at + timedelta(seconds=state["Seconds"]) if "Seconds" in state else run.until
            yield from self._at_step(self._steps[place.step], where, run, until)
        for action in actions_of(state):
            where = Where(entered.at, run.journey, run.id, action.step)
            limit = state["TimeoutSeconds"]
            yield from self._acting(action, where, run, limit if isinstance(limit, int) else 0)

    def _at_step(self, step: Step, where: Where, run: Run, until: datetime | None) -> Iterator[TraceEvent]:
        match step:
            case Branch():
                yield self._branch(step, where, run)
            case Split():
                lot = run.draws[step.name]
                shares = enumerate(buckets_of(share.percent for share in step.shares), start=1)
                number = next(number for number, lots in shares if lot in lots)
                yield BranchTaken(where, "share", number, lot=lot)
            case WaitDate():
                if until is None:
                    awaited = AwaitedDate(step.date)
                    yield WaitEnded(where, awaited) if run.reached else TimedOut(where, awaited)
            case Wait() | WaitUntil():
                yield WaitStarted(where, until or where.at)
            case _:
                raise TypeError(f"{where.step}: only a task does {step.kind}")

    def _branch(self, step: Branch, where: Where, run: Run) -> BranchTaken:
        past = tuple(event for event in self._received if event.at <= where.at)
        history = History(past, where.at, run.start_position, run.step_positions)
        verdicts = tuple(verdicts_of(step, run.follower, run.answers, history))
        if verdicts and verdicts[-1].holds:
            return BranchTaken(where, "case", len(verdicts), verdicts)
        return BranchTaken(where, "otherwise", verdicts=verdicts)

    def _acting(self, action: Action, where: Where, run: Run, limit: int) -> Iterator[TraceEvent]:
        until = where.at + timedelta(seconds=limit)
        match action:
            case AskAction():
                yield WaitStarted(where, until, AwaitedAnswer(action.name))
            case AwaitAction(date=None, pattern=pattern) if pattern is not None:
                yield WaitStarted(where, until, AwaitedEvent(pattern))
            case AwaitAction(date=date) if date is not None and run.until is not None:
                yield from self._dating(where, run.until, date.date)
            case TellAction():
                yield Published(where, action.event_name, dict(_texts(action, run)))
            case CallAction():
                yield JourneyCalled(where, action.operation, action.journey)
            case AwaitAction() | SendAction() | CloseAction() | PauseAction() | CheckAction():
                pass
            case TagAction() | SetAction() | AwardAction():
                pass  # The records tell of it.
            case _:
                assert_never(action)

    def _dating(self, where: Where, until: datetime, date: str) -> Iterator[TraceEvent]:
        """A run that comes to the wait again does because the date has moved."""
        if where.step in self._dated:
            yield DateMoved(where, date)
        self._dated.add(where.step)
        yield WaitStarted(where, until, AwaitedDate(date))


def _texts(action: TellAction, run: Run) -> Iterator[tuple[str, str]]:
    """The fields of what other systems were told, as an account with the default settings reads them."""
    account = AccountSettings(run.follower.app_id)
    known = Merge(run.follower, run.answers, account, account.language)
    for name, text in action.fields.items():
        variant = text if isinstance(text, str) else choose(text, account.language, account.language)
        yield name, merge(variant, known)
