"""Arguments and options of commands that look at a deployment, and what their values stand for."""

from typing import Annotated

import typer

from wejourney.events.event import OPENID
from wejourney.people.followers import Follower
from workbench.cli.terminal import REJECTED, fail
from workbench.operations.target import STACK_VARIABLE, NoTargetError, Target, find_target
from workbench.wording.phrases import phrase


def _openid(text: str) -> str:
    if not OPENID.fullmatch(text):
        fail(phrase("openid form"))
    return text


OpenId = Annotated[str, typer.Argument(callback=_openid), phrase("openid")]
AppId = Annotated[str | None, typer.Option(), phrase("--app-id")]
Stack = Annotated[str | None, typer.Option(), phrase("--stack", variable=STACK_VARIABLE)]


def open_target(stack: str | None) -> Target:
    """The deployment of a command; an error ends the command before it does anything."""
    try:
        target = find_target(stack)
        target.outputs  # noqa: B018 - read once here, before the command does anything
    except NoTargetError as error:
        fail(error.problem)
    return target


def found_or_fail(follower: Follower | None, account: str, openid: str) -> Follower:
    """The follower that was looked for; if there is none, an error ends the command."""
    if follower is None:
        fail(phrase("no follower", openid=openid, account=account), REJECTED)
    return follower
