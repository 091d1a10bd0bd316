"""What journeys need and MiniStack lacks: the sandbox's time, and seven things put right.

MiniStack has no interface for what is changed here, so its functions and modules are replaced by name: its
version is pinned, and tests in `tests/unit/sandbox` fail clearly when a name has moved.

Time: `Wait`, the pause before a retry and the time limit of a `.waitForTaskToken` task park the execution's
thread with the timekeeper; otherwise the thread is in flight. What Step Functions says of the time (entered,
started, history, `$now()`) is virtual, and so is the second that an expression may take. MiniStack itself
would sleep, tell and measure in real time. Messages are in flight until
their function has processed them. If it fails, they are delivered again after the visibility timeout of their
queue, in virtual time. Rules with a schedule do not fire each virtual minute: they fire at every moment that
a row names (`look_at`, `due_on`), which is when they would find something. MiniStack would fire them in real
time.

1. A `.waitForTaskToken` task whose Lambda function fails is a failed task, which `Retry` and `Catch`
   see. MiniStack swallows the error and waits for a callback that nobody will make.
2. `TimeoutSeconds` may be an expression, and has Step Functions' own default. MiniStack takes a number only,
   and ends the task after a day.
3. A handler's error keeps its class name, and its worker lives on, as on AWS. MiniStack calls every error
   `Runtime.HandlerError`, which no `Retry` or `Catch` of a journey names, and ends the worker, whose
   successor takes a second to start. A worker that dies is Lambda's `Runtime.ExitError`.
4. Layers are unpacked once, into one directory, and stay there with their bytecode. MiniStack unpacks and
   compiles 50 MB anew for every worker of every function: most of the sandbox's start.
5. A function has one worker, for which its calls wait; virtual time stands meanwhile. MiniStack starts
   another worker for each call that comes while the others work, which takes longer than the work.
6. A batch of a table's stream names its shard, as it does with a tumbling window. MiniStack has no windows;
   its streams have one shard. Batches are in flight until they are processed.
7. A Succeed state has an `Output`. MiniStack leaves it out, and with it why a run has stopped.
"""
# ruff: noqa: SLF001 - MiniStack has no public interface for any of this

import math
import threading
import time
import types
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ministack.core.concurrency
import ministack.core.lambda_runtime
import ministack.services.dynamodb
import ministack.services.eventbridge
import ministack.services.lambda_svc
import ministack.services.sqs
import ministack.services.stepfunctions
from jsonata.timebox import Timebox

from infra.sandbox.timekeeper import Signal, Timekeeper, counted_threads
from wejourney.loyalty.programme import DEFAULT_ZONE

dynamodb: Any = ministack.services.dynamodb
eventbridge: Any = ministack.services.eventbridge
lambdas: Any = ministack.services.lambda_svc
runtime: Any = ministack.core.lambda_runtime
sqs: Any = ministack.services.sqs
stepfunctions: Any = ministack.services.stepfunctions

REPORTED = """{"status": "error", "error": str(e), "trace": traceback.format_exc()}"""
"""What MiniStack's worker says of a handler's error."""

FAILURE = "failure of the handler"
_REPORTED_IN_FULL = f"""{{"status": "ok", "result": {{"{FAILURE}": {{
                "errorType": type(e).__name__, "errorMessage": str(e),
                "stackTrace": traceback.format_exc().splitlines()}}}}}}"""
DIED = "Worker process died"

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
    # On a busy machine an expression, or the garbage collection in it, takes more than its real second.
    Timebox.current_milli_time = staticmethod(lambda: keeper.seconds * 1000)
    stepfunctions.now_iso = lambda: f"{keeper.now:%Y-%m-%dT%H:%M:%S}.000Z"
    stepfunctions._scaled_sleep = lambda seconds: keeper.sleep_until(keeper.seconds + seconds, EXECUTIONS)
    stepfunctions._sleep_until = lambda iso_ts: keeper.sleep_until(
        datetime.fromisoformat(iso_ts).timestamp(), EXECUTIONS
    )
    stepfunctions._apply_output_path = _evaluate_the_output(stepfunctions._apply_output_path)
    stepfunctions._execute_task = _evaluate_the_limit(stepfunctions._execute_task)
    stepfunctions._call_lambda = _fail_the_callback(stepfunctions._call_lambda)
    stepfunctions._invoke_with_callback = _know_the_token(stepfunctions._invoke_with_callback)


