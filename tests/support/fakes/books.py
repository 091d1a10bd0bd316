"""The books in memory, in the shards of the table."""

from collections.abc import Iterator

from wejourney.adapters.dynamo.items import shard_of
from workbench.simulator.books import SimulatedBooks


class FakeBooks(SimulatedBooks):
    def due(self, shard: int, today: str) -> Iterator[tuple[str, str]]:
        return (place for place in super().due(shard, today) if shard_of(place[0]) == shard)

    def untold(self, shard: int) -> Iterator[str]:
        whose = self.rows.not_told
        return (id_ for id_ in super().untold(shard) if shard_of(whose[id_]) == shard)
