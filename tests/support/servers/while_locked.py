"""`python -m tests.support.servers.while_locked FILE COMMAND…` runs a command while anybody locks the file.

A lock is gone with the process that held it, however that one ends. The file is then emptied.
"""

import fcntl
import subprocess
import sys
from pathlib import Path


def main(file: str, *command: str) -> None:
    with Path(file).open("r+") as users, subprocess.Popen(command) as process:  # noqa: S603 - the caller's command
        fcntl.flock(users, fcntl.LOCK_EX)
        users.truncate()
        process.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
