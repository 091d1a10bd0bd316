from hypothesis import given
from hypothesis import strategies as st

from workbench.drawing.card_metrics import ELLIPSIS, width_of, wrap


def test_a_chinese_character_is_as_wide_as_the_font_is_high_and_a_latin_letter_about_half() -> None:
    assert width_of("欢迎，", 10) == 30
    assert 40 < width_of("abcdefghij", 10) < 60


def test_lines_break_between_words_and_between_chinese_characters() -> None:
    assert wrap("one two three", 45, 10, 9) == ["one two", "three"]
    assert wrap("欢迎来到门店", 30, 10, 9) == ["欢迎来", "到门店"]
    assert wrap("欢迎 XYZ store 门店", 62, 10, 9) == ["欢迎 XYZ", "store 门店"]


def test_no_line_begins_with_what_ends_a_sentence() -> None:
    assert wrap("欢迎来。到门店", 30, 10, 9) == ["欢迎", "来。到", "门店"]


def test_lines_of_the_author_stay_and_empty_ones_go() -> None:
    assert wrap("one\n\n two", 100, 10, 9) == ["one", "two"]


def test_what_does_not_fit_ends_in_an_ellipsis_after_a_whole_word() -> None:
    assert wrap("one two three four five", 45, 10, 2) == ["one two", "three" + ELLIPSIS]
    assert wrap("欢迎来到我们的门店", 30, 10, 2) == ["欢迎来", "到我" + ELLIPSIS]


def test_an_address_without_spaces_is_broken() -> None:
    assert len(wrap("https://www.example.com/a/b/c", 60, 10, 9)) > 1


@given(st.text(max_size=120), st.integers(30, 300), st.integers(1, 5))
def test_no_line_is_ever_too_wide_and_there_are_never_too_many(text: str, width: int, most: int) -> None:
    lines = wrap(text, width, 10, most)
    assert len(lines) <= most
    assert all(width_of(line, 10) <= width for line in lines)
    if len(wrap(text, width, 10, 999)) <= most:
        assert "".join("".join(lines).split()) == "".join(text.split())
