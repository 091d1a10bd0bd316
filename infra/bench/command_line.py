"""The processor time of a command from start to end, beside a bare interpreter and one that imports typer.

Each is started several times, in turns, with bytecode as an installed package has it.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.sandbox.settings import ROOT

FILES = 100
"""How many journeys there are beside the one that is checked."""

_BARE, _TYPER, _HELP, _CHECK = "python", "import typer", "--help", "check"
_MAIN = "from workbench.cli.main import main; main()"


@dataclass(frozen=True)
class Starts:
    """Seconds of the processor: medians."""

    bare: float
    typer: float
    help: float
    check: float

    def __str__(self) -> str:
        return (
            f"Command line, in times a bare interpreter: import typer {self.typer / self.bare:.1f}, "
            f"--help {self.help / self.bare:.1f} ({self.help:.2f} s of processor), "
            f"check of one of {FILES} files {self.check / self.bare:.1f} ({self.check:.2f} s)"
        )


def measure_starts(rounds: int = 9) -> Starts:
    """Start the commands where a project has a hundred journeys."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        asked = make_project(folder)
        commands = {
            _BARE: ["-c", "pass"],
            _TYPER: ["-c", "import typer"],
            _HELP: ["-c", _MAIN, "--help"],
            _CHECK: ["-c", _MAIN, "check", str(asked)],
        }
        seconds = processor_times(commands, folder, rounds)
    return Starts(seconds[_BARE], seconds[_TYPER], seconds[_HELP], seconds[_CHECK])


def make_project(folder: Path) -> Path:
    """Write a project of a hundred journeys; returns the one that is checked, from the folder."""
    shutil.copytree(ROOT / "infra/contents", folder / "infra/contents")
    shutil.copy(ROOT / "infra/profile.yaml", folder / "infra")
    journeys = folder / "infra/journeys"
    journeys.mkdir()
    for number in range(FILES):
        shutil.copy(ROOT / "infra/journeys/welcome-back.yaml", journeys / f"journey-{number}.yaml")
    return (journeys / "journey-7.yaml").relative_to(folder)


def processor_times(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, float]:
    """The median of each; the first start, which writes the bytecode, does not count."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, arguments in commands.items():
            before = _of_children()
            subprocess.run(  # noqa: S603 - our own commands
                [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=True
            )
            times[name].append(_of_children() - before)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
