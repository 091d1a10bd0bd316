"""Our side of WeChat's API, over HTTP, against the fake WeChat."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from infra.sandbox.fake_wechat.world import Fault
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import free_port, store_client
from tests.support.servers.served_wechat import ServedWeChat, WeChatServer, wechat_server
from wejourney import errors
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.dynamo.token_store import TokenStore
from wejourney.adapters.wechat import access_tokens, calls
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.api import WeChatApi, end_of_wechats_day
from wejourney.messaging.contents import (
    Content,
    Image,
    Menu,
    MenuItem,
    MiniProgramCard,
    News,
    Text,
    localise,
    menu_ids,
)
from wejourney.messaging.sending import error_of

OPENID = "oFollower0000000000000000001"
SEND = "message/custom/send"


@pytest.fixture(scope="module")
def server() -> Iterator[WeChatServer]:
    with wechat_server() as server:
        yield server


@pytest.fixture
def wechat(server: WeChatServer) -> ServedWeChat:
    wechat = server.new()
    wechat.follower(OPENID)
    return wechat


@pytest.fixture
def access(wechat: ServedWeChat, tokens: TokenStore) -> AccessTokens:
    return AccessTokens(wechat.url, tokens, wechat.clock.real_now)


@pytest.fixture
def api(wechat: ServedWeChat, access: AccessTokens) -> WeChatApi:
    return WeChatApi(wechat.url, access, wechat.clock.now)


@pytest.fixture(autouse=True)
def no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no call times out."""
    monkeypatch.setattr(calls, "TIME_LIMITS", (PATIENCE, PATIENCE))


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nobody gives up a renewal that another makes."""
    monkeypatch.setattr(access_tokens, "_POLLS", 10_000)


def words(text: str) -> dict[str, str]:
    return {"any": text}


CONTENTS: list[tuple[Content, str]] = [
    (Text(text=words("你好 👋")), "text"),
    (Image(media_id="MEDIA_ID_RING"), "image"),
    (
        News(title=words("t"), description=words("d"), url="https://e.com", picture="https://e.com/p.jpg"),
        "news",
    ),
    (MiniProgramCard(title=words("t"), app_id="wx1", page="p", picture="MEDIA_ID_CARD"), "miniprogrampage"),
    (Menu(head=words("h"), items=(MenuItem("a", words("A")),), tail=words("t")), "msgmenu"),
]


@pytest.mark.parametrize(("content", "kind"), CONTENTS, ids=[kind for _, kind in CONTENTS])
def test_every_content_arrives_as_wechat_documents_it(
    wechat: ServedWeChat, api: WeChatApi, content: Content, kind: str
) -> None:
    api.send(wechat.account, OPENID, localise(content, "zh", "zh"))

    (message,) = wechat.world.people[OPENID].messages
    assert (message.channel, message.type) == ("custom", kind)
    assert wechat.world.refusals == []


def test_the_old_token_endpoint_is_never_called(wechat: ServedWeChat, api: WeChatApi) -> None:
    api.send(wechat.account, OPENID, {"type": "text", "text": "hi"})

    assert (wechat.calls("stable_token"), wechat.calls("token")) == (1, 0)


def test_a_rejected_token_is_renewed_once_and_the_message_sent(wechat: ServedWeChat, api: WeChatApi) -> None:
    api.send(wechat.account, OPENID, {"type": "text", "text": "one"})
    wechat.world.tokens.revoke(wechat.clock.real_now())

    api.send(wechat.account, OPENID, {"type": "text", "text": "two"})

    assert [message.content for message in wechat.world.people[OPENID].messages] == ["one", "two"]
    assert wechat.calls(SEND) == 3


def test_a_token_that_stays_rejected_is_not_tried_for_ever(wechat: ServedWeChat, api: WeChatApi) -> None:
    """wechatpy alone makes 487 calls and then fails with RecursionError."""
    wechat.world.faults.append(Fault(SEND, times=1000, errcode=40001))

    with pytest.raises(errors.AccountMisconfiguredError):
        api.send(wechat.account, OPENID, {"type": "text", "text": "one"})

    assert wechat.calls(SEND) == 2
    assert wechat.calls("stable_token") <= 4


def forced(wechat: ServedWeChat) -> int:
    """How often a renewal was forced."""
    return len(wechat.world.tokens._forced)


def test_60_messages_with_a_token_that_stays_rejected_force_one_renewal(
    wechat: ServedWeChat, api: WeChatApi, tokens: TokenStore
) -> None:
    """https://github.com/w7corp/easywechat/issues/1453: 54 were forced, of 20 a day."""
    wechat.world.faults.append(Fault(SEND, times=1000, errcode=40001))
    other = WeChatApi(wechat.url, AccessTokens(wechat.url, tokens, wechat.clock.real_now), wechat.clock.now)
    for number in range(60):
        with pytest.raises(errors.AccountPausedError, match="40001"):
            (api, other)[number % 2].send(wechat.account, OPENID, {"type": "text", "text": "x"})
        wechat.clock.move(seconds=1)

    assert (forced(wechat), wechat.calls("stable_token"), wechat.calls(SEND)) == (1, 4, 2)


