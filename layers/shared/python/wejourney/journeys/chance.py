"""Chance that is the same for the same person: splits and holdouts."""

import hashlib
from collections.abc import Iterable
from itertools import accumulate, pairwise

OF = 10_000
"""Draws are evenly spread over 0 to OF - 1: a percent is a hundred of them."""


def draw(who: str, name: str) -> int:
    """The lot of somebody, by an id of theirs, in the draw of this name; other names draw independently."""
    digest = hashlib.sha256(f"{who}\n{name}".encode()).digest()
    return int.from_bytes(digest[:8]) % OF


def split_name(journey: str, split: str) -> str:
    """The name that a split of a journey draws by."""
    return f"{journey}#{split}"


def lots_of(percents: Iterable[int]) -> list[range]:
    """The lots of each of some shares, in percent: those of the first one begin at 0."""
    ends = accumulate((percent * (OF // 100) for percent in percents), initial=0)
    return [range(first, end) for first, end in pairwise(ends)]


def holdout_lot(openid: str, journey: str) -> int:
    """The lot that decides whether a journey keeps somebody out.

    By the openid: the callback knows it of strangers, and whoever unfollows and comes back keeps it.
    """
    return draw(openid, f"{journey}#holdout")


def holdout_lots(percent: int) -> range:
    """The lots of those whom a journey keeps out."""
    return lots_of((percent,))[0]


def is_held_out(openid: str, journey: str, percent: int) -> bool:
    """Whether somebody is among the share that a journey keeps out."""
    return holdout_lot(openid, journey) in holdout_lots(percent)
