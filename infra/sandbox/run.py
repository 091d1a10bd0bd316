"""`make sandbox`: the whole product on this machine, see README.md beside this file; `make demo` with `demo`.

With `--leashed` the sandbox ends with the process that started it, see `processes.py`.
"""

import signal
import sys

from workbench.cli.consoles import replace_missing_characters

PYTHON = (3, 13)
"""The functions' own version: the local AWS runs them with the interpreter that runs this."""

LONGEST_END = 10.0
"""Seconds after which a sandbox that was told to end is killed when its parent is gone."""

INTERRUPTED = 130
"""The exit status of a demo that a Ctrl-C has ended."""


def main(arguments: list[str]) -> int:
    """Check the interpreter and be ready to end before anything that takes its time is imported."""
    replace_missing_characters()
    if sys.version_info[:2] != PYTHON:
        wanted = ".".join(map(str, PYTHON))
        print(f"the sandbox needs Python {wanted}, this is {sys.version.split()[0]}: use `make sandbox`, "  # noqa: T201
              f"or install it with `uv python install {wanted}`", file=sys.stderr)  # fmt: skip
        return 1
    if arguments[:1] == ["demo"]:
        signal.signal(signal.SIGINT, lambda *_: sys.exit(INTERRUPTED))
        from infra.sandbox.demo import show  # noqa: PLC0415 - see above

        return show(arguments[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    if "--leashed" in arguments:
        from infra.sandbox.processes import end_with_parent  # noqa: PLC0415 - see above

        end_with_parent(LONGEST_END)
    from infra.sandbox.launcher import launch  # noqa: PLC0415 - see above

    return launch()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
