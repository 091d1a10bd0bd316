"""Arguments and options that several commands have, and what their values stand for."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wejourney.allowances.wechat_rules import RULE_SETS, RuleSet
from workbench.cli.spoken import LANGUAGE_VARIABLE, language


class Language(StrEnum):
    """`--lang`: the language of what a command prints. Texts that authors wrote keep theirs."""

    EN = "en"
    ZH = "zh"


Lang = Annotated[
    Language,
    typer.Option(
        "--lang",
        default_factory=lambda: Language(language()),
        help=f"The language of the output; default: {LANGUAGE_VARIABLE}, else the locale's.",
        show_default=False,
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
JourneyFile = Annotated[Path, typer.Argument(help="A journey file.", exists=True, dir_okay=False)]
Root = Annotated[Path, typer.Option(help="The repository.", exists=True, file_okay=False)]
DEFAULT_RULES = "current"
RulesName = Annotated[str, typer.Option("--rules", help=f"WeChat's rule set: {', '.join(RULE_SETS)}.")]


def rule_set(name: str) -> RuleSet:
    """The rule set of this name; an unknown name is a usage error."""
    if name not in RULE_SETS:
        known = ", ".join(RULE_SETS)
        raise typer.BadParameter(f"unknown rule set `{name}`: use {known}", param_hint="--rules")
    return RULE_SETS[name]
