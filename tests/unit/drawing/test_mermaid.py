"""The flowchart's text. Its grammar was tried with Mermaid's own parser; here its structure is kept."""

import json
import re
from dataclasses import replace

import pytest

from tests.unit.drawing.everything import EVERYTHING
from tests.unit.drawing.test_telling import nodes_of
from wejourney.journeys.definition import Again
from workbench.drawing.mermaid import mermaid_of
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import COLOURS
from workbench.wording.phrases import LANGUAGES, Language

NODE = re.compile(r'^    (n\d+)[\[({/]+"([^"]*)"[\])}/]+:::(\w+)$')
EDGE = re.compile(r'^    (n\d+) -->(?:\|"([^"]*)"\|)? (n\d+)$')
NOTE = (
    re.compile(r'^    rules\["([^"]*)"\]:::rules$'),
    re.compile(r"^    rules -\.- n1$"),
    re.compile(r"^    classDef rules "),
)
CLASS = re.compile(r"^    classDef (\w+) ")
PLAIN = re.compile(r"^(?:[\w .,:!?'·…“”‹›，。！？：；、（）《》%+−\-=/¥]|#\d+;|<br/>)*$")
RESERVED = {"end", "graph", "subgraph", "style", "class", "click", "default"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_a_card_a_way_or_a_look(language: Language) -> None:
    picture = picture_of(EVERYTHING, language)
    lines = mermaid_of(picture).splitlines()
    begin = lines.index("flowchart TD")
    assert lines[:3] == ["---", f"title: {json.dumps(picture.title, ensure_ascii=False)}", "---"]
    assert begin == len(lines[:3])
    drawn = lines[begin + 1 + len(NOTE) :]
    assert [line for line in drawn if not any(pattern.match(line) for pattern in (NODE, EDGE, CLASS))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_holds_for_the_whole_journey_is_a_note_beside_its_first_card(language: Language) -> None:
    picture = picture_of(EVERYTHING, language)
    lines = mermaid_of(picture).splitlines()
    begin = lines.index("flowchart TD") + 1
    found, *others = (
        pattern.match(line) for pattern, line in zip(NOTE, lines[begin : begin + len(NOTE)], strict=True)
    )
    assert found is not None
    assert None not in others
    told = re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), found[1].replace("<br/>", ""))
    assert "".join(told.split()) == "".join("".join(picture.rules).split())


def test_a_journey_without_rules_has_no_note() -> None:
    free = replace(EVERYTHING, again=Again(), quiet=None, holdout=0, goal=None, exits=())
    assert "rules" not in mermaid_of(picture_of(free, "en"))


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
