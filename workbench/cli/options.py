"""Options that several commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wejourney.messaging.wechat_rules import RULE_SETS, RuleSet


class Language(StrEnum):
    """`--lang`: the language of a picture or of labels. Message texts keep theirs."""

    EN = "en"
    ZH = "zh"


Root = Annotated[Path, typer.Option(help="The repository.", exists=True, file_okay=False)]

RulesName = Annotated[str, typer.Option("--rules", help=f"WeChat's rule set: {', '.join(RULE_SETS)}.")]


def rule_set(name: str) -> RuleSet:
    """The rule set of this name; an unknown name is a usage error."""
    if name not in RULE_SETS:
        raise typer.BadParameter(
            f"unknown rule set `{name}`: use {', '.join(RULE_SETS)}", param_hint="--rules"
        )
    return RULE_SETS[name]
