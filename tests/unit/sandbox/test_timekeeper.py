"""The keeper of the sandbox's time: what stops it, what it jumps to, in which order."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.sandbox import timekeeper
from infra.sandbox.settings import ROOT
from infra.sandbox.timekeeper import (
    REAL_TIME,
    STANDING,
    Signal,
    StillInFlightError,
    Timekeeper,
    counted_threads,
    held,
)
from tests.support.patience import PATIENCE
from wejourney.clock import Clock

NOW = 1_800_000_000
AT_ONCE = 0.05


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "clock").write_text(str(NOW))
    return tmp_path / "clock"


@pytest.fixture
def keeper(file: Path) -> Timekeeper:
    return Timekeeper(file)


def run(keeper: Timekeeper, work: Callable[[], object]) -> threading.Thread:
    """Work in a thread that counts as in flight."""
    thread = counted_threads(keeper, "runs")(target=work, daemon=True)
    thread.start()
    return thread


def in_flight(keeper: Timekeeper) -> dict[str, int]:
    found: dict[str, int] = keeper.state()["in_flight"]
    return found


# --- what stops it -------------------------------------------------------------------------------


def test_time_does_not_move_while_something_is_in_flight(keeper: Timekeeper) -> None:
    with keeper.in_flight("requests"):
        with pytest.raises(StillInFlightError, match="1 requests"):
            keeper.advance(NOW + 60, AT_ONCE)
        assert keeper.seconds == NOW
        assert in_flight(keeper) == {"requests": 1}
    keeper.advance(NOW + 60, PATIENCE)
    assert keeper.seconds == NOW + 60


def test_a_move_waits_until_what_is_in_flight_has_ended(keeper: Timekeeper) -> None:
    ended: list[int] = []

    def work() -> None:
        time.sleep(0.1)
        ended.append(keeper.seconds)

    run(keeper, work)
    keeper.advance(NOW + 60, PATIENCE)
    assert ended == [NOW]


def test_work_that_nobody_has_taken_up_yet_stops_time(keeper: Timekeeper) -> None:
    waiting = [1]
    keeper.elsewhere["messages"] = lambda: bool(waiting)
    with pytest.raises(StillInFlightError, match="messages"):
        keeper.advance(NOW + 60, AT_ONCE)
    waiting.clear()
    keeper.advance(NOW + 60, PATIENCE)


def test_work_that_begins_between_the_wait_and_the_jump_stops_the_jump(keeper: Timekeeper) -> None:
    answers, seen = iter([False, True, True, False]), list[int]()

    def has_work() -> bool:
        seen.append(keeper.seconds)
        return next(answers, False)

    keeper.elsewhere["messages"] = has_work
    keeper.advance(NOW + 60, PATIENCE)
    assert seen == [NOW] * 5


def test_after_an_error_nothing_is_left_in_flight(keeper: Timekeeper) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), keeper.in_flight("requests"):
        fail()
    with pytest.raises(ZeroDivisionError):
        keeper.handed_over("batches", fail)()
    assert in_flight(keeper) == {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_or_cannot_start_is_not_left_in_flight(
    keeper: Timekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise ValueError

    run(keeper, die).join()
    assert in_flight(keeper) == {}

    def refuse(_self: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError):
        run(keeper, die)
    assert in_flight(keeper) == {}


def test_a_thread_is_in_flight_from_its_start_on(keeper: Timekeeper) -> None:
    goes_on = threading.Event()
    thread = run(keeper, goes_on.wait)
    assert in_flight(keeper) == {"runs": 1}
    goes_on.set()
    thread.join()
    assert in_flight(keeper) == {}


def test_a_thread_whose_target_does_not_count_stops_nothing(keeper: Timekeeper) -> None:
    goes_on = threading.Event()
    thread = counted_threads(keeper, "deliveries", lambda target: target is print)(target=goes_on.wait)
    thread.start()
    keeper.advance(NOW + 1, AT_ONCE)
    goes_on.set()
    thread.join()


def test_another_process_can_hold_the_time_and_lets_go_when_it_is_killed(
    keeper: Timekeeper, file: Path
) -> None:
    program = (
        "import sys, pathlib, infra.sandbox.timekeeper as t\n"
        f"with t.held(pathlib.Path({str(file)!r})): print('holds', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, stdin=-1, stdout=-1, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "holds\n"
        with pytest.raises(StillInFlightError, match="1 acts"):
            keeper.advance(NOW + 60, AT_ONCE)
        other.kill()
    keeper.advance(NOW + 60, PATIENCE)
    assert keeper.seconds == NOW + 60


def test_time_stands_until_the_last_of_two_overlapping_acts_has_ended(keeper: Timekeeper, file: Path) -> None:
    first, second = held(file), held(file)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert in_flight(keeper) == {"acts": 1}
    second.__exit__(None, None, None)
    assert in_flight(keeper) == {}


# --- what it jumps to ----------------------------------------------------------------------------


def test_everything_happens_at_its_moment_and_in_its_order(keeper: Timekeeper) -> None:
    happened: list[tuple[str, int]] = []

    def wait(name: str, *seconds: float) -> Callable[[], None]:
        def work() -> None:
            for pause in seconds:
                keeper.sleep_until(keeper.seconds + pause, "runs")
                happened.append((name, keeper.seconds - NOW))

        return work

    for work in (wait("a", 30, 30), wait("b", 10), wait("c", 30)):
        run(keeper, work)
        keeper.advance(NOW, PATIENCE)
    keeper.advance(NOW + 100, PATIENCE)
    assert happened == [("b", 10), ("a", 30), ("c", 30), ("a", 60)]
    assert keeper.seconds == NOW + 100


def test_plans_for_the_same_moment_are_done_one_after_the_other(keeper: Timekeeper) -> None:
    happened: list[str] = []

    def work() -> None:
        keeper.sleep_until(NOW + 10, "runs")
        happened.append("begins")
        time.sleep(0.02)
        happened.append("ends")

    for _ in range(3):
        run(keeper, work)
    keeper.advance(NOW + 10, PATIENCE)
    assert happened == ["begins", "ends"] * 3


def test_what_a_moment_leads_to_at_the_same_moment_happens_on_the_way(keeper: Timekeeper) -> None:
    happened: list[int] = []

    def lead_to_more() -> None:
        keeper.at(NOW + 10, lambda: happened.append(keeper.seconds))

    keeper.at(NOW + 10, lead_to_more)
    keeper.advance(NOW + 20, PATIENCE)
    assert happened == [NOW + 10]


def test_the_next_moment_is_the_earliest_that_is_due_and_no_later_than_the_limit(keeper: Timekeeper) -> None:
    happened: list[str] = []
    keeper.at(NOW + 20, lambda: happened.append("second"))
    keeper.at(NOW + 10, lambda: happened.append("first"))
    keeper.next_moment(NOW + 5, PATIENCE)
    assert (keeper.seconds, happened) == (NOW + 5, [])
    keeper.next_moment(None, PATIENCE)
    assert (keeper.seconds, happened) == (NOW + 10, ["first"])
    keeper.next_moment(NOW + 60, PATIENCE)
    keeper.next_moment(None, PATIENCE)
    assert (keeper.seconds, happened) == (NOW + 20, ["first", "second"]), "nothing is due: time stays"


def test_a_moment_between_two_seconds_comes_at_the_second_after_it(keeper: Timekeeper) -> None:
    happened: list[int] = []
    keeper.at(NOW + 1.2, lambda: happened.append(keeper.seconds))
    keeper.advance(NOW + 3, PATIENCE)
    assert happened == [NOW + 2]


def test_time_never_goes_back(keeper: Timekeeper) -> None:
    keeper.advance(NOW + 60, PATIENCE)
    keeper.advance(NOW, PATIENCE)
    assert keeper.seconds == NOW + 60


def test_all_processes_read_the_same_time_from_the_file(keeper: Timekeeper, file: Path) -> None:
    clock = Clock(str(file))
    seen: list[datetime] = []
    keeper.at(NOW + 10, lambda: seen.append(clock.now()))
    keeper.advance(NOW + 20, PATIENCE)
    assert [*seen, clock.now()] == [datetime.fromtimestamp(NOW + past, UTC) for past in (10, 20)]


# --- signals -------------------------------------------------------------------------------------


def test_a_signal_wakes_its_thread_before_its_time_and_nothing_is_due_any_more(keeper: Timekeeper) -> None:
    signal, woken = Signal(keeper, "runs"), list[bool]()
    run(keeper, lambda: woken.append(signal.wait(60)))
    keeper.advance(NOW + 10, PATIENCE)
    assert woken == []
    signal.set()
    keeper.advance(NOW + 10, PATIENCE)
    assert woken == [True]
    assert keeper.state()["next"] is None


def test_a_signal_that_nobody_sets_is_over_at_its_second(keeper: Timekeeper) -> None:
    signal, woken = Signal(keeper, "runs"), list[tuple[bool, int]]()
    run(keeper, lambda: woken.append((signal.wait(60), keeper.seconds - NOW)))
    keeper.advance(NOW + 600, PATIENCE)
    assert woken == [(False, 60)]


def test_the_thread_of_a_signal_that_was_set_is_in_flight_at_once(keeper: Timekeeper) -> None:
    signal = Signal(keeper, "runs")
    goes_on = threading.Event()
    run(keeper, lambda: signal.wait() and goes_on.wait())
    keeper.advance(NOW, PATIENCE)
    signal.set()
    assert in_flight(keeper) == {"runs": 1}
    goes_on.set()


def test_a_signal_that_is_set_already_is_not_waited_for(keeper: Timekeeper) -> None:
    signal = Signal(keeper, "runs")
    signal.set()
    with keeper.in_flight("runs"):
        assert signal.wait(60)
        assert signal.is_set()
        assert in_flight(keeper) == {"runs": 1}


# --- a time that moves by itself -----------------------------------------------------------------


@pytest.fixture
def ticks_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper's own thread sleeps for longer than the test, so only the test lets real time pass."""
    monkeypatch.setattr(timekeeper, "TICK", 3600)


