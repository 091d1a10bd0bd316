"""The deployment and the follower that a command was given, or one clear line that there is none."""

from typing import Annotated

import typer

from wejourney.events.event import OPENID
from wejourney.people.followers import Follower
from workbench.cli.terminal import NOT_FOUND, fail
from workbench.operations.target import STACK_VARIABLE, NoTargetError, Target, find_target


def open_target(stack: str | None) -> Target:
    """The deployment of a command; where there is none, one clear line and the end."""
    try:
        target = find_target(stack)
        target.outputs  # noqa: B018 - read once here, before the command does anything
    except NoTargetError as error:
        fail(str(error))
    return target


def found_or_fail(follower: Follower | None, account: str, openid: str) -> Follower:
    """The follower that was looked for; where there is none, one clear line and the end."""
    if follower is None:
        fail(
            f"no follower {openid} of account {account}: never followed, or erased after unfollowing",
            NOT_FOUND,
        )
    return follower


def _openid(text: str) -> str:
    if not OPENID.fullmatch(text):
        raise typer.BadParameter("an openid contains only letters, digits, - and _")
    return text


OpenId = Annotated[str, typer.Argument(help="The follower's openid.", callback=_openid)]
AppId = Annotated[str | None, typer.Option(help="The account's app id; default: the stack's own.")]
Stack = Annotated[
    str | None,
    typer.Option(help=f"A stack in AWS; default: the running sandbox, else {STACK_VARIABLE}."),
]
