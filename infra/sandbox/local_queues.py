"""MiniStack's deliveries in the sandbox's time: queues with an event source mapping, EventBridge to Lambda.

See `local_engine.py` on why its functions are replaced by name.

Messages are in flight until their function has processed them. If it fails, they are delivered again after
the visibility timeout of their queue, in virtual time; MiniStack's takes real time.
"""
# ruff: noqa: SLF001 - MiniStack has no public interface for any of this

import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import ministack.core.concurrency
import ministack.services.eventbridge
import ministack.services.lambda_svc
import ministack.services.sqs

from infra.sandbox.local_engine import replace_threads
from infra.sandbox.timekeeper import Timekeeper, counted_threads

eventbridge: Any = ministack.services.eventbridge
lambdas: Any = ministack.services.lambda_svc
sqs: Any = ministack.services.sqs


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
