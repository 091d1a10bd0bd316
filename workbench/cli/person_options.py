"""Which person a command is about: one of our own id, an openid and a member number."""

from typing import Annotated

import typer

from wejourney.events.event import OPENID
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
from workbench.cli.deployment_options import found_or_fail
from workbench.cli.terminal import REJECTED, fail
from workbench.operations.target import Target
from workbench.wording.phrases import phrase

PersonId = Annotated[str | None, typer.Argument(), phrase("person id")]
ByMember = Annotated[str | None, typer.Option("--member"), phrase("--member")]
ByOpenId = Annotated[str | None, typer.Option("--openid"), phrase("--openid")]


def person_or_fail(
    target: Target, person_id: str | None, openid: str | None, member: str | None, app_id: str | None
) -> Follower:
    """The person by one of our own id, an openid and a member number; else an error ends the command."""
    if sum(given is not None for given in (person_id, openid, member)) != 1:
        fail(phrase("person or openid"))
    if member is not None:
        person_id = target.followers.person_id_of(Identity(IdentityKind.MEMBER, member)) or member
    if openid is not None:
        if not OPENID.fullmatch(openid):
            fail(phrase("openid form"))
        account = app_id or target.app_id
        return found_or_fail(target.followers.read(account, openid).follower, account, openid)
    found = target.followers.person(person_id or "")
    return fail(phrase("no person", person=person_id or ""), REJECTED) if found is None else found
