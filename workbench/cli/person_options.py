"""Which person a command is about: one of our own id, an openid and other identities."""

from typing import Annotated

import typer

from wejourney.events.event import OPENID
from wejourney.people.followers import Follower
from wejourney.people.identities import Identity, IdentityKind, union_identity
from wejourney.people.phones import InvalidPhoneError, normalised, phone_hash
from workbench.cli.deployment_options import found_or_fail
from workbench.cli.terminal import REJECTED, fail
from workbench.operations.identities import report_of
from workbench.operations.target import NoTargetError, Target
from workbench.wording.phrases import phrase

PersonId = Annotated[str | None, typer.Argument(), phrase("person id")]
ByOpenId = Annotated[str | None, typer.Option("--openid"), phrase("--openid")]
ByMember = Annotated[str | None, typer.Option("--member"), phrase("--member")]
ByPhone = Annotated[str | None, typer.Option("--phone"), phrase("--phone")]
ByUnionId = Annotated[str | None, typer.Option("--union-id"), phrase("--union-id")]


def person_or_fail(
    target: Target,
    *,
    person: str | None = None,
    openid: str | None = None,
    member: str | None = None,
    phone: str | None = None,
    union_id: str | None = None,
    app_id: str | None = None,
) -> Follower:
    """The person by the one of these that is given; `person` is our own id. Without one the command ends."""
    given = {
        "person": person,
        "--openid": openid,
        "--member": member,
        "--phone": phone,
        "--union-id": union_id,
    }
    named = {option: value for option, value in given.items() if value is not None}
    if len(named) != 1:
        fail(phrase("person or identity"))
    ((option, value),) = named.items()
    if openid is not None:
        if not OPENID.fullmatch(openid):
            fail(phrase("openid form"))
        account = app_id or target.app_id
        return found_or_fail(target.followers.read(account, openid).follower, account, openid)
    found = None
    if person is not None:
        found = target.followers.person(person)
    else:
        ids = map(target.followers.person_id_of, _identities(target, option, value))
        person_id = next(filter(None, ids), None)
        found = target.followers.person(person_id) if person_id is not None else None
    if found is None:
        fail(phrase("no person", person=value) if person else phrase("nobody found", option=option), REJECTED)
    return found


def _identities(target: Target, option: str, value: str) -> list[Identity]:
    """What an option can mean: a union id is one of any account of the Open Platform that was seen."""
    if option == "--union-id":
        platforms = report_of(target.bindings.all()).open_platforms
        return [union_identity(platform, value) for platform in platforms]
    if option == "--member":
        return [Identity(IdentityKind.MEMBER, value)]
    try:
        return [Identity(IdentityKind.PHONE, phone_hash(normalised(value), target.phone_key))]
    except InvalidPhoneError as error:
        fail(phrase("import no phone", region=error.region))
    except NoTargetError as error:
        fail(error.problem)
