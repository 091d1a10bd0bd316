"""The keys of the rows of uploads."""

from collections.abc import Iterator

from wejourney.adapters.dynamo.follower_rows import UPLOAD
from wejourney.adapters.dynamo.items import RawItem, Row, columns_of, row_key
from wejourney.messaging.uploads import Upload
from wejourney.plain_data import from_plain

UNSETTLED = "UPLOADS"
"""The pk of the list of those that are not settled, or of which nobody has told."""

RECEIVED = "RECEIVED#"


def pointer(upload_id: str) -> Row:
    """The key of the row that says whose an upload is."""
    return row_key(f"{UPLOAD}{upload_id}", UPLOAD)


def listed_row(upload: Upload) -> Row:
    """The key of its row in the list, where it is from when its picture is there."""
    received = f"{upload.received_at:%Y-%m-%dT%H:%M:%SZ}" if upload.received_at is not None else ""
    return row_key(UNSETTLED, RECEIVED, received, upload.id)


def upload_in(item: RawItem) -> Upload:
    return from_plain(Upload, columns_of(item)["data"])


def keys_outside(item: RawItem) -> Iterator[Row]:
    """What is to be deleted elsewhere with a row of a person's partition."""
    if item["sk"]["S"].startswith(UPLOAD):
        upload = upload_in(item)
        yield pointer(upload.id)
        yield listed_row(upload)
