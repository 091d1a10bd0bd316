"""The sample output in pages: `uv run python -m tests.docs.samples` renders it again.

A `console` block has a command and its output: `$ uv run wejourney …`, run from the
repository's root, or `$ make demo`, whose lines of the month before the first follow and of 24 hours after it
are rendered from the lives that the simulator foretells. tests/sandbox/test_demo.py holds the demo against
them.
"""

import re
import shlex
from datetime import timedelta
from io import StringIO

from rich.console import Console

from infra.sandbox.demo import Lines, deployed_project, foretold, personas
from tests.docs.pages import FOR_PEOPLE, ROOT
from tests.support.cli import run
from workbench.trace.trace_events import RunStarted
from workbench.wording.picture_phrases import Language

COLUMNS = 100
SHOWN = timedelta(hours=24)
SINCE = timedelta(days=-30)
_SAMPLE = re.compile(r"^```console\n\$ (.*)\n(?:.*\n)*?```$", re.MULTILINE)


def demo_lines(language: Language, shown: timedelta, since: timedelta = timedelta.min) -> list[str]:
    """The lines that the demo prints, `since` so long after the first follow, until it is so long ago."""
    console = Console(file=StringIO(), width=COLUMNS)
    project = deployed_project()
    lives = {persona.name: foretold(persona, project) for persona in personas()}
    start = min(event.at for life in lives.values() for event in life if isinstance(event, RunStarted))
    first = {
        name: [event for event in life if since <= event.at - start < shown] for name, life in lives.items()
    }
    Lines(console, language).print(first)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def _printed(command: str) -> list[str]:
    if command.startswith("make demo"):
        return ["…", *demo_lines("zh" if command.endswith("=zh") else "en", SHOWN, SINCE), "…"]
    printed = run(*shlex.split(command.removeprefix("uv run wejourney ")), columns=COLUMNS)
    assert printed.exit_code == 0, printed.output
    return [line.rstrip() for line in printed.stdout.splitlines()]


def rendered(text: str) -> str:
    """A page with the output of its samples as the commands print it now."""

    def sample(found: re.Match[str]) -> str:
        return "\n".join(["```console", f"$ {found[1]}", *_printed(found[1]), "```"])

    return _SAMPLE.sub(sample, text)


if __name__ == "__main__":
    for name in FOR_PEOPLE:
        file = ROOT / name
        file.write_text(rendered(file.read_text("utf-8")), "utf-8")
