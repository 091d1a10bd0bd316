"""What people really type or paste, in every use: the same words count as the same everywhere."""

import itertools
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.tools import chinese_spellings as spellings
from tests.support.builders import NOON, SUBJECT
from wejourney.events import chinese_spellings as generated
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import MiniProgramEvent, TextReceived
from wejourney.events.matching import EventCount, EventPattern, Property, matches
from wejourney.events.text_matching import LONGEST_COMPARED, meaning, normalise
from wejourney.journeys.answers import Question
from wejourney.journeys.conditions import History, holds, termination
from wejourney.journeys.definition import Condition, Exit
from wejourney.messaging.contents import Menu, MenuItem
from wejourney.people.followers import Follower
from workbench.language.questions import question_of
from workbench.language.step_types import Ask

EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]


def of_category(*categories: str) -> list[str]:
    return [char for char in EVERY_CHARACTER if unicodedata.category(char) in categories]


ANNA = Follower(SUBJECT.app_id, SUBJECT.openid, "anna")


def said(text: str) -> InboundEvent:
    return InboundEvent("1", SUBJECT, NOON, TextReceived(text))


def is_keyword(word: str, text: str) -> bool:
    return matches(EventPattern("text", keywords=(word,)), said(text))


def is_exit(word: str, text: str) -> bool:
    pattern = EventPattern("text", keywords=("never", word))
    exits = (Exit(Condition(events=(EventCount(pattern),)), "asked to stop"),)
    return termination(None, exits, ANNA, History(events=(said(text),), now=NOON)) is not None


def is_goal(word: str, text: str) -> bool:
    goal = Condition(events=(EventCount(EventPattern("text", keywords=(word,))),))
    return termination(goal, (), ANNA, History(events=(said(text),), now=NOON)) is not None


def is_choice(word: str, text: str) -> bool:
    return Question(choices={"other-one": ("never",), "this": (word,)}).read(said(text)) == "this"


def is_menu_label(word: str, text: str) -> bool:
    menu = Menu({"any": "Which?"}, (MenuItem("this", {"any": word}), MenuItem("that", {"any": "never"})))
    ask = Ask("style", 60, content=menu, choices={"this": (), "that": ()})
    return question_of(ask, ()).read(said(text)) == "this"


def is_attribute(word: str, text: str) -> bool:
    return holds(Condition(attributes={"city": word}), replace(ANNA, attributes={"city": text}), {})


def is_answer(word: str, text: str) -> bool:
    return holds(Condition(answers={"city": word}), ANNA, {"city": text})


def is_tier(word: str, text: str) -> bool:
    return holds(Condition(tier=word), replace(ANNA, tier=text), {})


def is_property(word: str, text: str) -> bool:
    pattern = EventPattern("mini_program", name="*", properties=(Property("delivery", word),))
    left = InboundEvent("1", SUBJECT, NOON, MiniProgramEvent("cart.left", details={"delivery": text}))
    return matches(pattern, left)


WORD_USES: Mapping[str, Callable[[str, str], bool]] = {
    "keyword": is_keyword,
    "exit": is_exit,
    "goal": is_goal,
    "choice": is_choice,
    "menu label": is_menu_label,
    "attribute": is_attribute,
    "answer": is_answer,
    "tier": is_tier,
    "property": is_property,
}


def assert_same_in_every_use(word: str, *others: str) -> None:
    """One text after the other in all uses: each is normalised once, as in the product."""
    for other in others:
        for name, use in WORD_USES.items():
            assert use(word, other), (name, word, ascii(other))
            assert use(other, word), (name, word, ascii(other))


def placed(word: str, char: str) -> Iterator[str]:
    yield from (char + word, word[:2] + char + word[2:], word + char, char + word + char)


# --- what is not seen -------------------------------------------------------------------------------

INVISIBLE = [
    *of_category("Cf"),
    *"\u034f\u17b4\u17b5\u180b\u180c\u180d\ufe00\ufe0e\ufe0f\U000e0100\U000e01ef",
]


def test_characters_that_are_not_drawn_are_ignored_wherever_they_stand() -> None:
    for word in ("rings", "退订婚戒"):
        for char in INVISIBLE:
            assert_same_in_every_use(word, *placed(word, char))
        assert not any(use(word, "something else") for use in WORD_USES.values())


