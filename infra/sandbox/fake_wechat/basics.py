"""Tokens, the addresses that callbacks come from, and the daily quota."""

from datetime import datetime
from typing import Any

from infra.sandbox.fake_wechat.calls import OK, Answer, Call, endpoint
from infra.sandbox.fake_wechat.refusals import RefusedError
from infra.sandbox.fake_wechat.tokens import Token


@endpoint("token", "GET")
def token(call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/service/en/Basic_Information/Get_access_token.html ."""
    _check_credentials(call, call.query)
    now = call.world.clock.real_now()
    return _granted(call.world.tokens.issue(now), now)


@endpoint("stable_token", "POST")
def stable_token(call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken ."""
    data = call.json()
    _check_credentials(call, data)
    now = call.world.clock.real_now()
    return _granted(call.world.tokens.stable(now, force=data.get("force_refresh") is True), now)


@endpoint("getcallbackip", "GET")
def callback_addresses(_call: Call) -> Answer:
    """https://developers.weixin.qq.com/doc/channels/api/basic ."""
    return {"ip_list": ["127.0.0.1"]}


@endpoint("get_api_domain_ip", "GET")
def api_addresses(_call: Call) -> Answer:
    """The addresses of WeChat's API."""
    return {"ip_list": ["127.0.0.1"]}


@endpoint("clear_quota", "POST")
def clear_quota(call: Call) -> Answer:
    """Ten times a month, for the account's own app id."""
    if call.json().get("appid") != call.world.account.app_id:
        raise RefusedError(40013)
    call.world.clear_quota()
    return dict(OK)


def _check_credentials(call: Call, given: Any) -> None:
    account = call.world.account
    if given.get("grant_type") != "client_credential":
        raise RefusedError(40002)
    if given.get("appid") != account.app_id:
        raise RefusedError(40013)
    if given.get("secret") != account.app_secret:
        raise RefusedError(40125)


def _granted(token: Token, now: datetime) -> Answer:
    return {"access_token": token.value, "expires_in": int((token.over - now).total_seconds())}
