"""One YAML file as nodes: where each part of a journey stands, and the mistakes found so far."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wejourney.messaging.contents import Content
from wejourney.messaging.merge_fields import fields_of
from workbench.language.full_width import full_width
from workbench.language.mistakes import InWords, Mistake, Phrase, nearest, phrase, verbatim
from workbench.language.yaml_nodes import (
    LARGEST_FILE,
    TAG,
    FileTooLargeError,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    UnsupportedYamlError,
    compose,
    is_nothing,
    read_text_file,
)

type Location = tuple[str | int, ...]
"""The way to a part of a journey by field names and indexes: `("steps", 0, "content")`."""

RETRY: Location = ("retry",)
"""The path of a question that is asked again."""

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FULL_WIDTH_COMMA = re.compile("[，、]")
_ASTERISK = re.compile(r"\\?[*＊﹡]")
_WIDE_ASTERISK = re.compile("[＊﹡]")
_MOST_DIGITS = 40


class Source:
    """A journey file while it is read.

    `name` is the journey's. `broken` holds the parts that could not be understood at all: what the rest means
    is then uncertain. `library` has the contents that can be named here (None for one with a mistake),
    `inlined` the names of those that were, by where they are used.
    """

    def __init__(
        self, file: str, name: str = "", library: Mapping[str, Content | None] = MappingProxyType({})
    ) -> None:
        self.file = file
        self.name = name
        self.library = library
        self.inlined: dict[Location, str] = {}
        self.mistakes: list[Mistake] = []
        self.broken: set[Location] = set()
        self._places: dict[Location, tuple[int, int]] = {(): (1, 1)}
        self._names: dict[Location, tuple[int, int]] = {}
        self._whats: dict[Location, str] = {}

    def read(self, path: Path) -> Node | None:
        """The root node of a file; None, with a mistake, when it is not YAML. Raises OSError."""
        try:
            text = read_text_file(path)
        except FileTooLargeError:
            self._add(1, 1, phrase("file too large", most=LARGEST_FILE // 1000), phrase("split the file"))
            return None
        except UnicodeDecodeError as exc:
            self._add(1, 1, phrase("not UTF-8", reason=exc.reason, start=exc.start))
            return None
        return self.compose(text)

    def compose(self, text: str) -> Node | None:
        """The root node of a YAML 1.2 document; None, with a mistake, when it is not one."""
        try:
            root = compose(text)
        except UnsupportedYamlError as exc:
            self._add(exc.line, exc.column, exc.message, exc.hint)
            return None
        if root is None:
            self._add(1, 1, phrase("empty file"), phrase("copy from the gallery"))
        return root

    def note(self, at: Location, node: Node) -> None:
        """Remember where this part of the journey stands."""
        self._places[at] = (node.line, node.column)

    def __contains__(self, at: Location) -> bool:
        return at in self._places

    def mistake(self, at: Location, message: InWords, hint: InWords | None = None) -> None:
        """Add a mistake at a part of the journey, or at the nearest part around it."""
        self._add(*self.place(at), message, hint)

    def place(self, at: Location) -> tuple[int, int]:
        """Line and column of a part of the journey, or of the nearest part around it."""
        at = written_at(at)
        while at not in self:
            at = at[:-1]
        return self._places[at]

    def what(self, at: Location) -> str:
        """What a text is, in the author's words: its field, or a noun."""
        return self._whats.get(written_at(at), "a text")

    def is_inlined(self, at: Location) -> bool:
        """Whether this part stands in a file of the library."""
        return any(at[: len(part)] == part for part in self.inlined)

    def mistake_in_name(self, at: Location, message: InWords, hint: InWords | None = None) -> None:
        """Add a mistake in a name that the author chose: a question, a choice, a language."""
        self._add(*self._names[written_at(at)], message, hint)

    def mistake_at(self, node: Node, message: InWords, hint: InWords | None = None) -> None:
        self._add(node.line, node.column, message, hint)

    def give_up(self, at: Location, node: Node, message: InWords, hint: InWords | None = None) -> None:
        """Add a mistake that leaves this part of the journey unknown."""
        self.note(at, node)
        self.broken.add(at)
        self.mistake_at(node, message, hint)

    def _add(self, line: int, column: int, message: InWords, hint: InWords | None = None) -> None:
        self.mistakes.append(Mistake(self.file, line, column, message, hint))

    # --- the shapes of YAML --------------------------------------------------------------------

    def fields(
        self,
        node: Node,
        at: Location,
        allowed: Iterable[str] | None,
        what: str,
        elsewhere: Mapping[str, Phrase] = MappingProxyType({}),
        hint: Phrase | None = None,
    ) -> dict[str, Node]:
        """The entries of a mapping by name, without those that are unknown or written twice.

        `elsewhere` are the hints for fields that belong to another place, `hint` says what to write if it
        is no mapping.
        """
        if not isinstance(node, MappingNode):
            self.give_up(at, node, *_no_fields(node, allowed, what, hint))
            return {}
        self.note(at, node)
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if not isinstance(key, ScalarNode):
                self.mistake_at(key, phrase("invalid field name", what=what), phrase("write name and value"))
            elif name in found:
                self.mistake_at(key, phrase("twice", name=name), phrase("remove one"))
            elif allowed is not None and name not in allowed:
                slip = full_width(name)
                message = phrase("unknown field", what=what, name=name)
                known = elsewhere.get(name) or nearest(name, allowed)
                self.mistake_at(key, *((slip.message, slip.hint) if slip else (message, known)))
            else:
                found[name] = value
                self._names[(*at, name)] = (key.line, key.column)
        return found

    def items(self, node: Node, at: Location, what: str) -> list[Node]:
        """The entries of a list that must not be empty."""
        if not isinstance(node, SequenceNode):
            self.give_up(at, node, phrase("not a list", what=what), _no_list(node))
            return []
        self.note(at, node)
        if not node.value:
            self.give_up(at, node, phrase("empty", what=what), phrase("fill or remove"))
        return list(node.value)

    def string(self, node: Node, at: Location, what: str) -> str:
        """A scalar as it is written; numbers are read as text."""
        self.note(at, node)
        self._whats[at] = what
        if not isinstance(node, ScalarNode):
            message = phrase("not a single value", what=what)
            self.give_up(at, node, message, phrase("write on the same line"))
            return ""
        if is_nothing(node):
            self.give_up(at, node, phrase("value missing", what=what), phrase("write after the colon"))
            return ""
        value = str(node.value)
        if _NO_TEXT.search(value):
            message = phrase("invalid character", what=what)
            self.give_up(at, node, message, phrase("readable character"))
            return ""
        return value

    def pattern(self, node: Node, at: Location, what: str) -> str:
        """A text in which `*` stands for any text."""
        text = self._without_fields(node, at, what)
        if r"\*" in text:
            self.give_up(at, node, phrase("asterisk in pattern", what=what), phrase("without backslash"))
        elif wide := _WIDE_ASTERISK.search(text):
            self.give_up(at, node, phrase("wide asterisk", sign=wide[0]), phrase("write that", right="`*`"))
        return text

    def literal(self, node: Node, at: Location, what: str) -> str:
        """A text that is compared as it is; an asterisk in it follows a backslash."""
        text = self._without_fields(node, at, what)
        if _WIDE_ASTERISK.search(text) or "*" in text.replace(r"\*", ""):
            hint = phrase("literal asterisk", text=_ASTERISK.sub(r"\\*", text))
            self.give_up(at, node, phrase("pattern not taken", what=what), hint)
        return text.replace(r"\*", "*")

    def _without_fields(self, node: Node, at: Location, what: str) -> str:
        text = self.string(node, at, what)
        field = next(fields_of(text), None)
        if field is not None:
            self.give_up(at, node, phrase("merge field not taken", what=what), phrase("without braces"))
        return text

    def scalar(self, node: Node, at: Location, what: str) -> Any:
        """A scalar as YAML means it: true, false, a whole number or a text."""
        text = self.string(node, at, what)
        tag = node.tag if isinstance(node, ScalarNode) else None
        if tag == f"{TAG}bool":
            return text.casefold() == "true"
        if tag == f"{TAG}int" and text.removeprefix("-").removeprefix("+").isdecimal():
            # Python reads no number of thousands of digits; one of some dozen is too large for all.
            return int(text[:_MOST_DIGITS])
        return text

    def strings(
        self,
        node: Node,
        at: Location,
        what: str,
        entry: str,
        read: "Callable[[Source, Node, Location, str], str] | None" = None,
    ) -> tuple[str, ...]:
        """One text, or a list of them, each read by `read`; mistakes call each of them `entry`."""
        read = read or Source.string
        if not isinstance(node, SequenceNode):
            return (read(self, node, at, entry),)
        for i, text in enumerate(self.items(node, at, what)):
            comma = _FULL_WIDTH_COMMA.search(str(text.value)) if _is_plain(text) else None
            if comma is not None and node.flow_style:
                hint = phrase("list separator")
                self.give_up((*at, i), text, phrase("wrong separator", sign=comma[0]), hint)
        return tuple(read(self, text, (*at, i), entry) for i, text in enumerate(node.value))


