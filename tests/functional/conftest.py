import os
from collections.abc import Iterator

import pytest

from tests.support.servers.dynamodb import (
    ACCESS_KEY,
    TableStream,
    client,
    create_table,
    dynamodb_local,
    empty,
    store_client,
)
from tests.support.world import World, new_world
from wejourney.adapters.dynamo.counter_store import CounterStore
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.token_store import TokenStore

TABLES = ("FollowersTable", "LedgerTable", "AccountsTable", "JourneyCountersTable")


@pytest.fixture(scope="session")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # The workers' folders are all in that of the test run.
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with dynamodb_local(folder) as url, pytest.MonkeyPatch.context() as credentials:
        credentials.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        credentials.setenv("AWS_SECRET_ACCESS_KEY", "test")
        # Tests of the browser import this fixture: to pytest it is another one, and the tables are there.
        there = client(url).list_tables()["TableNames"]
        for table in set(TABLES) - set(there):
            create_table(url, table)
        yield url


@pytest.fixture
def tables(dynamodb: str) -> str:
    empty(dynamodb, *TABLES)
    return dynamodb


@pytest.fixture
def followers(tables: str) -> FollowerStore:
    return FollowerStore(Table("FollowersTable", store_client(tables)), "LedgerTable")


@pytest.fixture
def ledger(tables: str, followers: FollowerStore) -> BooksStore:
    return BooksStore(Table("LedgerTable", store_client(tables)), followers.table)


@pytest.fixture
def books(ledger: BooksStore) -> BooksStore:
    return ledger


@pytest.fixture
def tokens(tables: str) -> TokenStore:
    return TokenStore(Table("AccountsTable", store_client(tables)))


@pytest.fixture
def counters(tables: str) -> CounterStore:
    return CounterStore(Table("JourneyCountersTable", store_client(tables)))


@pytest.fixture
def stream(tables: str) -> TableStream:
    """What changes in the followers' table from now on."""
    return TableStream(tables, "FollowersTable")


@pytest.fixture
def world(followers: FollowerStore, ledger: BooksStore) -> World:
    return new_world(followers, ledger)
