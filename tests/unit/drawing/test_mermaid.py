"""The flowchart's text. Its grammar was tried with Mermaid's own parser; here its structure is kept."""

import json
import re

import pytest

from tests.unit.drawing.everything import EVERYTHING
from tests.unit.drawing.test_telling import nodes_of
from wejourney.drawing.mermaid import mermaid_of
from wejourney.drawing.phrases import LANGUAGES, Language
from wejourney.drawing.svg import COLOURS
from wejourney.drawing.telling import picture_of

NODE = re.compile(r'^    (n\d+)[\[({/]+"([^"]*)"[\])}/]+:::(\w+)$')
EDGE = re.compile(r'^    (n\d+) -->(?:\|"([^"]*)"\|)? (n\d+)$')
CLASS = re.compile(r"^    classDef (\w+) ")
PLAIN = re.compile(r"^(?:[\w .,:!?'·…“”‹›，。！？：；、（）《》%+−\-=/¥]|#\d+;|<br/>)*$")
RESERVED = {"end", "graph", "subgraph", "style", "class", "click", "default"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_a_card_a_way_or_a_look(language: Language) -> None:
    picture = picture_of(EVERYTHING, language)
    lines = mermaid_of(picture).splitlines()
    begin = lines.index("flowchart TD")
    assert lines[:3] == ["---", f"title: {json.dumps(picture.title, ensure_ascii=False)}", "---"]
    assert lines[3:begin] == [f"%% {rule}" for rule in picture.rules]
    assert [line for line in lines[begin + 1 :] if not any(p.match(line) for p in (NODE, EDGE, CLASS))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_is_there_once_and_is_reached(language: Language) -> None:
    picture = picture_of(EVERYTHING, language)
    lines = mermaid_of(picture).splitlines()
    cards = [found[1] for line in lines if (found := NODE.match(line))]
    edges = [(found[1], found[3]) for line in lines if (found := EDGE.match(line))]
    assert len(cards) == len(set(cards)) == len(list(nodes_of(picture.path)))
    assert {after for _, after in edges} == set(cards[1:])
    assert {before for before, _ in edges} <= set(cards)


def test_what_mermaid_would_read_as_syntax_is_written_as_an_entity() -> None:
    lines = mermaid_of(picture_of(EVERYTHING, "en")).splitlines()
    labels = [found[2] for line in lines for pattern in (NODE, EDGE) if (found := pattern.match(line))]
    assert [label for label in labels if label and not PLAIN.match(label)] == []
    assert any("News for #60;you#62; #38; #34;yours#34;" in (label or "") for label in labels)


def test_no_look_is_a_word_of_mermaids_own() -> None:
    assert not RESERVED.intersection(COLOURS)
