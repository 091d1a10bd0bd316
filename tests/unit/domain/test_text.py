"""Text from outside is fit to be stored and sent, whatever it holds."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney.text import encodable, encodable_json, printable, without_unprintable


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


def test_names_and_values_of_json_are_both_cleaned() -> None:
    assert encodable_json({"\ud83d": ["\ud83d", 1, None, True, {"a": "\ude00"}]}) == {
        "\ufffd": ["\ufffd", 1, None, True, {"a": "\ufffd"}]
    }