@pytest.mark.usefixtures("ticks_by_hand")
def test_at_a_speed_time_passes_and_stops_at_each_due_moment(keeper: Timekeeper) -> None:
    happened: list[int] = []
    keeper.at(NOW + 60, lambda: happened.append(keeper.seconds - NOW))
    keeper.set_speed(3600)
    keeper.tick(0.05)
    assert (happened, keeper.seconds - NOW) == ([60], 60)
    keeper.tick(0.05)
    assert keeper.seconds - NOW == 60 + 180


@pytest.mark.usefixtures("ticks_by_hand")
def test_at_a_speed_time_stands_while_something_is_in_flight_and_does_not_catch_up(
    keeper: Timekeeper,
) -> None:
    keeper.set_speed(3600)
    with keeper.in_flight("requests"):
        keeper.tick(10)
    assert keeper.seconds == NOW
    keeper.tick(0.05)
    assert keeper.seconds - NOW == 180


@pytest.mark.usefixtures("ticks_by_hand")
def test_real_time_passes_whatever_is_in_flight(keeper: Timekeeper) -> None:
    happened: list[int] = []
    keeper.set_speed(REAL_TIME)
    for second in (1, 2):
        keeper.at(NOW + second, lambda: happened.append(keeper.seconds - NOW))
    with keeper.in_flight("requests"):
        for _ in range(8):
            keeper.tick(0.5)
    assert happened == [1, 2]
    assert keeper.seconds - NOW == 4


def test_time_moves_by_itself_until_it_is_told_to_stand(keeper: Timekeeper) -> None:
    keeper.set_speed(3600)
    ends = time.monotonic() + PATIENCE
    while keeper.seconds == NOW:
        assert time.monotonic() < ends
        time.sleep(0.01)
    keeper.set_speed(STANDING)
    keeper.advance(keeper.seconds, PATIENCE)
    stands = keeper.seconds
    time.sleep(0.2)
    assert keeper.seconds == stands
