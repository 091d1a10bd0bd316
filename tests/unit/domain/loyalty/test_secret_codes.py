"""Codes that are shown at tills: every slip of one character is noticed, and none can be read from a row."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.benefits.secret_codes import (
    ALPHABET,
    LENGTH,
    MistypedCodeError,
    code_of,
    derived_code,
    hash_of,
    new_code,
    shown,
)


def code(seed: int) -> str:
    return new_code(random.Random(seed).randrange)  # noqa: S311 - a test is to be repeatable


CODES = st.integers(0, 2**64).map(code)
PLACES = st.integers(0, LENGTH - 1)


KEYS, KNOWN = st.binary(min_size=1, max_size=64), st.lists(st.text(max_size=20), min_size=1, max_size=3)


@given(KEYS, KNOWN, KEYS, KNOWN)
def test_a_derived_code_is_the_same_for_the_same_key_and_texts_and_for_no_others(
    key: bytes, known: list[str], other_key: bytes, others: list[str]
) -> None:
    code = derived_code(key, *known)
    assert code_of(code) == code == derived_code(key, *known)
    is_same = (key.rstrip(b"\0"), known) == (other_key.rstrip(b"\0"), others)  # HMAC pads keys with zeros.
    assert (derived_code(other_key, *others) == code) is is_same
    assert derived_code(key, "".join(known), "") != derived_code(key, "", "".join(known)) or not any(known)


@given(CODES)
def test_a_code_is_read_as_it_is_shown_and_as_people_type_it(code: str) -> None:
    full_width = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    for typed in (code, shown(code), code.lower(), f" {shown(code).lower()} ", full_width):
        assert code_of(typed) == code
    assert unicodedata.normalize("NFKC", full_width) == code


@given(CODES, PLACES, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(code: str, place: int, wrong: str) -> None:
    typed = code[:place] + wrong + code[place + 1 :]
    if typed != code:
        with pytest.raises(MistypedCodeError):
            code_of(typed)


@given(CODES, PLACES, PLACES)
def test_two_characters_that_changed_places_are_noticed(code: str, one: int, other: int) -> None:
    signs = list(code)
    signs[one], signs[other] = signs[other], signs[one]
    if (typed := "".join(signs)) != code:
        with pytest.raises(MistypedCodeError):
            code_of(typed)


@given(st.text(max_size=200))
def test_any_text_is_a_code_or_a_mistake_that_does_not_repeat_it(typed: str) -> None:
    try:
        assert len(code_of(typed)) == LENGTH
    except MistypedCodeError as error:
        assert typed not in str(error) or len(typed) < LENGTH  # noqa: PT017 - either is right


def test_no_character_is_taken_for_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 31
    assert set(ALPHABET).isdisjoint("01ILO")


def test_a_row_knows_a_hash_of_a_code_that_differs_for_each() -> None:
    codes = {code(seed) for seed in range(20)}
    assert len({hash_of(code) for code in codes}) == len(codes)
    assert not any(one in hash_of(one).upper() for one in codes)
