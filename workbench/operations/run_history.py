"""What Step Functions remembers of a run: the states that it came to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from wejourney.adapters.aws.errors import code_of
from wejourney.adapters.aws.step_functions import execution_arn
from workbench.compiler.catalogue import version_of
from workbench.language.journey import Journey
from workbench.trace.engine import StateEntered, engine_trace
from workbench.trace.order import by_time
from workbench.trace.trace_events import RunStarted, TraceEvent

_LARGEST_PAGE = 1000


class RunHistories:
    """The histories of executions. `machine_prefix` is the ARN of a journey's machine without its name."""

    def __init__(self, client: Any, machine_prefix: str) -> None:
        self._client = client
        self._prefix = machine_prefix

    def read(self, journey: str, run_id: str) -> list[StateEntered] | None:
        """The history of a run; None when the engine has it no more, 90 days after the run's end.

        https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
        """
        try:
            events = list(self._events(execution_arn(self._prefix, journey, run_id)))
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            return None
        return [_entered(event) for event in events if "stateEnteredEventDetails" in event]

    def add_to(self, trace: Sequence[TraceEvent], journey: Journey) -> list[TraceEvent]:
        """The trace with what the engine knows of the runs of this version of a journey."""
        version = version_of(journey)
        runs = [event for event in trace if isinstance(event, RunStarted) and event.version == version]
        histories = (self.read(journey.name, run.run) or () for run in runs)
        told = [one for history in histories for one in engine_trace(journey, history, trace)]
        return by_time([*trace, *told])

    def _events(self, execution: str) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("get_execution_history").paginate(
            executionArn=execution, includeExecutionData=True, PaginationConfig={"PageSize": _LARGEST_PAGE}
        )
        for page in pages:
            yield from page["events"]


def _entered(event: Mapping[str, Any]) -> StateEntered:
    entered = event["stateEnteredEventDetails"]
    return StateEntered(entered["name"], event["timestamp"].astimezone(UTC), json.loads(entered["input"]))
