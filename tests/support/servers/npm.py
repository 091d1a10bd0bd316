"""npm packages for tests: installed from a lock file, once."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE


def installed(folder: Path) -> Path:
    """The node_modules of a folder with a package-lock.json; skips the test where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: it brings what this test compares with")
    wanted = (folder / "package-lock.json").read_text()
    stamp = folder / "node_modules" / ".installed-lock.json"
    with (folder / "package-lock.json").open() as lock:
        # Tests run in several processes: the first one installs, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            command = [npm, "ci", "--ignore-scripts"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE)  # noqa: S603 - ours
            stamp.write_text(wanted)
    return stamp.parent
