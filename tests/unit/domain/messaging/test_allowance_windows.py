"""WeChat's allowances. The table: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.allowances.allowance_windows import (
    Window,
    Windows,
    close_windows,
    count_of,
    give_back,
    open_window,
    spend,
)
from wejourney.allowances.wechat_rules import RULE_SETS, Act, Reading, RuleSet
from wejourney.errors import NoAllowanceError
from wejourney.plain_data import from_plain, to_plain

CURRENT = RULE_SETS["current"]


def seen_as(windows: Windows, reading: Reading) -> Windows:
    """The windows that are open under one reading."""
    return tuple(replace(window, reading=None) for window in windows if window.reading in (None, reading))


def spent_in_a_row(windows: Windows, *, after: timedelta, most: int = 50) -> int:
    sent = 0
    while sent < most:
        try:
            _, windows = spend(windows, NOON + after)
        except NoAllowanceError:
            return sent
        sent += 1
    return sent


@pytest.mark.parametrize(
    ("rules", "act", "count", "lasts"),
    [
        ("current", Act.MESSAGE, 5, timedelta(hours=48)),
        ("current", Act.CLICK, 3, timedelta(minutes=1)),
        ("current", Act.FOLLOW, 3, timedelta(minutes=1)),
        ("current", Act.SCAN, 3, timedelta(minutes=1)),
        ("2023-06", Act.MESSAGE, 5, timedelta(hours=48)),
        ("2021-06", Act.MESSAGE, 20, timedelta(hours=48)),
        ("2021-06", Act.FOLLOW, 3, timedelta(minutes=1)),
        ("2020", Act.MESSAGE, 50, timedelta(hours=48)),
        ("2020", Act.FOLLOW, 50, timedelta(hours=48)),
    ],
)
def test_an_act_allows_so_many_messages_for_so_long(
    rules: str, act: Act, count: int, lasts: timedelta
) -> None:
    windows = open_window((), act, NOON, RULE_SETS[rules])

    assert spent_in_a_row(windows, after=lasts - timedelta(seconds=1)) == count
    assert spent_in_a_row(windows, after=lasts) == 0


def test_a_payment_allows_nothing_since_2023() -> None:
    """http://cul.022net.com/hangye/2023/0530/88854.html"""
    assert open_window((), Act.PAY, NOON, CURRENT) == ()


def test_a_new_act_renews_its_own_allowance_and_adds_nothing() -> None:
    windows = open_window((), Act.MESSAGE, NOON, CURRENT)
    _, windows = spend(windows, NOON)
    windows = open_window(windows, Act.MESSAGE, NOON + timedelta(hours=1), CURRENT)

    assert windows == (Window(Act.MESSAGE, 5, NOON + timedelta(hours=49)),)


def test_an_older_act_that_arrives_late_does_not_shorten_the_allowance() -> None:
    windows = open_window((), Act.MESSAGE, NOON, CURRENT)
    assert open_window(windows, Act.MESSAGE, NOON - timedelta(hours=1), CURRENT) == windows


def test_the_window_that_ends_first_is_spent_first() -> None:
    windows = open_window(open_window((), Act.MESSAGE, NOON, CURRENT), Act.CLICK, NOON, CURRENT)

    opened = windows = seen_as(windows, Reading.APART)
    (window,), windows = spend(windows, NOON)

    assert window.act is Act.CLICK
    assert {w.act: w.left for w in windows} == {Act.MESSAGE: 5, Act.CLICK: 2}
    assert give_back(windows, (window,)) == opened
    assert close_windows(windows, (window,)) == windows[:1]


def test_giving_back_to_a_window_that_is_gone_or_has_no_count_changes_nothing() -> None:
    unlimited = (Window(Act.MESSAGE, None, NOON),)
    assert give_back((), unlimited) == ()
    assert give_back(unlimited, unlimited) == unlimited


