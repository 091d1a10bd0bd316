"""What tests of all of the product's parts need."""

from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that has no journeys yet."""
    (tmp_path / "infra/journeys").mkdir(parents=True)
    return tmp_path
