"""Text from outside is fit to be stored and sent, whatever it holds."""

import unicodedata

import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney.text import (
    beginning,
    encodable,
    encodable_json,
    json_object,
    printable,
    shortened,
    without_unprintable,
)


@given(st.text(st.characters(codec="utf-8")))
def test_text_that_can_be_encoded_stays_as_it_is(text: str) -> None:
    assert encodable(text) == text


@given(st.text() | st.text(st.characters(categories=["Cs"])))
@settings(max_examples=500)
def test_any_text_can_be_encoded_afterwards(text: str) -> None:
    for clean in (encodable, printable, without_unprintable):
        assert clean(text).encode().decode() == clean(text)
    assert not any(unicodedata.category(char) == "Cs" for char in encodable(text))


def test_paired_surrogates_become_one_character() -> None:
    assert encodable("a\ud83d\ude00b\ud83dc\ude00") == "a😀b\ufffdc\ufffd"


def test_characters_that_xml_cannot_carry_are_replaced_on_input_and_dropped_on_output() -> None:
    assert printable("a\x00\x1d\t\n\ufffe") == "a\ufffd\ufffd\t\n\ufffd"
    assert without_unprintable("a\x00\x1d\t\n\ufffe") == "a\t\n"


def test_the_characters_that_xml_cannot_carry_are_those_of_its_standard() -> None:
    """https://www.w3.org/TR/xml/#charsets."""
    allowed = {0x9, 0xA, 0xD, *range(0x20, 0xD800), *range(0xE000, 0xFFFE), *range(0x10000, 0x110000)}
    for code in range(0x110000):
        is_kept = printable(f"a{chr(code)}") == f"a{chr(code)}"
        assert is_kept is (code in allowed)


def test_names_and_values_of_json_are_both_cleaned() -> None:
    assert encodable_json({"\ud83d": ["\ud83d", 1, None, True, {"a": "\ude00"}]}) == {
        "\ufffd": ["\ufffd", 1, None, True, {"a": "\ufffd"}]
    }


@given(st.binary().filter(lambda odd: not {*b'"\\'} & {*odd}))
@settings(max_examples=500)
def test_no_byte_in_one_text_loses_the_others_of_an_object(odd: bytes) -> None:
    read = json_object(b'{"odd":"' + odd + b'","total":1}')
    assert read is not None
    assert read["total"] == 1
    assert read["odd"].encode().decode() == read["odd"]


@given(st.binary())
def test_what_is_no_object_is_none(body: bytes) -> None:
    for text in (body, b"[]", b"null", b'{"a":', b"[" * 100_000, b"9" * 5_000):
        assert isinstance(json_object(text), dict | None)


SEEN_AS_ONE = (
    *(
        "a",
        "街",
        " ",
        "é",
        "e\u0301",
        "a" + "\u0301" * 5,
        "👨\u200d👩\u200d👧",
        "👍🏽",
        "👩🏽\u200d🚀",
        "❤️",
        "1️⃣",
        "🇫🇷",
        "🇫",
    ),
    *(
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "각",
        "\u1100\u1161\u11a8",
        "क्ष",
        "क़्ष",
        "ന്\u200d",
    ),
    *("ก็", "กำ", "ﾊﾞ", "\u0600١", "\u0d4eക", "\r\n", "a\u200c"),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(SEEN_AS_ONE), min_size=1, max_size=12).map("".join))
def test_a_text_is_cut_between_what_people_see_as_characters(text: str) -> None:
    ends = [found.end() for found in regex.finditer(r"\X", text)]
    for longest in range(ends[0], len(text) + 1):
        cut = beginning(text, longest)
        assert len(cut) == max(end for end in ends if end <= longest)
        assert text.startswith(cut)
        assert shortened(text, longest + 1) == (text if len(text) <= longest + 1 else f"{cut}…")


def test_each_mark_stays_with_the_character_before_it() -> None:
    marks = [char for char in map(chr, range(0x20000)) if unicodedata.category(char)[0] == "M"]
    for mark in marks:
        assert regex.fullmatch(r"\X", f"a{mark}") is None or beginning(f"街a{mark}", 2) == "街", ascii(mark)


def test_what_people_see_as_one_is_cut_if_it_is_longer_than_everything_that_may_be_shown() -> None:
    assert beginning("e" + "\u0301" * 100, 60) == "e" + "\u0301" * 59
    assert beginning("", 60) == ""
