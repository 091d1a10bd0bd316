"""A phone number has one spelling, so that a person is found by it however it was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.people.phones import InvalidPhoneError, normalised, phone_hash

SECRET = b"0123456789abcdef0123456789abcdef"
NUMBER = "+8613800138000"


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 13800138000",
        "+86(138)00138000",
        "0086 138 0013 8000",
        "86 13800138000",
        "１３８００１３８０００",
        "＋86 13800138000",
        "\u202d138\u200b0013\u00ad8000\u202c",
        "\ufeff13800138000\u2060",
    ],
)
def test_every_way_to_type_a_number_is_one_number(typed: str) -> None:
    assert normalised(typed) == NUMBER


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("+852 9123 4567", "CN", "+85291234567"),
        ("9123 4567", "HK", "+85291234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+1 650 253 0000", "CN", "+16502530000"),
    ],
)
def test_a_number_without_its_country_is_one_of_the_region(typed: str, region: str, number: str) -> None:
    assert normalised(typed, region) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "138",
        "138****8000",
        "1380013800",
        "138001380000",
        "13800138000;ext=5",
        "1-800-FLOWERS",
        "1" * 40,
        "a@b.cn",
        "+999 12345678",
        "\x0013800138000",
    ],
)
def test_what_is_no_whole_number_is_rejected_and_not_quoted(typed: str) -> None:
    with pytest.raises(InvalidPhoneError) as caught:
        normalised(typed)
    assert not typed or typed not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.text(max_size=40))
def test_any_text_is_a_number_in_e164_or_is_rejected(typed: str) -> None:
    try:
        number = normalised(typed)
    except InvalidPhoneError:
        return
    assert number.startswith("+")
    assert number[1:].isascii()
    assert number[1:].isdecimal()
    assert normalised(number) == number


def test_a_hash_is_that_of_the_number_under_the_secret() -> None:
    assert phone_hash(NUMBER, SECRET) == phone_hash(normalised("138 0013 8000"), SECRET)
    assert phone_hash(NUMBER, SECRET) != phone_hash(NUMBER, SECRET[::-1])
    assert phone_hash(NUMBER, SECRET) != phone_hash("+8613800138001", SECRET)
    assert len(phone_hash(NUMBER, SECRET)) == 64
