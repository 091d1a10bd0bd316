"""Whatever is in a file, reading it ends in a journey or in mistakes, never in a traceback."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wejourney.language.reading import read_text

ROOT = Path(__file__).parents[3]
LINES = (ROOT / "infra/journeys/welcome-from-store.yaml").read_text("utf-8").splitlines()
WRECKS = [
    "",
    "[]",
    "{}",
    "~",
    "- a",
    "a: b",
    "ask: 1",
    "? [x]",
    "{a: {b: [c]}}",
    "1.5",
    "!x y",
    "&a b",
    "*a",
    "'",
    "%",
]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1), st.sampled_from(WRECKS), st.sampled_from(["cut", "end", "all"])
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_wrecked_journey_is_read_or_refused(wrecks: list[tuple[int, str, str]]) -> None:
    lines = list(LINES)
    for number, wreck, how in wrecks:
        line = lines[number]
        indent = line[: len(line) - len(line.lstrip())]
        kept = {"cut": line.partition(":")[0] + ": ", "end": line + " ", "all": indent}[how]
        lines[number] = kept + wreck

    reading = read_text("\n".join(lines), "wreck", "wreck.yaml")

    assert reading.journey is not None or reading.mistakes
    assert all(1 <= one.line <= len(lines) + 1 and one.column >= 1 for one in reading.mistakes)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert read_text(text, "text", "text.yaml").mistakes


@pytest.mark.parametrize("text", ["[" * 800, "a: {" * 800, "- " * 800 + "a"])
def test_what_is_nested_beyond_reason_is_refused(text: str) -> None:
    assert read_text(text, "deep", "deep.yaml").mistakes
