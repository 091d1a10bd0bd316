"""The follower's phone: acts become callbacks, delivered as WeChat delivers them, and replies are read.

Encryption and reading are wechatpy's, so that our own code of the callback is tested by another's.
https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.md
"""

import asyncio
import hashlib
import secrets
import struct
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import httpx
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from infra.sandbox.fake_wechat.world import Person, World
from infra.sandbox.time_control import TimeControl
from wejourney.allowances.wechat_rules import Act

ANSWER_WITHIN = 5.0
"""Seconds until WeChat cuts the connection."""
REDELIVERIES = 3
MOST_TIMES = 100
"""How often an act may be delivered at once."""
LONGEST_NAME = 128
"""Characters of what is not said but named: a scene (64 in WeChat), a key (128), a language."""
UNBOUNDED = frozenset({"text", "url"})
"""What a person says or opens: as long as they like."""
ACTS = ("follow", "unfollow", "say", "send", "scan", "click", "view")
SAMPLES: Mapping[str, tuple[str, bytes]] = {
    "image": ("image/jpeg", b"\xff\xd8\xff\xe0 a photo of the sandbox"),
    "voice": ("audio/amr", b"#!AMR\n a voice of the sandbox"),
    "video": ("video/mp4", b"\x00\x00\x00\x18ftypmp42 a video of the sandbox"),
    "shortvideo": ("video/mp4", b"\x00\x00\x00\x18ftypmp42 a short video of the sandbox"),
}
"""By the type of a message: the file that is sent if none is given, and the type of all its files."""

LARGEST_FILE = 8_000_000
"""Bytes: in base64 it is a body that the sandbox takes."""
BROKEN = "该公众号提供的服务出现故障，请稍后再试"
"""What the person sees when a message got no valid answer."""

_SERVER_ERROR = 500
_OK = 200
_LONGEST_TEXT = 2048
_MOST_ARTICLES = 8


class BadActError(Exception):
    """An act that a phone cannot do: it is unknown, lacks a field, or needs a follower."""


class BadReplyError(Exception):
    """An answer that WeChat would not show to the follower."""


def sealed(crypto: Any, token: str, text: str, openid: str, now: datetime) -> tuple[dict[str, str], str]:
    """The query of a delivery in safe mode, and its text encrypted."""
    timestamp, nonce = str(int(now.timestamp())), str(secrets.randbelow(10**10))
    encrypted = fromstring(crypto.encrypt_message(text, nonce, timestamp))
    signed = "".join(sorted([token, timestamp, nonce]))
    query = {
        "signature": hashlib.sha1(signed.encode()).hexdigest(),  # noqa: S324 - WeChat's choice
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": openid,
        "encrypt_type": "aes",
        "msg_signature": _text(encrypted, "MsgSignature"),
    }
    return query, _text(encrypted, "Encrypt")


