"""`wejourney export` and `wejourney erase`: what a person may ask for."""

from pathlib import Path
from typing import Annotated

import typer

from wejourney.people.disclosure.masking import all_masked, opened
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.person_options import ByMember, ByOpenId, ByPhone, ByUnionId, PersonId, person_or_fail
from workbench.cli.saved_media import save_or_fail
from workbench.cli.terminal import REJECTED, fail, print_json, said
from workbench.operations import erasing, exporting
from workbench.operations.media import kept_media
from workbench.operations.private_values import PrivateValues
from workbench.wording.phrases import phrase


def export(  # noqa: PLR0913 - each is an option
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    masked: Annotated[bool, typer.Option("--masked"), phrase("export --masked")] = False,
    media: Annotated[Path | None, typer.Option("--media"), phrase("export --media")] = None,
) -> None:
    target = open_target(stack)
    found = person_or_fail(
        target, person=person, openid=openid, member=member, phone=phone, union_id=union_id, app_id=app_id
    )
    exported, private = exporting.export_of(target, found), PrivateValues(target.personal_data, found)
    if masked:
        print_json(opened(all_masked(exported), private.masked))
    else:
        print_json(opened(exported, private.read))
    if media is not None:
        save_or_fail(target, found, kept_media(target, found), media)


def erase(
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    yes: Annotated[bool, typer.Option("--yes"), phrase("erase --yes")] = False,
) -> None:
    target = open_target(stack)
    found = person_or_fail(
        target, person=person, openid=openid, member=member, phone=phone, union_id=union_id, app_id=app_id
    )
    question = phrase("erase for good", person=found.person_id, n=len(found.contacts))
    if not yes and not typer.confirm(said(question), err=True):
        fail(phrase("nothing erased"), REJECTED)
    left = erasing.erase(target, found)
    if left.rows:
        fail(phrase("not erased yet", person=found.person_id, n=left.rows), REJECTED)
    until = f"{left.marks_until:%Y-%m-%d}"
    output().print(said(phrase("erased", person=found.person_id, n=left.transactions, until=until)))
