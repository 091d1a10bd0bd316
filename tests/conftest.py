"""What all tests have in common.

Property tests are repeatable: the same examples every time, however slow the machine is.
`HYPOTHESIS_PROFILE=search` looks for new examples instead. Commands write into pipes, which have no width.
"""

import gc
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ANY_SPEED: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **ANY_SPEED)
settings.register_profile("search", **ANY_SPEED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# The garbage collector has nothing to find while tests are collected, and little between them: with Python's
# own thresholds it takes a tenth of the time.
gc.disable()
gc.set_threshold(200_000, 50, 100)

# pytest-xdist gives its workers the width of a terminal that they do not have.
os.environ.pop("COLUMNS", None)
# Commands print English wherever the tests run, unless a test asks for another language.
os.environ["WEJOURNEY_LANG"] = "en"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What was collected stays until the end, so the garbage collector need not go through it again."""
    gc.enable()
    gc.freeze()
