"""Numbers as people type them: questions and ranges read the same ones, and neither guesses."""

from fractions import Fraction
from itertools import product

import pytest

from wejourney.events.numbers import Number, chinese_number
from wejourney.events.values import NumberRange
from wejourney.journeys.answers import Question
from wejourney.messaging.merge_fields import OTHER

WIDE = str.maketrans("0123456789,.-#", "０１２３４５６７８９，．－＃")
FORMS = (
    "{}",
    "{:,}",
    "{}.0",
    "{:,}.00",
    "#{}",
    "No. {}",
    "№{}",
    "{}号",
    " {}。",
    "（{}）",
    "+{}",
    "0{}",
    "{}號!",
)
VALUES = (*range(0, 130, 7), 999, 1_000, 1_280, 12_345, 999_999, 1_280_000, 10**14)

CHINESE = {
    "零": 0, "〇": 0, "三": 3, "两": 2, "十": 10, "十二": 12, "一十二": 12, "二十": 20, "二十五": 25,
    "廿五": 25, "卅": 30, "九十九": 99, "一百": 100, "两百": 200, "一百零五": 105, "一百一十": 110,
    "一百一十五": 115, "三百五十": 350, "一千": 1000, "一千零一": 1001, "一千零一十": 1010,
    "一千二百": 1200, "一千二百八十": 1280, "两千零二十六": 2026, "一万": 10_000, "一万零五": 10_005,
    "一万二千": 12_000, "十五万": 150_000, "一百二十万": 1_200_000, "三亿零五十万": 300_500_000,
    "壹佰贰拾": 120, "貳拾": 20, "三号": 3, "１０万": 100_000, "3万": 30_000, "1.5万": 15_000,
}  # fmt: skip

NO_NUMBERS = (
    "52,5", "1,28", "12,80", "0,280", "1,2800", "1.280,50", "1 280", "1'280", "1_280", "5 2", "52/53",
    "52-53", "52 or 53", "52mm", "52 mm", "¥52", "$52", "52%", "5x", "1e3", "0x34", "½", "五二", "一二八零",
    "零五", "三百五", "一千二", "一万二", "二百五", "百", "万", "万三", "十十", "三十十", "二两", "三个",
    "两位", "第三", "半", "负三", "二点五", "三四", "三、四", "三到五", "大概三", "- 5", "--5", "5-5", "",
    "#", "号", "two", "٣", "1" * 31, "52" + " " * 1_000 + "3",
)  # fmt: skip


def read(text: str) -> str:
    """What a question and a range, which agree, read."""
    number = Number.read(text)
    answer = Question(parse="number").value(text)
    assert (answer == OTHER) is (number is None)
    assert NumberRange(-(10**40), 10**40).holds(text) is (number is not None)
    return answer


@pytest.mark.parametrize("form", FORMS)
def test_a_number_is_read_however_it_is_written(form: str) -> None:
    for value, is_wide in product(VALUES, (False, True)):
        text = form.format(value).translate(WIDE if is_wide else {})
        assert read(text) == str(value), text
        assert NumberRange(value, value).holds(text), text
        assert Question(parse="number", minimum=value, maximum=value).value(text) == str(value)
        for bound in (NumberRange(value + 1), NumberRange(None, value - 1)):
            assert not bound.holds(text), text


@pytest.mark.parametrize("text", CHINESE)
def test_chinese_numerals_that_are_written_in_full_are_numbers(text: str) -> None:
    assert read(text) == str(CHINESE[text])


@pytest.mark.parametrize("text", NO_NUMBERS, ids=ascii)
def test_what_can_be_two_numbers_or_is_more_than_a_number_is_none(text: str) -> None:
    assert read(text[:2_000]) == OTHER


def test_each_number_has_one_writing_in_chinese() -> None:
    digits, values = "零一二三四五六七八九", {}
    for thousands, hundreds, tens, ones in product(range(10), repeat=4):
        places = ((thousands, "千"), (hundreds, "百"), (tens, "十"), (ones, ""))
        text = "".join(digits[digit] + unit if digit else "零" for digit, unit in places)
        while "零零" in text:
            text = text.replace("零零", "零")
        text = text.strip("零") or "零"
        values[text] = 1000 * thousands + 100 * hundreds + 10 * tens + ones
    for text, value in values.items():
        assert chinese_number(text) == value, text
    # A numeral too many or in another place makes none of it, or another that is written so.
    for text in list(values)[:2_000]:
        for other in (text[1:], text[:-1], text[::-1], f"零{text}", f"{text}零", text * 2):
            assert chinese_number(other) == values.get("一" * other.startswith("十") + other), other


@pytest.mark.parametrize("text", ["0.5", "-0.5", "3.25", "-12.75", "1280.05", "0.001"])
def test_a_fraction_is_kept_exactly(text: str) -> None:
    assert read(text) == text
    assert read(f"{text}00") == text
    number = Number.read(text)
    assert number is not None
    assert Fraction(number.units, number.one) == Fraction(text)
