"""The files that a person has sent: which are kept, and copies in clear, with a record of who took them."""

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wejourney.messaging.media import KeptMedia
from wejourney.people.disclosure.accesses import Access
from wejourney.people.followers import Follower
from wejourney.services.ports.keys import UnreadableValueError
from workbench.operations.target import Target

PAGE = 100
"""Rows that are read at once."""

SAVED = "save_media"
"""The operation of an access."""


@dataclass(frozen=True)
class SavedMedia:
    """A file and where its copy is; None: it is not in the bucket any more, or its key was deleted."""

    media: KeptMedia
    path: Path | None


def kept_media(target: Target, person: Follower) -> list[KeptMedia]:
    """The newest first."""
    return list(target.media.all(person.person_id, page=PAGE))


def save(
    target: Target,
    person: Follower,
    files: Sequence[KeptMedia],
    folder: Path,
    progress: Callable[[int], None],
) -> list[SavedMedia]:
    """Save files in clear, each whole or not at all, when it is on record who does. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    now, caller = target.clock.now(), target.caller
    target.accesses.record(Access(person.person_id, SAVED, caller, now, uuid.uuid4().hex))
    saved = []
    for number, media in enumerate(files, 1):
        saved.append(SavedMedia(media, _save(target, person, media, folder)))
        progress(number)
    return saved


def _save(target: Target, person: Follower, media: KeptMedia, folder: Path) -> Path | None:
    sealed = target.media_objects.read(media.file)
    if sealed is None:
        return None
    try:
        data = target.personal_data.open_file(person, media.file, sealed)
    except UnreadableValueError:
        return None
    path = folder / media.file_name
    part = path.with_name(f".{path.name}.part")
    # Nobody else of the machine may read it.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return part.replace(path)
