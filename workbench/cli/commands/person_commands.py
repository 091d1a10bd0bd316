"""`wejourney export` and `wejourney erase`: what a person may ask for."""

from typing import Annotated

import typer

from wejourney.events.event import OPENID
from wejourney.people.disclosure.masking import all_masked, opened
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, Stack, found_or_fail, open_target
from workbench.cli.terminal import REJECTED, fail, print_json, said
from workbench.operations import erasing, exporting
from workbench.operations.private_values import PrivateValues
from workbench.operations.target import Target
from workbench.wording.phrases import phrase

PersonId = Annotated[str | None, typer.Argument(), phrase("person id")]
ByMember = Annotated[str | None, typer.Option("--member"), phrase("--member")]
ByOpenId = Annotated[str | None, typer.Option("--openid"), phrase("--openid")]


def export(
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    masked: Annotated[bool, typer.Option("--masked"), phrase("export --masked")] = False,
) -> None:
    target = open_target(stack)
    found = _person(target, person, openid, member, app_id)
    exported, private = exporting.export_of(target, found), PrivateValues(target.personal_data, found)
    if masked:
        print_json(opened(all_masked(exported), private.masked))
    else:
        print_json(opened(exported, private.read))


def erase(
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    yes: Annotated[bool, typer.Option("--yes"), phrase("erase --yes")] = False,
) -> None:
    target = open_target(stack)
    found = _person(target, person, openid, member, app_id)
    question = phrase("erase for good", person=found.person_id, n=len(found.contacts))
    if not yes and not typer.confirm(said(question), err=True):
        fail(phrase("nothing erased"), REJECTED)
    left = erasing.erase(target, found)
    if left.rows:
        fail(phrase("not erased yet", person=found.person_id, n=left.rows), REJECTED)
    until = f"{left.marks_until:%Y-%m-%d}"
    output().print(said(phrase("erased", person=found.person_id, n=left.postings, until=until)))


def _person(
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
