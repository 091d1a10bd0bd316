"""Options that several commands have."""

from enum import StrEnum
from typing import Annotated

import typer

from wejourney.messaging.rule_sets import RULE_SETS, RuleSet


class Language(StrEnum):
    """`--lang`: the language of a picture, or of the labels around what is said."""

    EN = "en"
    ZH = "zh"


RulesName = Annotated[
    str, typer.Option("--rules", help=f"What WeChat allows the account: {', '.join(RULE_SETS)}.")
]


def rule_set(name: str) -> RuleSet:
    """The rule set of this name; any other is a usage error."""
    if name not in RULE_SETS:
        raise typer.BadParameter(f"there are {', '.join(RULE_SETS)}", param_hint="--rules")
    return RULE_SETS[name]
