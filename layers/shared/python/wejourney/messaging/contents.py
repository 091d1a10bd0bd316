"""What can be said to a follower: contents with their language variants, and the limits of their fields.

Message types: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, get_args

from wejourney.languages import best_of, preferences
from wejourney.plain_data import Tagged

type LocalizedText = Mapping[str, str]
"""A text by language (`zh`, `en`, ...). The key `any` serves every language without a variant."""


class _Content(Tagged):
    tag = "kind"
    whole = True


@dataclass(frozen=True)
class Text(_Content):
    """A text of at most 2048 bytes; it may hold links."""

    kind: Literal["text"] = field(default="text", kw_only=True)
    text: LocalizedText


@dataclass(frozen=True)
class Image(_Content):
    """A picture that is in WeChat's media library already."""

    kind: Literal["image"] = field(default="image", kw_only=True)
    media_id: str


@dataclass(frozen=True)
class News(_Content):
    """One card with a picture that opens a page."""

    kind: Literal["news"] = field(default="news", kw_only=True)
    title: LocalizedText
    description: LocalizedText
    url: str
    picture: str


@dataclass(frozen=True)
class MiniProgramCard(_Content):
    """A card that opens a page of a mini program; `picture` is a media id."""

    kind: Literal["mini_program"] = field(default="mini_program", kw_only=True)
    title: LocalizedText
    app_id: str
    page: str
    picture: str


@dataclass(frozen=True)
class MenuItem:
    """One line of a menu message; its id comes back when it is tapped."""

    id: str
    text: LocalizedText


@dataclass(frozen=True)
class Menu(_Content):
    """A menu message: a head, lines to tap, a tail. Service accounts only.

    `number` is the id of its first line at WeChat, set by the place of the menu in its journey.
    """

    kind: Literal["menu"] = field(default="menu", kw_only=True)
    head: LocalizedText
    items: tuple[MenuItem, ...]
    tail: LocalizedText = field(default_factory=dict)
    number: int = field(default=0, compare=False, metadata={"sparse": True})


_MENUS = 21_000_000
"""How many menus have ids of their own. The lowest id is far above 101, from where WeChat counts itself."""
_LINES = 100
_LOWEST = 1_000 * _LINES
_MENU_ID = re.compile(r"[1-9][0-9]{5,9}")


def menu_number(place: str, keys: Sequence[str]) -> int:
    """The id of the first line of a menu with these keys at this place: stable, and spread over int32."""
    menu = sha256("\n".join((place, *keys)).encode("utf-8", "replace")).digest()
    return _LOWEST + _LINES * (int.from_bytes(menu[:8]) % _MENUS)


def menu_ids(keys: Sequence[str], number: int = 0) -> tuple[str, ...]:
    """The ids under which WeChat shows the lines with these keys, of a menu with this number.

    A menu without one has that of its keys. WeChat reports the id of a tapped line only where it is a number;
    for any other it reports 0 or counts from 101: https://github.com/microsoft/BotFramework-WeChat/issues/47.
    Each id is an int32 in decimal.
    """
    number = number or menu_number("", keys)
    return tuple(str(number + line % _LINES) for line, _ in enumerate(keys))


def is_menu_id(text: str) -> bool:
    return _MENU_ID.fullmatch(text) is not None and _LOWEST <= int(text) < _LOWEST + _LINES * _MENUS


@dataclass(frozen=True)
class Template(_Content):
    """A template message: a service notice with the fields of a template that WeChat has approved."""

    kind: Literal["template"] = field(default="template", kw_only=True)
    template_id: str
    data: Mapping[str, LocalizedText]
    url: str | None = None


@dataclass(frozen=True)
class Notice(_Content):
    """A subscription notice: one for each time that the follower has agreed to this template."""

    kind: Literal["notice"] = field(default="notice", kw_only=True)
    template_id: str
    data: Mapping[str, LocalizedText]
    page: str | None = None


@dataclass(frozen=True)
class Mass(_Content):
    """A mass message to this one follower, who takes at most four in a calendar month."""

    kind: Literal["mass"] = field(default="mass", kw_only=True)
    text: LocalizedText


type Content = Text | Image | News | MiniProgramCard | Menu | Template | Notice | Mass

CONTENTS: Mapping[str, type[Content]] = {cls.kind: cls for cls in get_args(Content.__value__)}

PASSIVE_KINDS = frozenset({"text", "image", "news"})
"""What a passive reply can carry, of the contents above.

https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
"""

BYTE_LIMITS: Mapping[tuple[str, str], int] = {
    ("text", "text"): 2048,
    ("news", "title"): 128,
    ("news", "description"): 512,
    ("news", "url"): 1024,
    ("mini_program", "title"): 64,
    ("mini_program", "page"): 1024,
    ("menu", "head"): 1024,
    ("menu", "tail"): 1024,
}
"""UTF-8 bytes per (content, field). WeChat documents 2048 for text (errcode 45002 above it); the
others are the bounds the field is known to work within."""


def variant(words: LocalizedText, language: str, default: str) -> str:
    """Which variant a follower gets: their language, else the account's, else the one for all."""
    return best_of(words, preferences(language, default)) or ""


def choose(words: LocalizedText, language: str, default: str) -> str:
    return words.get(variant(words, language, default), "")


def localise(
    content: Content,
    language: str,
    default: str,
    fill: Callable[[str, str], str] = lambda text, _variant: text,
) -> dict[str, Any]:
    """The content in one language: `{"type": ..., <its fields>}`.

    Its texts are filled in by `fill`, which is told of which variant a text is.
    """

    def said(words: LocalizedText) -> str:
        key = variant(words, language, default)
        return fill(words.get(key, ""), key)

    message: dict[str, Any] = {"type": content.kind}
    for name, value in vars(content).items():
        if name == "kind" or (name == "number" and not value):
            continue
        if isinstance(content, Menu) and name == "items":
            message["items"] = [{"id": item.id, "text": said(item.text)} for item in content.items]
        elif isinstance(content, Template | Notice) and name == "data":
            message["data"] = {key: said(words) for key, words in content.data.items()}
        else:
            message[name] = said(value) if isinstance(value, Mapping) else value
    return message
