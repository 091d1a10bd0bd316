"""How large a card is and where its lines stand on it. Pixels; x from the middle, y from the top."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from workbench.drawing.cards import Card
from workbench.drawing.measuring import width_of, wrap

type Style = Literal["heading", "bold", "text", "item", "note", "chip", "label"]

SIZES: Mapping[Style, float] = {
    "heading": 12,
    "bold": 14,
    "text": 13,
    "item": 13,
    "note": 12,
    "chip": 12,
    "label": 12,
}
"""Pixels of the font."""

BOLD: frozenset[Style] = frozenset({"heading", "bold"})

WIDTH = 268
BADGE = 26
CHIP_HEIGHT = 24

_BOLDER = 1.07
"""How much wider bold letters are."""

_PAD = 14
_GAP = 8
_LEADING = 1.45
_MOST_LINES: Mapping[Style, int] = {"heading": 1, "bold": 3, "text": 3, "item": 2, "note": 2}
_MOST_ITEMS = 7
_CHIP_SPACE = 6
_CHIP_ICON = 22
"""The icon of a chip with the space around it."""

_CHIP_END = 14
"""The space after a chip's text, and what its width may be underestimated by."""


@dataclass(frozen=True)
class TextLine:
    """A line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    style: Style


@dataclass(frozen=True)
class PlacedChip:
    """A chip; `x` is its left, `text` as much as fits."""

    x: float
    y: float
    width: float
    icon: str
    text: str


@dataclass(frozen=True)
class Face:
    """A card as it will be drawn."""

    card: Card
    width: float
    height: float
    lines: tuple[TextLine, ...] = ()
    chips: tuple[PlacedChip, ...] = ()


def face_of(card: Card) -> Face:
    """Measure a card."""
    if card.chips:
        return _with_chips(card)
    beside_icon = _PAD + BADGE + _GAP
    if card.heading:
        # The heading stands beside the icon, the lines below both.
        left, room = -WIDTH / 2 + _PAD, WIDTH - 2 * _PAD
        heading = wrap(card.heading, room - BADGE - _GAP, _measured("heading"), 1)[0]
        baseline = _PAD + BADGE / 2 + SIZES["heading"] * 0.35
        first = TextLine(beside_icon - WIDTH / 2, baseline, heading, "heading")
        lines, height = _stacked(card, left, room, _PAD + BADGE + 4)
        return Face(card, WIDTH, height + _PAD, (first, *lines))
    # All lines stand beside the icon; the card is as wide as they need.
    lines, height = _stacked(card, 0, WIDTH - beside_icon - _PAD, _PAD - 3)
    width = max(width_of(line.text, _measured(line.style)) for line in lines) + beside_icon + _PAD
    moved = (replace(line, x=beside_icon - width / 2) for line in lines)
    return Face(card, width, height + _PAD - 3, tuple(moved))


def _stacked(card: Card, x: float, room: float, y: float) -> tuple[list[TextLine], float]:
    """The lines of a card under each other, and where they end."""
    lines = []
    for style, text in _paragraphs(card):
        for line in wrap(text, room, _measured(style), _MOST_LINES[style]):
            height = SIZES[style] * _LEADING
            lines.append(TextLine(x, y + height * 0.76, line, style))
            y += height
    return lines, y


def _measured(style: Style) -> float:
    """The size of the plain font that is as wide."""
    return SIZES[style] * (_BOLDER if style in BOLD else 1)


def _paragraphs(card: Card) -> Iterator[tuple[Style, str]]:
    yield "bold", card.bold
    yield "text", card.text
    for item in card.items[:_MOST_ITEMS]:
        yield "item", f"· {item}" if card.heading else item
    if len(card.items) > _MOST_ITEMS:
        yield "item", f"· … +{len(card.items) - _MOST_ITEMS}"
    yield "note", card.note


def _with_chips(card: Card) -> Face:
    """Rows of chips, each row in the middle."""
    rows: list[list[PlacedChip]] = [[]]
    x = y = 0.0
    for chip in card.chips:
        text = wrap(chip.text, WIDTH - _CHIP_ICON - _CHIP_END, SIZES["chip"], 1)[0]
        width = width_of(text, SIZES["chip"]) + _CHIP_ICON + _CHIP_END
        if rows[-1] and x + width > WIDTH:
            rows.append([])
            x, y = 0.0, y + CHIP_HEIGHT + _CHIP_SPACE
        rows[-1].append(PlacedChip(x, y, width, chip.icon, text))
        x += width + _CHIP_SPACE
    widths = [row[-1].x + row[-1].width for row in rows]
    centred = (
        replace(chip, x=chip.x - width / 2) for row, width in zip(rows, widths, strict=True) for chip in row
    )
    return Face(card, max(widths), y + CHIP_HEIGHT, chips=tuple(centred))
