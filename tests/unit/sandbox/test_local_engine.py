"""What the sandbox puts right in MiniStack's Step Functions, and the names that this depends on."""

import inspect
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pytest
from ministack.services import stepfunctions

from infra.sandbox import local_engine
from wejourney.clock import Clock

ARN = "arn:aws:states:us-east-1:000000000000"
SCALE = 1 / 3600
NOW = 1_800_000_000.0

engine: Any = stepfunctions


class FakeTime:
    """A time in which sleeping costs none."""

    def __init__(self) -> None:
        self.at = NOW

    def time(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


class Engine:
    """MiniStack's Step Functions as the sandbox runs it, with a Lambda function of the test's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
        self.time = FakeTime()
        self.function: Callable[[Any], Any] = lambda event: event
        monkeypatch.setattr(engine, "_SFN_WAIT_SCALE", SCALE)
        monkeypatch.setattr(engine, "time", self.time)
        monkeypatch.setattr(local_engine, "time", self.time)
        monkeypatch.setattr(engine, "_call_lambda", lambda _ref, event: self.function(event))
        monkeypatch.setattr(engine, "_resolve_lambda_function_ref", lambda ref, **_: ref)
        monkeypatch.setattr(engine, "_emit_execution_status_event", lambda _execution: None)
        for name in local_engine.WRAPPED:
            monkeypatch.setattr(engine, name, getattr(engine, name))
        local_engine.patch_step_functions(clock)

    def run(self, states: dict[str, Any], data: Any = None) -> dict[str, Any]:
        """Run a machine, its states one after the other, to its end; returns the execution."""
        names = list(states)
        for name, after in zip(names, [*names[1:], None], strict=True):
            states[name] |= {"Next": after} if after else {"End": True}
        machine = {"QueryLanguage": "JSONata", "StartAt": names[0], "States": states}
        engine._state_machines[ARN] = {"name": "m", "definition": json.dumps(machine), "roleArn": ""}
        execution: dict[str, Any] = {
            "executionArn": f"{ARN}:e",
            "stateMachineArn": ARN,
            "name": "e",
            "status": "RUNNING",
            "startDate": "",
            "input": json.dumps(data or {}),
            "events": [],
        }
        engine._executions[f"{ARN}:e"] = execution
        # Each execution has a thread of its own, as in MiniStack.
        thread = threading.Thread(target=engine._run_execution, args=(f"{ARN}:e",))
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
        return execution

    def takes(self, seconds: float) -> Any:
        """A function that takes this long and hands on what it was given."""

        def function(event: Any) -> Any:
            self.time.sleep(seconds)
            return event["run"]

        return function


@pytest.fixture
def ministack(monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(monkeypatch, Clock(speed=1 / SCALE, real=NOW, virtual=NOW))


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
        "read ministack/services/stepfunctions.py again, then local_engine.py and local_lambda.py"
    )


@pytest.mark.parametrize(("name", "parameters"), local_engine.WRAPPED.items())
def test_the_functions_that_are_wrapped_are_where_they_were(name: str, parameters: tuple[str, ...]) -> None:
    assert tuple(inspect.signature(getattr(engine, name)).parameters) == parameters


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("_invoke_with_callback", "except _ExecutionError:\n            pass"),
        ("_invoke_with_callback", 'timeout = state_def.get("TimeoutSeconds", 99999)'),
        ("_execute_task", "_invoke_with_callback(\n                    resource, effective, ctx"),
        ("_execute_task", "_scaled_sleep("),
        ("_execute_wait", "_scaled_sleep("),
        ("_execute_wait", "_sleep_until(_jsonata_wait_timestamp("),
        ("_sleep_until", "datetime.now(timezone.utc)"),
    ],
)  # fmt: skip
def test_the_faults_that_are_put_right_are_still_there(function: str, line: str) -> None:
    assert line in inspect.getsource(getattr(engine, function))


# --- what it does ------------------------------------------------------------------------------------


def test_the_time_that_functions_take_is_taken_off_the_next_wait(ministack: Engine) -> None:
    ministack.function = ministack.takes(0.25)
    ministack.run({"a": task(), "b": task(), "wait": wait(2)})
    assert ministack.time.at == pytest.approx(NOW + 2)


def test_a_debt_that_one_wait_cannot_pay_goes_on_to_the_next(ministack: Engine) -> None:
    ministack.function = ministack.takes(3)
    ministack.run({"a": task(), "wait": wait(2), "wait again": wait(2)})
    assert ministack.time.at == pytest.approx(NOW + 4)


def test_a_run_counts_from_the_event_that_it_has_heard(ministack: Engine) -> None:
    happened = datetime.fromtimestamp(NOW + 7200, UTC)  # two virtual hours: two real seconds
    ministack.time.sleep(2.5)
    ministack.run({"wait": wait(3)}, {"heard": f"{happened:%Y-%m-%dT%H:%M:%SZ}#1"})
    assert ministack.time.at == pytest.approx(NOW + 5)


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


def test_the_time_limit_of_a_question_is_scaled(ministack: Engine) -> None:
    ministack.function = lambda _event: None
    began = time.monotonic()
    execution = ministack.run({"ask": ask(TimeoutSeconds=360)})
    assert execution["error"] == "States.Timeout"
    assert time.monotonic() - began < 5


def test_after_a_time_limit_waits_count_from_its_end(ministack: Engine) -> None:
    ministack.function = lambda _event: ministack.time.sleep(0.2)
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "wait"}]
    ministack.run({"ask": ask(TimeoutSeconds=360, Catch=catch), "wait": wait(2)})
    assert ministack.time.at == pytest.approx(NOW + 0.1 + 2)


def test_after_an_answer_waits_count_from_the_answer(ministack: Engine) -> None:
    happened = datetime.fromtimestamp(NOW + 3600, UTC)

    def answered(event: Any) -> None:
        ministack.time.sleep(1.5)
        answer(event, {"heard": f"{happened:%Y-%m-%dT%H:%M:%SZ}#2"})

    ministack.function = answered
    ministack.run({"ask": ask(), "wait": wait(2)})
    assert ministack.time.at == pytest.approx(NOW + 3)


def later(hours: float) -> str:
    return f"{datetime.fromtimestamp(NOW + hours * 3600, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_a_wait_until_a_timestamp_ends_at_that_virtual_time(ministack: Engine) -> None:
    ministack.function = ministack.takes(0.25)
    wait_until = {"Type": "Wait", "Timestamp": "{% $states.input.until %}"}
    ministack.run({"a": task(), "wait": wait_until}, {"until": later(2)})
    assert ministack.time.at == pytest.approx(NOW + 2)


def test_a_timestamp_that_is_past_is_not_waited_for(ministack: Engine) -> None:
    ministack.run({"wait": {"Type": "Wait", "Timestamp": later(-5)}, "again": wait(1)})
    assert ministack.time.at == pytest.approx(NOW + 1)


LIMIT = (
    "{% $max([1, $ceil(($toMillis($states.input.until) - "
    "$toMillis($states.context.State.EnteredTime)) / 1000)]) %}"
)


def test_a_time_limit_may_be_an_expression_over_the_virtual_time_of_entering(ministack: Engine) -> None:
    """It ends at the date, however long the functions before it and its own have taken."""
    ministack.function = ministack.takes(0.02)
    catch = [{"ErrorEquals": ["States.Timeout"], "Output": "{% $states.input %}", "Next": "wait"}]
    data = {"until": later(0.1)}
    ministack.run({"a": task(), "ask": ask(TimeoutSeconds=LIMIT, Catch=catch), "wait": wait(2)}, data)
    assert ministack.time.at == pytest.approx(NOW + 0.1 + 2)


def test_a_run_that_is_stopped_while_it_waits_for_a_token_does_nothing_more(ministack: Engine) -> None:
    entered: list[Any] = []

    def stop_the_run(event: Any) -> Any:
        entered.append(event)
        if "token" in event:
            engine._stop_execution({"executionArn": f"{ARN}:e", "error": "Stopped", "cause": "goal"})
            answer(event, {"done": True})
        return event.get("run")

    ministack.function = stop_the_run
    execution = ministack.run({"ask": ask(TimeoutSeconds=360), "say": task()})
    assert (execution["status"], len(entered)) == ("ABORTED", 1)


def test_runs_finish_on_the_definition_that_they_began_with(ministack: Engine) -> None:
    """n8n #13168, #3531: a new version is deployed while a thousand runs wait."""
    runs = 1000
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "ask",
        "States": {"ask": ask(Next="say"), "say": task(Output="v1", End=True)},
    }
    changed = json.dumps(definition).replace("v1", "v2")
    tokens: list[str] = []
    ministack.function = lambda event: tokens.append(event["token"]) if "token" in event else {}
    engine._state_machines[ARN] = {
        "name": "m", "definition": json.dumps(definition), "roleArn": "", "type": "STANDARD",
    }  # fmt: skip
    executions = [_execution(number) for number in range(runs)]
    threads = [
        threading.Thread(target=engine._run_execution, args=(one["executionArn"],)) for one in executions
    ]
    # One after the other: MiniStack gives an expression one second of real time, however many threads wait.
    for waiting, thread in enumerate(threads, start=1):
        thread.start()
        while len(tokens) < waiting:
            time.sleep(0.001)

    engine._update_state_machine({"stateMachineArn": ARN, "definition": changed})
    for token, thread in zip(tokens, threads, strict=True):
        answer({"token": token}, {})
        thread.join(10)

    assert {(one["status"], one["output"]) for one in executions} == {("SUCCEEDED", '"v1"')}
    last = _execution(runs)
    ministack.function = lambda event: answer(event, {}) if "token" in event else {}
    engine._run_execution(last["executionArn"])
    assert last["output"] == '"v2"'


def _execution(number: int) -> dict[str, Any]:
    arn = f"{ARN}:{number}"
    execution: dict[str, Any] = {
        "executionArn": arn,
        "stateMachineArn": ARN,
        "name": str(number),
        "status": "RUNNING",
        "startDate": "",
        "input": "{}",
        "events": [],
    }
    engine._executions[arn] = execution
    return execution
