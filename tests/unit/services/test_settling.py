"""What is held too long is given back: what cannot be is reported, and keeps nothing else from it."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from wejourney.errors import LedgerBusyError, NewerDataError, UnknownHoldError
from wejourney.services.loyalty.holding import settle_due

FAILURES = {"busy": LedgerBusyError("h"), "gone": UnknownHoldError("h"), "unknown": ValueError("broken")}


@dataclass(frozen=True)
class Held:
    person_id: str


@given(
    st.lists(st.sampled_from(["fine", "unreadable", "missing", *FAILURES]), max_size=12),
    st.integers(0, 14),
    st.sampled_from([0, 100]),
)
def test_each_that_is_due_is_settled_or_reported_whatever_comes_before_it(
    kinds: list[str], enough_for: int, first: int
) -> None:
    kinds = ["busy"] * first + kinds
    enough_for += first
    settled, failed, left = (
        list[str](),
        list[tuple[str, type[Exception]]](),
        iter(range(enough_for, -200, -1)),
    )

    def read(id_: str) -> Held | None:
        kind = id_.partition("-")[2]
        if kind == "unreadable":
            raise NewerDataError("a hold")
        return None if kind == "missing" else Held(id_)

    def settle(held: Held) -> None:
        if (error := FAILURES.get(held.person_id.partition("-")[2])) is not None:
            raise error
        settled.append(held.person_id)

    ids = [f"{number}-{kind}" for number, kind in enumerate(kinds)]
    number = settle_due(
        ids, read, settle, lambda who, error: failed.append((who, type(error))), lambda: next(left) > 0
    )

    seen = ids[:enough_for]
    assert settled == [one for one in seen if one.endswith("fine")]
    assert number == len(settled)
    expected = {"unreadable": NewerDataError, **{name: type(error) for name, error in FAILURES.items()}}
    reported = [(one, expected[one.partition("-")[2]]) for one in seen if one.partition("-")[2] in expected]
    assert failed == [("" if kind is NewerDataError else one, kind) for one, kind in reported]
