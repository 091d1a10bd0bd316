"""Files of WeChat's over HTTP: against the fake WeChat, and against servers that answer as they like."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from infra.sandbox.fake_wechat.world import Fault
from infra.sandbox.phone import SAMPLES
from tests.support.fakes.tokens import FakeTokens
from tests.support.patience import PATIENCE
from tests.support.servers.rude_server import RudeServer, http, rude_server, says
from tests.support.servers.served_wechat import ServedWeChat, WeChatServer, wechat_server
from wejourney import errors
from wejourney.accounts import Account
from wejourney.adapters.wechat import calls
from wejourney.adapters.wechat.access_tokens import AccessTokens
from wejourney.adapters.wechat.media import WeChatMedia
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.media import KINDS, MediaFile
from wejourney.services.media.ports import MediaGoneError, MediaTooLargeError

MOST = 1_000
OURS = Account(AccountSettings("wx1234567890abcdef"), "token", "key", "secret")


@pytest.fixture(autouse=True)
def no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "TIME_LIMITS", (PATIENCE, PATIENCE))
    monkeypatch.setattr(calls, "FILE_LIMITS", (PATIENCE, PATIENCE))


@pytest.fixture(scope="module")
def server() -> Iterator[WeChatServer]:
    with wechat_server() as server:
        yield server


@pytest.fixture
def wechat(server: WeChatServer) -> ServedWeChat:
    return server.new()


def media_of(wechat: ServedWeChat) -> WeChatMedia:
    return WeChatMedia(wechat.url, AccessTokens(wechat.url, FakeTokens(), wechat.clock.real_now))


@pytest.mark.capability(row="30")
@pytest.mark.capability(row="31")
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_follower_sends_is_downloaded_for_three_days_and_is_gone_then(
    wechat: ServedWeChat, kind: str
) -> None:
    content_type, data = SAMPLES[kind]
    media_id, media = wechat.world.send_media(content_type, data), media_of(wechat)
    wechat.clock.move(seconds=timedelta(days=3).total_seconds() - 1)
    assert media.download(wechat.account, media_id) == MediaFile(content_type, data)
    wechat.clock.move(seconds=1)
    with pytest.raises(MediaGoneError):
        media.download(wechat.account, media_id)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("media/get", errcode=40007), MediaGoneError),
        (Fault("media/get", errcode=-1), errors.WeChatBusyError),
        (Fault("media/get", errcode=45009), errors.WeChatBusyError),
        (Fault("media/get", errcode=45011), errors.WeChatBusyError),
        (Fault("media/get", http_status=502), errors.WeChatBusyError),
        (Fault("media/get", errcode=48001), errors.AccountMisconfiguredError),
    ],
)
def test_a_refusal_says_whether_a_later_call_helps(
    wechat: ServedWeChat, fault: Fault, error: type[Exception]
) -> None:
    content_type, data = SAMPLES["image"]
    media_id = wechat.world.send_media(content_type, data)
    wechat.world.faults.append(fault)
    with pytest.raises(error):
        media_of(wechat).download(wechat.account, media_id)
    assert media_of(wechat).download(wechat.account, media_id).data == data


# --- servers that answer as they like --------------------------------------------------------------------


class Token(AccessTokens):
    """One that is good."""

    def __init__(self) -> None:
        pass

    def get(self, account: Account) -> str:
        return "good-token"

    def renew(self, account: Account, rejected: str) -> str:
        return "good-token"


@pytest.fixture
def rude() -> Iterator[RudeServer]:
    with rude_server() as server:
        yield server


def download(rude: RudeServer, answer: bytes) -> MediaFile:
    rude.manners = says(answer)
    return WeChatMedia(rude.url, Token(), MOST).download(OURS, "M-1")


def file(data: bytes, content_type: str = "image/jpeg", length: int | None = None) -> bytes:
    return http(data, "200 OK", f"Content-Type: {content_type}", length=length)


@pytest.mark.parametrize("data", [b"", b"x", b"x" * MOST])
def test_a_file_of_the_largest_size_is_whole(rude: RudeServer, data: bytes) -> None:
    assert download(rude, file(data)) == MediaFile("image/jpeg", data)


@pytest.mark.parametrize("size", [MOST + 1, MOST * 50])
def test_a_larger_file_is_rejected_and_not_read(rude: RudeServer, size: int) -> None:
    with pytest.raises(MediaTooLargeError, match=f"{MOST:,}"):
        download(rude, file(b"x" * size))


@pytest.mark.parametrize(
    "answer",
    [
        file(b"half", length=50),
        file(b'{"errcode": -1}', "application/json"),
        file(b"<html>", "text/html"),
        file(b"", "text/plain"),
        http(b"binary without a type"),
        http(b"\xff\xd8", "302 Found", "Location: http://169.254.169.254/", "Content-Type: image/jpeg"),
        http(b"\xff\xd8", "500 Oops", "Content-Type: image/jpeg"),
        file(b"{}", "application/json"),
        file(b"[]", "application/json"),
        b"",
    ],
)
def test_what_is_no_file_is_asked_for_again_later(rude: RudeServer, answer: bytes) -> None:
    with pytest.raises(errors.WeChatBusyError) as caught:
        download(rude, answer)
    assert "good-token" not in str(caught.value)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/plain; charset=utf-8"])
def test_a_refusal_comes_with_status_200_and_either_type(rude: RudeServer, content_type: str) -> None:
    with pytest.raises(MediaGoneError):
        download(rude, file(b'{"errcode": 40007, "errmsg": "invalid media_id"}', content_type))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/2018-06-01/runtime/invocation/next",
        "http://localhost:{port}/x",
        "http://[::1]:{port}/x",
        "http://0.0.0.0:{port}/x",
        "file:///etc/passwd",
        "ftp://example.com/x",
        "//example.com/x",
        "",
        "video",
        "http://",
        "http://[half/x",
        "http://host:99999/x",
        "http://host:port/x",
        "http://user:word@127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}/größe",
        "http://127.0.0.1:{port}/a b",
        5,
        None,
    ],
)
def test_an_address_of_a_video_that_leads_to_the_machine_or_nowhere_is_not_called(
    rude: RudeServer, url: object
) -> None:
    with rude_server() as inside:
        inside.manners = says(file(b"a secret of the machine", "video/mp4"))
        port = inside.url.rpartition(":")[2]
        told = url.replace("{port}", port) if isinstance(url, str) else url
        with pytest.raises(errors.WeChatBusyError):
            download(rude, file(json.dumps({"video_url": told}).encode(), "application/json"))
        assert inside.requests == []


def test_the_address_of_a_video_is_called_as_it_was_told(rude: RudeServer) -> None:
    told = {"video_url": f"{rude.url}/a/video.mp4?sign=1%2F2&x="}
    answers = iter([file(json.dumps(told).encode(), "text/plain"), file(b"a video", "video/mp4")])

    def one_each(connection: socket.socket, server: RudeServer) -> None:
        says(next(answers))(connection, server)

    rude.manners = one_each
    found = WeChatMedia(rude.url, Token(), MOST).download(OURS, "M-1")
    assert found == MediaFile("video/mp4", b"a video")
    asked, video = (request.partition(b" HTTP/1.1\r\n")[0] for request in rude.requests)
    assert asked == b"GET /cgi-bin/media/get?access_token=good-token&media_id=M-1"
    assert video == b"GET /a/video.mp4?sign=1%2F2&x="


def test_the_address_of_a_video_is_asked_for_without_the_token(wechat: ServedWeChat) -> None:
    content_type, data = SAMPLES["video"]
    media_id = wechat.world.send_media(content_type, data)
    token = media_of(wechat)._tokens.get(wechat.account)
    answer = httpx.get(
        f"{wechat.url}/cgi-bin/media/get", params={"access_token": token, "media_id": media_id}
    ).json()
    assert answer == {"video_url": f"{wechat.url}/video/{media_id}"}
    assert token not in answer["video_url"]
