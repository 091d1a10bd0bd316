"""`wejourney media`: the pictures, voice messages and videos that are kept of a person."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from wejourney.plain_data import to_plain
from workbench.cli.consoles import output
from workbench.cli.deployment_options import AppId, Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.person_options import ByMember, ByOpenId, ByPhone, ByUnionId, PersonId, person_or_fail
from workbench.cli.saved_media import save_or_fail
from workbench.cli.terminal import print_json_list, said
from workbench.operations.media import kept_media
from workbench.wording.phrases import phrase

_COLUMNS = ("sent", "kind", "type", "size", "until", "file")


def media(  # noqa: PLR0913 - each is an option
    person: PersonId = None,
    openid: ByOpenId = None,
    member: ByMember = None,
    phone: ByPhone = None,
    union_id: ByUnionId = None,
    app_id: AppId = None,
    stack: Stack = None,
    *,
    save: Annotated[Path | None, typer.Option("--save"), phrase("media --save")] = None,
    as_json: AsJson = False,
) -> None:
    target = open_target(stack)
    found = person_or_fail(
        target, person=person, openid=openid, member=member, phone=phone, union_id=union_id, app_id=app_id
    )
    files = kept_media(target, found)
    if as_json:
        print_json_list({"file_name": one.file_name, **to_plain(one)} for one in files)
    elif not files:
        output().print(said(phrase("no files")))
    else:
        table = Table(*(said(phrase(f"media {column}")) for column in _COLUMNS))
        for one in files:
            times = [f"{at:%Y-%m-%d %H:%M}" for at in (one.sent_at, one.until)]
            table.add_row(times[0], one.kind, one.content_type, f"{one.size:,}", times[1], one.file_name)
        output().print(table)
    if save is not None:
        save_or_fail(target, found, files, save)
