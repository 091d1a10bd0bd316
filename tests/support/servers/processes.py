"""Other processes of this machine."""

import subprocess
import time
from collections.abc import Iterable


def processes() -> list[tuple[int, int, str]]:
    """All processes that have not ended: id, parent's id, command."""
    listed = subprocess.run(
        ["/bin/ps", "-A", "-ww", "-o", "pid=,ppid=,state=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 3) for line in listed.splitlines())
    return [(int(row[0]), int(row[1]), row[3]) for row in rows if len(row) > 3 and not row[2].startswith("Z")]


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and those that they have."""
    found = {pid}
    listed = processes()
    while more := {child for child, parent, _ in listed if parent in found} - found:
        found |= more
    return found - {pid}


def left_of(pids: Iterable[int], within: float) -> list[str]:
    """The commands of those of these processes that have not ended after so many seconds."""
    wanted = set(pids)
    deadline = time.monotonic() + within
    while True:
        left = [command for pid, _, command in processes() if pid in wanted]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)
