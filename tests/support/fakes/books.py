"""The books in memory, in the shards of the table."""

from collections.abc import Iterator

from wejourney.adapters.dynamo.items import shard_of
from workbench.simulator.books import SimulatedBooks


class FakeBooks(SimulatedBooks):
    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:
        return (place for place in super().due(shard, today) if shard_of(place[0]) == shard)
