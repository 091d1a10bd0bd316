"""A burst through the functions as they are: each follower gets everything, and everything once."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from sysconfig import get_path

import pytest

from infra.bench.burst import Burst, Stage, run_burst
from infra.bench.callback import FUNCTIONS
from infra.sandbox.settings import ROOT

PACKAGES = Path(get_path("platlib"))
FOLDERS = {name: ROOT / "functions" / name for name in FUNCTIONS}
LAYERS = [ROOT / "layers/shared/python", PACKAGES]
EFFECTS = {"openings", "executions", "answers", "messages", "points", "ends"}
FOLLOWERS = 200


@pytest.fixture(scope="module")
def burst() -> Burst:
    return run_burst(FOLLOWERS, FOLDERS, LAYERS, [PACKAGES])


@pytest.mark.long
def test_nothing_is_lost_and_nothing_doubled_when_records_come_twice(burst: Burst) -> None:
    assert burst.effects.keys() == EFFECTS
    for counted in burst.effects.values():
        assert counted == Counter(burst.followers)
    assert (burst.lost, burst.doubled) == (0, 0)
    stages = {stage.name: stage for stage in burst.stages}
    assert stages.pop("process_inbox: again").events == FOLLOWERS / 10
    assert {stage.events for stage in stages.values()} == {FOLLOWERS}


@pytest.mark.long
def test_a_follower_costs_at_most_so_many_calls_of_aws(burst: Burst) -> None:
    # The secret and the token are read once a process.
    calls = {stage.name: round(stage.calls_per_event, 1) for stage in burst.stages}
    most = {
        "wechat_callback: follow": 2.0,
        # Whose identity the row of the openid is, the mark of an erasure, whose the union id is, the record,
        # and what has waited for the union id.
        "process_inbox: follow": 5.0,
        "perform_actions: ask": 3.0,
        "wechat_callback: answer": 1.0,
        "process_inbox: answer": 4.0,
        # It completes what an earlier delivery may have left: what has waited for the union id, too.
        "process_inbox: again": 6.0,
        # An award is decided on the books, which are read first.
        "perform_actions: tag, award, send": 4.0,
        "close_run: end": 4.0,
    }
    assert calls.keys() == most.keys()
    assert [name for name, number in calls.items() if number > most[name]] == []
    assert burst.bare_call > 0
    assert burst.bare_calls > 1


def test_what_is_missing_is_lost_and_what_there_is_more_of_is_doubled() -> None:
    burst = Burst(["a", "b"], [Stage("ask", 2, 0.01)], {"messages": Counter("ab")}, {}, 0.001)

    assert (burst.lost, burst.doubled) == (0, 0)
    for messages, found in {"a": (1, 0), "aab": (0, 1), "aa": (1, 1), "abc": (0, 1), "": (2, 0)}.items():
        changed = replace(burst, effects={"messages": Counter(messages), "ends": Counter("ab")})
        assert (changed.lost, changed.doubled) == found
    assert (burst.milliseconds, burst.bare_calls) == (5.0, 5.0)
