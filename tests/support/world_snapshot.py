"""A world and its rows as they were at a moment, as often as a test wants them."""

from copy import deepcopy
from typing import Protocol

from tests.support.servers.dynamodb import TableSnapshot

TABLES = ("FollowersTable", "LedgerTable")


class OnTables(Protocol):
    """A world of which only the records are in tables."""

    @property
    def followers(self) -> object: ...
    @property
    def ledger(self) -> object: ...


class WorldSnapshot[W: OnTables]:
    """The world of this moment. To restore it is to put its rows back, too.

    To put rows back takes three calls; to let all happen once more takes dozens.
    """

    def __init__(self, url: str, world: W) -> None:
        self._rows = TableSnapshot(url, *TABLES)
        self._world = _copied(world)

    def restored(self) -> W:
        self._rows.restore()
        return _copied(self._world)


def _copied[W: OnTables](world: W) -> W:
    """A copy on the same tables."""
    return deepcopy(world, {id(store): store for store in (world.followers, world.ledger)})
