"""A YAML 1.2 document as nodes, each with its place in the file."""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from yaml import YAMLError
from yaml.cyaml import CParser

from workbench.language.mistakes import Phrase, phrase

LARGEST_FILE = 300_000
"""Bytes. A journey of this size compiles to more than Step Functions accepts."""

_DEEPEST = 150
"""Lists and mappings in each other: some 50 steps. Python's own limit is not far above."""

MOST_NODES = 20_000
"""Values, fields and lists of a document: a journey of this size is larger than Step Functions accepts."""

TAG = "tag:yaml.org,2002:"
_IMPLICIT_TAGS = {
    "bool": re.compile("true|True|TRUE|false|False|FALSE"),
    "float": re.compile(
        r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)"
        r"|[-+]?\.(?:[0-9_]+(?:[eE][-+][0-9]+)?|inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    ),
    "int": re.compile("[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+)"),
    "null": re.compile("|~|null|Null|NULL"),
}
"""What a text without quotes means by YAML 1.2: `no` and `off` are texts."""
_BEGINS_NO_TEXT = frozenset("tTfFnN~-+.0123456789")


class FileTooLargeError(ValueError):
    """A file that has more than LARGEST_FILE bytes."""

    def __init__(self) -> None:
        super().__init__(f"the file is larger than {LARGEST_FILE // 1000} KB")


def read_text_file(path: Path) -> str:
    """The text of a file. Raises OSError, UnicodeDecodeError or FileTooLargeError."""
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)  # A device or a pipe has no size, and may have no end.
    if len(data) > LARGEST_FILE:
        raise FileTooLargeError
    return io.StringIO(data.decode("utf-8"), newline=None).read()


class UnsupportedYamlError(Exception):
    """A place, from 1, with YAML that is not accepted: `message` and `hint` are those of a mistake."""

    def __init__(self, line: int, column: int, message: Phrase, hint: Phrase | None = None) -> None:
        super().__init__(f"{line}:{column}: {message.in_words('en')}")
        self.line, self.column, self.message, self.hint = line, column, message, hint


@dataclass(slots=True)
class _Node:
    """`line` and `column` count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class ScalarNode(_Node):
    value: str
    tag: str
    style: str | None
    """The quote, `|` or `>` that begins it; None for a text without quotes."""


@dataclass(slots=True)
class SequenceNode(_Node):
    value: "list[Node]"
    flow_style: bool


@dataclass(slots=True)
class MappingNode(_Node):
    value: "list[tuple[Node, Node]]"
    """A value that is missing, or null, has the place of its key."""

    flow_style: bool


type Node = ScalarNode | SequenceNode | MappingNode


def is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == f"{TAG}null"


_READ_DIFFERENTLY = re.compile("[\t\x85\u2028\u2029\ufeff]|[|>][-+0-9]*(?:#|.*\n +\n)")
"""Where libyaml is not of one mind with YAML 1.2; so it is with tags and anchors."""


def compose(text: str) -> Node | None:
    """The root of a document; None if it is empty. Raises UnsupportedYamlError.

    libyaml reads it. What libyaml rejects or reads differently is read by ruamel.yaml, whose errors
    yaml_diagnostics explains. It is 25 times slower and is imported only here.
    """
    if not _READ_DIFFERENTLY.search(text):
        with suppress(YAMLError, UnicodeEncodeError):
            return root_of(_libyaml_events(text))
    node: Node | None = import_module("workbench.language.yaml_diagnostics").compose(text)
    return node


def _libyaml_events(text: str) -> Iterator[Any]:
    for event in iter(CParser(text).get_event, None):
        if getattr(event, "tag", None) or getattr(event, "anchor", None):
            raise YAMLError
        yield event


def root_of(events: Iterable[Any]) -> Node | None:
    """The root of the one document in a parser's events, PyYAML's or ruamel's: they have the same names."""
    stream = _bounded(events)
    root = None
    for event in stream:
        match _kind(event):
            case "DocumentStartEvent" if root is not None:
                raise UnsupportedYamlError(
                    *_place(event), phrase("second document"), phrase("remove or second file")
                )
            case "DocumentStartEvent":
                root = _node(next(stream), stream, 0)
                if is_nothing(root):
                    root.line, root.column = 1, 1
            case _:  # the beginning and the end of the stream, the end of a document
                pass
    return root


def _bounded(events: Iterable[Any]) -> Iterator[Any]:
    """The events of a parser, which reads on as they are asked for. Raises UnsupportedYamlError."""
    nodes = 0
    for event in events:
        nodes += _kind(event) in _BEGINS_NODE
        if nodes > MOST_NODES:
            problem = phrase("too many values", most=MOST_NODES)
            raise UnsupportedYamlError(*_place(event), problem, phrase("split the file"))
        yield event


_BEGINS_NODE = frozenset(("ScalarEvent", "SequenceStartEvent", "MappingStartEvent"))


def _kind(event: Any) -> str:
    return type(event).__name__


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _node(event: Any, events: Iterator[Any], depth: int) -> Node:
    place, kind = _place(event), _kind(event)
    if kind == "ScalarEvent":
        return ScalarNode(*place, event.value, _tag(event), event.style or None)
    if kind == "AliasEvent":
        raise UnsupportedYamlError(*place, phrase("alias"), phrase("quote an alias"))
    if depth == _DEEPEST:
        raise UnsupportedYamlError(*place, phrase("nested too deeply"), phrase("reduce nesting"))
    flow_style = bool(event.flow_style)
    nodes = list(_children(events, depth + 1))
    if kind == "SequenceStartEvent":
        return SequenceNode(*place, nodes, flow_style)
    fields = list(zip(nodes[::2], nodes[1::2], strict=True))
    for key, value in fields:
        if is_nothing(value):
            value.line, value.column = key.line, key.column
    return MappingNode(*place, fields, flow_style)


def _children(events: Iterator[Any], depth: int) -> Iterator[Node]:
    for event in events:
        if _kind(event) in ("SequenceEndEvent", "MappingEndEvent"):
            return
        yield _node(event, events, depth)


def _tag(event: Any) -> str:
    if event.tag is not None and str(event.tag) != "!":
        return str(event.tag)
    if event.implicit[0] and (not event.value or event.value[0] in _BEGINS_NO_TEXT):
        for name, pattern in _IMPLICIT_TAGS.items():
            if pattern.fullmatch(event.value):
                return TAG + name
    return f"{TAG}str"