def replace_threads(module: Any, thread: type[threading.Thread], event: Callable[[], object]) -> None:
    """Let a module of MiniStack start other threads, and wait for other events."""
    module.threading = types.SimpleNamespace(**vars(threading) | {"Thread": thread, "Event": event})


def _evaluate_the_output(apply_output_path: Callable[..., Any]) -> Callable[..., Any]:
    def apply(state_def: dict[str, Any], data: Any, ctx: dict[str, Any] | None = None) -> Any:
        if state_def.get("Type") == "Succeed" and "Output" in state_def:
            return stepfunctions._apply_jsonata_output(state_def, data, ctx)
        return apply_output_path(state_def, data, ctx)

    return apply


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


def patch_deliveries(keeper: Timekeeper) -> None:
    """Let MiniStack deliver in the keeper's time."""
    keeper.elsewhere["messages"] = lambda: any(map(_can_be_taken, _mapped_queues()))
    poll, dispatch = lambdas._poll_sqs, lambdas._dispatch_esm_batch

    def poll_in_flight() -> bool:
        # It ends only when the batch that it took off a queue counts as in flight itself.
        with keeper.in_flight("batches"):
            return bool(poll())

    def dispatch_in_flight(esm_id: str, fn: Callable[..., None], *args: Any) -> None:
        work = keeper.handed_over("batches", fn)
        try:
            dispatch(esm_id, work, *args)
        except RuntimeError:
            keeper.end("batches")
            raise

    # MiniStack would let the whole queue wait after a failure; the failed messages are invisible anyway.
    lambdas._ESM_BACKOFF_SECONDS = 0.0
    lambdas._poll_sqs = poll_in_flight
    lambdas._dispatch_esm_batch = dispatch_in_flight
    lambdas._run_sqs_batch = _park_what_failed(lambdas._run_sqs_batch, keeper)
    delivers = lambdas._execute_function_with_config_scope
    thread = counted_threads(keeper, "deliveries", lambda target: target is delivers)
    replace_threads(eventbridge, thread, threading.Event)


SHARD = "shardId-0"
"""The one shard of each stream."""


def patch_streams(keeper: Timekeeper) -> None:
    """Let batches of streams name their shard, and be in flight in the keeper's time."""
    keeper.elsewhere["changes"] = lambda: any(_streams_with_work())
    poll, execute = lambdas._poll_dynamodb_streams, lambdas._execute_function

    def poll_in_flight() -> bool:
        with keeper.in_flight("changes"):
            return bool(poll())

    def execute_with_shard(function: Any, event: Any, *more: Any, **how: Any) -> Any:
        records = event.get("Records") if isinstance(event, dict) else None
        if records and records[0].get("eventSource") == "aws:dynamodb":
            event = {**event, "shardId": SHARD}
        return execute(function, event, *more, **how)

    lambdas._poll_dynamodb_streams = poll_in_flight
    lambdas._execute_function = execute_with_shard


def _streams_with_work() -> Iterator[bool]:
    """Whether a mapped stream has records that are not processed, stream by stream."""
    for account, region, mapping in lambdas._iter_all_esms():
        source = mapping.get("EventSourceArn", "")
        if ":dynamodb:" in source and mapping.get("Enabled", True):
            table = source.partition("/stream/")[0].rpartition("/")[2]
            end = dynamodb.stream_end_position(table, account_id=account, region=region)
            positions = lambdas._dynamodb_stream_positions
            yield positions.get_scoped(account, region, mapping["UUID"], 0) < end


def _mapped_queues() -> Iterator[dict[str, Any]]:
    served = {mapping.get("EventSourceArn") for _, _, mapping in lambdas._iter_all_esms()}
    for queue in list(sqs._queues._data.values()):
        if queue["attributes"].get("QueueArn") in served:
            yield queue


def _can_be_taken(queue: dict[str, Any]) -> bool:
    """Whether a message is visible that does not come after an invisible one of its group."""
    now = time.time()
    messages = list(queue["messages"])
    visible = [message for message in messages if message.get("visible_at", 0.0) <= now]
    hidden = (message for message in messages if message.get("visible_at", 0.0) > now)
    held_up = {message.get("group_id") for message in hidden} - {None}
    return any(message.get("group_id") not in held_up for message in visible)


