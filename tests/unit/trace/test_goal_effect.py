"""The outcome of both sides: the interval against published values, and what is said of it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from wejourney.reasons import HeldOut
from workbench.trace.funnel import Funnel, count_tables
from workbench.trace.goal_effect import GoalEffect, Group, Verdict

PUBLISHED = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]
"""Newcombe (1998), table II, method 10: https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"""

groups = st.integers(1, 2_000).flatmap(lambda n: st.builds(Group, st.just(n), st.integers(0, n)))


@pytest.mark.parametrize(("a", "n", "b", "m", "low", "high"), PUBLISHED)
def test_the_interval_is_the_published_one(a: int, n: int, b: int, m: int, low: float, high: float) -> None:
    interval = GoalEffect(Group(n, a), Group(m, b)).interval()

    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(groups, groups)
def test_the_interval_holds_the_difference_and_turns_with_the_sides(one: Group, other: Group) -> None:
    effect, turned = GoalEffect(one, other), GoalEffect(other, one)
    interval, back = effect.interval(), turned.interval()

    assert interval is not None
    assert back is not None
    assert -1 - 1e-9 <= interval.low <= effect.difference + 1e-9
    assert effect.difference - 1e-9 <= interval.high <= 1 + 1e-9
    assert (back.low, back.high) == pytest.approx((-interval.high, -interval.low))


@pytest.mark.parametrize(
    ("entered", "held_out", "verdict", "english", "chinese"),
    [
        (Group(29, 29), Group(900, 0), Verdict.TOO_FEW, "Too few entries", "人次过少"),
        (Group(900, 90), Group(100, 10), Verdict.MAY_BE_CHANCE, "may be chance", "可能出于偶然"),
        (Group(9000, 1800), Group(1000, 100), Verdict.MORE, "More reach the goal", "比例更高"),
        (Group(9000, 900), Group(1000, 200), Verdict.FEWER, "Fewer reach the goal", "比例更低"),
        (Group(9000, 900), Group(0, 0), None, "entered", "进入旅程"),
        (Group(0, 0), Group(9000, 900), None, "held out", "对照组"),
    ],
)
def test_what_the_numbers_say_is_said_in_both_languages_and_in_json(
    entered: Group, held_out: Group, verdict: Verdict | None, english: str, chinese: str
) -> None:
    funnel = Funnel(entered=1)
    for group, name in ((entered, "entered"), (held_out, "held_out")):
        funnel.goals["goal", name] += group.entries
        funnel.goals["goal", name, "reached"] += group.reached

    told = funnel.to_dict()["goal"]
    assert told["entered"]["entries"] == entered.entries
    assert told["held_out"]["reached"] == held_out.reached
    assert told.get("verdict") == verdict
    assert ("difference" in told) is (verdict is not None)
    assert english in printed(funnel, "en")
    assert chinese in printed(funnel, "zh")


def printed(funnel: Funnel, language: str) -> str:
    console = Console(file=io.StringIO(), width=120)
    for table in count_tables(funnel, "zh" if language == "zh" else "en"):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(("language", "words"), [("en", "Without a `goal`"), ("zh", "没有设置 `goal`")])
def test_a_holdout_without_a_goal_is_told_that_there_is_nothing_to_compare(language: str, words: str) -> None:
    funnel = Funnel(entered=9)
    funnel.refused[HeldOut()] += 1

    assert words in printed(funnel, language)
    funnel.goals["goal", "entered"] += 9
    assert words not in printed(funnel, language)


def test_a_journey_without_a_goal_says_nothing_of_one() -> None:
    assert "goal" not in Funnel(entered=3).to_dict()
