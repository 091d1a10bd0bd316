"""When an execution ends, however it ends: record it, so that its journey may start again."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney import bootstrap
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.clock import clock_from_environment
from wejourney.domain.followers import LiveRun
from wejourney.domain.runs import Run
from wejourney.observability import PERSON_ID, RUN_ID, make_logger, make_metrics

SERVICE = "close_run"
GOAL = "goal"

logger = make_logger(SERVICE)
metrics = make_metrics(SERVICE)


@cache
def followers() -> FollowerStore:
    """The records of followers."""
    return bootstrap.followers()


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Record the end that EventBridge tells of (Step Functions Execution Status Change)."""
    if event.get("warm"):
        followers()
        return
    detail = event["detail"]
    run = Run.from_dict(json.loads(detail["input"]))
    logger.append_keys(**{RUN_ID: run.id, PERSON_ID: run.follower.person_id})
    status = str(detail["status"]).lower()
    live = LiveRun(journey=run.journey, run_id=run.id, event_id="", key=run.key)
    ended = followers().end_run(
        run.follower.app_id, run.follower.openid, live, _how(detail, status), clock_from_environment().now()
    )
    metrics.add_metric(name=f"Runs.{status}", unit=MetricUnit.Count, value=1)
    logger.info("run ended", extra={"journey": run.journey, "status": status, "recorded": ended})


def _how(detail: dict[str, Any], status: str) -> str:
    """`goal` when the run came to a step that says so, else the engine's word."""
    output = json.loads(detail.get("output") or "null")
    return GOAL if isinstance(output, dict) and output.get("goal") else status
