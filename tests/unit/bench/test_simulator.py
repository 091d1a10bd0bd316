"""The measure of the simulator: whole lives, from the first event to the end of the run."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from infra.bench import simulator
from infra.bench.callback import BenchError
from infra.bench.report import simulator_line
from infra.bench.simulator import Lives, lives_per_second
from workbench.simulator.simulator import Simulator

LIVES = Lives("welcome", "Lee", 22, 42.25, 1234.5)


def test_what_is_measured_is_a_life_of_two_days_with_answers_and_messages() -> None:
    lives = lives_per_second(rounds=1, each=timedelta(milliseconds=5))

    assert (lives.journey, lives.persona) == ("welcome-from-store", "Lee")
    assert lives.hours > 40
    assert lives.happenings > 20
    assert lives.per_second > 0


def test_the_best_round_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([3.0, 7.0, 5.0])
    monkeypatch.setattr(simulator, "_round", lambda *_: next(found))

    assert lives_per_second(rounds=3).per_second == 7.0


def test_a_persona_with_a_mistake_is_no_measure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong = tmp_path / "lee.yaml"
    wrong.write_text("nonsense: 1\n", "utf-8")
    monkeypatch.setattr(simulator, "PERSONA", wrong)

    with pytest.raises(BenchError, match="has a mistake"):
        lives_per_second()


def test_it_is_reported_for_people_and_for_scripts() -> None:
    assert simulator_line(LIVES) == (
        "Simulator: 1,234 whole lives a second on one core (Lee in welcome: 22 happenings in 42 hours)"
    )
    assert json.loads(json.dumps(LIVES.to_dict()))["per_second"] == 1234.5


def test_what_a_life_costs_is_bounded() -> None:
    # Counted, not timed: a slow machine fails no test, a slower simulator does.
    stage, person = simulator.reference_life()
    Simulator(stage, person).play()
    calls = 0

    def count(_frame: object, what: str, _argument: object) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    sys.setprofile(count)
    try:
        Simulator(stage, person).play()
    finally:
        sys.setprofile(None)

    # A typed trace makes two objects of each happening: 1,450 calls.
    assert 500 < calls < 1_500
