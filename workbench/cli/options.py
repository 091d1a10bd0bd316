"""Arguments and options that several commands have, and what their values stand for."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from wejourney.allowances.wechat_rules import RULE_SETS, RuleSet
from wejourney.text import encodable
from workbench.cli.terminal import fail
from workbench.wording.phrases import phrase

AsJson = Annotated[bool, typer.Option("--json"), phrase("--json")]
JourneyFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False), phrase("journey file")]
Root = Annotated[Path, typer.Option(exists=True, file_okay=False), phrase("--root")]
DAYS = ["%Y-%m-%d"]
"""How a day is written."""

DEFAULT_RULES = "current"
RulesName = Annotated[str, typer.Option("--rules"), phrase("--rules", names=tuple(RULE_SETS))]


def named_values(texts: Iterable[str]) -> dict[str, str]:
    """What is written as name=value, by name. Fails for a text without an equals sign and a second value."""
    told: dict[str, str] = {}
    for text in texts:
        # Bytes of a terminal that are no text reach a program as lone surrogates.
        name, equals, value = encodable(text).partition("=")
        if not equals:
            fail(phrase("no equals sign", text=text))
        if name in told:
            fail(phrase("given twice", name=name))
        told[name] = value
    return told


def rule_set(name: str) -> RuleSet:
    """The rule set of this name; an unknown name is a usage error."""
    if name not in RULE_SETS:
        fail(phrase("unknown rule set", name=name, names=tuple(RULE_SETS)))
    return RULE_SETS[name]
