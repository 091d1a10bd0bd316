"""Structured logs and metrics, the same for all functions.

Followers are known here by our own ids only: no openid, no message text and no secret is ever logged.
"""

import os
import warnings
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wejourney.errors import WejourneyError
from wejourney.metrics import Metric

EVENT_ID = "event_id"
RUN_ID = "run_id"
PERSON_ID = "person_id"
"""The keys by which log lines of different functions belong together."""


def make_logger(service: str) -> Logger:
    """The JSON logger of a function; its level is POWERTOOLS_LOG_LEVEL, else INFO."""
    return Logger(service=service, use_rfc3339=True)


def make_metrics() -> Metrics:
    """The metrics of a deployment: a namespace of its own (POWERTOOLS_METRICS_NAMESPACE), no dimension.

    So an alarm needs to know only the metric's name, not which function counts it.
    """
    # Most invocations count nothing: no line in the log of every cold start says so.
    warnings.filterwarnings("ignore", "No application metrics to publish", UserWarning)
    return Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "wejourney"))


@dataclass(frozen=True)
class CloudWatchMeter:
    metrics: Metrics

    def count(self, metric: Metric, **dimensions: str) -> None:
        """One more of this; with dimensions it is a metric of its own, so that an alarm can sum it."""
        self.metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)
        for value in dimensions.values():
            self.metrics.add_metric(name=f"{metric}.{value}", unit=MetricUnit.Count, value=1)


@dataclass(frozen=True)
class AccountLog:
    """What happens to accounts, as a log line and a count."""

    logger: Logger
    meter: CloudWatchMeter

    def account_outdated(self, app_id: str, error: WejourneyError) -> None:
        self.logger.error("account outdated", extra={"app_id": app_id, "reason": str(error)})
        self.meter.count(Metric.ACCOUNT_OUTDATED)
