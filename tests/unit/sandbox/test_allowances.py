"""The fake enforces the windows and the counts of each rule set.

https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

from collections.abc import Callable
from typing import Any

import pytest

OPENID = "oLee"


def test_a_follow_allows_three_messages(fake: Any) -> None:
    fake.act(OPENID, "follow")
    assert [fake.send_text(OPENID) for _ in range(4)] == [0, 0, 0, 45047]


def test_a_follow_allows_them_for_one_minute(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.clock.move(seconds=59)
    assert fake.send_text(OPENID) == 0
    fake.clock.move(seconds=1)
    assert fake.send_text(OPENID) == 45015


def test_a_message_allows_five_in_48_hours(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.act(OPENID, "say", text="hello")
    fake.clock.move(hours=47, minutes=59)
    assert [fake.send_text(OPENID) for _ in range(6)] == [0] * 5 + [45047]
    fake.clock.move(minutes=1)
    assert fake.send_text(OPENID) == 45015


@pytest.mark.parametrize(
    ("act", "details"),
    [
        ("scan", {"scene": "store-SH01"}),
        ("click", {"key": "POINTS"}),
        ("say", {"text": "silver", "menu_item": "silver"}),
    ],
)
def test_scans_menu_clicks_and_taps_on_a_menu_message_allow_three_in_a_minute(
    fake: Any, act: str, details: dict[str, str]
) -> None:
    fake.act(OPENID, "follow")
    fake.clock.move(minutes=2)
    fake.act(OPENID, act, **details)
    assert [fake.send_text(OPENID) for _ in range(4)] == [0, 0, 0, 45047]
    fake.clock.move(minutes=1)
    assert fake.send_text(OPENID) == 45015


def test_opening_a_link_of_the_menu_allows_nothing(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.clock.move(minutes=2)
    fake.act(OPENID, "view", url="https://example.com")
    assert fake.send_text(OPENID) == 45015


def test_a_new_message_renews_the_five_and_does_not_add_to_them(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.clock.move(minutes=2)
    fake.act(OPENID, "say", text="one")
    assert fake.send_text(OPENID) == 0
    fake.act(OPENID, "say", text="two")
    assert [fake.send_text(OPENID) for _ in range(6)] == [0] * 5 + [45047]


@pytest.mark.parametrize(("rules", "count"), [("2023-06", 5), ("2021-06", 20)])
def test_earlier_rule_sets_count_as_they_did(make_fake: Callable[..., Any], rules: str, count: int) -> None:
    fake = make_fake(rules)
    fake.act(OPENID, "follow")
    fake.clock.move(minutes=2)
    fake.act(OPENID, "say", text="hello")
    assert [fake.send_text(OPENID) for _ in range(count + 1)] == [0] * count + [45047]


def test_in_2020_a_follow_allowed_any_number_for_48_hours(make_fake: Callable[..., Any]) -> None:
    fake = make_fake("2020")
    fake.act(OPENID, "follow")
    fake.clock.move(hours=47)
    assert [fake.send_text(OPENID) for _ in range(30)] == [0] * 30
    fake.clock.move(hours=1)
    assert fake.send_text(OPENID) == 45015


def test_the_allowance_that_each_message_used_is_told(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.send_text(OPENID)
    follower = fake.http.get(f"/sandbox/followers/{OPENID}").json()
    assert [(one["act"], one["left"]) for one in follower["spent"]] == [("follow", 3)]
    assert [(one["act"], one["left"]) for one in follower["windows"]] == [("follow", 2)]


def test_a_refused_message_takes_no_allowance(fake: Any) -> None:
    fake.act(OPENID, "follow")
    assert fake.send(OPENID, "image", {"media_id": "unknown"}) == 40007
    assert [fake.send_text(OPENID) for _ in range(3)] == [0, 0, 0]


def test_who_has_left_cannot_be_written_to(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.act(OPENID, "unfollow")
    assert fake.send_text(OPENID) == 43004


def test_coming_back_does_not_bring_an_old_allowance_back(fake: Any) -> None:
    fake.act(OPENID, "follow")
    fake.act(OPENID, "say", text="hello")
    fake.act(OPENID, "unfollow")
    fake.act(OPENID, "follow")
    assert [fake.send_text(OPENID) for _ in range(4)] == [0, 0, 0, 45047]


def test_allowances_of_different_acts_are_counted_as_the_fake_is_told_to_read_the_rules(fake: Any) -> None:
    """https://mp.weixin.qq.com/debug/wxadoc/introduction/custom.html"""
    for reading, allowed in (("apart", 8), ("pooled", 5)):
        fake.http.post("/sandbox/reading", json={"reading": reading})
        fake.act(OPENID, "unfollow")
        fake.act(OPENID, "follow")
        fake.clock.move(minutes=2)
        fake.act(OPENID, "say", text="hello")
        fake.act(OPENID, "scan", scene="store-SH01")
        assert [fake.send_text(OPENID) for _ in range(9)] == [0] * allowed + [45047] * (9 - allowed)
    assert fake.http.post("/sandbox/reading", json={"reading": "added"}).status_code == 400
