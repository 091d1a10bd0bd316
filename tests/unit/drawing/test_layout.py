"""Nothing overlaps, nothing sticks out, and every line leads somewhere."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drawing.everything import EVERYTHING
from tests.unit.drawing.test_picture import nodes_of
from workbench.drawing.card_metrics import FONTS, face_of, width_of
from workbench.drawing.cards import Card, CardPath, Chip, Node
from workbench.drawing.layout import Block, lay_out
from workbench.drawing.picture import picture_of
from workbench.wording.picture_phrases import LANGUAGES, Language

type Box = tuple[float, float, float, float]


def boxes_of(block: Block) -> list[Box]:
    """Left, top, right, bottom of all cards and labels."""
    cards = [(one.x, one.y, one.face.width, one.face.height) for one in block.cards]
    labels = [(one.x, one.y, one.width, one.height) for one in block.labels]
    return [(x - width / 2, y, x + width / 2, y + height) for x, y, width, height in (*cards, *labels)]


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def check(path: tuple[Node, ...]) -> None:
    block = lay_out(path)
    boxes = boxes_of(block)
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    for left, top, right, bottom in boxes:
        assert left >= -block.left - 0.01
        assert right <= block.right + 0.01
        assert top >= 0
        assert bottom <= block.height + 0.01
    tops = {(round(card.x, 3), round(card.y, 3)) for card in block.cards}
    for edge in block.edges:
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(edge.points)), "a slanted line"
        if edge.arrow:
            x, y = edge.points[-1]
            assert (round(x, 3), round(y, 3)) in tops, "an arrow to nowhere"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_journey_with_every_step_is_laid_out(language: Language) -> None:
    check(picture_of(EVERYTHING, language).path)


WORDS = st.sampled_from(["yes", "欢迎来到我们的门店", "a long label that has to be wrapped", "W" * 60])
CARDS = st.one_of(
    st.builds(Card, st.just("message"), st.just("text"), WORDS, text=WORDS),
    st.builds(Card, st.just("wait"), st.just("clock"), bold=WORDS),
    st.builds(Card, st.just("ending"), st.just("end"), bold=WORDS),
    st.lists(st.builds(Chip, st.just("tag"), WORDS), min_size=1, max_size=4).map(
        lambda chips: Card("chips", "chips", chips=tuple(chips))
    ),
)


def parting(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    ways = st.lists(
        st.builds(CardPath, WORDS, st.lists(nodes, max_size=3).map(tuple)), min_size=1, max_size=4
    )
    return st.builds(Node, CARDS, ways.map(tuple), st.sampled_from([None, 0]))


PATHS = st.lists(st.recursive(st.builds(Node, CARDS), parting, max_leaves=12), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(PATHS.map(tuple))
def test_any_nested_paths_are_laid_out(path: tuple[Node, ...]) -> None:
    check(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_fits_on_its_card(language: Language) -> None:
    for node in nodes_of(picture_of(EVERYTHING, language).path):
        face = face_of(node.card)
        for line in face.lines:
            assert line.x + width_of(line.text, FONTS[line.style].size) <= face.width / 2
            assert line.y < face.height
        for chip in face.chips:
            assert width_of(chip.text, FONTS["chip"].size) + 24 <= chip.width
            assert chip.x + chip.width <= face.width / 2 + 0.01