@pytest.mark.parametrize(
    ("parse", "typed", "answer"),
    [("number", "1250", "1250"), ("phone", "13800138000", "13800138000"), ("text", "Paris", "Paris")],
)
def test_a_number_a_phone_number_and_a_text_are_read_without_what_is_not_drawn(
    parse: str, typed: str, answer: str
) -> None:
    question = Question(parse=parse)  # type: ignore[arg-type]
    for char in of_category("Cf"):
        for text in placed(typed, char):
            assert question.read(said(text)) == answer, ascii(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("👨\u200d👩\u200d👧", "👨👩👧"),
        ("👩\u200d🚀", "👩🚀"),
        ("🏳\ufe0f\u200d🌈", "🏳🌈"),
        ("🐻\u200d❄\ufe0f", "🐻❄"),
        ("🙂\u200d↔\ufe0f", "🙂↔"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴"),
        ("👩🏽\u200d🚀", "👩🚀"),
    ],
)
def test_a_joiner_or_a_tag_inside_an_emoji_makes_another_emoji(one: str, other: str) -> None:
    for use in WORD_USES.values():
        assert use(one, one)
        assert use(one, f"\u202a{one}\u202c")
        assert not use(one, other)
        assert not use(other, one)


# --- what is the same ---------------------------------------------------------------------------------

DASHES = [*of_category("Pd"), *"\u2053\u207b\u208b\u2212"]
QUOTES = [*of_category("Pi", "Pf"), *"'\"`´ʹʻʼʽˈˊˋ՚׳′‵＇＂「」『』｢｣〝〞〟❛❜❝❞ꞌ"]
DOTS = [*"·•‧∙⋅・･ꞏ·"]
BLANKS = of_category("Zs")


@pytest.mark.parametrize(
    ("word", "written", "others"),
    [
        ("pre-order", "-", DASHES),
        ("l'or", "'", QUOTES),
        ("让·雷诺", "·", DOTS),
        ("new york", " ", BLANKS),
    ],
    ids=["dashes", "apostrophes and quotes", "middle dots", "spaces"],
)
def test_every_kind_of_dash_quote_dot_and_space_is_the_same(
    word: str, written: str, others: list[str]
) -> None:
    for other in others:
        typed = word.replace(written, other)
        assert_same_in_every_use(word, typed, typed.upper())


SEPARATORS = [*DASHES, *DOTS, *BLANKS, *"'’.()ー"]


def test_a_phone_number_is_read_with_every_separator_and_every_mark_of_direction() -> None:
    """24 of 24 such numbers were not recognised: phones put marks of direction around what is copied."""
    question = Question(parse="phone")
    marks = ["", "\u202d\u202c", "\u2066\u2069", "\ufeff\ufeff", "\u200e\u200f", "“”"]
    for separator, mark in itertools.product(SEPARATORS, marks):
        for number in ("138{0}0013{0}8000", "+86{0}138{0}0013{0}8000", "(138){0}00138000", "{0}13800138000"):
            typed = mark[:1] + number.format(separator) + mark[1:]
            digits = "".join(char for char in typed if char.isdecimal() or char == "+")
            if typed.lstrip("".join(DASHES)) == typed:
                assert question.read(said(typed)) == digits, ascii(typed)


def test_a_negative_number_is_read_with_every_minus() -> None:
    for dash in DASHES:
        assert Question(parse="number").read(said(f"{dash}5")) == "-5", ascii(dash)


# --- punctuation around it ------------------------------------------------------------------------------

PUNCTUATION = [char for char in of_category("Po", "Ps", "Pe", "Pi", "Pf", "Pd", "Pc") if char not in "*＊﹡"]
AROUND = [
    *("{}。", "{}！", "{}.", "“{}”", "【{}】", "{}…", "{}~", "{}～", "{}!!!", "（{}）", "[{}]", "《{}》"),
    *("{}⋯⋯", "{}❗", "‘{}’,", "({}).", "「{}」", "…{}", "—{}—", "*{}*", "#{}#", "_{}_", "·{}"),
]


def test_punctuation_around_a_word_is_ignored() -> None:
    for word in ("stop", "退订", "no thanks"):
        forms = [
            *AROUND,
            *(form for char in PUNCTUATION for form in (f"{{}}{char}", f"{char}{{}}", f"{char}{{}}{char}")),
            *(f"{{}}{one}{other}" for one, other in itertools.product("。！？!?.~…", repeat=2)),
        ]
        assert_same_in_every_use(word, *(form.replace("{}", word) for form in forms))


