"""The server that all workers of a test run share ends with the last of them."""

import fcntl
import subprocess
import sys
from pathlib import Path

from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import ROOT

SERVER = "print('runs', flush=True); import time; time.sleep(3600)"


def test_a_command_runs_until_the_last_lock_is_gone_and_the_file_is_then_empty(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text("the address")
    command = [sys.executable, "-m", "tests.support.servers.while_locked", str(file)]
    command += [sys.executable, "-c", SERVER]
    with file.open() as first, file.open() as last:
        fcntl.flock(first, fcntl.LOCK_SH)
        fcntl.flock(last, fcntl.LOCK_SH)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
            assert process.stdout is not None
            assert process.stdout.readline() == "runs\n"
            first.close()
            assert process.poll() is None
            assert file.read_text() == "the address"
            last.close()
            assert process.wait(PATIENCE) == 0
            assert process.stdout.read() == "", "the command has ended, too"
    assert file.read_text() == ""
