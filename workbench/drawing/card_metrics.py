"""How large a card is and where its lines stand on it. Pixels; x from the middle, y from the top.

A picture is drawn with the reader's fonts, so widths of texts are estimated, on the wide side.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from workbench.drawing.cards import Card

type Style = Literal["heading", "bold", "text", "item", "note", "chip", "label"]


class Font(NamedTuple):
    """How a line is written: pixels, and at most how many lines of it a card has."""

    size: float
    bold: bool = False
    most_lines: int = 1

    @property
    def measured(self) -> float:
        """The size of the plain font that is as wide."""
        return self.size * (1.07 if self.bold else 1)


FONTS: Mapping[Style, Font] = {
    "heading": Font(12, bold=True),
    "bold": Font(14, bold=True, most_lines=3),
    "text": Font(13, most_lines=3),
    "item": Font(13, most_lines=2),
    "note": Font(12, most_lines=2),
    "chip": Font(12),
    "label": Font(12, most_lines=6),
}

WIDTH = 268
BADGE = 26
CHIP_HEIGHT = 24

_PAD = 14
_GAP = 8
_LEADING = 1.45
_MOST_ITEMS = 7
_CHIP_SPACE = 6
_CHIP_ICON = 22  # with the space around it
_CHIP_END = 14  # the space after a chip's text, and what its width may be underestimated by

ELLIPSIS = "…"

_NARROW = frozenset("fijlrtI.,:;'|!()[]{}-·‹› “”")
_WIDE = frozenset("mwMW@%—…")
_NOT_FIRST = frozenset("，。！？：；、）》】”’…,.!?:;)")
_NOT_LAST = frozenset("（《【“‘(")


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
        heading = wrap(card.heading, room - BADGE - _GAP, FONTS["heading"].measured, 1)[0]
        baseline = _PAD + BADGE / 2 + FONTS["heading"].size * 0.35
        first = TextLine(beside_icon - WIDTH / 2, baseline, heading, "heading")
        lines, height = _stacked(card, left, room, _PAD + BADGE + 4)
        return Face(card, WIDTH, height + _PAD, (first, *lines))
    # All lines stand beside the icon; the card is as wide as they need.
    lines, height = _stacked(card, 0, WIDTH - beside_icon - _PAD, _PAD - 3)
    width = max(width_of(line.text, FONTS[line.style].measured) for line in lines) + beside_icon + _PAD
    moved = (replace(line, x=beside_icon - width / 2) for line in lines)
    return Face(card, width, height + _PAD - 3, tuple(moved))


def _stacked(card: Card, x: float, room: float, y: float) -> tuple[list[TextLine], float]:
    """The lines of a card under each other, and where they end."""
    lines = []
    for style, text in _paragraphs(card):
        font = FONTS[style]
        for line in wrap(text, room, font.measured, font.most_lines):
            height = font.size * _LEADING
            lines.append(TextLine(x, y + height * 0.76, line, style))
            y += height
    return lines, y


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
        text = wrap(chip.text, WIDTH - _CHIP_ICON - _CHIP_END, FONTS["chip"].size, 1)[0]
        width = width_of(text, FONTS["chip"].size) + _CHIP_ICON + _CHIP_END
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


# --- text ----------------------------------------------------------------------------------------


def width_of(text: str, size: float) -> float:
    """Pixels of a text on one line."""
    return size * sum(_ems(character) for character in text)


def _ems(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.9
    return 0.67 if character.isupper() else 0.55


def wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """At most so many lines; what does not fit ends in an ellipsis."""
    lines = [line for part in text.splitlines() if part.strip() for line in _lines(part, width, size)]
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _shortened(lines[most - 1], width, size)]


def _lines(text: str, width: float, size: float) -> list[str]:
    lines = [""]
    for piece in _pieces(" ".join(text.split())):
        fits = width_of(piece.rstrip(), size) <= width
        if lines[-1] and not fits:
            lines.append("")
        # A word that is longer than a line, such as an address, is broken.
        for part in [piece] if fits else piece:
            if lines[-1] and width_of((lines[-1] + part).rstrip(), size) > width:
                lines.append("")
            lines[-1] += part
    return [line.strip() for line in lines if line.strip()]


def _pieces(text: str) -> list[str]:
    """What stays together: a word with the space after it, a Chinese character with its punctuation."""
    pieces = [""]
    for before, character in zip(" " + text, text, strict=False):
        new = before == " " or _ems(character) == 1.0 or _ems(before) == 1.0
        if new and character not in _NOT_FIRST and character != " " and before not in _NOT_LAST:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _shortened(line: str, width: float, size: float) -> str:
    pieces = _pieces(line)
    if len(pieces) == 1:
        pieces = list(line)
    while width_of("".join(pieces) + ELLIPSIS, size) > width:
        pieces.pop()
    return "".join(pieces).rstrip(" ，。、,.") + ELLIPSIS
