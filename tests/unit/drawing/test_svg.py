"""The SVG file: sound, readable, and safe to show."""

import re
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tests.unit.drawing.everything import EVERYTHING
from tests.unit.drawing.test_picture import nodes_of
from wejourney.messaging.contents import Text
from workbench.drawing.icons import ICONS
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import COLOURS, svg_of
from workbench.language.journey import Journey
from workbench.wording.picture_phrases import LANGUAGES, Language

SVG = "{http://www.w3.org/2000/svg}"
READABLE = 4.5
"""https://www.w3.org/TR/WCAG22/#contrast-minimum"""


def drawn(language: Language = "en", journey: Journey = EVERYTHING) -> Element:
    root: Element = fromstring(svg_of(picture_of(journey, language)))
    return root


def texts(root: Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_is_well_formed_and_contains_the_texts_of_the_journey(language: Language) -> None:
    root = drawn(language)
    assert root.findtext(f"{SVG}title") == EVERYTHING.title[language]
    assert EVERYTHING.title[language] in texts(root)
    assert any("SPRING" in text for text in texts(root))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "defs", "marker", "rect", "text", "g", "path", "circle")
    }


def test_what_an_author_writes_is_text_and_never_markup() -> None:
    said = '</text><script>alert("1")</script> & \x00\x1b\ud800 end'
    root = drawn(journey=replace(EVERYTHING, opening=Text({"any": said})))
    assert not list(root.iter(f"{SVG}script"))
    assert any("</text><script>" in text for text in texts(root))


def test_every_icon_that_is_used_exists() -> None:
    cards = [node.card for node in nodes_of(picture_of(EVERYTHING, "en").path)]
    used = {card.icon for card in cards} | {chip.icon for card in cards for chip in card.chips}
    assert used - {"chips"} <= ICONS.keys()


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", COLOURS)
def test_every_text_of_a_card_has_enough_contrast(look: str) -> None:
    colours = next(value for name, value in COLOURS.items() if name == look)
    assert contrast(colours.ink, colours.fill) >= READABLE
    assert contrast(colours.muted, colours.fill) >= READABLE
    assert contrast(colours.icon, colours.disc) >= READABLE


def test_the_title_and_the_rules_have_enough_contrast() -> None:
    root = drawn()
    (paper,) = root.findall(f"{SVG}rect")
    for element in root.findall(f"{SVG}text"):
        assert contrast(element.attrib["fill"], paper.attrib["fill"]) >= READABLE


def test_a_picture_loads_no_other_file() -> None:
    svg = svg_of(picture_of(EVERYTHING, "en"))
    assert re.findall(r"(?:href|src|url)\W[^#]", svg) == []


def test_no_letter_is_stretched_where_the_font_is_narrower_than_what_was_measured() -> None:
    text = Text(text={"en": "{attribute.city|friend}, {points|0} points"})
    picture = svg_of(picture_of(replace(EVERYTHING, opening=text), "en"))
    assert "textLength" in picture
    assert "lengthAdjust" not in picture
