"""The task of the journeys' machines: what a run says, waits for, finds out, changes and tells."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private
from wejourney.adapters.sealed_runs import SealedRuns, sealed
from wejourney.bootstrap import workers
from wejourney.observability import PERSON_ID, RUN_ID, make_logger, make_metrics
from wejourney.services.perform_actions import PerformActions, Task

SERVICE = "perform_actions"

logger = make_logger(SERVICE)
metrics = make_metrics()


@cache
def perform_actions() -> PerformActions:
    return workers.perform_actions(metrics)


@cache
def sealed_runs() -> SealedRuns:
    return workers.sealed_runs()


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Perform the actions of one state and return the run; what it raises, the machine retries or catches."""
    if event.get("warm"):
        perform_actions(), sealed_runs()
        return {}
    task = Task.from_payload({**event, "run": sealed_runs().read(event["run"])})
    run = task.run
    logger.append_keys(**{RUN_ID: run.id, PERSON_ID: run.follower.person_id})
    logger.info("state entered", extra={"journey": run.journey, "state": event.get("state")})
    return sealed(perform_actions()(task))