def _no_fields(
    node: Node, allowed: Iterable[str] | None, what: str, hint: Phrase | None
) -> tuple[Phrase, Phrase | None]:
    names = tuple(allowed or ())
    if is_nothing(node):
        if hint is not None:
            below = phrase("indented below", hint=hint)
        else:
            below = phrase("fields indented below", names=names) if names else phrase("indented further")
        return phrase("no fields", what=what), below
    written = str(node.value) if _is_plain(node) else ""
    slip = full_width(written)
    if slip is not None:
        return slip.message, slip.hint
    name, colon, value = written.partition(":")
    if colon and name in names:
        return phrase("space after colon"), verbatim(f"`{name}: {value}`")
    return phrase("write as fields", what=what), phrase("its fields", names=names) if names else hint


def _no_list(node: Node) -> Phrase | None:
    first = str(node.value[0][0].value) if isinstance(node, MappingNode) and node.value else ""
    slip = full_width(first)
    if slip is not None:
        return slip.hint
    return phrase("space after dash") if first.startswith("-") else phrase("dash before each")


def _is_plain(node: Node) -> bool:
    """Whether this is a value without quotes."""
    return isinstance(node, ScalarNode) and node.style is None


def written_at(at: Location) -> Location:
    """Where a step that is done again stands in its file."""
    for i, part in enumerate(at[:-1]):
        number, rest = at[i + 1], at[i + 2 :]
        if not isinstance(number, int):
            continue
        if part == RETRY[0]:
            return written_at((*at[:i], *rest))
        if part == "rounds" and rest[1:3] == ("rounds", number + 1):
            return written_at((*at[:i], *rest[1:]))
        if part == "rounds":
            return written_at((*at[:i], "steps", *rest))
    return at


def is_later_round(at: Location) -> bool:
    """Whether a step has been taken before, in an earlier round of what is repeated."""
    return any(part == "rounds" and number != 0 for part, number in pairwise(at))
