"""The inbox: apply events in order per follower, and put aside what can never be applied."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney import bootstrap
from wejourney.adapters.dead_letters import DeadLetters
from wejourney.domain.errors import MalformedEventError
from wejourney.domain.events import InboundEvent
from wejourney.observability import EVENT_ID, PERSON_ID, RUN_ID, make_logger, make_metrics
from wejourney.services.process_event import ProcessEvent

SERVICE = "process_inbox"
LAST_RECEIVE = 5
"""The delivery after which a message is put aside; the queue's own limit is one higher."""

ENOUGH_MS = 15_000
"""Milliseconds that one event may take, WeChat being slow; with less left the rest of a batch comes again."""

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def process_event() -> ProcessEvent:
    """The use case with everything that it needs, built once per container."""
    return bootstrap.process_event(metrics)


@cache
def dead_letters() -> DeadLetters:
    """The queue for what is put aside."""
    return bootstrap.dead_letters()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Apply a batch; from a follower's first failure on, the follower's messages come again."""
    if event.get("warm"):
        process_event(), dead_letters()
        return {}
    failed: list[str] = []
    failed_groups: set[str] = set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        late = context.get_remaining_time_in_millis() < ENOUGH_MS
        if late or group in failed_groups or not _applied(record, group):
            failed_groups.add(group)
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _applied(record: dict[str, Any], group: str) -> bool:
    """Apply one message. False asks the queue to deliver it again."""
    logger.remove_keys([EVENT_ID, "kind"])
    try:
        event, said = _read(record["body"])
        logger.append_keys(**{EVENT_ID: event.id, "kind": event.kind})
        applied = process_event()(event, said)
    except MalformedEventError as error:
        _put_aside(record, group, str(error))
    except Exception as error:
        # The boundary of a record: whatever is wrong with it, the others of the batch go on.
        logger.exception("an event could not be applied")
        if int(record["attributes"]["ApproximateReceiveCount"]) < LAST_RECEIVE:
            return False
        _put_aside(record, group, f"{type(error).__name__}: {error}")
    else:
        logger.info("event applied", extra={PERSON_ID: applied.person_id, RUN_ID: applied.run_id})
    return True


def _read(body: str) -> tuple[InboundEvent, str | None]:
    try:
        data = json.loads(body)
        event, said = data["event"], data.get("opening")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MalformedEventError(f"not an inbox message: {type(error).__name__}") from error
    return InboundEvent.from_dict(event), said


def _put_aside(record: dict[str, Any], group: str, reason: str) -> None:
    dead_letters().put(record["body"], group, reason)
    logger.error("an event was put aside", extra={"reason": reason})
