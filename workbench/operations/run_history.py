"""What Step Functions remembers of a run: the data that its choices saw."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from wejourney.adapters.aws.errors import code_of
from wejourney.adapters.aws.step_functions import execution_arn
from workbench.operations.history import Choice, RunHistory

_LARGEST_PAGE = 1000


class RunHistories:
    """The histories of executions. `machine_prefix` is the ARN of a journey's machine without its name."""

    def __init__(self, client: Any, machine_prefix: str) -> None:
        self._client = client
        self._prefix = machine_prefix

    def read(self, journey: str, run_id: str) -> RunHistory | None:
        """The history of a run; None when the engine has it no more, 90 days after the run's end.

        https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
        """
        try:
            events = list(self._events(execution_arn(self._prefix, journey, run_id)))
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist":
                raise
            return None
        choices = tuple(self._choice(one) for one in events if one["type"] == "ChoiceStateEntered")
        return RunHistory(choices)

    def _events(self, execution: str) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("get_execution_history").paginate(
            executionArn=execution, includeExecutionData=True, PaginationConfig={"PageSize": _LARGEST_PAGE}
        )
        for page in pages:
            yield from page["events"]

    def _choice(self, event: Mapping[str, Any]) -> Choice:
        entered = event["stateEnteredEventDetails"]
        return Choice(entered["name"], event["timestamp"].astimezone(UTC), json.loads(entered["input"]))
