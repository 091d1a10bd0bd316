"""Access tokens behave as WeChat documents both ways to get one.

https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

from typing import Any

import pytest


def errcode(fake: Any, token: str | None) -> int:
    return int(fake.call("tags/get", token=token).get("errcode", 0))


def plain(fake: Any) -> str:
    return str(fake.call("token", token=None, **fake.credentials())["access_token"])


def stable(fake: Any, **more: Any) -> str:
    return str(fake.stable_token(**more)["access_token"])


def test_a_call_needs_a_token(fake: Any) -> None:
    assert errcode(fake, None) == 41001
    assert errcode(fake, "made-up") == 40001


def test_a_plain_token_is_good_for_five_minutes_after_the_next(fake: Any) -> None:
    first = plain(fake)
    second = plain(fake)
    assert first != second
    assert errcode(fake, first) == 0
    fake.clock.move(minutes=5)
    assert errcode(fake, first) == 40001
    assert errcode(fake, second) == 0


def test_a_token_is_over_after_two_hours(fake: Any) -> None:
    token = plain(fake)
    fake.clock.move(seconds=7200)
    assert errcode(fake, token) == 42001


def test_a_stable_token_stays_the_same_until_five_minutes_before_its_end(fake: Any) -> None:
    first = fake.stable_token()
    assert first["expires_in"] == 7200
    fake.clock.move(seconds=6899)
    assert fake.stable_token() == {"access_token": first["access_token"], "expires_in": 301}
    fake.clock.move(seconds=1)
    renewed = fake.stable_token()
    assert renewed["expires_in"] == 7200
    assert renewed["access_token"] != first["access_token"]
    assert errcode(fake, first["access_token"]) == 0


def test_forcing_a_stable_token_ends_the_last_one_at_once(fake: Any) -> None:
    first = stable(fake)
    second = stable(fake, force_refresh=True)
    assert errcode(fake, first) == 40001
    assert errcode(fake, second) == 0


def test_forcing_is_allowed_every_30_seconds_and_20_times_a_day(fake: Any) -> None:
    stable(fake, force_refresh=True)
    assert fake.stable_token(force_refresh=True)["errcode"] == 45011
    for _ in range(19):
        fake.clock.move(seconds=30)
        stable(fake, force_refresh=True)
    fake.clock.move(seconds=30)
    assert fake.stable_token(force_refresh=True)["errcode"] == 45009


def test_the_two_kinds_of_token_do_not_end_each_other(fake: Any) -> None:
    kept = stable(fake)
    plain(fake)
    plain(fake)
    fake.clock.move(minutes=6)
    assert errcode(fake, kept) == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"grant_type": "password"}, 40002), ({"appid": "wx0"}, 40013), ({"secret": "x"}, 40125)],
)
def test_wrong_credentials_get_no_token(fake: Any, wrong: dict[str, str], code: int) -> None:
    assert fake.stable_token(**wrong)["errcode"] == code
    assert fake.call("token", token=None, **(fake.credentials() | wrong))["errcode"] == code


def test_plain_tokens_are_given_2000_times_a_day(fake: Any) -> None:
    for _ in range(2000):
        fake.world.tokens.issue(fake.clock.now())
    assert fake.call("token", token=None, **fake.credentials())["errcode"] == 45009


def test_all_tokens_can_be_revoked(fake: Any) -> None:
    token = stable(fake)
    fake.http.post("/sandbox/tokens/revoke")
    assert errcode(fake, token) == 40001
    assert errcode(fake, stable(fake)) == 0