def test_after_the_pause_one_message_tries_again_without_forcing_a_renewal(
    wechat: ServedWeChat, api: WeChatApi
) -> None:
    fault = Fault(SEND, times=1000, errcode=40001)
    wechat.world.faults.append(fault)
    for _ in range(11):
        for _ in range(3):
            with pytest.raises(errors.AccountMisconfiguredError):
                api.send(wechat.account, OPENID, {"type": "text", "text": "x"})
        wechat.clock.move(minutes=10)
    assert forced(wechat) == 1, "in two hours"
    assert wechat.calls("stable_token") == 4 + 10

    fault.times = 0
    api.send(wechat.account, OPENID, {"type": "text", "text": "x"})


@pytest.mark.usefixtures("no_hurry")
def test_50_workers_whose_token_is_rejected_at_once_force_one_renewal(
    wechat: ServedWeChat, tokens: TokenStore
) -> None:
    wechat.world.faults.append(Fault(SEND, times=1000, errcode=40001))
    workers = [
        WeChatApi(wechat.url, AccessTokens(wechat.url, tokens, wechat.clock.real_now), wechat.clock.now)
        for _ in range(50)
    ]

    def send(number: int) -> None:
        with pytest.raises(errors.AccountPausedError):
            workers[number].send(wechat.account, OPENID, {"type": "text", "text": "x"})

    together(50, send)
    assert forced(wechat) == 1


def test_a_forced_renewal_that_did_nothing_is_made_again(wechat: ServedWeChat, tokens: TokenStore) -> None:
    access = AccessTokens(wechat.url, tokens, wechat.clock.real_now)
    token = access.get(wechat.account)
    wechat.world.tokens._forced.append(wechat.clock.real_now())  # another system has just forced one
    for _ in range(3):
        with pytest.raises(errors.WeChatBusyError, match="45011"):
            access.renew(wechat.account, token)
        assert tokens.read(wechat.account.app_id).forced_at is None
    wechat.clock.move(seconds=30)

    assert access.renew(wechat.account, token) != token
    assert tokens.read(wechat.account.app_id).paused_until is None


def forced_call(wechat: ServedWeChat, fault: Fault) -> type[AccessTokens]:
    """Access tokens whose forced call meets this fault, once."""

    class Faulty(AccessTokens):
        def _ask(self, account: Any, *, force: bool) -> dict[str, Any]:
            if force and fault.times:
                wechat.world.faults.append(fault)
            return super()._ask(account, force=force)

    return Faulty


@pytest.mark.parametrize("errcode", [-1, 45011, 45009, 40164, 99999])
def test_a_forced_renewal_that_wechat_refuses_costs_no_second_one(
    wechat: ServedWeChat, tokens: TokenStore, errcode: int
) -> None:
    access = forced_call(wechat, Fault("stable_token", errcode=errcode))(
        wechat.url, tokens, wechat.clock.real_now
    )
    token = access.get(wechat.account)
    with pytest.raises(errors.WeChatError, match=str(errcode)):
        access.renew(wechat.account, token)
    wechat.clock.move(seconds=60)
    assert access.renew(wechat.account, token) != token
    assert forced(wechat) == 1


