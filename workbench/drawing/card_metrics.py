"""How large a card is and where its lines stand on it. Pixels; x from the middle, y from the top.

A picture is drawn with the reader's fonts, so there is room for the widest common ones: DejaVu Sans and
Verdana for Latin letters, and fonts in which every sign that Chinese uses is as wide as high.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from wejourney.messaging.merge_fields import MergeField, replaced
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
        return self.size * (1.16 if self.bold else 1)


FONTS: Mapping[Style, Font] = {
    "heading": Font(12, bold=True),
    "bold": Font(14, bold=True, most_lines=3),
    "text": Font(13, most_lines=3),
    "item": Font(13, most_lines=2),
    "note": Font(12, most_lines=2),
    "chip": Font(12),
    "label": Font(12, most_lines=6),
}

WIDTH = 300
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

FIELD, FIELD_END, _FIELD_SPACE = "\ue000", "\ue001", "\ue002"
"""Around a merge field in a line, and for a space in it: fields are drawn as chips."""

_WIDTHS = {
    character: ems
    for ems, characters in {
        0.29: "'il",
        0.33: " ,.",
        0.36: "fj",
        0.43: "Irt!",
        0.47: '/:;\\|-()[]"J',
        0.53: "sz?",
        0.59: "cLFkvxy",
        0.64: "aeo0123456789$ESbdghnpqu{}_*`PTY",
        0.71: "KABVXZCR",
        0.76: "UNH",
        0.80: "DG&OQ",
        0.83: "w",
        0.88: "M#+<=>^~",
        1.0: "m",
        1.05: "W@%",
    }.items()
    for character in characters
}
_WIDTHS |= {FIELD: 0.4, FIELD_END: 0.4, _FIELD_SPACE: _WIDTHS[" "]}
_OTHER_LETTER = 0.9
_LEAST_FIELD = 4
"""Of a field's width that is worth showing, in times the size of the font."""
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
    yield "text", card.last_text
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
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WFA":
        return 1.0
    plain = unicodedata.normalize("NFD", character)[0]
    return _WIDTHS.get(plain, _OTHER_LETTER)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


class Segment(NamedTuple):
    """A part of a line: a text, or a merge field; `x` is from the line's beginning."""

    x: float
    width: float
    text: str
    is_field: bool


def segments(line: str, size: float) -> Iterator[Segment]:
    """The parts of a line. A field whose end was cut off goes to the end of the line."""
    x = 0.0
    for part in re.split(f"({FIELD}[^{FIELD_END}]*{FIELD_END}?)", line):
        if part:
            text = part.strip(FIELD + FIELD_END).replace(_FIELD_SPACE, " ")
            is_field = part[0] == FIELD
            before = 0.0 if is_field else width_of(part[: len(part) - len(part.lstrip())], size)
            shown = part if is_field else part.strip()
            if text.strip():
                yield Segment(x + before, width_of(shown, size), text.strip(), is_field)
            x += width_of(part, size)


def _with_chips_for_fields(text: str) -> str:
    """The text in which each merge field is one word: its name and its fallback."""

    def shown(field: MergeField) -> str:
        words = field.name if not field.fallback else f"{field.name}|{field.fallback}"
        if not field.is_known:
            return f"{{{words}}}"
        return f"{FIELD}{_FIELD_SPACE.join(words.split())}{FIELD_END}"

    return replaced(re.sub(f"[{FIELD}{FIELD_END}{_FIELD_SPACE}]", "", text), shown)


def wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """At most so many lines; what does not fit ends in an ellipsis."""
    text = _with_chips_for_fields(text)
    lines = [line for part in text.splitlines() if part.strip() for line in _lines(part, width, size)]
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    if lines[most][:1] == FIELD:
        last = f"{last} {lines[most]}"
    return [*lines[: most - 1], _shortened(last, width, size)]


def _lines(text: str, width: float, size: float) -> list[str]:
    lines = [""]
    for piece in _pieces(" ".join(text.split())):
        fits = width_of(piece.rstrip(), size) <= width
        shown = _shortened_field(piece, width, size) if not fits and piece[:1] == FIELD else piece
        if lines[-1] and not fits:
            lines.append("")
        # A word that is longer than a line, such as an address, is broken.
        for part in [shown] if fits or shown != piece else piece:
            if lines[-1] and width_of((lines[-1] + part).rstrip(), size) > width:
                lines.append("")
            lines[-1] += part
    return [line.strip() for line in lines if line.strip()]


def _pieces(text: str) -> list[str]:
    """What stays together: a word with the space after it, a Chinese character with its punctuation."""
    pieces = [""]
    for before, character in zip(" " + text, text, strict=False):
        new = before in (" ", FIELD_END) or character == FIELD or _is_wide(character) or _is_wide(before)
        inside = FIELD in pieces[-1] and FIELD_END not in pieces[-1]
        if (
            new
            and not inside
            and character not in _NOT_FIRST
            and character != " "
            and before not in _NOT_LAST
        ):
            pieces.append("")
        pieces[-1] += character
    return pieces


def _shortened_field(piece: str, width: float, size: float) -> str:
    """A field that is too long for a line: its full text stands in the card's title."""
    inner = piece.strip().strip(FIELD + FIELD_END)
    while inner and width_of(f"{FIELD}{inner}{ELLIPSIS}{FIELD_END}", size) > width:
        inner = inner[:-1]
    return f"{FIELD}{inner}{ELLIPSIS}{FIELD_END}"


def _shortened(line: str, width: float, size: float) -> str:
    pieces = _pieces(line)
    if len(pieces) == 1:
        pieces = list(line)
    while width_of("".join(pieces) + ELLIPSIS, size) > width:
        piece, room = pieces.pop(), width - width_of("".join(pieces), size)
        if piece[:1] == FIELD and room > _LEAST_FIELD * size:
            return "".join(pieces) + _shortened_field(piece, room, size)
    return "".join(pieces).rstrip(" ，。、,.") + ELLIPSIS
