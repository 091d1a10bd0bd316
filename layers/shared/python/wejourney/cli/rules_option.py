"""`--rules`: which of WeChat's rule sets a command goes by."""

from typing import Annotated

import typer

from wejourney.domain.rules import RULE_SETS, RuleSet


def rule_set(name: str) -> RuleSet:
    """The rule set of this name; any other is a usage error."""
    if name not in RULE_SETS:
        raise typer.BadParameter(f"there are {', '.join(RULE_SETS)}", param_hint="--rules")
    return RULE_SETS[name]


RulesName = Annotated[
    str, typer.Option("--rules", help=f"What WeChat allows the account: {', '.join(RULE_SETS)}.")
]
