"""Merge fields are chips in every text of a picture: their names and fallbacks are readable."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.messaging.merge_fields import fields_of
from workbench.drawing.card_metrics import FIELD, FIELD_END, segments, width_of, wrap
from workbench.drawing.picture import picture_of
from workbench.drawing.svg import svg_of
from workbench.language.reading import read_text
from workbench.wording.picture_phrases import LANGUAGES, Language

NAMES = st.sampled_from(("answer.day", "attribute.nickname", "date.booking", "points", "tier", "language"))
FALLBACKS = st.sampled_from(("|soon", "|尊敬的客人", "|a longer fallback", "|9", "|"))
FIELDS = st.builds(lambda name, fallback: f"{{{name}{fallback}}}", NAMES, FALLBACKS)
WORDS = st.text(st.sampled_from("abc WM 欢迎，“”.…'é\n"), max_size=25)
TEXTS = st.lists(st.one_of(WORDS, FIELDS), max_size=6).map("".join)

ADDRESSES = "url: 'https://a.b/c', picture: 'https://a.b/p'"
WITH_FIELDS = {
    "text": "send: {text: 'Noted: {tier|soon}.'}",
    "news title": f"send: {{news: {{title: 'A {{tier|soon}}', description: d, {ADDRESSES}}}}}",
    "news description": f"send: {{news: {{title: A, description: 'B {{tier|soon}}', {ADDRESSES}}}}}",
    "menu head": "ask: {name: q, within: 1h, choices: {a: [b]}, menu: {head: '{tier|soon}', items: {a: B}}}",
    "menu item": "ask: {name: q, within: 1h, choices: {a: [b]}, menu: {head: C, items: {a: '{tier|soon}'}}}",
    "menu tail": "send: {menu: {head: C, items: {a: B}, tail: 'F {tier|soon}'}}",
    "notify": "notify: {staff: store, text: 'Tell {tier|soon}'}",
    "set": "set: {level: '{tier|soon}'}",
    "template": "send: {purpose: service, template: {id: T1, data: {thing1: 'D {tier|soon}'}}}",
    "question": "ask: {name: q, text: 'E {tier|soon}?', within: 1h}",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", WITH_FIELDS.values(), ids=WITH_FIELDS.keys())
def test_a_merge_field_is_a_chip_with_its_name_and_fallback_wherever_it_stands(
    step: str, language: Language
) -> None:
    reading = read_text(f"title: T\ntrigger: {{event: follow}}\nsteps:\n  - {step}\n", "j", "j.yaml")
    assert reading.journey is not None, reading.mistakes
    svg = unescape(svg_of(picture_of(reading.journey, language)))
    assert "tier|soon" in re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert "{tier|soon}" in "".join(re.findall(r"<title>([^<]*)</title>", svg))


@given(TEXTS, st.integers(90, 300), st.integers(1, 5))
def test_lines_with_fields_fit_and_every_field_on_them_is_one_chip(text: str, width: int, most: int) -> None:
    lines = wrap(text, width, 10, most)
    assert len(lines) <= most
    for line in lines:
        assert width_of(line, 10) <= width
        assert line.count(FIELD) == line.count(FIELD_END) == sum(part.is_field for part in segments(line, 10))
    if len(lines) < most:
        shown = [part.text for line in lines for part in segments(line, 10) if part.is_field]
        assert len(shown) == len(list(fields_of(text)))
