"""What a message means as an answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import event
from wejourney.events.text_matching import LONGEST_COMPARED, normalise
from wejourney.journeys.answers import LONGEST_ANSWER, Question, is_answer, numeral_of, spoken
from wejourney.messaging.contents import is_menu_id, menu_ids, menu_number
from wejourney.messaging.merge_fields import OTHER
from wejourney.plain_data import from_plain, to_plain

STYLE = Question(choices={"bridal": ("1", "婚戒", "Ring"), "gifts": ("2",)})
MOOD = Question(choices={"good": ("[Smile]",), "bad": ("🙁", "差"), "so": ()})


def read(question: Question, said: str, **fields: Any) -> str:
    return question.read(event("text", Content=said, **fields))


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("1", "bridal"),
        ("１", "bridal"),
        ("1️⃣", "bridal"),
        ("ring", "bridal"),
        ("BRIDAL", "bridal"),
        (" 2 ", "gifts"),
        ("3", OTHER),
        ("hello", OTHER),
        ("", OTHER),
    ],
)
def test_an_answer_is_read_however_it_is_typed(said: str, answer: str) -> None:
    assert read(STYLE, said) == answer


@pytest.mark.parametrize("said", ["1.", "1、", "(1)", "（1）", "1！", "ring!", "一", "婚戒。", "“Ring”"])
def test_punctuation_around_an_answer_is_ignored(said: str) -> None:
    assert read(STYLE, said) == "bridal"


@pytest.mark.parametrize("filler", ["…", "!", " ", "ﷺ", "㍿", "’"])
def test_the_compared_length_of_a_text_is_bounded_after_normalising(filler: str) -> None:
    assert len(normalise(filler * 999 + "a")) <= 3 * LONGEST_COMPARED, "folding makes three of one at most"
    assert read(STYLE, filler * 999 + "a") == OTHER


@pytest.mark.parametrize(
    "said", ["1 or 2", "12", "-1", "−1", ".1", "$1", "1%", "十", "½", "ring gifts", "!", "1.2"]
)
def test_a_text_with_more_than_the_answer_is_no_answer(said: str) -> None:
    assert read(STYLE, said) == OTHER


def test_a_tap_on_a_menu_message_answers_by_its_id() -> None:
    assert read(STYLE, "Something nice", bizmsgmenuid="gifts") == "gifts"
    assert read(STYLE, "2", bizmsgmenuid="of another menu") == "gifts"


KEYS = st.lists(st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1), unique=True, max_size=8)


@given(KEYS.filter(bool), st.data())
def test_a_tap_answers_by_the_number_of_its_line_whatever_the_label(keys: list[str], data: Any) -> None:
    menu = data.draw(st.permutations(keys))[: data.draw(st.integers(1, len(keys)))]
    numbers = {menu_number("here", keys): tuple(keys), menu_number("there", menu): tuple(menu)}
    question = Question(choices=dict.fromkeys(keys, ()), menus=numbers)
    for number, lines in numbers.items():
        for key, id_ in zip(lines, menu_ids(lines, number), strict=True):
            assert read(question, "whatever it says", bizmsgmenuid=id_) == key
            assert read(question, "whatever it says", bizmsgmenuid=int(id_)) == key


@given(KEYS.filter(bool), KEYS.filter(bool))
def test_a_tap_on_the_menu_of_another_question_answers_nothing_even_if_its_label_would(
    keys: list[str], others: list[str]
) -> None:
    question = Question(dict.fromkeys(keys, ()), menus={menu_number("j/1", keys): tuple(keys)})
    for lines in (keys, others):
        for key, number in zip(lines, menu_ids(lines, menu_number("j/2", lines)), strict=True):
            assert read(question, key, bizmsgmenuid=number) == OTHER
            assert read(question, keys[0], bizmsgmenuid=number) == OTHER


NUMBERS = ["0", "1", "48", "101", "102", "2147483647", "500000"]


@pytest.mark.parametrize("reported", NUMBERS)
def test_a_number_that_wechat_reports_is_a_choice_only_if_the_label_says_so(reported: str) -> None:
    question = Question(choices={number: (f"Size {number}",) for number in NUMBERS})
    for number in NUMBERS:
        answer = read(question, f"size {number}", bizmsgmenuid=reported)
        assert answer == (number if number == reported or not is_menu_id(reported) else OTHER)
    assert read(question, "a label of another menu", bizmsgmenuid=reported) == OTHER


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("2. Gold", "2"),
        ("１．Rose", "1"),
        ("(3) Gold", "3"),
        ("（3）Gold", "3"),
        ("12、Gold", "12"),
        ("4) Gold", "4"),
        ("②Gold", "2"),
        ("二、金", "2"),
        ("【1】金", "1"),
        ("2 rings", None),
        ("3.5 carat", None),
        ("18:30", None),
        ("a. Gold", None),
        ("½. Gold", None),
        ("Gold", None),
        ("2026 Rose", None),
        ("", None),
        ("2.", "2"),
    ],
)
def test_the_numeral_that_a_label_begins_with_is_a_number_of_its_line(label: str, number: str | None) -> None:
    assert numeral_of(label) == number


@pytest.mark.parametrize("reported", ["0", "101", "102", "gone"])
def test_without_an_id_of_wechat_the_label_of_a_tap_decides(reported: str) -> None:
    metal = Question(choices={"gold": ("Yellow Gold", "黄金"), "silver": ("Silver!",)})
    for label, answer in (("yellow gold", "gold"), ("黄金", "gold"), ("Silver!", "silver"), ("Tin", OTHER)):
        assert read(metal, label, bizmsgmenuid=reported) == answer


@pytest.mark.parametrize(
    ("said", "answer"), [("/::)", "good"), ("🙂", "good"), ("[难过]", "bad"), ("/::(", "bad"), ("👍", OTHER)]
)
def test_a_face_answers_in_all_its_spellings(said: str, answer: str) -> None:
    assert read(MOOD, said) == answer


@pytest.mark.parametrize(("said", "answer"), [("1", "good"), ("２", "bad"), ("3", "so"), ("4", OTHER)])
def test_a_number_answers_by_position_if_no_choice_is_a_number(said: str, answer: str) -> None:
    assert read(MOOD, said) == answer


def test_positions_are_no_answers_if_a_choice_is_a_number() -> None:
    ring_sizes = Question(choices={"small": ("48",), "large": ("56",)})
    assert [read(ring_sizes, said) for said in ("48", "1")] == ["small", OTHER]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("7", "7"),
        ("０９", "9"),
        ("+3", "3"),
        ("3。", "3"),
        ("(3)", "3"),
        ("1", "1"),
        ("0", OTHER),
        ("10", OTHER),
        ("-5", OTHER),
        ("3.5", "3.5"),
        ("9.0", "9"),
        ("9.01", OTHER),
        ("三", "3"),
        ("#3", "3"),
        (".5", OTHER),
        ("5%", OTHER),
        ("−5", OTHER),
        ("seven", OTHER),
        ("7\n7", OTHER),
        ("٣", OTHER),
        ("", OTHER),
    ],
)
def test_a_number_is_taken_within_its_bounds(said: str, answer: str) -> None:
    assert read(Question(parse="number", minimum=1, maximum=9), said) == answer


@given(st.integers(-(10**14), 10**14))
def test_a_number_without_bounds_is_any_number(number: int) -> None:
    assert read(Question(parse="number"), f" {number} ") == str(number)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("138 0013 8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 (138) 0013-8000", "+8613800138000"),
        ("1.38.00.13", "1380013"),
        ("123456", OTHER),
        ("1" * 16, OTHER),
        ("call me", OTHER),
        ("1380013800O", OTHER),
    ],
)
def test_a_phone_number_is_kept_as_its_digits(said: str, answer: str) -> None:
    assert read(Question(parse="phone"), said) == answer


def test_a_question_without_choices_takes_the_text_as_the_answer() -> None:
    assert read(Question(), "  What I think /::)  ") == "What I think /::)"
    assert len(read(Question(), "x" * 2000)) == LONGEST_ANSWER


def test_only_a_text_message_can_answer() -> None:
    assert is_answer(event("text", Content="1"))
    assert not is_answer(event("image", MediaId="1"))
    assert not is_answer(event("CLICK", EventKey="1"))


WORDS = st.text(min_size=1, max_size=8).filter(str.strip)
QUESTIONS = st.builds(
    Question,
    choices=st.dictionaries(WORDS, st.lists(WORDS, max_size=3).map(tuple), max_size=4),
    parse=st.sampled_from(["text", "number", "phone"]),
    minimum=st.none() | st.integers(-5, 5),
    maximum=st.none() | st.integers(-5, 5),
    menus=st.dictionaries(st.integers(100_000, 2**31), st.lists(WORDS, min_size=1).map(tuple), max_size=2),
)


@given(QUESTIONS)
def test_a_question_survives_its_stored_form(question: Question) -> None:
    """parcelvoy #607: what was saved was not what was loaded."""
    assert from_plain(Question, json.loads(json.dumps(to_plain(question)))) == question


