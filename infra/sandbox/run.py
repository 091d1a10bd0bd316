"""`make sandbox`: the whole product on this machine. See README.md beside this file.

With `--leashed` it ends with the process that started it, see `leash.py`.
"""

import signal
import sys

from infra.sandbox.processes.leash import end_with_parent

PYTHON = (3, 13)
"""The functions' own version: the local AWS runs them with the interpreter that runs this."""

LONGEST_END = 10.0
"""Seconds after which a sandbox that was told to end is killed when its parent is gone."""


def main() -> int:
    """Check the interpreter before anything that needs it is imported."""
    if sys.version_info[:2] != PYTHON:
        wanted = ".".join(map(str, PYTHON))
        print(f"the sandbox needs Python {wanted}, this is {sys.version.split()[0]}: use `make sandbox`, "  # noqa: T201
              f"or install it with `uv python install {wanted}`", file=sys.stderr)  # fmt: skip
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    if "--leashed" in sys.argv[1:]:
        end_with_parent(LONGEST_END)
    from infra.sandbox.launcher import launch  # noqa: PLC0415 - see above

    return launch()


if __name__ == "__main__":
    sys.exit(main())
