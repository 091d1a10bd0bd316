"""How much of what a rule gives at most somebody has had: counters in their books, by keys.

A key is `views|2026-11-28` for what a rule has given on a day, `views|total`, or `views|times`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from wejourney.loyalty.earning_rules import EarningRule

DAYS_KEPT = 3
"""Of how many days of a rule the books know it; of earlier ones their transactions tell."""

_TOTAL, _TIMES = "total", "times"


def limits_of(name: str, rule: EarningRule, day: date) -> Mapping[str, int]:
    """What a rule gives at most, by the keys under which it is counted."""
    most = rule.at_most
    limits = {f"{name}|{day}": most.per_day, f"{name}|{_TOTAL}": most.total, f"{name}|{_TIMES}": most.times}
    return {key: limit for key, limit in limits.items() if limit is not None}


def used_by(keys: Iterable[str], amount: int) -> dict[str, int]:
    """What an earning of this amount uses up."""
    return {key: 1 if _is_times(key) else amount for key in keys}


def within(amount: int, limits: Mapping[str, int], used: Mapping[str, int]) -> int:
    """How much of an amount can be given."""
    for key, limit in limits.items():
        left = max(limit - used.get(key, 0), 0)
        amount = (amount if left else 0) if _is_times(key) else min(amount, left)
    return amount


def after_use(used: Mapping[str, int], more: Mapping[str, int]) -> Mapping[str, int]:
    """What the books go on to know when more is used."""
    if not more:
        return used
    used = {**used, **{key: used.get(key, 0) + number for key, number in more.items()}}
    days = defaultdict[str, list[str]](list)
    for key in used:
        if _is_of_a_day(key):
            days[key.rpartition("|")[0]].append(key)
    forgotten = {key for keys in days.values() for key in sorted(keys)[:-DAYS_KEPT]}
    return {key: number for key, number in used.items() if number and key not in forgotten}


def is_forgotten(key: str, used: Mapping[str, int]) -> bool:
    """Whether the books may have known this and do not any more."""
    rule = key.rpartition("|")[0]
    days = sorted(other for other in used if _is_of_a_day(other) and other.rpartition("|")[0] == rule)
    return _is_of_a_day(key) and len(days) >= DAYS_KEPT and key < days[0]


def _is_times(key: str) -> bool:
    return key.endswith(f"|{_TIMES}")


def _is_of_a_day(key: str) -> bool:
    return key.rpartition("|")[2] not in (_TOTAL, _TIMES)
