"""What an answer proves: whether a message was sent, was not, or nobody knows. On real connections."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import ACCOUNT, OPENID
from tests.support.fakes.tokens import FakeTokens
from tests.support.servers.dynamodb import free_port
from tests.support.servers.rude_server import (
    Manners,
    RudeServer,
    closes_at_once,
    closes_when_it_is_used_again,
    drips,
    http,
    resets,
    rude_server,
    says,
)
from wejourney import errors
from wejourney.accounts import Account
from wejourney.adapters.failures import reason_of
from wejourney.adapters.wechat import calls
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.api import WeChatApi
from wejourney.messaging.wechat_errors import CODES

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TEXT = {"type": "text", "text": "你好 👋 \ud83d"}
SENT = http(b'{"errcode":0,"errmsg":"ok"}')


class OneToken(AccessTokens):
    """A token that is always good."""

    def __init__(self) -> None:
        super().__init__("", FakeTokens(), lambda: NOW)
        self.stopped: datetime | None = None

    def get(self, account: Account) -> str:
        return "A TOKEN"

    def renew(self, account: Account, rejected: str) -> str:
        return "ANOTHER TOKEN"

    def stopped_until(self, account: Account) -> datetime | None:
        return self.stopped

    def stop(self, account: Account, until: datetime) -> None:
        self.stopped = until


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RudeServer]:
    monkeypatch.setattr(calls, "TIME_LIMITS", (30.0, 30.0))
    with rude_server() as served:
        yield served


def outcome(server: RudeServer, tokens: OneToken | None = None) -> str:
    """How a message ends: `sent`, or the error's name."""
    api = WeChatApi(server.url, tokens or OneToken(), lambda: NOW)
    try:
        api.send(ACCOUNT, OPENID, TEXT)
    except errors.WejourneyError as error:
        return "a leak" if "TOKEN" in str(error) else type(error).__name__
    return "sent"


# --- bodies and statuses ------------------------------------------------------------------------------

NOT_OF_WECHAT: dict[str, bytes] = {
    "nothing": b"",
    "success": b"success",
    "a page": b"<html><body>502 Bad Gateway</body></html>",
    "half of JSON": b'{"errcode":0,"errm',
    "a list": b'[{"errcode":0}]',
    "a number": b"0",
    "a text": b'"ok"',
    "null": b"null",
    "true": b"true",
    "no errcode": b'{"errmsg":"ok"}',
    "another's JSON": b'{"message":"Forbidden"}',
    "errcode null": b'{"errcode":null}',
    "errcode text": b'{"errcode":"0"}',
    "errcode text of a refusal": b'{"errcode":"45015"}',
    "errcode fraction": b'{"errcode":0.0}',
    "errcode bool": b'{"errcode":false}',
    "errcode list": b'{"errcode":[0]}',
    "a number without end": b'{"errcode":' + b"9" * 5000 + b"}",
    "deep": b"[" * 100_000,
    "not UTF-8": b"\xff\xfe\x00",
}
STATUSES = (200, 201, 204, 301, 302, 307, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504, 599)


@pytest.mark.parametrize("status", STATUSES)
def test_an_answer_that_is_not_wechats_word_leaves_the_outcome_unknown(
    server: RudeServer, status: int
) -> None:
    for body in NOT_OF_WECHAT.values():
        server.manners = says(http(body, f"{status} x", "Location: /elsewhere"))
        assert outcome(server) == "SendOutcomeUnknownError", body[:50]
    assert len(server.requests) == len(NOT_OF_WECHAT), "no redirect is followed, nothing is sent twice"


@pytest.mark.parametrize("status", [status for status in STATUSES if status != 200])
def test_a_success_counts_only_with_http_200(server: RudeServer, status: int) -> None:
    server.manners = says(http(b'{"errcode":0,"errmsg":"ok"}', f"{status} x"))
    assert outcome(server) == "SendOutcomeUnknownError"