@given(QUESTIONS.filter(lambda question: bool(question.choices)))
def test_every_word_of_a_choice_answers_with_a_choice_that_has_it(question: Question) -> None:
    for words in spoken(question.choices).values():
        for word in words:
            answer = read(question, word)
            assert word in spoken(question.choices)[answer]


FRAMES = "!\"#&'*,-./:;?@\\^_`|~。，、！？；：—～·＃＊＠"


@pytest.mark.parametrize("sign", FRAMES)
@pytest.mark.parametrize("word", ["1", "２", "12", "A", "b", "ring"])
def test_a_choice_is_heard_with_the_same_punctuation_on_both_sides(sign: str, word: str) -> None:
    question = Question(choices={"first": ("1", "a", "ring"), "second": ("2", "b"), "last": ("12",)})
    key = {"２": "second", "b": "second", "12": "last"}.get(word, "first")
    for text in (f"{sign}{word}{sign}", f"{sign}{sign}{word}{sign}{sign}", f"{sign} {word} {sign}"):
        assert question.read(event("text", Content=text)) == key, text


@pytest.mark.parametrize("sign", "!\"&'()*,/:;<=>?@[\\]^_`|~。，、！？；：“”‘’（）【】《》「」…～·＊＠")
@pytest.mark.parametrize(("word", "key"), [("1", "first"), ("２", "second"), ("12", "last")])
def test_a_number_is_heard_with_any_punctuation_that_is_no_sign_of_a_number(
    sign: str, word: str, key: str
) -> None:
    question = Question(choices={"first": ("1",), "second": ("2",), "last": ("12",)})
    for text in (f"{sign}{word}", f"{word}{sign}", f"{word}.{sign}", f"{word}#"):
        assert question.read(event("text", Content=text)) == key, text
