"""The inbox: apply events in order per follower, and put aside what can never be applied."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.aws.queues import DeadLetters, SqsInbox
from wejourney.adapters.failures import is_lasting, private, reason_of
from wejourney.bootstrap import workers
from wejourney.errors import MalformedEventError, UnfinishedErasureError
from wejourney.events.event import InboundEvent, arrival_of, check_event, check_is_known, event_schema
from wejourney.metrics import Metric
from wejourney.observability import EVENT_ID, PERSON_ID, RUN_ID, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.process_event import Applied
from wejourney.services.release_pending_events import ReleasePendingEvents
from wejourney.services.till.recognize_visit import RecognizeVisit

SERVICE = "process_inbox"
LAST_RECEIVE = 5
"""The delivery after which a message is put aside; the queue's own limit is one higher."""

ENOUGH_MS = 15_000
"""Milliseconds that one event may take, WeChat being slow; with less left the rest of a batch comes again."""

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


@cache
def process_event() -> RecognizeVisit:
    return workers.process_event(metrics)


@cache
def release_pending_events() -> ReleasePendingEvents:
    return workers.release_pending_events()


@cache
def inbox() -> SqsInbox:
    return workers.inbox()


@cache
def dead_letters() -> DeadLetters:
    return workers.dead_letters()


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Apply a batch; from a follower's first failure on, the follower's messages come again."""
    if event.get("warm"):
        process_event(), release_pending_events(), inbox(), dead_letters()
        return {}
    failed: list[str] = []
    failed_groups: set[str] = set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        if _is_late(context) or group in failed_groups or not _applied(record, group, context):
            failed_groups.add(group)
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_late(context: LambdaContext) -> bool:
    return context.get_remaining_time_in_millis() < ENOUGH_MS


def _applied(record: dict[str, Any], group: str, context: LambdaContext) -> bool:
    """Apply one message. False asks the queue to deliver it again."""
    logger.remove_keys([EVENT_ID, "kind"])
    is_last = int(record["attributes"]["ApproximateReceiveCount"]) >= LAST_RECEIVE
    try:
        event, opened_journey = _read(record, is_last=is_last)
        logger.append_keys(**{EVENT_ID: event.id, "kind": event.kind})
        applied = _process(event, opened_journey, context)
    except Exception as error:  # noqa: BLE001 - the boundary of a record: the others of the batch go on
        reason = reason_of(error)
        logger.error("event not processed", extra={"reason": reason})  # noqa: TRY400 - see reason_of
        return (is_last or is_lasting(error)) and _put_aside(record, group, reason)
    logger.info("event processed", extra={PERSON_ID: applied.person_id, RUN_ID: applied.run_id})
    return True


def _process(event: InboundEvent, opened_journey: str | None, context: LambdaContext) -> Applied:
    """Apply an event; a long erasure goes on as long as there is time, then with the next delivery."""
    while True:
        try:
            applied = process_event()(event, opened_journey)
        except UnfinishedErasureError:
            if _is_late(context):
                raise
        else:
            for identity in applied.appeared:
                release_pending_events()(identity, event.subject)
            if applied.told:
                inbox().tell(applied.told)
            return applied


def _read(record: dict[str, Any], *, is_last: bool) -> tuple[InboundEvent, str | None]:
    try:
        data = json.loads(record["body"])
        event, opened_journey = data["event"], data.get("opening")
        is_of_this_version = data.get("schema", event_schema()) == event_schema()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MalformedEventError(f"not an inbox message: {type(error).__name__}") from None
    # The queue numbers a follower's events in the order in which they came; WeChat's clock ticks seconds.
    arrival = arrival_of(int(record["attributes"]["SequenceNumber"]))
    read = replace(InboundEvent.from_dict(event), arrival=arrival)
    if not is_of_this_version:
        check_is_known(event, without_fields=is_last)
    check_event(read)
    return read, opened_journey if isinstance(opened_journey, str) else None


def _put_aside(record: dict[str, Any], group: str, reason: str) -> bool:
    """Put a message aside. False when the queue does not take it: then the inbox's own limit moves it."""
    try:
        dead_letters().put(record["body"], group, reason)
    except Exception as error:  # noqa: BLE001 - the others of the batch go on
        logger.error("event not moved to the dead letters", extra={"reason": reason_of(error)})  # noqa: TRY400 - see there
        return False
    meter.count(Metric.EVENTS_PUT_ASIDE)
    logger.error("event moved to the dead letters", extra={"reason": reason})
    return True
