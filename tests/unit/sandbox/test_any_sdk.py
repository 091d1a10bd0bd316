"""A WeChat SDK that knows nothing of the sandbox works with the fake, over real HTTP."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from infra.sandbox.fake_wechat.app import create_app
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.settings import load_account
from infra.sandbox.time_control import TimeControl
from tests.support.patience import PATIENCE
from wejourney.allowances.wechat_rules import Act
from wejourney.clock import Clock

OPENID = "oLee"


@pytest.fixture
def world() -> World:
    world = World(load_account(), Clock())
    world.act(world.known(OPENID), Act.MESSAGE, world.clock.now())
    return world


@pytest.fixture
def client(world: World) -> Iterator[Any]:
    app = create_app(world, "http://127.0.0.1:9", httpx.AsyncClient(), TimeControl("", httpx.AsyncClient()))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/cgi-bin/"
    credentials = {
        "grant_type": "client_credential",
        "appid": world.account.app_id,
        "secret": world.account.app_secret,
    }
    token = httpx.get(f"{base}token", params=credentials, timeout=PATIENCE).json()["access_token"]
    make: Any = type("Client", (WeChatClient,), {"API_BASE_URL": base})
    yield make(
        world.account.app_id, world.account.app_secret, access_token=token, timeout=PATIENCE, auto_retry=False
    )
    server.should_exit = True
    thread.join()


def test_it_sends_messages(world: World, client: Any) -> None:
    client.message.send_text(OPENID, "你好")
    client.message.send_articles(
        OPENID, [{"title": "t", "description": "d", "url": "http://u", "image": "http://p"}]
    )
    assert [message.type for message in world.people[OPENID].messages] == ["text", "news"]


def test_it_reads_an_error_as_wechats(client: Any) -> None:
    with pytest.raises(WeChatClientException) as caught:
        client.message.send_image(OPENID, "unknown")
    assert caught.value.errcode == 40007


def test_it_reads_followers(client: Any) -> None:
    assert client.user.get(OPENID)["subscribe"] == 1
    assert client.user.get_followers()["data"]["openid"] == [OPENID]


def test_it_makes_qr_codes_menus_and_media(client: Any) -> None:
    scene = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "store-SH01"}}}
    assert client.qrcode.create(scene)["ticket"]
    assert (
        client.menu.create({"button": [{"type": "click", "name": "积分", "key": "POINTS"}]})["errcode"] == 0
    )
    uploaded = client.media.upload("image", ("ring.png", io.BytesIO(b"\x89PNG"), "image/png"))
    client.message.send_image(OPENID, uploaded["media_id"])
