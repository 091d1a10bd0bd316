"""Customer-service messages: what WeChat checks before one reaches a phone.

https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from infra.sandbox.fake_wechat.calls import OK, Answer, Call, endpoint
from infra.sandbox.fake_wechat.refusals import RefusedError
from infra.sandbox.fake_wechat.world import World
from wejourney.messaging.contents import BYTE_LIMITS

type Check = Callable[[World, Mapping[str, Any]], None]

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


def _content(world: World, data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind = data.get("msgtype")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or check is None:
        raise RefusedError(40008, str(kind))
    content = data.get(kind)
    if not isinstance(content, dict):
        raise RefusedError(47001, f"{kind} is missing")
    check(world, content)
    return kind, content


def _text(_world: World, content: Mapping[str, Any]) -> None:
    if not isinstance(content.get("content"), str) or not content["content"]:
        raise RefusedError(44004)
    _check_length(content, "content", ("text", "text"))


def _media(*names: str) -> Check:
    def check(world: World, content: Mapping[str, Any]) -> None:
        for name in names:
            _check_media(world, content, name)

    return check


def _music(world: World, content: Mapping[str, Any]) -> None:
    _need(content, "musicurl", "hqmusicurl")
    _check_media(world, content, "thumb_media_id")


def _news(_world: World, content: Mapping[str, Any]) -> None:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles or not isinstance(articles[0], dict):
        raise RefusedError(44003)
    if len(articles) > 1:
        raise RefusedError(45008)
    _need(articles[0], "title")
    for name in ("title", "description", "url"):
        _check_length(articles[0], name, ("news", name))


def _menu(_world: World, content: Mapping[str, Any]) -> None:
    lines = content.get("list")
    if not isinstance(lines, list) or not 0 < len(lines) <= _MENU_LINES:
        raise RefusedError(40035, "msgmenu.list")
    for line in lines:
        if not isinstance(line, dict):
            raise RefusedError(40035, "msgmenu.list")
        _need({**line, "id": str(line.get("id") or "")}, "id", "content")
    _check_length(content, "head_content", ("menu", "head"))
    _check_length(content, "tail_content", ("menu", "tail"))


def _mini_program(world: World, content: Mapping[str, Any]) -> None:
    _need(content, "title", "appid", "pagepath")
    _check_media(world, content, "thumb_media_id")
    _check_length(content, "title", ("mini_program", "title"))
    _check_length(content, "pagepath", ("mini_program", "page"))


_CHECKS: Mapping[str, Check] = {
    "text": _text,
    "image": _media("media_id"),
    "voice": _media("media_id"),
    "video": _media("media_id", "thumb_media_id"),
    "music": _music,
    "news": _news,
    "mpnews": _media("media_id"),
    "mpnewsarticle": lambda _world, content: _need(content, "article_id"),
    "msgmenu": _menu,
    "wxcard": lambda _world, content: _need(content, "card_id"),
    "miniprogrampage": _mini_program,
}


def _need(content: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if not isinstance(content.get(name), str) or not content[name]:
            raise RefusedError(40035, f"{name} is missing")


def _check_media(world: World, content: Mapping[str, Any], name: str) -> None:
    if not world.has_media(content.get(name)):
        raise RefusedError(40007, name)


def _check_length(content: Mapping[str, Any], name: str, limit: tuple[str, str]) -> None:
    if len(str(content.get(name) or "").encode()) > BYTE_LIMITS[limit]:
        raise RefusedError(45002, f"{name}, {BYTE_LIMITS[limit]} bytes")
