"""A fake WeChat in this process, its clock set by hand, and a callback that answers as a test wants."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.sandbox.fake_wechat.app import create_app
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.settings import Account, load_account
from infra.sandbox.time_control import TimeControl, timed
from infra.sandbox.timekeeper import Timekeeper, held
from tests.support.hand_clock import HandClock
from wejourney.clock import Clock
from wejourney.wire.http import NoticeRequest


@dataclass
class Callback:
    """The account's server: it keeps what was delivered and answers with `answer(request body)`."""

    answer: Callable[[bytes], Response | Exception] = field(default=lambda _body: Response("success"))
    deliveries: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        query = {name: values[0] for name, values in parse_qs(request.url.query).items()}
        self.deliveries.append((query, body))
        answer = self.answer(body)
        if isinstance(answer, Exception):
            raise answer
        return answer


class HttpClient:
    """Requests to an application in this process."""

    def __init__(self, app: Starlette) -> None:
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8701")

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.get(url, **options))

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.post(url, **options))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


class Fake:
    """A client of the fake WeChat."""

    def __init__(self, account: Account, directory: Path) -> None:
        self.account = account
        self.clock = HandClock()
        self.callback = Callback()
        self.world = World(account, self.clock)
        self.notices: list[NoticeRequest] = []
        self.answers_notices = 200
        callback = Starlette(
            routes=[
                Route("/wechat/{app_id}", self.callback.handle, methods=["POST"]),
                Route("/pay/{merchant}", self.take_notice, methods=["POST"]),
            ]
        )
        http = httpx.AsyncClient(transport=httpx.ASGITransport(callback))
        file = directory / "clock"
        file.write_text(f"{self.clock.now().timestamp():.0f}")
        self.keeper = Timekeeper(file)
        self.file_clock = Clock(str(file))
        local_aws = timed(Starlette(), self.keeper)
        times = TimeControl(
            "http://aws", httpx.AsyncClient(transport=httpx.ASGITransport(local_aws)), partial(held, file)
        )
        self.app = create_app(self.world, "http://callback", http, times)
        self.http = HttpClient(self.app)
        self._token = ""

    async def take_notice(self, request: Request) -> Response:
        self.notices.append(
            NoticeRequest(request.path_params["merchant"], dict(request.headers), await request.body())
        )
        return Response(status_code=self.answers_notices)

    def merchant(self, act: str, **details: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.post(f"/sandbox/merchant/{act}", json=details).json()
        return answer

    def act(self, openid: str, act: str, **details: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.post(f"/sandbox/followers/{openid}/{act}", json=details).json()
        return answer

    @property
    def token(self) -> str:
        if not self._token:
            self._token = self.stable_token()["access_token"]
        return self._token

    def stable_token(self, **more: Any) -> dict[str, Any]:
        return self.call("stable_token", self.credentials() | more, token=None)

    def credentials(self) -> dict[str, Any]:
        return {
            "grant_type": "client_credential",
            "appid": self.account.app_id,
            "secret": self.account.app_secret,
        }

    def call(self, path: str, data: Any = None, *, token: str | None = "", **query: Any) -> dict[str, Any]:
        """POST when there is data, GET otherwise. `token` None sends none."""
        if token is not None:
            query["access_token"] = token or self.token
        if data is None:
            response = self.http.get(f"/cgi-bin/{path}", params=query)
        else:
            body = data if isinstance(data, bytes) else httpx.Request("POST", "/", json=data).content
            response = self.http.post(f"/cgi-bin/{path}", params=query, content=body)
        answer: dict[str, Any] = response.json()
        return answer

    def send_text(self, openid: str, text: str = "hello") -> int:
        """Send a customer-service message; returns the errcode."""
        return self.send(openid, "text", {"content": text})

    def send(self, openid: str, kind: str, content: Any) -> int:
        answer = self.call("message/custom/send", {"touser": openid, "msgtype": kind, kind: content})
        return int(answer["errcode"])

    def refusals(self) -> list[dict[str, Any]]:
        refusals: list[dict[str, Any]] = self.http.get("/sandbox/refusals").json()
        return refusals

    def messages(self, openid: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.http.get(f"/sandbox/followers/{openid}/messages").json()
        return messages


@pytest.fixture
def make_fake(tmp_path: Path) -> Iterator[Callable[..., Fake]]:
    fakes: list[Fake] = []

    def make(rules: str = "current") -> Fake:
        account = load_account()
        fakes.append(Fake(Account(**{**vars(account), "rules": rules}), tmp_path))
        return fakes[-1]

    yield make
    for fake in fakes:
        fake.http.close()


@pytest.fixture
def fake(make_fake: Callable[..., Fake]) -> Fake:
    return make_fake()