PUNCTUATED = [
    *("?", "？", "!", "...", ":)", ":-(", "[Smile]", "/::)", "/:8*", "C++", "C#", "#1", "-1", "50%", ".5"),
    *("A+", "@all", "(", "「」"),
]
DIFFERENT = ["?", "!", ":)", ":(", "[Smile]", "smile", "C", "C++", "C#", "A+", "A", "[Heart]", "50", "50%"]


@pytest.mark.parametrize("use", WORD_USES)
def test_a_word_that_has_punctuation_of_its_own_is_heard_and_no_other_word_for_it(use: str) -> None:
    for word in PUNCTUATED:
        assert WORD_USES[use](word, word), word
    for word, other in itertools.permutations(DIFFERENT, 2):
        assert not WORD_USES[use](word, other), (word, other)
    for word, other in [("7", "-7"), ("5", ".5"), ("7", "#7"), ("-7", "7"), ("c#", "*c*")]:
        assert not WORD_USES[use](word, other), (word, other)


@pytest.mark.parametrize(
    ("pattern", "typed", "is_meant"),
    [
        ("stop*", "“Stop it!”", True),
        ("*退订", "我要退订。", True),
        ("*退订*", "【我要退訂】谢谢", True),
        ("*退订！", "我要退订", True),
        ("*?", "where are you？", True),
        ("*?", "where are you", False),
        ("*?", "where are you.", False),
        ("?*", "?what", True),
        ("?*", "what", False),
        ("*", "", True),
        ("size *", "Size 52.", True),
        ("*\u200b-\u202dring*", "my\u2011ring", True),
    ],
)
def test_a_pattern_is_compared_like_a_word(pattern: str, typed: str, *, is_meant: bool) -> None:
    assert is_keyword(pattern, typed) is is_meant
    assert is_exit(pattern, typed) is is_meant


# --- traditional and simplified --------------------------------------------------------------------------

PAIRS = [
    *(pair for name in ("STPhrases", "TSPhrases", "TWVariantsPhrases") for pair in spellings.pairs_of(name)),
    *(("退订", other) for other in ("退訂", "退订", "退訂！", "【退訂】")),
]


def test_every_word_of_the_dictionaries_means_its_traditional_and_its_simplified_spelling() -> None:
    """The dictionaries' words are the oracle: the comparison is made from their single characters."""
    assert len(PAIRS) > 49_000
    assert [(word, other) for word, other in PAIRS if meaning(word) != meaning(other)] == []


def test_traditional_simplified_and_mixed_spellings_are_the_same_word_in_every_use() -> None:
    for word, other in PAIRS[::100]:
        mixed = itertools.islice(itertools.product(*zip(word, other, strict=True)), 8)
        typed = {other, *map("".join, mixed)} if len(word) == len(other) else {other}
        assert_same_in_every_use(word, *typed)
    assert is_keyword("*退订*", "我要退訂了")


def test_different_characters_stay_different_words() -> None:
    words = ["退订", "订单", "订阅", "己", "已", "未", "末", "千", "干"]
    for word, other in itertools.permutations(words, 2):
        assert not is_keyword(word, other)


def test_the_table_of_spellings_is_what_its_generator_makes() -> None:
    source = spellings.module_text()
    assert generated.__file__ is not None
    with open(generated.__file__, encoding="utf-8") as file:  # noqa: PTH123
        assert file.read() == source


def test_no_spelling_stands_for_another_and_is_replaced_itself() -> None:
    assert len(generated.OTHERS) == len(generated.SPELLINGS) == len(set(generated.OTHERS)) > 2_500
    assert not set(generated.OTHERS) & set(generated.SPELLINGS)


# --- all of it ------------------------------------------------------------------------------------------

TYPED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from([*INVISIBLE[:40], *DASHES, *QUOTES, *"退訂。！?[]Smile/::)*1٣½👩‍🚀"]),
    ),
    max_size=30,
)


@given(TYPED)
def test_what_was_compared_once_is_compared_the_same_again(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert meaning(meaning(text)) == meaning(text)


@pytest.mark.parametrize("filler", [*"\u200b\u202d![] 退\u0301-“", "[smile]", "👩\u200d"])
def test_a_text_of_20_kilobytes_is_compared_by_work_that_grows_with_its_length(
    filler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0
    category = unicodedata.category

    def counting(char: str) -> str:
        nonlocal looked_at
        looked_at += 1
        return category(char)

    monkeypatch.setattr("wejourney.events.text_matching.unicodedata.category", counting)
    text = filler * (20_000 // len(filler))
    assert not is_keyword("stop", text)
    assert looked_at <= 4 * len(text) + 10 * LONGEST_COMPARED