@pytest.mark.parametrize("errcode", [*CODES, 12345, 10**30])
def test_an_errcode_is_its_error_and_with_http_500_the_outcome_is_unknown(
    server: RudeServer, errcode: int
) -> None:
    known = CODES.get(errcode)
    expected = known.error.__name__ if known else "UnrecognisedRefusalError"
    if expected == "TokenRejectedError":
        expected = "AccountPausedError"
    body = b'{"errcode":%d,"errmsg":"control \x01 and cut \xe4\xbd rid: 1"}' % errcode
    for status, counted in ((200, expected), (403, expected), (502, "SendOutcomeUnknownError")):
        server.manners = says(http(body, f"{status} x"))
        assert outcome(server) == counted


def test_a_message_leaves_in_utf_8_without_escapes_and_without_half_characters(server: RudeServer) -> None:
    server.manners = says(SENT)
    assert outcome(server) == "sent"
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /cgi-bin/message/custom/send?access_token=A+TOKEN HTTP/1.1")
    assert json.loads(body)["text"] == {"content": "你好 👋 ?"}
    assert b"\\u" not in body


# --- connections --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [30])
def test_no_message_is_lost_when_the_server_closes_kept_connections(server: RudeServer, number: int) -> None:
    """https://github.com/wechatpy/wechatpy/issues/123: 15 of 30 were recorded as unknown."""
    server.manners = closes_when_it_is_used_again(SENT)
    api = WeChatApi(server.url, OneToken(), lambda: NOW)
    for _ in range(number):
        api.send(ACCOUNT, OPENID, TEXT)
    assert len(server.requests) == server.connections == number


