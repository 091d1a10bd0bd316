"""MiniStack's Step Functions, with five things put right that a journey in fast time needs.

MiniStack has no interface for what is changed here, so its functions are wrapped by name: its version is
pinned, and `tests/unit/sandbox/test_local_engine.py` fails clearly when a name or a parameter has moved.

1. A `.waitForTaskToken` task whose Lambda function fails is a failed task, which `Retry` and `Catch`
   see. MiniStack swallows the error and waits for a callback that nobody will make.
2. The time limit of such a task is scaled as `Wait` is (`SFN_WAIT_SCALE`). MiniStack waits in real time.
3. Machine time costs no virtual time. At an hour a second, the 100 ms that a function takes are six
   virtual minutes, and they would add up. So each execution has a `Timeline` that only waits, time
   limits and a follower's acts move on, and a wait ends when its timeline says so: timed steps happen
   at their right virtual times however many functions ran before them.
   A run says in `heard` up to which event of the follower it has listened (`2026-01-31T08:00:00Z#…`):
   its timeline counts from when that event happened, not from when the machines were done with it.
4. `Wait` until a `Timestamp` waits until that moment of the virtual time. MiniStack's time is the real one.
5. `TimeoutSeconds` may be an expression. MiniStack takes it for a number, and calls the time at which a state
   was entered the real one.
"""
# ruff: noqa: SLF001 - MiniStack has no public interface for any of this

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ministack.services.stepfunctions

from wejourney.clock import Clock

stepfunctions: Any = ministack.services.stepfunctions

WRAPPED: Mapping[str, tuple[str, ...]] = {
    "_run_execution": ("exec_arn",),
    "_execute_task": ("state_def", "raw_input", "execution", "ctx"),
    "_scaled_sleep": ("seconds",),
    "_sleep_until": ("iso_ts",),
    "_call_lambda": ("func_ref", "event"),
    "_invoke_with_callback": ("resource", "input_data", "token", "state_def"),
}
"""The functions of MiniStack's Step Functions that are wrapped, and their parameters."""


@dataclass
class Callback:
    """A `.waitForTaskToken` task under way; `limits` is the task's state, with its own time limit."""

    token: str
    limits: dict[str, Any]


@dataclass
class Timeline:
    """Where an execution stands in real time (seconds since 1970) if its functions took none."""

    due: float
    clock: Clock
    callback: Callback | None = field(default=None)

    @property
    def now(self) -> datetime:
        """The virtual time at which the execution stands, UTC."""
        return self.clock.virtual_at(self.due)

    def listen(self, run: Any) -> None:
        """Go on to the last event that the run has heard of, if it says so."""
        heard = run.get("heard") if isinstance(run, dict) else None
        if isinstance(heard, str):
            self.go_on_to(datetime.fromisoformat(heard.partition("#")[0]))

    def go_on_to(self, moment: datetime) -> None:
        """Go on to a moment of the virtual time, unless it is past."""
        self.due = max(self.due, self.clock.real_at(moment))


class _Threads(threading.local):
    """MiniStack runs each execution in a thread of its own."""

    timeline: Timeline | None = None


_threads = _Threads()


def patch_step_functions(clock: Clock) -> None:
    """Wrap MiniStack's functions, for the virtual time that `clock` tells."""
    wrappers: Mapping[str, Callable[..., Any]] = {
        "_run_execution": _on_a_timeline(clock),
        "_execute_task": _evaluate_the_limit,
        "_scaled_sleep": _sleep_on_the_timeline,
        "_sleep_until": _sleep_until_a_virtual_time,
        "_call_lambda": _fail_the_callback,
        "_invoke_with_callback": _limit_the_callback,
    }
    for name, wrap in wrappers.items():
        setattr(stepfunctions, name, wrap(getattr(stepfunctions, name)))


def _on_a_timeline(clock: Clock) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    def wrap(run_execution: Callable[[str], None]) -> Callable[[str], None]:
        def run(exec_arn: str) -> None:
            execution = stepfunctions._executions.get(exec_arn) or {}
            # Without an event to count from, the execution begins now (MiniStack itself sleeps first).
            _threads.timeline = Timeline(due=0.0, clock=clock)
            _threads.timeline.listen(json.loads(execution.get("input") or "null"))
            _threads.timeline.due = _threads.timeline.due or time.time()
            run_execution(exec_arn)

        return run

    return wrap


def _sleep_on_the_timeline(scaled_sleep: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        timeline = _threads.timeline
        if timeline is None:
            scaled_sleep(seconds)
            return
        timeline.due += seconds * stepfunctions._SFN_WAIT_SCALE
        time.sleep(max(0.0, timeline.due - time.time()))

    return sleep


def _sleep_until_a_virtual_time(sleep_until: Callable[[str], None]) -> Callable[[str], None]:
    def sleep(iso_ts: str) -> None:
        timeline = _threads.timeline
        if timeline is None:
            sleep_until(iso_ts)
            return
        timeline.go_on_to(datetime.fromisoformat(iso_ts))
        time.sleep(max(0.0, timeline.due - time.time()))

    return sleep


def _evaluate_the_limit(execute_task: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state_def: dict[str, Any], raw_input: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        timeline = _threads.timeline
        if timeline is not None and isinstance(state_def.get("TimeoutSeconds"), str):
            entered = f"{timeline.now:%Y-%m-%dT%H:%M:%S.%fZ}"
            then = {**ctx, "State": {**ctx["State"], "EnteredTime": entered}}
            limit = stepfunctions._jsonata_state_field(state_def, "TimeoutSeconds", "number", raw_input, then)
            state_def = {**state_def, "TimeoutSeconds": limit}
        return execute_task(state_def, raw_input, execution, ctx)

    return execute


def _fail_the_callback(call_lambda: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def call(func_ref: Any, event: Any) -> Any:
        callback = _threads.timeline and _threads.timeline.callback
        try:
            return call_lambda(func_ref, event)
        except stepfunctions._ExecutionError as failure:
            if callback:
                _fail(callback, failure)
            raise
        finally:
            if callback and _threads.timeline and "TimeoutSeconds" in callback.limits:
                # What is left of the limit, now that the function has taken its time.
                ends = _threads.timeline.due + callback.limits["TimeoutSeconds"]
                callback.limits["TimeoutSeconds"] = max(0.0, ends - time.time())

    return call


def _fail(callback: Callback, failure: Any) -> None:
    """Report the failure as the task's own, unless its answer came first."""
    task = stepfunctions._task_tokens[callback.token]
    if not task["event"].is_set():
        task["error"] = {"Error": failure.error, "Cause": failure.cause}
        task["event"].set()


def _limit_the_callback(invoke_with_callback: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(resource: str, input_data: Any, token: str, state_def: dict[str, Any]) -> Any:
        timeline = _threads.timeline
        if timeline is None:
            return invoke_with_callback(resource, input_data, token, state_def)
        limits = dict(state_def)
        if "TimeoutSeconds" in limits:
            limits["TimeoutSeconds"] *= stepfunctions._SFN_WAIT_SCALE
        ends = timeline.due + limits.get("TimeoutSeconds", 0.0)
        timeline.callback = Callback(token, limits)
        try:
            answer = invoke_with_callback(resource, input_data, token, limits)
        except stepfunctions._ExecutionError as failure:
            if failure.error == "States.Timeout":
                timeline.due = ends
            raise
        finally:
            timeline.callback = None
        timeline.listen(answer)
        return answer

    return invoke
