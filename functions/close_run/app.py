"""When an execution ends, however it ends: record it, so that its journey may start again."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.bootstrap import workers
from wejourney.metrics import Metric
from wejourney.observability import PERSON_ID, RUN_ID, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.close_run import CloseRun, End

SERVICE = "close_run"

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def close_run() -> CloseRun:
    return workers.close_run()


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    if event.get("warm"):
        close_run()
        return
    end = End.from_detail(event["detail"])
    logger.append_keys(**{RUN_ID: end.run.run_id, PERSON_ID: end.person_id})
    recorded = close_run()(end)
    CloudWatchMeter(metrics).count(Metric[f"RUNS_{end.status.upper()}"])
    logger.info("run ended", extra={"journey": end.run.journey, "status": end.status, "recorded": recorded})
