"""What a funnel counts."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from wejourney.messaging.merge_fields import OTHER
from wejourney.reasons import Unfollowed
from workbench.trace.funnel import Funnel, Outcome, count_tables, counted_funnel, counted_funnel_table
from workbench.trace.trace_events import MessageSent, RunEnded, RunStarted, TraceEvent, Where
from workbench.wording.picture_phrases import Language

START = datetime(2026, 11, 25, tzinfo=UTC)
DAY = timedelta(days=1)


def at(days: int, step: str = "", run: str = "r") -> Where:
    return Where(START + days * DAY, "j", run, step)


def test_a_message_whose_outcome_is_unknown_counts_neither_as_sent_nor_as_not_sent() -> None:
    sent, unknown = (("step", step, status) for step, status in (("1", "sent"), ("2", "unknown")))
    found = counted_funnel([("v1", {("entered",): 1, sent: 1, ("channel", "custom"): 1, unknown: 1})])
    assert found.steps == {("1", Outcome.SENT): 1, ("2", Outcome.UNKNOWN): 1}
    assert (found.not_sent.total(), found.channels) == (0, {"custom": 1})


def test_a_run_has_reached_a_step_with_its_message_and_one_without_when_its_wait_is_over() -> None:
    """A version for itself: step 2 of the second one only waits."""
    answered = ("choice", "2", "ring", "yes")
    first = {("entered",): 3, ("step", "2", "sent"): 2, ("step", "2", "reserved"): 1, answered: 1}
    second = {("entered",): 2, answered: 1, ("step", "2", "timed_out"): 1}
    found = counted_funnel([("v1", first), ("v2", second), ("v1", first)])
    assert found.reached == {"2": 3 + 3 + 2}
    assert found.answers == {("ring", "yes"): 3}
    assert found.steps["2", Outcome.PENDING] == 2


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
    found = Funnel()
    found.add("j", trace)
    assert (found.people, found.entered, dict(found.reached)) == (1, 2, {"3": 2, "5": 1})
    assert (found.steps["3", Outcome.LEFT], found.steps["5", Outcome.LEFT]) == (1, 1)


def test_a_run_that_ended_before_any_step_is_on_record_counts_at_no_step() -> None:
    trace: list[TraceEvent] = [RunStarted(at(0)), RunEnded(at(1), Unfollowed())]
    funnel = Funnel()
    funnel.add("j", trace)
    found = funnel.to_dict()
    assert (found["entered"], found["steps"]) == (1, {})
    assert [(end["kind"], end["count"]) for end in found["ended"]] == [("unfollowed", 1)]


@pytest.mark.parametrize(
    ("people", "runs", "english", "chinese"),
    [
        (1, 1, "j: 1 person, 1 run", "j：1 人，进入 1 次"),
        (1, 2, "j: 1 person, 2 runs", "j：1 人，进入 2 次"),
        (1_000, 0, "j: 1,000 people, 0 runs", "j：1,000 人，进入 0 次"),
        (0, 2, "j: 2 runs", "j：进入 2 次"),
    ],
)
def test_the_title_of_a_funnel_counts_runs_and_people_where_they_are_known(
    people: int, runs: int, english: str, chinese: str
) -> None:
    funnel = Funnel(people, runs)
    assert counted_funnel_table(funnel, "j", None, "en").title == english
    assert counted_funnel_table(funnel, "j", None, "zh").title == chinese


def test_a_funnel_whose_first_counts_were_lost_is_shown_with_what_is_left() -> None:
    """Lambda gives a batch up after a day: a message can be counted whose run, or whose beginning, is not."""
    sent, reserved = ("step", "1", "sent"), ("step", "1", "reserved")
    ended = ("ended", '{"kind": "finished"}')
    for counts in ({sent: 1, ended: 1}, {("entered",): 1, sent: 1, reserved: -1, ended: 2}):
        funnel = counted_funnel([("v", counts)]) + counted_funnel([])
        assert counted_funnel_table(funnel, "j", None, "en").row_count >= 0
        assert next(one.row_count for one in count_tables(funnel, "en") if isinstance(one, Table)) == 1, (
            "nobody is going on"
        )
        assert funnel.to_dict()["steps"]["1"]["sent"] == 1


@pytest.mark.parametrize(("language", "words"), [("en", "any other answer"), ("zh", "其他回答")])
def test_an_answer_that_is_no_choice_is_named_in_the_readers_language(language: Language, words: str) -> None:
    counted = Funnel()
    counted.answers["ring", OTHER] = 2
    shown = StringIO()
    for table in count_tables(counted, language):
        Console(width=80, file=shown).print(table)

    assert words in shown.getvalue()
    assert "other " not in shown.getvalue().replace(words, "")
