"""The engine: one state machine per journey, one execution per run."""

import json
from typing import Any

from wejourney.adapters.failures import aws_errors, code_of
from wejourney.adapters.sealed_runs import sealed
from wejourney.journeys.runs import RunStart, Wake
from wejourney.people.erasure import RunKey
from wejourney.plain_data import to_plain
from wejourney.reasons import RunEnd

_OVER = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
"""How Step Functions says that nobody waits with this token any more; which one depends on how long."""

_ENDED = {"ExecutionDoesNotExist", "ValidationException"}
"""How an engine may say that there is nothing to stop any more: never started, forgotten, or over."""


class StepFunctionsRuns:
    """Runs as executions. `machine_prefix` is the ARN of a journey's machine without the journey's name."""

    def __init__(self, client: Any, machine_prefix: str) -> None:
        self._client = client
        self._prefix = machine_prefix

    def start(self, start: RunStart) -> None:
        """Start a run under its own name: the engine knows when it is the same one again."""
        try:
            self._client.start_execution(
                stateMachineArn=self._prefix + start.run.journey,
                name=start.run.id,
                input=json.dumps(sealed(start.run), ensure_ascii=False),
            )
        except aws_errors() as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise

    def wake(self, wake: Wake) -> None:
        """Hand a waiting run its data. The row has decided; a token that is over needs no waking."""
        try:
            self._client.send_task_success(
                taskToken=wake.token, output=json.dumps(sealed(wake.run), ensure_ascii=False)
            )
        except aws_errors() as error:
            if code_of(error) not in _OVER:
                raise

    def stop(self, run: RunKey, end: RunEnd) -> None:
        """End a run; that it has ended already is fine."""
        execution = execution_arn(self._prefix, run.journey, run.run_id)
        cause = json.dumps(to_plain(end), ensure_ascii=False)
        try:
            self._client.stop_execution(executionArn=execution, error="Stopped", cause=cause)
        except aws_errors() as error:
            if code_of(error) not in _ENDED:
                raise


def execution_arn(machine_prefix: str, journey: str, run_id: str) -> str:
    """The ARN of a run's execution; `machine_prefix` as of `StepFunctionsRuns`."""
    return f"{machine_prefix.replace(':stateMachine:', ':execution:')}{journey}:{run_id}"
