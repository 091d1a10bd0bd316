"""Passive replies: the message that leaves with the answer to a callback.

The formats: https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wejourney.accounts import Account
from wejourney.events.event import InboundEvent
from wejourney.text import without_unprintable
from wejourney.wire.official_account.crypto import encrypt, sign


def render_reply(event: InboundEvent, sender: str, message: Mapping[str, Any]) -> str:
    """The reply to an event: a text, an image or a card, as `wejourney.messaging.contents.localise` wrote it.

    `sender` is the account's own id, to which the event was addressed.

    CreateTime is the event's: so the answer to a repeated delivery is the same to the byte.
    """
    return (
        "<xml>"
        f"{_element('ToUserName', event.subject.openid)}"
        f"{_element('FromUserName', sender)}"
        f"<CreateTime>{int(event.at.timestamp())}</CreateTime>"
        f"{_element('MsgType', message['type'])}"
        f"{_content(message)}"
        "</xml>"
    )


def seal_reply(reply: str, account: Account, encoding_aes_key: str, now: datetime) -> str:
    """The encrypted and signed envelope in which a reply to an encrypted event must travel."""
    encrypted = encrypt(reply.encode(), encoding_aes_key, account.app_id)
    timestamp, nonce = str(int(now.timestamp())), str(secrets.randbelow(10**10))
    return (
        "<xml>"
        f"{_element('Encrypt', encrypted)}"
        f"{_element('MsgSignature', sign(account.token, timestamp, nonce, encrypted))}"
        f"<TimeStamp>{timestamp}</TimeStamp>"
        f"{_element('Nonce', nonce)}"
        "</xml>"
    )


def _content(message: Mapping[str, Any]) -> str:
    match message["type"]:
        case "text":
            return _element("Content", message["text"])
        case "image":
            return f"<Image>{_element('MediaId', message['media_id'])}</Image>"
        case "news":
            return (
                "<ArticleCount>1</ArticleCount><Articles><item>"
                f"{_element('Title', message['title'])}"
                f"{_element('Description', message['description'])}"
                f"{_element('PicUrl', message['picture'])}"
                f"{_element('Url', message['url'])}"
                "</item></Articles>"
            )
        case other:
            # The compiler accepts no such opening (wejourney.messaging.contents.PASSIVE_KINDS).
            raise ValueError(f"a passive reply cannot be a {other}")


def _element(name: str, text: str) -> str:
    """An element with its text in CDATA, as in all of WeChat's examples."""
    data = without_unprintable(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{data}]]></{name}>"
