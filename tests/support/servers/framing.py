"""Messages framed as WeChat frames them: texts in CDATA as they were typed, nothing escaped."""

import re
from collections.abc import Iterable
from itertools import groupby
from random import Random
from typing import Any

FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot carry."""

HOSTILE = [
    *("]]>", "]]", "]", ">", "<![CDATA[", "<", "</", "</xml>", "<xml>", "]]]]><![CDATA[>", "&amp;", "&#8;"),
    *("]]></Content>", "<Content>", "<Content><![CDATA[", "<bizmsgmenuid>gold</bizmsgmenuid>", "</item>"),
    *("]]></Title>", "<Title><![CDATA[", "]]></Description>", "<Url>", "]]></MsgType>", "<MsgId>9</MsgId>"),
    *("\x00", "\x08", "\x1d", "\ufffe", "\r", "\n", " ", "\u200b", "😀", "你好", "<?xml?>", "<!DOCTYPE x>"),
]

_CHARACTERS = (range(0x80), range(0xD800), range(0xE000, 0x110000))


def typed_text(random: Random) -> str:
    """Any Unicode text, often of what the framing itself is made of."""
    parts = random.choices(HOSTILE, k=max(0, random.randrange(-3, 9)))
    for _ in range(random.randrange(4)):
        parts.insert(random.randint(0, len(parts)), chr(random.choice(random.choice(_CHARACTERS))))
    return "".join(parts)


def framed(fields: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a message; `Outer/Inner` is a field of a field, side by side with its siblings."""
    parts = []
    for outer, group in groupby(fields, key=lambda field: field[0].partition("/")[0]):
        inner = [(name.partition("/")[2], value) for name, value in group]
        if inner[0][0]:
            parts.append(f"<{outer}>{''.join(_element(*one) for one in inner)}</{outer}>")
        else:
            parts += [_element(outer, value) for _, value in inner]
    return f"<xml>{''.join(parts)}</xml>".encode()


def _element(name: str, value: str) -> str:
    return f"<{name}><![CDATA[{value}]]></{name}>"


def read_back(fields: dict[str, Any], outer: str = "") -> list[tuple[str, Any]]:
    """The fields as `framed` takes them."""
    read: list[tuple[str, Any]] = []
    for name, value in fields.items():
        read += read_back(value, f"{name}/") if isinstance(value, dict) else [(outer + name, value)]
    return read
