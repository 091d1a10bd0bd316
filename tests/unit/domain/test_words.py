"""What people type, compared as they mean it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.domain import faces
from wejourney.domain.faces import one_spelling
from wejourney.domain.words import like, normalise, pattern_regex

SMILES = ("/::)", "[Smile]", "[smile]", "[微笑]", "🙂")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("store-*", "store-SH01", True),
        ("store-*", "a store-SH01", False),
        ("[Smile]", "[Smile]", True),
        ("[Smile]", "S", False),
        ("*ring*", "a\nring", True),
        ("ring", "ring\n", False),
        ("a", None, False),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(
    pattern: str, text: str | None, *, expected: bool
) -> None:
    assert like(pattern, text) is expected


@given(st.text(), st.text())
def test_a_pattern_and_its_regular_expression_agree(pattern: str, text: str) -> None:
    assert like(pattern, text) is bool(re.search(pattern_regex(pattern)[:-1] + r"\Z", text, re.DOTALL))


def test_width_case_and_outer_space_mean_nothing() -> None:
    assert normalise(" １ ") == "1"
    assert normalise("ＲｉｎＧ") == "ring"


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("[Smile]", SMILES),
        ("[ThumbsUp]", ("/:strong", "[强]", "[強]", "[Strong]", "[thumbsup]", "👍", "👍🏽")),
        ("[Heart]", ("/:heart", "[爱心]", "❤", "❤️")),
        ("[Bah！L]", ("/:<@", "[左哼哼]", "[bah！l]")),
        ("[Bah！R]", ("/:@>", "[右哼哼]")),
        ("[Speechless]", ("/:wipe", "[擦汗]", "[Relief]")),
        ("[Aaagh!]", ("/:<O>", "[怄火]")),
        ("[Facepalm]", ("[捂脸]", "[掩面]", "🤦", "🤦🏻‍♀️")),
        ("[OK]", ("/:ok", "[ok]", "👌")),
    ],
)
def test_a_face_is_the_same_in_all_its_spellings(one: str, others: tuple[str, ...]) -> None:
    assert {one_spelling(other) for other in others} == {one}


@pytest.mark.parametrize(
    ("code", "face"),
    [
        ("/::-O", "[Yawn]"),
        ("/::O", "[Surprise]"),
        ("/:,@-D", "[Joyful]"),
        ("/::,@", "[Commando]"),
        ("/:,@@", "[Dizzy]"),
        ("/:@@", "[Fist]"),
        ("/::D", "[Grin]"),
        ("/::d", "[Slight]"),
        ("/::'|", "[TearingUp]"),
        ("/::|", "[Scowl]"),
        ("/:@)", "[Fight]"),
        ("/:li", "[Lightning]"),
    ],
)
def test_codes_that_look_alike_are_different_faces(code: str, face: str) -> None:
    assert one_spelling(code) == face


def test_every_spelling_belongs_to_one_face() -> None:
    spellings = [spelling.casefold() for spelling in faces._FACES.split() if spelling.startswith("[")]
    codes = [spelling for spelling in faces._FACES.split() if not spelling.startswith("[")]
    assert len(spellings) == len(set(spellings))
    assert len(codes) == len(set(codes))


@given(st.lists(st.sampled_from([*faces._ONE, " ", "a", "谢谢", "/", ":"])))
def test_a_text_is_spelled_the_same_however_often_it_is_read(parts: list[str]) -> None:
    once = one_spelling("".join(parts))
    assert one_spelling(once) == once


@pytest.mark.parametrize("text", ["12:30", "http://e.com/:id", "a :) b", "[note]", "路:强"])
def test_what_is_no_face_stays(text: str) -> None:
    assert one_spelling(text) == text


def test_a_digit_on_a_key_is_the_digit() -> None:
    assert normalise("1️⃣") == "1"
