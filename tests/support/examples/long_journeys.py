"""Journeys of about 95 steps of all kinds: short ones of hypothesis, one after the other.

`python -m tests.support.examples.long_journeys 60` prints how many of so many the proof accepts and rejects,
how many have too many paths, and the processor time of the longest proof.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from time import process_time

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.support.examples.journeys import journeys
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.language.journey import Journey
from workbench.language.traversal import steps_of
from workbench.proof.prove import prove

STEPS = 90
SHORT = 100
"""How many short journeys the long ones are made of."""


def long_journeys(count: int) -> Iterator[Journey]:
    """So many; the first ones are always the same."""
    short: list[Journey] = []

    @seed(1)
    @settings(
        max_examples=SHORT,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(journeys)
    def collect(journey: Journey) -> None:
        short.append(journey)

    collect()
    random = Random(7)  # noqa: S311
    for _ in range(count):
        journey = random.choice(short)
        while sum(1 for _ in steps_of(journey)) < STEPS:
            journey = replace(journey, steps=journey.steps + random.choice(short).steps)
        yield journey


def has_too_many_paths(journey: Journey, most_work: int) -> bool:
    found = prove(journey, RULE_SETS["current"], most_work)
    return any(violation.reason.code == "too many paths" for violation in found)


if __name__ == "__main__":
    verdicts: Counter[str] = Counter()
    longest = 0.0
    for journey in long_journeys(int(sys.argv[1])):
        began = process_time()
        found = prove(journey, RULE_SETS["current"])
        longest = max(longest, process_time() - began)
        too_many = any(violation.reason.code == "too many paths" for violation in found)
        verdicts["too many paths" if too_many else "rejected" if found else "accepted"] += 1
    print(dict(verdicts), f"longest: {longest:.1f} s")  # noqa: T201
