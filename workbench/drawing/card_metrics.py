"""How large a card is and where its lines stand on it. Pixels; x from the middle, y from the top."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.drawing.cards import Card, Chip
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
    """A chip; `x` is its left."""

    x: float
    y: float
    width: float
    chip: Chip
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
    return _speaking(card) if card.heading else _plain(card)


def _speaking(card: Card) -> Face:
    """A heading beside the icon, and the lines below both."""
    left, room = -WIDTH / 2 + _PAD, WIDTH - 2 * _PAD
    beside = left + BADGE + _GAP
    heading = wrap(card.heading, room - BADGE - _GAP, _measured("heading"), 1)[0]
    lines = [TextLine(beside, _PAD + BADGE / 2 + SIZES["heading"] * 0.35, heading, "heading")]
    below, height = _stacked(card, left, room, _PAD + BADGE + 4)
    return Face(card, WIDTH, height + _PAD, (*lines, *below))


def _plain(card: Card) -> Face:
    """The icon, and all lines beside it; as wide as they need."""
    room = WIDTH - 2 * _PAD - BADGE - _GAP
    lines, height = _stacked(card, 0, room, _PAD - 3)
    width = max(width_of(line.text, _measured(line.style)) for line in lines) + 2 * _PAD + BADGE + _GAP
    left = -width / 2 + _PAD + BADGE + _GAP
    return Face(
        card, width, height + _PAD - 3, tuple(TextLine(left, one.y, one.text, one.style) for one in lines)
    )


def _stacked(card: Card, x: float, room: float, y: float) -> tuple[list[TextLine], float]:
    """The lines of a card under each other, and where they end."""
    lines = []
    for style, text in _paragraphs(card):
        for one in wrap(text, room, _measured(style), _MOST_LINES[style]):
            height = SIZES[style] * _LEADING
            lines.append(TextLine(x, y + height * 0.76, one, style))
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
    rows: list[list[tuple[Chip, str, float]]] = [[]]
    for chip in card.chips:
        text = wrap(chip.text, WIDTH - _CHIP_ICON - _CHIP_END, SIZES["chip"], 1)[0]
        width = width_of(text, SIZES["chip"]) + _CHIP_ICON + _CHIP_END
        if rows[-1] and _row_width(rows[-1]) + _CHIP_SPACE + width > WIDTH:
            rows.append([])
        rows[-1].append((chip, text, width))
    placed = []
    for number, row in enumerate(rows):
        x = -_row_width(row) / 2
        for chip, text, width in row:
            placed.append(PlacedChip(x, number * (CHIP_HEIGHT + _CHIP_SPACE), width, chip, text))
            x += width + _CHIP_SPACE
    height = len(rows) * (CHIP_HEIGHT + _CHIP_SPACE) - _CHIP_SPACE
    return Face(card, max(map(_row_width, rows)), height, chips=tuple(placed))


def _row_width(row: list[tuple[Chip, str, float]]) -> float:
    return sum(width for _, _, width in row) + _CHIP_SPACE * (len(row) - 1)