BROKEN: dict[str, Manners] = {
    "reset before the answer": resets(),
    "reset in the status": resets(b"HTTP/1.1 2"),
    "reset in the head": resets(b"HTTP/1.1 200 OK\r\nContent-"),
    "reset in the body": resets(http(b'{"errcode":0,"err', length=27)),
    "closed before the answer": says(b""),
    "closed in the head": says(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "closed in the body": says(http(b'{"errcode":0,"err', length=27)),
    "closed in a chunk": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n{"),
    "a chunk without a size": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "not HTTP": says(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "a head without end": says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    "a length below zero": says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
}


@pytest.mark.parametrize("manners", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_off_leaves_the_outcome_unknown(server: RudeServer, manners: Manners) -> None:
    server.manners = manners
    assert outcome(server) == "SendOutcomeUnknownError"
    assert len(server.requests) == 1


def test_a_partly_sent_request_is_busy_and_a_sent_one_without_an_answer_is_unknown(
    server: RudeServer,
) -> None:
    server.manners = closes_at_once
    ends = Counter(outcome(server) for _ in range(30))
    assert ends.keys() <= {"WeChatBusyError", "SendOutcomeUnknownError"}
    assert server.requests == []

    nowhere = RudeServer(f"http://127.0.0.1:{free_port()}", closes_at_once)
    assert outcome(nowhere) == "WeChatBusyError"
    no_such_name = RudeServer("http://wechat.invalid", closes_at_once)
    assert outcome(no_such_name) == "WeChatBusyError"


def test_a_failed_handshake_is_busy(server: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "TIME_LIMITS", (0.2, 30.0))
    for manners in (closes_at_once, resets(), says(b"HTTP/1.1 400 Bad Request\r\n\r\n")):
        server.manners = manners
        api = WeChatApi(server.url.replace("http:", "https:"), OneToken(), lambda: NOW)
        with pytest.raises(errors.WeChatBusyError, match="no connection"):
            api.send(ACCOUNT, OPENID, TEXT)
    assert all(not request.startswith(b"POST") for request in server.requests)


@pytest.mark.parametrize(
    "answer",
    [
        SENT,
        SENT.replace(b"\r\n\r\n", b"\r\nX: 1\r\n\r\n"),
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + SENT,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n" + SENT[-27:] + b"\r\n0\r\n\r\n",
    ],
    ids=["a body", "a head", "continue", "chunks"],
)
def test_a_dripping_answer_times_out(
    server: RudeServer, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(calls, "TIME_LIMITS", (30.0, 0.3))
    server.manners = drips(answer, every=0.1)
    assert outcome(server) == "SendOutcomeUnknownError"


def test_a_dripping_handshake_times_out(server: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "TIME_LIMITS", (0.3, 30.0))
    server.manners = drips(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(40), every=0.1)
    encrypted = RudeServer(server.url.replace("http:", "https:"), server.manners)
    assert outcome(encrypted) == "WeChatBusyError"


def test_a_dripping_answer_that_is_complete_in_time_counts(server: RudeServer) -> None:
    server.manners = drips(SENT, every=0.0)
    assert outcome(server) == "sent"


# --- what WeChat says ---------------------------------------------------------------------------------


@given(st.sampled_from([*CODES, 12345]), st.text(), st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_error_texts_do_not_quote_wechat(
    server: RudeServer,
    errcode: int,
    text: str,
    token: bool,  # noqa: FBT001 - drawn
) -> None:
    said = f"§{text}§ rid: 6745f0a1-0a1b2c3d-4e5f6071"
    server.manners = says(http(json.dumps({"errcode": errcode, "errmsg": said}).encode()))
    access = AccessTokens(server.url, FakeTokens(), lambda: NOW, pause=lambda _: None)
    api = WeChatApi(server.url, OneToken(), lambda: NOW)
    with pytest.raises(errors.WeChatError) as caught:
        (access.get(ACCOUNT) if token else api.send(ACCOUNT, OPENID, TEXT))
    error: BaseException | None = caught.value
    while error is not None:
        for told in (str(error), repr(error), reason_of(error)):
            assert "§" not in told
            assert "rid: 6745f0a1-0a1b2c3d-4e5f6071" in told
            assert str(errcode) in told
        error = error.__cause__
    assert caught.value.verbatim.encode()


def test_a_stored_errmsg_is_bounded(server: RudeServer) -> None:
    server.manners = says(http(json.dumps({"errcode": 43004, "errmsg": "x" * 900_000}).encode()))
    with pytest.raises(errors.FollowerUnreachableError) as caught:
        WeChatApi(server.url, OneToken(), lambda: NOW).send(ACCOUNT, OPENID, TEXT)
    assert len(caught.value.errmsg) == calls.LONGEST_ERRMSG


# --- calls that repeat nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_profile_without_an_answer_is_busy(server: RudeServer, status: int) -> None:
    for body in (*NOT_OF_WECHAT.values(), b'{"errcode":0}', b'{"errcode":45009,"errmsg":"quota"}'):
        server.manners = says(http(body, f"{status} x"))
        api = WeChatApi(server.url, tokens := OneToken(), lambda: NOW)
        with pytest.raises(errors.WeChatBusyError):
            api.user_info(ACCOUNT, OPENID)
        assert tokens.stopped is None


def test_a_profile_with_odd_fields_is_read_without_them(server: RudeServer) -> None:
    fields = {"openid": OPENID, "unionid": 7, "subscribe_scene": None, "language": ["zh"]}
    server.manners = says(http(json.dumps(fields).encode()))
    known = WeChatApi(server.url, OneToken(), lambda: NOW).user_info(ACCOUNT, OPENID)
    assert (known.union_id, known.source, known.language) == (None, None, None)


@pytest.mark.parametrize("field", ["unionid", "subscribe_scene", "language"])
def test_every_text_of_a_profile_can_be_stored(server: RudeServer, field: str) -> None:
    for text in ("\ud83d", "a\udc4bb", "\udc4b\ud83d", "\ud83d\udc4b"):
        server.manners = says(http(json.dumps({"openid": OPENID, field: text}).encode()))
        known = WeChatApi(server.url, OneToken(), lambda: NOW).user_info(ACCOUNT, OPENID)
        stored = {
            "unionid": known.union_id,
            "subscribe_scene": known.source,
            "language": known.language,
        }
        assert (stored[field] or "").encode() or field == "language"  # what is no language is none


ABSENT = object()
TOKENS = ("good", "", " ", "a\nb", "字", "x" * 513, 7, None, True, ["a"], ABSENT)
LIVES = (
    7200,
    0,
    -1,
    86_401,
    10**12,
    10**400,
    "7200s",
    "",
    " 7200",
    "٧٢٠٠",
    "0",
    "99999",
    None,
    True,
    7200.5,
    0.0,
    -1.0,
    1e300,
    [7200],
    ABSENT,
)


@pytest.mark.parametrize("number", range(len(TOKENS)))
def test_an_odd_answer_about_a_token_is_busy_and_ends_the_lease(server: RudeServer, number: int) -> None:
    for life in LIVES:
        fields = {"access_token": TOKENS[number], "expires_in": life}
        told = {name: value for name, value in fields.items() if value is not ABSENT}
        if told == {"access_token": "good", "expires_in": 7200}:
            continue
        server.manners, table = says(http(json.dumps(told).encode())), FakeTokens()
        with pytest.raises(errors.WeChatBusyError) as caught:
            AccessTokens(server.url, table, lambda: NOW, pause=lambda _: None).get(ACCOUNT)
        assert table.leased == {}
        assert "good" not in str(caught.value)


@pytest.mark.parametrize("errcode", [*CODES, 12345])
def test_a_refused_token_is_an_account_error_whatever_the_code(server: RudeServer, errcode: int) -> None:
    server.manners = says(http(b'{"errcode":%d,"errmsg":"no"}' % errcode))
    table = FakeTokens()
    with pytest.raises(errors.WeChatError) as caught:
        AccessTokens(server.url, table, lambda: NOW, pause=lambda _: None).get(ACCOUNT)
    assert type(caught.value) in {
        errors.WeChatBusyError,
        errors.AccountMisconfiguredError,
        errors.UnrecognisedRefusalError,
    }
    assert table.leased == {}


@pytest.mark.parametrize("body", NOT_OF_WECHAT.values(), ids=NOT_OF_WECHAT)
def test_an_answer_about_a_token_that_is_not_wechats_is_busy_and_ends_the_lease(
    server: RudeServer, body: bytes
) -> None:
    for status in STATUSES:
        server.manners, table = says(http(body, f"{status} x")), FakeTokens()
        with pytest.raises(errors.WeChatBusyError):
            AccessTokens(server.url, table, lambda: NOW, pause=lambda _: None).get(ACCOUNT)
        assert table.leased == {}


def test_an_unforeseen_failure_ends_the_lease(server: RudeServer) -> None:
    class Full(FakeTokens):
        def save(self, app_id: str, token: str, expires_at: datetime) -> None:
            raise MemoryError(token, expires_at)

    server.manners, table = says(http(b'{"access_token":"good","expires_in":7200}')), Full()
    with pytest.raises(MemoryError):
        AccessTokens(server.url, table, lambda: NOW).get(ACCOUNT)
    assert table.leased == {}


@pytest.mark.parametrize("life", [1, 299, 7200, 86_400, "7200", "1", 7200.0], ids=repr)
def test_a_sound_answer_about_a_token_is_stored_with_its_end(server: RudeServer, life: float | str) -> None:
    server.manners = says(http(json.dumps({"access_token": "x" * 512, "expires_in": life}).encode()))
    table = FakeTokens()
    assert AccessTokens(server.url, table, lambda: NOW).get(ACCOUNT) == "x" * 512
    assert table.read(ACCOUNT.app_id).expires_at == NOW + timedelta(seconds=float(life))
