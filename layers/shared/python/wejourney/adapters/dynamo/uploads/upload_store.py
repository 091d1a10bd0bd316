"""Uploads: a row each in their person's partition, which merges move and erasures delete.

Outside of it are the row that says whose an upload is, the list of those that are not settled, and the rows
of checks. These have our own ids and hashes only, and expire by themselves.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import (
    FOLLOWER,
    Row,
    columns_of,
    packed,
    partition,
    row_key,
)
from wejourney.adapters.dynamo.request_counts import RequestCounts
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.adapters.dynamo.uploads.upload_rows import RECEIVED, UNSETTLED, listed_row, pointer, upload_in
from wejourney.errors import StaleFollowerError
from wejourney.messaging.uploads import (
    LONGEST_KEPT,
    MOST_UPLOADS,
    UNUSED_LASTS,
    TooManyUploadsError,
    Upload,
    UploadStatus,
)
from wejourney.people.erasure import MARK_LASTS
from wejourney.people.followers import Follower
from wejourney.services.uploads.ports import FoundUpload

CHECK = "CHECK#"
"""The beginning of a pk."""

UPLOAD_TRIES = "UPLOAD-TRIES#"
"""The beginning of the pk of how many addresses somebody has got on a day."""

CHECKS_LAST = MARK_LASTS
"""As long as an event can be under way."""


def stranger_tries(table: Table) -> RequestCounts:
    """How often somebody who is not known yet has asked on a day."""
    return _count(table, f"{UPLOAD_TRIES}STRANGER#")


def _count(table: Table, prefix: str) -> RequestCounts:
    return RequestCounts(table, prefix, timedelta(days=1), TooManyUploadsError)


@dataclass(frozen=True)
class UploadStore:
    table: Table

    def open(self, person: Follower, upload: Upload) -> None:
        write = self._transaction(person)
        write.create(_row(person.person_id, upload))
        write.create({**pointer(upload.id), "person_id": person.person_id, "expires_at": _end(upload)})
        counted = _count(self.table, UPLOAD_TRIES)
        counted.count_with(write, person.subject, MOST_UPLOADS, upload.opened_at)
        _commit(write)

    def find(self, upload_id: str) -> FoundUpload | None:
        row = columns_of(self.table.get(pointer(upload_id)) or {})
        return self._found(row["person_id"], upload_id) if row else None

    def change(self, found: FoundUpload, after: Upload) -> FoundUpload:
        person_id, before = found.person.person_id, found.upload
        write = self._transaction(found.person)
        write.put(_row(person_id, after), Column("rev") == before.rev)
        leads = {"person_id": person_id, "expires_at": _end(after)}
        write.put({**pointer(after.id), **leads})
        if after.received_at is not None:
            write.put({**listed_row(after), **leads})
        _commit(write)
        return FoundUpload(after, found.person)

    def take_off_list(self, upload: Upload) -> None:
        self.table.delete(listed_row(upload))

    def join_upload(self, app_id: str, trace: str, upload_id: str, now: datetime) -> str | None:
        return self._joined(app_id, trace, "upload", upload_id, now).get("verdict")

    def join_verdict(self, app_id: str, trace: str, verdict: str, now: datetime) -> str | None:
        return self._joined(app_id, trace, "verdict", verdict, now).get("upload")

    def waiting(self) -> Iterator[FoundUpload]:
        """The uploads that are not settled, or of which nobody has told, the oldest first."""
        for item in self.table.oldest(UNSETTLED, RECEIVED):
            row = columns_of(item)
            with suppress(StaleFollowerError):  # A merge is under way.
                found = self._found(row["person_id"], row["sk"].rpartition("#")[2])
                if found is not None:
                    yield found

    def all(self, person_id: str) -> Sequence[Upload]:
        """Those of a person, in any order."""
        return [upload_in(item) for item in self.table.query(partition(person_id), rows.UPLOAD)]

    def _found(self, person_id: str, upload_id: str) -> FoundUpload | None:
        known = rows.person_of_now(self.table, person_id)
        if known is None:
            return None
        item = self.table.get(row_key(rows.pk_of(known), rows.UPLOAD, upload_id))
        if item is None:
            return None
        upload = upload_in(item)
        person = next((view for view in known.views if view.contact_id == upload.contact), None)
        return FoundUpload(upload, person) if person is not None else None

    def _transaction(self, person: Follower) -> Transaction:
        """A person who is being erased or merged gets no row any more."""
        write = Transaction(self.table)
        same: Condition = Column("rev") == person.rev
        write.check(row_key(rows.pk_of(person), FOLLOWER), same & Column("merged_into").does_not_exist())
        return write

    def _joined(self, app_id: str, trace: str, name: str, half: str, now: datetime) -> Row:
        """One of the two halves of a check is told; whoever comes second gets both."""
        digest = hashlib.sha256(f"{app_id}\n{trace}".encode()).hexdigest()
        over = int((now + CHECKS_LAST).timestamp())
        told = [Column(name).set(half), Column("expires_at").set(over)]
        return columns_of(self.table.updated(row_key(f"{CHECK}{digest}", CHECK), told))


def _row(person_id: str, upload: Upload) -> Row:
    """`file` and `contact` are for erasures, which find by them what is to be deleted."""
    key = row_key(partition(person_id), rows.UPLOAD, upload.id)
    columns: dict[str, Any] = {"data": packed(upload), "rev": upload.rev}
    return {**key, **columns, "file": upload.file, "contact": upload.contact, "expires_at": _end(upload)}


def _end(upload: Upload) -> int:
    """When the rows of an upload are deleted, in seconds since 1970: later than its picture."""
    kept = UNUSED_LASTS if upload.status is UploadStatus.OPEN else LONGEST_KEPT + rows.ROWS_OUTLAST
    return int(((upload.received_at or upload.opened_at) + kept).timestamp())


def _commit(write: Transaction) -> None:
    try:
        write.commit()
    except RefusedWriteError as refused:
        if {error for error, _ in refused.failed} == {TooManyUploadsError}:
            raise TooManyUploadsError from refused
        raise StaleFollowerError from refused
