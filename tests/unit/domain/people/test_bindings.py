"""Whether an app is bound to an account of the Open Platform, by what it has told."""

from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOON
from wejourney.people.bindings import Binding

LATER = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("told_at", "not_told_at", "is_bound"),
    [(None, None, None), (NOON, None, True), (None, NOON, False), (NOON, LATER, False), (LATER, NOON, True)],
)
def test_an_app_is_bound_if_it_has_told_a_union_id_since_it_told_of_somebody_without(
    told_at: datetime | None, not_told_at: datetime | None, *, is_bound: bool | None
) -> None:
    assert Binding("wx", told_at=told_at, not_told_at=not_told_at).is_bound is is_bound
