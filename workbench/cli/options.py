"""Arguments and options that several commands have, and what their values stand for."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wejourney.allowances.wechat_rules import RULE_SETS, RuleSet
from wejourney.events.event import OPENID
from wejourney.people.followers import Follower
from workbench.cli.terminal import REFUSED, fail
from workbench.operations.target import STACK_VARIABLE, NoTargetError, Target, find_target


class Language(StrEnum):
    """`--lang`: the language of a picture or of labels. Message texts keep theirs."""

    EN = "en"
    ZH = "zh"


def _openid(text: str) -> str:
    if not OPENID.fullmatch(text):
        raise typer.BadParameter("an openid contains only letters, digits, - and _")
    return text


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
JourneyFile = Annotated[Path, typer.Argument(help="A journey file.", exists=True, dir_okay=False)]
Root = Annotated[Path, typer.Option(help="The repository.", exists=True, file_okay=False)]
RulesName = Annotated[str, typer.Option("--rules", help=f"WeChat's rule set: {', '.join(RULE_SETS)}.")]
OpenId = Annotated[str, typer.Argument(help="The follower's openid.", callback=_openid)]
AppId = Annotated[str | None, typer.Option(help="The account's app id; default: the stack's own.")]
Stack = Annotated[
    str | None, typer.Option(help=f"A stack in AWS; default: the running sandbox, else {STACK_VARIABLE}.")
]


def rule_set(name: str) -> RuleSet:
    """The rule set of this name; an unknown name is a usage error."""
    if name not in RULE_SETS:
        known = ", ".join(RULE_SETS)
        raise typer.BadParameter(f"unknown rule set `{name}`: use {known}", param_hint="--rules")
    return RULE_SETS[name]


def open_target(stack: str | None) -> Target:
    """The deployment of a command; an error ends the command before it does anything."""
    try:
        target = find_target(stack)
        target.outputs  # noqa: B018 - read once here, before the command does anything
    except NoTargetError as error:
        fail(str(error))
    return target


def found_or_fail(follower: Follower | None, account: str, openid: str) -> Follower:
    """The follower that was looked for; if there is none, an error ends the command."""
    if follower is None:
        why = "never followed, or erased after unfollowing"
        fail(f"no follower {openid} of account {account}: {why}", REFUSED)
    return follower
