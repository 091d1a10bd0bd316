"""What is on record of a follower, and what Step Functions remembers of their runs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from wejourney.adapters.aws.step_functions import execution_arn
from wejourney.adapters.failures import code_of
from wejourney.adapters.sealed_runs import SealedRuns
from wejourney.journeys.receiving import resume
from wejourney.journeys.runs import FollowerState
from wejourney.loyalty.accounts import Pocket
from wejourney.people.followers import Follower
from workbench.compiler.versions import version_of
from workbench.language.journey import Journey
from workbench.operations.loyalty.histories import Asking, History
from workbench.operations.target import Target
from workbench.operations.timeline import newest_page, timeline_of
from workbench.trace.engine import Compiled, StateEntered, engine_trace
from workbench.trace.recorded import recorded_trace
from workbench.trace.statement_lines import StatementLine
from workbench.trace.trace_events import QuietPause, RunStarted, TraceEvent, Where, by_time

_LARGEST_PAGE = 1000
_LINES = 200


def points_of(
    target: Target, person: Follower, since: datetime | None = None, until: datetime | None = None
) -> Iterator[StatementLine]:
    """What was posted in somebody's books of points, from a time on, the last first."""
    history, after = History.of(target.ledger, person), None
    while True:
        page = history.page(Asking(_LINES, after, since, until))
        for line in page.lines:
            yield StatementLine(line.transaction, line.balance[Pocket.AVAILABLE])
        after = page.next
        if after is None:
            return


def trace_on_record(target: Target, follower: Follower, journeys: Iterable[Journey] = ()) -> list[TraceEvent]:
    """All that happened with a follower, by time; `journeys` tell what runs of their version waited for."""
    rows = timeline_of(target.followers, follower.app_id, follower.openid)
    return recorded_trace(rows, points_of(target, follower), journeys)


def newest_trace(
    target: Target,
    state: FollowerState,
    follower: Follower,
    journeys: Iterable[Journey],
    last: int,
    before: datetime | None,
) -> tuple[list[TraceEvent], datetime | None]:
    """A page of what happened with a follower, by time, and the time before which the next page begins."""
    page = newest_page(target.followers, state, follower.subject, last, before)
    posted = points_of(target, follower, page.since if page.earlier is not None else None, before)
    trace = recorded_trace(page.entries, posted, journeys)
    return by_time([*trace, *(open_pauses(state, follower) if before is None else ())]), page.earlier


def open_pauses(state: FollowerState, follower: Follower) -> Iterator[QuietPause]:
    """The runs that pause now because of quiet hours: when it is over, no row tells of it."""
    for wait in state.waits:
        run = resume(wait, follower)
        if wait.quiet is not None and run.until is not None:
            yield QuietPause(Where(wait.asked_at, run.journey, run.id), run.until)


class RunHistories:
    """The histories of executions, of people who are on record."""

    def __init__(self, target: Target) -> None:
        self._client = target.client("stepfunctions")
        self._prefix = target.outputs["JourneyMachinePrefix"]
        self._runs = SealedRuns(target.followers)

    def read(self, journey: str, run_id: str) -> list[StateEntered] | None:
        """The history of a run; None if the engine has deleted it, 90 days after the run's end.

        https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
        """
        pages = self._client.get_paginator("get_execution_history").paginate(
            executionArn=execution_arn(self._prefix, journey, run_id),
            includeExecutionData=True,
            PaginationConfig={"PageSize": _LARGEST_PAGE},
        )
        try:
            events = [event for page in pages for event in page["events"]]
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            return None
        entered = (
            (event["timestamp"].astimezone(UTC), event["stateEnteredEventDetails"])
            for event in events
            if "stateEnteredEventDetails" in event
        )
        return [
            StateEntered(details["name"], at, self._runs.read(json.loads(details["input"])))
            for at, details in entered
        ]

    def add_to(self, trace: Sequence[TraceEvent], journey: Journey) -> list[TraceEvent]:
        """The trace with what the engine knows of the runs of this version of a journey."""
        version = version_of(journey)
        runs = [event.run for event in trace if isinstance(event, RunStarted) and event.version == version]
        histories = (self.read(journey.name, run) or () for run in runs)
        told = list(engine_trace(Compiled.of(journey), histories, trace))
        return by_time([*trace, *told])
