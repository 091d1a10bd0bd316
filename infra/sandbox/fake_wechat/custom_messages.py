"""Customer-service messages: what WeChat checks before one reaches a phone.

https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from infra.sandbox.fake_wechat.calls import OK, Answer, Call, endpoint
from infra.sandbox.fake_wechat.world import RefusedError, World
from wejourney.messaging.contents import BYTE_LIMITS

_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}")
_MENU_LINES = 10
"""What a phone shows of a menu message; WeChat documents no limit."""


@endpoint("message/custom/send", "POST")
def send(call: Call) -> Answer:
    """Check a message as WeChat does, and deliver it."""
    world = call.world
    world.take_from_quota()
    if _ESCAPED.search(call.body):
        raise RefusedError(40033)
    data = call.json()
    person = world.recipient(data.get("touser"))
    try:
        kind, content = _content(world, data)
    except RefusedError as refused:
        refused.openid = person.openid
        raise
    world.spend(person)
    world.deliver(person, "custom", kind, content["content"] if kind == "text" else content)
    return dict(OK)


@endpoint("message/custom/typing", "POST")
def typing(call: Call) -> Answer:
    """Show or hide that somebody is typing; only where a conversation is going on."""
    data = call.json()
    person = call.world.recipient(data.get("touser"))
    if data.get("command") not in ("Typing", "CancelTyping"):
        raise RefusedError(45072, openid=person.openid)
    if all(window.until <= call.world.clock.now() for window in person.windows):
        raise RefusedError(45015, openid=person.openid)
    return dict(OK)


_FIELDS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "text": ([], []),
    "image": ([], ["media_id"]),
    "voice": ([], ["media_id"]),
    "video": ([], ["media_id", "thumb_media_id"]),
    "music": (["musicurl", "hqmusicurl"], ["thumb_media_id"]),
    "news": ([], []),
    "mpnews": ([], ["media_id"]),
    "mpnewsarticle": (["article_id"], []),
    "msgmenu": ([], []),
    "wxcard": (["card_id"], []),
    "miniprogrampage": (["title", "appid", "pagepath"], ["thumb_media_id"]),
}
"""By type of message, the texts and the media that must be there."""

_LIMITED = {
    "text": {"content": ("text", "text")},
    "news": {name: ("news", name) for name in ("title", "description", "url")},
    "msgmenu": {"head_content": ("menu", "head"), "tail_content": ("menu", "tail")},
    "miniprogrampage": {"title": ("mini_program", "title"), "pagepath": ("mini_program", "page")},
}
"""By type of message, the keys in BYTE_LIMITS of its fields; in news, of those of the article."""


def _content(world: World, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = data.get("msgtype")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise RefusedError(40008, str(kind))
    content = data.get(kind)
    if not isinstance(content, dict):
        raise RefusedError(47001, f"{kind} is missing")
    texts, media = _FIELDS[kind]
    _need(content, *texts)
    for name in media:
        if not world.has_media(content.get(name)):
            raise RefusedError(40007, name)
    limited = content
    if kind == "text" and (not isinstance(content.get("content"), str) or not content["content"]):
        raise RefusedError(44004)
    if kind == "news":
        limited = _article(content)
    if kind == "msgmenu":
        _check_lines(content)
    for name, limit in _LIMITED.get(kind, {}).items():
        if len(str(limited.get(name) or "").encode()) > BYTE_LIMITS[limit]:
            raise RefusedError(45002, f"{name}, {BYTE_LIMITS[limit]} bytes")
    return kind, content


def _article(content: Mapping[str, Any]) -> dict[str, Any]:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles or not isinstance(articles[0], dict):
        raise RefusedError(44003)
    if len(articles) > 1:
        raise RefusedError(45008)
    article: dict[str, Any] = articles[0]
    _need(article, "title")
    return article


def _check_lines(content: Mapping[str, Any]) -> None:
    lines = content.get("list")
    if not isinstance(lines, list) or not 0 < len(lines) <= _MENU_LINES:
        raise RefusedError(40035, "msgmenu.list")
    for line in lines:
        if not isinstance(line, dict):
            raise RefusedError(40035, "msgmenu.list")
        _need({**line, "id": str(line.get("id") or "")}, "id", "content")


def _need(content: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if not isinstance(content.get(name), str) or not content[name]:
            raise RefusedError(40035, f"{name} is missing")
