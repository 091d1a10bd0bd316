"""Structured logs and metrics, the same for all functions.

Followers are known here by our own ids only: no openid, no message text and no secret is ever logged.
"""

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "wejourney"

EVENT_ID = "event_id"
RUN_ID = "run_id"
PERSON_ID = "person_id"
"""The keys by which log lines of different functions belong together."""


def make_logger(service: str) -> Logger:
    """The JSON logger of a function; its level is POWERTOOLS_LOG_LEVEL, else INFO."""
    return Logger(service=service, use_rfc3339=True)


def make_metrics(service: str) -> Metrics:
    """The metrics of a function, in one namespace with `service` as their dimension."""
    return Metrics(namespace=NAMESPACE, service=service)
