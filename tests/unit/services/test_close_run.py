"""The end of a run, as the engine tells of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.followers import FakeFollowers
from wejourney.adapters.sealed_runs import sealed
from wejourney.events.positions import BEGINNING
from wejourney.journeys.runs import LiveRun, Run
from wejourney.people.erasure import RunKey
from wejourney.people.followers import Follower
from wejourney.reasons import EndedByEngine, Finished, GoalReached, RunEnd, Stopped
from wejourney.services.close_run import CloseRun, End

SOMEBODY = Follower(APP_ID, OPENID, person_id="p-1")
RUN = Run("run-1", "care", "v1", last_position=BEGINNING, follower=SOMEBODY)
SEALED_RUN = replace(RUN, seal_key="MDEyMzQ1Njc4OWFiY2RlZg==")


def detail(
    status: str = "SUCCEEDED", output: Any = None, data: Mapping[str, Any] = sealed(SEALED_RUN)
) -> Mapping[str, Any]:
    """As EventBridge brings it; an execution that did not succeed has no output."""
    return {
        "status": status,
        "input": json.dumps(data),
        "output": None if output is None else json.dumps(output),
    }


def records() -> FakeFollowers:
    return FakeFollowers(SOMEBODY, [LiveRun("care", RUN.id, event_id="e-1")])


@pytest.mark.parametrize(
    ("told", "end"),
    [
        (detail(), Finished()),
        (detail(output={"stopped": "bought", "goal": True}), GoalReached()),
        (detail(output={"stopped": "later"}), Stopped("later")),
        (detail(output="text"), Finished()),
        (detail("FAILED"), EndedByEngine("failed")),
        (detail("TIMED_OUT"), EndedByEngine("timed_out")),
    ],
)
def test_an_end_is_recorded_as_the_goal_or_a_stop_or_in_the_engines_word(
    told: Mapping[str, Any], end: RunEnd
) -> None:
    followers = records()

    assert CloseRun(followers, FakeClock(NOON))(End.from_detail(told))

    assert followers.ends == {RUN.id: end}
    assert followers.only.runs == {}


def test_the_end_of_a_run_that_an_earlier_release_has_started_is_recorded() -> None:
    assert End.from_detail(detail(data=RUN.to_dict())) == End.from_detail(detail())


def test_a_redelivered_end_changes_nothing() -> None:
    followers = records()
    close = CloseRun(followers, FakeClock(NOON))
    assert close(End.from_detail(detail()))

    assert not close(End.from_detail(detail("FAILED")))

    assert followers.ends == {RUN.id: Finished()}


def test_an_end_keeps_the_engines_status_beside_its_reason() -> None:
    end = End.from_detail(detail(output={"goal": True}))

    assert end == End("p-1", RunKey("care", RUN.id), "succeeded", GoalReached())
