"""Files of a person, saved in clear into a folder."""

from collections.abc import Sequence
from pathlib import Path

from wejourney.messaging.media import KeptMedia
from wejourney.people.followers import Follower
from workbench.cli.consoles import complaints
from workbench.cli.progress import progress_bar
from workbench.cli.terminal import REJECTED, fail, said
from workbench.operations import media
from workbench.operations.target import Target
from workbench.wording.phrases import phrase


def save_or_fail(target: Target, person: Follower, files: Sequence[KeptMedia], folder: Path) -> None:
    """Save the files and say how many on stderr; end the command where one of them cannot be."""
    try:
        with progress_bar(phrase("saving files"), len(files)) as progress:
            saved = media.save(target, person, files, folder, progress)
    except OSError as error:
        fail(phrase("folder cannot be used", folder=str(folder), why=error.strerror or str(error)))
    console = complaints()
    written = [one.path for one in saved if one.path is not None]
    console.print(said(phrase("files saved", n=len(written), folder=str(folder))))
    lost = [one.media.file_name for one in saved if one.path is None]
    for name in lost:
        console.print(said(phrase("file is gone", name=name)), style="red")
    if lost:
        fail(phrase("files are gone", n=len(lost)), REJECTED)
