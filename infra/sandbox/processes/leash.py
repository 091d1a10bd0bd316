"""Processes that end with the one that started them, however that one ends, `kill -9` included.

The parent holds the other end of the child's standard input and never writes to it: it is at its end when the
parent is gone. `python -m infra.sandbox.processes.leash COMMAND…` runs a command that ignores its input.
"""

import os
import signal
import subprocess
import sys
import threading
import time


def end_with_parent(grace: float = 0.0) -> None:
    """Kill this process and its group as soon as the parent is gone.

    With a `grace`, in seconds, this process first gets a SIGTERM and that much time to end by itself.
    """

    def wait() -> None:
        while os.read(0, 1):
            pass
        if grace:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(grace)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main() -> int:
    """Run the command in our process group, which ends with the parent. Returns the command's status."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the parent's command
    end_with_parent()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
