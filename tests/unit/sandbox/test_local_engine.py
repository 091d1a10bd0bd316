"""What the sandbox changes in MiniStack's Step Functions, and the names that this depends on."""

import inspect
import itertools
import json
import threading
import time
import types
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jsonata import timebox
from jsonata.timebox import Timebox
from ministack.services import stepfunctions

from infra.sandbox import ministack_patches
from infra.sandbox.timekeeper import Signal, Timekeeper
from tests.support.patience import PATIENCE
from workbench.compiler.jsonata import RESUMED, template

ARN = "arn:aws:states:us-east-1:000000000000"
NOW = 1_800_000_000
HOUR = 3600

engine: Any = stepfunctions

REPLACED = {
    "_apply_output_path": ("state_def", "data", "ctx"),
    "_execute_task": ("state_def", "raw_input", "execution", "ctx"),
    "_scaled_sleep": ("seconds",),
    "_sleep_until": ("iso_ts",),
    "_call_lambda": ("func_ref", "event"),
    "_invoke_with_callback": ("resource", "input_data", "token", "state_def"),
    "now_iso": (),
}
"""The functions that ministack_patches.py wraps or replaces, and their parameters."""


class Engine:
    """MiniStack's Step Functions as the sandbox runs it, with a Lambda function of the test's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, keeper: Timekeeper) -> None:
        self.keeper = keeper
        self.function: Callable[[Any], Any] = lambda event: event["run"]
        monkeypatch.setattr(engine, "_call_lambda", lambda _ref, event: self.function(event))
        monkeypatch.setattr(engine, "_resolve_lambda_function_ref", lambda ref, **_: ref)
        monkeypatch.setattr(engine, "_emit_execution_status_event", lambda _execution: None)
        for name in (*REPLACED, "threading", "time"):
            monkeypatch.setattr(engine, name, getattr(engine, name))
        monkeypatch.setattr(engine, "_executions", type(engine._executions)())
        monkeypatch.setattr(Timebox, "current_milli_time", Timebox.current_milli_time)
        ministack_patches.patch_step_functions(keeper)

    def start(self, states: dict[str, Any], data: Any = None) -> dict[str, Any]:
        """Start a machine, its states one after the other; returns the execution."""
        names = list(states)
        for name, after in zip(names, [*names[1:], None], strict=True):
            states[name] |= {"Next": after} if after else {"End": True}
        machine = {"QueryLanguage": "JSONata", "StartAt": names[0], "States": states}
        engine._state_machines[ARN] = {
            "name": "m", "definition": json.dumps(machine), "roleArn": "", "type": "STANDARD",
        }  # fmt: skip
        _, _, answer = engine._start_execution(
            {"stateMachineArn": ARN, "name": "e", "input": json.dumps(data or {})}
        )
        execution: dict[str, Any] = engine._executions[json.loads(answer)["executionArn"]]
        return execution

    def run(self, states: dict[str, Any], data: Any = None) -> dict[str, Any]:
        """Run a machine to its end, in whatever virtual time that takes; returns the execution."""
        execution = self.start(states, data)
        self.keeper.advance(self.keeper.seconds, PATIENCE)
        while execution["status"] == "RUNNING":
            before = self.keeper.seconds
            self.keeper.next_moment(None, PATIENCE)
            assert self.keeper.seconds > before, "it waits for nothing"
        return execution

    @property
    def passed(self) -> int:
        """Virtual seconds since the test began."""
        return self.keeper.seconds - NOW


@pytest.fixture
def ministack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    (tmp_path / "clock").write_text(str(NOW))
    return Engine(monkeypatch, Timekeeper(tmp_path / "clock"))


def task(**more: Any) -> dict[str, Any]:
    payload = {"run": "{% $states.input %}"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        **more,
    }


def ask(**more: Any) -> dict[str, Any]:
    payload = {"run": "{% $states.input %}", "token": "{% $states.context.Task.Token %}"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": "f", "Payload": payload},
        "Output": "{% $states.result %}",
        **more,
    }


def wait(hours: float) -> dict[str, Any]:
    return {"Type": "Wait", "Seconds": int(hours * 3600)}


def answer(event: Any, result: Any) -> None:
    engine._send_task_success({"taskToken": event["token"], "output": json.dumps(result)})


# --- what it depends on ------------------------------------------------------------------------------


def test_ministack_is_the_version_that_was_read() -> None:
    assert version("ministack") == "1.5.33", (
        "read ministack/services/stepfunctions.py again, then ministack_patches.py"
    )


@pytest.mark.parametrize(("name", "parameters"), REPLACED.items())
def test_the_functions_that_are_replaced_are_where_they_were(name: str, parameters: tuple[str, ...]) -> None:
    assert tuple(inspect.signature(getattr(engine, name)).parameters) == parameters


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("_invoke_with_callback", "except _ExecutionError:\n            pass"),
        ("_invoke_with_callback", 'timeout = state_def.get("TimeoutSeconds", 99999)'),
        ("_invoke_with_callback", "evt = threading.Event()"),
        ("_invoke_with_callback", "if not evt.wait(timeout=timeout):"),
        ("_execute_task", "_invoke_with_callback(\n                    resource, effective, ctx"),
        ("_execute_task", "_scaled_sleep("),
        ("_execute_wait", "_scaled_sleep("),
        ("_execute_wait", "_sleep_until(_jsonata_wait_timestamp("),
        ("_start_execution", "threading.Thread(\n        target=ctx_snapshot.run"),
        ("_run_execution", "time.sleep("),
        ("_run_execution", "current_input = _apply_output_path(state_def, current_input, ctx)"),
        ("_run_execution", '"EnteredTime": now_iso()'),
        ("_add_event", '"timestamp": now_iso()'),
    ],
)  # fmt: skip
def test_what_is_replaced_is_still_in_use(function: str, line: str) -> None:
    assert line in inspect.getsource(getattr(engine, function))


# --- what it does ------------------------------------------------------------------------------------


def test_time_stands_while_a_function_works_and_a_wait_takes_no_real_time(ministack: Engine) -> None:
    seen: list[int] = []

    def slow(event: Any) -> Any:
        time.sleep(0.05)
        seen.append(ministack.passed)
        return event["run"]

    ministack.function = slow
    began = time.monotonic()
    ministack.run({"a": task(), "b": task(), "wait": wait(48), "c": task()})
    assert seen == [0, 0, 48 * HOUR]
    assert time.monotonic() - began < PATIENCE


def test_an_execution_that_waits_is_not_in_flight_and_one_that_works_is(ministack: Engine) -> None:
    goes_on = threading.Event()

    def works(event: Any) -> Any:
        assert goes_on.wait(PATIENCE)
        return event["run"]

    ministack.function = works
    ministack.start({"a": task(), "wait": wait(2)})
    assert ministack.keeper.state()["in_flight"] == {"executions": 1}
    goes_on.set()
    ministack.keeper.advance(NOW, PATIENCE)
    state = ministack.keeper.state()
    assert (state["in_flight"], state["next"]) == ({}, later(2).replace("Z", "+00:00"))


def test_history_and_state_are_told_in_virtual_time(ministack: Engine) -> None:
    tell = {"Type": "Pass", "Output": "{% [$states.context.State.EnteredTime, $now()] %}"}
    execution = ministack.run({"wait": wait(2), "tell": tell})
    assert json.loads(execution["output"]) == [later(2).replace("Z", ".000Z")] * 2
    assert execution["startDate"] == later(0).replace("Z", ".000Z")
    assert {event["timestamp"] for event in execution["events"][-3:]} == {later(2).replace("Z", ".000Z")}


def test_an_expression_may_take_as_long_as_a_busy_machine_needs(
    ministack: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = itertools.count(0, HOUR)
    monkeypatch.setattr(timebox, "time", types.SimpleNamespace(time=lambda: next(hours)))
    assert ministack.run({"a": task()})["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "failing",
    [
        {"a": {"Type": "Pass", "Output": "{% $nothing.at.all %}"}},
        {"a": {"Type": "Fail", "Error": "Broken"}},
        {"a": {"Type": "Unheard"}},
    ],
)
def test_an_execution_that_fails_leaves_nothing_in_flight(ministack: Engine, failing: dict[str, Any]) -> None:
    assert ministack.run(failing)["status"] == "FAILED"
    ministack.keeper.advance(NOW, PATIENCE)
    assert ministack.keeper.state()["in_flight"] == {}


def test_a_failed_function_fails_the_task_that_waits_for_its_callback(ministack: Engine) -> None:
    def fail(_event: Any) -> None:
        raise engine._ExecutionError("MessageNotSentError", "{}")

    ministack.function = fail
    execution = ministack.run({"ask": ask(TimeoutSeconds=86400)})
    assert (execution["status"], execution["error"]) == ("FAILED", "MessageNotSentError")


def test_such_a_task_is_tried_again(ministack: Engine) -> None:
    tries: list[Any] = []

    def busy_once(event: Any) -> None:
        tries.append(event)
        if len(tries) == 1:
            raise engine._ExecutionError("WeChatBusyError", "{}")
        answer(event, {"done": True})

    ministack.function = busy_once
    retry = [{"ErrorEquals": ["WeChatBusyError"], "IntervalSeconds": 10, "MaxAttempts": 2}]
    execution = ministack.run({"ask": ask(Retry=retry)})
    assert (execution["status"], len(tries)) == ("SUCCEEDED", 2)


def test_an_answer_that_came_before_the_function_failed_counts(ministack: Engine) -> None:
    def answer_and_fail(event: Any) -> None:
        answer(event, {"done": True})
        raise engine._ExecutionError("Lambda.Unknown", "{}")

    ministack.function = answer_and_fail
    assert ministack.run({"ask": ask()})["status"] == "SUCCEEDED"


def test_the_time_limit_of_a_question_ends_at_its_second(ministack: Engine) -> None:
    ministack.function = lambda _event: time.sleep(0.05)
    execution = ministack.run({"ask": ask(TimeoutSeconds=6 * HOUR)})
    assert (execution["error"], ministack.passed) == ("States.Timeout", 6 * HOUR)


def test_a_question_without_a_time_limit_waits_longer_than_a_day(ministack: Engine) -> None:
    ministack.function = lambda _event: None
    execution = ministack.start({"ask": ask()})
    ministack.keeper.advance(NOW + 100 * HOUR, PATIENCE)
    assert execution["status"] == "RUNNING"


def test_after_an_answer_waits_count_from_the_answer(ministack: Engine) -> None:
    tokens: list[Any] = []
    ministack.function = tokens.append
    execution = ministack.start({"ask": ask(TimeoutSeconds=6 * HOUR), "wait": wait(2)})
    ministack.keeper.advance(NOW + HOUR, PATIENCE)
    answer(tokens[0], {})
    ministack.keeper.advance(NOW + 3 * HOUR - 1, PATIENCE)
    assert execution["status"] == "RUNNING"
    ministack.keeper.advance(NOW + 3 * HOUR, PATIENCE)
    assert execution["status"] == "SUCCEEDED"
    assert ministack.keeper.state()["next"] is None, "the limit of an answered question is not due any more"


def test_a_retry_waits_in_virtual_time(ministack: Engine) -> None:
    tries: list[int] = []

    def busy_twice(event: Any) -> Any:
        tries.append(ministack.passed)
        if len(tries) < 3:
            raise engine._ExecutionError("WeChatBusyError", "{}")
        return event["run"]

    ministack.function = busy_twice
    retry = [{"ErrorEquals": ["WeChatBusyError"], "IntervalSeconds": 10, "BackoffRate": 2}]
    ministack.run({"a": task(Retry=retry)})
    assert tries == [0, 10, 30]


def later(hours: float) -> str:
    return f"{datetime.fromtimestamp(NOW + hours * 3600, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_a_wait_until_a_timestamp_ends_at_that_virtual_time(ministack: Engine) -> None:
    wait_until = {"Type": "Wait", "Timestamp": "{% $states.input.until %}"}
    ministack.run({"a": task(), "wait": wait_until}, {"until": later(2)})
    assert ministack.passed == 2 * HOUR


def test_the_data_of_a_run_say_in_virtual_time_when_a_wait_was_over(ministack: Engine) -> None:
    resumed = f"{datetime.fromtimestamp(NOW + HOUR, UTC):%Y-%m-%dT%H:%M:%S}.000Z"

    execution = ministack.run({"W": {"Type": "Wait", "Seconds": HOUR, "Output": template(RESUMED)}}, {"a": 1})

    assert json.loads(execution["output"]) == {"a": 1, "resumed_at": resumed}


STOPPED = template('$merge([$states.input, {"stopped": "too late"}])')
CHOICE = {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "end"}], "Default": "end"}


@pytest.mark.parametrize("before", [wait(1), CHOICE, task()], ids=lambda state: str(state["Type"]))
@pytest.mark.parametrize("output", [{}, {"Output": STOPPED}], ids=["without", "with"])
def test_a_run_that_ends_in_a_state_of_its_own_tells_why(
    ministack: Engine, before: dict[str, Any], output: dict[str, str]
) -> None:
    """A stop behind a choice or an error has such a state: its runs were counted as finished."""
    execution = ministack.run({"before": {**before}, "end": {"Type": "Succeed", **output}}, {"a": 1})

    told = {"stopped": "too late"} if output else {}
    assert json.loads(execution["output"]) == ({"a": 1} | told)


def test_a_timestamp_that_is_past_is_not_waited_for(ministack: Engine) -> None:
    ministack.run({"wait": {"Type": "Wait", "Timestamp": later(-5)}, "again": wait(1)})
    assert ministack.passed == HOUR


LIMIT = (
    "{% $max([1, $ceil(($toMillis($states.input.until) - "
    "$toMillis($states.context.State.EnteredTime)) / 1000)]) %}"
)


def test_a_time_limit_may_be_an_expression_over_the_virtual_time_of_entering(ministack: Engine) -> None:
    catch = [{"ErrorEquals": ["States.Timeout"], "Output": "{% $states.input %}", "Next": "last"}]
    states = {"wait": wait(1), "ask": ask(TimeoutSeconds=LIMIT, Catch=catch), "last": wait(2)}
    ministack.run(states, {"until": later(4)})
    assert ministack.passed == 6 * HOUR


def test_a_run_that_is_stopped_while_it_waits_for_a_token_does_nothing_more(ministack: Engine) -> None:
    entered: list[Any] = []
    ministack.function = entered.append
    execution = ministack.start({"ask": ask(TimeoutSeconds=360), "say": task()})
    ministack.keeper.advance(NOW, PATIENCE)
    engine._stop_execution({"executionArn": execution["executionArn"], "error": "Stopped", "cause": "goal"})
    answer(entered[0], {"done": True})
    ministack.keeper.advance(NOW + HOUR, PATIENCE)
    assert (execution["status"], len(entered)) == ("ABORTED", 1)


def test_runs_finish_on_the_definition_that_they_began_with(ministack: Engine) -> None:
    """n8n #13168, #3531: a new version is deployed while a hundred runs wait."""
    runs = 100
    tokens: list[Any] = []
    ministack.function = lambda event: tokens.append(event) if "token" in event else {}
    ministack.start({"ask": ask(), "say": task(Output="v1")})
    old = engine._state_machines[ARN]["definition"]
    for number in range(runs - 1):
        engine._start_execution({"stateMachineArn": ARN, "name": f"old-{number}", "input": "{}"})
        ministack.keeper.advance(NOW, PATIENCE)
    began = [run for run in engine._executions.values() if run["status"] == "RUNNING"]
    assert len(began) == len(tokens) == runs

    engine._update_state_machine({"stateMachineArn": ARN, "definition": old.replace("v1", "v2")})
    for token in tokens:
        answer(token, {})
        ministack.keeper.advance(NOW, PATIENCE)

    assert {(run["status"], run["output"]) for run in began} == {("SUCCEEDED", '"v1"')}
    engine._start_execution({"stateMachineArn": ARN, "name": "new", "input": "{}"})
    ministack.keeper.advance(NOW, PATIENCE)
    answer(tokens[-1], {})
    ministack.keeper.advance(NOW, PATIENCE)
    assert [run["output"] for run in engine._executions.values() if run["name"] == "new"] == ['"v2"']


def test_the_threads_of_executions_wait_with_the_timekeeper(ministack: Engine) -> None:
    assert isinstance(engine.threading.Event(), Signal)
    assert ministack.keeper.state()["in_flight"] == {}