def test_a_forced_renewal_whose_outcome_is_unknown_is_not_made_again_for_two_hours(
    wechat: ServedWeChat, tokens: TokenStore
) -> None:
    fault = Fault("stable_token", http_status=502)
    access = forced_call(wechat, fault)(wechat.url, tokens, wechat.clock.real_now)
    token = access.get(wechat.account)
    for error in (errors.WeChatBusyError, errors.AccountPausedError, errors.AccountPausedError):
        with pytest.raises(error):
            access.renew(wechat.account, token)
    assert forced(wechat) == 0
    wechat.clock.move(hours=2)
    assert access.renew(wechat.account, token) != token


@pytest.mark.parametrize("path", ["stable_token", "user/info"])
def test_a_spent_quota_of_another_call_than_sending_does_not_stop_the_account(
    wechat: ServedWeChat, api: WeChatApi, path: str
) -> None:
    """https://github.com/w7corp/easywechat/issues/1453"""
    wechat.world.faults.append(Fault(path, errcode=45009))
    with pytest.raises(errors.WeChatBusyError, match="45009"):
        api.user_info(wechat.account, OPENID)

    wechat.clock.move(seconds=60)
    api.send(wechat.account, OPENID, {"type": "text", "text": "x"})


@pytest.mark.parametrize("errcode", [40164, 40125, 40001, 40003, 45009, 99999])
def test_after_a_refusal_the_token_endpoint_is_called_once_a_minute(
    wechat: ServedWeChat, api: WeChatApi, errcode: int
) -> None:
    fault = Fault("stable_token", times=1000, errcode=errcode)
    wechat.world.faults.append(fault)
    kinds = set()
    for _ in range(59):
        with pytest.raises(errors.WeChatError, match=str(errcode)) as caught:
            api.send(wechat.account, OPENID, {"type": "text", "text": "x"})
        kinds.add(caught.type)
        wechat.clock.move(seconds=1)
    assert (wechat.calls("stable_token"), len(kinds)) == (1, 1)
    assert (kinds == {errors.WeChatBusyError}) == (errcode == 45009)

    fault.times = 0
    wechat.clock.move(seconds=1)
    api.send(wechat.account, OPENID, {"type": "text", "text": "x"})


@pytest.mark.parametrize("errcode", [-1, 45011])
def test_a_busy_token_endpoint_is_called_again_at_once(
    wechat: ServedWeChat, api: WeChatApi, errcode: int
) -> None:
    wechat.world.faults.append(Fault("stable_token", errcode=errcode))
    with pytest.raises(errors.WeChatBusyError):
        api.send(wechat.account, OPENID, {"type": "text", "text": "x"})
    api.send(wechat.account, OPENID, {"type": "text", "text": "x"})


def test_a_token_that_another_system_renews_between_two_calls_pauses_nothing(
    wechat: ServedWeChat, access: AccessTokens, tokens: TokenStore
) -> None:
    """The second token is dead when it is used; WeChat hands out a third one unforced."""
    access.get(wechat.account)
    wechat.world.tokens.revoke(wechat.clock.real_now())

    class Racing(AccessTokens):
        raced = False

        def renew(self, account: Any, rejected: str) -> str:
            token = super().renew(account, rejected)
            if not self.raced:
                self.raced = True
                wechat.clock.move(seconds=30)
                wechat.world.tokens.stable(wechat.clock.real_now(), force=True)
            return token

    racing = Racing(wechat.url, tokens, wechat.clock.real_now)
    WeChatApi(wechat.url, racing, wechat.clock.now).send(
        wechat.account, OPENID, {"type": "text", "text": "x"}
    )

    assert tokens.read(wechat.account.app_id).paused_until is None
    assert len(wechat.world.people[OPENID].messages) == 1


def test_without_the_tokens_table_a_message_is_busy(wechat: ServedWeChat, tables: str) -> None:
    access = AccessTokens(
        wechat.url, TokenStore(Table("NoSuchTable", store_client(tables))), wechat.clock.real_now
    )
    with pytest.raises(errors.WeChatBusyError, match="table"):
        WeChatApi(wechat.url, access, wechat.clock.now).send(
            wechat.account, OPENID, {"type": "text", "text": "x"}
        )
    assert wechat.calls(SEND) == 0


