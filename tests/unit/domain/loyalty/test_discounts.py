"""Discounts: how they are written, and what they take off a sale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.loyalty.benefits.discounts import Discount, fen_of, yuan_text

FEN = st.integers(1, 99_999_999)


@given(st.builds(Discount, percent=st.integers(1, 100)) | st.builds(Discount, fen=FEN))
def test_a_discount_is_read_as_it_is_written(discount: Discount) -> None:
    assert Discount.parse(str(discount)) == discount


@given(FEN)
def test_an_amount_is_read_as_it_is_written(fen: int) -> None:
    assert fen_of(yuan_text(fen)) == fen


@pytest.mark.parametrize(
    "text",
    ["", "0%", "101%", "10 %%", "-5%", "1.5%", "0 yuan", "0.00 yuan", "5", "5.5 yuan", "20 yen", "١٠%"],
)
def test_what_is_no_discount_is_a_mistake(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Discount.parse(text)


@given(st.builds(Discount, percent=st.integers(1, 100)) | st.builds(Discount, fen=FEN), FEN)
def test_a_discount_takes_at_most_the_sale_and_grows_with_it(discount: Discount, total: int) -> None:
    assert 0 <= discount.off(total) <= total
    assert discount.off(total) <= discount.off(total + 1)


def test_parts_of_a_fen_stay_with_the_store() -> None:
    assert (Discount(percent=10).off(9_999), Discount(fen=2_000).off(1_500)) == (999, 1_500)
