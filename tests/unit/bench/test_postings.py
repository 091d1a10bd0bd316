"""The measure of the books: a posting beside the bare transaction of the same items."""

from infra.bench.postings import Postings, measure_postings


def test_a_posting_and_its_bare_transaction_write_the_same_and_are_measured() -> None:
    postings = measure_postings(rounds=3, many=60)

    assert all(seconds > 0 for seconds in vars(postings).values())
    assert postings.writing < postings.posting, "a posting reads the books, too"


def test_the_speed_is_one_line() -> None:
    assert str(Postings(0.008, 0.01, 0.0125, 0.0125, 0.002, 0.001)) == (
        "Books: writes 0.80 × as fast as a bare transaction of the same items, "
        "0.64 × with the books read before (12.5 ms); "
        "among 10,000 transactions a posting takes 1.00 × as long as among 10, a balance 0.50 ×"
    )
