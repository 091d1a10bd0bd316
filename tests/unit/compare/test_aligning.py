"""Which parts of two rows belong together."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.compare.aligning import aligned

ROWS = st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), max_size=8)


def whole(text: str | None) -> object:
    return text


def letter(text: str | None) -> object:
    return text and text[0]


@given(ROWS, ROWS)
def test_every_part_of_both_rows_comes_once_and_in_its_order(old: list[str], new: list[str]) -> None:
    pairs = list(aligned(old, new, (whole, letter)))
    assert [one for one, _ in pairs if one is not None] == old
    assert [one for _, one in pairs if one is not None] == new


@given(ROWS, ROWS)
def test_only_what_the_last_key_calls_the_same_belongs_together(old: list[str], new: list[str]) -> None:
    pairs = aligned(old, new, (whole, letter))
    assert all(letter(one) == letter(other) for one, other in pairs if one and other)


@given(ROWS)
def test_a_row_belongs_to_itself_part_by_part(row: list[str]) -> None:
    assert list(aligned(row, row, (whole, letter))) == [(one, one) for one in row]


def test_the_same_comes_before_the_similar() -> None:
    assert list(aligned(["a1", "a2"], ["a2"], (whole, letter))) == [("a1", None), ("a2", "a2")]


def test_keys_need_not_be_hashable() -> None:
    assert list(aligned([{"x": 1}], [{"x": 1}], (lambda one: one,))) == [({"x": 1}, {"x": 1})]
