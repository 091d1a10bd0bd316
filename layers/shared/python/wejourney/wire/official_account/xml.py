"""The XML that WeChat sends, read into plain fields.

WeChat puts texts into CDATA as they were typed: a `]]>` in a text is not escaped, and characters that XML
forbids are left in. A library for XML rejects such a message (silenceper/wechat #750, offu/WeRoBot #420) or
lets a typed `]]></Content><bizmsgmenuid>…` become a field. So the framing is read here, knowing which
fields hold what people type.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from wejourney.errors import CallbackRefusedError
from wejourney.text import REPLACEMENT, printable

TYPED = frozenset(
    {"Content", "Description", "Label", "PagePath", "Poiname", "Recognition", "ScanResult", "Title", "Url"}
    | {"OuterStr", "RemarkAmount", "VerifyCode"}
)
"""Fields with a text that a follower, staff, or a page or code that a follower shares, determines."""

_BETWEEN_TYPED = frozenset({"AppId", "ThumbMediaId", "ThumbUrl"})
"""Other fields that WeChat puts between two typed ones of a message: no other field can be forged there."""

SINGLE = TYPED | {
    *("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "Ticket"),
    *("bizmsgmenuid", "Encrypt", "KfAccount", "OpenID", "AppID"),
}
"""Fields that hold one text: never fields of their own, never repeated."""

ALWAYS_LISTS = frozenset({"item", "List"})
"""Elements that WeChat repeats: a list even when there is one, so that readers meet one shape only."""

_DEEPEST = 16
"""Levels of nesting. WeChat's deepest, the pictures of SendPicsInfo, has five."""

_MOST_CHARACTERS = 5_000_000
"""How many all readings of one framing read. WeChat's own messages need one reading, hostile texts more."""

_BLANKS = " \t\r\n"
_DECLARATION = re.compile(r"<\?xml[^>]*\?>[ \t\r\n]*")
_OPENING = re.compile(r"<([A-Za-z_][\w.-]*)[ \t\r\n]*(/?)>", re.ASCII)
_CLOSING = re.compile(r"</([A-Za-z_][\w.-]*)[ \t\r\n]*>", re.ASCII)
_CDATA = re.compile(r"[ \t\r\n]*<!\[CDATA\[")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|apos|quot)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "apos": "'", "quot": '"'}


def parse_xml(body: bytes) -> dict[str, Any]:
    """The fields in WeChat's XML, under WeChat's names.

    A field is a text (`""` when empty), or a dict when it has fields of its own; a repeated one is a list.
    Characters that XML cannot carry, and bytes that are not UTF-8, are read as U+FFFD. Raises
    CallbackRefusedError for anything but one `<xml>` element with fields in it.
    """
    text = body.decode("utf-8-sig", "replace").strip(_BLANKS + "\ufeff\x00")
    if not text:
        raise CallbackRefusedError(400, "the body is empty")
    if text[0] in "{[":
        raise CallbackRefusedError(
            415, "the body is JSON: choose XML as the push data format in WeChat's console"
        )
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    if text.startswith("<!"):
        raise CallbackRefusedError(400, "the body declares a document type or entities")
    if not text.startswith(("<xml>", "<xml/>")):
        raise CallbackRefusedError(400, "the body is not an <xml> element")
    if not text.endswith(("</xml>", "<xml/>")):
        raise CallbackRefusedError(400, "the body is not well-formed XML")
    fields = _Framing(text[len("<xml>") : -len("</xml>")]).fields()
    if not fields:
        raise CallbackRefusedError(400, "the body is an <xml> element without fields")
    return fields


@dataclass(frozen=True)
class _Token:
    """A text with its name, or (`text` is None) the beginning or the end of an element with fields."""

    name: str
    text: str | None = None
    ends: bool = False


@dataclass
class _Choice:
    """A text that may end in several places: where the reading stood, and the ends not tried yet."""

    tokens: int
    open: list[str]
    name: str
    begins: int
    ends: Iterator[tuple[int, int]]


