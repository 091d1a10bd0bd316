"""What `check` thinks of a journey, for commands that show it although it is refused."""

from collections.abc import Collection
from pathlib import Path

from wejourney.allowances.wechat_rules import RuleSet
from workbench.cli.consoles import complaints
from workbench.cli.spoken import language
from workbench.cli.terminal import COMMAND, busy
from workbench.language.mistakes import Mistake
from workbench.project import read_together
from workbench.wording.phrases import phrase


def say_if_refused(files: Collection[Path], rules: RuleSet, *, as_json: bool = False) -> list[Mistake]:
    """Say in one line on stderr if `check` refuses these journeys; what it finds. Raises OSError."""
    with busy(phrase("checking"), shown=not as_json):
        found = read_together(files).refusals(rules)
    if found:
        command = f"{COMMAND} check {' '.join(map(str, files))}"
        refused = phrase("refused", n=len(found), rules=rules.name, command=command)
        complaints().print(refused.in_words(language()), style="yellow")
    return found