class Phone:
    """All the followers' phones. `url` is the account's callback."""

    def __init__(self, world: World, url: str, http: httpx.AsyncClient, times: TimeControl) -> None:
        self._world = world
        self._times = times
        self._url = url
        self._http = http
        account = world.account
        make_crypto: Any = WeChatCrypto  # wechatpy is untyped
        self._crypto = make_crypto(account.token, account.encoding_aes_key, account.app_id)

    async def do(self, openid: str, act: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """Do an act and deliver it; `times` delivers the same event that often at once.

        Returns when it was, the last HTTP status (0: no answer), the reply shown, the number of deliveries.
        """
        if act not in ACTS:
            raise BadActError(f"no act {act}: there are {', '.join(ACTS)}")
        new = openid not in self._world.people
        person = self._world.known(openid)
        if person.acted_at == self._world.clock.now():
            await self._times.pass_a_second()
        try:
            with self._times.hold():
                return await self._do(person, act, details)
        except BadActError:
            if new:
                del self._world.people[openid]
            raise

    async def _do(self, person: Person, act: str, details: Mapping[str, Any]) -> dict[str, Any]:
        if not person.following and act != "follow":
            raise BadActError(f"{person.openid} does not follow the account")
        times = details.get("times", 1)
        if type(times) is not int or not 0 < times <= MOST_TIMES:
            raise BadActError(f"times is not a whole number from 1 to {MOST_TIMES}")
        now = self._world.clock.now()
        fields = _act(self._world, person, now, act, details)
        person.acted_at = now
        event = {
            "ToUserName": self._world.account.original_id,
            "FromUserName": person.openid,
            "CreateTime": int(now.timestamp()),
            **fields,
        }
        xml = f"<xml>{_to_xml(event)}</xml>"
        outcomes = await asyncio.gather(*(self._deliver(xml, person.openid) for _ in range(times)))
        answers = [answer for _, answer in outcomes if answer is not None]
        reply = self._first_reply(person, answers)
        if event["MsgType"] != "event" and not any(answer.status_code == _OK for answer in answers):
            self._world.deliver(person, "system", "text", BROKEN)
        return {
            "at": now.replace(microsecond=0).isoformat(),
            "status": answers[0].status_code if answers else 0,
            "reply": reply,
            "deliveries": sum(deliveries for deliveries, _ in outcomes),
        }

    async def _deliver(self, xml: str, openid: str) -> tuple[int, httpx.Response | None]:
        """Post until an answer comes: how often, and what came last."""
        deliveries, answer = 0, None
        while deliveries <= REDELIVERIES and (answer is None or answer.status_code >= _SERVER_ERROR):
            deliveries += 1
            query, body = self._envelope(xml, openid)
            headers = {"content-type": "text/xml"}
            try:
                answer = await self._http.post(
                    self._url, params=query, content=body, headers=headers, timeout=ANSWER_WITHIN
                )
            except httpx.TransportError:
                answer = None
        return deliveries, answer

    def _envelope(self, xml: str, openid: str) -> tuple[dict[str, str], str]:
        """The query and the body of a delivery in safe mode."""
        account, now = self._world.account, self._world.clock.now()
        query, encrypted = sealed(self._crypto, account.token, xml, openid, now)
        envelope = {"ToUserName": account.original_id, "Encrypt": encrypted}
        return query, f"<xml>{_to_xml(envelope)}</xml>"

    def _first_reply(self, person: Person, answers: list[httpx.Response]) -> dict[str, Any] | None:
        """Show the first reply; the same reply to another delivery of the same event is not shown again."""
        for answer in answers:
            try:
                reply = self._read(answer, person)
            except BadReplyError as bad:
                self._world.refuse(0, f"passive reply: {bad}", person.openid)
                continue
            if reply is not None:
                self._world.deliver(person, "passive", reply["type"], reply["content"])
                return reply
        return None

    def _read(self, answer: httpx.Response, person: Person) -> dict[str, Any] | None:
        """The passive reply in an answer, if there is one. Raises BadReplyError when it is not valid."""
        if answer.status_code != _OK or answer.text in ("", "success"):
            return None
        reply = self._decrypt(answer.text)
        if (reply.findtext("ToUserName"), reply.findtext("FromUserName")) != (
            person.openid,
            self._world.account.original_id,
        ):
            raise BadReplyError("addressed to somebody else")
        return {"type": _text(reply, "MsgType"), "content": self._content(reply)}

    def _decrypt(self, sealed: str) -> Element:
        try:
            envelope = fromstring(sealed)
            names = ("MsgSignature", "TimeStamp", "Nonce")
            xml = self._crypto.decrypt_message(sealed, *(_text(envelope, name) for name in names))
            return fromstring(xml)
        except (WeChatException, DefusedXmlException, ParseError) as exc:
            raise BadReplyError(f"not an encrypted reply: {exc!r}") from exc
        except (ValueError, IndexError, struct.error) as exc:
            raise BadReplyError(f"not encrypted with this account's key: {exc!r}") from exc

    def _content(self, reply: Element) -> Any:
        """A reply's content in the form that a custom message of the type has."""
        kind = _text(reply, "MsgType")
        if kind == "text":
            text = _text(reply, "Content")
            if len(text.encode()) > _LONGEST_TEXT:
                raise BadReplyError(f"longer than {_LONGEST_TEXT} bytes")
            return text
        if kind in ("image", "voice"):
            return {"media_id": self._media(reply, f"{kind.capitalize()}/MediaId")}
        if kind == "video":
            texts = {name.lower(): reply.findtext(f"Video/{name}", "") for name in ("Title", "Description")}
            return {"media_id": self._media(reply, "Video/MediaId"), **texts}
        if kind == "music":
            thumb = {"thumb_media_id": self._media(reply, "Music/ThumbMediaId")}
            names = ("Title", "Description", "MusicUrl", "HQMusicUrl")
            return {name.lower(): reply.findtext(f"Music/{name}", "") for name in names} | thumb
        if kind == "news":
            return {"articles": _articles(reply)}
        if kind == "transfer_customer_service":
            return {}
        raise BadReplyError(f"{kind} is not a type of reply")

    def _media(self, reply: Element, path: str) -> str:
        media_id = _text(reply, path)
        if not self._world.has_media(media_id):
            raise BadReplyError(f"no media {media_id}")
        return media_id


def _text(element: Element, path: str) -> str:
    text = element.findtext(path)
    if not text:
        raise BadReplyError(f"{path} is missing")
    return text


def _articles(reply: Element) -> list[dict[str, Any]]:
    items = reply.findall("Articles/item")
    if str(len(items)) != _text(reply, "ArticleCount") or not 0 < len(items) <= _MOST_ARTICLES:
        raise BadReplyError("news with a wrong number of articles")
    return [{field.tag.lower(): field.text or "" for field in item} for item in items]


def _to_xml(fields: Mapping[str, Any]) -> str:
    """WeChat's XML: numbers bare, texts in CDATA as they were typed: a `]]>` among them is not escaped.

    https://github.com/silenceper/wechat/issues/750
    """
    return "".join(
        f"<{name}>{value if isinstance(value, int) else f'<![CDATA[{value}]]>'}</{name}>"
        for name, value in fields.items()
    )


def _given(details: Mapping[str, Any], name: str) -> str:
    """A text in the body of an act; empty if there is none."""
    value = details.get(name)
    if value is not None and not isinstance(value, str):
        raise BadActError(f"{name} is not a string")
    if value and name not in UNBOUNDED and len(value) > LONGEST_NAME:
        raise BadActError(f"{name} is longer than {LONGEST_NAME} characters")
    return value or ""


def _needed(details: Mapping[str, Any], name: str) -> str:
    value = _given(details, name)
    if not value:
        raise BadActError(f"{name} is missing")
    return value


def _act(world: World, person: Person, now: datetime, act: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """Do an act; returns what its event says besides whose it is and when."""
    match act:
        case "follow":
            return _follow(world, person, now, details)
        case "unfollow":
            world.leave(person)
            return _event("unsubscribe", "")
        case "say":
            # With the id of a line it is a tap on a menu message, which is a menu click.
            text, line = _needed(details, "text"), details.get("menu_item")
            line = str(line) if type(line) is int else _given(details, "menu_item")
            world.act(person, Act.CLICK if line else Act.MESSAGE, now)
            tapped = {"bizmsgmenuid": world.reported(line)} if line else {}
            return {"MsgType": "text", "Content": text, "MsgId": world.next_message_id(), **tapped}
        case "send":
            kind, media_id = _sent_file(world, details)
            world.act(person, Act.MESSAGE, now)
            told = {"voice": {"Format": "amr"}, "image": {"PicUrl": "http://mmbiz.qpic.cn/sandbox/0"}}
            known = {"MediaId": media_id, "MsgId": world.next_message_id(), **told.get(kind, {})}
            return {"MsgType": kind, **known}
        case "scan":
            scene = _needed(details, "scene")
            world.act(person, Act.SCAN, now)
            return _event("SCAN", scene, Ticket=_ticket(world, scene))
        case "click":
            key = _needed(details, "key")
            world.act(person, Act.CLICK, now)
            return _event("CLICK", key)
        case _:  # `view`: opening a link of the menu allows nothing.
            return _event("VIEW", _needed(details, "url"), MenuId=1)


def _sent_file(world: World, details: Mapping[str, Any]) -> tuple[str, str]:
    """The type of a message with a file, and the id under which WeChat keeps that."""
    kind, given = _needed(details, "kind"), details.get("base64")
    if kind not in SAMPLES:
        raise BadActError(f"kind is none of {', '.join(SAMPLES)}")
    content_type, data = SAMPLES[kind]
    if given is not None:
        try:
            data = b64decode(given, validate=True)
        except (TypeError, ValueError):
            raise BadActError("base64 is no file in base64") from None
    if not 0 < len(data) <= LARGEST_FILE:
        raise BadActError(f"a file has 1 to {LARGEST_FILE} bytes")
    return kind, world.send_media(content_type, data)


def _follow(world: World, person: Person, now: datetime, details: Mapping[str, Any]) -> dict[str, Any]:
    scene, subscribe_scene = _given(details, "scene"), _given(details, "subscribe_scene")
    union_id, language = _given(details, "unionid"), _given(details, "language")
    person.following = True
    person.subscribed_at = now
    person.scene = scene
    person.subscribe_scene = subscribe_scene or ("ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_OTHERS")
    person.union_id = union_id or person.union_id
    person.language = language or person.language
    world.act(person, Act.FOLLOW, now)
    if not scene:
        return _event("subscribe", "")
    return _event("subscribe", f"qrscene_{scene}", Ticket=_ticket(world, scene))


def _event(name: str, key: str, **more: Any) -> dict[str, Any]:
    return {"MsgType": "event", "Event": name, "EventKey": key, **more}


def _ticket(world: World, scene: str) -> str:
    """The ticket of the QR code with this scene, or of one that was printed before the sandbox began."""
    made = (ticket for ticket, known in world.qr_codes.items() if known == scene)
    return next(made, f"TICKET_{hashlib.sha256(scene.encode()).hexdigest()[:32]}")
