"""A picture as a Mermaid flowchart, for pages that draw Mermaid themselves.

https://mermaid.js.org/syntax/flowchart.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.drawing.measuring import wrap
from workbench.drawing.shape import Card, Look, Node, Picture
from workbench.drawing.svg import COLOURS

_BRACKETS: Mapping[Look, tuple[str, str]] = {
    "trigger": ("([", "])"),
    "message": ("[", "]"),
    "question": ("[/", "/]"),
    "wait": ("([", "])"),
    "choice": ("{{", "}}"),
    "staff": ("[[", "]]"),
    "chips": ("[", "]"),
    "ending": ("([", "])"),
    "goal": ("([", "])"),
}
_LINE_WIDTH = 260
_FONT_SIZE = 14
_LONGEST_RULE = 3
"""Lines, as in the SVG."""

type Open = Sequence[tuple[str, str]]
"""Where the next card hangs on: the cards before it, each with what is written on the way."""


def mermaid_of(picture: Picture) -> str:
    """The flowchart's text."""
    chart = _Chart()
    chart.path(picture.path, ())
    title = ["---", f"title: {json.dumps(picture.title, ensure_ascii=False)}", "---"]
    classes = [
        f"classDef {look} fill:{colours.fill},stroke:{colours.edge},color:{colours.ink}"
        for look, colours in COLOURS.items()
    ]
    lines = (*_note(picture.rules), *chart.lines, *classes)
    return "\n".join([*title, "flowchart TD", *(f"    {line}" for line in lines)]) + "\n"


def _note(rules: Sequence[str]) -> Iterator[str]:
    """What holds for the whole journey, beside its first card."""
    if rules:
        lines = (line for rule in rules for line in wrap(rule, _LINE_WIDTH, _FONT_SIZE, _LONGEST_RULE))
        yield f'rules["{"<br/>".join(map(_escaped, lines))}"]:::rules'
        yield "rules -.- n1"
        yield "classDef rules fill:none,stroke-dasharray:4"


@dataclass
class _Chart:
    lines: list[str] = field(default_factory=list)
    cards: int = 0

    def path(self, path: Sequence[Node], before: Open) -> Open:
        """Add a path; returns where it goes on."""
        for node in path:
            before = self._node(node, before)
        return before

    def _node(self, node: Node, before: Open) -> Open:
        self.cards += 1
        name = f"n{self.cards}"
        left, right = _BRACKETS[node.card.look]
        self.lines.append(f'{name}{left}"{_label(node.card)}"{right}:::{node.card.look}')
        for origin, label in before:
            self.lines.append(
                f'{origin} -->|"{_escaped(label)}"| {name}' if label else f"{origin} --> {name}"
            )
        if node.ends and not node.ways:
            return ()
        if not node.ways:
            return ((name, ""),)
        return [end for way in node.ways for end in self.path(way.path, ((name, way.label),))]


def _label(card: Card) -> str:
    return "<br/>".join(_escaped(line) for line in _lines(card))


def _lines(card: Card) -> Iterator[str]:
    if card.chips:
        yield ", ".join(f"− {chip.text}" if chip.icon == "untag" else chip.text for chip in card.chips)
    for text, most in ((card.heading, 1), (card.bold, 2), (card.text, 3)):
        yield from wrap(text, _LINE_WIDTH, _FONT_SIZE, most)
    for item in card.items:
        yield from wrap(f"· {item}", _LINE_WIDTH, _FONT_SIZE, 1)
    if card.note:
        yield card.note


def _escaped(text: str) -> str:
    """A text inside quotes: Mermaid's own entities for what it or HTML would read as syntax."""
    return "".join(
        character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
        for character in " ".join(text.split())
    )


_PLAIN = frozenset(" .,:!?'·…“”‹›，。！？：；、（）《》%+−-=/")
