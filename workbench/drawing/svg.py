"""A picture as an SVG file that stands alone: no script, no style sheet, no font of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from wejourney.text import without_unprintable
from workbench.drawing.card_metrics import (
    BADGE,
    CHIP_HEIGHT,
    FONTS,
    Face,
    PlacedChip,
    segments,
    width_of,
    wrap,
)
from workbench.drawing.cards import Look, Picture
from workbench.drawing.icons import ICONS
from workbench.drawing.layout import LABEL_LEADING, Edge, Label, PlacedCard, Point, lay_out

_FAMILY = 'system-ui, "PingFang SC", "Microsoft YaHei", sans-serif'

_MARGIN = 36
_TITLE_SIZE = 22
_RULE_SIZE = 13
_NARROWEST = 420
_CORNER = 9

_INK = "#1f2933"
_MUTED = "#52606d"
_LINE = "#7b8794"
_PAPER = "#f5f7fa"
_WHITE = "#ffffff"
_FIELD, _FIELD_EDGE, _FIELD_INK = "#ede7fb", "#9c8ade", "#3b2b8c"


@dataclass(frozen=True)
class Colours:
    """Of a card: its surface, its edge, what is written on it, its icon's disc and the icon."""

    fill: str
    edge: str
    ink: str
    muted: str
    disc: str
    icon: str


COLOURS: Mapping[Look, Colours] = {
    "trigger": Colours("#0b6e4f", "#0b6e4f", _WHITE, "#e3f5ec", "#ffffff", "#0b6e4f"),
    "message": Colours(_WHITE, "#b8c4ce", _INK, _MUTED, "#0b6e4f", _WHITE),
    "question": Colours(_WHITE, "#5b4bb7", _INK, _MUTED, "#5b4bb7", _WHITE),
    "wait": Colours("#fff3d1", "#e0b94a", "#5f4300", "#5f4300", "#8a6100", _WHITE),
    "choice": Colours("#e3eefc", "#8ab4e8", "#123e73", "#123e73", "#1f5fae", _WHITE),
    "staff": Colours("#fdeaf1", "#e3a1bb", "#7a1f42", "#7a1f42", "#a83260", _WHITE),
    "chips": Colours("#e4f3ea", "#a9d3ba", "#14532d", "#14532d", "#e4f3ea", "#14532d"),
    "ending": Colours("#e4e7eb", "#b8c4ce", "#323f4b", "#323f4b", "#52606d", _WHITE),
    "goal": Colours("#14532d", "#14532d", _WHITE, _WHITE, "#ffffff", "#14532d"),
}

_ROUND: Mapping[Look, float] = {"message": 14, "question": 14, "staff": 14}


def svg_of(picture: Picture) -> str:
    """The file's text."""
    block = lay_out(picture.path)
    inner = max(block.left + block.right, _NARROWEST)
    head, top = _head(picture, inner)
    middle = _MARGIN + block.left + (inner - block.left - block.right) / 2
    width, height = inner + 2 * _MARGIN, top + block.height + _MARGIN
    tip = _element("path", d="M1 1L9 5L1 9z", fill=_LINE)
    arrow = {"viewBox": "0 0 10 10", "refX": 9, "refY": 5, "markerWidth": 8, "markerHeight": 8}
    parts = [
        _element("title", _text(picture.title)),
        _element("defs", _element("marker", tip, id="arrow", **arrow, orient="auto")),
        _element("rect", width=width, height=height, fill=_PAPER),
        *head,
        _group(middle, top, [*map(_edge, block.edges), *map(_label, block.labels), *map(_card, block.cards)]),
    ]
    root = {"viewBox": f"0 0 {_n(width)} {_n(height)}", "role": "img", "font-family": _FAMILY}
    content = "\n".join(["", *parts, ""])
    xmlns = "http://www.w3.org/2000/svg"
    return _element("svg", content, xmlns=xmlns, width=width, height=height, **root) + "\n"


def _head(picture: Picture, room: float) -> tuple[list[str], float]:
    """The title and the rules of the journey, and where the cards begin below them."""
    parts: list[str] = []
    y = float(_MARGIN)
    for line in wrap(picture.title, room, _TITLE_SIZE * 1.16, 2):
        look = {"font_size": _TITLE_SIZE, "font_weight": 700, "fill": _INK}
        parts += _line(line, _MARGIN, y + _TITLE_SIZE * 0.8, _TITLE_SIZE * 1.16, look)
        y += _TITLE_SIZE * 1.4
    for line in (line for rule in picture.rules for line in wrap(rule, room, _RULE_SIZE, 3)):
        look = {"font_size": _RULE_SIZE, "fill": _MUTED}
        parts += _line(line, _MARGIN, y + _RULE_SIZE * 0.8, _RULE_SIZE, look)
        y += _RULE_SIZE * 1.5
    return parts, y + 12


# --- cards ---------------------------------------------------------------------------------------


def _card(placed: PlacedCard) -> str:
    face = placed.face
    colours = COLOURS[face.card.look]
    if face.chips:
        chips = (part for chip in face.chips for part in _chip(chip, colours))
        return _group(placed.x, placed.y, [_element("title", _text(face.card.full_text)), *chips])
    left, radius = -face.width / 2 + 14, BADGE / 2
    middle = 14 + radius if face.card.heading else face.height / 2
    parts = [
        _element("path", d=_outline(face), fill=colours.fill, stroke=colours.edge, stroke_width=1.5),
        _element("circle", cx=left + radius, cy=middle, r=radius, fill=colours.disc),
        _icon(face.card.icon, left + 5, middle - radius + 5, BADGE - 10, colours.icon),
    ]
    for line in face.lines:
        ink = colours.muted if line.style in ("heading", "note") else colours.ink
        font = FONTS[line.style]
        look = {"font_size": font.size, "font_weight": 600 if font.bold else 400, "fill": ink}
        parts += _line(line.text, line.x, line.y, font.measured, look)
    return _group(placed.x, placed.y, [_element("title", _text(face.card.full_text)), *parts])


