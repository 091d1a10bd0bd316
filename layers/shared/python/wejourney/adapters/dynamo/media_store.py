"""The files that are kept, one row each in their person's partition: a merge moves them like all others."""

from collections.abc import Iterator
from dataclasses import dataclass

from wejourney.adapters.dynamo import follower_rows as rows
from wejourney.adapters.dynamo.items import Row, columns_of, partition, read_row, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import StaleFollowerError
from wejourney.events.event import InboundEvent
from wejourney.messaging.media import KeptMedia
from wejourney.people.followers import Follower
from wejourney.services.media.ports import FoundMedia, WantedMedia


@dataclass(frozen=True)
class MediaStore:
    table: Table

    def find(self, wanted: WantedMedia) -> FoundMedia | None:
        person = rows.person_of_now(self.table, wanted.person_id)
        views = person.views if person is not None else ()
        person = next((view for view in views if view.contact_id == wanted.contact_id), None)
        if person is None:
            return None
        pk, place = rows.pk_of(person), str(wanted.event)
        event_key, media_key = row_key(pk, rows.EVENT, place), row_key(pk, rows.MEDIA, place)
        found = {item["sk"]["S"]: item for item in self.table.get_all([event_key, media_key])}
        item = found.get(event_key["sk"])
        if item is None:
            return None
        event = InboundEvent.from_record(columns_of(item)["event"])
        return FoundMedia(person, event, is_kept=media_key["sk"] in found)

    def keep(self, before: Follower, after: Follower, media: KeptMedia) -> None:
        pk = rows.pk_of(before)
        write = Transaction(self.table)
        rows.change(write, before, after)
        write.put(_row(pk, media))
        try:
            write.commit()
        except RefusedWriteError as refused:
            raise StaleFollowerError from refused

    def all(self, person_id: str, *, page: int) -> Iterator[KeptMedia]:
        """The newest first, read as they are asked for."""
        for item in self.table.newest(partition(person_id), rows.MEDIA, page=page):
            yield read_row(KeptMedia, columns_of(item))


def _row(pk: str, media: KeptMedia) -> Row:
    expires_at = int((media.until + rows.ROWS_OUTLAST).timestamp())
    return {**row_key(pk, rows.MEDIA, media.place), **vars(media), "expires_at": expires_at}
