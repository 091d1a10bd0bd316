"""The sample output in pages: `uv run python -m tests.docs.samples` renders it again.

A `console` block begins with the command, `$ uv run wejourney …`, and goes on with what the command prints.
"""

import re
import shlex

from tests.docs.pages import FOR_PEOPLE, ROOT
from tests.support.cli import run

COLUMNS = 100
_SAMPLE = re.compile(r"^```console\n\$ uv run wejourney (.*)\n(?:.*\n)*?```$", re.MULTILINE)


def rendered(text: str) -> str:
    """A page with the output of its samples as the commands print it now, from the repository's root."""

    def sample(found: re.Match[str]) -> str:
        printed = run(*shlex.split(found[1]), columns=COLUMNS)
        assert printed.exit_code == 0, printed.output
        lines = "\n".join(line.rstrip() for line in printed.stdout.splitlines())
        return f"```console\n$ uv run wejourney {found[1]}\n{lines}\n```"

    return _SAMPLE.sub(sample, text)


if __name__ == "__main__":
    for name in FOR_PEOPLE:
        file = ROOT / name
        file.write_text(rendered(file.read_text("utf-8")), "utf-8")
