"""What conditions want of a value that is a text: a text, a number in a range, or that there is one."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID
from wejourney.events.matching import EventPattern, Property
from wejourney.events.values import IsKnown, NumberRange, Wanted, example, fits
from wejourney.journeys.conditions import holds, parts_of
from wejourney.journeys.definition import Condition
from wejourney.people.followers import Follower
from wejourney.plain_data import from_plain, to_plain
from wejourney.reasons import ConditionNotMet, blamed, reason_from

NOBODY = Follower(APP_ID, OPENID, "anna")
NUMBERS = st.one_of(
    st.integers(-(10**14), 10**14).map(Decimal),
    st.decimals(-1_000_000, 1_000_000, places=3),
    st.decimals(-100, 100, places=9),
)
BOUNDS = st.none() | st.integers(-1_000_000, 1_000_000) | st.integers(-(10**14), 10**14)
FULL_WIDTH = str.maketrans("0123456789.,-+", "０１２３４５６７８９．，－＋")
TYPED = [
    "{}",
    " {} ",
    "{}。",
    "（{}）",
    "“{}”",
    "\u202d{}\u202c",
    "\ufeff{}",
    "{}\u200b",
]


@given(NUMBERS, BOUNDS, BOUNDS, st.sampled_from(TYPED), st.sampled_from(["f", ",f", "wide"]))
def test_a_number_is_in_a_range_however_it_is_typed(
    number: Decimal, least: int | None, most: int | None, form: str, digits: str
) -> None:
    written = f"{number:f}".translate(FULL_WIDTH) if digits == "wide" else format(number, digits)
    exact = Fraction(number)
    expected = (least is None or exact >= least) and (most is None or exact <= most)

    assert fits(NumberRange(least, most), form.format(written)) is expected, form.format(written)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "large",
        "5x",
        "1e3",
        "0x10",
        "1,00",
        "1.2.3",
        "五十二三",
        "½",
        "٣",
        "NaN",
        "inf",
        "1" * 31,
        "--5",
        ".",
        "-",
        "5.,1",
    ],
)
def test_a_text_that_is_no_number_is_in_no_range(text: str) -> None:
    for least, most in [(None, 10**9), (-(10**9), None), (-(10**9), 10**9)]:
        assert not fits(NumberRange(least, most), text)
    assert not fits(NumberRange(0), None)


@pytest.mark.parametrize(
    ("text", "above", "below"),
    [
        ("256.00000000000003", 256, 257),  # As programs write 0.1 + 0.2.
        ("5.0000000001", 5, 6),
        ("-5.0000000001", -6, -5),
        (".5", 0, 1),
        ("-.5", -1, 0),
        ("1" * 16, 10**9, None),
        ("9" * 30, 10**9, None),
    ],
)
def test_a_number_of_many_digits_is_compared_exactly(text: str, above: int, below: int | None) -> None:
    assert fits(NumberRange(above, below), text)
    assert not fits(NumberRange(None, above), text)
    if below is not None:
        assert not fits(NumberRange(below, None), text)


@pytest.mark.parametrize("long", ["a" * 1_000, "戒" * 4_999, "a b" * 1_000])
def test_long_values_that_differ_behind_the_characters_that_are_normalised_are_not_the_same(
    long: str,
) -> None:
    assert fits(f"{long}b", f"{long}b")
    assert not fits(f"{long}b", f"{long}c")
    assert not fits(long, f"{long}c")
    assert not fits(long[:1_000], long[:1_000] + "c")


def test_what_is_not_seen_does_not_make_a_value_long() -> None:
    assert fits("rings", "\u200b" * 3_000 + " Rings! " + " " * 3_000)


@pytest.mark.parametrize("known", [True, False])
def test_whether_a_value_is_known_can_be_asked_of_attributes_answers_and_dates(*, known: bool) -> None:
    wanted, unknown = IsKnown(known), not known
    attribute, answer = Condition(attributes={"city": wanted}), Condition(answers={"size": wanted})
    somebody = NOBODY.changed(attributes={"city": "Paris"}, dates={"birthday": "1990-02-28"})
    date = Condition(dates=("birthday",)) if wanted.known else Condition(without_dates=("birthday",))
    for follower, answers, expected in (
        (somebody, {"size": "52"}, known),
        (NOBODY, {"size": "other"}, unknown),
        (NOBODY, {}, unknown),
        (None, {}, unknown),
    ):
        assert holds(attribute, follower, {}) is expected
        assert holds(date, follower, {}) is expected
        assert holds(answer, follower, answers) is expected


def test_a_value_that_is_called_known_is_a_text_like_any_other() -> None:
    said = NOBODY.changed(attributes={"city": "known"})
    assert holds(Condition(attributes={"city": "known"}), said, {})
    assert not holds(
        Condition(attributes={"city": "known"}), NOBODY.changed(attributes={"city": "Paris"}), {}
    )


WANTED: st.SearchStrategy[Wanted] = st.one_of(
    st.text(max_size=5), st.builds(NumberRange, BOUNDS, BOUNDS), st.builds(IsKnown, st.booleans())
)


@given(st.dictionaries(st.text(max_size=5), WANTED, max_size=3), st.lists(WANTED, max_size=2))
def test_what_is_wanted_survives_its_stored_form_and_older_records_are_read(
    wanted: dict[str, Wanted], properties: list[Wanted]
) -> None:
    condition = Condition(attributes=wanted, answers=wanted)
    pattern = EventPattern("mini_program", properties=tuple(Property("p", one) for one in properties))
    assert from_plain(Condition, to_plain(condition)) == condition
    assert from_plain(EventPattern, to_plain(pattern)) == pattern
    assert from_plain(Condition, {"attributes": {"city": "Paris"}}) == Condition(attributes={"city": "Paris"})


@given(WANTED.filter(lambda wanted: not isinstance(wanted, NumberRange)), st.none() | st.text(max_size=5))
def test_an_example_of_what_is_wanted_fits(wanted: Wanted, other: str | None) -> None:
    assert fits(wanted, example(wanted)) or (isinstance(wanted, str) and not wanted)
    assert fits(wanted, other) or not fits(wanted, other)


@pytest.mark.parametrize(("least", "most"), [(5, None), (None, 5), (5, 9), (-3, -3)])
def test_an_example_of_a_range_is_in_it(least: int | None, most: int | None) -> None:
    assert fits(NumberRange(least, most), example(NumberRange(least, most)))


def test_a_part_says_what_was_wanted_and_a_stored_reason_keeps_it() -> None:
    condition = Condition(attributes={"visits": NumberRange(3), "city": IsKnown(known=True)})
    reason = blamed(parts_of(condition, NOBODY, {}))
    assert [part.wanted for part in reason.parts] == [NumberRange(3), IsKnown(known=True)]
    assert reason_from(to_plain(reason)) == reason
    assert isinstance(reason, ConditionNotMet)
