"""The composition root of count_journeys, which needs one table and starts without all else."""

from wejourney.adapters.dynamo.counter_store import CounterStore
from wejourney.adapters.dynamo.table import Table, dynamodb_client
from wejourney.clock import Clock
from wejourney.services.count_journeys import CountJourneys
from wejourney.settings import setting


def count_journeys() -> CountJourneys:
    return CountJourneys(CounterStore(Table(setting("COUNTERS_TABLE"), dynamodb_client(Clock().real_now))))
