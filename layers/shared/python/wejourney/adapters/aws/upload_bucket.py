"""The bucket that phones upload pictures to, and the queue that tells what they have written."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from wejourney.adapters.aws.media_bucket import MediaBucket
from wejourney.adapters.aws.presigned import BucketAddress, signed_address, signed_form
from wejourney.adapters.failures import aws_errors, code_of
from wejourney.errors import MalformedEventError
from wejourney.messaging.uploads import ADDRESS_LASTS, LARGEST_UPLOAD, NEW
from wejourney.services.uploads.ports import NotCopiedError, StoredUpload, UploadForm
from wejourney.settings import setting

_NOT_COPIED = {"AccessDenied", "NoSuchKey", "PreconditionFailed"}

READABLE = timedelta(hours=1)
"""Twice as long as WeChat's content check takes."""


@dataclass(frozen=True)
class UploadAddresses:
    """Addresses by the function's own credentials. `now` is the real time."""

    bucket: str
    now: Callable[[], datetime]

    def form(self, name: str, content_type: str) -> UploadForm:
        fields = {"key": name, "Content-Type": content_type}
        signed = signed_form(
            self.bucket, fields, (1, LARGEST_UPLOAD), self._region, self.now(), ADDRESS_LASTS
        )
        return UploadForm(BucketAddress.of(self.bucket, self._region).url, signed)

    def address(self, name: str) -> str:
        return signed_address(self.bucket, name, self._region, self.now(), READABLE)

    @property
    def _region(self) -> str:
        return os.environ.get("AWS_REGION") or setting("AWS_DEFAULT_REGION")


@dataclass(frozen=True)
class UploadBucket:
    """UploadObjects in a bucket. `client` is a SignedS3, or botocore's."""

    client: Any
    addresses: UploadAddresses

    def keep(self, name: str, kept: str, etag: str) -> None:
        bucket = self.addresses.bucket
        try:
            self.client.copy_object(
                Bucket=bucket, Key=kept, CopySource=f"{bucket}/{name}", CopySourceIfMatch=etag
            )
        except aws_errors() as error:
            code = code_of(error)
            if code not in _NOT_COPIED:
                raise
            raise NotCopiedError(code) from error

    def address(self, name: str) -> str:
        return self.addresses.address(name)

    def delete(self, names: Sequence[str]) -> None:
        MediaBucket(self.client, self.addresses.bucket).delete(names)


def stored_in(body: str) -> Iterator[StoredUpload]:
    """The files that a message of the bucket tells of; it begins with one that tells of none.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    Raises MalformedEventError.
    """
    try:
        for record in json.loads(body).get("Records", ()):
            file = record["s3"]["object"]
            name, etag = unquote_plus(file["key"]), file["eTag"].strip('"')
            if name.startswith(NEW):
                yield StoredUpload(name, etag)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MalformedEventError(f"not a message of the bucket: {type(error).__name__}") from None
