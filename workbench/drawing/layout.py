"""Where everything stands: each path is a column, and ways stand side by side until they meet again.

Blocks are put together from the inside out, so nothing overlaps and no two lines cross.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from workbench.drawing.card_metrics import FONTS, Face, face_of, width_of, wrap
from workbench.drawing.cards import CardPath, Node

_STEP = 26  # from one card to the next
_STEM = (
    16  # from a card to where its ways part, from there to their labels, from their ends to where they meet
)
_BETWEEN = 28  # between two ways
_BEND = 60  # a way that would go down nearer than this to the middle goes down in the middle: no small bends

_FONT = FONTS["label"]
_LABEL_WIDTH = 190
_LABEL_PAD = 10
LABEL_LEADING = 16

type Point = tuple[float, float]


@dataclass(frozen=True)
class PlacedCard:
    """A card; `x` is its middle, `y` its top."""

    x: float
    y: float
    face: Face


@dataclass(frozen=True)
class Label:
    """The text on a way; `x` is its middle, `y` its top. Its size includes the space around the text."""

    x: float
    y: float
    lines: tuple[str, ...]
    full_text: str = ""

    @property
    def width(self) -> float:
        return max(width_of(line, _FONT.size) for line in self.lines) + 2 * _LABEL_PAD

    @property
    def height(self) -> float:
        return len(self.lines) * LABEL_LEADING + 8


@dataclass(frozen=True)
class Edge:
    """A line with corners, and whether it ends in an arrow."""

    points: tuple[Point, ...]
    arrow: bool = False


@dataclass(frozen=True)
class Block:
    """A path, or a node with its ways: it begins at (0, 0) and, if `open`, goes on at (0, height).

    `left` and `right` are the room that it needs on each side of x = 0.
    """

    left: float = 0
    right: float = 0
    height: float = 0
    cards: tuple[PlacedCard, ...] = ()
    labels: tuple[Label, ...] = ()
    edges: tuple[Edge, ...] = ()
    open: bool = True

    def at(self, x: float, y: float) -> "Block":
        return replace(
            self,
            left=self.left - x,
            right=self.right + x,
            height=self.height + y,
            cards=tuple(replace(card, x=card.x + x, y=card.y + y) for card in self.cards),
            labels=tuple(replace(label, x=label.x + x, y=label.y + y) for label in self.labels),
            edges=tuple(
                replace(edge, points=tuple((px + x, py + y) for px, py in edge.points)) for edge in self.edges
            ),
        )


def lay_out(path: Sequence[Node]) -> Block:
    """A whole path; its first card stands at the top."""
    blocks = [_node(path[0])]
    arrows = []
    for node in path[1:]:
        end = blocks[-1].height
        arrows.append(Edge(((0, end), (0, end + _STEP)), arrow=True))
        blocks.append(_node(node).at(0, end + _STEP))
    return _together(blocks, arrows, is_open=blocks[-1].open)


def _node(node: Node) -> Block:
    face = face_of(node.card)
    card = Block(face.width / 2, face.width / 2, face.height, (PlacedCard(0, 0, face),), open=not node.ends)
    if not node.ways:
        return card
    return _together([card, *_parting(node, face.height)], is_open=not node.ends)


def _parting(node: Node, top: float) -> Iterator[Block]:
    """The ways under a card, and where they meet again."""
    labels = [
        Label(0, 0, tuple(wrap(way.label, _LABEL_WIDTH, _FONT.size, _FONT.most_lines)), way.label)
        for way in node.ways
    ]
    begin = top + 2 * _STEM + max(label.height for label in labels)
    columns = [_column(way, label) for way, label in zip(node.ways, labels, strict=True)]
    bottom = begin + max(column.height for column in columns)
    meet = bottom + _STEM
    for column, label, x in zip(columns, labels, _axes(columns, node.main), strict=True):
        edges = [Edge(((0, top), (0, top + _STEM), (x, top + _STEM), (x, begin)))]
        if column.open:
            edges.append(Edge(((x, begin + column.height), (x, meet), (0, meet))))
        placed = replace(label, x=x, y=top + 2 * _STEM)
        yield Block(height=meet if column.open else bottom, labels=(placed,), edges=tuple(edges))
        yield column.at(x, begin)


def _column(way: CardPath, label: Label) -> Block:
    """The cards of a way, with room for its label above."""
    column = Block()
    if way.path:
        path = lay_out(way.path).at(0, _STEP)
        column = _together([path], [Edge(((0, 0), (0, _STEP)), arrow=True)], is_open=path.open)
    half = label.width / 2
    return replace(column, left=max(column.left, half), right=max(column.right, half))


def _axes(columns: Sequence[Block], main: int | None) -> list[float]:
    """Where the ways go down: the main one straight on, or all of them around the middle."""
    steps = [column.right + _BETWEEN + following.left for column, following in pairwise(columns)]
    axes = list(accumulate(steps, initial=0.0))
    middle = (axes[0] + axes[-1]) / 2 if main is None else axes[main]
    nearest = min(axes, key=lambda x: abs(x - middle))
    if abs(nearest - middle) < _BEND:
        middle = nearest
    return [x - middle for x in axes]


def _together(blocks: Sequence[Block], edges: Iterable[Edge] = (), *, is_open: bool) -> Block:
    """Several blocks as one."""
    return Block(
        left=max(block.left for block in blocks),
        right=max(block.right for block in blocks),
        height=max(block.height for block in blocks),
        cards=tuple(card for block in blocks for card in block.cards),
        labels=tuple(label for block in blocks for label in block.labels),
        edges=(*(edge for block in blocks for edge in block.edges), *edges),
        open=is_open,
    )