@pytest.mark.parametrize(
    ("errcode", "error"),
    [
        (-1, errors.WeChatBusyError),
        (45011, errors.WeChatBusyError),
        (45009, errors.DailyQuotaSpentError),
        (45015, errors.WindowClosedError),
        (45047, errors.WindowClosedError),
        (43004, errors.FollowerUnreachableError),
        (48002, errors.FollowerUnreachableError),
        (40007, errors.ContentRejectedError),
        (45002, errors.ContentRejectedError),
        (40164, errors.AccountMisconfiguredError),
        (48001, errors.AccountMisconfiguredError),
        (40165, errors.ContentRejectedError),
        (45166, errors.ContentRejectedError),
        (45168, errors.ContentRejectedError),
        (87014, errors.ContentRejectedError),
        (41006, errors.ContentRejectedError),
        (40066, errors.ContentRejectedError),
        (40048, errors.ContentRejectedError),
        (45064, errors.ContentRejectedError),
        (70000, errors.FollowerUnreachableError),
        (99999, errors.UnrecognisedRefusalError),
    ],
)
def test_each_code_of_wechat_is_the_error_of_its_class(
    wechat: ServedWeChat, api: WeChatApi, errcode: int, error: type[errors.WeChatError]
) -> None:
    """https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html"""
    wechat.world.faults.append(Fault(SEND, errcode=errcode))

    with pytest.raises(error) as caught:
        api.send(wechat.account, OPENID, {"type": "text", "text": "x"})

    assert type(caught.value) is error
    assert caught.value.errcode == errcode
    assert "rid: " in caught.value.errmsg
    assert isinstance(error_of(errcode, ""), error)


@pytest.mark.parametrize("status", [400, 404, 500, 502, 504])
@pytest.mark.parametrize("carried_out", [False, True])
def test_an_http_error_leaves_the_outcome_unknown(
    wechat: ServedWeChat, api: WeChatApi, status: int, *, carried_out: bool
) -> None:
    wechat.world.faults.append(Fault(SEND, http_status=status, carried_out=carried_out))
    with pytest.raises(errors.SendOutcomeUnknownError, match=f"HTTP {status}"):
        api.send(wechat.account, OPENID, {"type": "text", "text": "x"})
    assert len(wechat.world.people[OPENID].messages) == carried_out


def test_a_menu_leaves_with_numbers_for_its_lines(wechat: ServedWeChat, api: WeChatApi) -> None:
    """https://github.com/microsoft/BotFramework-WeChat/issues/47"""
    items = tuple(MenuItem(key, words(label)) for key, label in (("gold", "Gold"), ("silver", "Silver")))
    api.send(
        wechat.account, OPENID, localise(Menu(head=words("h"), items=items, tail=words("t")), "zh", "zh")
    )

    (message,) = wechat.world.people[OPENID].messages
    ids = [line["id"] for line in message.content["list"]]
    assert ids == list(menu_ids(["gold", "silver"]))
    assert [wechat.world.reported(one) for one in ids] == [int(one) for one in ids]


def test_a_call_that_times_out_is_unknown_and_its_error_holds_no_secret(
    wechat: ServedWeChat,
    access: AccessTokens,
    api: WeChatApi,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="wejourney")
    access.get(wechat.account)
    monkeypatch.setattr(calls, "TIME_LIMITS", (PATIENCE, 0.2))
    wechat.world.faults.append(Fault(SEND, timeout=1.0, carried_out=True))

    with pytest.raises(errors.SendOutcomeUnknownError) as caught:
        api.send(wechat.account, OPENID, {"type": "text", "text": "x"})

    assert "access_token" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_failed_connection_is_busy(wechat: ServedWeChat, access: AccessTokens) -> None:
    access.get(wechat.account)
    nowhere = WeChatApi(f"http://127.0.0.1:{free_port()}", access, wechat.clock.now)
    with pytest.raises(errors.WeChatBusyError, match="no connection"):
        nowhere.send(wechat.account, OPENID, {"type": "text", "text": "x"})


