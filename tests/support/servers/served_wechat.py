"""The fake WeChat on a real port, for clients that speak HTTP themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from infra.bench.serving import served
from infra.sandbox.fake_wechat.app import create_app
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.guard import App, AsgiMessage, Receive, Send
from infra.sandbox.settings import load_account
from infra.sandbox.time_control import TimeControl
from tests.support.hand_clock import HandClock
from wejourney.accounts import Account
from wejourney.allowances.wechat_rules import Act
from wejourney.messaging.account_settings import AccountSettings


@dataclass(frozen=True)
class ServedWeChat:
    """The fake, its address, and the account as our side knows it."""

    url: str
    world: World
    clock: HandClock
    account: Account

    def follower(self, openid: str) -> None:
        """Somebody follows and writes, so that messages may be sent to them."""
        person = self.world.known(openid)
        self.world.act(person, Act.MESSAGE, self.clock.now())

    def calls(self, path: str) -> int:
        return self.world.calls[path]


class WeChatServer:
    """Serves one fake after the other: to end a server, and to begin a client, takes a tenth of a second."""

    def __init__(self) -> None:
        self.url = ""
        self.app: App
        self._http = httpx.AsyncClient()

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def new(self) -> ServedWeChat:
        """A fake that knows nobody, in the place of the last one."""
        theirs, clock = load_account(), HandClock()
        ours = Account(
            AccountSettings(theirs.app_id), theirs.token, theirs.encoding_aes_key, theirs.app_secret
        )
        world = World(theirs, clock)
        times = TimeControl("", self._http)
        self.app = create_app(world, "http://127.0.0.1:9", self._http, times)
        return ServedWeChat(self.url, world, clock, ours)


@contextmanager
def wechat_server() -> Iterator[WeChatServer]:
    server = WeChatServer()
    with served(server) as server.url:
        yield server
