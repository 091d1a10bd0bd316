"""Whatever is in a file, reading it ends in a journey or in mistakes, never in a traceback."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples.wrecks import wrecked
from workbench.checks.deployable import lacks_of
from workbench.language.reading import read_text

ROOT = Path(__file__).parents[3]
FILES = [
    path.read_text("utf-8").splitlines()
    for path in (
        ROOT / "infra/journeys/welcome-from-store.yaml",
        Path(__file__).parent / "everything.yaml",
    )
]


@settings(max_examples=50, deadline=None)
@given(st.one_of([wrecked(lines) for lines in FILES]))
def test_a_damaged_journey_is_read_or_rejected(text: str) -> None:
    reading = read_text(text, "wreck", "wreck.yaml")

    assert reading.journey is not None or reading.mistakes
    assert all(1 <= found.line <= text.count("\n") + 2 and found.column >= 1 for found in reading.mistakes)
    if reading.journey is not None:
        # What is found later finds its place, too.
        assert all(lack.line > 0 for lack in lacks_of(reading))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_rejected_with_mistakes(text: str) -> None:
    assert read_text(text, "text", "text.yaml").mistakes


@pytest.mark.parametrize("text", ["[" * 800, "a: {" * 800, "- " * 800 + "a"])
def test_a_file_that_is_nested_too_deeply_is_rejected(text: str) -> None:
    assert read_text(text, "deep", "deep.yaml").mistakes


@pytest.mark.parametrize(
    ("step", "end"),
    [
        ("[{send: {text: a, not_sent: ", "}}]"),
        ("[{wait: {event: payment, within: 1h, otherwise: ", "}}]"),
        ("[{branch: [{when: {tag: a}, steps: ", "}]}]"),
    ],
)
def test_the_time_to_read_does_not_double_with_each_nested_step(step: str, end: str) -> None:
    text = f"title: T\ntrigger: {{event: follow}}\nsteps: {step * 20}[tag: a]{end * 20}\n"

    # It was minutes when every kind of step was tried for every step.
    assert read_text(text, "deep", "deep.yaml").mistakes == ()
