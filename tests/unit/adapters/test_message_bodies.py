"""The bodies of customer-service messages are those that wechatpy sends."""

from collections.abc import Callable
from typing import Any

import pytest
from wechatpy import WeChatClient

from tests.support.builders import OPENID
from wejourney.adapters.wechat.api import message_body
from wejourney.messaging.contents import menu_ids


class Bodies(WeChatClient):  # type: ignore[misc] # wechatpy is untyped
    """wechatpy without its calls: each returns its path and its body."""

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> tuple[str, str, Any]:
        return method, url_or_endpoint, options["data"]


CARD = {"title": "t", "description": "d", "url": "https://e.com"}
PAGE = {"title": "t", "appid": "wx1", "pagepath": "p", "thumb_media_id": "M"}


@pytest.mark.parametrize(
    ("content", "send"),
    [
        ({"type": "text", "text": "你好 👋"}, lambda api: api.send_text(OPENID, "你好 👋")),
        ({"type": "image", "media_id": "M"}, lambda api: api.send_image(OPENID, "M")),
        (
            {"type": "news", **CARD, "picture": "https://e.com/p.jpg"},
            lambda api: api.send_articles(OPENID, [{**CARD, "picurl": "https://e.com/p.jpg"}]),
        ),
        (
            {"type": "mini_program", "title": "t", "app_id": "wx1", "page": "p", "picture": "M"},
            lambda api: api.send_mini_program_page(OPENID, PAGE),
        ),
    ],
    ids=["text", "image", "news", "mini_program"],
)
def test_a_body_is_that_of_wechatpy(content: dict[str, Any], send: Callable[[Any], Any]) -> None:
    api = Bodies("", "", "A TOKEN").message
    assert send(api) == ("post", "message/custom/send", message_body(OPENID, content))


def test_a_menu_which_wechatpy_cannot_send_has_the_body_that_wechat_documents() -> None:
    """https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage"""
    items = [{"id": "gold", "text": "Gold"}, {"id": "silver", "text": "Silver"}]
    gold, silver = menu_ids(["gold", "silver"], 300)
    assert message_body(
        OPENID, {"type": "menu", "head": "h", "items": items, "tail": "t", "number": 300}
    ) == {
        "touser": OPENID,
        "msgtype": "msgmenu",
        "msgmenu": {
            "head_content": "h",
            "list": [{"id": gold, "content": "Gold"}, {"id": silver, "content": "Silver"}],
            "tail_content": "t",
        },
    }
