"""MiniStack's Step Functions in the sandbox's time, with two things put right that journeys need.

MiniStack has no interface for what is changed here, so its functions and modules are replaced by name: its
version is pinned, and `tests/unit/sandbox/test_local_engine.py` fails clearly when a name has moved.

Time: `Wait`, the pause before a retry and the time limit of a `.waitForTaskToken` task park the execution's
thread with the timekeeper; otherwise the thread is in flight. What Step Functions says of the time (entered,
started, history) is virtual. MiniStack itself would sleep and tell in real time.

1. A `.waitForTaskToken` task whose Lambda function fails is a failed task, which `Retry` and `Catch`
   see. MiniStack swallows the error and waits for a callback that nobody will make.
2. `TimeoutSeconds` may be an expression, and has Step Functions' own default. MiniStack takes a number only,
   and ends the task after a day.
"""
# ruff: noqa: SLF001 - MiniStack has no public interface for any of this

import threading
import time
import types
from collections.abc import Callable
from datetime import datetime
from typing import Any

import ministack.services.stepfunctions

from infra.sandbox.timekeeper import Signal, Timekeeper, counted_threads

stepfunctions: Any = ministack.services.stepfunctions

EXECUTIONS = "executions"
"""What its threads are to the timekeeper."""

LONGEST_TASK = 99_999_999
"""Seconds: the default of `TimeoutSeconds`.

https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
"""


class _Threads(threading.local):
    """MiniStack runs each execution in a thread of its own; `token` is of the task that is under way."""

    token: str | None = None


_threads = _Threads()


def patch_step_functions(keeper: Timekeeper) -> None:
    """Let MiniStack's executions live in the keeper's time."""
    replace_threads(stepfunctions, counted_threads(keeper, EXECUTIONS), lambda: Signal(keeper, EXECUTIONS))
    # It sleeps before the first state only.
    stepfunctions.time = types.SimpleNamespace(**vars(time) | {"sleep": lambda _seconds: None})
    stepfunctions.now_iso = lambda: f"{keeper.now:%Y-%m-%dT%H:%M:%S}.000Z"
    stepfunctions._scaled_sleep = lambda seconds: keeper.sleep_until(keeper.seconds + seconds, EXECUTIONS)
    stepfunctions._sleep_until = lambda iso_ts: keeper.sleep_until(
        datetime.fromisoformat(iso_ts).timestamp(), EXECUTIONS
    )
    stepfunctions._execute_task = _evaluate_the_limit(stepfunctions._execute_task)
    stepfunctions._call_lambda = _fail_the_callback(stepfunctions._call_lambda)
    stepfunctions._invoke_with_callback = _know_the_token(stepfunctions._invoke_with_callback)


def replace_threads(module: Any, thread: type[threading.Thread], event: Callable[[], object]) -> None:
    """Let a module of MiniStack start other threads, and wait for other events."""
    module.threading = types.SimpleNamespace(**vars(threading) | {"Thread": thread, "Event": event})


def _evaluate_the_limit(execute_task: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state_def: dict[str, Any], raw_input: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        limit = state_def.get("TimeoutSeconds")
        if isinstance(limit, str):
            limit = stepfunctions._jsonata_state_field(state_def, "TimeoutSeconds", "number", raw_input, ctx)
        elif limit is None and ".waitForTaskToken" in state_def.get("Resource", ""):
            limit = LONGEST_TASK
        if limit is not None:
            state_def = {**state_def, "TimeoutSeconds": limit}
        return execute_task(state_def, raw_input, execution, ctx)

    return execute


def _know_the_token(invoke_with_callback: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(resource: str, input_data: Any, token: str, state_def: dict[str, Any]) -> Any:
        _threads.token = token
        try:
            return invoke_with_callback(resource, input_data, token, state_def)
        finally:
            _threads.token = None

    return invoke


def _fail_the_callback(call_lambda: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def call(func_ref: Any, event: Any) -> Any:
        try:
            return call_lambda(func_ref, event)
        except stepfunctions._ExecutionError as failure:
            task = stepfunctions._task_tokens[_threads.token] if _threads.token is not None else None
            # It is the task's own failure, unless its answer came first.
            if task is not None and not task["event"].is_set():
                task["error"] = {"Error": failure.error, "Cause": failure.cause}
                task["event"].set()
            raise

    return call
