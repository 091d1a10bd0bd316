"""The fake WeChat on a real port, for clients that speak HTTP themselves."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn

from infra.sandbox.fake_wechat.app import create_app
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.settings import load_account
from infra.sandbox.time_control import TimeControl
from tests.support.hand_clock import HandClock
from tests.support.servers.dynamodb import free_port
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


@contextmanager
def served_wechat() -> Iterator[ServedWeChat]:
    theirs, clock = load_account(), HandClock()
    ours = Account(AccountSettings(theirs.app_id), theirs.token, theirs.encoding_aes_key, theirs.app_secret)
    world, port = World(replace(theirs), clock), free_port()
    app = create_app(
        world, "http://127.0.0.1:9/none", httpx.AsyncClient(), TimeControl("", httpx.AsyncClient())
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            if time.monotonic() > deadline:
                pytest.fail("the fake WeChat did not start")
            time.sleep(0.01)
        yield ServedWeChat(f"http://127.0.0.1:{port}", world, clock, ours)
    finally:
        server.should_exit = True
        thread.join(10)
