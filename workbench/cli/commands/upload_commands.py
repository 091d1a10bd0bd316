"""`wejourney uploads`: the pictures on which a human has to decide."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from wejourney.messaging.uploads import UnknownUploadError, UploadSettledError, UploadStatus
from wejourney.plain_data import to_plain
from wejourney.services.uploads.ports import FoundUpload
from wejourney.services.uploads.settle_uploads import SettleUploads
from workbench.cli.consoles import output
from workbench.cli.deployment_options import Stack, open_target
from workbench.cli.options import AsJson
from workbench.cli.terminal import REJECTED, fail, print_json_list, said
from workbench.operations.target import Target
from workbench.wording.phrases import phrase

_WHY = {
    UploadStatus.OPEN: "no verdict",
    UploadStatus.CHECKING: "no verdict",
    UploadStatus.REVIEW: "in doubt",
    UploadStatus.APPROVED: "approved, untold",
    UploadStatus.REJECTED: "rejected, untold",
}
"""The phrase for why an upload is on the list."""


def uploads(
    approve: Annotated[list[str] | None, typer.Option(), phrase("uploads --approve")] = None,
    reject: Annotated[list[str] | None, typer.Option(), phrase("uploads --reject")] = None,
    stack: Stack = None,
    *,
    as_json: AsJson = False,
) -> None:
    if both := sorted({*(approve or ())} & {*(reject or ())}):
        fail(phrase("approved and rejected", names=tuple(both)))
    target = open_target(stack)
    for upload_id in approve or ():
        _decide(target, upload_id, approved=True)
    for upload_id in reject or ():
        _decide(target, upload_id, approved=False)
    now = target.clock.now()
    listed = target.uploads.waiting()
    waiting = [one for one in listed if one.upload.is_settled or one.upload.waits_for_human(now)]
    if as_json:
        print_json_list(
            {
                "id": found.upload.id,
                "person": found.person.person_id,
                "received_at": to_plain(found.upload.received_at),
                "status": found.upload.status.value,
                "address": target.upload_address(found.upload.file),
            }
            for found in waiting
        )
    else:
        _print(target, waiting)


def _decide(target: Target, upload_id: str, *, approved: bool) -> None:
    """What was decided stays so if the next one cannot be: given again, it changes nothing.

    It leaves the list when the inbox has been told, so that somebody sees what is decided and untold.
    """
    settle = SettleUploads(target.uploads, target.upload_files, target.clock.now)
    try:
        target.inbox.tell(settle.decide(upload_id, approved=approved))
        settle.told(upload_id)
    except UnknownUploadError:
        fail(phrase("no such upload", name=upload_id), REJECTED)
    except UploadSettledError as error:
        was = "approved" if error.status is UploadStatus.APPROVED else "rejected"
        fail(phrase(f"upload {was} before", name=upload_id), REJECTED)


def _print(target: Target, waiting: Iterable[FoundUpload]) -> None:
    console, table = output(), Table()
    for name in ("upload", "uploaded", "why", "address"):
        table.add_column(said(phrase(f"column {name}")), overflow="fold")
    for found in waiting:
        upload = found.upload
        why = _WHY[upload.status]
        received = f"{upload.received_at:%Y-%m-%d %H:%M}" if upload.received_at is not None else ""
        address = target.upload_address(upload.file)
        table.add_row(upload.id, received, said(phrase(f"upload {why}")), address)
    console.print(table if table.rows else said(phrase("no upload waits")))
