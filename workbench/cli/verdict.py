"""What `check` thinks of a journey, for commands that show it although it is rejected."""

from collections.abc import Collection
from pathlib import Path

from wejourney.allowances.wechat_rules import RuleSet
from workbench.cli.consoles import complaints
from workbench.cli.spoken import language
from workbench.cli.terminal import COMMAND, busy, journey_or_reject
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake
from workbench.project import CheckedFiles, read_together
from workbench.wording.phrases import phrase


def read_or_reject(files: Collection[Path], *, as_json: bool = False) -> tuple[CheckedFiles, list[Journey]]:
    """Read journeys among those beside them; errors are printed and end the command. Raises OSError."""
    with busy(phrase("checking"), shown=not as_json):
        checked = read_together(files)
    return checked, [journey_or_reject(checked.reading(file)) for file in files]


def say_if_rejected(
    checked: CheckedFiles, rules: RuleSet, *, as_json: bool = False, proved: bool = False
) -> list[Mistake]:
    """Say in one line on stderr if `check` rejects these journeys; what it finds.

    Of journeys that are `proved` already, the messages are not looked at again.
    """
    with busy(phrase("checking"), shown=not as_json):
        found = checked.refusals(None if proved else rules)
    if found:
        files = (reading.source.file for reading in checked.readings.values())
        command = f"{COMMAND} check {' '.join(files)}"
        rejected = phrase("rejected", n=len(found), rules=rules.name, command=command)
        complaints().print(rejected.in_words(language()), style="yellow")
    return found
