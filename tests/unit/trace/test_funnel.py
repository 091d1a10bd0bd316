"""What a funnel counts of recorded traces."""

from datetime import UTC, datetime, timedelta

import pytest

from wejourney.reasons import Finished, HeldOut, NoAnswer, Unfollowed
from workbench.trace.funnel import Funnel, Outcome, recorded_funnel, recorded_funnel_table
from workbench.trace.trace_events import (
    JourneyRefused,
    MessageSent,
    MessageUnknown,
    RunEnded,
    RunStarted,
    TraceEvent,
    Where,
)

START = datetime(2026, 11, 25, tzinfo=UTC)
DAY = timedelta(days=1)


def at(days: int, step: str = "", run: str = "r") -> Where:
    return Where(START + days * DAY, "j", run, step)


def test_a_message_whose_outcome_is_unknown_counts_neither_as_sent_nor_as_not_sent() -> None:
    trace: list[TraceEvent] = [
        RunStarted(at(0)),
        MessageSent(at(0, "1"), "custom", {}),
        MessageUnknown(at(1, "2"), "custom", {}, NoAnswer()),
        RunEnded(at(2), Finished()),
    ]
    found = recorded_funnel("j", [trace])
    assert found.steps == {("1", Outcome.SENT): 1, ("2", Outcome.UNKNOWN): 1}
    assert (found.not_sent.total(), found.channels) == (0, {"custom": 1})


@pytest.mark.parametrize(
    ("since", "until", "entered", "refused"),
    [(None, None, 2, 1), (1, None, 1, 1), (None, 1, 1, 0), (2, None, 0, 1), (1, 2, 1, 0)],
)
def test_a_period_takes_the_runs_that_started_in_it_with_all_that_they_did(
    since: int | None, until: int | None, entered: int, refused: int
) -> None:
    trace: list[TraceEvent] = [
        RunStarted(at(0, run="first")),
        RunStarted(at(1, run="second")),
        JourneyRefused(at(2, run=""), HeldOut()),
        MessageSent(at(5, "1", "first"), "custom", {}),
        MessageSent(at(5, "1", "second"), "custom", {}),
        RunEnded(at(6, run="second"), Unfollowed()),
    ]
    begin, end = (None if days is None else START + days * DAY for days in (since, until))
    found = recorded_funnel("j", [trace], begin, end)
    assert (found.entered, found.steps["1", Outcome.SENT]) == (entered, entered)
    assert found.refused.total() == refused


def test_each_run_of_a_person_counts_at_the_steps_that_it_came_to() -> None:
    """Runs of one person go on beside each other, as of a journey that is taken once per order."""
    trace: list[TraceEvent] = [
        RunStarted(at(0, run="first")),
        RunStarted(at(0, run="second")),
        MessageSent(at(1, "3", "first"), "custom", {}),
        MessageSent(at(2, "3", "second"), "custom", {}),
        MessageSent(at(3, "5", "second"), "custom", {}),
        RunEnded(at(4, run="first"), Unfollowed()),
        RunEnded(at(4, run="second"), Unfollowed()),
    ]
    found = recorded_funnel("j", [trace])
    assert (found.people, found.entered, dict(found.reached)) == (1, 2, {"3": 2, "5": 1})
    assert (found.steps["3", Outcome.LEFT], found.steps["5", Outcome.LEFT]) == (1, 1)


def test_a_run_that_ended_before_any_step_is_on_record_counts_at_no_step() -> None:
    trace: list[TraceEvent] = [RunStarted(at(0)), RunEnded(at(1), Unfollowed())]
    found = recorded_funnel("j", [trace]).to_dict()
    assert (found["entered"], found["steps"]) == (1, {})
    assert [(end["kind"], end["count"]) for end in found["ended"]] == [("unfollowed", 1)]


@pytest.mark.parametrize(
    ("people", "runs", "english", "chinese"),
    [
        (1, 1, "j: 1 person, 1 run", "j：1 人，进入 1 次"),
        (1, 2, "j: 1 person, 2 runs", "j：1 人，进入 2 次"),
        (1_000, 0, "j: 1,000 people, 0 runs", "j：1,000 人，进入 0 次"),
    ],
)
def test_the_title_of_a_funnel_counts_people_and_runs(
    people: int, runs: int, english: str, chinese: str
) -> None:
    funnel = Funnel(people, runs)
    assert recorded_funnel_table(funnel, "j", None, "en").title == english
    assert recorded_funnel_table(funnel, "j", None, "zh").title == chinese
