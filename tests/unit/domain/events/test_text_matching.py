"""What people type, compared as they mean it."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOON, SUBJECT
from wejourney.events import wechat_emoji as faces
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import TextReceived
from wejourney.events.matching import EventPattern, matches
from wejourney.events.text_matching import LONGEST_COMPARED, matches_glob, normalise
from wejourney.events.wechat_emoji import one_spelling
from wejourney.journeys.answers import Question

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
def test_a_star_matches_any_text_and_other_characters_match_themselves(
    pattern: str, text: str | None, *, expected: bool
) -> None:
    assert matches_glob(pattern, text) is expected


def test_width_case_and_surrounding_space_are_ignored() -> None:
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
def test_text_that_is_no_face_is_unchanged(text: str) -> None:
    assert one_spelling(text) == text


def test_a_digit_on_a_key_is_the_digit() -> None:
    assert normalise("1️⃣") == "1"


# --- how long it takes ------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from(["a", "b", "*", "ab", ".", "\n", "退"]), max_size=8).map("".join),
    st.text("ab.\n退", max_size=12),
)
@settings(max_examples=500)
def test_a_pattern_fits_what_its_regular_expression_fits(pattern: str, text: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert matches_glob(pattern, text) is (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_a_pattern_of_many_stars_is_compared_in_one_pass() -> None:
    """A regular expression would try for ever: 12 stars, 100,000 letters."""
    assert not matches_glob("*a" * 12 + "*b", "a" * 100_000)
    assert matches_glob("*a" * 12 + "*", "a" * 100_000)


QUADRATIC = ["\u0301", "\u0316\u0301", "e\u0301\u0316", "\u1161", "\ufdfa", "\u3099", "a"]


@pytest.mark.parametrize("signs", QUADRATIC)
def test_at_most_the_compared_characters_of_a_text_are_normalised(
    signs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Normalising combining marks takes the square of their number: 100,000 took 73 seconds."""
    lengths: list[int] = []
    normalize = unicodedata.normalize

    def noting(form: Any, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr("wejourney.events.text_matching.unicodedata.normalize", noting)
    said = signs * (10 * LONGEST_COMPARED // len(signs))
    question = Question(choices={"ring": ("1",), "gift": ("2",)})
    numbers = (Question(parse="number"), Question(parse="phone"), Question())
    event = InboundEvent("1", SUBJECT, NOON, TextReceived(said))
    for one in (question, *numbers):
        one.read(event)
    matches(EventPattern("text", keywords=("help", "*points*")), event)
    assert lengths
    assert max(lengths) <= LONGEST_COMPARED
