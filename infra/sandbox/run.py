"""`make sandbox`: the whole product on this machine. See README.md beside this file."""

import sys

PYTHON = (3, 13)
"""The functions' own version: the local AWS runs them with the interpreter that runs this."""


def main() -> int:
    """Check the interpreter before anything that needs it is imported."""
    if sys.version_info[:2] != PYTHON:
        wanted = ".".join(map(str, PYTHON))
        print(f"the sandbox needs Python {wanted}, this is {sys.version.split()[0]}: use `make sandbox`, "  # noqa: T201
              f"or install it with `uv python install {wanted}`", file=sys.stderr)  # fmt: skip
        return 1
    from infra.sandbox.launcher import launch  # noqa: PLC0415 - see above

    return launch()


if __name__ == "__main__":
    sys.exit(main())