def test_giving_back_to_an_older_window_does_not_change_the_renewed_one() -> None:
    renewed = (Window(Act.MESSAGE, 5, NOON + timedelta(hours=49)),)
    older = (Window(Act.MESSAGE, 5, NOON + timedelta(hours=48)),)
    assert give_back(renewed, older) == renewed
    assert close_windows(renewed, older) == renewed


def test_a_window_that_ends_within_the_margin_is_not_spent() -> None:
    windows = open_window((), Act.FOLLOW, NOON, CURRENT)
    spend(windows, NOON + timedelta(seconds=49), timedelta(seconds=10))
    with pytest.raises(NoAllowanceError):
        spend(windows, NOON + timedelta(seconds=50), timedelta(seconds=10))


def test_a_window_survives_its_stored_form() -> None:
    pooled = Window(Act.SCAN, 3, NOON, Reading.POOLED, since=NOON - timedelta(hours=1))
    for window in (Window(Act.MESSAGE, 5, NOON), Window(Act.PAY, None, NOON), pooled):
        assert from_plain(Window, to_plain(window)) == window


acts = st.tuples(st.sampled_from(list(Act)), st.integers(0, 200))
sends = st.tuples(st.none(), st.integers(0, 200))


@given(st.lists(acts | sends, max_size=60), st.sampled_from(sorted(RULE_SETS)))
def test_no_more_is_ever_spent_than_the_acts_before_allow(
    steps: list[tuple[Act | None, int]], name: str
) -> None:
    """For every send, some act within its time still had one left, counted without the code under test."""
    rules = RULE_SETS[name].read_as(Reading.APART)
    opens = rules.opens
    windows: Windows = ()
    opened: dict[Act, int] = {}
    spent: list[tuple[Act, int]] = []
    for act, minute in sorted(steps, key=lambda step: step[1]):
        now = NOON + timedelta(minutes=minute)
        if act is not None:
            windows = open_window(windows, act, now, rules)
            opened[act] = minute
            continue
        try:
            (window,), windows = spend(windows, now)
        except NoAllowanceError:
            continue
        allowance = opens[window.act]
        since = opened[window.act]
        assert timedelta(minutes=minute - since) < allowance.lasts
        used = sum(1 for other, at in spent if other is window.act and at >= since)
        assert allowance.count is None or used < allowance.count * (
            1 + sum(a is window.act for a, m in steps if m == since)
        )
        spent.append((window.act, minute))


# --- the readings of the rules ----------------------------------------------------------------------


def test_a_row_from_before_readings_were_kept_counts_under_every_reading() -> None:
    stored = {"act": "message", "left": 4, "until": NOON.isoformat()}

    (window,), windows = spend((from_plain(Window, stored),), NOON - timedelta(hours=1))

    assert (window.reading, [other.left for other in windows]) == (None, [3])


@pytest.mark.parametrize(
    ("acts_before", "apart", "pooled"),
    [
        ([(Act.MESSAGE, 0), (Act.SCAN, 0)], 8, 5),
        ([(Act.SCAN, 0), (Act.CLICK, 0)], 6, 3),
        ([(Act.FOLLOW, 0), (Act.SCAN, 0), (Act.CLICK, 0), (Act.MESSAGE, 0)], 14, 5),
        ([(Act.MESSAGE, 0), (Act.MESSAGE, 0)], 5, 5),
        ([(Act.MESSAGE, 0), (Act.PAY, 0)], 5, 5),
        ([(Act.MESSAGE, 48 * 60), (Act.SCAN, 0)], 3, 3),
        ([(Act.MESSAGE, 47 * 60), (Act.SCAN, 0)], 8, 5),
    ],
)
def test_acts_of_different_kinds_allow_the_sum_or_the_larger_number_as_the_rules_are_read(
    acts_before: list[tuple[Act, int]], apart: int, pooled: int
) -> None:
    windows: Windows = ()
    for act, minutes in acts_before:
        windows = open_window(windows, act, NOON - timedelta(minutes=minutes), CURRENT)

    assert spent_in_a_row(seen_as(windows, Reading.APART), after=timedelta()) == apart
    assert spent_in_a_row(seen_as(windows, Reading.POOLED), after=timedelta()) == pooled


