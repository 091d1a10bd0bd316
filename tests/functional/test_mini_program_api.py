"""Our side of WeChat's API for mini programs, over HTTP, against the fake WeChat."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.sandbox.fake_wechat.mini_program import session_signature
from infra.sandbox.fake_wechat.world import CODE_LIVES, VISITED, Check, Fault
from tests.support.builders import NOON
from tests.support.fakes.tokens import FakeTokens
from tests.support.patience import PATIENCE
from tests.support.servers.rude_server import http, rude_server, says
from tests.support.servers.served_wechat import ServedWeChat, WeChatServer, wechat_server
from wejourney import errors
from wejourney.accounts import Account
from wejourney.adapters.wechat import calls
from wejourney.adapters.wechat.access_tokens import AccessTokens, StoredToken
from wejourney.adapters.wechat.mini_program import MiniProgramApi
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.codes import LONGEST_MINI_SCENE
from wejourney.people.phones import phone_hash
from wejourney.services.ports.mini_programs import Login

OPENID = "oMini0000000000000000000001"


@pytest.fixture(scope="module")
def server() -> Iterator[WeChatServer]:
    with wechat_server() as server:
        yield server


@pytest.fixture
def wechat(server: WeChatServer) -> ServedWeChat:
    return server.new()


@pytest.fixture
def shop(wechat: ServedWeChat) -> Account:
    theirs = wechat.world.mini_program.account
    settings = AccountSettings(theirs.app_id, open_platform="brand")
    return Account(settings, "", None, theirs.app_secret, kind="mini_program")


@pytest.fixture
def api(wechat: ServedWeChat) -> MiniProgramApi:
    return MiniProgramApi(wechat.url, AccessTokens(wechat.url, FakeTokens(), wechat.clock.real_now))


@pytest.fixture(autouse=True)
def no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "TIME_LIMITS", (PATIENCE, PATIENCE))


def login_code(wechat: ServedWeChat) -> str:
    return wechat.world.mini_program.issue(OPENID, wechat.clock.now())


def number_code(wechat: ServedWeChat, number: str = "13800138000") -> str:
    return wechat.world.mini_program.issue(OPENID, wechat.clock.now(), number)


def test_a_login_is_who_wechat_says_with_the_union_id_if_there_is_one(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    assert api.login(shop, login_code(wechat)) == Login(OPENID)
    wechat.world.mini_program.union_ids[OPENID] = "oUnion"
    assert api.login(shop, login_code(wechat)) == Login(OPENID, "oUnion")


def test_a_shared_number_has_its_countrys_code(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    assert api.phone_number(shop, number_code(wechat)) == "+8613800138000"


def test_a_code_is_good_once_for_five_minutes_and_for_what_it_was_given(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    used, late, other = login_code(wechat), login_code(wechat), number_code(wechat)
    api.login(shop, used)
    wechat.clock.move(seconds=CODE_LIVES.total_seconds() + 1)
    for code in (used, late, other, "x" * 32):
        with pytest.raises(errors.CodeRejectedError):
            api.login(shop, code)
    with pytest.raises(errors.CodeRejectedError):
        api.phone_number(shop, login_code(wechat))


def test_a_wrong_app_secret_is_the_accounts_and_tells_nothing_secret(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    wrong = Account(shop.settings, "", None, "another-secret", kind="mini_program")
    login, number = login_code(wechat), number_code(wechat)
    for call in (lambda: api.login(wrong, login), lambda: api.phone_number(wrong, number)):
        with pytest.raises(errors.AccountMisconfiguredError) as caught:
            call()
        assert "another-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"errcode": -1}, errors.WeChatBusyError),
        ({"errcode": 45011}, errors.WeChatBusyError),
        ({"errcode": 45009}, errors.WeChatBusyError),
        ({"http_status": 502}, errors.WeChatBusyError),
        ({"errcode": 40226}, errors.CodeRejectedError),
    ],
)
@pytest.mark.parametrize("path", ["/sns/jscode2session", "/wxa/business/getuserphonenumber"])
def test_a_refusal_and_no_answer_are_told_apart(
    wechat: ServedWeChat,
    api: MiniProgramApi,
    shop: Account,
    path: str,
    fault: dict[str, Any],
    error: type[Exception],
) -> None:
    wechat.world.faults.append(Fault(path=path, **fault))
    call: Callable[[Account, str], object] = api.login if "sns" in path else api.phone_number
    with pytest.raises(error):
        call(shop, login_code(wechat))


def test_a_token_that_wechat_rejects_is_renewed(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    api.phone_number(shop, number_code(wechat))
    wechat.world.mini_program.tokens.revoke(wechat.clock.real_now())
    assert api.phone_number(shop, number_code(wechat)) == "+8613800138000"


def test_a_picture_of_who_was_here_lately_is_checked_under_an_id(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    program, url = wechat.world.mini_program, "https://bucket.example/kept/x?X-Amz-Signature=0"
    with pytest.raises(errors.UnrecognisedRefusalError, match="61010"):
        api.check_picture(shop, OPENID, url)
    api.login(shop, login_code(wechat))
    traces = [api.check_picture(shop, OPENID, url) for _ in range(2)]
    assert program.checks == [Check(trace, OPENID, url) for trace in traces]
    assert len(set(traces)) == 2
    wechat.clock.move(seconds=VISITED.total_seconds() + 1)
    with pytest.raises(errors.UnrecognisedRefusalError, match="61010"):
        api.check_picture(shop, OPENID, url)
    with pytest.raises(errors.ContentRejectedError, match="47001"):
        api.check_picture(shop, OPENID, "no address")
    wechat.world.faults.append(Fault(path="/wxa/media_check_async", errcode=45011))
    with pytest.raises(errors.WeChatBusyError):
        api.check_picture(shop, OPENID, url)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"errcode": 0}', b'{"trace_id": 7}', b'{"trace_id": ""}', b"<html>"]
)
def test_an_answer_without_an_id_of_the_check_is_none(shop: Account, body: bytes) -> None:
    tokens = FakeTokens({shop.app_id: StoredToken("a token", NOON + timedelta(hours=1))})
    with rude_server() as server:
        server.manners = says(http(body))
        api = MiniProgramApi(server.url, AccessTokens(server.url, tokens, lambda: NOON))
        with pytest.raises(errors.WeChatBusyError):
            api.check_picture(shop, OPENID, "https://bucket.example/x")


def test_a_code_that_opens_a_page_is_a_picture_and_a_refusal_an_error(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    assert api.code_picture(shop, "s=A1", "pages/index/index").startswith(b"\x89PNG")
    with pytest.raises(errors.ContentRejectedError, match="41030"):
        api.code_picture(shop, "s=A1", "/pages/index")
    for scene in ("", "x" * (LONGEST_MINI_SCENE + 1), "门店", "a b", "%41"):
        with pytest.raises(errors.ContentRejectedError, match="a scene has 1 to 32"):
            api.code_picture(shop, scene, "pages/index/index")
    assert wechat.calls("/wxa/getwxacodeunlimit") == 2


ANSWERS = {
    b'{"openid": "oMini", "session_key": "k", "unionid": 7}': Login("oMini"),
    b'{"openid": "oMini", "session_key": "k", "unionid": ""}': Login("oMini"),
    b'{"session_key": "k"}': None,
    b'{"openid": ["oMini"]}': None,
    b'{"openid": "o Mini"}': None,
    b"<html>": None,
    b"": None,
}


@pytest.mark.parametrize("body", ANSWERS)
def test_an_odd_answer_about_a_login_names_nobody(body: bytes, shop: Account) -> None:
    with rude_server() as server:
        server.manners = says(http(body))
        api = MiniProgramApi(server.url, AccessTokens(server.url, FakeTokens(), lambda: None))  # type: ignore[arg-type,return-value] # no token is asked for
        if (expected := ANSWERS[body]) is not None:
            assert api.login(shop, "a-code-0") == expected
            return
        with pytest.raises(errors.WeChatBusyError):
            api.login(shop, "a-code-0")


def test_the_official_vector_of_session_signatures_holds_and_so_for_the_hashes_of_phones() -> None:
    """https://developers.weixin.qq.com/minigame/dev/tutorial/open-ability/session-signature.html"""
    key, body = "o0q0otL8aEzpcZL/FT9WsQ==", '{"foo":"bar"}'
    expected = "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b"
    assert session_signature(key, body) == expected
    assert phone_hash(body, key.encode()) == expected


def test_wechats_check_of_a_session_takes_the_signature_of_its_key_alone(
    wechat: ServedWeChat, api: MiniProgramApi, shop: Account
) -> None:
    api.login(shop, login_code(wechat))
    program = wechat.world.mini_program
    query = {
        "access_token": program.tokens.issue(wechat.clock.real_now()).value,
        "openid": OPENID,
        "sig_method": "hmac_sha256",
    }
    good = hmac.new(program.session_keys[OPENID].encode(), b"", hashlib.sha256).hexdigest()
    for signature, errcode in ((good, 0), ("0" * 64, 87009)):
        answer = httpx.get(f"{wechat.url}/wxa/checksession", params=query | {"signature": signature})
        assert answer.json()["errcode"] == errcode
