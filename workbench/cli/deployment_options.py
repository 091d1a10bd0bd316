"""Arguments and options of commands that look at a deployment, and what their values stand for."""

from typing import Annotated

import typer

from wejourney.events.event import OPENID
from wejourney.people.followers import Follower
from workbench.cli.terminal import REFUSED, fail
from workbench.operations.target import STACK_VARIABLE, NoTargetError, Target, find_target


def _openid(text: str) -> str:
    if not OPENID.fullmatch(text):
        raise typer.BadParameter("an openid contains only letters, digits, - and _")
    return text


OpenId = Annotated[str, typer.Argument(help="The follower's openid.", callback=_openid)]
AppId = Annotated[str | None, typer.Option(help="The account's app id; default: the stack's own.")]
Stack = Annotated[
    str | None, typer.Option(help=f"A stack in AWS; default: the running sandbox, else {STACK_VARIABLE}.")
]


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
