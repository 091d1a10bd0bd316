"""The arithmetic of token buckets, at its edges."""

import pytest

from workbench.estimate.buckets import TokenBucket

BUCKET = TokenBucket(bucket=1_300, refill=300)


@pytest.mark.parametrize(
    ("nth", "seconds"),
    [(1, 0), (1_300, 0), (1_301, 1 / 300), (1_600, 1), (10_000, 29), (1_000_000, 998_700 / 300)],
)
def test_what_the_bucket_holds_is_taken_at_once_and_the_rest_as_it_refills(nth: int, seconds: float) -> None:
    assert BUCKET.seconds_until(nth) == pytest.approx(seconds)


@pytest.mark.parametrize(("seconds", "taken"), [(0, 1_300), (0.003, 1_300), (1, 1_600), (50, 16_300)])
def test_so_many_are_taken_in_a_time(seconds: float, taken: int) -> None:
    assert BUCKET.taken_within(seconds) == taken


@pytest.mark.parametrize("nth", [1_300, 1_301, 4_567, 99_999])
def test_the_nth_is_taken_when_it_is_said_to_be_and_not_before(nth: int) -> None:
    at = BUCKET.seconds_until(nth)
    assert BUCKET.taken_within(at + 1e-6) >= nth
    assert at == 0 or BUCKET.taken_within(at - 1e-6) < nth


def test_an_empty_bucket_makes_even_the_first_wait() -> None:
    assert TokenBucket(bucket=0, refill=2).seconds_until(1) == 0.5