def test_when_the_days_quota_is_spent_no_more_calls_are_made_that_day(
    wechat: ServedWeChat, api: WeChatApi
) -> None:
    wechat.world.quota_left = 0
    for _ in range(3):
        with pytest.raises(errors.DailyQuotaSpentError):
            api.send(wechat.account, OPENID, {"type": "text", "text": "x"})
    assert wechat.calls(SEND) == 1

    wechat.world.quota_left = 10
    wechat.clock.move(hours=16)
    api.send(wechat.account, OPENID, {"type": "text", "text": "x"})

    assert wechat.calls(SEND) == 2


def test_wechats_day_ends_at_midnight_in_beijing() -> None:
    assert end_of_wechats_day(datetime(2026, 11, 20, 15, 59, tzinfo=UTC)) == datetime(
        2026, 11, 20, 16, tzinfo=UTC
    )
    assert end_of_wechats_day(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == datetime(
        2026, 11, 21, 16, tzinfo=UTC
    )


@pytest.mark.capability(row="C4")
def test_user_info_tells_union_id_and_source(wechat: ServedWeChat, api: WeChatApi) -> None:
    person = wechat.world.people[OPENID]
    person.union_id, person.subscribe_scene = "u-1", "ADD_SCENE_PROFILE_LINK"

    known = api.user_info(wechat.account, OPENID)

    assert (known.union_id, known.source) == ("u-1", "article")

    person.subscribe_scene = "ADD_SCENE_MOON"
    told = api.user_info(wechat.account, OPENID)
    assert (known.note, told.source) == (None, "ADD_SCENE_MOON")
    assert told.note == "user info: subscribe_scene ADD_SCENE_MOON is new"


# --- the access token ---------------------------------------------------------------------------------


def worker(wechat: ServedWeChat, tokens: TokenStore, pauses: list[float]) -> AccessTokens:
    return AccessTokens(wechat.url, tokens, wechat.clock.real_now, pause=pauses.append)


def together(count: int, work: Any) -> list[Any]:
    barrier = threading.Barrier(count)

    def one(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.usefixtures("no_hurry")
def test_200_cold_starts_at_expiry_renew_once_and_all_get_a_token_that_works(
    wechat: ServedWeChat, tokens: TokenStore
) -> None:
    """https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken"""
    first = AccessTokens(wechat.url, tokens, wechat.clock.real_now).get(wechat.account)
    wechat.clock.move(seconds=7200)

    pool = [AccessTokens(wechat.url, tokens, wechat.clock.real_now) for _ in range(200)]
    found = together(50, lambda number: [one.get(wechat.account) for one in pool[number::50]])

    handed = {token for batch in found for token in batch}
    assert wechat.calls("stable_token") == 2
    assert len(handed) == 1
    assert first not in handed
    wechat.world.tokens.check(handed.pop(), wechat.clock.real_now())


def test_within_the_overlap_one_renews_and_the_others_go_on_with_the_old_token(
    wechat: ServedWeChat, tokens: TokenStore
) -> None:
    old = AccessTokens(wechat.url, tokens, wechat.clock.real_now).get(wechat.account)
    wechat.clock.move(seconds=7200 - 299)
    now = wechat.clock.real_now()
    assert tokens.lease(wechat.account.app_id, old, now, now.replace(year=2027)), "another worker renews"

    pauses: list[float] = []
    assert worker(wechat, tokens, pauses).get(wechat.account) == old
    assert pauses == []
    wechat.world.tokens.check(old, now)


def test_the_lease_of_a_killed_worker_expires(wechat: ServedWeChat, tokens: TokenStore) -> None:
    now = wechat.clock.real_now()
    assert tokens.lease(wechat.account.app_id, None, now, now.replace(minute=1))

    def pause(_seconds: float) -> None:
        wechat.clock.move(seconds=30)

    access = AccessTokens(wechat.url, tokens, wechat.clock.real_now, pause=pause)
    assert access.get(wechat.account)


def test_a_worker_that_has_renewed_leaves_the_lease_of_the_next_alone(
    wechat: ServedWeChat, tokens: TokenStore
) -> None:
    """Also where both began in the same microsecond: else a third one forces a renewal beside the second."""
    app_id, now = wechat.account.app_id, wechat.clock.real_now()
    until = now + access_tokens.LEASE

    class NextIsQuick(TokenStore):
        def save(self, app_id: str, token: str, expires_at: datetime) -> None:
            super().save(app_id, token, expires_at)
            assert self.lease(app_id, token, now, until)

    token = AccessTokens(wechat.url, NextIsQuick(tokens.table), wechat.clock.real_now).get(wechat.account)

    assert not tokens.lease(app_id, token, now, until)


def test_a_refused_renewal_ends_its_lease_and_says_why(wechat: ServedWeChat, tokens: TokenStore) -> None:
    wechat.world.faults.append(Fault("stable_token", errcode=40164))
    with pytest.raises(errors.AccountMisconfiguredError, match="40164"):
        worker(wechat, tokens, []).get(wechat.account)

    pauses: list[float] = []
    assert worker(wechat, tokens, pauses).get(wechat.account)
    assert pauses == []


def test_a_warm_worker_reads_the_table_once_a_minute(
    wechat: ServedWeChat, tokens: TokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    read = TokenStore.read

    def counted(store: TokenStore, app_id: str) -> Any:
        reads.append(app_id)
        return read(store, app_id)

    monkeypatch.setattr(TokenStore, "read", counted)
    access = AccessTokens(wechat.url, tokens, wechat.clock.real_now)
    access.get(wechat.account)
    before = len(reads)
    for _ in range(59):
        wechat.clock.move(seconds=1)
        access.get(wechat.account)
    assert len(reads) == before
    wechat.clock.move(seconds=1)
    access.get(wechat.account)
    assert len(reads) == before + 1


# --- QR codes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", ["store-SH01", "0017", "快闪", "x" * 64])
@pytest.mark.parametrize("lasts", [0, 60, 2_592_000])
def test_a_code_is_made_for_its_scene(api: WeChatApi, wechat: ServedWeChat, scene: str, lasts: int) -> None:
    made = api.create_qr_code(wechat.account, scene, lasts)

    assert wechat.world.qr_codes == {made.ticket: scene}
    assert made.lasts == lasts
    assert (scene in wechat.world.permanent_scenes) == (lasts == 0)
    with urlopen(f"{wechat.url}/cgi-bin/showqrcode?{urlencode({'ticket': made.ticket})}") as picture:  # noqa: S310 - ours
        assert picture.read().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("scene", "lasts", "field_name"),
    [
        ("1", 0, "scene_id"),
        ("100000", 0, "scene_id"),
        ("100001", 0, "scene_str"),
        ("100001", 60, "scene_id"),
        ("4294967296", 60, "scene_str"),
    ],
)
def test_a_scene_that_is_a_number_in_wechats_bounds_is_told_as_one(
    api: WeChatApi,
    monkeypatch: pytest.MonkeyPatch,
    wechat: ServedWeChat,
    scene: str,
    lasts: int,
    field_name: str,
) -> None:
    told: list[Any] = []

    def call(*asked: Any) -> dict[str, str]:
        told.append(asked[-1]["action_info"]["scene"])
        return {"ticket": "t", "url": "u"}

    monkeypatch.setattr(api, "_call", call)
    api.create_qr_code(wechat.account, scene, lasts)

    assert told == [{field_name: int(scene) if field_name == "scene_id" else scene}]


def test_permanent_codes_that_are_used_up_are_a_refusal_that_says_what_to_do(
    api: WeChatApi, wechat: ServedWeChat
) -> None:
    wechat.world.permanent_scenes |= set(map(str, range(100_000)))
    with pytest.raises(errors.ContentRejectedError, match="100,000 permanent QR codes"):
        api.create_qr_code(wechat.account, "more", 0)


def test_a_code_whose_answer_was_lost_can_be_asked_for_again(api: WeChatApi, wechat: ServedWeChat) -> None:
    wechat.world.faults.append(Fault("qrcode/create", http_status=502, carried_out=True))
    with pytest.raises(errors.WeChatBusyError):
        api.create_qr_code(wechat.account, "store-SH01", 0)

    assert api.create_qr_code(wechat.account, "store-SH01", 0).url
    assert wechat.world.permanent_scenes == {"store-SH01"}
