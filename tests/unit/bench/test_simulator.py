"""The measure of the simulator: whole lives, from the first event to the end of the run."""

import sys
from pathlib import Path

import pytest

from infra.bench import simulator
from infra.bench.callback import BenchError
from infra.bench.simulator import Lives, lives_per_second
from workbench.simulator.simulator import Simulator


def test_a_life_of_two_days_with_answers_and_messages_is_measured() -> None:
    lives = lives_per_second(rounds=1)

    assert (lives.journey, lives.persona) == ("welcome-from-store", "Lee")
    assert lives.hours > 40
    assert lives.events > 20
    assert lives.per_second > 0
    assert lives.people_per_second > 0


def test_a_persona_with_an_error_cannot_be_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong = tmp_path / "lee.yaml"
    wrong.write_text("nonsense: 1\n", "utf-8")
    monkeypatch.setattr(simulator, "PERSONA", wrong)

    with pytest.raises(BenchError, match="has a mistake"):
        lives_per_second()


def test_the_speed_is_one_line() -> None:
    assert str(Lives("welcome", "Lee", 22, 42.25, 1234.5, 2345.6)) == (
        "Simulator: 1,234 whole lives a second on one core (Lee in welcome: 22 events in 42 hours), "
        "2,346 people of a population"
    )


def test_the_calls_of_a_life_are_bounded() -> None:
    # Counted, not timed: a slow machine fails no test, a slower simulator does.
    deployment, person = simulator.reference_life()
    Simulator(deployment, person).play()
    calls = 0

    def count(_frame: object, what: str, _argument: object) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    sys.setprofile(count)
    try:
        Simulator(deployment, person).play()
    finally:
        sys.setprofile(None)

    # 3,447 calls: a typed trace makes two objects of each event, two waits are written, allowances are kept
    # as two readings of WeChat's rules have them, quiet hours are looked at before messages, and an event is
    # counted for the person's counters, stage and segments; a run sees the person through its own contact.
    # The two `len` of each changed copy are 138 of them: that copy takes two thirds of the time it took.
    # The books are 509 of them: the services of the runtime post the award, and look at each event.
    assert 500 < calls < 3_600
