"""Set-up on a machine where something is missing."""

import shutil
import subprocess
from pathlib import Path

SETUP = Path(__file__).parents[2] / "infra" / "setup.sh"


def test_without_python_3_13_one_line_says_what_to_do(tmp_path: Path) -> None:
    bash, dirname = shutil.which("bash"), shutil.which("dirname")
    assert bash
    assert dirname
    (tmp_path / "dirname").symlink_to(dirname)

    found = subprocess.run(  # noqa: S603 - our own script
        [bash, str(SETUP)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert found.returncode == 1
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert line.startswith("Python 3.13 is not installed")
    assert line.endswith("install it, then run this again.")
