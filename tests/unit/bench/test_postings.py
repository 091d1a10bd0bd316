"""The measure of the books: a posting beside the bare transaction of the same items."""

from dataclasses import replace

from infra.bench.postings import Postings, measure_postings


def test_a_posting_and_its_bare_transaction_write_the_same_and_are_measured() -> None:
    postings = measure_postings(rounds=3, many=60)

    assert all(measured > 0 for measured in vars(postings).values())


def test_the_speed_is_one_line_that_says_whether_it_is_within_its_budget() -> None:
    postings = Postings(0.008, 0.01, 0.0125, 0.0125, 0.002, 0.001, ratio=0.81)
    assert str(postings) == (
        "Books: a posting takes 10.0 ms, 0.81 × as fast as a bare transaction of the same items "
        "(within the budget of 0.8); the first one of a process, which reads the books, 0.64 ×; "
        "among 10,000 transactions it takes 1.00 × as long as among 10, a balance 0.50 ×"
    )
    assert "(BELOW the budget of 0.8)" in str(replace(postings, ratio=0.79))
