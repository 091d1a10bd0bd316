"""A picture as an SVG file that stands alone: no script, no style sheet, no font of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from wejourney.text import without_unprintable
from workbench.drawing.card_metrics import BADGE, BOLD, CHIP_HEIGHT, SIZES, Face, PlacedChip
from workbench.drawing.cards import Look, Picture
from workbench.drawing.icons import ICONS
from workbench.drawing.layout import LABEL_LEADING, Edge, Label, PlacedCard, lay_out
from workbench.drawing.measuring import wrap

FONTS = 'system-ui, "PingFang SC", "Microsoft YaHei", sans-serif'

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
    width = max(block.left + block.right, _NARROWEST) + 2 * _MARGIN
    head = list(_head(picture, width - 2 * _MARGIN))
    top = _MARGIN + sum(height for _, height in head) + 12
    middle = _MARGIN + block.left + (width - 2 * _MARGIN - block.left - block.right) / 2
    height = top + block.height + _MARGIN
    body = _group(
        (middle, top),
        [
            *map(_edge, block.edges),
            *map(_label, block.labels),
            *(part for card in block.cards for part in _card(card)),
        ],
    )
    size = {"width": width, "height": height}
    parts = [
        _element("title", {}, _text(picture.title)),
        _element("defs", {}, _arrow()),
        _element("rect", {**size, "fill": _PAPER}),
        *_heading(head),
        body,
    ]
    root = {**size, "viewBox": f"0 0 {_n(width)} {_n(height)}", "role": "img", "font-family": FONTS}
    content = "\n".join(["", *parts, ""])
    return _element("svg", {"xmlns": "http://www.w3.org/2000/svg", **root}, content) + "\n"


def _head(picture: Picture, room: float) -> Iterator[tuple[str, float]]:
    """The title and the rules, line by line, with the height of each."""
    for line in wrap(picture.title, room, _TITLE_SIZE, 2):
        yield line, _TITLE_SIZE * 1.4
    for rule in picture.rules:
        for line in wrap(rule, room, _RULE_SIZE, 3):
            yield line, _RULE_SIZE * 1.5


def _heading(head: Iterable[tuple[str, float]]) -> Iterator[str]:
    y = float(_MARGIN)
    for line, height in head:
        is_title = height == _TITLE_SIZE * 1.4
        size = _TITLE_SIZE if is_title else _RULE_SIZE
        look = {"font-weight": 700, "fill": _INK} if is_title else {"fill": _MUTED}
        yield _element("text", {"x": _MARGIN, "y": y + size * 0.8, "font-size": size, **look}, _text(line))
        y += height


# --- cards ---------------------------------------------------------------------------------------


def _card(placed: PlacedCard) -> Iterator[str]:
    face = placed.face
    colours = COLOURS[face.card.look]
    if face.chips:
        yield _group((placed.x, placed.y), [part for chip in face.chips for part in _chip(chip, colours)])
        return
    surface = {"fill": colours.fill, "stroke": colours.edge, "stroke-width": 1.5}
    parts = [_element("path", {"d": _outline(face), **surface})]
    left = -face.width / 2 + 14
    middle = 14 + BADGE / 2 if face.card.heading else face.height / 2
    parts.append(
        _element("circle", {"cx": left + BADGE / 2, "cy": middle, "r": BADGE / 2, "fill": colours.disc})
    )
    parts.append(_icon(face.card.icon, left + 5, middle - BADGE / 2 + 5, BADGE - 10, colours.icon))
    for line in face.lines:
        ink = colours.muted if line.style in ("heading", "note") else colours.ink
        look = {
            "font-size": SIZES[line.style],
            "font-weight": 600 if line.style in BOLD else 400,
            "fill": ink,
        }
        parts.append(_element("text", {"x": line.x, "y": line.y, **look}, _text(line.text)))
    yield _group((placed.x, placed.y), parts)


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
    look = {"fill": colours.fill, "stroke": colours.edge, "rx": CHIP_HEIGHT / 2}
    yield _element("rect", {"x": chip.x, "y": chip.y, "width": chip.width, "height": CHIP_HEIGHT, **look})
    yield _icon(chip.chip.icon, chip.x + 7, chip.y + 5.5, 13, colours.icon)
    at = {"x": chip.x + 24, "y": chip.y + CHIP_HEIGHT / 2 + 4.2}
    yield _element("text", {**at, "font-size": SIZES["chip"], "fill": colours.ink}, _text(chip.text))


def _icon(name: str, x: float, y: float, size: float, colour: str) -> str:
    look = {
        "fill": "none",
        "stroke": colour,
        "stroke-width": 2.2,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    }
    place = f"translate({_n(x)} {_n(y)}) scale({_n(size / 24)})"
    return _element("path", {"d": ICONS[name], "transform": place, **look})


# --- ways ----------------------------------------------------------------------------------------


def _edge(edge: Edge) -> str:
    look = {"fill": "none", "stroke": _LINE, "stroke-width": 1.6}
    arrow = {"marker-end": "url(#arrow)"} if edge.arrow else {}
    return _element("path", {"d": _rounded(edge), **look, **arrow})


def _arrow() -> str:
    tip = _element("path", {"d": "M1 1L9 5L1 9z", "fill": _LINE})
    box = {"viewBox": "0 0 10 10", "refX": 9, "refY": 5, "markerWidth": 8, "markerHeight": 8}
    return _element("marker", {"id": "arrow", **box, "orient": "auto"}, tip)


def _rounded(edge: Edge) -> str:
    """The line with its corners rounded."""
    points = [point for i, point in enumerate(edge.points) if i == 0 or point != edge.points[i - 1]]
    path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        path.append(
            f"L{_n(start[0])} {_n(start[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(end[0])} {_n(end[1])}"
        )
    path.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(path)


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The point where a corner's bend begins; lines run along one axis."""
    (x, y), (to_x, to_y) = corner, other
    length = abs(to_x - x) + abs(to_y - y)
    part = min(_CORNER, length / 2) / length
    return x + (to_x - x) * part, y + (to_y - y) * part


def _label(label: Label) -> str:
    width, height = label.width, label.height
    look = {"fill": _WHITE, "stroke": "#b8c4ce", "rx": 10}
    parts = [_element("rect", {"x": -width / 2, "y": 0, "width": width, "height": height, **look})]
    text = {"font-size": SIZES["label"], "fill": _INK, "text-anchor": "middle"}
    for number, line in enumerate(label.lines):
        y = 4 + number * LABEL_LEADING + LABEL_LEADING * 0.76
        parts.append(_element("text", {"x": 0, "y": y, **text}, _text(line)))
    return _group((label.x, label.y), parts)


# --- XML -----------------------------------------------------------------------------------------


def _group(at: tuple[float, float], parts: Iterable[str]) -> str:
    return "\n".join([f'<g transform="translate({_n(at[0])} {_n(at[1])})">', *parts, "</g>"])


def _element(name: str, attributes: Mapping[str, object], content: str = "") -> str:
    written = "".join(
        f' {key}="{_n(value) if isinstance(value, int | float) else escape(str(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _text(text: str) -> str:
    return escape(without_unprintable(text), quote=False)


def _n(number: float) -> str:
    return f"{round(number, 2):g}" if abs(number) < 1 else f"{round(number, 1):g}"
