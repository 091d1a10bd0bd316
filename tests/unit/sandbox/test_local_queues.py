"""What the sandbox changes in MiniStack's deliveries, and the names that this depends on."""

import inspect
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core import concurrency
from ministack.services import eventbridge, lambda_svc, sqs

from infra.sandbox import ministack_patches
from infra.sandbox.timekeeper import StillInFlightError, Timekeeper
from tests.support.patience import PATIENCE

NOW = 1_800_000_000
VISIBLE = 360
ARN = "arn:aws:sqs:us-east-1:000000000000:inbox.fifo"
URL = "http://localhost:4566/000000000000/inbox.fifo"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"

lambdas: Any = lambda_svc
queues: Any = sqs
events: Any = eventbridge

REPLACED = {
    "_poll_sqs": (),
    "_dispatch_esm_batch": ("esm_id", "fn", "args"),
    "_run_sqs_batch": ("esm", "func_rec", "event", "batch", "queue_url", "queue_name"),
}
"""The functions that ministack_patches.py wraps, and their parameters."""


class Deliveries:
    """A queue whose messages go to a function of the test's own; MiniStack's poller asks for them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, keeper: Timekeeper) -> None:
        self.keeper = keeper
        self.batches: list[list[str]] = []
        self.at: list[int] = []
        self.answer: Callable[[list[str]], dict[str, Any]] = lambda _bodies: {"body": {}}
        monkeypatch.setattr(lambdas, "_get_func_record_for_qualifier", lambda *_: ({"config": {}}, {}))
        monkeypatch.setattr(lambdas, "_execute_function", self._function)
        for module, names in (
            (lambdas, REPLACED),
            (lambdas, ("_esms", "_esm_inflight", "_esm_backoff_until", "_ESM_BACKOFF_SECONDS")),
            (queues, ("_queues",)),
            (events, ("threading",)),
        ):
            for name in names:
                monkeypatch.setattr(module, name, getattr(module, name))
        monkeypatch.setattr(queues, "_queues", type(queues._queues)())
        monkeypatch.setattr(lambdas, "_esms", type(lambdas._esms)())
        self.queue: dict[str, Any] = {
            "name": "inbox.fifo",
            "url": URL,
            "is_fifo": True,
            "attributes": {"QueueArn": ARN, "VisibilityTimeout": str(VISIBLE), "FifoQueue": "true"},
            "messages": [],
            "dedup_cache": {},
            "fifo_seq": 0,
        }
        queues._queues[queues._queue_url("inbox.fifo")] = self.queue
        lambdas._esms["e"] = {
            "UUID": "e", "Enabled": True, "EventSourceArn": ARN, "FunctionName": "f", "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }  # fmt: skip
        ministack_patches.patch_deliveries(keeper)

    def _function(self, _function: Any, event: dict[str, Any]) -> dict[str, Any]:
        bodies = [record["body"] for record in event["Records"]]
        self.batches.append(bodies)
        self.at.append(self.keeper.seconds - NOW)
        self.failed = [record["messageId"] for record in event["Records"]]
        return self.answer(bodies)

    def send(self, body: str, group: str) -> None:
        now = time.time()
        self.queue["messages"].append(
            {
                "id": body, "body": body, "md5_body": "", "receipt_handle": None, "sent_at": now,
                "visible_at": now, "receive_count": 0, "first_receive_at": None, "message_attributes": {},
                "sys": {}, "group_id": group, "dedup_id": body, "seq": "1",
            }
        )  # fmt: skip
        concurrency.esm_wake.set()


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deliveries]:
    (tmp_path / "clock").write_text(str(NOW))
    deliveries = Deliveries(monkeypatch, Timekeeper(tmp_path / "clock"))
    ended = threading.Event()

    def poll() -> None:
        while not ended.is_set():
            concurrency.esm_wake.clear()
            if not lambdas._poll_sqs():
                concurrency.esm_wake.wait(0.05)

    poller = threading.Thread(target=poll)
    poller.start()
    yield deliveries
    ended.set()
    poller.join()


def in_flight(inbox: Deliveries) -> dict[str, int]:
    found: dict[str, int] = inbox.keeper.state()["in_flight"]
    return found


# --- what it depends on --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "parameters"), REPLACED.items())
def test_the_functions_that_are_wrapped_are_where_they_were(name: str, parameters: tuple[str, ...]) -> None:
    assert tuple(inspect.signature(getattr(lambdas, name)).parameters) == parameters


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (lambdas._poll_loop, "_poll_sqs()"),
        (lambdas._poll_sqs, "_dispatch_esm_batch(\n                esm_id, _run_sqs_batch, esm, func_rec"),
        (events._dispatch_to_lambda, "target=lambda_svc._execute_function_with_config_scope"),
        (queues._collect_msgs, 'm["visible_at"] <= now'),
    ],
)
def test_what_is_wrapped_is_still_in_use(function: Any, line: str) -> None:
    assert line in inspect.getsource(function)


# --- what it does --------------------------------------------------------------------------------


def test_a_message_is_in_flight_until_a_function_has_worked_on_it(inbox: Deliveries) -> None:
    goes_on = threading.Event()

    def work(_bodies: list[str]) -> dict[str, Any]:
        assert goes_on.wait(PATIENCE)
        return {"body": {}}

    inbox.answer = work
    inbox.send("a", "lee")
    with pytest.raises(StillInFlightError, match=r"messages|batches"):
        inbox.keeper.advance(NOW + 60, 0.2)
    goes_on.set()
    inbox.keeper.advance(NOW + 60, PATIENCE)
    assert (inbox.batches, inbox.at, inbox.queue["messages"]) == ([["a"]], [0], [])


def test_a_message_that_is_off_its_queue_and_not_yet_with_its_function_is_in_flight(
    inbox: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, goes_on = threading.Event(), threading.Event()

    def filter_slowly(records: list[Any], _mapping: Any) -> list[Any]:
        taken.set()
        assert goes_on.wait(PATIENCE)
        return records

    monkeypatch.setattr(lambdas, "_apply_filter_criteria", filter_slowly)
    inbox.send("a", "lee")
    assert taken.wait(PATIENCE)
    assert in_flight(inbox) == {"batches": 1}
    goes_on.set()
    inbox.keeper.advance(NOW, PATIENCE)
    assert inbox.batches == [["a"]]


@pytest.mark.parametrize("crash", [False, True])
def test_what_a_function_fails_on_comes_again_after_the_visibility_timeout_in_virtual_time(
    inbox: Deliveries, *, crash: bool
) -> None:
    def fail_once(_bodies: list[str]) -> dict[str, Any]:
        if len(inbox.batches) > 1:
            return {"body": {}}
        if crash:
            return {"error": True, "body": {"errorType": "Runtime.ExitError", "errorMessage": "died"}}
        return {"body": {"batchItemFailures": [{"itemIdentifier": message} for message in inbox.failed]}}

    inbox.answer = fail_once
    inbox.send("a", "lee")
    inbox.keeper.advance(NOW, PATIENCE)
    assert in_flight(inbox) == {}
    inbox.keeper.advance(NOW + VISIBLE - 1, PATIENCE)
    assert inbox.at == [0]
    inbox.keeper.next_moment(None, PATIENCE)
    assert (inbox.at, inbox.queue["messages"]) == ([0, VISIBLE], [])


def test_an_error_in_the_poller_itself_leaves_nothing_in_flight_and_loses_no_message(
    inbox: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(lambdas, "_execute_function", break_down)
        inbox.send("a", "lee")
        inbox.keeper.advance(NOW, PATIENCE)
    assert in_flight(inbox) == {}
    inbox.keeper.advance(NOW + VISIBLE, PATIENCE)
    assert inbox.at == [VISIBLE]


def test_a_message_behind_a_failed_one_of_its_group_waits_for_it_and_one_of_another_group_does_not(
    inbox: Deliveries,
) -> None:
    failing = {"error": True, "body": {"errorType": "E", "errorMessage": ""}}
    inbox.answer = lambda bodies: failing if inbox.keeper.seconds == NOW and "a" in bodies else {"body": {}}
    inbox.send("a", "lee")
    inbox.keeper.advance(NOW, PATIENCE)
    inbox.send("b", "lee")
    inbox.send("c", "john")
    inbox.keeper.advance(NOW, PATIENCE)
    assert inbox.batches == [["a"], ["c"]]
    inbox.keeper.advance(NOW + VISIBLE, PATIENCE)
    assert [body for batch in inbox.batches[2:] for body in batch] == ["a", "b"]


def test_a_delivery_of_eventbridge_is_in_flight_until_its_function_has_ended(
    inbox: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, seen = threading.Event(), list[Any]()

    def deliver(_record: Any, event: Any) -> None:
        assert goes_on.wait(PATIENCE)
        seen.append((event, inbox.keeper.seconds))

    monkeypatch.setattr(lambdas, "_get_func_record_for_ref", lambda _arn: ({"config": {}}, {"x": 1}, "f"))
    monkeypatch.setattr(lambdas, "_execution_record_for_config", lambda func, _config: func)
    monkeypatch.setattr(lambdas, "_execute_function_with_config_scope", deliver)
    ministack_patches.patch_deliveries(inbox.keeper)
    events._dispatch_to_lambda(FUNCTION, json.dumps({"detail": 1}))
    assert in_flight(inbox)["deliveries"] == 1
    goes_on.set()
    inbox.keeper.advance(NOW + 60, PATIENCE)
    assert seen == [({"detail": 1}, NOW)]
