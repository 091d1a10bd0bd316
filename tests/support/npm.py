"""npm packages for tests: installed from a lock file, once."""

import shutil
import subprocess
from pathlib import Path

import pytest


def installed(folder: Path) -> Path:
    """The node_modules of a folder with a package-lock.json; skips the test where there is no npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: it brings what this test compares with")
    stamp, wanted = (
        folder / "node_modules" / ".installed-lock.json",
        (folder / "package-lock.json").read_text(),
    )
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([npm, "ci"], cwd=folder, check=True, capture_output=True, timeout=300)  # noqa: S603 - ours
        stamp.write_text(wanted)
    return stamp.parent