def test_an_act_raises_a_used_up_common_allowance_until_the_end_that_it_had() -> None:
    windows = open_window((), Act.MESSAGE, NOON, CURRENT)
    for _ in range(5):
        _, windows = spend(windows, NOON)
    windows = open_window(windows, Act.SCAN, NOON + timedelta(hours=1), CURRENT)

    assert spent_in_a_row(seen_as(windows, Reading.APART), after=timedelta(hours=2)) == 0
    assert spent_in_a_row(seen_as(windows, Reading.POOLED), after=timedelta(hours=2)) == 3


def after_steps(steps: list[tuple[Act | None, int]], rules: RuleSet, windows: Windows = ()) -> Windows:
    """The windows after these acts and messages, each at its minute."""
    for act, minute in steps:
        windows = after_step(windows, act, NOON + timedelta(minutes=minute), rules)
    return windows


def after_step(windows: Windows, act: Act | None, now: datetime, rules: RuleSet) -> Windows:
    if act is not None:
        return open_window(windows, act, now, rules)
    try:
        return spend(windows, now)[1]
    except NoAllowanceError:
        return windows


minutes = st.integers(0, 5) | st.integers(0, 3000)
rule_sets = st.sampled_from(sorted(RULE_SETS)).map(RULE_SETS.__getitem__)


def in_order(steps: list[tuple[Act | None, int]]) -> list[tuple[Act | None, int]]:
    return sorted(steps, key=lambda step: step[1])


histories = st.lists(st.tuples(st.none() | st.sampled_from(list(Act)), minutes), max_size=20).map(in_order)


@settings(max_examples=200)
@given(histories, histories, rule_sets)
def test_the_windows_of_all_readings_together_are_those_of_each_reading_alone(
    before: list[tuple[Act | None, int]], later: list[tuple[Act | None, int]], rules: RuleSet
) -> None:
    later = [(act, minute + before[-1][1] if before else minute) for act, minute in later]
    windows = after_steps(before, rules)
    taken: Windows = ()
    with suppress(NoAllowanceError):
        taken, windows = spend(windows, NOON + timedelta(minutes=before[-1][1] if before else 0))
    returned = give_back(after_steps(later, rules, windows), taken)

    for reading in Reading:
        alone = rules.read_as(reading)
        own = after_steps(before, alone)
        own_taken = seen_as(taken, reading)
        if own_taken:
            _, own = spend(own, NOON + timedelta(minutes=before[-1][1] if before else 0))
        assert set(seen_as(windows, reading)) == set(own)
        own = give_back(after_steps(later, alone, own), own_taken)
        assert set(seen_as(returned, reading)) == set(own)


@settings(max_examples=200)
@given(histories, histories, rule_sets, st.sampled_from(Reading))
def test_a_message_that_is_given_back_leaves_no_more_than_if_it_had_never_left(
    before: list[tuple[Act | None, int]],
    later: list[tuple[Act | None, int]],
    rules: RuleSet,
    reading: Reading,
) -> None:
    """Exactly as much, unless an act has raised its window since."""
    rules = rules.read_as(reading)
    sent_at = before[-1][1] if before else 0
    windows = after_steps(before, rules)
    try:
        taken, with_it = spend(windows, NOON + timedelta(minutes=sent_at))
    except NoAllowanceError:
        return
    without = windows
    raised = False
    for act, minute in later:
        now = NOON + timedelta(minutes=sent_at + minute + 1)
        raised = raised or act is not None
        older = with_it
        with_it, without = (after_step(known, act, now, rules) for known in (with_it, without))
        if act is None and with_it == older:
            return  # No allowance was left for it.

    returned = give_back(with_it, taken)
    if not raised:
        assert returned == without
    total = [sum(count_of(window.left) for window in known) for known in (returned, without)]
    assert total[0] <= total[1]
