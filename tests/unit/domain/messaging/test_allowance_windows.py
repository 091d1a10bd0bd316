"""WeChat's allowances. The table: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.allowances.allowance_windows import (
    Window,
    Windows,
    close_window,
    give_back,
    open_window,
    spend,
)
from wejourney.allowances.wechat_rules import RULE_SETS, Act
from wejourney.errors import NoAllowanceError
from wejourney.plain_data import from_plain, to_plain

CURRENT = RULE_SETS["current"]


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

    window, windows = spend(windows, NOON)

    assert window.act is Act.CLICK
    assert {w.act: w.left for w in windows} == {Act.MESSAGE: 5, Act.CLICK: 2}
    returned = give_back(windows, Act.CLICK, window.until)
    assert {w.act: w.left for w in returned} == {Act.MESSAGE: 5, Act.CLICK: 3}
    assert close_window(windows, Act.CLICK, window.until) == windows[:1]


def test_giving_back_to_a_window_that_is_gone_or_has_no_count_changes_nothing() -> None:
    assert give_back((), Act.CLICK, NOON) == ()
    unlimited = (Window(Act.MESSAGE, None, NOON),)
    assert give_back(unlimited, Act.MESSAGE, NOON) == unlimited


def test_giving_back_to_an_older_window_does_not_change_the_renewed_one() -> None:
    renewed = (Window(Act.MESSAGE, 5, NOON + timedelta(hours=49)),)
    older = NOON + timedelta(hours=48)
    assert give_back(renewed, Act.MESSAGE, older) == renewed
    assert close_window(renewed, Act.MESSAGE, older) == renewed


def test_a_window_that_ends_within_the_margin_is_not_spent() -> None:
    windows = open_window((), Act.FOLLOW, NOON, CURRENT)
    spend(windows, NOON + timedelta(seconds=49), timedelta(seconds=10))
    with pytest.raises(NoAllowanceError):
        spend(windows, NOON + timedelta(seconds=50), timedelta(seconds=10))


def test_a_window_survives_its_stored_form() -> None:
    for window in (Window(Act.MESSAGE, 5, NOON), Window(Act.PAY, None, NOON)):
        assert from_plain(Window, to_plain(window)) == window


acts = st.tuples(st.sampled_from(list(Act)), st.integers(0, 200))
sends = st.tuples(st.none(), st.integers(0, 200))


@given(st.lists(acts | sends, max_size=60), st.sampled_from(sorted(RULE_SETS)))
def test_no_more_is_ever_spent_than_the_acts_before_allow(
    steps: list[tuple[Act | None, int]], rules: str
) -> None:
    """For every send, some act within its time still had one left, counted without the code under test."""
    opens = RULE_SETS[rules].opens
    windows: Windows = ()
    opened: dict[Act, int] = {}
    spent: list[tuple[Act, int]] = []
    for act, minute in sorted(steps, key=lambda step: step[1]):
        now = NOON + timedelta(minutes=minute)
        if act is not None:
            windows = open_window(windows, act, now, RULE_SETS[rules])
            opened[act] = minute
            continue
        try:
            window, windows = spend(windows, now)
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