def _line(line: str, x: float, y: float, measured: float, look: Mapping[str, object]) -> Iterator[str]:
    """A line of text. Merge fields are chips; beside one, text is as wide as was measured in every font."""
    found = list(segments(line, measured))
    for segment in found:
        left = x + segment.x
        width = {"textLength": segment.width} if len(found) > 1 else {}
        if not segment.is_field:
            yield _element("text", _text(segment.text), x=left, y=y, **width, **look)
            continue
        size = FONTS["text"].size
        place = {"x": left + 1, "y": y - size * 0.95, "width": segment.width - 2, "height": size * 1.25}
        yield _element("rect", **place, rx=4, fill=_FIELD, stroke=_FIELD_EDGE)
        # A narrower font is spaced out: its letters keep their shapes.
        fit = {"textLength": segment.width - size * 0.6}
        yield _element(
            "text", _text(segment.text), x=left + size * 0.3, y=y, **fit, **{**look, "fill": _FIELD_INK}
        )


def _outline(face: Face) -> str:
    """A rounded card; what is said to the follower has the tail of a speech bubble, on its left."""
    half, height = face.width / 2, face.height
    r = _ROUND.get(face.card.look, min(height / 2, 22))
    tail = f"V42l-9 -7l9 -7V{_n(r)}" if face.card.look in ("message", "question") else f"V{_n(r)}"
    return (
        f"M{_n(-half + r)} 0H{_n(half - r)}a{_n(r)} {_n(r)} 0 0 1 {_n(r)} {_n(r)}V{_n(height - r)}"
        f"a{_n(r)} {_n(r)} 0 0 1 {_n(-r)} {_n(r)}H{_n(-half + r)}a{_n(r)} {_n(r)} 0 0 1 {_n(-r)} {_n(-r)}"
        f"{tail}a{_n(r)} {_n(r)} 0 0 1 {_n(r)} {_n(-r)}z"
    )


def _chip(chip: PlacedChip, colours: Colours) -> Iterator[str]:
    size = {"width": chip.width, "height": CHIP_HEIGHT}
    look = {"fill": colours.fill, "stroke": colours.edge, "rx": CHIP_HEIGHT / 2}
    yield _element("rect", x=chip.x, y=chip.y, **size, **look)
    yield _icon(chip.icon, chip.x + 7, chip.y + 5.5, 13, colours.icon)
    at = {"x": chip.x + 24, "y": chip.y + CHIP_HEIGHT / 2 + 4.2}
    look = {"font_size": FONTS["chip"].size, "fill": colours.ink}
    yield from _line(chip.text, at["x"], at["y"], FONTS["chip"].size, look)


def _icon(name: str, x: float, y: float, size: float, colour: str) -> str:
    place = f"translate({_n(x)} {_n(y)}) scale({_n(size / 24)})"
    look = {"stroke_width": 2.2, "stroke_linecap": "round", "stroke_linejoin": "round"}
    return _element("path", d=ICONS[name], transform=place, fill="none", stroke=colour, **look)


# --- ways ----------------------------------------------------------------------------------------


def _edge(edge: Edge) -> str:
    arrow = {"marker_end": "url(#arrow)"} if edge.arrow else {}
    return _element("path", d=_rounded(edge), fill="none", stroke=_LINE, stroke_width=1.6, **arrow)


def _rounded(edge: Edge) -> str:
    """The line with its corners rounded."""
    points = [point for i, point in enumerate(edge.points) if i == 0 or point != edge.points[i - 1]]
    path = f"M{_point(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        path += f"L{_point(start)}Q{_point(corner)} {_point(end)}"
    return f"{path}L{_point(points[-1])}"


def _towards(corner: Point, other: Point) -> Point:
    """The point where a corner's bend begins; lines run along one axis."""
    (x, y), (to_x, to_y) = corner, other
    length = abs(to_x - x) + abs(to_y - y)
    part = min(_CORNER, length / 2) / length
    return x + (to_x - x) * part, y + (to_y - y) * part


def _label(label: Label) -> str:
    size = {"width": label.width, "height": label.height}
    parts = [
        _element("title", _text(label.full_text)),
        _element("rect", x=-label.width / 2, y=0, **size, fill=_WHITE, stroke="#b8c4ce", rx=10),
    ]
    font = FONTS["label"].size
    look = {"font_size": font, "fill": _INK}
    for number, line in enumerate(label.lines):
        y = 4 + number * LABEL_LEADING + LABEL_LEADING * 0.76
        if any(segment.is_field for segment in segments(line, font)):
            parts += _line(line, -width_of(line, font) / 2, y, font, look)
        else:
            parts.append(_element("text", _text(line), x=0, y=y, **look, text_anchor="middle"))
    return _group(label.x, label.y, parts)


# --- XML -----------------------------------------------------------------------------------------


def _group(x: float, y: float, parts: Iterable[str]) -> str:
    return "\n".join([f'<g transform="translate({_point((x, y))})">', *parts, "</g>"])


def _element(tag: str, content: str = "", /, **attributes: object) -> str:
    """An element; `font_size` is written `font-size`."""
    written = "".join(
        f' {key.replace("_", "-")}="{_n(value) if isinstance(value, int | float) else escape(str(value))}"'
        for key, value in attributes.items()
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def _text(text: str) -> str:
    return escape(without_unprintable(text), quote=False)


def _point(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    return f"{round(number, 2):g}" if abs(number) < 1 else f"{round(number, 1):g}"
