"""The XML that WeChat sends, read into plain fields."""

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from wejourney.domain.errors import CallbackRefusedError

_DEEPEST = 16
"""Levels of nesting. WeChat's deepest, the pictures of SendPicsInfo, has five."""

_ALWAYS_LISTS = frozenset({"item", "List"})
"""Elements that WeChat repeats: a list even when there is one, so that readers meet one shape only."""


def parse_xml(body: bytes) -> dict[str, Any]:
    """The fields in WeChat's XML, under WeChat's names.

    A field is a text (`""` when empty), or a dict when it has fields of its own; a repeated one is a
    list. Raises CallbackRefusedError for anything but one `<xml>` element with fields in it.
    """
    if not body.strip():
        raise CallbackRefusedError(400, "the body is empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        raise CallbackRefusedError(
            415, "the body is JSON: choose XML as the push data format in WeChat's console"
        )
    reader = _FieldReader()
    parser = DefusedXMLParser(target=reader, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException:
        raise CallbackRefusedError(400, "the body declares a document type or entities") from None
    # An unknown encoding is a LookupError, a known one that the body breaks a ValueError.
    except (ParseError, LookupError, ValueError):
        raise CallbackRefusedError(400, "the body is not well-formed XML") from None
    if not isinstance(reader.root, dict):
        raise CallbackRefusedError(400, "the body is an <xml> element without fields")
    return reader.root


class _FieldReader:
    """Builds the fields while the parser reads, so that a bomb of elements is refused before it grows."""

    def __init__(self) -> None:
        self.root: str | dict[str, Any] = ""
        self._open: list[tuple[dict[str, Any], list[str]]] = []

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if not self._open and tag != "xml":
            raise CallbackRefusedError(400, "the body is not an <xml> element")
        if len(self._open) == _DEEPEST:
            raise CallbackRefusedError(400, "the body is nested too deeply")
        self._open.append(({}, []))

    def data(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, tag: str) -> None:
        fields, texts = self._open.pop()
        value = fields or "".join(texts)
        if not self._open:
            self.root = value
            return
        parent = self._open[-1][0]
        if tag not in parent:
            parent[tag] = [value] if tag in _ALWAYS_LISTS else value
        elif isinstance(parent[tag], list):
            parent[tag].append(value)
        else:
            parent[tag] = [parent[tag], value]

    def close(self) -> None:
        """Called by the parser at the end of the document."""
