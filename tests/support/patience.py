"""How long tests wait for what should happen soon."""

from collections.abc import Callable

from wejourney.adapters.failures import AwsCallError

PATIENCE = 300.0
"""Real seconds that nothing takes on the busiest machine: they pass only where something hangs."""


def until_answered[T](work: Callable[[], T]) -> T:
    """Do it as a queue does: again, where a busy machine's DynamoDB has not answered in time."""
    while True:
        try:
            return work()
        except AwsCallError as error:
            if "Timeout" not in str(error):
                raise
