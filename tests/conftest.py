"""What all tests have in common.

Property tests are repeatable: the same examples every time, however slow the machine is.
`HYPOTHESIS_PROFILE=search` looks for new examples instead. Commands write into pipes, which have no width.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from wejourney.adapters.dynamo.table import lead_tables

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# pytest-xdist gives its workers the width of a terminal that they do not have.
os.environ.pop("COLUMNS", None)


@pytest.fixture(autouse=True)
def tables_are_where_the_environment_says() -> Iterator[None]:
    """The deployment of a test's command is not that of the next test."""
    yield
    lead_tables(None, None)
