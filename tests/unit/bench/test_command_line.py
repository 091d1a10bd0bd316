"""The measure of the command line: what a process takes of the processor, not how long it waits."""

from pathlib import Path

from infra.bench.command_line import Starts, make_project, processor_times
from tests.support.cli import run


def test_only_the_processor_counts(tmp_path: Path) -> None:
    commands = {
        "waits": ["-c", "import time; time.sleep(0.4)"],
        "works": ["-c", "import time\nwhile time.process_time() < 0.4: pass"],
    }

    seconds = processor_times(commands, tmp_path, rounds=1)

    assert seconds["waits"] < 0.4 <= seconds["works"]


def test_the_starts_are_one_line() -> None:
    assert str(Starts(0.02, 0.1, 0.25, 0.5)) == (
        "Command line, in times a bare interpreter: import typer 5.0, --help 12.5 (0.25 s of processor), "
        "check of one of 100 files 25.0 (0.50 s)"
    )


def test_the_journey_that_is_checked_is_accepted(tmp_path: Path) -> None:
    checked = run("check", tmp_path / make_project(tmp_path))
    assert checked.exit_code == 0, checked.output