def _park_what_failed(run_batch: Callable[..., None], keeper: Timekeeper) -> Callable[..., None]:
    def run(
        esm: Any, func_rec: Any, event: Any, batch: list[dict[str, Any]], queue_url: str, queue_name: str
    ) -> None:
        try:
            run_batch(esm, func_rec, event, batch, queue_url, queue_name)
        finally:
            queue = sqs._queues.get(queue_url)
            kept = {id(message) for message in queue["messages"]} if queue else set()
            left = [message for message in batch if id(message) in kept]
            if left:
                for message in left:
                    message["visible_at"] = math.inf
                timeout = int(queue["attributes"].get("VisibilityTimeout", "30"))
                keeper.at(keeper.seconds + timeout, lambda: _show(left))

    return run


def _show(messages: list[dict[str, Any]]) -> None:
    for message in messages:
        message["visible_at"] = 0.0
    ministack.core.concurrency.esm_wake.set()


LOOK_AT, DUE_ON = "look_at", "due_on"
"""The columns that say when the calendar looks at a row, and from which day on something is due in books."""

_DAY = len("2026-01-31")


def _moment(row: Any) -> int | None:
    """The second that a row names. Days begin as those of a programme that names no time zone."""
    named = (row or {}).get(LOOK_AT) or (row or {}).get(DUE_ON)
    if named is None:
        return None
    at = datetime.fromisoformat(named["S"])
    return math.ceil(
        (at.replace(tzinfo=ZoneInfo(DEFAULT_ZONE)) if len(named["S"]) == _DAY else at).timestamp()
    )


def patch_schedules(keeper: Timekeeper) -> None:
    """Let rules with a schedule fire in the keeper's time, at each moment that a row names."""
    emit, tick = dynamodb._emit_stream_event, eventbridge._tick_scheduled_rules
    planned: set[int] = set()

    def fire() -> None:
        for key in list(eventbridge._rules._data):
            eventbridge._rule_last_fired[key] = 0.0
        tick()

    def come(moment: int) -> None:
        planned.discard(moment)
        # Not in this thread, which holds the time.
        threading.Thread(target=keeper.handed_over("sweeps", fire), daemon=True).start()

    def emit_and_plan(
        table_name: str, event_name: str, old_item: Any, new_item: Any, *more: Any, **how: Any
    ) -> None:
        emit(table_name, event_name, old_item, new_item, *more, **how)
        moment = _moment(new_item)
        if moment is None or moment == _moment(old_item):
            return
        if moment not in planned:
            planned.add(moment)
            keeper.at(moment, lambda: come(moment))

    dynamodb._emit_stream_event = emit_and_plan
    eventbridge._tick_scheduled_rules = lambda: None


def keep_error_types() -> None:
    """Let the errors of handlers reach their callers by name."""
    runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(REPORTED, _REPORTED_IN_FULL)
    execute = lambdas._execute_function_warm

    def execute_and_name_the_error(*args: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(*args)
        body = result["body"] if isinstance(result["body"], dict) else {}
        if failure := body.get(FAILURE):
            log = "\n".join(filter(None, [result.get("log"), *failure["stackTrace"]]))
            return {"body": failure, "error": True, "log": log}
        if result.get("error") and body.get("errorMessage") == DIED:
            return {**result, "body": {**body, "errorType": "Runtime.ExitError"}}
        return result

    lambdas._execute_function_warm = execute_and_name_the_error


def one_worker_each() -> None:
    """Let the calls of a function follow one another."""
    working: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
    execute = lambdas._execute_function_warm

    def one_at_a_time(func: dict[str, Any], *args: Any) -> Any:
        with working[(func.get("config") or func)["FunctionName"]]:
            return execute(func, *args)

    lambdas._execute_function_warm = one_at_a_time


class SharedLayers(zipfile.ZipFile):
    """Unpacks a layer (a folder `layer_…` of a worker) where all workers share it; all else as ever."""

    directory: Path
    unpacking = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Link the worker's folder to the shared one, which the first worker makes."""
        if not Path(path).name.startswith("layer_"):
            super().extractall(path, members, pwd)
            return
        contents = [(member.filename, member.CRC, member.file_size) for member in self.infolist()]
        shared = self.directory / sha256(repr(contents).encode()).hexdigest()[:16]
        with self.unpacking:
            if not shared.exists():
                unfinished = shared.with_suffix(".part")
                super().extractall(unfinished)
                unfinished.rename(shared)
        for child in shared.iterdir():
            (Path(path) / child.name).symlink_to(child)


def share_layers(directory: Path) -> None:
    """Let MiniStack's workers share their unpacked layers in this directory."""
    SharedLayers.directory = directory
    errors = {"BadZipFile": zipfile.BadZipFile, "LargeFileError": zipfile.LargeZipFile}
    runtime.zipfile = types.SimpleNamespace(ZipFile=SharedLayers, **errors)
