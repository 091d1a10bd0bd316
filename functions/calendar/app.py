"""The calendar: put into the inbox what dates and schedules bring, one shard of the people each minute."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from wejourney.adapters.failures import private, reason_of
from wejourney.bootstrap import workers
from wejourney.metrics import Metric
from wejourney.observability import PERSON_ID, CloudWatchMeter, make_logger, make_metrics
from wejourney.services.look_at_calendars import LookAtCalendars

SERVICE = "calendar"

ENOUGH_MS = 10_000
"""Milliseconds that one person, or the end of a page, may take; with less left the next sweep goes on."""

logger = make_logger(SERVICE)
metrics = make_metrics()
meter = CloudWatchMeter(metrics)


class LoggedCalendar:
    """A log line for whom something came, and a metric for whom the calendar could not look at."""

    def came(self, person_id: str, events: int) -> None:
        if events:
            logger.info("dates came", extra={PERSON_ID: person_id, "events": events})

    def failed(self, person_id: str, error: Exception) -> None:
        logger.error("calendar not looked at", extra={PERSON_ID: person_id, "reason": reason_of(error)})
        meter.count(Metric.CALENDAR_FAILED)


@cache
def look_at_calendars() -> LookAtCalendars:
    return workers.look_at_calendars(LoggedCalendar(), metrics)


@private
@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Sweep the shard that the schedule names."""
    if event.get("warm"):
        look_at_calendars()
        return
    look_at_calendars()(event["shard"], lambda: context.get_remaining_time_in_millis() > ENOUGH_MS)