@dataclass
class _Framing:
    """Reads a framing: a typed text is as long as it can be, so that nothing in it is taken for a field.

    Any other text is as short as it can be. Where the rest then makes no sense, the next end is tried.
    """

    text: str
    at: int = 0
    tokens: list[_Token] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    choices: list[_Choice] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """The fields of the first reading that is framed as WeChat does it, else of the first that can be."""
        possible: dict[str, Any] | None = None
        left = _MOST_CHARACTERS
        while left > 0:
            left -= len(self.text) - self.at + 1
            if self._read_on():
                fields = _tree(self.tokens)
                if fields is not None and _is_wechats(self.tokens):
                    return fields
                possible = fields if possible is None else possible
            if not self._read_otherwise():
                break
        if possible is None:
            raise CallbackRefusedError(400, "the body is not well-formed XML")
        return possible

    def _read_on(self) -> bool:
        """Read from here to the end. False when that is no framing."""
        text = self.text
        while True:
            while self.at < len(text) and text[self.at] in _BLANKS:
                self.at += 1
            if self.at == len(text):
                return not self.open
            if closing := _CLOSING.match(text, self.at):
                if not self.open or self.open.pop() != closing[1]:
                    return False
                self._add(_Token(closing[1], ends=True), closing.end())
            elif not (opening := _OPENING.match(text, self.at)) or not self._read_element(opening):
                return False

    def _read_element(self, opening: re.Match[str]) -> bool:
        name, begins = opening[1], opening.end()
        if opening[2]:
            self._add(_Token(name, ""), begins)
            return True
        if cdata := _CDATA.match(self.text, begins):
            choice = _Choice(
                len(self.tokens), list(self.open), name, cdata.end(), self._ends(name, cdata.end())
            )
            return self._take(choice)
        follows = self.text.find("<", begins)
        closing = _CLOSING.match(self.text, follows) if follows >= 0 else None
        if closing and closing[1] == name:
            self._add(_Token(name, _unescaped(self.text[begins:follows])), closing.end())
            return True
        if follows < 0 or self.text[begins:follows].strip(_BLANKS):
            return False
        self.open.append(name)
        if len(self.open) >= _DEEPEST:
            raise CallbackRefusedError(400, "the body is nested too deeply")
        self._add(_Token(name), follows)
        return True

    def _ends(self, name: str, begins: int) -> Iterator[tuple[int, int]]:
        """Where a text in CDATA may end, and where its element is over, the likeliest first.

        Behind an element comes another tag or nothing: what cannot be an end costs no reading.
        """
        found = (match.span() for match in _ending(name).finditer(self.text, begins))
        return iter(list(found)[::-1]) if name in TYPED else found

    def _take(self, choice: _Choice) -> bool:
        """Read a text up to the next of its ends. False when there is none left."""
        end = next(choice.ends, None)
        if end is None:
            return False
        self.choices.append(choice)
        self._add(_Token(choice.name, self.text[choice.begins : end[0]]), end[1])
        return True

    def _read_otherwise(self) -> bool:
        """Go back to the latest text that may end elsewhere. False when no text can."""
        while self.choices:
            choice = self.choices.pop()
            del self.tokens[choice.tokens :]
            self.open = list(choice.open)
            if self._take(choice):
                return True
        return False

    def _add(self, token: _Token, at: int) -> None:
        self.tokens.append(token)
        self.at = at


@lru_cache(maxsize=100)
def _ending(name: str) -> re.Pattern[str]:
    """The end of a text in CDATA and of its element, of this name."""
    return re.compile(rf"\]\]>[ \t\r\n]*</{re.escape(name)}>(?=[ \t\r\n]*(?:</?[A-Za-z_]|\Z))")


def _is_wechats(tokens: list[_Token]) -> bool:
    """Whether nothing but typed texts stands among typed texts, and repetitions stand side by side."""
    typed = [place for place, token in enumerate(tokens) if token.name in TYPED]
    among = tokens[typed[0] : typed[-1]] if typed else []
    if any(token.text is not None and token.name not in TYPED | _BETWEEN_TYPED for token in among):
        return False
    seen: list[set[str]] = [set()]
    before = ""
    for token in tokens:
        if token.ends:
            seen.pop()
        elif token.name in seen[-1] and token.name != before:
            return False
        else:
            seen[-1].add(token.name)
            if token.text is None:
                seen.append(set())
        before = token.name
    return True


def _tree(tokens: list[_Token]) -> dict[str, Any] | None:
    """The fields of a reading; None when a field that holds one text has several, or fields of its own."""
    root: dict[str, Any] = {}
    levels = [root]
    for token in tokens:
        if token.ends:
            levels.pop()
            continue
        name, value = token.name, {} if token.text is None else printable(token.text)
        fields = levels[-1]
        if name in SINGLE and (name in fields or token.text is None):
            return None
        if name not in fields:
            fields[name] = [value] if name in ALWAYS_LISTS else value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
        if isinstance(value, dict):
            levels.append(value)
    return root


def _unescaped(text: str) -> str:
    """A text outside of CDATA. What is no reference stays as it is."""
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    named, decimal, hexadecimal = reference.groups()
    if named:
        return _NAMED[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= sys.maxunicode else REPLACEMENT
