"""Chance that is the same for the same person: splits and holdouts."""

import hashlib
from collections.abc import Iterable
from itertools import accumulate, pairwise

OF = 10_000
"""Draws are evenly spread over 0 to OF - 1: a percent is a hundred of them."""


DRAWN_BYTES = 8
"""Of a hash, which decide on a draw."""


def draw(who: str, name: str) -> int:
    """Deterministic bucket (0 to 9999) for an id and a draw name; draws are independent of each other."""
    digest = hashlib.sha256(f"{who}\n{name}".encode()).digest()
    return int.from_bytes(digest[:DRAWN_BYTES]) % OF


def split_name(journey: str, split: str) -> str:
    return f"{journey}#{split}"


def buckets_of(percents: Iterable[int]) -> list[range]:
    """The buckets of each share, in percent; those of the first share begin at 0."""
    ends = accumulate((percent * (OF // 100) for percent in percents), initial=0)
    return [range(first, end) for first, end in pairwise(ends)]


def holdout_bucket(drawn_by: str, journey: str) -> int:
    """The bucket that decides whether a journey holds a person out (`Follower.drawn_by`)."""
    return draw(drawn_by, f"{journey}#holdout")


def holdout_buckets(percent: int) -> range:
    return buckets_of((percent,))[0]


def is_held_out(drawn_by: str, journey: str, percent: int) -> bool:
    return holdout_bucket(drawn_by, journey) in holdout_buckets(percent)
